from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from avatar.errors import InputError
from avatar.people import samples
from tests.voices.conftest import PERFORMERS

RATE = 24_000

pytestmark = pytest.mark.slow


def read(performer: str) -> NDArray[np.float32]:
    sound, _ = soundfile.read(PERFORMERS / f"{performer}_statement.flac", dtype="float32")
    return sound


def music() -> NDArray[np.float32]:
    """Twelve seconds of chords and drums."""
    time = np.arange(RATE) / RATE
    tones = [(261, 329, 392), (220, 261, 329), (174, 220, 261), (196, 246, 293)]
    bars = [
        np.exp(-2 * time) * sum(np.sin(2 * np.pi * tone * k * time) / k for tone in tones[bar % 4] for k in (1, 2, 3))
        for bar in range(12)
    ]
    sound = np.concatenate(bars)
    sound[::RATE] += 3.0
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


def refusal_of(sound: NDArray[np.float32], folder: Path, words: str = "", rate: int = RATE) -> str:
    soundfile.write(folder / "sample.wav", sound, rate)
    (folder / "words.txt").write_text(words)
    (folder / "room").mkdir()
    with pytest.raises(InputError) as refusal:
        samples.check_voice(folder / "sample.wav", folder / "words.txt" if words else None, folder / "room")
    return refusal.value.code


@pytest.mark.parametrize("pair", [("ava", "ben"), ("ava", "mia")])
def test_two_speakers_are_refused(pair: tuple[str, str], tmp_path: Path) -> None:
    both = np.concatenate([read(performer)[: 10 * RATE] for performer in pair])

    assert refusal_of(both, tmp_path) == "voice.two-speakers"


def test_music_is_refused(tmp_path: Path) -> None:
    assert refusal_of(music(), tmp_path) == "voice.not-understood"


def test_a_transcript_of_something_else_is_refused(tmp_path: Path) -> None:
    words = "The quick brown fox jumps over the lazy dog, again and again. Nobody knows why it does that."

    assert refusal_of(read("mia"), tmp_path, words) == "transcript.mismatch"


@pytest.mark.parametrize(
    ("seconds", "step", "gain", "code"),
    [(3, 1, 1.0, "voice.too-short"), (12, 3, 1.0, "voice.low-rate"), (12, 1, 0.0, "voice.silent")],
    ids=["three seconds", "8 kHz", "silence"],
)
def test_a_sample_that_tells_too_little_is_refused(
    tmp_path: Path, seconds: int, step: int, gain: float, code: str
) -> None:
    sound = gain * read("ava")[: seconds * RATE : step]

    assert refusal_of(sound, tmp_path, rate=RATE // step) == code


@pytest.mark.parametrize("performer", ["ava", "ben", "mia"])
def test_one_person_is_taken(performer: str, tmp_path: Path) -> None:
    sample = samples.check_voice(PERFORMERS / f"{performer}_statement.flac", None, tmp_path)

    assert set(sample.parts) == {"sound.wav", "transcript.txt"}
