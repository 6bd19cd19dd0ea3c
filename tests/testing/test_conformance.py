"""Every installed engine passes the kit that engines of other packages are held to; bad ones do not."""

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from avatar.consent import Cleared
from avatar.media.encode import encode
from avatar.media.frames import Format, Frame, Frames, planes_of
from avatar.media.image_io import read_rgb
from avatar.stages import registry
from avatar.stages.face import SwapFace
from avatar.stages.registry import EngineSpec, installed
from avatar.stages.request import Workbench
from avatar.testing import conformance
from avatar.testing.conformance import ConformanceMaterial
from avatar.testing.toys import TOYS

PERFORMERS = Path(__file__).parents[2] / "performers"
HERE = Path(__file__).parents[1] / "data" / "faces"
SPEAKING_WITH = {"adapted": "ridge"}
TRIED = ("ridge", "sample", "adapted", "mesh-warp", "mesh-warp-audio", "mesh-swap", "mouth-warp")


@pytest.fixture(scope="module")
def material(tmp_path_factory) -> ConformanceMaterial:
    """ava, with footage of ben that is interrupted by an empty room."""
    footage = tmp_path_factory.mktemp("material") / "footage.mp4"
    face = planes_of(np.ascontiguousarray(read_rgb(PERFORMERS / "ben.png")[:512, 128:640]))
    room = np.full_like(face, 120)
    shown = [face] * 4 + [room] * 3 + [face] * 4
    encode(Frames(Format(512, 512, Fraction(25)), len(shown), ([Frame(each.copy())] for each in shown)), footage)
    voice, said = PERFORMERS / "ava_statement.flac", PERFORMERS / "ava_statement.txt"
    return ConformanceMaterial(PERFORMERS / "ava.png", voice, said, footage)


@pytest.mark.parametrize("name", sorted(installed()))
def test_an_installed_engine_keeps_the_contract(name):
    conformance.contract(name)


@pytest.mark.slow
@pytest.mark.apart
@pytest.mark.parametrize("name", TRIED)
def test_an_installed_engine_passes_its_trial(name, material, tmp_path):
    conformance.trial(EngineSpec(name), tmp_path, material, learning=SPEAKING_WITH.get(name, "sample"))


@dataclass(frozen=True)
class Careless(TOYS["tint"]()):
    """Tints every frame, whether it shows a face or not, and forgets one."""

    forgets: bool = False
    version: ClassVar[int] = 1

    def run(self, cleared: Cleared[SwapFace], bench: Workbench) -> Frames:
        frames = super().run(cleared, bench)
        return replace(frames, count=frames.count - 1) if self.forgets else frames


@pytest.mark.slow
@pytest.mark.apart
@pytest.mark.parametrize(
    ("options", "told"), [({}, "shows no face"), ({"forgets": True}, "frames where")], ids=["tints", "forgets"]
)
def test_a_careless_engine_is_found_out(options, told, material, tmp_path, monkeypatch):
    engines = {**installed(), "careless": lambda: Careless}
    monkeypatch.setattr(registry, "installed", lambda: engines)
    monkeypatch.setattr(conformance, "installed", lambda: engines)

    with pytest.raises(Exception, match=told):
        conformance.trial(EngineSpec("careless", options), tmp_path, material)
