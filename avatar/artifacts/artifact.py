"""Handles to immutable material."""

from dataclasses import dataclass
from typing import ClassVar

from avatar.media.credentials import CREDENTIAL
from avatar.media.faceless import FACELESS


@dataclass(frozen=True)
class Artifact:
    """Material that never changes, named by the digest of its manifest.

    Not by the digest of its bytes: two people may well bring the same file. Its *parts* are the files it is made of;
    the first is the one that stands for it. *optional* parts need not be there.
    """

    parts: ClassVar[tuple[str, ...]] = ()
    optional: ClassVar[tuple[str, ...]] = ()

    digest: str


class Audio(Artifact):
    """A person's voice sample: mono sound, and what is said in it."""

    parts = ("sound.wav", "transcript.txt")
    optional = (CREDENTIAL,)


class Voiceover(Artifact):
    """What a person recorded to be heard in videos, as it is: mono sound, what is said, and its ``Cuts`` into lines."""

    parts = ("sound.wav", "transcript.txt", "lines.json")
    optional = (CREDENTIAL,)


class VoiceModel(Artifact):
    """What an engine learned of a voice."""

    parts = ("voice.npz",)


class Speech(Artifact):
    """One line, spoken: mono sound at 48 kHz, and the ``Timings`` of its phonemes and words.

    A synthetic take also has its ``Scores``; what a person said themselves is judged by nobody.
    """

    parts = ("sound.wav", "timings.json")
    optional = ("scores.json",)


class Image(Artifact):
    """A portrait."""

    parts = ("picture.png",)
    optional = (CREDENTIAL,)


class Footage(Artifact):
    """Frames that can be made when they are wanted: one step of a chain, or a file of given footage.

    ``step.json`` names the engine, its options and its request; a given footage holds ``footage.mp4`` instead.
    """

    parts = ("step.json",)


class GivenFootage(Footage):
    """Footage brought by a person: an mp4 file."""

    parts = ("footage.mp4",)
    optional = (CREDENTIAL,)


class Patches(Footage):
    """Footage whose last step was drawn already: what it changed in the frames that it was given."""

    parts = ("patches.zip",)


class Shot(Artifact):
    """The picture of one line (H.264 without sound), its sound to the sample, and its timings."""

    parts = ("picture.mp4", "sound.wav", "timings.json")
    optional = (FACELESS,)


class Video(Artifact):
    """A finished video, with captions, not yet signed; and which of its frames show no face, if there are any."""

    parts = ("video.mp4", "captions.vtt", "captions.srt")
    optional = (FACELESS,)


class SignedVideo(Artifact):
    """A video that carries its credential."""

    parts = ("video.mp4", "captions.vtt", "captions.srt")
    optional = (FACELESS,)
