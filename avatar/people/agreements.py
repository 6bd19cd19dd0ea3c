"""Agreements: grants that people sign, and their narrowing, suspension and withdrawal, entered in the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from avatar.artifacts.vault import Label
from avatar.canonical import canonical
from avatar.consent import Use
from avatar.consent.entries import (
    Fact,
    Granted,
    Narrowed,
    Reconfirmed,
    Refused,
    Suspended,
    Withdrawn,
)
from avatar.consent.evidence import Attested, Evidence, Notice
from avatar.consent.keys import key_at
from avatar.consent.notice import NOTICE_VERSION, render_notice
from avatar.consent.permission import require_role
from avatar.consent.record import Grant, Narrowing, Reconfirmation, Suspension, Withdrawal
from avatar.consent.roles import Role
from avatar.consent.scope import Scope
from avatar.consent.terms import Terms
from avatar.errors import ConsentError, InputError
from avatar.people.directory import Directory, Person

S = TypeVar("S", Grant, Narrowing, Reconfirmation, Suspension)


class GrantText(BaseModel):
    """What a grant says in words: kept sealed under the person's key, while the ledger holds salted digests."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: str
    description: str
    notice: str


@dataclass(frozen=True)
class Agreements(Directory):
    """The directory, and what its people agree to."""

    def agree(
        self, person: Person, terms: Terms, *, evidence: Evidence | None = None, previous: Grant | None = None
    ) -> Grant:
        """Have *person* sign a grant on *terms* of every sample they brought, and record it.

        Without *evidence* of their own words it is the operator who attests it, and so needs the role to. A *previous*
        grant of theirs is replaced. The words that stay outside the ledger are kept sealed under the person's key.
        """
        if evidence is None:
            require_role(self.ledger, Role.GRANT, "Grant")
        known = self.ledger.read().people[person.id]
        if known.erased:
            self._refuse(person.id, "consent.erased")
            raise ConsentError(f"{person.id} was erased; nothing of them is recorded any more", code="consent.erased")
        begin, end = self._period(terms)
        text = render_notice(terms, self.organisation, tuple(self.display_name(id) for id in terms.companions))
        try:
            unsigned = Grant(
                record_id=token_hex(16),
                record_version=previous.record_version + 1 if previous else 1,
                previous=previous.digest if previous else None,
                created_at=self.clock(),
                person=person.id,
                grantee=self.organisation,
                scope=terms.scope(tuple(known.samples)),
                not_before=begin,
                not_after=end,
                reconfirm_days=terms.reconfirm_days,
                evidence=evidence or Attested(operator=self.ledger.operator),
                notice=Notice(text=sha256(text.encode()).hexdigest(), version=NOTICE_VERSION),
                signature="0" * 128,
            )
        except ValidationError as error:
            raise _unusable(error) from error
        grant = self._signed(person, unsigned)
        words = GrantText(project=terms.project, description=terms.description, notice=text)
        self._keep_words(grant, words)
        return self.record(grant)

    def _period(self, terms: Terms) -> tuple[datetime, datetime]:
        try:
            return terms.period(self.clock())
        except OverflowError as error:
            raise InputError(
                f"grant, field 'days' ({terms.days}): too many; a grant lasts ten years at most", code="grant.bad-value"
            ) from error

    def record(self, grant: Grant) -> Grant:
        """Record a *grant* that its person signed, here or elsewhere.

        Raises:
            ConsentError: it is not theirs, was edited, was recorded before, is already over, or is for someone else.
        """
        if isinstance(grant.evidence, Attested):
            require_role(self.ledger, Role.GRANT, "Grant")
        if grant.grantee != self.organisation:
            self._refuse(grant.person, "consent.other-grantee")
            raise ConsentError(
                f"grant of {grant.person}, grantee {grant.grantee!r}: this is {self.organisation!r}; ask for a grant "
                "that names this organisation, or set AVATAR_ORGANISATION",
                code="consent.other-grantee",
            )
        if grant.not_after <= self.clock():
            self._refuse(grant.person, "consent.expired")
            raise ConsentError(
                f"grant of {grant.person}, not_after {grant.not_after:%Y-%m-%d %H:%M} UTC: it is already over; "
                "ask for a new one with a later end",
                code="consent.expired",
            )
        self._enter_signed(Granted(grant=grant), grant.person)
        return grant

    def read_grant(self, path: Path) -> Grant:
        """Return the signed grant in the JSON file *path*."""
        try:
            return Grant.model_validate_json(path.read_bytes())
        except OSError as error:
            raise InputError(f"grant {path}: cannot be read; give a JSON file", code="grant.unreadable") from error
        except ValidationError as error:
            raise _unusable(error) from error

    def words_of(self, grant: Grant) -> GrantText | None:
        """Return the words of *grant* that the ledger does not hold, or ``None`` if it was signed elsewhere."""
        return self.words_at(grant.person, grant.digest)

    def words_at(self, person: str, grant: str) -> GrantText | None:
        """Return the words of *person*'s grant with this digest, as ``words_of``, also when it stands no more."""
        sealed = self.objects.read(f"people/{person}/words/{grant}")
        if sealed is None:
            return None
        return GrantText.model_validate_json(self.vault.open(sealed, Label("words", (person,), grant)))

    def _keep_words(self, grant: Grant, words: GrantText) -> None:
        sealed = self.vault.seal(
            canonical(words.model_dump(mode="json")), Label("words", (grant.person,), grant.digest)
        )
        self.objects.create(f"people/{grant.person}/words/{grant.digest}", sealed)

    def narrow(self, person: Person, grant: Grant, scope: Scope) -> int:
        """Have *person* make the scope of *grant* as small as *scope*; return the ledger index."""
        unsigned = Narrowing(
            record_id=token_hex(16), person=person.id, grant=grant.digest, scope=scope, signature="0" * 128
        )
        index = self._enter_signed(Narrowed(narrowing=self._signed(person, unsigned)), person.id)
        self.voice_guard.forget(person.id)
        return index

    def reconfirm(self, person: Person, grant: Grant) -> int:
        """Have *person* say that they still agree to *grant*; return the ledger index."""
        unsigned = Reconfirmation(record_id=token_hex(16), person=person.id, grant=grant.digest, signature="0" * 128)
        return self._enter_signed(Reconfirmed(reconfirmation=self._signed(person, unsigned)), person.id)

    def suspend(self, person: Person) -> int:
        """Pause everything with *person* until they resume; return the ledger index. Anyone may, at any time."""
        return self._enter_signed(
            Suspended(suspension=Suspension(record_id=token_hex(16), person=person.id)), person.id
        )

    def resume(self, person: Person) -> int:
        """Have *person* end the pause; return the ledger index."""
        unsigned = Suspension(record_id=token_hex(16), person=person.id, ends=True, signature="0" * 128)
        return self._enter_signed(Suspended(suspension=self._signed(person, unsigned)), person.id)

    def withdraw(self, person: Person, uses: Sequence[Use] = ()) -> int:
        """Record that *person* takes back *uses*, or everything; return the ledger index."""
        return self._withdraw(Withdrawal(person=person.id, uses=tuple(sorted(set(uses)))))

    def withdraw_all(self, id: str) -> int:
        """Record that the person with the *id* takes everything back, also when nobody knows their alias any more."""
        return self._withdraw(Withdrawal(person=id))

    def _withdraw(self, withdrawal: Withdrawal) -> int:
        key = self.keys / f"{withdrawal.person}.key"
        if key.exists():
            signature = key_at(key).sign(withdrawal.signed_bytes)
            withdrawal = withdrawal.model_copy(update={"signature": signature})
        index = self.ledger.append(Withdrawn(withdrawal=withdrawal))
        self.voice_guard.forget(withdrawal.person)
        return index

    def _signed(self, person: Person, unsigned: S) -> S:
        return unsigned.model_copy(update={"signature": self.key(person).sign(unsigned.signed_bytes)})

    def _enter_signed(self, fact: Fact, person: str) -> int:
        try:
            return self.ledger.append(fact)
        except ConsentError as error:
            self._refuse(person, error.code)
            raise

    def _refuse(self, person: str, code: str) -> None:
        self.ledger.append(Refused(code=code, request="Grant", people=(person,)))


def _unusable(error: ValidationError) -> InputError:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    field = f", field {name!r}" if name else ""
    given = f" ({first['input']!r})" if name else ""
    message = first["msg"].removeprefix("Value error, ")
    return InputError(f"grant{field}{given}: {message}", code="grant.bad-value")
