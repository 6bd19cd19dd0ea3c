"""The verdict on a file: trusted or not, with reasons, people and grants."""

from dataclasses import asdict, dataclass
from typing import Any

from avatar.provenance.assertion import Appearance
from avatar.provenance.credential import Credential
from avatar.watermark.verify import Watermarks


@dataclass(frozen=True)
class LedgerFacts:
    """What a ledger says of a published file: where it stands, on what, and who has withdrawn since."""

    origin: str
    index: int
    people: tuple[str, ...]
    grants: tuple[str, ...]
    withdrawn: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reason:
    """Why a file is not trusted: a *code* for a machine, a *sentence* for a person."""

    code: str
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """Whether a file is trusted, why not, and what does hold.

    It is trusted when there is no reason against it. *holds* are sentences that are true in either case. *marks* are
    those found in picture and sound, ``None`` when nobody looked.
    """

    digest: str
    reasons: tuple[Reason, ...]
    holds: tuple[str, ...]
    credential: Credential | None = None
    entry: LedgerFacts | None = None
    marks: Watermarks | None = None

    @property
    def trusted(self) -> bool:
        return not self.reasons

    @property
    def people(self) -> tuple[Appearance, ...]:
        """Who appears, by random id, and the uses made of their likeness, as the credential says."""
        return self.credential.disclosure.people if self.credential and self.credential.disclosure else ()

    @property
    def grants(self) -> tuple[str, ...]:
        """The digests of the grants the video stands on: the ledger's word, or else the credential's."""
        if self.entry:
            return self.entry.grants
        return self.credential.disclosure.grants if self.credential and self.credential.disclosure else ()

    def as_json(self) -> dict[str, Any]:
        """Return this verdict as JSON values."""
        credential = self.credential
        return {
            "trusted": self.trusted,
            "sha256": self.digest,
            "reasons": [asdict(reason) for reason in self.reasons],
            "holds": list(self.holds),
            "title": credential.title if credential else "",
            "signer": {"name": credential.signer, "serial": f"{credential.serial:x}"} if credential else None,
            "time": credential.time if credential else None,
            "actions": [asdict(action) for action in credential.actions] if credential else [],
            "consent": credential.disclosure.model_dump(mode="json") if credential and credential.disclosure else None,
            "ledger": asdict(self.entry) if self.entry else None,
            "marks": self.marks.as_json() if self.marks else None,
        }

    def explain(self) -> str:
        """Return this verdict in plain words, several lines."""
        lines = ["This file is trusted." if self.trusted else "This file is NOT trusted."]
        lines += [f"  no   {reason.sentence} [{reason.code}]" for reason in self.reasons]
        lines += [f"  yes  {sentence}" for sentence in self.holds]
        lines += _told("What was done, as the credential says", _deeds(self.credential))
        lines += _told("Who appears", [f"{each.person}: {', '.join(each.uses)}" for each in self.people])
        lines += _told("Which grants it stands on", list(self.grants))
        lines += _told("Which marks it carries", self.marks.explain() if self.marks else [])
        lines += ["", f"sha256 of the file: {self.digest}"]
        return "\n".join(_printable(line) for line in lines)


def _printable(line: str) -> str:
    # Titles and names come from the file; a stranger's must not steer the terminal.
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def _deeds(credential: Credential | None) -> list[str]:
    actions = credential.actions if credential else ()
    return [f"{action.sentence} [{action.name}, {action.source}, by {action.software}]" for action in actions]


def _told(heading: str, items: list[str]) -> list[str]:
    return ["", f"{heading}:", *(f"  - {item}" for item in items)] if items else []
