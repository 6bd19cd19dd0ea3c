"""S3 Object Lock: which objects are written with a retention period."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

Mode = Literal["governance", "compliance"]

_LOCKED_PREFIXES = ("ledger/entries/", "ledger/checkpoints/")


@dataclass(frozen=True)
class ObjectLock:
    """That the ledger's entries and checkpoints can be neither deleted nor replaced for so many *days*.

    In the mode ``governance`` somebody with the permission ``s3:BypassGovernanceRetention`` still can; in the mode
    ``compliance`` nobody can, not even the owner of the account. Material of people is never locked: it must go when
    they are erased.
    """

    days: int = 3650
    mode: Mode = "governance"

    def covers(self, key: str) -> bool:
        """Return whether the object at *key* is one to lock."""
        return key.startswith(_LOCKED_PREFIXES)

    @property
    def until(self) -> datetime:
        """The end of a lock that begins now."""
        return datetime.now(UTC) + timedelta(days=self.days)
