"""The weight files of this installation: those that come along, and the models that users bring."""

from avatar.capture.default_analyzer import WEIGHTS
from avatar.models.weights import Weights, external_weights
from avatar.stages.registry import installed


def shipped_weight_files() -> list[Weights]:
    """Return every weight file that installed engines and checks of consent use, by name."""
    found = {weights.name: weights for load in installed().values() for weights in load().weights}
    found |= {weights.name: weights for weights in WEIGHTS}
    return [found[name] for name in sorted(found)]


def external_weight_files() -> list[tuple[Weights, str]]:
    """Return the models that users bring, each with the engine whose default it is."""
    return [(weights, name) for name, load in sorted(installed().items()) for weights in external_weights(load()())]
