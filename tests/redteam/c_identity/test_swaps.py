"""C: a swap that was agreed to, and shows somebody else all the same."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar.artifacts.artifact import Portrait
from avatar.people.samples import CheckedSample
from avatar.stages.face import SwapFace
from avatar.stages.render import Render
from tests.redteam.cases import attack


class Shades:
    """Sees one face in every picture, and tells people by how light they are."""

    def faces(self, rgb):
        height, width = rgb.shape[:2]
        return [np.array([[0, 0, 0], [width, height, 0]], np.float32)]

    def face_at(self, rgb, _landmarks):
        return self.faces(rgb)[0]

    def embed(self, seen):
        return [np.array([rgb.mean() / 64, 1], np.float32) for rgb, _ in seen]


def light(room: Path) -> CheckedSample:
    picture = room / "picture.png"
    cv2.imwrite(str(picture), np.full((16, 16, 3), 250, np.uint8))
    return CheckedSample(Portrait, {"picture.png": picture})


@pytest.fixture
def double(scene):
    """Someone who agreed to everything, with a portrait in which a face can be seen."""
    scene.world.face_verifier = Shades
    double = scene.world.people.enroll("double", "synthetic", [light])
    scene.world.agree(double)
    scene.world.agree(scene.accomplice)
    return double


@attack("footage is passed off as the swap that was agreed to", by="meant face", code="swap.identity")
def test_a_swap_that_still_shows_the_person_of_the_footage_is_not_rendered(scene, double, worn):
    engine = worn("tint", lambda self, cleared, bench: bench.frames(cleared.request.footage))
    speech = scene.speech(scene.accomplice)
    footage = scene.perform(SwapFace(scene.footage(scene.accomplice), scene.world.likeness(double).portrait), engine)

    scene.refused(Render((footage,), speech), "reel")
