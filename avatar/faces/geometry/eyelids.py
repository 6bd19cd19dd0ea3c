"""Eyes behind moving lids: an eyeball does not squash when the lids close over it."""

import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.topology import LEFT_EYE, RIGHT_EYE
from avatar.media.frames import Landmarks
from avatar.runtime.jit import lazy_njit

_CONTOURS = np.array([RIGHT_EYE, LEFT_EYE])
_NARROW = 1e-6  # pixels: an eye seen from its very side
EYES = RIGHT_EYE + LEFT_EYE  # the order of the 32 points that ``eyeballs`` returns

# Shares of the opening at rest. To a network the lids of a blink never meet: half of it is left, or even 0.7.
_SHUT, _OPEN = 0.74, 0.84
_MET, _APART = 0.15, 0.35  # of a mesh that was not looked for but drawn


def openings(landmarks: Landmarks) -> NDArray[np.float64]:
    """Return how far the right and the left eye are open (2,): the mean gap of the lids as a share of the width."""
    return _openings(landmarks, _CONTOURS)


@lazy_njit
def _openings(landmarks: Landmarks, eyes: NDArray[np.int64]) -> NDArray[np.float64]:
    shares = np.empty(len(eyes))
    for which in range(len(eyes)):
        eye, gaps = eyes[which], 0.0
        for upper in range(1, 8):
            x, y = landmarks[eye[upper], :2] - landmarks[eye[16 - upper], :2]
            gaps += np.hypot(x, y) / 7
        x, y = landmarks[eye[0], :2] - landmarks[eye[8], :2]
        shares[which] = gaps / max(np.hypot(x, y), 1e-6)
    return shares


def closing(now: NDArray[np.floating], at_rest: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return how far eyes that are *now* open are closed, 0 to 1, when they are open *at_rest* as given."""
    return np.asarray(np.interp(now / np.maximum(at_rest, 1e-6), [_SHUT, _OPEN], [1, 0]))


def shutting(now: NDArray[np.floating], at_rest: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return how far eyeballs are hidden, 0 to 1, as ``closing`` does, where the lids are known to be where they are.

    Lids that close become the head's own at once; between them the eyeball is the donor's for as long as it is seen.
    """
    return np.asarray(np.interp(now / np.maximum(at_rest, 1e-6), [_MET, _APART], [1, 0]))


def eyeballs(donor: Landmarks, target: Landmarks) -> NDArray[np.float32]:
    """Return where in the donor's picture the rims of the target's eye openings look (32, 2), in the order of ``EYES``.

    Both eyes are laid over each other by their corners, so an iris stays round and lids cover it. Where the target's
    eye is opened wider than the donor's, the donor's opening is stretched instead of showing its lids.
    """
    places = np.empty((len(EYES), 2), np.float32)
    _lay(donor, target, _CONTOURS, places)
    return places


@lazy_njit
def _lay(donor: Landmarks, target: Landmarks, eyes: NDArray[np.int64], places: NDArray[np.float32]) -> None:
    for which in range(len(eyes)):
        eye = eyes[which]
        given, seen = np.empty(16, np.complex128), np.empty(16, np.complex128)
        for point in range(16):
            given[point] = complex(donor[eye[point], 0], donor[eye[point], 1])
            seen[point] = complex(target[eye[point], 0], target[eye[point], 1])
        width = seen[8] - seen[0]
        if abs(width) <= _NARROW:
            width = complex(_NARROW, 0)
        for point in range(16):
            laid = given[0] + (seen[point] - seen[0]) * (given[8] - given[0]) / width
            if point % 8:  # neither corner: between the lids
                upper = min(point, 16 - point)
                span, there = given[16 - upper] - given[upper], laid - given[upper]
                share = (there.real * span.real + there.imag * span.imag) / (span.real**2 + span.imag**2 + 1e-9)
                laid = given[upper] + span * min(max(share, 0.0), 1.0)
            places[16 * which + point, 0], places[16 * which + point, 1] = laid.real, laid.imag
