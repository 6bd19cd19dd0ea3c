"""A stage says what the rest of the product must know of it, or it cannot be defined."""

from typing import Any

import pytest

from avatar.artifacts.artifact import Artifact, Footage, Speech
from avatar.consent import Use
from avatar.stages.c2pa_action import SYNTHETIC, C2paAction
from avatar.stages.request import Request

SAID: dict[str, Any] = {
    "use": None,
    "output_type": Speech,
    "progress_label": "hat",
    "c2pa_action": C2paAction("c2pa.edited", "A hat was put on.", SYNTHETIC),
}


def define(**said: Any) -> type:
    return type("AddHat", (Request,), said)


@pytest.mark.parametrize("name", SAID)
def test_a_stage_that_leaves_one_out_cannot_be_defined(name):
    said = {each: value for each, value in SAID.items() if each != name}

    with pytest.raises(TypeError, match=f"request AddHat has no {name}: add `{name} = ...` to the class, the "):
        define(**said)


def test_a_stage_that_says_them_all_can_be_defined():
    assert define(**SAID).progress_label == "hat"


def test_a_stage_that_makes_footage_says_whether_frames_are_counted():
    with pytest.raises(TypeError, match="AddHat makes footage and has no preserves_frame_count"):
        define(**SAID | {"output_type": Footage})

    assert define(**SAID | {"output_type": Footage, "preserves_frame_count": True})


@pytest.mark.parametrize(
    ("use", "named"),
    [
        (Use.CLONE_VOICE, "learned_sample or spoken_voice"),
        (Use.SWAP_FACE, "target_face"),
        (Use.PUBLISH, "published_video"),
    ],
)
def test_a_stage_whose_use_is_checked_says_what_is_checked(use, named):
    with pytest.raises(TypeError, match=f"add the property {named} to the class"):
        define(**SAID | {"use": use})

    first = named.split()[0]
    assert define(**SAID | {"use": use, first: property(lambda self: Artifact("a" * 64))})
