"""The scope of a grant: uses, samples, purposes, projects, languages, channels, territories, scripts and totals."""

from hashlib import sha256
from secrets import token_hex
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from avatar.canonical import digest_of
from avatar.consent.uses import Use
from avatar.consent.vocabulary import (
    Channel,
    Digest,
    Language,
    PersonId,
    Purpose,
    RecordId,
    Some,
    Sorted,
    Territory,
    Topic,
)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Salted(_Part):
    """Words that stay out of the ledger: a random *salt*, and the sha256 of salt and words.

    Whoever has the words can show that they are the ones; nobody can read them off, and they can be erased.
    """

    salt: RecordId
    digest: Digest

    @classmethod
    def of(cls, words: str) -> "Salted":
        salt = token_hex(16)
        return cls(salt=salt, digest=_salted(salt, words))

    def covers(self, words: str) -> bool:
        """Return whether these are the *words*."""
        return _salted(self.salt, words) == self.digest


def _salted(salt: str, words: str) -> str:
    return sha256(f"{salt}\0{words}".encode(errors="replace")).hexdigest()


class ScriptPolicy(_Part):
    """What may be said: all of these conditions hold.

    *scripts* names the only scripts agreed to (``script_digest``; empty: not limited to known ones). *reviewed* asks
    for a second operator's approval of every script and of every video. *denied_topics* are what it is never about.
    """

    scripts: Annotated[tuple[Digest, ...], Sorted] = ()
    reviewed: bool = False
    denied_topics: Annotated[tuple[Topic, ...], Sorted] = ()


class Scope(_Part):
    """What a grant covers. Empty means none: nothing is agreed to that is not listed.

    *companions* are the other people who may be seen or heard in the same material. *max_outputs* videos of
    *max_seconds* in all may be published. The words of project and description stay outside the ledger.
    """

    uses: Annotated[tuple[Use, ...], Some]
    assets: Annotated[tuple[Digest, ...], Some]
    purposes: Annotated[tuple[Purpose, ...], Some]
    description: Salted
    project: Salted
    languages: Annotated[tuple[Language, ...], Some]
    channels: Annotated[tuple[Channel, ...], Some]
    territories: Annotated[tuple[Territory, ...], Some]
    companions: Annotated[tuple[PersonId, ...], Sorted] = ()
    script: ScriptPolicy = ScriptPolicy()
    max_outputs: int = Field(ge=1, le=1_000_000)
    max_seconds: int = Field(ge=1, le=100_000_000)

    def within(self, other: "Scope") -> bool:
        """Return whether everything this scope covers is covered by *other*."""
        return (
            all(set(getattr(self, field)) <= set(getattr(other, field)) for field in _SETS)
            and self.project == other.project
            and self.description == other.description
            and all(covers_language(other.languages, language) for language in self.languages)
            and (other.territories == ("001",) or set(self.territories) <= set(other.territories))
            and self._script_within(other.script)
            and self.max_outputs <= other.max_outputs
            and self.max_seconds <= other.max_seconds
        )

    def _script_within(self, other: ScriptPolicy) -> bool:
        named = not other.scripts or (bool(self.script.scripts) and set(self.script.scripts) <= set(other.scripts))
        topics = set(other.denied_topics) <= set(self.script.denied_topics)
        return named and topics and self.script.reviewed >= other.reviewed


_SETS = ("uses", "assets", "purposes", "channels", "companions")


def covers_language(agreed: tuple[str, ...], language: str) -> bool:
    """Return whether *language* is among *agreed*: "en" covers "en-GB" (RFC 4647, basic filtering), not the reverse."""
    return any(language == each or language.startswith(f"{each}-") for each in agreed)


def script_digest(lines: tuple[str, ...]) -> str:
    """Return the name of the script with these *lines*, as a grant or an approval spells it."""
    return digest_of(list(lines))
