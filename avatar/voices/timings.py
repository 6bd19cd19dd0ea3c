"""When each phoneme and word of a piece of speech is spoken."""

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
