"""Personal links (magic links) and sessions: random tokens, stored as digests."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from pydantic import AwareDatetime, BaseModel, ConfigDict

from avatar.artifacts.objects import Objects
from avatar.artifacts.vault import Label, Vault, people_in
from avatar.canonical import canonical
from avatar.consent.ledger import now
from avatar.consent.terms import Terms
from avatar.consent.vocabulary import PersonId
from avatar.errors import ConsentError, InputError

_TOKEN_BYTES = 32  # of randomness in a token
_MAX_TOKEN_CHARS = 64  # characters that anyone may try as one
_SESSION_LIFETIME = timedelta(hours=2)


class RequestedTerms(BaseModel):
    """What a link asks a person: the *terms* to agree to, and the *locale* of the statement they will read aloud."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    terms: Terms
    locale: str


class PersonalLink(BaseModel):
    """Where a personal link leads, and a session that it opened: to what is *asked*, or to what was agreed to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: PersonId
    until: AwareDatetime
    asked: RequestedTerms | None = None


@dataclass(frozen=True)
class Session:
    """Someone at the pages who showed that they are *person*; the *token* is theirs alone, the *name* says nothing."""

    token: str
    name: str
    person: str
    asked: RequestedTerms | None

    @property
    def csrf(self) -> str:
        """What a form must bring that is sent within this session: other sites cannot know it."""
        return sha256(b"csrf\0" + self.token.encode()).hexdigest()


@dataclass(frozen=True)
class Sessions:
    """The links and visits of a store, sealed under the keys of the people they are for.

    The store holds the sha256 of a token, never the token: who reads the store can follow no link. A token has 256
    random bits, so nothing slower than sha256 is needed to keep it.
    """

    objects: Objects
    vault: Vault
    clock: Callable[[], datetime] = now

    def make(self, person: str, asked: RequestedTerms | None, *, hours: float) -> str:
        """Return the token of a new link for *person*, good for *hours* and one opening."""
        return self._keep(
            "links", PersonalLink(person=person, asked=asked, until=self.clock() + timedelta(hours=hours))
        )

    def look(self, token: str) -> PersonalLink:
        """Return where the link with *token* leads, without opening it.

        Raises:
            InputError: it is unknown (``link.unknown``), was opened before (``link.used``) or is too old.
        """
        link = self._find("links", token)
        if link is None:
            raise InputError("this link is not known here; ask for a new one", code="link.unknown")
        if self.objects.read(f"links/{_name(token)}/opened") is not None:
            raise InputError(
                "this link was opened before, and works only once; ask for a new one, and say so if it was not you",
                code="link.used",
            )
        if link.until <= self.clock():
            raise InputError("this link is too old; ask for a new one", code="link.expired")
        return link

    def open(self, token: str) -> Session:
        """Open the link with *token*, once and for all, and return the session it begins.

        Raises:
            InputError: as ``look``; of two who open it in the same moment, one is refused.
        """
        link = self.look(token)
        if not self.objects.create(f"links/{_name(token)}/opened", b""):
            return self.open(token)  # which says that someone was first
        return self.admit(link.person, link.asked)

    def admit(self, person: str, asked: RequestedTerms | None = None) -> Session:
        """Begin a session of *person*."""
        token = self._keep("visits", PersonalLink(person=person, asked=asked, until=self.clock() + _SESSION_LIFETIME))
        return Session(token, _name(token), person, asked)

    def visit(self, token: str) -> Session:
        """Return the session with *token*.

        Raises:
            InputError: there is none, or it is over (``visit.over``).
        """
        kept = self._find("visits", token)
        if kept is None or kept.until <= self.clock() or self.objects.read(f"visits/{_name(token)}/left") is not None:
            raise InputError(
                "your visit is over; open a new personal link, or come back with your code and key", code="visit.over"
            )
        return Session(token, _name(token), kept.person, kept.asked)

    def leave(self, session: Session) -> None:
        """End *session*."""
        self.objects.create(f"visits/{session.name}/left", b"")

    def begin(self, session: Session, challenge: str) -> None:
        """Note that the *challenge* with this id is the one that *session* is about now."""
        number = len(list(self.objects.list(f"visits/{session.name}/challenges")))
        self.objects.create(f"visits/{session.name}/challenges/{number:06d}", challenge.encode())

    def begun(self, session: Session) -> str:
        """Return the id of the challenge that *session* is about now, or nothing."""
        keys = list(self.objects.list(f"visits/{session.name}/challenges"))
        return (self.objects.read(keys[-1]) or b"").decode() if keys else ""

    def _keep(self, folder: str, link: PersonalLink) -> str:
        token = token_urlsafe(_TOKEN_BYTES)
        sealed = self.vault.seal(canonical(link.model_dump(mode="json")), _label(folder, token, link.person))
        self.objects.create(f"{folder}/{_name(token)}/sealed", sealed)
        return token

    def _find(self, folder: str, token: str) -> PersonalLink | None:
        sealed = self.objects.read(f"{folder}/{_name(token)}/sealed") if len(token) <= _MAX_TOKEN_CHARS else None
        if sealed is None:
            return None
        label = _label(folder, token, *people_in(sealed, _label(folder, token)))
        try:
            return PersonalLink.model_validate_json(self.vault.open(sealed, label))
        except ConsentError:
            return None  # whose it was is erased


def _name(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()


def _label(folder: str, token: str, *people: str) -> Label:
    return Label(folder, people, _name(token))
