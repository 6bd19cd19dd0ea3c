"""A swap shows whom it was meant to show, or is refused."""

from fractions import Fraction
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar.artifacts.artifact import Footage, Portrait
from avatar.engines.swap.mesh_swap import MeshSwap
from avatar.errors import EngineError, WeightsError
from avatar.faces.detection.face_analyser import FaceAnalyser, open_face_analyser
from avatar.media.frames import Box, Format, Frame, Frames, Pixels, planes_of
from avatar.media.image_io import read_rgb
from avatar.models.weights import locate
from avatar.stages.face import SwapFace
from avatar.studio.swap_check import SwapIdentityCheck, _due
from tests.engines.benches import FilesBench, cleared

PICTURES = Path(__file__).parents[1] / "data" / "faces"
PERFORMERS = Path(__file__).parents[2] / "performers"
SIZE = 384
FOOTAGE, FACE = Footage("footage"), Portrait("face")


@cache
def sight() -> FaceAnalyser:
    try:
        return open_face_analyser()
    except WeightsError as error:
        pytest.skip(str(error))


def seen(path: Path) -> Pixels:
    return cv2.resize(read_rgb(path), (SIZE, SIZE), interpolation=cv2.INTER_AREA)


def footage(*pictures: Pixels, batch: int = 2) -> Frames:
    made = [Frame(planes_of(rgb)) for rgb in pictures]
    height, width = pictures[0].shape[:2]
    batches = iter([made[start : start + batch] for start in range(0, len(made), batch)])
    return Frames(Format(width, height, Fraction(25)), len(made), batches)


def witness(portrait: str) -> SwapIdentityCheck:
    return SwapIdentityCheck(sight, lambda: PERFORMERS / f"{portrait}.png")


def drained(frames: Frames) -> list[Frame]:
    return [frame for batch in frames.batches for frame in batch]


class Bench(FilesBench):
    def weight(self, weights):
        return locate(weights)


def swapped(face: str, witness: SwapIdentityCheck, frames: Frames, folder: Path) -> Frames:
    files = {(FACE, "picture.png"): PERFORMERS / f"{face}.png"}
    bench = Bench(folder, files, {FOOTAGE: lambda: witness.before(frames)})
    return witness.after(MeshSwap(device="cpu").run(cleared(SwapFace(FOOTAGE, FACE)), bench))


PAIRS = [(who, onto) for who in ("ava", "ben", "mia") for onto in ("ava", "ben", "mia") if who != onto]


@pytest.mark.parametrize(("who", "onto"), PAIRS)
def test_a_true_swap_passes_and_has_come_more_than_half_the_way(tmp_path, who, onto):
    one = witness(who)

    drained(swapped(who, one, footage(seen(PERFORMERS / f"{onto}.png")), tmp_path))

    (look,) = one._looks
    assert look.way > 0.5  # the cut is 0.25
    assert look.meant < look.own


@pytest.mark.slow
@pytest.mark.parametrize("who", ["ben", "mia"])
@pytest.mark.parametrize("picture", ["ava_aa", "ava_ou", "ava_blink", "ava_yaw_p12", "portraits/ava_yaw_p25"])
def test_it_passes_while_she_speaks_blinks_and_turns(tmp_path, who, picture):
    one = witness(who)

    drained(swapped(who, one, footage(seen(PICTURES / f"{picture}.jpg")), tmp_path))

    assert one._looks[0].way > 0.45


@pytest.mark.parametrize("onto", ["ava", "mia"])
def test_a_swap_that_changes_nothing_is_refused_with_the_numbers(onto):
    one = witness("ben")

    with pytest.raises(EngineError) as caught:
        drained(one.after(one.before(footage(seen(PERFORMERS / f"{onto}.png")))))

    assert caught.value.code == "swap.identity"
    assert "still shows the person of the footage: in 1 of its frames" in str(caught.value)
    assert "0.00 from theirs" in str(caught.value)


def test_a_swap_that_only_changes_the_light_is_refused():
    one, dark = witness("ben"), np.uint8(12)

    def dimmed(batch: list[Frame]) -> list[Frame]:
        for frame in batch:
            view = frame.edit(Box(0, 0, SIZE, SIZE))
            view[:] = np.where(view > dark, view - dark, 0)
        return batch

    with pytest.raises(EngineError) as caught:
        drained(one.after(one.before(footage(seen(PERFORMERS / "ava.png"))).through(dimmed)))

    assert caught.value.code == "swap.identity"


