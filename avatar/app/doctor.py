"""Checks of an installation: what is fine, what may become a problem, what is one, and what to do about it.

A check makes nothing, but for one small object in a store that exists already; it is removed again.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal
from urllib.error import URLError
from urllib.request import urlopen
from uuid import uuid4

from avatar.app.context import AppContext
from avatar.app.weight_files import external_weight_files, shipped_weight_files
from avatar.consent.ledger import KEY_FILE as LEDGER_KEY
from avatar.errors import AvatarError, WeightsError
from avatar.models.weights import locate, weights_folder

_GB = 1 << 30
_MIN_FREE_BYTES, _COMFORTABLE_FREE_BYTES = 2 * _GB, 10 * _GB
_VOLATILE_FILE_SYSTEMS = ("tmpfs", "ramfs")  # a restart empties them
_PUBLIC_FILES = ("chain.pem", "root.pem")  # certificates: anyone may read them
_SERVER_TIMEOUT_S = 3.0
_ENCODERS = ("libx264", "aac")


@dataclass(frozen=True)
class Finding:
    """One line of a diagnosis: which *check*, how it stands, what was found, and what to do where it is not ok."""

    check: str
    level: Literal["ok", "warning", "problem"]
    found: str
    to_do: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def diagnose(context: AppContext) -> tuple[Finding, ...]:
    """Return the findings of every check of the installation that *context* describes."""
    checks: dict[str, Callable[[AppContext], Iterator[Finding]]] = {
        "weights": _weights,
        "keys": _keys,
        "signing": _signing,
        "store": _store,
        "ledger": _ledger,
        "disk": _disk,
        "prefect": _prefect,
        "fonts": _fonts,
        "ffmpeg": _ffmpeg,
        "chromium": _chromium,
    }
    return tuple(finding for name, check in checks.items() for finding in _guarded(name, check, context))


def _guarded(name: str, check: Callable[[AppContext], Iterator[Finding]], context: AppContext) -> tuple[Finding, ...]:
    """Return what *check* finds; one that fails is a finding too, and the others go on."""
    try:
        return tuple(check(context))
    except AvatarError as error:
        return (Finding(name, "problem", f"{error} [{error.code}]", "see the sentence"),)
    except OSError as error:
        return (Finding(name, "problem", f"{error}", "check the path and its permissions"),)


def _weights(_: AppContext) -> Iterator[Finding]:
    shipped = shipped_weight_files()
    bad = False
    for weights in (*shipped, *(each for each, _ in external_weight_files() if each.sha256 and _is_here(each.name))):
        try:
            locate(weights)
        except WeightsError as error:
            bad = True
            yield Finding("weights", "problem", f"{error} [{error.code}]", "avatar weights pull")
    if not bad:
        yield Finding("weights", "ok", f"{len(shipped)} weight files are here, each with its digest")


def _is_here(name: str) -> bool:
    return (weights_folder() / name).is_file()


def _keys(context: AppContext) -> Iterator[Finding]:
    folder = context.settings.key_folder
    if not folder.is_dir():
        yield Finding("keys", "ok", f"there are none yet; they are made in {folder} at first use")
        return
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in _PUBLIC_FILES]
    loose = [path for path in files if path.suffix in (".key", ".pem") and stat.S_IMODE(path.stat().st_mode) & 0o077]
    for path in loose:
        yield Finding("keys", "problem", f"others can read {path}", f"chmod 600 {path}")
    if not loose:
        yield Finding("keys", "ok", f"nobody else can read the {len(files)} files in {folder}")
    if _is_volatile(folder):
        yield Finding(
            "keys",
            "warning",
            f"{folder} does not outlast a restart or a clean-up, and without the keys nothing in the store can be read",
            "move it to a disk that is kept, and point AVATAR_HOME or AVATAR_KEYS at it",
        )


def _is_volatile(folder: Path) -> bool:
    place = folder.resolve()
    if place.is_relative_to(Path(tempfile.gettempdir()).resolve()):
        return True
    mounts = Path("/proc/mounts")
    lines = [line.split() for line in mounts.read_text().splitlines()] if mounts.exists() else []
    holding = [(words[1], words[2]) for words in lines if len(words) > 2 and place.is_relative_to(words[1])]
    return bool(holding) and max(holding, key=lambda mount: len(mount[0]))[1] in _VOLATILE_FILE_SYSTEMS


def _signing(context: AppContext) -> Iterator[Finding]:
    from avatar.provenance.signer import load_signer

    if not context.signing.is_dir() or not any(context.signing.iterdir()):
        yield Finding("signing", "ok", f"no chain yet; a demo chain is made in {context.signing} at first use")
        return
    load_signer(context.signing)
    yield Finding("signing", "ok", f"the chain in {context.signing} can sign now")


def _store(context: AppContext) -> Iterator[Finding]:
    objects = context.objects
    if not context.settings.store and not (context.settings.home / "store").is_dir():
        yield Finding("store", "ok", f"there is none yet; it is made in {context.settings.home} at first use")
        return
    key = f"doctor/{uuid4().hex}"
    created, again, read = objects.create(key, b"one"), objects.create(key, b"two"), objects.read(key)
    objects.delete(key)
    if created and not again and read == b"one":
        yield Finding("store", "ok", f"{objects!r} is reachable, and lets nobody write over an object")
    else:
        yield Finding(
            "store",
            "problem",
            f"{objects!r} let a second object be written over a first one: the ledger cannot be kept there",
            "use a store with conditional writes (If-None-Match), like AWS S3, or a folder",
        )


def _ledger(context: AppContext) -> Iterator[Finding]:
    if not (context.settings.key_folder / LEDGER_KEY).is_file():
        yield Finding("ledger", "ok", "there is none yet; it is made at first use")
        return
    state = context.ledger.read()
    standing = f"{state.index + 1} entries, {len(state.people)} people, {len(state.published)} published files"
    yield Finding("ledger", "ok", f"{standing} (avatar ledger verify checks every signature)")


def _disk(context: AppContext) -> Iterator[Finding]:
    for what, place in (("store and keys", context.settings.home), ("work", Path(tempfile.gettempdir()))):
        there = next(folder for folder in (place, *place.resolve().parents) if folder.is_dir())
        free = shutil.disk_usage(there).free
        told = f"{free / _GB:.1f} GB are free for {what} in {place}"
        level: Literal["ok", "warning", "problem"] = (
            "problem" if free < _MIN_FREE_BYTES else "warning" if free < _COMFORTABLE_FREE_BYTES else "ok"
        )
        yield Finding("disk", level, told, "" if level == "ok" else "free some space (avatar sweep --dry-run)")


def _prefect(_: AppContext) -> Iterator[Finding]:
    try:
        yield Finding("prefect", "ok", f"Prefect {version('prefect')} is installed")
    except PackageNotFoundError:
        yield Finding("prefect", "warning", "Prefect is not installed: there are no flows", "pip install prefect")
        return
    url = os.environ.get("PREFECT_API_URL", "")
    if not url:
        yield Finding("prefect", "ok", "no server is named (PREFECT_API_URL); the command line needs none")
    elif _answers(url):
        yield Finding("prefect", "ok", f"the server at {url} answers")
    else:
        to_do = "start it (prefect server start), or correct PREFECT_API_URL"
        yield Finding("prefect", "problem", f"no server answers at {url}", to_do)


def _answers(url: str) -> bool:
    if not url.startswith(("http://", "https://")):
        return False
    try:
        with urlopen(f"{url.rstrip('/')}/health", timeout=_SERVER_TIMEOUT_S) as answer:  # noqa: S310 - http by the line above
            return bool(answer.status == 200)
    except (URLError, OSError, ValueError):
        return False


def _fonts(_: AppContext) -> Iterator[Finding]:
    from avatar.media.fonts import font

    for bold in (False, True):
        font(24, bold=bold)
    yield Finding("fonts", "ok", "the fonts of titles and captions are here")


def _ffmpeg(_: AppContext) -> Iterator[Finding]:
    import av

    lacking = [name for name in _ENCODERS if not _can_encode(av, name)]
    if lacking:
        fix = "install the av package from its wheel (pip install --only-binary :all: av)"
        yield Finding("ffmpeg", "problem", f"PyAV {av.__version__} cannot encode {', '.join(lacking)}", fix)
    else:
        yield Finding("ffmpeg", "ok", f"PyAV {av.__version__} encodes {' and '.join(_ENCODERS)}")


def _can_encode(av: Any, name: str) -> bool:
    try:
        av.codec.Codec(name, "w")
    except ValueError:
        return False
    return True


def _chromium(_: AppContext) -> Iterator[Finding]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    told = f"{found}, for the browser tests" if found else "not here; only the browser tests need it"
    yield Finding("chromium", "ok", told)
