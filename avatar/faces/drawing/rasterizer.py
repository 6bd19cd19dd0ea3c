"""Draw a triangle mesh: spread what its points carry over the pixels between them.

Pixel centres are at whole coordinates. On a GPU all triangles are drawn at once, in torch; a CPU draws one after the
other, ten times faster than torch would. The outcome is the same, and does not depend on the order of the triangles.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.blendshapes import Floats
from avatar.runtime.jit import lazy_njit

_MIN_TRIANGLE_AREA_PX = 1e-3  # square pixels: a triangle with less area covers no pixel worth drawing
_BARYCENTRIC_SLACK = 1e-4  # barycentric slack, so that no pixel between two triangles is missed


@dataclass(frozen=True)
class RasterBuffer:
    """What covers each pixel of a canvas: *seen* (h, w) is true where a triangle does.

    *corners* (h, w, 3) are the points of that triangle, *shares* (h, w, 3) how much each of them counts there.
    """

    covered: Any
    corners: Any
    barycentric: Any

    def interpolate(self, carried: Any) -> Any:
        """Return what each pixel gets (h, w, k) when the mesh points carry *carried* (points, k); zero where unseen."""
        import torch

        height, width, _ = self.corners.shape
        if carried.device.type == "cpu":
            spread = torch.zeros(height, width, carried.shape[1])
            _interpolate(
                self.covered.numpy(), self.corners.numpy(), self.barycentric.numpy(), carried.numpy(), spread.numpy()
            )
            return spread
        at_corners = carried.index_select(0, self.corners.flatten()).reshape(height, width, 3, -1)
        return (at_corners * self.barycentric[..., None]).sum(dim=2)


def rasterize(points: Any, triangles: Any, width: int, height: int, depth: Any | None = None) -> RasterBuffer:
    """Draw *triangles* (t, 3) between *points* (p, 2) on a canvas of *width* x *height* pixels.

    Triangles that turn away from the viewer (their corners run counter-clockwise) are not drawn. Where two overlap, the
    nearer one is seen; *depth* (p,) is smaller towards the viewer.
    """
    if depth is not None:
        triangles = _back_to_front(triangles, depth)
    way = rasterize_cpu if points.device.type == "cpu" else rasterize_gpu
    return way(points, triangles, width, height)


def _back_to_front(triangles: Any, depth: Any) -> Any:
    """Return *triangles* in the order of the *depth* of their corners."""
    import torch

    if depth.device.type != "cpu":
        return triangles[depth[triangles].sum(dim=1).argsort(descending=True, stable=True)]
    corners = triangles.numpy()
    return torch.from_numpy(corners[np.argsort(-depth.numpy()[corners].sum(axis=1), kind="stable")])


def rasterize_cpu(points: Any, triangles: Any, width: int, height: int) -> RasterBuffer:
    """Draw *triangles* (t, 3) between *points* (p, 2), the farthest first, on the CPU."""
    import torch

    seen = torch.zeros(height, width, dtype=torch.bool)
    corners = torch.zeros(height, width, 3, dtype=torch.long)
    shares = torch.zeros(height, width, 3)
    _rasterize(points.float().numpy(), triangles.numpy(), seen.numpy(), corners.numpy(), shares.numpy())
    return RasterBuffer(seen, corners, shares)


@lazy_njit
def _rasterize(
    points: Floats,
    triangles: NDArray[np.int64],
    seen: NDArray[np.bool_],
    corners: NDArray[np.int64],
    shares: Floats,
) -> None:
    height, width = seen.shape
    for triangle in range(len(triangles)):
        a, b, c = triangles[triangle]
        left = max(0, int(np.ceil(min(points[a, 0], points[b, 0], points[c, 0]))))
        right = min(width - 1, int(np.floor(max(points[a, 0], points[b, 0], points[c, 0]))))
        top = max(0, int(np.ceil(min(points[a, 1], points[b, 1], points[c, 1]))))
        bottom = min(height - 1, int(np.floor(max(points[a, 1], points[b, 1], points[c, 1]))))
        # From the corner of the triangle's own box: large coordinates cost precision.
        ax, ay, bx, by = points[a, 0] - left, points[a, 1] - top, points[b, 0] - left, points[b, 1] - top
        cx, cy = points[c, 0] - left, points[c, 1] - top
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area <= _MIN_TRIANGLE_AREA_PX:
            continue
        # How the share of each corner grows with x and with y, and where it starts.
        ax_, ay_, a_ = (by - cy) / area, (cx - bx) / area, (bx * cy - cx * by) / area
        bx_, by_, b_ = (cy - ay) / area, (ax - cx) / area, (cx * ay - ax * cy) / area
        cx_, cy_, c_ = (ay - by) / area, (bx - ax) / area, (ax * by - bx * ay) / area
        for row in range(top, bottom + 1):
            y = row - top
            first_, second_, third_ = ay_ * y + a_, by_ * y + b_, cy_ * y + c_
            for column in range(left, right + 1):
                x = column - left
                first, second, third = ax_ * x + first_, bx_ * x + second_, cx_ * x + third_
                if first > -_BARYCENTRIC_SLACK and second > -_BARYCENTRIC_SLACK and third > -_BARYCENTRIC_SLACK:
                    seen[row, column] = True
                    corners[row, column, 0], corners[row, column, 1], corners[row, column, 2] = a, b, c
                    shares[row, column, 0], shares[row, column, 1], shares[row, column, 2] = first, second, third


@lazy_njit
def _interpolate(
    seen: NDArray[np.bool_], corners: NDArray[np.int64], shares: Floats, carried: Floats, spread: Floats
) -> None:
    height, width = seen.shape
    for row in range(height):
        for column in range(width):
            if seen[row, column]:
                first, second, third = shares[row, column]
                one, two, three = corners[row, column]
                for k in range(carried.shape[1]):
                    both = first * carried[one, k] + second * carried[two, k]
                    spread[row, column, k] = both + third * carried[three, k]


def rasterize_gpu(points: Any, triangles: Any, width: int, height: int) -> RasterBuffer:
    """Draw *triangles* (t, 3) between *points* (p, 2) side by side; of those that cover a pixel the last is seen."""
    import torch

    corners = points[triangles]
    low = corners.amin(dim=1).ceil().clamp(min=0)
    high = corners.amax(dim=1).floor().minimum(low.new_tensor([width - 1, height - 1]))
    planes, area = _barycentric_planes(
        corners - low[:, None]
    )  # from each box's own corner: large coordinates cost precision
    size = (high - low + 1).clamp(min=0).long() * (area > _MIN_TRIANGLE_AREA_PX)[:, None]
    which, x, y = _box_pixels(size)
    plane = planes.index_select(0, which).reshape(-1, 3, 3)
    shares = plane[:, 0] * x[:, None] + plane[:, 1] * y[:, None] + plane[:, 2]
    inside = (shares.amin(dim=1) > -_BARYCENTRIC_SLACK).nonzero()[:, 0]
    which, shares = which[inside], shares[inside]
    place = y[inside] * width + x[inside] + (low[:, 1] * width + low[:, 0]).long()[which]
    top = torch.full((height * width,), -1, dtype=torch.long, device=points.device)
    top.scatter_reduce_(0, place, which, "amax")
    won = (top[place] == which).nonzero()[:, 0]
    spread = torch.zeros(height * width, 3, dtype=points.dtype, device=points.device)
    spread[place[won]] = shares[won]
    corners = triangles[top.clamp(min=0)].reshape(height, width, 3)
    return RasterBuffer((top >= 0).reshape(height, width), corners, spread.reshape(height, width, 3))


def _barycentric_planes(corners: Any) -> tuple[Any, Any]:
    """Return how the corners' shares grow with x, with y, and their start, (t, 9), and twice the area.

    The area is negative for a triangle that is turned away.
    """
    import torch

    (ax, ay), (bx, by), (cx, cy) = (corners[:, i].unbind(dim=1) for i in range(3))
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    planes = torch.stack(
        [
            *(by - cy, cy - ay, ay - by),
            *(cx - bx, ax - cx, bx - ax),
            *(bx * cy - cx * by, cx * ay - ax * cy, ax * by - bx * ay),
        ],
        dim=1,
    )
    return planes / area.clamp(min=_MIN_TRIANGLE_AREA_PX)[:, None], area


def _box_pixels(size: Any) -> tuple[Any, Any, Any]:
    """Return each pixel of boxes of *size* (t, 2), in one flat list: the box, and x and y inside it."""
    import torch

    counts = size[:, 0] * size[:, 1]
    which = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts)
    facts = torch.stack([counts.cumsum(0) - counts, size[:, 0]], dim=1)
    start, wide = facts.index_select(0, which).unbind(dim=1)
    nth = torch.arange(len(which), device=counts.device) - start
    row = nth // wide
    return which, nth - row * wide, row
