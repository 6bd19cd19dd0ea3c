"""The animation and the lips engine on a portrait, from the files of a request to frames."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import soundfile

from avatar.artifacts.artifact import Footage, Portrait, Speech
from avatar.engines.animation.mesh_warp import MeshWarp
from avatar.engines.animation.mesh_warp_audio import MeshWarpAudio
from avatar.engines.lips.mouth_warp import MouthWarp
from avatar.errors import InputError, WeightsError
from avatar.faces.features.mouth import Mouth
from avatar.media.frames import Format, Frame, Frames, frame_count, rgb_of
from avatar.models.weights import locate
from avatar.stages.face import AnimateFace, RefineLips
from tests.engines.benches import FilesBench, cleared
from tests.faces.speeches import saying

PORTRAIT = Path(__file__).parent.parent / "data" / "faces" / "ava.jpg"
TIMINGS = saying("HH AH L OW M AA M UW")
IMAGE, SPEECH, FOOTAGE = Portrait("i"), Speech("s"), Footage("f")


@dataclass
class Bench(FilesBench):
    film: Frames | None = field(default=None)

    def frames(self, footage: Footage) -> Frames:
        assert self.film is not None
        return self.film

    def weight(self, weights: Any) -> Path:
        try:
            return locate(weights)
        except WeightsError as error:
            pytest.skip(str(error))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    (tmp_path / "timings.json").write_text(TIMINGS.model_dump_json())
    samples = np.random.default_rng(1).normal(0, 0.1, round(TIMINGS.duration * 48_000))
    soundfile.write(tmp_path / "sound.wav", samples, 48_000)
    files = {
        (IMAGE, "picture.png"): PORTRAIT,
        (SPEECH, "sound.wav"): tmp_path / "sound.wav",
        (SPEECH, "timings.json"): tmp_path / "timings.json",
    }
    return Bench(tmp_path, dict(files))


def animated(bench: Bench, listening: bool = False, **options: Any) -> Frames:
    return MeshWarp(**options).run(cleared(AnimateFace(IMAGE, SPEECH, listening)), bench)


def drained(frames: Frames) -> list[Frame]:
    return [frame for batch in frames.batches for frame in batch]


def streamed(frames: list[Frame], format: Format) -> Frames:
    def batches() -> Iterator[list[Frame]]:
        for start in range(0, len(frames), 3):
            yield frames[start : start + 3]

    return Frames(format, len(frames), batches())


def gaps(frames: list[Frame]) -> list[float]:
    return [float(f.landmarks[14, 1] - f.landmarks[13, 1]) for f in frames if f.landmarks is not None]


@pytest.mark.parametrize("rate", ["25", "30000/1001"])
def test_an_animation_has_as_many_frames_as_the_speech_lasts_and_joins_without_a_seam(bench: Bench, rate: str) -> None:
    frames = animated(bench, size=256, rate=rate)
    made = drained(frames)

    assert frames.format == Format(256, 256, Fraction(rate))
    assert len(made) == frames.count == frame_count(TIMINGS.duration, Fraction(rate))
    assert np.array_equal(made[0].settle(), made[-1].settle())
    assert all(frame.tracked and frame.landmarks is not None for frame in made)
    assert max(gaps(made)) > 3.5 > 0.5 > abs(gaps(made)[-1])


def test_sound_alone_moves_the_lips_and_timings_are_not_looked_at(bench: Bench) -> None:
    del bench.files[SPEECH, "timings.json"]
    engine = MeshWarpAudio(size=128)
    made, again = (drained(engine.run(cleared(AnimateFace(IMAGE, SPEECH)), bench)) for _ in range(2))
    listening = drained(engine.run(cleared(AnimateFace(IMAGE, SPEECH, True)), bench))

    assert len(made) == len(listening) == frame_count(TIMINGS.duration, Fraction(25))
    assert np.array_equal(made[0].settle(), made[-1].settle())
    assert max(map(abs, gaps(listening))) < 0.6
    assert all(np.array_equal(one.settle(), other.settle()) for one, other in zip(made, again, strict=True))


def test_the_same_work_makes_the_same_frames(bench: Bench) -> None:
    first, second = (np.stack([f.settle() for f in drained(animated(bench, size=128))]) for _ in range(2))

    assert np.array_equal(first, second)


def test_who_listens_moves_but_says_nothing(bench: Bench) -> None:
    made = drained(animated(bench, listening=True, size=256))

    assert max(map(abs, gaps(made))) < 0.6
    assert any(not np.array_equal(made[0].planes, frame.settle()) for frame in made[1:-1])


@pytest.mark.parametrize(
    ("shape", "face"), [((300, 512), "wide"), ((512, 300), "tall"), ((512, 512), "square")], ids=lambda v: str(v)
)
def test_any_portrait_is_framed_around_head_and_shoulders(bench: Bench, shape: tuple[int, int], face: str) -> None:
    picture = cv2.imread(str(PORTRAIT))
    height, width = shape
    top, left = (picture.shape[0] - height) // 3, (picture.shape[1] - width) // 2
    cut = picture[top : top + height, left : left + width]
    cv2.imwrite(str(bench.folder / "cut.png"), cut)
    bench.files[IMAGE, "picture.png"] = bench.folder / "cut.png"

    first = next(iter(animated(bench, size=256).batches))[0]

    assert first.landmarks is not None
    middle = first.landmarks[[10, 152], :2].mean(axis=0)
    assert middle[0] == pytest.approx(128, abs=16)
    assert 80 < middle[1] < 160


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"size": 127}, "animation.size"),
        ({"rate": "fast"}, "animation.rate"),
        ({"rate": "1/0"}, "animation.rate"),
        ({"energy": -1.0}, "animation.energy"),
    ],
)
def test_options_that_cannot_be_are_refused(bench: Bench, options: dict[str, Any], code: str) -> None:
    for engine in (MeshWarp, MeshWarpAudio):
        with pytest.raises(InputError) as refusal:
            engine(**options).run(cleared(AnimateFace(IMAGE, SPEECH)), bench)

        assert refusal.value.code == code


def test_refined_lips_keep_every_frame_and_change_no_mouth_that_is_right(bench: Bench) -> None:
    wanted = [rgb_of(frame.settle()) for frame in drained(animated(bench, size=256))]
    bench.film = animated(bench, size=256)
    made = drained(MouthWarp().run(cleared(RefineLips(FOOTAGE, SPEECH)), bench))

    assert len(made) == len(wanted)
    worst = max(float(np.abs(rgb_of(f.settle()).astype(int) - w).mean()) for f, w in zip(made, wanted, strict=True))
    assert worst < 0.05


def test_insides_of_mouths_that_an_animator_draws_are_looked_at_a_few_times_only(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.film = streamed(drained(animated(bench, size=256)), Format(256, 256, Fraction(25)))
    painted = counted(monkeypatch)

    drained(MouthWarp().run(cleared(RefineLips(FOOTAGE, SPEECH)), bench))

    assert 5 <= len(painted) < 15


def test_mouths_that_an_animator_leaves_empty_are_painted_to_the_last(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Mouth, "paint", lambda *_: None)
        empty = drained(animated(bench, size=256))
    bench.film = streamed(empty, Format(256, 256, Fraction(25)))
    painted = counted(monkeypatch)
    before = [rgb_of(frame.settle()).astype(int) for frame in empty]

    made = drained(MouthWarp().run(cleared(RefineLips(FOOTAGE, SPEECH)), bench))

    darker = [float((old - rgb_of(frame.settle())).max()) for frame, old in zip(made, before, strict=True)]
    wide = np.array(gaps(made)) > 0.6 * max(gaps(made))
    assert wide.sum() > 5
    assert np.array(darker)[wide].min() > 30
    assert len(painted) > 15


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by one each time the inside of a mouth is painted."""
    calls: list[int] = []
    paint = Mouth.paint
    monkeypatch.setattr(Mouth, "paint", lambda *given: (calls.append(1), paint(*given))[1])
    return calls


@pytest.mark.slow
def test_footage_that_is_looked_at_speaks_too_and_a_longer_one_ends_at_rest(bench: Bench) -> None:
    still = drained(animated(bench, listening=True, size=512))
    footage = [Frame(frame.settle().copy()) for frame in still + still[-1:] * 10]
    blank = Frame(np.full_like(footage[0].planes, 128))
    bench.film = streamed([*footage, blank], Format(512, 512, Fraction(25)))
    untouched = [frame.planes.copy() for frame in footage[-10:]]

    made = drained(MouthWarp().run(cleared(RefineLips(FOOTAGE, SPEECH)), bench))

    assert len(made) == len(footage) + 1
    assert max(gaps(made)) > 7
    assert max(map(abs, gaps(made)[-10:])) < 1.5
    assert np.array_equal(made[-1].settle(), np.full_like(footage[0].planes, 128))
    change = [np.abs(f.settle().astype(int) - p).max(axis=0) for f, p in zip(made[-11:-1], untouched, strict=True)]
    assert max(float(c.mean()) for c in change) < 8
