"""Face and lip-motion measurements on the video of a statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.faces.detection.face_embedding import Embedding, FaceEmbedder, align_crop, embedding_distance
from avatar.faces.detection.landmarker import MIN_MESH_SCORE, Landmarker
from avatar.media.audio.io import Sound
from avatar.media.decode import decode, thumbnail
from avatar.media.frames import Landmarks, Pixels, rgb_of

SAMPLES_PER_SECOND = 12  # frames a second that are looked at: lips open and close four times a second at most
_MAX_SAMPLES = 24 * SAMPLES_PER_SECOND  # frames; what comes later is not watched
_RECOUNT_EVERY = 6  # of so many frames, one is searched anew for every face in it
_COMPARE_EVERY = 2  # of so many frames, one is compared
_INNER_LIPS, _EYE_CORNERS = (13, 14), (33, 263)  # of the mesh: the inner lips, the outer corners of the eyes
_MIN_LIP_MOTION = (
    0.004  # of the distance between the eyes: lips of a photograph seem to move by 0.001, of speech by 0.008 and more
)
_MAX_LAG_FRAMES = 3  # frames that sound and picture may be apart
_SILENCE_DB = -50.0  # decibels below the loudest: silence


@dataclass(frozen=True, eq=False)
class FaceObservation:
    """One frame: how many *faces*; the first one's *chip* and how far its lips are open (in eye distances)."""

    faces: int
    chip: Pixels | None = None
    gap: float = 0.0


def middle_frame(footage: Path) -> Pixels:
    """Return the picture in the middle of *footage*."""
    _, ((_, frame),) = thumbnail(footage, 1)
    return rgb_of(frame.settle())


def track_mouth(film: Path, landmarker: Landmarker) -> list[FaceObservation]:
    """Return twelve looks a second at *film*."""
    frames = decode(film)
    step, looks, face = max(1.0, float(frames.format.rate) / SAMPLES_PER_SECOND), list[FaceObservation](), None
    count = 0
    for index, frame in enumerate(frame for batch in frames.batches for frame in batch):
        if index < len(looks) * step:
            continue
        rgb = rgb_of(frame.settle())
        if face is None or len(looks) % _RECOUNT_EVERY == 0:
            found = landmarker.faces(rgb)
            face, count = (found[0] if found else None), len(found)
        else:
            face, score = landmarker.landmarks(rgb, face)
            face = face if score > MIN_MESH_SCORE else None
        looks.append(
            FaceObservation(count, align_crop(rgb, face), _gap(face)) if face is not None else FaceObservation(count)
        )
        if len(looks) == _MAX_SAMPLES:
            break
    return looks


def face_distances(
    looks: Sequence[FaceObservation], pictures: Sequence[Embedding], network: FaceEmbedder
) -> tuple[float, ...]:
    """Return, for each of *pictures*, the median distance of the face in *looks* from it."""
    chips = [look.chip for look in looks if look.chip is not None][::_COMPARE_EVERY]
    faces = network.embed(chips) if chips else []
    return tuple(float(np.median([embedding_distance(face, other) for face in faces])) for other in pictures if faces)


def lips_with_sound(looks: Sequence[FaceObservation], sound: Sound, rate: int) -> float | None:
    """Return how well the lips open as the sound gets louder (the correlation, -1 to 1), 0 for lips that do not move.

    ``None`` where a face was seen for less than two seconds.
    """
    seen = np.array([look.chip is not None for look in looks])
    if seen.sum() < 2 * SAMPLES_PER_SECOND:
        return None
    gaps = np.array([look.gap for look in looks])
    if gaps[seen].std() < _MIN_LIP_MOTION:
        return 0.0
    opening, loud = _smooth(gaps), _smooth(_loudness(sound, rate, len(looks)))
    inner = slice(_MAX_LAG_FRAMES, -_MAX_LAG_FRAMES)
    lags = range(-_MAX_LAG_FRAMES, _MAX_LAG_FRAMES + 1)
    return max(_correlation(np.roll(opening, lag)[inner], loud[inner], seen[inner]) for lag in lags)


def _gap(face: Landmarks) -> float:
    upper, lower = face[list(_INNER_LIPS), :2]
    left, right = face[list(_EYE_CORNERS), :2]
    return float(np.linalg.norm(lower - upper) / np.linalg.norm(right - left))


def _loudness(sound: Sound, rate: int, count: int) -> NDArray[np.float64]:
    """Return the decibels around each of *count* looks, silence cut off."""
    size = rate // SAMPLES_PER_SECOND
    padded = np.pad(np.asarray(sound, np.float64), (0, max(0, count * size - len(sound))))[: count * size]
    levels = 10 * np.log10(np.square(padded.reshape(count, size)).mean(axis=1) + 1e-12)
    return np.asarray(np.maximum(levels, levels.max() + _SILENCE_DB))


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of five looks around each: a syllable, not a single sound."""
    return np.asarray(np.convolve(values - values.mean(), np.ones(5) / 5, mode="same"))


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64], where: NDArray[np.bool_]) -> float:
    one, other = one[where], other[where]
    spread = one.std() * other.std()
    return float(((one - one.mean()) * (other - other.mean())).mean() / spread) if spread > 0 else 0.0
