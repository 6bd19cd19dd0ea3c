"""The consent state: what the entries of the ledger add up to."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from avatar.consent.record import Grant
from avatar.consent.roles import Role
from avatar.consent.scope import Scope
from avatar.consent.uses import Use
from avatar.consent.vocabulary import Channel, Purpose


@dataclass(frozen=True)
class ActiveGrant:
    """A grant as it stands: its *scope* now, the *uses* in it not taken back, when it was last *confirmed*."""

    grant: Grant
    uses: frozenset[Use]
    index: int
    scope: Scope
    confirmed: datetime

    @cached_property
    def digest(self) -> str:
        """That of the grant: asked for several times a second while work runs, and long to work out."""
        return self.grant.digest


@dataclass
class PersonState:
    """What the ledger knows of one person."""

    key: str
    card: str
    capacity: str
    samples: dict[str, str] = field(default_factory=dict)  # sha256 of a sample -> manifest digest
    standing: list[ActiveGrant] = field(default_factory=list)
    withdrawn: int | None = None  # index of the newest withdrawal
    narrowed_at: int | None = None  # index of the newest entry that made what they agree to smaller
    suspended: bool = False
    erased: bool = False
    epoch: int = 0  # grows with every change of what they agree to


@dataclass(frozen=True)
class Publication:
    """A published file: its place in the ledger, when, what it is for, who is in it, on which grants."""

    index: int
    at: datetime
    recipe: str
    milliseconds: int
    purpose: Purpose
    channels: tuple[Channel, ...]
    people: tuple[str, ...]
    grants: tuple[str, ...]


@dataclass(frozen=True)
class GrantUsage:
    """What was published on the strength of one grant so far."""

    outputs: int = 0
    milliseconds: int = 0


@dataclass(frozen=True)
class PendingChallenge:
    """Whom a challenge was for, the entry that recorded it, and whether it was answered."""

    person: str
    index: int
    answered: bool = False


@dataclass
class OperatorState:
    """What an operator may do."""

    key: str
    roles: frozenset[Role]


@dataclass
class State:
    """The fold of all entries so far. Only ``fold`` changes it."""

    origin: str = ""
    key: str = ""
    index: int = -1
    digest: str = ""
    operators: dict[str, OperatorState] = field(default_factory=dict)
    approval_needed: bool = False
    approvals: dict[str, frozenset[str]] = field(default_factory=dict)  # digest of a script or video -> operators
    people: dict[str, PersonState] = field(default_factory=dict)
    grants: dict[str, str] = field(default_factory=dict)  # digest of every grant ever recorded -> its person
    asked: dict[str, PendingChallenge] = field(default_factory=dict)  # by digest of the challenge
    records: set[str] = field(default_factory=set)  # ids of what was signed once and must not be recorded again
    made: dict[str, str] = field(default_factory=dict)  # digest of every artifact a studio made -> the operator
    published: dict[str, Publication] = field(default_factory=dict)  # by sha256 of the file
    spent: dict[str, GrantUsage] = field(default_factory=dict)  # by digest of the grant
    released_recipes: set[str] = field(default_factory=set)  # recipes of publications: the same again is no new output
