"""Proof that a request was cleared. Only the gate imports ``mint``."""

from dataclasses import InitVar, dataclass
from typing import Generic, NoReturn, TypeVar, final

from avatar.consent.claims import LedgerPosition

R_co = TypeVar("R_co", covariant=True)


class _Seal:
    """Held by this module alone."""


_SEAL = _Seal()


@final
@dataclass(frozen=True, slots=True, eq=False)
class Cleared(Generic[R_co]):
    """A request that every person in it has agreed to, checked just now at the ledger position *at*.

    It cannot be built, copied or stored elsewhere: ask the gate again instead.
    """

    request: R_co
    grants: tuple[str, ...]
    at: LedgerPosition
    seal: InitVar[_Seal]

    def __post_init__(self, seal: _Seal) -> None:
        if seal is not _SEAL:
            raise TypeError("only the consent gate clears requests")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a clearance is not kept: clear the request again")


def mint(request: R_co, grants: tuple[str, ...], at: LedgerPosition) -> Cleared[R_co]:  # type: ignore[misc]
    """Seal *request*, on the strength of *grants*, as decided at ledger position *at*."""
    return Cleared(request, grants, at, _SEAL)
