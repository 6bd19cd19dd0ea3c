"""Swap a face by InsightFace's swapper, with public networks that you bring."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.faces.detection.blazeface import DETECTOR
from avatar.faces.detection.face_mesh import MESH
from avatar.faces.detection.landmarker import Landmarker
from avatar.faces.detection.tracker import track
from avatar.faces.inswapper.networks import open_encoder, open_swapper
from avatar.faces.inswapper.swapper import FaceSwapper
from avatar.media.frames import Frame, Frames
from avatar.media.image_io import read_rgb
from avatar.models.onnx import onnx_device
from avatar.models.pinned import resolve_pinned_file
from avatar.models.reference import ModelRef
from avatar.models.weights import Weights
from avatar.runtime.device import Device, resolve_device
from avatar.stages.face import SwapFace
from avatar.stages.request import Workbench

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Inswapper:
    """A network makes every face the portrait's, 128 pixels wide; expression, pose and light stay the footage's.

    *model* is the swapper, *encoder* the network that says whose face the portrait shows: files of the weights folder,
    pinned by their digests, which default to those of the public ``inswapper_128.onnx`` and ``w600k_r50.onnx``. Both
    are for non-commercial research only, so neither they nor what they make may be sold; networks of your own can
    (licence ``own``).

    *device* is ``cpu``, ``cuda``, or ``auto`` for a GPU where onnxruntime can use one. A frame without a face passes
    untouched, and so do pixels that the network leaves as they were.
    """

    version: ClassVar[int] = 2
    weights: ClassVar[tuple[Weights, ...]] = (DETECTOR, MESH)

    model: ModelRef = ModelRef(
        "insightface/inswapper_128.onnx",
        "e4a3f08c753cb72d04e10aa0f7dbe3deebbf39567d4ead6dce08e98aa49e16af",
        "research-only",
    )
    encoder: ModelRef = ModelRef(
        "insightface/w600k_r50.onnx",
        "4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43",
        "research-only",
    )
    device: Device = "auto"

    def run(self, cleared: Cleared[SwapFace], bench: Workbench) -> Frames:
        """Return the frames of the footage with the face swapped; they are made when pulled."""
        device = onnx_device(self.device)
        model = resolve_pinned_file(self.model, option="model", what="inswapper_128.onnx")
        encoder = resolve_pinned_file(self.encoder, option="encoder", what="w600k_r50.onnx")
        beside = resolve_device("cpu" if self.device == "cpu" else "auto")
        landmarker = Landmarker.load(bench.weight(DETECTOR), bench.weight(MESH), beside)
        portrait = read_rgb(bench.open(cleared.request.face))
        face = landmarker.single_face(portrait)
        likeness = open_encoder(encoder, self.encoder.sha256, device).embed(portrait, face)
        swapper = open_swapper(model, self.model.sha256, device)
        frames = track(bench.frames(cleared.request.footage), landmarker)
        exchange = FaceSwapper(swapper, swapper.source_latent(likeness), frames.format)
        _log.debug("swapping a face in %d frames with %s", frames.count, self.model.sha256[:12])
        return Frames(frames.format, frames.count, _swapped(frames, exchange, bench))


def _swapped(frames: Frames, exchange: FaceSwapper, bench: Workbench) -> Iterator[list[Frame]]:
    done = 0
    for batch in frames.batches:
        for frame in batch:
            bench.pulse(done / max(frames.count, 1))
            exchange.swap_frame(frame)
            done += 1
        yield batch
