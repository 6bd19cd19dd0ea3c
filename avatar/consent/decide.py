"""Whether people have agreed: a pure decision over claims and records."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from avatar.consent.claims import Claim
from avatar.consent.state import PersonState, Standing, State


@dataclass(frozen=True)
class Permit:
    """Yes, on the strength of these grants (digests, sorted)."""

    grants: tuple[str, ...]


@dataclass(frozen=True)
class Deny:
    """No: whose agreement is missing, a reason code, and a sentence that says what to do."""

    person: str
    code: str
    sentence: str


def decide(claims: Iterable[Claim], state: State, now: datetime) -> Permit | Deny:
    """Answer whether every one of *claims* is covered by a standing grant at *now*.

    Each claim needs one grant that covers its use, its asset and the moment. No claim at all is a denial: work that
    shows nobody has no business here, and an empty list is how a bug would look.
    """
    grants: set[str] = set()
    asked = sorted(set(claims), key=lambda claim: (claim.person, claim.use or "", claim.asset))
    if not asked:
        return Deny("", "consent.nobody", "the material shows nobody: there is no one who could have agreed")
    for claim in asked:
        person = state.people.get(claim.person)
        answer = _deny(claim, "unknown-person") if person is None else _answer(claim, person, now)
        if isinstance(answer, Deny):
            return answer
        grants.add(answer.grant.digest)
    return Permit(tuple(sorted(grants)))


def _answer(claim: Claim, person: PersonState, now: datetime) -> Standing | Deny:
    if person.erased:  # whatever was recorded since, and even if a copy of their key turns up
        return _deny(claim, "erased")
    # By manifest, not only by asset: anyone who can write to the store can bind a known sample to other files.
    if person.assets.get(claim.asset) != claim.manifest:
        return _deny(claim, "foreign-asset")
    covering = [s for s in person.standing if claim.use is None or claim.use in s.uses]
    if not covering:
        return _deny(claim, "withdrawn" if person.withdrawn is not None else "not-granted")
    covering = [s for s in covering if claim.asset in s.grant.assets]
    if not covering:
        return _deny(claim, "asset-not-covered")
    for standing in covering:
        if standing.grant.not_before <= now < standing.grant.not_after:
            return standing
    return _deny(claim, "expired" if all(s.grant.not_after <= now for s in covering) else "not-yet")


_SENTENCES = {
    "unknown-person": "{person} is not enrolled here; enrol them first (avatar enroll)",
    "erased": "{person} was erased: nothing that shows them is used any more; make it without them",
    "foreign-asset": "{person} never brought the sample {asset}; enrol it first (avatar enroll)",
    "not-granted": "{person} has not agreed to {use}; ask them, then record it (avatar grant)",
    "withdrawn": "{person} has withdrawn their agreement to {use}; only they can grant it again (avatar grant)",
    "asset-not-covered": "{person} agreed to {use}, but not with the sample {asset}; ask them about it (avatar grant)",
    "expired": "{person}'s agreement to {use} has expired; ask them to renew it (avatar grant)",
    "not-yet": "{person}'s agreement to {use} has not begun yet; wait, or ask for an earlier start (avatar grant)",
}


def _deny(claim: Claim, why: str) -> Deny:
    use = f"'{claim.use}'" if claim.use else "any use"
    sentence = _SENTENCES[why].format(person=claim.person, use=use, asset=claim.asset[:12])
    return Deny(claim.person, f"consent.{why}", sentence)
