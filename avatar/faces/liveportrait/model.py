"""The five networks at work: look at a portrait once, then draw it with its points anywhere."""

import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from avatar.faces.liveportrait.checkpoint import (
    APPEARANCE,
    GENERATOR,
    MOTION,
    RETARGETING,
    WARPING,
    build_networks,
    load_network,
)
from avatar.faces.liveportrait.keypoints import HeadKeypoints

_log = logging.getLogger(__name__)

INPUT_SIZE_PX: Final = 256  # pixels: of the square that is looked at; what is drawn has twice as many


@dataclass(frozen=True, eq=False)
class PortraitFeatures:
    """A portrait that was looked at: its *source* for the warping network, its *head*, its *points* (1, 21, 3)."""

    source: Any
    head: HeadKeypoints
    points: Any


@dataclass(frozen=True, eq=False)
class LivePortraitModel:
    """The networks of one public model, by file, on one device."""

    networks: Mapping[str, Any]
    device: str

    def extract(self, picture: Any) -> PortraitFeatures:
        """Return the features of the portrait *picture* (3, 256, 256; red, green, blue, 0 to 1)."""
        import torch

        with torch.inference_mode():
            given = picture[None].to(self.device)
            with self._precision():
                read, volume = self.networks[MOTION](given), self.networks[APPEARANCE](given).float()
            head = HeadKeypoints.from_motion(
                {name: value.float() for name, value in read.items()}
            )  # points need whole precision
            points = head.points()
            with self._precision():
                return PortraitFeatures(self.networks[WARPING].source(volume, points), head, points)

    def retarget(self, seen: PortraitFeatures, points: Any, lips: Any, eyes: Any) -> Any:
        """Return *points* (n, 21, 3) with lips and eyes opened as asked, neck and shoulders where they were.

        *lips* (n, 2) and *eyes* (n, 3) say how far open they are in the portrait, then how far they shall be: heights
        by widths.
        """
        import torch

        small = self.networks[RETARGETING]
        with torch.inference_mode():
            moved = points + small.eyes(seen.points, eyes) + small.lips(seen.points, lips)
            return small.stitch(seen.points, moved)

    def warp(self, seen: PortraitFeatures, points: Any) -> Any:
        """Return the features (n, 256, h, w) of *seen*, bent to *points* (n, 21, 3), for ``decode``."""
        import torch

        with torch.inference_mode(), self._precision():
            return self.networks[WARPING](seen.source, points)

    def decode(self, bent: Any) -> Any:
        """Return the pictures (n, 3, 512, 512; red, green, blue, 0 to 1) of *bent* (n, 256, h, w).

        They are still on the device of the model.
        """
        import torch

        with torch.inference_mode(), self._precision():
            return self.networks[GENERATOR](bent).float()

    def _precision(self) -> AbstractContextManager[Any]:
        """Work in half precision on a GPU, as the public code does."""
        import torch

        return torch.autocast("cuda", torch.float16) if self.device == "cuda" else nullcontext()


@lru_cache(maxsize=1)
def open_model(folder: Path, sha256: str, device: str) -> LivePortraitModel:
    """Return the public model in *folder*, with digest *sha256*, loaded once in a process: half a gigabyte.

    Raises:
        WeightsError: when it cannot be read as tensors; code ``weights.unreadable``; when it is another network; code
            ``weights.other-network``.
    """
    _log.info("opening the model %s on %s", sha256[:12], device)
    return LivePortraitModel(
        {file: load_network(file, network, folder, device) for file, network in build_networks().items()}, device
    )
