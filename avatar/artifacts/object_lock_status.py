"""Report whether every object of the ledger is under Object Lock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from avatar.artifacts.objects import Objects
from avatar.artifacts.s3 import Retention, S3Objects

_CONCURRENT_REQUESTS = 16  # questions on their way: each waits for the network
_LOCKED_FOLDERS = ("ledger/entries", "ledger/checkpoints")
_MAX_NAMED_KEYS = 5  # keys that a sentence names


@dataclass(frozen=True)
class ObjectLockStatus:
    """What was found: the *words* of it, a sentence each, and the *code* of what is wrong, if anything is."""

    words: tuple[str, ...]
    code: str = ""


def lock_status(objects: Objects, tell: Callable[[int, int], None]) -> ObjectLockStatus:
    """Find out which entries and checkpoints in *objects* cannot be deleted.

    *tell* hears how many of how many were asked about.
    Something that was put over an entry, or a mark that hides it, is wrong: the entry is still there, below it.
    """
    unlockable = describe_missing_lock(objects)
    if unlockable or not isinstance(objects, S3Objects):
        return ObjectLockStatus((unlockable,))
    keys = [key for folder in _LOCKED_FOLDERS for key in objects.list(folder)]
    found: dict[str, Retention | None] = {}
    with ThreadPoolExecutor(_CONCURRENT_REQUESTS) as pool:
        for done, (key, retention) in enumerate(zip(keys, pool.map(objects.retention, keys), strict=True), start=1):
            found[key] = retention
            tell(done, len(keys))
    words = [*_kept(found), *_loose(found), *_default(objects)]
    changed = sorted({key for folder in _LOCKED_FOLDERS for key in objects.changed(folder)})
    if changed:
        words.append(
            f"{len(changed)} were replaced or hidden since they were made ({_some(changed)}): what was there first is "
            "still in the bucket, as the oldest version; restore it"
        )
    return ObjectLockStatus(tuple(words), "ledger.hidden" if changed else "")


def describe_missing_lock(objects: Objects) -> str:
    """Return why nothing can be locked in *objects*; empty if it can."""
    if not isinstance(objects, S3Objects):
        return "this store is a folder, which locks nothing: whoever may write here can delete entries"
    if not objects.lockable:
        return "this bucket has no Object Lock that we can see: whoever may write here can delete entries"
    return ""


def _kept(found: dict[str, Retention | None]) -> list[str]:
    said = []
    for mode in ("compliance", "governance"):
        ends = [r.until for r in found.values() if r and r.mode == mode and r.until]
        who = "nobody" if mode == "compliance" else "nobody without s3:BypassGovernanceRetention"
        if ends:
            said.append(
                f"{len(ends)} of {len(found)} are locked ({mode}): {who} can delete them before {_day(min(ends))}"
            )
    return said


def _loose(found: dict[str, Retention | None]) -> list[str]:
    loose = [key for key, retention in found.items() if retention is None]
    return [f"{len(loose)} of {len(found)} are not locked ({_some(loose)})"] if loose else []


def _default(objects: S3Objects) -> list[str]:
    default = objects.default_retention
    if default is None:
        return []
    return [
        f"the bucket locks everything by default ({default.mode}): erased people, and what is due, leave sealed "
        "bytes behind, and with AVATAR_KMS_KEY an erasure fails; take the default retention away"
    ]


def _some(keys: list[str]) -> str:
    return ", ".join(keys[:_MAX_NAMED_KEYS]) + (" ..." if len(keys) > _MAX_NAMED_KEYS else "")


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
