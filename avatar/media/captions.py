"""Spoken words become captions: cues of two short lines that break where a reader would breathe."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from avatar.media.text import printable

LINE = 42  # characters; this and the seconds are the usual broadcast limits
LINES = 2
SHORTEST, LONGEST = 1.0, 7.0
_PAUSE = 0.8  # seconds of silence that end a cue
_LINGER = 0.3  # seconds a cue stays after its last word, when there is room
_SENTENCE, _CLAUSE = (".", "!", "?", "…", "。"), (",", ";", ":", "—", "–")
_CLOSING = "\"'”’)]»"
_WORTH_CUTTING = 20  # characters a cue must have to be cut at a comma

Spoken = tuple[str, float, float]  # a word as written, and when it is spoken: start and end in seconds


@dataclass(frozen=True)
class Cue:
    """Lines of text shown from *start* to *end*, in seconds."""

    start: float
    end: float
    lines: tuple[str, ...]


def cues_of(words: Sequence[Spoken], until: float) -> tuple[Cue, ...]:
    """Return the captions of *words*, the last ending at *until* seconds at the latest.

    Each is shown for 1 to 7 seconds (less only where its neighbours leave no room); they never overlap.
    """
    cues = [_cue(group) for group in _groups(list(_tidied(words, until)))]
    return tuple(_timed(cues, until))


def srt(cues: Sequence[Cue]) -> str:
    """Return *cues* as SubRip. It knows no escapes, so what a player could take for markup is written otherwise."""
    blocks = (
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n" + "\n".join(map(_unmarked, cue.lines)) + "\n"
        for number, cue in enumerate(cues, start=1)
    )
    return "\n".join(blocks)


def vtt(cues: Sequence[Cue]) -> str:
    """Return *cues* as WebVTT, with markup characters escaped."""
    blocks = (
        f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n" + "\n".join(map(_escaped, cue.lines)) + "\n"
        for cue in cues
    )
    return "\n".join(["WEBVTT\n", *blocks])


def _tidied(words: Sequence[Spoken], until: float) -> Iterator[Spoken]:
    """Give short printable words in order of time; long ones come in slices that fit a line."""
    reached = 0.0
    for text, start, end in words:
        slices = [part[at : at + LINE] for part in printable(text).split() for at in range(0, len(part), LINE)]
        start = min(max(start, reached), until)
        end = min(max(end, start), until)
        for number, part in enumerate(slices):
            step = (end - start) / len(slices)
            yield part, start + number * step, start + (number + 1) * step
        reached = start


def _groups(words: list[Spoken]) -> Iterator[list[Spoken]]:
    group: list[Spoken] = []
    for word in words:
        while group and _must_break(group, word):
            cut = _best_cut(group)
            yield group[:cut]
            group = group[cut:]
        if group and _may_break(group, word):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def _must_break(group: list[Spoken], word: Spoken) -> bool:
    return not _lines([*group, word]) or word[2] - group[0][1] > LONGEST


def _may_break(group: list[Spoken], word: Spoken) -> bool:
    last = group[-1]
    if last[2] - group[0][1] < SHORTEST:
        return False
    return _ends(last, _SENTENCE) or word[1] - last[2] > _PAUSE or (_ends(last, _CLAUSE) and _length(group) >= LINE)


def _best_cut(group: list[Spoken]) -> int:
    """Return how many words of a full *group* make a cue: up to its last clause, or all."""
    for cut in range(len(group) - 1, 0, -1):
        head = group[:cut]
        lasting = head[-1][2] - head[0][1] >= SHORTEST
        if _ends(head[-1], _CLAUSE + _SENTENCE) and _length(head) >= _WORTH_CUTTING and lasting:
            return cut
    return len(group)


def _ends(word: Spoken, marks: tuple[str, ...]) -> bool:
    return word[0].rstrip(_CLOSING).endswith(marks)


def _length(group: list[Spoken]) -> int:
    return sum(len(text) + 1 for text, _, _ in group) - 1


def _lines(group: list[Spoken]) -> tuple[str, ...]:
    """Return the one or two lines of *group*, even and broken at punctuation if possible; none if it is too long."""
    texts = [text for text, _, _ in group]
    joined = " ".join(texts)
    if len(joined) <= LINE:
        return (joined,)
    pairs = [(" ".join(texts[:cut]), " ".join(texts[cut:])) for cut in range(1, len(texts))]
    fitting = [pair for pair in pairs if max(map(len, pair)) <= LINE]
    return min(fitting, key=_unevenness, default=())


def _unevenness(pair: tuple[str, str]) -> int:
    bonus = 14 if pair[0].rstrip(_CLOSING).endswith(_CLAUSE + _SENTENCE) else 0
    return abs(len(pair[0]) - len(pair[1])) - bonus


def _cue(group: list[Spoken]) -> Cue:
    return Cue(group[0][1], group[-1][2], _lines(group))


def _timed(cues: list[Cue], until: float) -> Iterator[Cue]:
    """Give *cues* long enough to be read, and none longer than allowed, in whole milliseconds."""
    free = 0.0
    for number, cue in enumerate(cues):
        limit = cues[number + 1].start if number + 1 < len(cues) else until
        end = min(max(cue.end + _LINGER, cue.start + SHORTEST), limit, cue.start + LONGEST)
        start = max(free, min(cue.start, end - SHORTEST))
        free = end
        yield replace(cue, start=round(start, 3), end=round(end, 3))


def _clock(seconds: float, point: str) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{point}{rest % 1000:03}"


def _escaped(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unmarked(line: str) -> str:
    return line.translate(str.maketrans("<>{}\\", "‹›()/"))
