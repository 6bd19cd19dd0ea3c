"""Swap a face by bending the portrait's over the footage's mesh, in the light of the footage."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from avatar.consent import Cleared
from avatar.faces.detection.blazeface import DETECTOR
from avatar.faces.detection.face_mesh import MESH
from avatar.faces.detection.landmarker import Landmarker
from avatar.faces.detection.tracker import track
from avatar.faces.swap.mesh_face_swapper import MeshFaceSwapper
from avatar.faces.swap.source_face import SourceFace
from avatar.media.frames import Box, Format, Frame, Frames
from avatar.media.image_io import read_rgb
from avatar.models.weights import Weights
from avatar.runtime.device import Device, resolve_device
from avatar.runtime.memo import memoize_by_content
from avatar.stages.face import SwapFace
from avatar.stages.request import Workbench

_log = logging.getLogger(__name__)
_MARGIN = 2.0  # pixels around the mesh, so that its soft edge is inside the box


@dataclass(frozen=True)
class MeshSwap:
    """The portrait's face follows the footage's face point by point; mouth, closed lids and light stay the footage's.

    Frames without a face pass untouched. *device* is ``cpu``, ``cuda``, or ``auto`` for a GPU where there is one. Needs
    no GPU: a frame of 512 pixels costs about 3 ms of one core, and 10 more where the footage must be tracked first.
    """

    version: ClassVar[int] = 7
    weights: ClassVar[tuple[Weights, ...]] = (DETECTOR, MESH)

    device: Device = "auto"

    def run(self, cleared: Cleared[SwapFace], bench: Workbench) -> Frames:
        """Return the frames of the footage with the face swapped; they are made when pulled."""
        device = resolve_device(self.device)
        landmarker = Landmarker.load(bench.weight(DETECTOR), bench.weight(MESH), device)
        transplant = MeshFaceSwapper(_donor(bench.open(cleared.request.face), landmarker, device))
        frames = track(bench.frames(cleared.request.footage), landmarker)
        _log.debug("swapping a face in %d frames on %s", frames.count, device)
        return Frames(frames.format, frames.count, _swapped(frames, transplant, bench))


@memoize_by_content
def _donor(portrait: Path, landmarker: Landmarker, device: str) -> SourceFace:
    rgb = read_rgb(portrait)
    return SourceFace.of(rgb, landmarker.single_face(rgb), device)


def _swapped(frames: Frames, transplant: MeshFaceSwapper, bench: Workbench) -> Iterator[list[Frame]]:
    done = 0
    for batch in frames.batches:
        bench.pulse(done / max(frames.count, 1))
        for frame in batch:
            _swap(frame, frames.format, transplant)
        done += len(batch)
        yield batch


def _swap(frame: Frame, format: Format, transplant: MeshFaceSwapper) -> None:
    if frame.landmarks is None:
        transplant.reset()
        return
    box = Box.around(frame.landmarks, _MARGIN, format)
    if box.empty:
        return
    moved = frame.landmarks.astype(np.float32)
    moved[:, :2] -= (box.left, box.top)
    device = transplant.donor.device
    pixels = frame.edit(box) if device == "cpu" else frame.edit_on(box, device)
    transplant.swap(pixels, moved, filmed=frame.looked_at)
