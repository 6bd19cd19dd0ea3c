from collections.abc import Callable

import numpy as np
import pytest

from avatar.media.audio.loudness import RATE, loudness_of
from avatar.voices.base.base_tts import Utterance
from avatar.voices.judging.postprocess import TARGET_LUFS, postprocess
from avatar.voices.timings import SILENCE, Phone, Timings, build_timings
from tests.voices.test_timings import check_laws

LINE = "Popular people buy big paper boxes, but Bob prefers maps."


@pytest.fixture(scope="module")
def line(said: Callable[[str], Utterance]) -> tuple[np.ndarray, Timings]:
    utterance = said(LINE)
    return postprocess(utterance.spectra.sound(0), 24_000, utterance.timings, LINE, seed=1)


def test_speech_starts_after_the_lead_and_ends_before_the_tail(line: tuple[np.ndarray, Timings]) -> None:
    sound, timings = line

    check_laws(timings)
    assert timings.duration == pytest.approx(len(sound) / RATE, abs=1e-4)
    assert (timings.phones[0].symbol, timings.phones[0].end) == (SILENCE, pytest.approx(0.10))
    assert timings.duration - timings.phones[-2].end == pytest.approx(0.40, abs=1e-3)


def test_every_line_is_equally_loud(line: tuple[np.ndarray, Timings], said: Callable[[str], Utterance]) -> None:
    short = said("Oh?")
    quiet, _ = postprocess(short.spectra.sound(0) / 10, 24_000, short.timings, "Oh?", seed=1)

    assert loudness_of(line[0], RATE) == pytest.approx(TARGET_LUFS, abs=0.5)
    assert loudness_of(quiet, RATE) == pytest.approx(TARGET_LUFS, abs=3.0)


def test_room_tone_takes_the_place_of_digital_silence(line: tuple[np.ndarray, Timings]) -> None:
    lead = line[0][: RATE // 20]

    assert 0 < np.sqrt(np.square(lead).mean()) < 10 ** (-70 / 20)


def test_peaks_stay_below_the_ceiling() -> None:
    sound = np.full(24_000, 0.002, dtype=np.float32) * np.sin(np.arange(24_000) / 9, dtype=np.float32)
    sound[5_000::6_000] = 1.0
    timings = build_timings(1.0, [Phone(symbol="AA", start=0, end=1)], [])

    done, _ = postprocess(sound, 24_000, timings, "ah", seed=1)

    assert np.abs(done).max() < 0.80


@pytest.mark.parametrize(("text", "tail"), [("Stop", 0.30), ("Stop,", 0.25), ("“Stop.”", 0.40), ("Stop...", 0.45)])
def test_the_tail_is_as_long_as_the_last_mark_wants(text: str, tail: float) -> None:
    timings = build_timings(1.0, [Phone(symbol="AA", start=0.2, end=0.8)], [])

    _, done = postprocess(np.full(24_000, 0.1, dtype=np.float32), 24_000, timings, text, seed=1)

    assert done.duration == pytest.approx(0.10 + 0.6 + tail, abs=1e-3)
