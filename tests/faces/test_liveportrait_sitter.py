"""A portrait that sits for LivePortrait: what gestures ask of the networks, and what becomes of what they draw.

The large networks are stand-ins that say what they were given; the small ones are the real ones with random weights.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from avatar.faces.animate.animator import SOURCE_SCALE, Gesture
from avatar.faces.geometry.blendshapes import coefficients
from avatar.faces.liveportrait.animator import PortraitAnimator
from avatar.faces.liveportrait.checkpoint import (
    APPEARANCE,
    GENERATOR,
    MOTION,
    RETARGETING,
    WARPING,
    build_networks,
    load_network,
)
from avatar.faces.liveportrait.keypoints import ANGLE_BINS
from avatar.faces.liveportrait.model import LivePortraitModel
from avatar.media.frames import Format, Frame, planes_of
from tests.faces.liveportrait_models import in_parts, random_tensors

SIZE = 512
FORMAT = Format(SIZE, SIZE, Fraction(25))


@dataclass
class StandIn:
    """In place of the four large networks: it draws one colour, by where the points are."""

    pictures: list[Any] = field(default_factory=list)
    bent: list[Any] = field(default_factory=list)

    def read(self, picture: Any) -> dict[str, Any]:
        self.pictures.append(picture)
        straight = torch.full((1, ANGLE_BINS), -100.0)
        straight[:, [32, 33]] = 0.0
        points = torch.linspace(-0.5, 0.5, 63)[None]
        return {
            **dict.fromkeys(("pitch", "yaw", "roll"), straight),
            "kp": points,
            "exp": torch.zeros(1, 63),
            "scale": torch.ones(1, 1),
            "t": torch.zeros(1, 3),
        }

    def source(self, volume: Any, points: Any) -> Any:
        return points

    def __call__(self, source: Any, points: Any) -> Any:
        self.bent.append(points)
        return points

    def draw(self, bent: Any) -> Any:
        shade = (bent.sum(dim=(1, 2)) * 3).sigmoid()
        return shade[:, None, None, None].expand(len(bent), 3, 512, 512)


@dataclass
class Still(torch.nn.Module):
    """In place of the small networks: points stay as they are."""

    def __post_init__(self) -> None:
        super().__init__()

    def stitch(self, source: Any, points: Any) -> Any:
        return points

    def lips(self, source: Any, open_: Any) -> Any:
        return 0

    def eyes(self, source: Any, open_: Any) -> Any:
        return 0


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn()


@pytest.fixture
def sitter_of(stand_in: StandIn, landmarker: Any, picture: Any) -> Callable[[Any], PortraitAnimator]:
    def made(small: Any) -> PortraitAnimator:
        nets = {
            MOTION: stand_in.read,
            APPEARANCE: lambda picture: torch.zeros(1),
            WARPING: stand_in,
            GENERATOR: stand_in.draw,
            RETARGETING: small,
        }
        rgb = picture("ava")
        source = cv2.resize(rgb, (SOURCE_SCALE * SIZE, SOURCE_SCALE * SIZE), interpolation=cv2.INTER_CUBIC)
        landmarks = landmarker.single_face(source)
        return PortraitAnimator.of(LivePortraitModel(nets, "cpu"), source, landmarks, FORMAT)

    return made


@pytest.fixture
def small(tmp_path: Path) -> Any:
    (tmp_path / RETARGETING).parent.mkdir()
    torch.save(in_parts(random_tensors(RETARGETING)), tmp_path / RETARGETING)
    return load_network(RETARGETING, build_networks()[RETARGETING], tmp_path, "cpu")


def gesture(degrees: tuple[float, float, float] = (0, 0, 0), **weights: float) -> Gesture:
    return Gesture(coefficients(**weights), np.array(degrees, np.float32), np.zeros(2, np.float32), 0.0)


def drained(sitter: PortraitAnimator, gestures: list[Gesture], pulses: list[float] | None = None) -> list[Frame]:
    frames = sitter.frames(gestures, (pulses if pulses is not None else []).append)
    made = [frame for batch in frames.batches for frame in batch]
    assert len(made) == frames.count == len(gestures)
    return made


def test_the_networks_see_the_head_once_256_pixels_wide(sitter_of: Any, stand_in: StandIn) -> None:
    drained(sitter_of(Still()), [gesture(), gesture(jawOpen=0.3)])

    (seen,) = stand_in.pictures
    assert seen.shape == (1, 3, 256, 256)
    assert 0 <= seen.min() < 0.3 < 0.6 < seen.max() <= 1


def test_shots_begin_and_end_with_the_same_picture_which_is_drawn_once(sitter_of: Any, stand_in: StandIn) -> None:
    first, moved, last = drained(sitter_of(Still()), [gesture(), gesture((5, 0, 0)), gesture()])

    assert np.array_equal(first.settle(), last.settle())
    assert not np.array_equal(first.planes, moved.settle())
    assert len(stand_in.bent) == 2


def test_nothing_outside_the_square_is_touched(sitter_of: Any, picture: Any) -> None:
    sitter = sitter_of(Still())
    (frame,) = drained(sitter, [gesture((5, 0, 0))])

    base, after = sitter.base, frame.settle()
    box = sitter.box
    inside = np.zeros((SIZE, SIZE), bool)
    inside[box.top : box.bottom, box.left : box.right] = True
    assert np.array_equal(after[:SIZE][~inside], base[:SIZE][~inside])
    assert (np.abs(after[:SIZE].astype(int) - base[:SIZE])[inside] > 3).mean() > 0.3
    assert np.abs(base.astype(int) - planes_of(picture("ava"))).mean() < 3
    assert not frame.tracked, "a network drew it: whoever wants landmarks looks"


def test_consent_is_asked_twice_a_frame_between_the_networks(sitter_of: Any) -> None:
    pulses: list[float] = []

    drained(sitter_of(Still()), [gesture((5, 0, 0)), gesture((6, 0, 0)), gesture(), gesture((1, 0, 0))], pulses)

    assert pulses == [0, 0, 0.25, 0.25, 0.5, 0.75, 0.75]


@pytest.mark.parametrize(
    ("degrees", "axis", "sign"), [((10, 0, 0), 1, 1), ((0, 10, 0), 0, 1)], ids=["a nod goes down", "a turn goes right"]
)
def test_the_nose_goes_where_the_head_turns(sitter_of: Any, degrees: Any, axis: int, sign: int) -> None:
    sitter = sitter_of(Still())
    rest, turned = (sitter.keypoints([each])[0] for each in (gesture(), gesture(degrees)))

    # Points before the middle of the head (z below 0) go with the nose, beyond what the whole head is carried.
    front, back = rest[:, 2] < -0.2, rest[:, 2] > 0.2
    step = (turned - rest)[:, axis] * sign
    assert step[front].mean() > step[back].mean() + 0.03


def test_a_head_turns_on_its_neck(sitter_of: Any) -> None:
    """Its middle is above the neck: rolling to the right carries it to the right."""
    sitter = sitter_of(Still())
    rest, rolled = (sitter.keypoints([each])[0] for each in (gesture(), gesture((0, 0, 10))))

    assert (rolled - rest)[:, 0].mean() > 0.02
    assert (rolled - rest)[:, 2].abs().max() < 1e-5


def test_the_small_networks_are_asked_for_what_the_mouth_and_the_lids_do(
    sitter_of: Any, small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sitter = sitter_of(small)
    asked: dict[str, Any] = {}

    def listening(name: str, way: Callable[..., Any]) -> Callable[..., Any]:
        def heard(source: Any, open_: Any) -> Any:
            asked[name] = open_
            return way(source, open_)

        return heard

    for name in ("lips", "eyes"):
        monkeypatch.setattr(small, name, listening(name, getattr(small, name)))

    sitter.keypoints([gesture(), gesture(jawOpen=0.3), gesture(eyeBlink=1.0)])

    lips, eyes = asked["lips"], asked["eyes"]
    assert lips.shape == (3, 2)
    assert eyes.shape == (3, 3)
    assert torch.equal(lips[:, 0], lips[:1, 0].expand(3))
    assert torch.allclose(lips[[0, 2], 1], lips[0, 0].expand(2), atol=0.02)
    assert lips[1, 1] > lips[0, 1] + 0.1
    assert torch.allclose(eyes[:2, 2], eyes[0, :2].mean().expand(2), atol=0.01)
    assert eyes[2, 2] < 0.05 < 0.15 < eyes[0, 2]


def test_gestures_of_a_batch_know_nothing_of_each_other(sitter_of: Any, small: Any) -> None:
    sitter = sitter_of(small)
    gestures = [gesture((3, -2, 1), jawOpen=0.2), gesture((-1, 4, 0), eyeBlink=1.0), gesture(mouthSmile=0.5)]

    together = sitter.keypoints(gestures)

    alone = torch.cat([sitter.keypoints([each]) for each in gestures])
    assert torch.allclose(together, alone, atol=1e-6)
