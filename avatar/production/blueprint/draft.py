"""Derive the draft of a blueprint: the same production, small and labelled as a preview."""

from typing import TypeVar

from avatar.production.blueprint.schema import Blueprint, Stage
from avatar.stages.registry import Build, build

S = TypeVar("S", bound=Stage)

_DRAFT_SIDE_PX = 256  # pixels
_DRAFT_LABEL = "PREVIEW"


def make_draft(blueprint: Blueprint, build: Build = build) -> Blueprint:
    """Return *blueprint* with small frames, where it animates a portrait, and a visible mark on every one.

    A draft is a production like any other: it needs the same consent, is signed, and its publication stands in the
    ledger, because whatever leaves the studio can be passed on. Its speech is the very speech of the production, which
    is recalled later.
    """
    changed = {
        "name": f"{blueprint.name[:71]} preview",
        "animation": _with(blueprint.animation, "size", _DRAFT_SIDE_PX, build),
        "picture": _with(blueprint.picture, "label", _DRAFT_LABEL, build),
    }
    return blueprint.model_copy(update=changed)


def _with(stage: S, option: str, value: int | str, build: Build) -> S:
    """Return *stage* with *option* at *value*, if its engine has such an option."""
    if not hasattr(build(stage.choice), option):
        return stage
    return type(stage).model_validate({**stage.model_dump(), option: value})
