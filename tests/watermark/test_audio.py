"""The mark in the sound, on the voices of the synthetic performers."""

from pathlib import Path

import numpy as np
import pytest

from avatar.errors import WeightsError
from avatar.media.audio.io import read_sound
from avatar.media.audio.resample import resample
from avatar.watermark import audio
from avatar.watermark.audio import AudioWatermark, Sound, detect_audio_watermark, embed_audio_watermark
from avatar.watermark.perth import open_perth

PERFORMERS = Path(__file__).parents[2] / "performers"
NAMES = ("ava", "ben", "mia")


def voice(name: str, seconds: float = 5.0) -> tuple[Sound, int]:
    heard, rate = read_sound(PERFORMERS / f"{name}_statement.flac")
    return heard[: round(seconds * rate)], rate


@pytest.mark.parametrize("name", NAMES)
def test_a_marked_voice_is_found_and_an_unmarked_one_is_not(name: str) -> None:
    heard, rate = voice(name)

    assert detect_audio_watermark(embed_audio_watermark(heard, rate), rate).score > 0.9
    assert detect_audio_watermark(heard, rate).score < 0.1


def test_one_second_of_speech_is_enough() -> None:
    heard, rate = voice("ava", 1.0)

    assert detect_audio_watermark(embed_audio_watermark(heard, rate), rate).found


def test_silence_round_speech_does_not_hide_the_mark() -> None:
    heard, rate = voice("ben", 1.5)
    silence = np.zeros(rate * 5, np.float32)

    assert detect_audio_watermark(np.concatenate([silence, embed_audio_watermark(heard, rate), silence]), rate).found


def test_the_mark_survives_telephone_sound_and_any_volume() -> None:
    heard, rate = voice("mia")
    marked = embed_audio_watermark(heard, rate) * np.float32(0.05)

    assert detect_audio_watermark(resample(marked, rate, 8000), 8000).found


def test_marking_changes_neither_length_nor_what_lies_above_two_kilohertz() -> None:
    heard, rate = voice("ava")

    residue = np.abs(np.fft.rfft(embed_audio_watermark(heard, rate) - heard))
    marked_below = int(2100 * len(heard) / rate)

    assert (residue[marked_below:] ** 2).sum() < 1e-3 * (residue**2).sum()


def test_a_long_sound_is_marked_in_spans_that_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, rate = voice("ava", 4.0)
    at_once = embed_audio_watermark(heard, rate)
    monkeypatch.setattr(audio, "_SPAN_SAMPLES", 32_000)

    assert np.abs(embed_audio_watermark(heard, rate) - at_once).max() < 1e-5


def test_silence_stays_silence_and_has_no_mark() -> None:
    silence = np.zeros(48_000, np.float32)

    assert not embed_audio_watermark(silence, 48_000).any()
    assert detect_audio_watermark(silence, 48_000) == AudioWatermark(0.0, found=False)


def test_a_blink_of_sound_can_be_marked_too() -> None:
    heard, rate = voice("ava", 0.02)

    assert len(embed_audio_watermark(heard, rate)) == len(heard)


def test_without_its_weights_nothing_is_marked_and_nothing_passes_for_unmarked(monkeypatch, tmp_path: Path) -> None:
    heard, rate = voice("ava", 1.0)
    gone = audio.Weights(name="sound-mark", source="package:nowhere_at_all/x", sha256="0" * 64, licence="MIT")
    monkeypatch.setattr(audio, "SOUND_MARK", gone)

    for work in (embed_audio_watermark, detect_audio_watermark):
        with pytest.raises(WeightsError) as refused:
            work(heard, rate)
        assert refused.value.code == "weights.missing"


def test_damaged_weights_are_said_to_be_damaged(tmp_path: Path) -> None:
    (tmp_path / "weights.tar").write_bytes(b"not weights")

    with pytest.raises(WeightsError) as refused:
        open_perth(tmp_path / "weights.tar")

    assert refused.value.code == "weights.unreadable"
