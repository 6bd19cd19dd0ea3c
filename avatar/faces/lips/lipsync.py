"""Do the lips follow the sound? Mouth openings seen in finished frames, against those that the phonemes ask for.

The expectation is deliberately plain: each phoneme's own opening, smoothed evenly in time, without the coarticulation
and the lead of the lips that an animator may use. So an animator is not compared with itself.
"""

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InputError
from avatar.faces.detection.face_mesh import Roi, roi_of_landmarks
from avatar.faces.detection.landmarker import Landmarker
from avatar.faces.detection.tracker import track
from avatar.faces.geometry.blendshapes import Floats, neutral
from avatar.faces.geometry.lip_geometry import mean_lip_gap
from avatar.faces.geometry.rig import Rig
from avatar.faces.motion.visemes import BILABIALS, VISEMES, frame_times
from avatar.media.frames import Frame, Frames, Landmarks, Pixels
from avatar.voices.timings import SILENCE, Timings

_MAX_CLOSED_SHARE = (
    0.25  # of the range of this mouth in this video: what a mesh leaves between lips differs from face to face
)
_SMOOTHING_SIGMA_S = 0.03  # seconds: how far a mouth smooths what the phonemes ask for
_TIMELINE_RATE_HZ = 1000  # moments per second in which phonemes are laid out before smoothing
_MAX_LAG_FRAMES = 6  # frames of lag looked at
# How far beside the face the other looks at it are: x and y in sides of the region, its size, its turn in radians.
_ROI_JITTER = ((0.0, -0.02, 0.95, -0.05), (0.0, 0.02, 1.06, 0.05), (-0.02, 0.01, 1.0, -0.08), (0.02, -0.01, 1.03, 0.08))
_SILENCE_MARGIN_S = 0.15  # seconds after the last and before the next phoneme: the mouth of a silence is still by then


@dataclass(frozen=True)
class LipSync:
    """How well a mouth follows its sound.

    *correlation* is that of seen and expected opening at the best *lag* in frames (positive: the mouth is late).
    *closed* is the share of the frames of P, B and M that show lips together, *moves_in_silence* the range of openings
    in silence relative to that of the whole video; both are nan where there is nothing to look at.
    """

    correlation: float
    lag: int
    closed: float
    moves_in_silence: float


def measure_lip_openings(frames: Frames, landmarker: Landmarker) -> Floats:
    """Return the lip opening (n,) seen in each of n *frames*, in eye distances; nan where there is no face.

    Every frame is looked at, also those that say where their face is: what is measured is the picture.
    """
    seen = []
    for batch in track(frames.through(_untracked), landmarker).batches:
        for frame in batch:
            found = frame.landmarks
            seen.append(math.nan if found is None else measure_lip_opening(frame.rgb, found, landmarker))
    return np.asarray(seen, np.float32)


def measure_lip_opening(rgb: Pixels, face: Landmarks, landmarker: Landmarker) -> float:
    """Return the opening of the mouth of the *face* in *rgb*, in eye distances: the mean of several looks.

    Of one and the same ray-traced picture single looks say 0.05 to 0.09, by where the square that the network sees
    happens to lie.
    """
    around = roi_of_landmarks(face)
    looks = [around, *(_jittered(around, *each) for each in _ROI_JITTER)]
    return float(np.mean([mean_lip_gap(landmarker.landmarks(rgb, look)[0]) for look in looks]))


def _jittered(look: Roi, right: float, down: float, size: float, turn: float) -> Roi:
    x, y = look.x + right * look.side, look.y + down * look.side
    return replace(look, x=x, y=y, side=look.side * size, angle=look.angle + turn)


def expected_lip_openings(timings: Timings, rate: Fraction, count: int) -> Floats:
    """Return the lip opening (*count*,) that *timings* ask of the mean face in each frame, in eye distances."""
    reach = round(4 * _SMOOTHING_SIGMA_S * _TIMELINE_RATE_HZ)
    asked = np.zeros(round(timings.duration * _TIMELINE_RATE_HZ) + 1)
    for phone in timings.phones:
        opened = _phoneme_openings(phone.symbol)
        share = (phone.end - phone.start) / len(opened)
        for place, each in enumerate(opened):
            start = phone.start + place * share
            asked[round(start * _TIMELINE_RATE_HZ) : round((start + share) * _TIMELINE_RATE_HZ)] = each
    bell = np.exp(-np.square(np.arange(-reach, reach + 1) / (_SMOOTHING_SIGMA_S * _TIMELINE_RATE_HZ)) / 2)
    smooth = np.convolve(np.pad(asked, reach, mode="edge"), bell / bell.sum(), mode="valid")
    places = np.minimum((frame_times(rate, count) * _TIMELINE_RATE_HZ).astype(int), len(smooth) - 1)
    return np.asarray(smooth[places], np.float32)


def compare_lip_sync(seen: Floats, timings: Timings, rate: Fraction) -> LipSync:
    """Compare the lip openings *seen* (n,) with what *timings* ask for at *rate* frames per second.

    They are in eye distances, nan where no face was seen.

    Raises:
        InputError: when no frame shows a face; code ``lipsync.no-face``.
    """
    if not np.isfinite(seen).any():
        raise InputError("no frame shows a face; bring a video of someone who speaks to camera", code="lipsync.no-face")
    expected = expected_lip_openings(timings, rate, len(seen))
    lags = range(-_MAX_LAG_FRAMES, _MAX_LAG_FRAMES + 1)
    found = [_correlation(seen, expected, lag) for lag in lags]
    best = int(np.argmax(found))
    low, high = (float(edge) for edge in np.nanpercentile(seen, (2, 98)))
    together = seen[_frames_within(timings, BILABIALS, rate, len(seen), 0.0)]
    still = seen[_frames_within(timings, (SILENCE,), rate, len(seen), _SILENCE_MARGIN_S)]
    closed = float((together <= low + _MAX_CLOSED_SHARE * (high - low)).mean()) if len(together) else math.nan
    moves = float(np.nanmax(still) - np.nanmin(still)) / (high - low) if len(still) else math.nan
    return LipSync(found[best], lags[best], closed, moves)


def _untracked(batch: list[Frame]) -> list[Frame]:
    for frame in batch:
        frame.tracked = False
    return batch


@cache
def _phoneme_openings(symbol: str) -> tuple[float, ...]:
    rig = Rig.of(neutral())
    at_rest = mean_lip_gap(rig.rest)
    shapes = (viseme.shape for viseme in VISEMES.get(symbol, VISEMES["K"]))
    return tuple(max(0.0, mean_lip_gap(rig.apply_blendshapes(shape)) - at_rest) for shape in shapes)


def _correlation(seen: Floats, expected: Floats, lag: int) -> float:
    """Return the correlation of what is seen *lag* frames later than it is expected."""
    late, early = seen[max(0, lag) : len(seen) + min(0, lag)], expected[max(0, -lag) : len(seen) - max(0, lag)]
    both = np.isfinite(late)
    if both.sum() < 2 or late[both].std() == 0 or early[both].std() == 0:
        return 0.0
    return float(np.corrcoef(late[both], early[both])[0, 1])


def _frames_within(
    timings: Timings, symbols: tuple[str, ...], rate: Fraction, count: int, margin: float
) -> NDArray[np.bool_]:
    """Tell which frames are shown in the middle of one of *symbols*, at least *margin* seconds from its ends."""
    times, inside = frame_times(rate, count), np.zeros(count, bool)
    for phone in timings.phones:
        if phone.symbol in symbols:
            inside |= (times >= phone.start + margin) & (times < phone.end - margin)
    return inside
