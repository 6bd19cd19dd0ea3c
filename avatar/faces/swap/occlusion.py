"""Find what comes between the camera and a face: hands, hair, a microphone.

There is no network for it. A face is remembered as a chart: its own colours, relative to the tone of its skin, on a
small map that moves with the mesh. What departs from that chart by more than the face itself does is in front of it:
background subtraction (Stauffer and Grimson, 1999), on the surface of a face instead of before a fixed camera.
"""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.faces.drawing.rasterizer import RasterBuffer, rasterize
from avatar.faces.geometry.topology import LEFT_EYE, LIPS_OUTER, OVAL, RIGHT_EYE
from avatar.faces.swap.composite import OcclusionMap
from avatar.faces.swap.source_face import VERTEX_LANDMARKS, SourceFace, to_tensor
from avatar.media.frames import Landmarks, Pixels

_CHART_CELLS = 64  # cells of the chart, across and down
_WARMUP_FRAMES = 8  # frames that only teach
# Shares of a new frame in the running chart.
_UPDATE_RATE = 0.04  # where the face is visible
_HIDDEN_UPDATE_RATE = 0.002  # where it is hidden
# A cell is occluded if it departs by more than the sum of these (shares of skin tone).
_MIN_DEPARTURE = 0.04
_MIN_DEPARTURE_SIGMAS = 2.5  # in mean departures of the cell
_DEPARTURE_RAMP = 0.05  # so much further, and it is surely something else
_MAX_SHIFT_CELLS = 2  # cells by which a part of a face may lie elsewhere than before
_HUE_WEIGHT = 1.5  # times as much as brightness
_FEATURE_TRUST = 0.3  # how much cells count that move by themselves: lids, eyes and lips
_SMOOTHING_SIGMA_CELLS = 1.6  # cells over which neighbours are asked
_MAX_HIDDEN_SHARE = 0.6  # of a face: if more of it departs, it is another scene that departs
_MIN_RIM_HIDDEN = 0.5  # hidden by more than this, a cell stands for the next one too
_MASK_DECAY = 0.5  # the share of the frame before that a mask keeps, so that its edge is calm


