"""What people sign: grants, and their ends."""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from avatar.canonical import canonical, digest_of
from avatar.consent.claims import Use

_SHA256 = r"[0-9a-f]{64}"

Digest = Annotated[str, Field(pattern=f"^{_SHA256}$")]
PersonId = Annotated[str, Field(pattern=r"^p-[0-9a-f]{16}$")]
PublicKey = Annotated[str, Field(pattern=f"^{_SHA256}$")]  # Ed25519, 32 bytes in hex
RecordId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]  # random: no two agreements are the same record
Signature = Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]


def _sorted_set(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values or list(values) != sorted(set(values)):
        raise ValueError("must name at least one, sorted, none twice")
    return values


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Grant(_Record):
    """One person's signed agreement to *uses* of *assets* by *grantee*, within a period.

    No wildcards: every use and every sample is listed. The fields follow ISO/IEC TS 27560; the signature is Ed25519
    over the canonical bytes (RFC 8785) of everything else.
    """

    schema_version: Literal[1] = 1
    record_id: RecordId
    person: PersonId
    grantee: str = Field(min_length=1, max_length=200)
    uses: Annotated[tuple[Use, ...], AfterValidator(_sorted_set)]
    assets: Annotated[tuple[Digest, ...], AfterValidator(_sorted_set)]
    not_before: AwareDatetime
    not_after: AwareDatetime
    signature: Signature

    @model_validator(mode="after")
    def _period(self) -> "Grant":
        if not self.not_before < self.not_after:
            raise ValueError("not_after must be later than not_before")
        if (self.not_after - self.not_before).days > 3653:
            raise ValueError("a grant lasts ten years at most")
        return self

    @property
    def digest(self) -> str:
        return digest_of(self.model_dump(mode="json"))

    @property
    def signed_bytes(self) -> bytes:
        """What the person signs."""
        return canonical(self.model_dump(mode="json", exclude={"signature"}))


class Withdrawal(_Record):
    """The end of all a person's grants, or of some *uses* only (narrowing); empty means all.

    Withdrawing must be as easy as granting: the person's own signature is taken when they have their key, and the
    organisation may also record a withdrawal that reached it on another way.
    """

    person: PersonId
    uses: tuple[Use, ...] = ()
    signature: Signature | None = None

    @property
    def signed_bytes(self) -> bytes:
        return canonical(self.model_dump(mode="json", exclude={"signature"}))
