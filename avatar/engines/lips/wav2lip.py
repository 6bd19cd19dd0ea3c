"""Refine lips by the Wav2Lip network (Prajwal et al. 2020), with a public checkpoint that you bring."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from avatar.consent import Cleared
from avatar.errors import InputError
from avatar.faces.detection.blazeface import DETECTOR
from avatar.faces.detection.face_mesh import MESH
from avatar.faces.detection.landmarker import Landmarker
from avatar.faces.detection.tracker import Tracker
from avatar.faces.wav2lip.checkpoint import resolve_checkpoint
from avatar.faces.wav2lip.crop import Cropper
from avatar.faces.wav2lip.generator import open_generator
from avatar.faces.wav2lip.lip_syncer import LipSyncer
from avatar.faces.wav2lip.mel import mel_windows
from avatar.media.frames import Frame, Frames
from avatar.models.reference import ModelRef
from avatar.models.weights import Weights
from avatar.runtime.device import Device, resolve_device
from avatar.stages.face import RefineLips
from avatar.stages.request import Workbench

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wav2Lip:
    """The lower half of every face is made anew, 96 pixels wide, from the speech and the face itself.

    *checkpoint* is a file of the weights folder in the public format (``wav2lip.pth``, ``wav2lip_gan.pth``), pinned by
    its digest. The weights that the authors released were trained on LRS2, whose terms allow research only, so neither
    they nor what they make may be sold; your own training (licence ``own``) can.

    *chin* is how far below the chin the face is cut out, in heights of the face. *device* is ``cpu``, ``cuda``, or
    ``auto`` for a GPU where there is one. A frame without a face passes untouched; after the speech, lips hear silence.
    """

    version: ClassVar[int] = 3
    weights: ClassVar[tuple[Weights, ...]] = (DETECTOR, MESH)

    checkpoint: ModelRef = ModelRef("wav2lip/wav2lip_gan.pth", licence="research-only")
    chin: float = 0.05
    device: Device = "auto"

    def run(self, cleared: Cleared[RefineLips], bench: Workbench) -> Frames:
        """Return the frames of the footage, each face dubbed as it passes."""
        if not 0 <= self.chin <= 0.5:
            raise InputError(f"chin is {self.chin}; choose 0 to 0.5 heights of the face", code="lips.chin")
        device = resolve_device(self.device)
        checkpoint = resolve_checkpoint(self.checkpoint)
        generator = open_generator(checkpoint, self.checkpoint.sha256, device)
        landmarker = Landmarker.load(bench.weight(DETECTOR), bench.weight(MESH), device)
        frames = bench.frames(cleared.request.footage)
        heard = mel_windows(bench.open(cleared.request.speech, "sound.wav"), frames.format.rate)
        dubber = LipSyncer(generator, Tracker(landmarker), Cropper(frames.format, self.chin), heard)
        _log.debug("dubbing %d frames with %s", frames.count, self.checkpoint.sha256[:12])
        return Frames(frames.format, frames.count, _dubbed(frames, dubber, bench))


def _dubbed(frames: Frames, dubber: LipSyncer, bench: Workbench) -> Iterator[list[Frame]]:
    done = 0
    for batch in frames.batches:
        bench.pulse(done / max(frames.count, 1))
        done += len(batch)
        yield dubber.dub(batch)
