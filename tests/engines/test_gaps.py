"""Footage in which the face comes and goes, the first frame included: every frame is there, and it is told which."""

from pathlib import Path

import numpy as np
import pytest

from avatar.artifacts.artifact import FACE_GAPS, Footage, Portrait, Speech
from avatar.engines.lips.mouth_warp import MouthWarp
from avatar.engines.render.h264 import H264
from avatar.engines.swap.mesh_swap import MeshSwap
from avatar.media.audio.io import write_sound
from avatar.media.decode import batched, decode
from avatar.media.encode import encode
from avatar.media.face_gaps import read_face_gaps
from avatar.media.frames import Format, Frame, Frames
from avatar.models.weights import locate
from avatar.stages.face import RefineLips, SwapFace
from avatar.stages.render import Render
from tests.engines.benches import FilesBench, cleared
from tests.faces.speeches import saying
from tests.media.video_fixtures import FILM, NTSC, all_planes, planes_in, spoken, talking

pytestmark = pytest.mark.slow

PORTRAIT = Path(__file__).parent.parent / "data" / "faces" / "ben.jpg"
IMAGE, SPEECH, GIVEN, REFINED = Portrait("i"), Speech("s"), Footage("given"), Footage("refined")
GAPS = ((0, 7), (20, 31), (47, 50))


class Bench(FilesBench):
    def weight(self, weights):
        return locate(weights)


def coming_and_going(rate) -> Frames:
    """A talking head that is covered by grey in the GAPS."""

    def covered(number: int, planes) -> Frame:
        if any(first <= number < after for first, after in GAPS):
            planes[:] = 128
        return Frame(planes)

    pictures = all_planes(talking(50, 384, rate))
    return Frames(Format(384, 384, rate), 50, batched(covered(*each) for each in enumerate(pictures)))


@pytest.mark.parametrize("rate", [NTSC, FILM])
@pytest.mark.parametrize("work", ["lips", "swap"])
def test_frames_without_a_face_pass_as_they_are_and_are_named(tmp_path, rate, work):
    encode(coming_and_going(rate), tmp_path / "given.mp4")
    timings = saying("HH AH L OW M AA M UW")
    (tmp_path / "timings.json").write_text(timings.model_dump_json())
    write_sound(tmp_path / "sound.wav", [spoken(min(timings.duration, 1.6))])
    files = {
        (IMAGE, "picture.png"): PORTRAIT,
        (SPEECH, "sound.wav"): tmp_path / "sound.wav",
        (SPEECH, "timings.json"): tmp_path / "timings.json",
    }
    (tmp_path / "out").mkdir()
    bench = Bench(tmp_path / "out", files, {GIVEN: lambda: decode(tmp_path / "given.mp4")})

    def changed() -> Frames:
        if work == "lips":
            return MouthWarp().run(cleared(RefineLips(GIVEN, SPEECH)), bench)
        return MeshSwap().run(cleared(SwapFace(GIVEN, IMAGE)), bench)

    bench.streams[REFINED] = changed
    parts = H264().run(cleared(Render((REFINED,), SPEECH)), bench)

    assert len(planes_in(parts["picture.mp4"])) == 50
    assert read_face_gaps(parts[FACE_GAPS]) == list(GAPS)
    pairs = zip(planes_in(tmp_path / "given.mp4"), all_planes(changed()), strict=True)
    same = [bool(np.array_equal(before, after)) for before, after in pairs]
    gaps = [number for number in range(50) if any(first <= number < after for first, after in GAPS)]
    assert all(same[number] for number in gaps)
    assert sum(same) < 50 - 15  # where there is a face, there is work to be seen
