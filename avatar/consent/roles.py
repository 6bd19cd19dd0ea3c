"""Operators and their roles, appointments, approvals and the approval policy."""

from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from avatar.canonical import canonical
from avatar.consent.vocabulary import Digest, PublicKey, RecordId, Signature, Sorted

OperatorId = Annotated[str, Field(pattern=r"^o-[0-9a-f]{16}$")]


class Role(StrEnum):
    """What an operator may do. Withdrawing is no role: it is open to everyone, always."""

    ENROLL = "enroll"
    GRANT = "grant"  # record what a person agreed to, on their behalf
    PRODUCE = "produce"
    APPROVE = "approve"
    PUBLISH = "publish"
    AUDIT = "audit"
    ERASE = "erase"
    APPOINT = "appoint"


def operator_id(key: str) -> str:
    """Return the id of the operator whose public key is *key*."""
    return f"o-{sha256(bytes.fromhex(key)).hexdigest()[:16]}"


class _Signed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def signed_bytes(self) -> bytes:
        """What the operator *by* signs (Ed25519 over RFC 8785 bytes)."""
        return canonical(self.model_dump(mode="json", exclude={"signature"}))


class Appointment(_Signed):
    """That the operator with the public *key* has these *roles* from now on (none: dismissed)."""

    record_id: RecordId
    key: PublicKey
    roles: Annotated[tuple[Role, ...], Sorted]
    by: OperatorId
    signature: Signature


class Approval(_Signed):
    """That the operator *by* looked at a script or a video (its digest: *subject*) and lets it pass."""

    kind: Literal["script", "video"]
    subject: Digest
    by: OperatorId
    signature: Signature


class ApprovalPolicy(_Signed):
    """Whether every video needs a second operator's approval before it is published, from now on."""

    record_id: RecordId
    approval: bool
    by: OperatorId
    signature: Signature
