"""Give the faces in a stream of frames the mouths of a speech, a batch of faces at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.faces.track import Tracker
from avatar.faces.wav2lip.crop import HALF, Cropper, cut, lay
from avatar.faces.wav2lip.generator import Generator
from avatar.faces.wav2lip.mel import Mel
from avatar.media.frames import Box, Frame, Landmarks

_BATCH = 8  # faces: more of them cost a processor more per face, since they leave its cache


@dataclass(eq=False)
class Dubber:
    """Dubs batch after batch; *heard* has the window of the mel spectrogram that each frame hears, in order."""

    generator: Generator
    tracker: Tracker
    cropper: Cropper
    heard: Iterator[Mel]

    def dub(self, batch: list[Frame]) -> list[Frame]:
        """Return the frames of *batch*, each face in them saying what its frame hears; others are not touched."""
        found = list(self._found(batch))
        for start in range(0, len(found), _BATCH):
            some = found[start : start + _BATCH]
            for face, made in zip(some, self._made(some), strict=True):
                lay(face.frame, face.box, made, face.landmarks)
        return batch

    def _found(self, batch: list[Frame]) -> Iterator["_Face"]:
        for frame in batch:
            heard = next(self.heard)
            self.tracker.look(frame)
            box = self.cropper.box(frame.landmarks)
            if box is not None and frame.landmarks is not None:
                yield _Face(frame, box, frame.landmarks, heard)

    def _made(self, faces: list["_Face"]) -> NDArray[np.float32]:
        import torch

        device = self.generator.device
        seen = torch.from_numpy(np.stack([cut(face.frame, face.box) for face in faces])).to(device)
        heard = torch.from_numpy(np.stack([face.heard for face in faces]))[:, None].to(device)
        made = self.generator.faces(seen, heard, first=HALF)
        return np.asarray(made.cpu().numpy(), np.float32)


@dataclass(frozen=True, eq=False)
class _Face:
    frame: Frame
    box: Box
    landmarks: Landmarks
    heard: Mel
