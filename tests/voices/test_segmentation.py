"""A voice-over, cut into lines."""

from itertools import pairwise

import numpy as np
import pytest

from avatar.media.audio.loudness import loudness_of
from avatar.voices.alignment.segmentation import postprocess_line, segment_recording
from avatar.voices.judging.postprocess import TARGET_LUFS
from avatar.voices.timings import SILENCE
from tests.voices.voiceovers import RATE, statement


@pytest.fixture(scope="module")
def cuts():
    sound, lines = statement()
    return segment_recording(sound, RATE, lines, ())


def test_every_line_begins_where_the_one_before_ends_so_pauses_stay(cuts):
    assert all(one.end == two.start for one, two in pairwise(cuts.lines))
    assert cuts.lines[0].start >= 0
    assert cuts.lines[-1].end <= len(statement()[0]) / RATE


def test_nothing_is_heard_where_it_is_cut(cuts):
    sound, _ = statement()
    for line in cuts.lines[1:]:
        at = round(line.start * RATE)
        assert np.abs(sound[at - 60 : at + 60]).max() < 0.02 * np.abs(sound).max()


def test_the_timings_of_a_line_are_its_own(cuts):
    for line in cuts.lines:
        timings = line.timings
        assert timings.duration == pytest.approx(line.end - line.start, abs=1e-3)
        assert [word.text for word in timings.words] == line.text.split()
        assert timings.phones[-1].end == timings.duration
        assert sum(phone.symbol != SILENCE for phone in timings.phones) > len(timings.words)


def test_all_lines_get_one_gain_and_the_whole_becomes_as_loud_as_speech_is(cuts):
    sound, _ = statement()
    parts = [sound[round(line.start * RATE) : round(line.end * RATE)] for line in cuts.lines]

    finished = [postprocess_line(part, RATE, cuts.loudness) for part in parts]

    assert loudness_of(np.concatenate(finished), 48_000) == pytest.approx(TARGET_LUFS, abs=0.7)
    gains = [loudness_of(new, 48_000) - loudness_of(old, RATE) for new, old in zip(finished, parts, strict=True)]
    assert max(gains) - min(gains) < 0.5
