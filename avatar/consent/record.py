"""Signed consent records: grants, narrowings, reconfirmations, suspensions and withdrawals."""

from datetime import timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from avatar.canonical import canonical, digest_of
from avatar.consent.evidence import Evidence, Notice
from avatar.consent.scope import Scope
from avatar.consent.uses import Use
from avatar.consent.vocabulary import Digest, PersonId, RecordId, Signature

MAX_GRANT_DURATION = timedelta(days=3653)


class _Signed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def signed_bytes(self) -> bytes:
        """What the person signs (Ed25519): the canonical bytes (RFC 8785) of everything but the signature."""
        return canonical(self.model_dump(mode="json", exclude={"signature"}))


class Grant(_Signed):
    """One person's signed agreement, within a *scope* and a period. The fields are those of ISO/IEC TS 27560.

    The issuer's signature is that of the ledger entry that records it. A grant that takes the place of an earlier one
    counts on from its *record_version* and names it in *previous*.
    """

    schema_version: Literal[2] = 2
    record_id: RecordId
    record_version: int = Field(default=1, ge=1)
    previous: Digest | None = None
    created_at: AwareDatetime
    person: PersonId
    age_attested: Literal[18] = 18  # the person is at least so old; there is no other value
    grantee: str = Field(min_length=1, max_length=200)
    sublicensing: Literal["no"] = "no"
    scope: Scope
    not_before: AwareDatetime
    not_after: AwareDatetime
    reconfirm_days: int | None = Field(default=None, ge=1, le=3653)
    evidence: Evidence
    notice: Notice
    signature: Signature

    @model_validator(mode="after")
    def _period(self) -> "Grant":
        if not self.not_before < self.not_after:
            raise ValueError("not_after must be later than not_before")
        if self.not_after - self.not_before > MAX_GRANT_DURATION:
            raise ValueError("a grant lasts ten years at most")
        if (self.record_version == 1) != (self.previous is None):
            raise ValueError("previous names the grant whose place this one takes, from record_version 2 on")
        return self

    @property
    def digest(self) -> str:
        return digest_of(self.model_dump(mode="json"))


class Withdrawal(_Signed):
    """The end of all a person's grants, or of some *uses* in them; empty means all.

    Withdrawing must be as easy as granting: the person's own signature is taken when they have their key, and the
    organisation may also record a withdrawal that reached it on another way.
    """

    person: PersonId
    uses: tuple[Use, ...] = ()
    signature: Signature | None = None


class Narrowing(_Signed):
    """A smaller *scope* for the grant with the digest *grant*, from now on."""

    record_id: RecordId
    person: PersonId
    grant: Digest
    scope: Scope
    signature: Signature


class Reconfirmation(_Signed):
    """That a person still agrees to the grant with the digest *grant*."""

    record_id: RecordId  # an old reconfirmation, recorded again, confirms nothing
    person: PersonId
    grant: Digest
    signature: Signature


class Suspension(_Signed):
    """A pause of everything with a person, or its end: anyone may call for one, only the person can end it."""

    record_id: RecordId
    person: PersonId
    ends: bool = False
    signature: Signature | None = None

    @model_validator(mode="after")
    def _ended_by_the_person(self) -> "Suspension":
        if self.ends and self.signature is None:
            raise ValueError("only the person can end a suspension: it needs their signature")
        return self
