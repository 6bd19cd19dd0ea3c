"""Eyelids: eye aspect ratio, eyelid closure, and the alignment of eyeballs behind moving lids."""

import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.topology import LEFT_EYE, RIGHT_EYE
from avatar.media.frames import Landmarks
from avatar.runtime.jit import lazy_njit

_CONTOURS = np.array([RIGHT_EYE, LEFT_EYE])
_MIN_EYE_WIDTH_PX = 1e-6  # an eye seen from its very side
EYE_POINTS = RIGHT_EYE + LEFT_EYE  # the order of the 32 points of ``align_eye_contours``

# Shares of the aspect ratio at rest. A tracking network never sees lids meet: in a blink 0.5 to 0.7 of it is left.
_TRACKED_CLOSED_SHARE = 0.74
_TRACKED_OPEN_SHARE = 0.84
# The same for a mesh whose position is known because it was rendered, not tracked.
_DRAWN_CLOSED_SHARE = 0.15
_DRAWN_OPEN_SHARE = 0.35


def eye_aspect_ratio(landmarks: Landmarks) -> NDArray[np.float64]:
    """Return the aspect ratio (2,) of the right and the left eye: mean gap of the lids by width of the eye."""
    return _eye_aspect_ratio(landmarks, _CONTOURS)


@lazy_njit
def _eye_aspect_ratio(landmarks: Landmarks, eyes: NDArray[np.int64]) -> NDArray[np.float64]:
    shares = np.empty(len(eyes))
    for which in range(len(eyes)):
        eye, gaps = eyes[which], 0.0
        for upper in range(1, 8):
            x, y = landmarks[eye[upper], :2] - landmarks[eye[16 - upper], :2]
            gaps += np.hypot(x, y) / 7
        x, y = landmarks[eye[0], :2] - landmarks[eye[8], :2]
        shares[which] = gaps / max(np.hypot(x, y), 1e-6)
    return shares


def eyelid_closure(now: NDArray[np.floating], at_rest: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the closure (2,) of tracked eyes, 0 (open) to 1: from the aspect ratios *now* and *at_rest* (2,)."""
    return np.asarray(np.interp(now / np.maximum(at_rest, 1e-6), [_TRACKED_CLOSED_SHARE, _TRACKED_OPEN_SHARE], [1, 0]))


def eyeball_occlusion(now: NDArray[np.floating], at_rest: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the occlusion (2,) of each eyeball by its lids, 0 to 1: ``eyelid_closure`` for lids whose place is known.

    *now* and *at_rest* (2,) are eye aspect ratios.

    Closing lids are taken from the target at once; the eyeball stays the source's for as long as it is visible.
    """
    return np.asarray(np.interp(now / np.maximum(at_rest, 1e-6), [_DRAWN_CLOSED_SHARE, _DRAWN_OPEN_SHARE], [1, 0]))


def align_eye_contours(donor: Landmarks, target: Landmarks) -> NDArray[np.float32]:
    """Return the texture coordinates (32, 2; pixels of the donor's picture) of the target's eye contours.

    Their order is that of ``EYE_POINTS``. Each eye is aligned by its two corners, so an iris stays round and lids cover
    it. Where the target's eye is open wider than the donor's, the donor's opening is stretched: its lids never show.
    """
    places = np.empty((len(EYE_POINTS), 2), np.float32)
    _align_contours(donor, target, _CONTOURS, places)
    return places


@lazy_njit
def _align_contours(donor: Landmarks, target: Landmarks, eyes: NDArray[np.int64], places: NDArray[np.float32]) -> None:
    for which in range(len(eyes)):
        eye = eyes[which]
        given, seen = np.empty(16, np.complex128), np.empty(16, np.complex128)
        for point in range(16):
            given[point] = complex(donor[eye[point], 0], donor[eye[point], 1])
            seen[point] = complex(target[eye[point], 0], target[eye[point], 1])
        width = seen[8] - seen[0]
        if abs(width) <= _MIN_EYE_WIDTH_PX:
            width = complex(_MIN_EYE_WIDTH_PX, 0)
        for point in range(16):
            laid = given[0] + (seen[point] - seen[0]) * (given[8] - given[0]) / width
            if point % 8:  # neither corner: between the lids
                upper = min(point, 16 - point)
                span, there = given[16 - upper] - given[upper], laid - given[upper]
                share = (there.real * span.real + there.imag * span.imag) / (span.real**2 + span.imag**2 + 1e-9)
                laid = given[upper] + span * min(max(share, 0.0), 1.0)
            places[16 * which + point, 0], places[16 * which + point, 1] = laid.real, laid.imag
