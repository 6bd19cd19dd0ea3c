"""Eyes behind moving lids: an eyeball does not squash when the lids close over it."""

import numpy as np
from numpy.typing import NDArray

from avatar.faces.topology import LEFT_EYE, RIGHT_EYE
from avatar.media.frames import Landmarks

EYES = RIGHT_EYE + LEFT_EYE  # the order of the 32 points that ``eyeballs`` returns


def opening(landmarks: Landmarks, eye: tuple[int, ...]) -> float:
    """Return the mean opening of *eye* as a share of its width: about 0.2 at rest, 0.09 when closed."""
    gaps = np.linalg.norm(landmarks[list(eye[1:8]), :2] - landmarks[list(eye[:8:-1]), :2], axis=1)
    width = np.linalg.norm(landmarks[eye[0], :2] - landmarks[eye[8], :2])
    return float(gaps.mean() / max(float(width), 1e-6))


def eyeballs(donor: Landmarks, target: Landmarks) -> NDArray[np.float32]:
    """Return where in the donor's picture the rims of the target's eye openings look (32, 2), in the order of ``EYES``.

    Both eyes are laid over each other by their corners, so an iris stays round and lids cover it. Where the target's
    eye is opened wider than the donor's, the donor's opening is stretched instead of showing its lids.
    """
    return np.concatenate([_eyeball(donor[list(eye), :2], target[list(eye), :2]) for eye in (RIGHT_EYE, LEFT_EYE)])


def _eyeball(donor: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float32]:
    given, seen = (points.astype(np.float64) @ (1, 1j) for points in (donor, target))
    width = seen[8] - seen[0]
    laid = given[0] + (seen - seen[0]) * (given[8] - given[0]) / (width if abs(width) > 1e-6 else 1e-6)
    upper, lower = slice(1, 8), slice(15, 8, -1)
    span = given[lower] - given[upper]
    for lid in (upper, lower):
        share = ((laid[lid] - given[upper]) * span.conj()).real / (np.abs(span) ** 2 + 1e-9)
        laid[lid] = given[upper] + span * share.clip(0, 1)
    return np.stack([laid.real, laid.imag], axis=1).astype(np.float32)
