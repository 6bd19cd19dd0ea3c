"""Excerpts: the stretch of given footage that a line is spoken over."""

import numpy as np
import pytest

from avatar.artifacts.artifact import GivenFootage, Speech
from avatar.engines.render.excerpt import Excerpted
from avatar.errors import InputError
from avatar.media.audio.io import write_sound
from avatar.media.encode import encode
from avatar.stages.render import Excerpt
from tests.engines.benches import FilesBench, cleared
from tests.media.video_fixtures import NTSC, all_planes, moving, planes_in, tone

FOOTAGE, ONE, TWO = GivenFootage("f"), Speech("1"), Speech("2")


@pytest.fixture
def bench(tmp_path):
    encode(moving(120, NTSC), tmp_path / "footage.mp4")
    bench = FilesBench(tmp_path, {(FOOTAGE, "footage.mp4"): tmp_path / "footage.mp4"})
    for speech, seconds in ((ONE, 1.0), (TWO, 1.5)):
        write_sound(tmp_path / speech.digest, [tone(int(seconds * 48_000))])
        bench.files[speech, "sound.wav"] = tmp_path / speech.digest
    return bench


def test_lines_follow_each_other_on_the_footage(bench):
    whole = planes_in(bench.open(FOOTAGE))
    first = Excerpted().run(cleared(Excerpt(FOOTAGE, (), ONE)), bench)
    second = Excerpted().run(cleared(Excerpt(FOOTAGE, (ONE,), TWO)), bench)

    assert (first.count, second.count) == (30, 45)
    shown = all_planes(first) + all_planes(second)
    assert all(np.array_equal(a, b) for a, b in zip(shown, whole[:75], strict=True))


def test_footage_that_ends_too_early_is_refused_in_seconds(bench):
    with pytest.raises(InputError, match=r"needs 5\.5 s of footage and there are 4\.0 s") as refusal:
        Excerpted().run(cleared(Excerpt(FOOTAGE, (ONE, TWO, TWO), TWO)), bench)
    assert refusal.value.code == "footage.too-short"
