"""Spoken words become captions: cues of two short lines that break where a reader would breathe."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

from avatar.media.text import to_printable

MAX_LINE_CHARS = 42  # characters of one of two; this and the seconds are the usual broadcast limits
MIN_CUE_S, MAX_CUE_S = 1.0, 7.0
_MIN_PAUSE_S = 0.8  # seconds of silence that end a cue
_LINGER_S = 0.3  # seconds a cue stays after its last word, when there is room
_SENTENCE_MARKS, _CLAUSE_MARKS = (".", "!", "?", "…", "。"), (",", ";", ":", "—", "–")
_CLOSING_MARKS = "\"'”’)]»"
_SHORT_CUE_COST = 100.0  # what a cue costs that leaves no time to read it; a broken sentence costs 3 or 4

TimedWord = tuple[str, float, float]  # a word as written, and when it is spoken: start and end in seconds


@dataclass(frozen=True)
class Cue:
    """Lines of text shown from *start* to *end*, in seconds."""

    start: float
    end: float
    lines: tuple[str, ...]


def build_cues(words: Sequence[TimedWord], until: float) -> tuple[Cue, ...]:
    """Return the captions of *words*, the last ending at *until* seconds at the latest.

    Each is shown for 1 to 7 seconds (less only where its neighbours leave no room); they never overlap.
    """
    cues = [_to_cue(group) for group in _optimal_groups(list(_split_long_words(words, until)), until)]
    return tuple(_extend_cues(cues, until))


def format_srt(cues: Sequence[Cue]) -> str:
    """Return *cues* as SubRip. It knows no escapes, so what a player could take for markup is written otherwise."""
    blocks = (
        f"{number}\n{_format_clock(cue.start, ',')} --> {_format_clock(cue.end, ',')}\n"
        + "\n".join(map(_replace_markup, cue.lines))
        + "\n"
        for number, cue in enumerate(cues, start=1)
    )
    return "\n".join(blocks)


def format_vtt(cues: Sequence[Cue]) -> str:
    """Return *cues* as WebVTT, with markup characters escaped."""
    blocks = (
        f"{_format_clock(cue.start, '.')} --> {_format_clock(cue.end, '.')}\n"
        + "\n".join(map(_escape_markup, cue.lines))
        + "\n"
        for cue in cues
    )
    return "\n".join(["WEBVTT\n", *blocks])


def _split_long_words(words: Sequence[TimedWord], until: float) -> Iterator[TimedWord]:
    """Give short printable words in order of time; long ones come in slices that fit a line."""
    reached = 0.0
    for text, start, end in words:
        slices = [
            part[at : at + MAX_LINE_CHARS]
            for part in to_printable(text).split()
            for at in range(0, len(part), MAX_LINE_CHARS)
        ]
        start = min(max(start, reached), until)
        end = min(max(end, start), until)
        for number, part in enumerate(slices):
            step = (end - start) / len(slices)
            yield part, start + number * step, start + (number + 1) * step
        reached = start


def _optimal_groups(words: list[TimedWord], until: float) -> list[list[TimedWord]]:
    """Return *words* in the groups that read best: the cheapest of all ways to part them."""
    text = _WordCosts(words, until)
    costs, begins = [0.0], [0]
    for end in range(1, len(words) + 1):
        cost, begin = min((costs[begin] + text.cost(begin, end), begin) for begin in text.begins(end))
        costs.append(cost)
        begins.append(begin)
    groups, end = [], len(words)
    while end:
        groups.append(words[begins[end] : end])
        end = begins[end]
    return groups[::-1]


@dataclass(frozen=True)
class _WordCosts:
    """All *words*, and what is asked of them again and again while they are parted: added up once."""

    words: list[TimedWord]
    until: float

    def begins(self, end: int) -> Iterator[int]:
        """Give where a group that ends before word *end* may begin: it fits two lines and is not shown too long."""
        begin = end - 1
        yield begin
        while begin and self._fits(begin - 1, end) and self.words[end - 1][2] - self.words[begin - 1][1] <= MAX_CUE_S:
            begin -= 1
            yield begin

    def cost(self, begin: int, end: int) -> float:
        """Return what it costs to show the words from *begin* to before *end* together."""
        last = end == len(self.words)
        room = (self.until if last else self.words[end][1]) - self.words[begin][1]
        inside = self._sentences[end - 1] - self._sentences[begin]
        cost = 1.0 + 4.0 * inside + (_SHORT_CUE_COST if room < MIN_CUE_S else 0.0)
        if last or self._sentences[end] > self._sentences[end - 1]:
            return cost
        return cost + (0.6 if _ends_with(self.words[end - 1], _CLAUSE_MARKS) else 3.0)

    def _fits(self, begin: int, end: int) -> bool:
        # The first line takes as many words as it can; then the second needs the least room.
        cut = bisect_right(self._lengths, self._lengths[begin] + MAX_LINE_CHARS + 1) - 1
        return cut >= end or self._lengths[end] - self._lengths[cut] <= MAX_LINE_CHARS + 1

    @cached_property
    def _lengths(self) -> list[int]:
        """How many characters come before each word, a space behind each."""
        return list(accumulate((len(text) + 1 for text, _, _ in self.words), initial=0))

    @cached_property
    def _sentences(self) -> list[int]:
        """How many sentences have ended, or pauses been made, before each word."""
        between = (self._sentence_ends(place) for place in range(1, len(self.words)))
        return list(accumulate(between, initial=0))

    def _sentence_ends(self, place: int) -> bool:
        before, after = self.words[place - 1], self.words[place]
        return _ends_with(before, _SENTENCE_MARKS) or after[1] - before[2] > _MIN_PAUSE_S


def _ends_with(word: TimedWord, marks: tuple[str, ...]) -> bool:
    return word[0].rstrip(_CLOSING_MARKS).endswith(marks)


def _lines(group: list[TimedWord]) -> tuple[str, ...]:
    """Return the one or two lines of *group*, even and broken at punctuation if possible; none if it is too long."""
    texts = [text for text, _, _ in group]
    joined = " ".join(texts)
    if len(joined) <= MAX_LINE_CHARS:
        return (joined,)
    pairs = [(" ".join(texts[:cut]), " ".join(texts[cut:])) for cut in range(1, len(texts))]
    fitting = [pair for pair in pairs if max(map(len, pair)) <= MAX_LINE_CHARS]
    return min(fitting, key=_line_break_cost, default=())


def _line_break_cost(pair: tuple[str, str]) -> int:
    bonus = 14 if pair[0].rstrip(_CLOSING_MARKS).endswith(_CLAUSE_MARKS + _SENTENCE_MARKS) else 0
    return abs(len(pair[0]) - len(pair[1])) - bonus


def _to_cue(group: list[TimedWord]) -> Cue:
    return Cue(group[0][1], group[-1][2], _lines(group))


def _extend_cues(cues: list[Cue], until: float) -> Iterator[Cue]:
    """Give *cues* long enough to be read, and none longer than allowed, in whole milliseconds."""
    free = 0.0
    for number, cue in enumerate(cues):
        limit = cues[number + 1].start if number + 1 < len(cues) else until
        end = min(max(cue.end + _LINGER_S, cue.start + MIN_CUE_S), limit, cue.start + MAX_CUE_S)
        start = max(free, min(cue.start, end - MIN_CUE_S))
        free = end
        yield replace(cue, start=round(start, 3), end=round(end, 3))


def _format_clock(seconds: float, point: str) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{point}{rest % 1000:03}"


def _escape_markup(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _replace_markup(line: str) -> str:
    return line.translate(str.maketrans("<>{}\\", "‹›()/"))