def test_the_same_person_in_footage_and_portrait_is_no_reason_to_refuse():
    one = witness("ava")

    assert len(drained(one.after(one.before(footage(seen(PICTURES / "ava_aa.jpg")))))) == 1


def test_footage_without_a_face_has_nobody_to_compare():
    one, empty = witness("ben"), np.full((SIZE, SIZE, 3), 120, np.uint8)

    assert len(drained(one.after(one.before(footage(*[empty] * 12))))) == 12


def test_a_face_that_comes_late_is_still_looked_at():
    one, empty = witness("ben"), np.full((SIZE, SIZE, 3), 120, np.uint8)
    pictures = [empty] * 8 + [seen(PERFORMERS / "ava.png")] * 8  # the middle frame is the first with a face
    late = [empty] * 9 + [seen(PERFORMERS / "ava.png")] * 7  # and here it is not: five frames later it is there

    for each in (pictures, late):
        with pytest.raises(EngineError):
            drained(one.after(one.before(footage(*each))))


def test_of_two_faces_the_one_that_was_swapped_is_judged(tmp_path):
    one = witness("ben")
    both = np.concatenate(
        [seen(PERFORMERS / "ava.png"), cv2.resize(seen(PERFORMERS / "mia.png"), (SIZE, SIZE))], axis=1
    )

    drained(swapped("ben", one, footage(both), tmp_path))

    assert one._looks[0].way > 0.5


@pytest.mark.parametrize("batch", [1, 3, 8])
def test_which_frames_are_looked_at_does_not_depend_on_how_they_come(batch):
    looks = []

    class Counting:
        def faces(self, rgb: Pixels) -> list[np.ndarray]:
            looks.append(int(rgb[0, 0, 0]))
            return []

    levels = [np.full((16, 16, 3), level, np.uint8) for level in range(40, 64)]
    one = SwapIdentityCheck(Counting, lambda: PERFORMERS / "ben.png")
    drained(one.after(one.before(footage(*levels, batch=batch))))

    assert looks == [52, 57, 62]


@pytest.mark.parametrize(
    ("count", "numbers"), [(1, [0]), (2, [1]), (75, [37]), (76, [19, 57]), (300, [37, 112, 187, 262])]
)
def test_looks_are_spread_over_a_shot_one_for_three_seconds(count, numbers):
    assert sorted(_due(count)) == numbers


def test_looking_changes_no_pixel() -> None:
    one, picture = witness("mia"), seen(PERFORMERS / "mia.png")
    before = planes_of(picture)

    (frame,) = drained(one.after(one.before(footage(picture))))

    assert np.array_equal(frame.settle(), before)


def test_a_face_that_the_footage_knows_is_confirmed_and_not_searched_for():
    searched, one = [], witness("ben")

    class Near:
        def faces(self, rgb: Pixels) -> list[np.ndarray]:
            searched.append(rgb.shape)
            return sight().faces(rgb)

        def __getattr__(self, name: str):
            return getattr(sight(), name)

    one.face_verifier = Near
    (frame,) = (made for batch in footage(seen(PERFORMERS / "ava.png")).batches for made in batch)
    (frame.landmarks,) = sight().faces(seen(PERFORMERS / "ava.png"))

    with pytest.raises(EngineError) as caught:
        drained(one.after(one.before(Frames(Format(SIZE, SIZE, Fraction(25)), 1, iter([[frame]])))))

    assert caught.value.code == "swap.identity"
    assert (SIZE, SIZE, 3) not in searched


def test_landmarks_where_no_face_is_are_not_believed():
    one, wrong = witness("ben"), np.full((468, 3), 4, np.float32)
    wrong[:, :2] += np.random.default_rng(1).uniform(0, 20, (468, 2)).astype(np.float32)
    (frame,) = (made for batch in footage(seen(PERFORMERS / "ava.png")).batches for made in batch)
    frame.landmarks = wrong

    with pytest.raises(EngineError):
        drained(one.after(one.before(Frames(Format(SIZE, SIZE, Fraction(25)), 1, iter([[frame]])))))
