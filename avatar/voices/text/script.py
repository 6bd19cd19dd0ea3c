"""A script, split into lines: the sentences that are spoken, kept and made again one by one."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from avatar.errors import InputError
from avatar.voices.text.ssml import parse_ssml

MAX_LINE_CHARS = 600  # characters

_ROLE = re.compile(r"([a-z][a-z0-9_-]{0,31}):(?:\s+|$)")
_TAGS = re.compile(r"<[A-Za-z/!?][^>]*>")
_WORDS = re.compile(r"(?:<[A-Za-z/!?][^>]*>|\S)+")  # with the tags around them
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Line:
    """One sentence of a script, and who says it: the role written before its paragraph, or ``None``."""

    speaker: str | None
    text: str


def split_script(script: str) -> tuple[Line, ...]:
    """Return the lines of *script*, sentence by sentence, with every word and mark kept.

    An empty line ends a paragraph; so does a row that starts with a role in lower case (``host: Welcome.``).
    That role says the whole paragraph. Single line breaks inside a paragraph do not matter.

    Raises:
        InputError: when the script is empty or has no words; code ``script.empty`` or ``script.nothing-to-say``; when
            it holds a control character; code ``script.control-character``; when a sentence is too long; code
            ``script.line-too-long``; when a tag cannot be read; code as ``parse_ssml``.
    """
    _check_characters(script)
    if not script.strip():
        raise InputError("the script is empty; write at least one sentence", code="script.empty")
    paragraphs = _paragraphs(unicodedata.normalize("NFC", script))
    lines = tuple(Line(speaker, text) for speaker, words in paragraphs for text in _sentences(words))
    if not lines:
        raise InputError(
            "the script has nothing to say, only roles or punctuation; write at least one word",
            code="script.nothing-to-say",
        )
    _check_line_lengths(lines)
    for line in lines:
        parse_ssml(line.text)
    return lines


def split_transcript(transcript: str) -> tuple[str, ...]:
    """Return the sentences of the *transcript* of a recording, split as ``split_script`` does, without roles.

    Raises:
        InputError: as ``split_script``, and when the transcript holds SSML tags; code ``transcript.marks``.
    """
    if _TAGS.search(transcript):
        raise InputError(
            "the transcript has marks like <break/>; write down only the words that were said", code="transcript.marks"
        )
    return tuple(line.text for line in split_script(transcript))


def _check_characters(script: str) -> None:
    for position, character in enumerate(script):
        bad = unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\r\t"
        if bad or character in _BIDI:
            raise InputError(
                f"the script has the control character U+{ord(character):04X} at position {position}; remove it",
                code="script.control-character",
            )


def _check_line_lengths(lines: tuple[Line, ...]) -> None:
    for number, line in enumerate(lines, start=1):
        if len(line.text) > MAX_LINE_CHARS:
            raise InputError(
                f"line {number} of the script ({line.text[:30]!r}…) has {len(line.text)} characters and may have "
                f"{MAX_LINE_CHARS}; break it into shorter sentences",
                code="script.line-too-long",
            )


def _paragraphs(script: str) -> Iterator[tuple[str | None, list[str]]]:
    """Yield each paragraph's role and words."""
    speaker: str | None = None
    words: list[str] = []
    for row in script.splitlines():
        role = _ROLE.match(row.strip())
        if role or not row.strip():
            yield speaker, words
            speaker, words = (role.group(1) if role else None), []
        words += _WORDS.findall(row.strip()[role.end() :] if role else row)
    yield speaker, words


def _sentences(words: list[str]) -> Iterator[str]:
    """Yield the sentences of one paragraph; what cannot be spoken alone (a lone dash) stays with its neighbour.

    Only the places where the splitter cuts are taken from it, and only between words: so no word is lost or changed.
    """
    merged: list[list[str]] = []
    for group in _split_sentences(words):
        if merged and not (_is_speakable(group) and _is_speakable(merged[-1])):
            merged[-1] += group
        else:
            merged.append(group)
    yield from (" ".join(group) for group in merged if _is_speakable(group))


def _split_sentences(words: list[str]) -> Iterator[list[str]]:
    import pysbd

    # Tags are not text: where sentences end is decided without them.
    bare = [_TAGS.sub("", word) for word in words]
    pieces = pysbd.Segmenter(language="en", clean=False).segment(" ".join(filter(None, bare))) if any(bare) else []
    cuts = set(accumulate(_count_characters(piece) for piece in pieces))
    group: list[str] = []
    for word, end in zip(words, accumulate(map(_count_characters, bare)), strict=True):
        group.append(word)
        if end in cuts:
            yield group
            group = []
    yield group


def _is_speakable(words: list[str]) -> bool:
    return any(character.isalnum() for character in _TAGS.sub("", " ".join(words)))


def _count_characters(text: str) -> int:
    return sum(not character.isspace() for character in text)
