"""Eyes behind moving lids: an eyeball does not squash when the lids close over it."""

import numpy as np
from numpy.typing import NDArray

from avatar.faces.topology import LEFT_EYE, RIGHT_EYE
from avatar.media.frames import Landmarks

EYES = RIGHT_EYE + LEFT_EYE  # the order of the 32 points that ``eyeballs`` returns

# Shares of the opening at rest. To a network the lids of a blink never meet: half of it is left, or even 0.7.
_SHUT, _OPEN = 0.74, 0.84


def openings(landmarks: Landmarks) -> NDArray[np.float64]:
    """Return how far the right and the left eye are open (2,): the mean gap of the lids as a share of the width."""
    shares = []
    for eye in (RIGHT_EYE, LEFT_EYE):
        gaps = np.linalg.norm(landmarks[list(eye[1:8]), :2] - landmarks[list(eye[:8:-1]), :2], axis=1)
        width = np.linalg.norm(landmarks[eye[0], :2] - landmarks[eye[8], :2])
        shares.append(gaps.mean() / max(float(width), 1e-6))
    return np.array(shares)


def closing(now: NDArray[np.floating], at_rest: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return how far eyes that are *now* open are closed, 0 to 1, when they are open *at_rest* as given."""
    return np.asarray(np.interp(now / np.maximum(at_rest, 1e-6), [_SHUT, _OPEN], [1, 0]))


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
