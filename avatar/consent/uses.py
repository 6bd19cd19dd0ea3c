"""What may be done with a person's likeness, and how each use is told to the person who is asked.

What they say themselves, in a recorded statement of their language, is data: ``avatar/capture/uses.yaml``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True)
class UseText:
    """The sentences of one use.

    *notice* completes "asks for my agreement to", and is signed: other words are another notice. *label* and *meaning*
    stand on the consent pages. *likeness* is what a recorded statement must show to be the person's: their voice, their
    face, or neither.
    """

    notice: str
    label: str
    meaning: str
    likeness: Literal["voice", "face"] | None


class Use(StrEnum):
    """What may be done with a person's likeness."""

    CLONE_VOICE = "clone-voice"
    ANIMATE_FACE = "animate-face"
    SWAP_FACE = "swap-face"
    REFINE_LIPS = "refine-lips"
    PUBLISH = "publish"
    TRAIN = "train"
    GUARD_VOICE = "guard-voice"

    @property
    def text(self) -> UseText:
        """The sentences that tell it."""
        return _TEXTS[self]


_TEXTS = {
    Use.CLONE_VOICE: UseText(
        notice="learn my voice from my recordings and speak scripts in it",
        label="Clone your voice",
        meaning="A computer learns your voice from your recordings and speaks scripts in it.",
        likeness="voice",
    ),
    Use.ANIMATE_FACE: UseText(
        notice="make my portrait move and speak",
        label="Animate your face",
        meaning="Your portrait is made to move and to speak.",
        likeness="face",
    ),
    Use.SWAP_FACE: UseText(
        notice="put my face on footage of another person, or another face on footage of me",
        label="Swap your face",
        meaning="Your face is put on footage of another person, or another person's face on footage of you.",
        likeness="face",
    ),
    Use.REFINE_LIPS: UseText(
        notice="change the movements of my lips in footage of me",
        label="Change your lips",
        meaning="In footage of you, your lips are made to fit other words.",
        likeness="face",
    ),
    Use.PUBLISH: UseText(
        notice="publish the videos, signed and marked as made by AI",
        label="Publish the videos",
        meaning="Finished videos may leave the studio, signed and marked as made by AI.",
        likeness=None,
    ),
    Use.TRAIN: UseText(
        notice="train machine learning models with my recordings",
        label="Train machine learning models",
        meaning="Your recordings teach models that are used for more than your videos.",
        likeness=None,
    ),
    Use.GUARD_VOICE: UseText(
        notice="keep a print of my voice, and compare with it what is made for others, so that nobody else speaks "
        "in my voice",
        label="Guard your voice",
        meaning="A print of your voice is kept, and what is made for others is compared with it, so that nobody "
        "else speaks in your voice.",
        likeness="voice",
    ),
}


def _require_texts(texts: Mapping[Use, UseText]) -> None:
    for use in Use:
        if use not in texts:
            raise TypeError(f"the use {use} has no sentences: add a UseText for Use.{use.name} to {__name__}")


_require_texts(_TEXTS)
