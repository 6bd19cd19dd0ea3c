"""Evidence of an agreement: a checked recording, or the attestation of an operator."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from avatar.consent.vocabulary import Digest


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Check(_Part):
    """One look at a recorded statement: the *score* that *model* gave, the *threshold* it was held against."""

    name: str = Field(pattern=r"^[a-z][a-z-]{1,30}$")
    model: str = Field(max_length=80)
    score: float | None  # None: it could not be measured, which is never a pass
    threshold: float
    passed: bool
    code: str = Field(pattern=r"^[a-z-]+\.[a-z-]+$")  # the reason code of its failure


class Captured(_Part):
    """The person recorded a statement, live, with words drawn for the occasion."""

    kind: Literal["captured"] = "captured"
    statement: Digest  # of the text, as shown
    locale: str = Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")
    challenge: Digest  # of the nonce that was drawn for it, used once
    challenged_at: AwareDatetime
    expired_at: AwareDatetime
    recording: Digest
    checks: Annotated[tuple[Check, ...], Field(min_length=1)]
    reviewers: tuple[str, ...] = ()  # operators who looked at it, besides the one who took it


class Attested(_Part):
    """An operator says that the person agreed: on paper, by letter. Weaker, so it lasts shorter (``decide``)."""

    kind: Literal["attested"] = "attested"
    operator: str
    document: Digest | None = None  # of the signed paper, scanned


Evidence = Annotated[Captured | Attested, Field(discriminator="kind")]


class Notice(_Part):
    """What the person was shown before they agreed: the sha256 of its text, and its version."""

    text: Digest
    version: int = Field(ge=1)
