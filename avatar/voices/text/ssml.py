"""Lines with marks for how they are spoken: a small subset of SSML, and what of it each word carries.

``<break time="500ms"/>`` · ``<emphasis level="strong">`` · ``<prosody rate="slow">`` or ``rate="90%"`` ·
``<say-as interpret-as="characters">`` · ``<sub alias="...">`` · ``<phoneme alphabet="ipa" ph="...">`` on one word.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from xml.parsers import expat

from avatar.errors import InputError
from avatar.voices.text.phonemes import to_base_alphabet

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_BARE_LESS_THAN = re.compile(r"<(?![A-Za-z/!?])")
_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9A-Fa-f]+|\w+);)")
_TIME = re.compile(r"(\d+(?:\.\d+)?)(ms|s)")
_MAX_BREAK_S = 10.0  # seconds
_BREAK_S_BY_STRENGTH = {"none": 0.0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.7, "x-strong": 1.0}
_RATE_BY_NAME = {"x-slow": 0.6, "slow": 0.8, "medium": 1.0, "fast": 1.2, "x-fast": 1.4}
_EMPHASIS_DB_BY_LEVEL = {"strong": 3.0, "moderate": 2.0, "none": 0.0, "reduced": -3.0}
_SAY_AS = ("characters", "spell-out", "cardinal", "ordinal", "date", "time", "currency")
_ATTRIBUTES_BY_TAG: Mapping[str, tuple[str, ...]] = {
    "line": (),
    "break": ("time", "strength"),
    "emphasis": ("level",),
    "prosody": ("rate",),
    "say-as": ("interpret-as",),
    "sub": ("alias",),
    "phoneme": ("alphabet", "ph"),
}


@dataclass(frozen=True)
class WordStyle:
    """How a word is said: *rate* times as fast, with *emphasis* in decibels, as *phonemes* (empty: as it is read)."""

    rate: float = 1.0
    emphasis: float = 0.0
    phonemes: str = ""


@dataclass(frozen=True)
class ParsedLine:
    """A line: its words as they are *written* (for captions) and as they are *said*, and what they carry, by place.

    *breaks* are seconds of silence after a word; -1 is before the first.
    """

    written: tuple[str, ...]
    said: tuple[str, ...]
    manners: Mapping[int, WordStyle] = field(default_factory=dict)
    breaks: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class LineSegment:
    """A part of a line that is said in one go: at one *rate*, with *pause* seconds of silence after it."""

    line: ParsedLine
    rate: float
    pause: float


def split_segments(line: ParsedLine) -> tuple[LineSegment, ...]:
    """Return *line* in parts: it is cut at breaks, and where the rate changes."""
    count = len(line.written)
    rates = [line.manners.get(place, WordStyle()).rate for place in range(count)]
    cuts = {place + 1 for place in line.breaks} | {at for at in range(1, count) if rates[at] != rates[at - 1]}
    edges = [0, *sorted(cut for cut in cuts if 0 < cut < count), count]
    if len(edges) == 2:
        return (LineSegment(line, rates[0] if rates else 1.0, line.breaks.get(count - 1, 0.0)),)
    return tuple(
        LineSegment(_slice_line(line, first, last), rates[first], line.breaks.get(last - 1, 0.0))
        for first, last in pairwise(edges)
    )


def _slice_line(line: ParsedLine, first: int, last: int) -> ParsedLine:
    manners = {place - first: each for place, each in line.manners.items() if first <= place < last}
    return ParsedLine(line.written[first:last], line.said[first:last], manners)


def parse_ssml(line: str) -> ParsedLine:
    """Return what *line* says and how. A line without tags is plain text, whatever signs are in it.

    Raises:
        InputError: when a tag is not closed, or phonemes do not stand around one word; code ``ssml.malformed``; when
            the line holds a document type, an entity, a comment or a processing instruction; code
            ``ssml.document-type``; when a tag, an attribute or a pronunciation is not known; code ``ssml.unknown-tag``,
            ``ssml.bad-attribute`` or ``ssml.bad-phonemes``.
    """
    if not _TAG.search(line):
        words = tuple(line.split())
        return ParsedLine(words, words)
    reader = _SsmlBuilder()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.opens, reader.closes
    parser.CharacterDataHandler = reader.says
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.ProcessingInstructionHandler = _refuse
    if "<!" in line or "<?" in line:  # before the wrapping element hides what it is
        _refuse()
    try:
        parser.Parse(f"<line>{_AMPERSAND.sub('&amp;', _BARE_LESS_THAN.sub('&lt;', line))}</line>", True)
    except expat.ExpatError as error:
        raise InputError(
            f"the line {line[:40]!r}: {expat.errors.messages[error.code]}; close every tag in the same sentence",
            code="ssml.malformed",
        ) from error
    return reader.marked()


class _SsmlBuilder:
    """Gathers the words of a line, and what they carry."""

    def __init__(self) -> None:
        self._open: list[tuple[str, WordStyle, str]] = [("line", WordStyle(), "")]  # tag, manner, what is said instead
        self._written = ""
        self._instead: list[tuple[int, int, str]] = []  # from and to which character, what is said
        self._marks: list[tuple[int, int, WordStyle]] = []  # from and to which character
        self._breaks: dict[int, float] = {}
        self._begun: list[int] = []

    def opens(self, tag: str, given: dict[str, str]) -> None:
        if tag not in _ATTRIBUTES_BY_TAG:
            known = ", ".join(name for name in _ATTRIBUTES_BY_TAG if name != "line")
            raise InputError(f"<{tag}> is not known here; use {known}", code="ssml.unknown-tag")
        for name in given:
            if name not in _ATTRIBUTES_BY_TAG[tag]:
                raise _attribute_error(
                    tag, name, given[name], f"it has {', '.join(_ATTRIBUTES_BY_TAG[tag]) or 'no attributes'}"
                )
        self._begun.append(len(self._written))
        if tag == "break":
            place = len(self._written.split()) - 1
            self._breaks[place] = min(self._breaks.get(place, 0.0) + _break_s(given), _MAX_BREAK_S)
            self._written += " "
        self._open.append((tag, _word_style(tag, given, self._open[-1][1]), _substitution(tag, given)))

    def says(self, text: str) -> None:
        self._written += text

    def closes(self, tag: str) -> None:
        _, manner, instead = self._open.pop()
        begun = self._begun.pop()
        inside = self._written[begun:]
        if instead:
            said = " ".join(filter(str.isalnum, inside)) if instead == "characters" else instead
            self._instead.append((begun, len(self._written), said))
        if tag != "line":
            self._marks.append((begun, len(self._written), manner))
        if manner.phonemes and tag == "phoneme" and len(inside.split()) != 1:
            raise InputError(f"<phoneme> stands around {inside[:30]!r}; put it around one word", code="ssml.malformed")

    def marked(self) -> ParsedLine:
        spans = [found.span() for found in re.finditer(r"\S+", self._written)]
        manners: dict[int, WordStyle] = {}
        # The innermost closed first: what it says stands.
        for begun, ended, manner in self._marks:
            for place, (start, end) in enumerate(spans):
                if start < ended and end > begun:
                    manners.setdefault(place, manner)
        signs = list(self._written)
        for begun, ended, said in self._instead:
            signs[begun:ended] = [said] + [""] * (ended - begun - 1) if ended > begun else []
        words = tuple(self._written[start:end] for start, end in spans)
        return ParsedLine(words, tuple("".join(signs[start:end]) for start, end in spans), manners, self._breaks)


def _word_style(tag: str, given: dict[str, str], around: WordStyle) -> WordStyle:
    if tag == "emphasis":
        level = given.get("level", "moderate")
        if level not in _EMPHASIS_DB_BY_LEVEL:
            raise _attribute_error(tag, "level", level, f"use {', '.join(_EMPHASIS_DB_BY_LEVEL)}")
        return replace(around, emphasis=_EMPHASIS_DB_BY_LEVEL[level])
    if tag == "prosody":
        return replace(around, rate=_speaking_rate(given.get("rate", "medium")))
    if tag == "phoneme":
        return replace(around, phonemes=to_base_alphabet(given.get("ph", ""), given.get("alphabet", "ipa")))
    return around


def _substitution(tag: str, given: dict[str, str]) -> str:
    if tag == "sub":
        if not given.get("alias", "").strip():
            raise _attribute_error(tag, "alias", given.get("alias", ""), "write what is said instead")
        return given["alias"].strip()
    if tag == "say-as":
        kind = given.get("interpret-as", "")
        if kind not in _SAY_AS:
            raise _attribute_error(tag, "interpret-as", kind, f"use {', '.join(_SAY_AS)}")
        # Numbers, dates and sums of money are read as such anyway.
        return "characters" if kind in ("characters", "spell-out") else ""
    return ""


def _break_s(given: dict[str, str]) -> float:
    if "time" not in given:
        strength = given.get("strength", "medium")
        if strength not in _BREAK_S_BY_STRENGTH:
            raise _attribute_error("break", "strength", strength, f"use {', '.join(_BREAK_S_BY_STRENGTH)}")
        return _BREAK_S_BY_STRENGTH[strength]
    found = _TIME.fullmatch(given["time"])
    seconds = float(found[1]) * (0.001 if found[2] == "ms" else 1.0) if found else -1.0
    if not 0 <= seconds <= _MAX_BREAK_S:
        raise _attribute_error("break", "time", given["time"], f"write 500ms or 1.5s, at most {_MAX_BREAK_S:.0f}s")
    return seconds


def _speaking_rate(given: str) -> float:
    if given in _RATE_BY_NAME:
        return _RATE_BY_NAME[given]
    number = given.removesuffix("%")
    rate = float(number) / 100 if given.endswith("%") and number.isdigit() else 0.0
    if not 0.5 <= rate <= 2.0:
        raise _attribute_error("prosody", "rate", given, f"use {', '.join(_RATE_BY_NAME)}, or 50% to 200%")
    return rate


def _attribute_error(tag: str, name: str, value: str, fix: str) -> InputError:
    return InputError(f"<{tag}>, attribute {name}={value[:30]!r}: {fix}", code="ssml.bad-attribute")


def _refuse(*_declared: object) -> None:
    raise InputError(
        "document types, entities, comments and processing instructions are not read in a script; write plain tags",
        code="ssml.document-type",
    )
