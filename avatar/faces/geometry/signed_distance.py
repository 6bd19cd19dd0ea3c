"""Signed distances of points to closed contours."""

import cv2
import numpy as np
from numpy.typing import NDArray


def signed_distance(points: NDArray[np.floating], outline: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the signed distance (n,) of *points* (n, 2) to the polygon *outline* (m, 2): positive inside."""
    contour = np.ascontiguousarray(outline, np.float32)
    return np.array([cv2.pointPolygonTest(contour, (float(x), float(y)), True) for x, y in points])
