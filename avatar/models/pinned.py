"""Model files and folders that a user brings: pinned, because every byte of them decides the outcome."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path, PurePosixPath

from avatar.canonical import digest_of, digest_of_file
from avatar.errors import InputError, WeightsError
from avatar.models.reference import ModelRef
from avatar.models.weights import stat_fingerprint, weights_folder


def resolve_pinned_file(model: ModelRef, *, option: str, what: str) -> Path:
    """Return the file of the weights folder that *model* names, its digest checked.

    *option* is the blueprint's word for it; *what* says what to put there.

    Raises:
        InputError: when the path leaves the weights folder; code ``weights.path``; when no digest is given; code
            ``weights.not-pinned``.
        WeightsError: when a file is not there; code ``weights.missing``; when its digest is another; code
            ``weights.altered``.
    """
    path = _place(model.path, option)
    if not path.is_file():
        raise WeightsError(f"{option}: no file at {path}; put {what} there", code="weights.missing")
    return _pinned(path, _digest(path, stat_fingerprint(path)), model, option)


def resolve_pinned_dir(model: ModelRef, *, option: str, files: Sequence[str] = ()) -> Path:
    """Return the folder of the weights folder that *model* names, its digest checked.

    *option* is the blueprint's word for it; *files* are those that are read, if not all of them are.

    Raises:
        InputError: when the path leaves the weights folder; code ``weights.path``; when no digest is given; code
            ``weights.not-pinned``.
        WeightsError: when a file is not there; code ``weights.missing``; when its digest is another; code
            ``weights.altered``.
    """
    folder = _place(model.path, option)
    lacking = [file for file in files or ("config.json",) if not (folder / file).is_file()]
    if lacking:
        wanted = ", ".join(files) or "config.json, the checkpoint and what came with it"
        raise WeightsError(
            f"{option}: no model at {folder}: {lacking[0]} is not there; put its files there ({wanted})",
            code="weights.missing",
        )
    return _pinned(folder, digest_of_folder(folder, files), model, option)


def digest_of_folder(folder: Path, files: Sequence[str] = ()) -> str:
    """Return the sha256 of *files* in *folder*, of all if none are named.

    It is that of the canonical JSON object from their names to their digests.
    """
    paths = [folder / file for file in files] or [path for path in folder.rglob("*") if path.is_file()]
    return digest_of(
        {path.relative_to(folder).as_posix(): _digest(path, stat_fingerprint(path)) for path in sorted(paths)}
    )


def _place(name: str, option: str) -> Path:
    place = PurePosixPath(name)
    if place.is_absolute() or ".." in place.parts or not place.parts:
        raise InputError(f"{option}: {name!r} leaves the weights folder; name what lies in it", code="weights.path")
    return weights_folder() / place


def _pinned(path: Path, found: str, model: ModelRef, option: str) -> Path:
    if not model.sha256:
        raise InputError(
            f"{option}: {model.path} is not pinned; if you trust where it came from, write {option}: "
            f"{replace(model, sha256=found)}",
            code="weights.not-pinned",
        )
    if found != model.sha256:
        raise WeightsError(
            f"{option}: {path} hashes to {found[:12]}… instead of {model.sha256[:12]}…; bring the original again",
            code="weights.altered",
        )
    return path


@lru_cache(maxsize=256)
def _digest(path: Path, _changed: tuple[int, int, int]) -> str:
    return digest_of_file(path)
