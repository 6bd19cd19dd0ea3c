"""Artifacts: typed handles to immutable material."""

from dataclasses import dataclass
from typing import ClassVar

CREDENTIAL = "credential.c2pa"  # the part that holds the C2PA credential a brought file carried
FACE_GAPS = "without-face.json"  # the part that lists frames without a face; absent where every frame shows one


@dataclass(frozen=True)
class Artifact:
    """Material that never changes, named by the digest of its manifest.

    Not by the digest of its bytes: two people may well bring the same file. Its *parts* are the files it is made of;
    the first is the one that stands for it. *optional* parts need not be there.
    """

    kind: ClassVar[str] = "Artifact"  # what manifests call it: digests depend on it, so it never changes
    parts: ClassVar[tuple[str, ...]] = ()
    optional: ClassVar[tuple[str, ...]] = ()

    digest: str


class VoiceSample(Artifact):
    """A person's voice sample: mono sound, and what is said in it."""

    kind = "Audio"
    parts = ("sound.wav", "transcript.txt")
    optional = (CREDENTIAL,)


class Voiceover(Artifact):
    """What a person recorded to be heard in videos, as it is: mono sound, what is said, and its ``Cuts`` into lines."""

    kind = "Voiceover"
    parts = ("sound.wav", "transcript.txt", "lines.json")
    optional = (CREDENTIAL,)


class VoiceModel(Artifact):
    """What an engine learned of a voice."""

    kind = "VoiceModel"
    parts = ("voice.npz",)


class Speech(Artifact):
    """One line, spoken: mono sound at 48 kHz, and the ``Timings`` of its phonemes and words.

    A synthetic take also has its ``Scores``; what a person said themselves is judged by nobody.
    """

    kind = "Speech"
    parts = ("sound.wav", "timings.json")
    optional = ("scores.json",)


class Portrait(Artifact):
    """A portrait."""

    kind = "Image"
    parts = ("picture.png",)
    optional = (CREDENTIAL,)


class Footage(Artifact):
    """Frames that can be made when they are wanted: one step of a chain, or a file of given footage.

    ``step.json`` names the engine, its options and its request; a given footage holds ``footage.mp4`` instead.
    """

    kind = "Footage"
    parts = ("step.json",)


class GivenFootage(Footage):
    """Footage brought by a person: an mp4 file."""

    kind = "GivenFootage"
    parts = ("footage.mp4",)
    optional = (CREDENTIAL,)


class FrameDeltas(Footage):
    """Footage whose last step was drawn already: what it changed in the frames that it was given."""

    kind = "Patches"
    parts = ("patches.zip",)


class Shot(Artifact):
    """The picture of one line (H.264 without sound), its sound to the sample, and its timings."""

    kind = "Shot"
    parts = ("picture.mp4", "sound.wav", "timings.json")
    optional = (FACE_GAPS,)


class Video(Artifact):
    """A finished video, with captions, not yet signed; and which of its frames show no face, if there are any."""

    kind = "Video"
    parts = ("video.mp4", "captions.vtt", "captions.srt")
    optional = (FACE_GAPS,)


class SignedVideo(Artifact):
    """A video that carries its credential."""

    kind = "SignedVideo"
    parts = ("video.mp4", "captions.vtt", "captions.srt")
    optional = (FACE_GAPS,)
