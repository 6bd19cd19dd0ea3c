"""Where points lie relative to the closed contours of a face."""

import cv2
import numpy as np
from numpy.typing import NDArray


def signed_distance(points: NDArray[np.floating], outline: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return how far inside *outline* (m, 2) each of *points* (n, 2) is, in their unit; outside is negative."""
    contour = np.ascontiguousarray(outline, np.float32)
    return np.array([cv2.pointPolygonTest(contour, (float(x), float(y)), True) for x, y in points])
