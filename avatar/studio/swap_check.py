"""Identity check of a face swap: by face embeddings, do its frames show the person they should?

A few frames are looked at before the engine has them and after. On the way from the footage's own face (0) to the meant
one (1), a swap must have come a good part. Measured with ``mesh-swap``, which keeps the shape of the head, on all pairs
of the performers: 0.52 to 0.90 a frame, turned by 25 degrees, speaking and blinking too; 0.39 at least behind a bar
across the cheek. A swap that changes nothing stays at 0, one that is laid on by half comes to about 0.3.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

import numpy as np

from avatar.errors import EngineError
from avatar.faces.detection.face_analyser import FaceAnalyser
from avatar.faces.detection.face_embedding import Embedding, embedding_distance
from avatar.media.frames import Frame, Frames, Landmarks, Pixels
from avatar.media.image_io import read_rgb
from avatar.runtime.memo import memoize_by_content

_CHECK_EVERY_FRAMES = 75  # frames: a look costs about 50 ms of one core, 80 where a face must be searched for first
_RETRY_AFTER_FRAMES = 5  # frames after which is looked again where no face was seen
_MIN_IDENTITY_SHIFT = 0.25  # of the way from the footage's own face to the meant one
_MAX_SAME_PERSON_DISTANCE = 0.45  # faces that are nearer to each other than this are one person's, or as good as


@dataclass(frozen=True)
class SwapSample:
    """How far a swapped face is from the footage's *own* and from the one *meant*, and what *way* it has come."""

    own: float
    meant: float
    way: float


@dataclass
class SwapIdentityCheck:
    """Sees one swap: *sight* is opened, and the *portrait* of the one who is meant read, when a face first comes."""

    face_verifier: Callable[[], FaceAnalyser]
    portrait: Callable[[], Path]
    _before: dict[int, tuple[Pixels, list[Landmarks]]] = field(default_factory=dict, init=False)
    _looks: list[SwapSample] = field(default_factory=list, init=False)
    _meant: Embedding | None = field(default=None, init=False)

    def before(self, frames: Frames) -> Frames:
        """Return *frames*, the footage of the swap, and remember some of them as they pass."""
        due, at, owed, tried = _due(frames.count), -1, False, -_RETRY_AFTER_FRAMES

        def step(batch: list[Frame]) -> list[Frame]:
            nonlocal at, owed, tried
            for frame in batch:
                at += 1
                owed = owed or at in due
                if owed and (at in due or at >= tried + _RETRY_AFTER_FRAMES):
                    tried, rgb = at, frame.rgb
                    faces = self._faces(rgb, frame.landmarks)
                    if faces:
                        self._before[at], owed = (rgb, faces), False
            return batch

        return frames.through(step)

    def _faces(self, rgb: Pixels, known: Landmarks | None) -> list[Landmarks]:
        """Return the faces of *rgb*; where footage says where its face is, that one, if one is seen there."""
        told = None if known is None else self.face_verifier().face_at(rgb, known)
        return self.face_verifier().faces(rgb) if told is None else [told]

    def after(self, frames: Frames) -> Frames:
        """Return *frames*, what was made of the footage; the last of them may be refused.

        Raises:
            EngineError: ``swap.identity``.
        """

        def watched() -> Iterator[list[Frame]]:
            at = 0
            for batch in frames.batches:
                for number, frame in enumerate(batch, start=at):
                    if number in self._before:
                        self._look(*self._before.pop(number), frame.rgb)
                at += len(batch)
                yield batch
            _judge(self._looks)

        return Frames(frames.format, frames.count, watched())

    def _look(self, before: Pixels, faces: list[Landmarks], after: Pixels) -> None:
        # Of several faces the one that was changed is the one that was swapped.
        face = max(faces, key=lambda each: _change(before, after, each))
        own, made = self.face_verifier().embed([(before, face), (after, face)])
        meant = self._of_portrait()
        apart = meant.astype(np.float64) - own
        if np.linalg.norm(apart) >= _MAX_SAME_PERSON_DISTANCE:
            way = float((made - own) @ apart / (apart @ apart))
            self._looks.append(SwapSample(embedding_distance(made, own), embedding_distance(made, meant), way))

    def _of_portrait(self) -> Embedding:
        if self._meant is None:
            self._meant = _face_of(self.portrait(), self.face_verifier())
        return self._meant


@memoize_by_content
def _face_of(portrait: Path, face_verifier: FaceAnalyser) -> Embedding:
    rgb = read_rgb(portrait)
    # The engine has read this portrait, and refuses one without a face.
    (face,) = face_verifier.embed([(rgb, face_verifier.faces(rgb)[0])])
    return face


def _judge(looks: list[SwapSample]) -> None:
    if looks and np.mean([look.way for look in looks]) < _MIN_IDENTITY_SHIFT:
        own, meant = (np.mean([getattr(look, which) for look in looks]) for which in ("own", "meant"))
        raise EngineError(
            f"the swap still shows the person of the footage: in {len(looks)} of its frames, looked at, the face is "
            f"{own:.2f} from theirs and {meant:.2f} from the one that was meant (two people are about 0.6 apart); "
            "bring a larger, frontal portrait of who is meant, footage whose face is in clear view, or another engine",
            code="swap.identity",
        )


def _due(count: int) -> frozenset[int]:
    """Return which of *count* frames are looked at: by their number alone, whoever makes them, and however many."""
    looks = max(1, ceil(count / _CHECK_EVERY_FRAMES))
    return frozenset((2 * look + 1) * count // (2 * looks) for look in range(looks))


def _change(before: Pixels, after: Pixels, face: Landmarks) -> float:
    low, high = face[:, :2].min(axis=0), face[:, :2].max(axis=0)
    left, top = (max(0, int(edge)) for edge in low)
    window = slice(top, max(top + 1, int(high[1]))), slice(left, max(left + 1, int(high[0])))
    changed = np.abs(before[window].astype(np.int16) - after[window])
    return float(changed.mean()) if changed.size else 0.0
