"""How a project's own words are pronounced, for every engine alike."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self
from xml.sax.saxutils import quoteattr

from pydantic import AfterValidator, BaseModel, ConfigDict, RootModel, ValidationError, model_validator

from avatar.errors import AvatarError, InputError
from avatar.voices.text.ssml import parse_ssml

_TAG_OR_WORD = re.compile(r"<[^>]*>|[\w][\w'’&.-]*[\w]|\w")
_WORD = re.compile(r"[^\s<>{}]{1,60}")
_PRONUNCIATION_TAGS = ("phoneme", "sub", "say-as")  # inside these the script has said itself how it is read


class Pronunciation(BaseModel):
    """How one word is said: other words (``say``), IPA (``ipa``) or ARPAbet (``arpabet``); exactly one of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    say: str = ""
    ipa: str = ""
    arpabet: str = ""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(map(bool, (self.say, self.ipa, self.arpabet))) != 1:
            raise ValueError("give one of say, ipa and arpabet")
        try:
            parse_ssml(self.around("word"))
        except AvatarError as error:
            raise ValueError(str(error)) from error
        return self

    def around(self, word: str) -> str:
        """Return *word* with the tag that says it so."""
        if self.say:
            return f"<sub alias={quoteattr(self.say)}>{word}</sub>"
        alphabet, phonemes = ("ipa", self.ipa) if self.ipa else ("x-arpabet", self.arpabet)
        return f"<phoneme alphabet={quoteattr(alphabet)} ph={quoteattr(phonemes)}>{word}</phoneme>"


Glossary = Mapping[str, Pronunciation]  # by the word as it is written


def check_glossary(glossary: Glossary) -> Glossary:
    """Return *glossary*, each of its words one that can stand in a line.

    Raises:
        ValueError: when a word is none that can stand in a line.
    """
    for word in glossary:
        if not _WORD.fullmatch(word) or not _TAG_OR_WORD.fullmatch(word):
            raise ValueError(f"{word!r}: write one word, as it stands in scripts")
    return glossary


class _Words(RootModel[Annotated[dict[str, Pronunciation], AfterValidator(check_glossary)]]):
    """A glossary, and nothing else."""


def parse_glossary(value: Any) -> Glossary:
    """Return the glossary that *value* spells: words, each with its ``say``, ``ipa`` or ``arpabet``.

    Raises:
        pydantic.ValidationError: when *value* is no glossary.
    """
    return _Words.model_validate(value).root


def parse_user_glossary(value: Any) -> Glossary:
    """Return the glossary that somebody asks for with *value*, as ``parse_glossary`` does.

    Raises:
        InputError: when *value* is no glossary; code ``glossary.bad-value``.
    """
    try:
        return parse_glossary(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = " of ".join(repr(str(part)) for part in reversed(first["loc"])) or "all of it"
        message = first["msg"].removeprefix("Value error, ")
        raise InputError(f"glossary, {where}: {message}", code="glossary.bad-value") from error


def dump_glossary(glossary: Glossary) -> dict[str, dict[str, str]]:
    """Return *glossary* as plain values, which ``parse_glossary`` reads."""
    return {word: said.model_dump(exclude_defaults=True) for word, said in glossary.items()}


def apply_glossary(line: str, glossary: Glossary) -> str:
    """Return *line* with a tag around each word of *glossary* that has none yet. Only lines that hold one change."""
    if not glossary:
        return line
    depth = 0
    pieces: list[str] = []
    at = 0
    for found in _TAG_OR_WORD.finditer(line):
        piece = found[0]
        pieces.append(line[at : found.start()])
        at = found.end()
        if piece.startswith("<"):
            own = piece.strip("</> ").split()[:1]
            if own and own[0] in _PRONUNCIATION_TAGS and not piece.endswith("/>"):
                depth += -1 if piece.startswith("</") else 1
        elif not depth:
            piece = _mark_word(piece, glossary)
        pieces.append(piece)
    return "".join(pieces) + line[at:]


def _mark_word(word: str, glossary: Glossary) -> str:
    bare = re.sub(r"['’]s$", "", word)
    if word in glossary:
        return glossary[word].around(word)
    # What belongs to someone is theirs with an s; phonemes leave it out, so only words can carry it.
    if bare in glossary and glossary[bare].say:
        return glossary[bare].around(bare) + word[len(bare) :]
    return word
