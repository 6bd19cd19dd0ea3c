"""The file of a voice model: either what was learned of a voice, or the sample itself; and what takes are held to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InputError
from avatar.runtime.atomic import atomic_write
from avatar.voices.adaptation.adaptation import Adaptation, PitchMapping
from avatar.voices.adaptation.kernel_ridge import KernelRidge
from avatar.voices.judging.scores import AcceptanceCriteria
from avatar.voices.signal.noise_floor import UNKNOWN_NOISE_FLOOR

_LEARNING_BY_KIND = {"adaptation": "{engine: ridge}", "sample": "{engine: sample}"}


@dataclass(frozen=True, eq=False)
class StoredSample:
    """A voice sample as it was brought: mono *sound*, its *rate* in samples per second, and its *transcript*."""

    sound: NDArray[np.float32]
    rate: int
    transcript: str


def write_adaptation(path: Path, voice: Adaptation, standard: AcceptanceCriteria) -> None:
    """Write *voice*, and the *standard* of takes in it, to *path*."""
    regression, melody = voice.regression, voice.melody
    _write(
        path,
        "adaptation",
        mean=regression.mean,
        spread=regression.spread,
        examples=regression.examples,
        phonemes=regression.phonemes,
        shared=np.array(regression.shared),
        weights=regression.weights,
        offset=regression.offset,
        ridge=np.array(regression.ridge),
        band=np.array(voice.band),
        ours=voice.ours,
        theirs=voice.theirs,
        variety=voice.variety,
        melody=np.array([melody.ours, melody.theirs, melody.spread]),
        pace=np.array(voice.pace),
        strength=np.array(voice.strength),
        throat=np.array(voice.throat),
        depth=np.array(voice.depth),
        calm=np.array(voice.calm),
        breath=np.array(voice.breath),
        standard=standard.as_array(),
    )


def read_adaptation(path: Path) -> Adaptation:
    """Read what was learned of a voice.

    Raises:
        InputError: when the voice was learned for another engine; code ``voice.wrong-model``; when the file cannot be
            read; code ``voice.unreadable``.
    """
    held = _read(path, "adaptation")
    try:
        return _adaptation(held)
    except LookupError as error:
        raise InputError(
            f"the voice model has no {error}: another version learned it; learn it again", code="voice.unreadable"
        ) from error


def _adaptation(held: dict[str, NDArray[Any]]) -> Adaptation:
    regression = KernelRidge(
        mean=held["mean"],
        spread=held["spread"],
        examples=held["examples"],
        phonemes=held["phonemes"],
        shared=float(held["shared"]),
        weights=held["weights"],
        offset=held["offset"],
        ridge=float(held.get("ridge", 0.1)),  # before it was kept, it was half to twice that
    )
    melody = PitchMapping(*(float(number) for number in held["melody"]))
    band, pace = float(held["band"]), float(held["pace"])
    strength = float(held.get("strength", 1.0))  # before there was one, all of what was learned was done
    throat, depth = float(held.get("throat", 1.0)), float(held.get("depth", UNKNOWN_NOISE_FLOOR))
    calm, breath = int(held.get("calm", 1)), float(held.get("breath", 0.0))
    return Adaptation(
        regression,
        band,
        held["ours"],
        held["theirs"],
        held["variety"],
        melody,
        pace,
        strength,
        throat,
        depth,
        calm,
        breath,
    )


def write_sample(path: Path, sample: StoredSample, standard: AcceptanceCriteria) -> None:
    """Write *sample*, and the *standard* of takes in its voice, to *path*."""
    words = np.array(sample.transcript)
    _write(
        path, "sample", sound=sample.sound, rate=np.array(sample.rate), transcript=words, standard=standard.as_array()
    )


def read_sample(path: Path) -> StoredSample:
    """Read a kept sample.

    Raises:
        InputError: when the voice was learned for another engine; code ``voice.wrong-model``; when the file cannot be
            read; code ``voice.unreadable``.
    """
    held = _read(path, "sample")
    return StoredSample(held["sound"], int(held["rate"]), str(held["transcript"]))


def read_standard(path: Path) -> AcceptanceCriteria:
    """Read what takes in a voice are held to, whichever way it was learned."""
    return AcceptanceCriteria.of(_load_arrays(path)["standard"])


def _write(path: Path, kind: str, **arrays: NDArray[Any]) -> None:
    # By an open file: given a path, numpy would add a suffix to it.
    with atomic_write(path) as draft, draft.open("wb") as file:
        np.savez(file, allow_pickle=False, kind=np.array(kind), **arrays)


def _read(path: Path, kind: str) -> dict[str, NDArray[Any]]:
    held = _load_arrays(path)
    found = str(held["kind"])
    if found != kind:
        raise InputError(
            f"this voice was learned as {found!r} and this engine needs {kind!r}; "
            f"set learning: {_LEARNING_BY_KIND[kind]} in the blueprint",
            code="voice.wrong-model",
        )
    return held


def _load_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays in the file *path*, which must say what kind of model it is."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in ("kind", *file.files)}
    except (ValueError, LookupError, AttributeError, OSError, BadZipFile) as error:
        raise InputError("the voice model cannot be read as arrays; learn it again", code="voice.unreadable") from error
