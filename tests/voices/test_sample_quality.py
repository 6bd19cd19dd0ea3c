import numpy as np
import pytest
from numpy.typing import NDArray

from avatar.errors import InputError
from avatar.voices.judging.sample_quality import check_sample


def test_a_performers_statement_is_good_enough(ben: tuple[NDArray[np.float32], str]) -> None:
    check_sample(ben[0], 24_000, name="ben.wav")


@pytest.mark.parametrize(
    ("change", "rate", "code", "part"),
    [
        (lambda sound: sound, 8_000, "voice.low-rate", "8000"),
        (lambda sound: sound[:0], 24_000, "voice.silent", "microphone"),
        (lambda sound: sound * 1e-5, 24_000, "voice.silent", "-1"),
        (lambda sound: np.clip(sound * 8, -0.6, 0.6), 24_000, "voice.clipped", "%"),
        (lambda sound: sound[: 5 * 24_000], 24_000, "voice.too-short", "at least 6 s"),
        (lambda sound: np.pad(sound[: 5 * 24_000], 200_000), 24_000, "voice.too-short", "at least 6 s"),
    ],
)
def test_a_bad_sample_is_refused_with_what_to_do(
    ben: tuple[NDArray[np.float32], str], change, rate: int, code: str, part: str
) -> None:
    with pytest.raises(InputError) as refusal:
        check_sample(change(ben[0]), rate, name="ben.wav")

    assert refusal.value.code == code
    assert part in str(refusal.value)
    assert "ben.wav" in str(refusal.value)
