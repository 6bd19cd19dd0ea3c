import numpy as np
import pytest

from avatar.errors import EngineError
from avatar.voices.take import check_take
from avatar.voices.timings import Phone, Timings, laid_out

TONE = (0.3 * np.sin(np.arange(24_000) / 9)).astype(np.float32)


def saying(phonemes: int, seconds: float = 1.0) -> Timings:
    each = seconds / max(phonemes, 1)
    return laid_out(seconds, [Phone(symbol="AA", start=i * each, end=(i + 1) * each) for i in range(phonemes)], [])


def test_a_good_take_passes() -> None:
    check_take(TONE, saying(10))


@pytest.mark.parametrize(
    ("sound", "timings"),
    [
        (TONE[:0], saying(10)),
        (TONE * np.float32(np.nan), saying(10)),
        (TONE / 1000, saying(10)),
        (np.clip(TONE * 20, -1, 1), saying(10)),
        (TONE, saying(0)),
        (TONE, saying(60)),
        (TONE, saying(1)),
    ],
    ids=["empty", "not-a-number", "silent", "clipped", "no-phonemes", "too-fast", "too-slow"],
)
def test_a_bad_take_is_refused(sound: np.ndarray, timings: Timings) -> None:
    with pytest.raises(EngineError) as refusal:
        check_take(sound, timings)

    assert refusal.value.code == "voice.bad-take"
