"""The impostor cohort: embeddings of synthetic voices that a take must resemble less than the person.

Who else is enrolled is compared by the studio (``avatar.studio.voice_guard``): an engine sees only what its own
request names.
"""

from functools import lru_cache
from importlib.resources import files

import numpy as np

from avatar.voices.judging.speaker_embedding import SAME_SPEAKER_SIMILARITY, SpeakerEmbedding


@lru_cache(maxsize=1)
def cohort() -> tuple[SpeakerEmbedding, ...]:
    """Return how the synthetic performers sound to the two encoders (made by ``tools/make_cohort.py``)."""
    with (files("avatar.voices") / "data" / "cohort.npz").open("rb") as file, np.load(file, allow_pickle=False) as held:
        return tuple(SpeakerEmbedding(directions.astype(np.float32)) for directions in held["directions"])


def cohort_without(voice: SpeakerEmbedding) -> tuple[SpeakerEmbedding, ...]:
    """Return those of the cohort who are not *voice* themselves."""
    return tuple(other for other in cohort() if sum(other.likeness(voice)) < SAME_SPEAKER_SIMILARITY)
