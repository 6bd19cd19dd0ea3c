"""Ledger entries: the facts that can be recorded, and the bytes that are signed."""

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from avatar.canonical import canonical, digest_of
from avatar.consent.key_succession import Succession
from avatar.consent.record import Grant, Narrowing, Reconfirmation, Suspension, Withdrawal
from avatar.consent.roles import Appointment, Approval, ApprovalPolicy, OperatorId
from avatar.consent.vocabulary import Channel, Digest, PersonId, PublicKey, Purpose, Signature
from avatar.errors import LedgerError


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InternalFact(_Frozen):
    """A fact that no webhook sends."""


@dataclass(frozen=True)
class WebhookData:
    """What a webhook sends of a fact: random ids, digests and closed vocabularies, and not a word that names anyone.

    With it go the published files that show the person *files_of*, by sha256.
    """

    data: dict[str, Any]
    files_of: str | None = None


class WebhookFact(_Frozen, ABC):
    """A fact that webhooks send, as the event of its kind."""

    @property
    @abstractmethod
    def webhook_data(self) -> WebhookData:
        """What is sent."""


class LedgerCreated(InternalFact):
    """The first entry: the ledger's *origin* (its name), the key that signs all of it, and its first operator's key.

    The *founder* has every role, and appoints the others.
    """

    kind: Literal["opened"] = "opened"
    origin: str
    key: PublicKey
    founder: PublicKey


class Appointed(InternalFact):
    """An operator was given roles, or dismissed."""

    kind: Literal["appointed"] = "appointed"
    appointment: Appointment


class PolicySet(InternalFact):
    """Whether videos need approval was decided."""

    kind: Literal["ruled"] = "ruled"
    rule: ApprovalPolicy


class Enrolled(InternalFact):
    """A person came in, with the key that only they hold.

    *card* is the sha256 of the salted card that says what they are called here: it can be erased, and not exchanged.
    """

    kind: Literal["enrolled"] = "enrolled"
    person: PersonId
    key: PublicKey
    card: Digest
    capacity: Literal["self", "estate", "synthetic"]


class SampleAdded(InternalFact):
    """A person brought a sample: its sha256, and the manifest it is stored under."""

    kind: Literal["brought"] = "brought"
    person: PersonId
    asset: Digest
    manifest: Digest


class Requested(InternalFact):
    """A person was asked to agree: the sha256 of the challenge that they were given."""

    kind: Literal["requested"] = "requested"
    person: PersonId
    challenge: Digest


class Granted(WebhookFact):
    """A person agreed."""

    kind: Literal["granted"] = "granted"
    grant: Grant

    @property
    def webhook_data(self) -> WebhookData:
        grant = self.grant
        until = grant.model_dump(mode="json")["not_after"]
        return WebhookData(
            {"person": grant.person, "grant": grant.digest, "uses": list(grant.scope.uses), "until": until}
        )


class Withdrawn(WebhookFact):
    """A person took agreement back."""

    kind: Literal["withdrawn"] = "withdrawn"
    withdrawal: Withdrawal

    @property
    def webhook_data(self) -> WebhookData:
        withdrawal = self.withdrawal
        return WebhookData({"person": withdrawal.person, "uses": list(withdrawal.uses)}, files_of=withdrawal.person)


class Narrowed(WebhookFact):
    """A person made the scope of a grant smaller."""

    kind: Literal["narrowed"] = "narrowed"
    narrowing: Narrowing

    @property
    def webhook_data(self) -> WebhookData:
        narrowing = self.narrowing
        return WebhookData({"person": narrowing.person, "grant": narrowing.grant}, files_of=narrowing.person)


class Reconfirmed(InternalFact):
    """A person said that they still agree."""

    kind: Literal["reconfirmed"] = "reconfirmed"
    reconfirmation: Reconfirmation


class Suspended(WebhookFact):
    """Everything with a person was paused, or the pause was ended."""

    kind: Literal["suspended"] = "suspended"
    suspension: Suspension

    @property
    def webhook_data(self) -> WebhookData:
        return WebhookData({"person": self.suspension.person, "ends": self.suspension.ends})


class Approved(InternalFact):
    """An operator let a script or a video pass."""

    kind: Literal["approved"] = "approved"
    approval: Approval


class Erased(WebhookFact):
    """A person's key was destroyed, with everything that says what they are called: nothing of them is used again."""

    kind: Literal["erased"] = "erased"
    person: PersonId

    @property
    def webhook_data(self) -> WebhookData:
        return WebhookData({"person": self.person}, files_of=self.person)


class Rekeyed(InternalFact):
    """A key of the ledger gave way to another: from the next entry on, or for the checkpoints from now on."""

    kind: Literal["rekeyed"] = "rekeyed"
    succession: Succession


class Expired(InternalFact):
    """Artifacts were removed because they were kept for as long as they should be."""

    kind: Literal["expired"] = "expired"
    artifacts: tuple[Digest, ...]
    why: Literal["intermediate", "published", "consent-ended"]


class Refused(WebhookFact):
    """The gate, or the studio, said no."""

    kind: Literal["refused"] = "refused"
    code: str
    request: str
    people: tuple[str, ...] = ()

    @property
    def webhook_data(self) -> WebhookData:
        return WebhookData({"code": self.code, "request": self.request, "people": list(self.people)})


class Performed(InternalFact):
    """A request was carried out, or recalled, and which grants it stood on."""

    kind: Literal["performed"] = "performed"
    request: str
    recipe: Digest
    made: Digest
    grants: tuple[Digest, ...]
    recalled: bool


class Published(WebhookFact):
    """A signed file may leave: its sha256, how long it plays, what it is for, who is in it, and on which grants."""

    kind: Literal["published"] = "published"
    file: Digest
    recipe: Digest
    milliseconds: int = Field(ge=0)
    purpose: Purpose
    channels: tuple[Channel, ...]
    people: tuple[str, ...]
    grants: tuple[Digest, ...]

    @property
    def webhook_data(self) -> WebhookData:
        return WebhookData(
            {
                "file": self.file,
                "purpose": self.purpose,
                "people": list(self.people),
                "grants": list(self.grants),
            }
        )


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
    | Performed
    | Published
    | Refused,
    Field(discriminator="kind"),
]
FACTS: tuple[type[InternalFact | WebhookFact], ...] = get_args(get_args(Fact)[0])


class Entry(_Frozen):
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
