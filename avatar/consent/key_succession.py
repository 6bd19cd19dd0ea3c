"""Key succession: a record, signed by both keys, by which a verifier of the old ledger key can trust the new one."""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict

from avatar.canonical import canonical
from avatar.consent.keys import Key, verify
from avatar.consent.vocabulary import PublicKey, Signature

Signing = Literal["entries", "checkpoints"]


class Succession(BaseModel):
    """That in the ledger *origin* the key *after* signs what *before* signed so far. Both signed that."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    signing: Signing
    origin: str
    before: PublicKey
    after: PublicKey
    by_before: Signature
    by_after: Signature

    @property
    def signed_bytes(self) -> bytes:
        """What both keys sign: no entry begins like this, and no checkpoint."""
        said = self.model_dump(mode="json", include={"signing", "origin", "before", "after"})
        return b"succession\0" + canonical(said)

    @property
    def holds(self) -> bool:
        """Whether both keys signed it."""
        signed = ((self.before, self.by_before), (self.after, self.by_after))
        return self.before != self.after and all(verify(key, signature, self.signed_bytes) for key, signature in signed)


def make_succession(signing: Signing, origin: str, before: Key, after: Key) -> Succession:
    """Return the succession of the key *before* by the key *after*, signed by both."""
    blank = "0" * 128
    unsigned = Succession(
        signing=signing, origin=origin, before=before.public, after=after.public, by_before=blank, by_after=blank
    )
    signatures = {"by_before": before.sign(unsigned.signed_bytes), "by_after": after.sign(unsigned.signed_bytes)}
    return unsigned.model_copy(update=signatures)


def linked_keys(key: str, successions: Iterable[Succession]) -> frozenset[str]:
    """Return every key that the checkpoint key *key* led to, or came from, by *successions* that hold, and itself."""
    links = [each for each in successions if each.signing == "checkpoints" and each.holds]
    found = {key}
    while more := {k for each in links for k in (each.before, each.after) if {each.before, each.after} & found} - found:
        found |= more
    return frozenset(found)