@dataclass
class OcclusionEstimator:
    """What a head's own face looks like, learnt from frame to frame, and what of it is hidden now."""

    donor: SourceFace
    _seen: int = field(default=0, init=False)
    _mean: Any = field(default=None, init=False)
    _usual: Any = field(default=None, init=False)
    _hidden: Any = field(default=None, init=False)

    def __post_init__(self) -> None:
        import torch

        own = self.donor.landmarks
        oval = own[list(OVAL), :2]
        low, high = oval.min(axis=0), oval.max(axis=0)
        self._to_chart = (low, (_CHART_CELLS - 1) / (high - low))
        points = torch.from_numpy(self._to_cells(own[VERTEX_LANDMARKS, :2])).to(self.donor.device)
        depth = torch.from_numpy(own[VERTEX_LANDMARKS, 2].copy()).to(self.donor.device)
        self._chart: RasterBuffer = rasterize(points, self.donor.triangles, _CHART_CELLS, _CHART_CELLS, depth)
        self._trust = self._cell_trust()

    def estimate(self, head: Pixels, landmarks: Landmarks, tone: NDArray[np.float32]) -> OcclusionMap:
        """Return how much of each cell of the chart (64, 64) is hidden on *head*: 0 to 1.

        *landmarks* are pixels of *head*; *tone* (468, 3) is the colour of the skin around each.
        """
        import torch

        own, there = self._sample_chart(head, landmarks, tone)
        if self._mean is None:
            self._mean, self._usual = own, torch.full_like(own[0], _MIN_DEPARTURE / 2)
            self._hidden = torch.zeros_like(own[0])
        away = _departure(own, self._mean)
        beyond = ((away - _MIN_DEPARTURE - _MIN_DEPARTURE_SIGMAS * self._usual) / _DEPARTURE_RAMP).clamp(0, 1)
        now = _gaussian_blur(beyond * self._trust * there) / _gaussian_blur(self._trust * there + 1e-3)
        now = ((now - 0.25) / 0.3).clamp(0, 1)
        self._seen += 1
        if self._seen <= _WARMUP_FRAMES or float(now[self._chart.covered].mean()) > _MAX_HIDDEN_SHARE:
            now = torch.zeros_like(now)
        self._learn(own, away, now, there)
        self._hidden = _grow_rim(now).maximum(_MASK_DECAY * self._hidden)
        return OcclusionMap(self._hidden, *self._to_chart)

    def _sample_chart(self, head: Pixels, landmarks: Landmarks, tone: NDArray[np.float32]) -> tuple[Any, Any]:
        """Return the chart of this frame (3, 64, 64), relative to its tone, and which cells face the camera."""
        import torch
        from torch.nn import functional

        carried = np.concatenate([landmarks[:, :2], tone], axis=1)[VERTEX_LANDMARKS].astype(np.float32)
        spread = self._chart.interpolate(torch.from_numpy(carried).to(self.donor.device)).permute(2, 0, 1)
        places, light = spread[:2], spread[2:]
        shrink = max(1, round(float(np.ptp(landmarks[:, :2], axis=0).max()) / _CHART_CELLS))
        size = [max(1, -(-length // shrink)) for length in head.shape[1::-1]]
        small = to_tensor(np.asarray(cv2.resize(head, size, interpolation=cv2.INTER_AREA), np.uint8), self.donor.device)
        whole = places.new_tensor([head.shape[1], head.shape[0]])[:, None, None]
        grid = ((places + 0.5) / whole * 2 - 1).permute(1, 2, 0)[None]
        colours = functional.grid_sample(small, grid, padding_mode="border", align_corners=False)[0]
        across, down = places.diff(dim=2)[:, 1:], places.diff(dim=1)[:, :, 1:]
        turned = functional.pad(across[0] * down[1] - across[1] * down[0], (1, 0, 1, 0))
        inside = (grid[0].abs() <= 1).all(dim=2)
        there = (turned > 0.2 * turned[self._chart.covered].median()) & inside & self._chart.covered
        return _split_hue(colours / light.clamp(min=0.05)), there

    def _learn(self, own: Any, away: Any, hidden: Any, there: Any) -> None:
        rate = max(_UPDATE_RATE, 1 / self._seen)  # at first, the mean of all there was
        share = (rate + (_HIDDEN_UPDATE_RATE - rate) * _dilate(hidden)) * there
        self._mean = self._mean + share * (own - self._mean)
        self._usual = self._usual + share * (away.clamp(max=2 * _MIN_DEPARTURE) - self._usual)

    def _cell_trust(self) -> Any:
        """Return how much each cell counts (64, 64): little where a face moves by itself, none outside it."""
        import torch

        trust = np.ones((_CHART_CELLS, _CHART_CELLS), np.float32)
        for feature in (RIGHT_EYE, LEFT_EYE, LIPS_OUTER):
            points = self._to_cells(self.donor.landmarks[list(feature), :2])
            cv2.fillConvexPoly(trust, cv2.convexHull(points.round().astype(np.int32)), _FEATURE_TRUST)
        grown = cv2.erode(trust, np.ones((5, 5), np.uint8))
        return torch.from_numpy(grown).to(self.donor.device) * self._chart.covered

    def _to_cells(self, points: Any) -> Any:
        low, scale = self._to_chart
        return np.asarray((points - low) * scale, np.float32)


def _departure(own: Any, mean: Any) -> Any:
    """Return how far each cell of *own* (3, h, w) is from the most similar one of *mean* around it (h, w).

    The mesh does not lie on a turned or a laughing face exactly as on one at rest: what moved by a cell or two has not
    changed.
    """
    from torch.nn import functional

    height, width = own.shape[1:]
    around = (
        functional.pad(mean[None], [_MAX_SHIFT_CELLS] * 4, mode="replicate")[0].unfold(1, height, 1).unfold(2, width, 1)
    )
    return (own[:, None, None] - around).abs().sum(dim=0).amin(dim=(0, 1))


def _grow_rim(hidden: Any) -> Any:
    """Return *hidden* (h, w) with the rim of what surely hides: a finger's is as dark as a cheek in its shade."""
    from torch.nn import functional

    around = functional.max_pool2d(
        ((hidden - _MIN_RIM_HIDDEN) / (1 - _MIN_RIM_HIDDEN)).clamp(0, 1)[None, None], 3, stride=1, padding=1
    )
    return hidden.maximum(around[0, 0])


def _dilate(hidden: Any) -> Any:
    """Return *hidden* (h, w) grown by two cells: the edge of what hides a face teaches nothing about it."""
    from torch.nn import functional

    return functional.max_pool2d(hidden[None, None], 5, stride=1, padding=2)[0, 0]


def _split_hue(colours: Any) -> Any:
    """Return *colours* (3, h, w) as brightness, and by how much red and blue differ from green, which counts more.

    A head that turns changes the brightness of its skin, hardly its hue.
    """
    import torch

    red, green, blue = colours
    bright = colours.mean(dim=0)
    return torch.stack(
        [bright, _HUE_WEIGHT * (red - green) / (bright + 0.2), _HUE_WEIGHT * (blue - green) / (bright + 0.2)]
    )


def _gaussian_blur(cells: Any) -> Any:
    import torch
    from torch.nn import functional

    reach = round(3 * _SMOOTHING_SIGMA_CELLS)
    steps = torch.arange(-reach, reach + 1, dtype=cells.dtype, device=cells.device)
    kernel = torch.exp(-(steps**2) / (2 * _SMOOTHING_SIGMA_CELLS**2))
    kernel = kernel / kernel.sum()
    along = functional.conv2d(cells[None, None], kernel[None, None, None], padding=(0, reach))
    return functional.conv2d(along, kernel[None, None, :, None], padding=(reach, 0))[0, 0]
