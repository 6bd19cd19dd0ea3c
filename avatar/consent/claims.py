"""Uses and claims: the questions that the gate decides."""

from dataclasses import dataclass
from typing import Protocol

from avatar.artifacts.artifact import Artifact
from avatar.consent.uses import Use


@dataclass(frozen=True)
class Claim:
    """That *person* agreed to *use* of the sample with the sha256 *sample*, stored under *manifest*.

    *use* is ``None`` for work that adds no use of its own (encoding, joining): any standing grant on the sample does.
    """

    person: str
    use: Use | None
    sample: str
    manifest: str


@dataclass(frozen=True)
class LedgerPosition:
    """A place in a ledger: its *origin* (name), the *index* of the newest entry there, and that entry's *digest*."""

    origin: str
    index: int
    digest: str


class Clearable(Protocol):
    """Anything the gate can clear: it says which use it makes of which artifacts, and which words it adds."""

    @property
    def use(self) -> Use | None: ...

    @property
    def spoken_text(self) -> tuple[str, ...]: ...

    @property
    def displayed_text(self) -> tuple[str, ...]: ...

    def inputs(self) -> tuple[Artifact, ...]: ...
