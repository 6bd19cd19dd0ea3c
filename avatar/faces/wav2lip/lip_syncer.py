"""Give the faces in a stream of frames the mouths of a speech, a batch of faces at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from avatar.faces.detection.tracker import Tracker
from avatar.faces.wav2lip.crop import HALF_SIZE_PX, Cropper, crop_face, paste_back
from avatar.faces.wav2lip.generator import Wav2LipGenerator
from avatar.faces.wav2lip.gpu_crop import crop_face_on, paste_back_on
from avatar.faces.wav2lip.mel import Mel
from avatar.media.frames import Box, Frame, Landmarks

_BATCH_FACES = 8  # faces: more of them cost a processor more per face, since they leave its cache


@dataclass(eq=False)
class LipSyncer:
    """Dubs batch after batch; *heard* has the window of the mel spectrogram that each frame hears, in order."""

    generator: Wav2LipGenerator
    tracker: Tracker
    cropper: Cropper
    mels: Iterator[Mel]

    def dub(self, batch: list[Frame]) -> list[Frame]:
        """Return the frames of *batch*, each face in them saying what its frame hears; others are not touched."""
        found = list(self._find_faces(batch))
        for start in range(0, len(found), _BATCH_FACES):
            some = found[start : start + _BATCH_FACES]
            for face, made in zip(some, self._generate(some), strict=True):
                self._paste(face, made)
        return batch

    def _find_faces(self, batch: list[Frame]) -> Iterator["_Face"]:
        for frame in batch:
            heard = next(self.mels)
            self.tracker.track_frame(frame)
            box = self.cropper.box(frame.landmarks)
            if box is not None and frame.landmarks is not None:
                yield _Face(frame, box, frame.landmarks, heard)

    def _generate(self, faces: list["_Face"]) -> Any:
        """Return the lower halves of *faces* (n, 3, 48, 96), where the generator is."""
        import torch

        seen = torch.stack([self._crop(face) for face in faces])
        heard = torch.from_numpy(np.stack([face.heard for face in faces]))[:, None].to(self.generator.device)
        return self.generator.generate(seen, heard, first=HALF_SIZE_PX)

    def _crop(self, face: "_Face") -> Any:
        import torch

        device = self.generator.device
        return (
            torch.from_numpy(crop_face(face.frame, face.box))
            if device == "cpu"
            else crop_face_on(face.frame, face.box, device)
        )

    def _paste(self, face: "_Face", made: Any) -> None:
        if self.generator.device == "cpu":
            paste_back(face.frame, face.box, made.numpy(), face.landmarks)
        else:
            paste_back_on(face.frame, face.box, made, face.landmarks)


@dataclass(frozen=True, eq=False)
class _Face:
    frame: Frame
    box: Box
    landmarks: Landmarks
    heard: Mel
