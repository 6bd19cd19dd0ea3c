"""When each phoneme and word of a piece of speech is spoken."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

SILENCE = "SIL"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Phone(_Strict):
    """One phoneme: *symbol* is ARPAbet without stress digits (``AA``, ``B`` ...), or ``SIL``. Times in seconds."""

    symbol: str
    start: float
    end: float


class Word(_Strict):
    """One word as written in the script, with its punctuation. Times in seconds."""

    text: str
    start: float
    end: float


class Timings(_Strict):
    """Phones and words of one line, in order, from 0 to *duration* seconds; phones leave no gap (``SIL``)."""

    duration: float
    phones: tuple[Phone, ...]
    words: tuple[Word, ...]


def build_timings(duration: float, phones: Sequence[Phone], words: Sequence[Word]) -> Timings:
    """Return *phones* and *words*, in order, as timings: gaps become silence, all times are multiples of 0.1 ms."""
    end = _round_to_tick(duration)
    laid: list[Phone] = []
    clock = 0.0
    for phone in phones:
        start = min(max(_round_to_tick(phone.start), clock), end)
        stop = min(max(_round_to_tick(phone.end), start), end)
        if start > clock:
            laid.append(Phone(symbol=SILENCE, start=clock, end=start))
        if stop > start:
            laid.append(Phone(symbol=phone.symbol, start=start, end=stop))
        clock = stop
    if end > clock:
        laid.append(Phone(symbol=SILENCE, start=clock, end=end))
    return Timings(duration=end, phones=tuple(laid), words=tuple(_clamp_words(words, end)))


def shift_timings(timings: Timings, shift: float, duration: float) -> Timings:
    """Return *timings* with everything *shift* seconds later, in a sound of *duration* seconds."""
    phones = [
        Phone(symbol=phone.symbol, start=phone.start + shift, end=phone.end + shift)
        for phone in timings.phones
        if phone.symbol != SILENCE
    ]
    words = [Word(text=word.text, start=word.start + shift, end=word.end + shift) for word in timings.words]
    return build_timings(duration, phones, words)


def _clamp_words(words: Sequence[Word], end: float) -> list[Word]:
    kept: list[Word] = []
    clock = 0.0
    for word in words:
        start = min(max(_round_to_tick(word.start), clock), end)
        clock = min(max(_round_to_tick(word.end), start), end)
        kept.append(Word(text=word.text, start=start, end=clock))
    return kept


def _round_to_tick(seconds: float) -> float:
    return round(seconds, 4)
