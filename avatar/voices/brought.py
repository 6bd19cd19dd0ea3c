"""Model folders that a user brings: pinned as a whole, because every file in them decides the outcome."""

from functools import lru_cache
from pathlib import Path, PurePosixPath

from avatar.canonical import digest_of, digest_of_file
from avatar.errors import InputError, WeightsError
from avatar.weights import changed, weights_folder


def brought(name: str, sha256: str, *, option: str) -> Path:
    """Return the folder *name* of the weights folder, once its digest is *sha256*; *option* is the blueprint's word.

    Raises:
        InputError: ``weights.path`` or ``weights.not-pinned``.
        WeightsError: ``weights.missing`` or ``weights.altered``.
    """
    place = PurePosixPath(name)
    if place.is_absolute() or ".." in place.parts:
        raise InputError(f"{option}: {name!r} leaves the weights folder; name a folder in it", code="weights.path")
    folder = weights_folder() / place
    if not (folder / "config.json").is_file():
        raise WeightsError(
            f"{option}: no model at {folder}; put its files there (config.json, the checkpoint and what came with it)",
            code="weights.missing",
        )
    found = digest_of_folder(folder)
    if not sha256:
        raise InputError(
            f"{option}: {name} is not pinned; if you trust where it came from, set {option}_sha256: {found}",
            code="weights.not-pinned",
        )
    if found != sha256:
        raise WeightsError(
            f"{option}: {folder} hashes to {found[:12]}… instead of {sha256[:12]}…; bring the original files again",
            code="weights.altered",
        )
    return folder


def digest_of_folder(folder: Path) -> str:
    """Return the sha256 of all files in *folder*: of the canonical JSON object from their names to their digests."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return digest_of({path.relative_to(folder).as_posix(): _digest(path, changed(path)) for path in files})


@lru_cache(maxsize=256)
def _digest(path: Path, _changed: tuple[int, int, int]) -> str:
    return digest_of_file(path)
