"""The C2PA statement of a side-by-side comparison of two videos."""

from typing import Any

from avatar.provenance.assertion import ACTIONS_LABEL
from avatar.provenance.signing import ingredient_named
from avatar.provenance.statement import SPECIFICATION
from avatar.stages.c2pa_action import COMPOSITE


def build_comparison_statement(release: str) -> dict[str, Any]:
    """Return the C2PA manifest definition of two videos side by side, made by our *release*."""
    ours = {"name": "avatar-pipeline", "version": release}
    ids = [ingredient_named(number)["instance_id"] for number in range(2)]
    created = {
        "action": "c2pa.created",
        "digitalSourceType": COMPOSITE,
        "softwareAgent": ours,
        "description": "Two versions of a video were placed next to each other, to be compared.",
    }
    placed = {
        "action": "c2pa.placed",
        "softwareAgent": ours,
        "description": "A version was placed, in its own shape and with its own credential.",
        "parameters": {"ingredientIds": ids},
    }
    actions = {"actions": [created, placed], "allActionsIncluded": True}
    return {
        "title": "Comparison",
        "claim_version": 2,
        "claim_generator_info": [ours | {"specVersion": SPECIFICATION}],
        "assertions": [{"label": ACTIONS_LABEL, "created": True, "data": actions}],
    }
