"""The written words of a reading at the times of its phonemes."""

from collections.abc import Iterable

from avatar.voices.text.g2p import Reading
from avatar.voices.timings import Word


def word_timings(reading: Reading, phonemes: Iterable[tuple[int, float, float]]) -> list[Word]:
    """Return the written words at the times of *phonemes*: (spoken word, start, end) in seconds, in order.

    Where several written words are spoken as others ("7:30 pm"), they share the time by their length; a lone dash gets
    no time of its own.
    """
    spans = _word_spans(phonemes)
    words: list[Word] = []
    clock = 0.0
    for written, spoken in reading.links:
        known = [spans[index] for index in spoken if index in spans]
        start, end = (known[0][0], known[-1][1]) if known else (clock, clock)
        words += _share_by_length([reading.written[index] for index in written], start, end)
        clock = end
    return words


def _word_spans(phonemes: Iterable[tuple[int, float, float]]) -> dict[int, tuple[float, float]]:
    spans: dict[int, tuple[float, float]] = {}
    for word, start, end in phonemes:
        spans[word] = (spans[word][0] if word in spans else start, end)
    return spans


def _share_by_length(texts: list[str], start: float, end: float) -> list[Word]:
    total = sum(map(len, texts))
    words: list[Word] = []
    before = 0
    for text in texts:
        after = before + len(text)
        edges = [start + (end - start) * part / total for part in (before, after)]
        words.append(Word(text=text, start=edges[0], end=edges[1]))
        before = after
    return words
