"""What a ledger entry may say, and the bytes that are signed."""

import hashlib
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from avatar.canonical import canonical, digest_of
from avatar.consent.key_succession import Succession
from avatar.consent.record import Grant, Narrowing, Reconfirmation, Suspension, Withdrawal
from avatar.consent.roles import Appointment, Approval, ApprovalPolicy, OperatorId
from avatar.consent.vocabulary import Channel, Digest, PersonId, PublicKey, Purpose, Signature
from avatar.errors import LedgerError


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LedgerCreated(_Fact):
    """The first entry: the ledger's *origin* (its name), the key that signs all of it, and its first operator's key.

    The *founder* has every role, and appoints the others.
    """

    kind: Literal["opened"] = "opened"
    origin: str
    key: PublicKey
    founder: PublicKey


class Appointed(_Fact):
    """An operator was given roles, or dismissed."""

    kind: Literal["appointed"] = "appointed"
    appointment: Appointment


class PolicySet(_Fact):
    """Whether videos need approval was decided."""

    kind: Literal["ruled"] = "ruled"
    rule: ApprovalPolicy


class Enrolled(_Fact):
    """A person came in, with the key that only they hold.

    *card* is the sha256 of the salted card that says what they are called here: it can be erased, and not exchanged.
    """

    kind: Literal["enrolled"] = "enrolled"
    person: PersonId
    key: PublicKey
    card: Digest
    capacity: Literal["self", "estate", "synthetic"]


class SampleAdded(_Fact):
    """A person brought a sample: its sha256, and the manifest it is stored under."""

    kind: Literal["brought"] = "brought"
    person: PersonId
    asset: Digest
    manifest: Digest


class Requested(_Fact):
    """A person was asked to agree: the sha256 of the challenge that they were given."""

    kind: Literal["requested"] = "requested"
    person: PersonId
    challenge: Digest


class Granted(_Fact):
    """A person agreed."""

    kind: Literal["granted"] = "granted"
    grant: Grant


class Withdrawn(_Fact):
    """A person took agreement back."""

    kind: Literal["withdrawn"] = "withdrawn"
    withdrawal: Withdrawal


class Narrowed(_Fact):
    """A person made the scope of a grant smaller."""

    kind: Literal["narrowed"] = "narrowed"
    narrowing: Narrowing


class Reconfirmed(_Fact):
    """A person said that they still agree."""

    kind: Literal["reconfirmed"] = "reconfirmed"
    reconfirmation: Reconfirmation


class Suspended(_Fact):
    """Everything with a person was paused, or the pause was ended."""

    kind: Literal["suspended"] = "suspended"
    suspension: Suspension


class Approved(_Fact):
    """An operator let a script or a video pass."""

    kind: Literal["approved"] = "approved"
    approval: Approval


class Erased(_Fact):
    """A person's key was destroyed, with everything that says what they are called: nothing of them is used again."""

    kind: Literal["erased"] = "erased"
    person: PersonId


class Rekeyed(_Fact):
    """A key of the ledger gave way to another: from the next entry on, or for the checkpoints from now on."""

    kind: Literal["rekeyed"] = "rekeyed"
    succession: Succession


class Expired(_Fact):
    """Artifacts were removed because they were kept for as long as they should be."""

    kind: Literal["expired"] = "expired"
    artifacts: tuple[Digest, ...]
    why: Literal["intermediate", "published", "consent-ended"]


class Refused(_Fact):
    """The gate, or the studio, said no."""

    kind: Literal["refused"] = "refused"
    code: str
    request: str
    people: tuple[str, ...] = ()


class Performed(_Fact):
    """A request was carried out, or recalled, and which grants it stood on."""

    kind: Literal["performed"] = "performed"
    request: str
    recipe: Digest
    made: Digest
    grants: tuple[Digest, ...]
    recalled: bool


class Published(_Fact):
    """A signed file may leave: its sha256, how long it plays, what it is for, who is in it, and on which grants."""

    kind: Literal["published"] = "published"
    file: Digest
    recipe: Digest
    milliseconds: int = Field(ge=0)
    purpose: Purpose
    channels: tuple[Channel, ...]
    people: tuple[str, ...]
    grants: tuple[Digest, ...]


Fact = Annotated[
    LedgerCreated
    | Appointed
    | PolicySet
    | Enrolled
    | SampleAdded
    | Requested
    | Granted
    | Narrowed
    | Reconfirmed
    | Suspended
    | Withdrawn
    | Erased
    | Rekeyed
    | Expired
    | Approved
    | Refused
    | Performed
    | Published,
    Field(discriminator="kind"),
]


class Entry(_Fact):
    """One signed line of the ledger: *index*, the digest of the *previous* entry, the time, the operator, a fact."""

    index: int = Field(ge=0)
    previous: str
    at: AwareDatetime
    by: OperatorId
    fact: Fact
    signature: Signature

    @cached_property
    def digest(self) -> str:
        return digest_of(self.model_dump(mode="json"))

    @property
    def signed_bytes(self) -> bytes:
        """What the ledger's key signs (Ed25519 over RFC 8785 bytes)."""
        return canonical(_without_signature(self.model_dump(mode="json")))


def read_entry(data: bytes) -> Entry:
    """Return the entry that *data* spells.

    Raises:
        LedgerError: it spells none, or not in the one canonical spelling, which the Merkle tree is over.
    """
    try:
        entry = Entry.model_validate_json(data)
    except ValidationError as error:
        raise LedgerError("this cannot be read as a ledger entry", code="ledger.unreadable") from error
    if entry.digest != hashlib.sha256(data).hexdigest():
        raise LedgerError(f"ledger entry {entry.index} is not in canonical form", code="ledger.unreadable")
    return entry


def signed_bytes_of(index: int, previous: str, at: AwareDatetime, by: str, fact: Fact) -> bytes:
    """Return the bytes to sign for an entry that is about to be made."""
    unsigned = Entry(index=index, previous=previous, at=at, by=by, fact=fact, signature="0" * 128)
    return unsigned.signed_bytes


def _without_signature(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "signature"}
