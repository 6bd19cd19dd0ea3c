"""Manifests: the recipe, inputs and people of an artifact."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from avatar.canonical import digest_of


class Work(BaseModel):
    """The work that made an artifact: which request, by which engine, and so which recipe."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: str  # the kind: CloneVoice, AnimateFace ...
    fields: dict[str, Any]  # the request's fields as JSON, artifacts by digest
    use: str | None
    engine: str  # as registered: a blueprint's word for it
    options: dict[str, Any]
    version: int
    weights: dict[str, str]  # name -> sha256
    said: tuple[str, ...] = ()  # the words that this work puts into someone's mouth
    shown: tuple[str, ...] = ()  # the words that it writes into the picture
    commercial: bool = True  # whether the licences of its weights allow commercial use of what it made

    @property
    def recipe(self) -> str:
        """Name this work by everything that decides its outcome."""
        return digest_of(self.model_dump(mode="json"))


def seed_of(recipe: str) -> int:
    """Return the number (32 bits) that stands for *recipe* where there is no room for all of it."""
    return int(recipe[:8], 16)


class Manifest(BaseModel):
    """The birth certificate of one artifact. It holds no clock and no grant: the same work has the same name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str  # the artifact's class: Audio, Footage ...
    parts: dict[str, str]  # part name -> sha256 of its bytes
    people: tuple[str, ...]  # everyone this shows or sounds like, sorted
    inputs: tuple[str, ...] = ()  # digests of manifests
    work: Work | None = None  # None: brought in by the person it shows

    @property
    def digest(self) -> str:
        return digest_of(self.model_dump(mode="json"))
