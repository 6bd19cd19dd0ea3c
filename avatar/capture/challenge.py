"""A consent challenge: the statement one person has to say, once, within half an hour."""

from datetime import timedelta
from functools import cached_property
from hashlib import sha256
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from avatar.canonical import digest_of
from avatar.consent.terms import Terms
from avatar.consent.vocabulary import Digest, PersonId, RecordId

CHALLENGE_LIFETIME = timedelta(minutes=30)


class Challenge(BaseModel):
    """What a person was asked, sealed under their key; the ledger knows only its *id*.

    The *nonce* makes that id say nothing to who guesses the terms.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    nonce: RecordId
    person: PersonId
    terms: Terms
    locale: str = Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")
    statement: str
    passcode: tuple[str, str, str]
    asked_by: str
    asked_at: AwareDatetime
    after: int  # index of the newest ledger entry then: a withdrawal behind it ends this challenge

    @cached_property
    def id(self) -> str:
        """The sha256 that names this challenge."""
        return digest_of(self.model_dump(mode="json"))

    @property
    def expires_at(self) -> AwareDatetime:
        return self.asked_at + CHALLENGE_LIFETIME

    @property
    def statement_digest(self) -> Digest:
        return sha256(self.statement.encode()).hexdigest()
