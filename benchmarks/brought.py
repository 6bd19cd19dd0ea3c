"""Voice engines that speak with models their users bring: which of them have theirs on this machine."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import yaml

from avatar.artifacts.artifact import Speech
from avatar.errors import InputError
from avatar.models.weights import external_weights, weights_folder
from avatar.stages.registry import EngineSpec, build, installed, request_of
from avatar.stages.voice import CloneVoice

_PIN = re.compile(r"write (\w+): \{path: (.+), sha256: ([0-9a-f]{64}), ")


def named(engines: Iterable[str]) -> list[EngineSpec]:
    """Return the *engines* that somebody names, each as ``xtts`` or, with options, ``vits: {language: de}``."""
    read: list[Any] = [yaml.safe_load(engine) for engine in engines]
    return [EngineSpec(*next(iter(each.items()))) if isinstance(each, dict) else EngineSpec(each) for each in read]


def present() -> list[EngineSpec]:
    """Return the voice engines whose usual models lie in the weights folder."""
    return [EngineSpec(name) for name in sorted(installed()) if _is_here(build(EngineSpec(name)))]


def _is_here(engine: Any) -> bool:
    models = list(external_weights(engine))
    speaks = request_of(engine) is CloneVoice
    return speaks and bool(models) and all((weights_folder() / model.name).exists() for model in models)


def pinned(choice: EngineSpec, perform: Callable[[EngineSpec], Speech]) -> EngineSpec:
    """Return *choice* with the digests of its models, as its refusals name them when it should *perform* without.

    On a machine of one's own that says nothing of where they come from; it is for measuring only.
    """
    while True:
        try:
            perform(choice)
        except InputError as error:
            pin = _PIN.search(str(error)) if error.code == "weights.not-pinned" else None
            if pin is None:
                raise
            model = {**choice.options.get(pin[1], {}), "path": pin[2], "sha256": pin[3]}
            choice = EngineSpec(choice.engine, {**choice.options, pin[1]: model})
        except Exception:  # whatever else it says, it says with its models
            return choice
        else:
            return choice
