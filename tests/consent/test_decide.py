"""The decision is pure: a table of who agreed to what, and the answer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from avatar.consent import Claim, Use
from avatar.consent.brief import Brief
from avatar.consent.decide import Deny, Permit, Question, decide
from avatar.consent.evidence import Attested, Evidence, Notice
from avatar.consent.record import Grant
from avatar.consent.scope import Salted
from avatar.consent.state import PersonState, Standing, State
from avatar.testing.world import TOY_BRIEF, TOY_TERMS

ADA, BOB = "p-00000000000000ad", "p-00000000000000b0"
VOICE, FACE, BOBS = "a" * 64, "b" * 64, "c" * 64
STORED = {VOICE: "1" * 64, FACE: "2" * 64, BOBS: "3" * 64}
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ATTESTED = Attested(operator="o-0000000000000000")
WORDS = {"project": Salted.of("toys"), "description": Salted.of("A lesson.")}  # salted once: grants are compared


def grant(
    *uses: Use,
    start: datetime = NOON,
    end: datetime = NOON + DAY,
    assets: tuple[str, ...] = (VOICE,),
    person: str = ADA,
    evidence: Evidence = ATTESTED,
    **limits: Any,
) -> Grant:
    terms = replace(TOY_TERMS, uses=uses, **{"companions": (ADA, BOB), **limits})
    return Grant(
        record_id="0" * 32,
        created_at=NOON,
        person=person,
        grantee="a studio",
        scope=terms.scope(assets).model_copy(update=WORDS),
        not_before=start,
        not_after=end,
        reconfirm_days=terms.reconfirm_days,
        evidence=evidence,
        notice=Notice(text="0" * 64, version=1),
        signature="0" * 128,
    )


def state(*grants: Grant, withdrawn: int | None = None, brought: tuple[str, ...] = (VOICE, FACE)) -> State:
    ada = PersonState("0" * 64, "0" * 64, "synthetic", {asset: STORED[asset] for asset in brought}, withdrawn=withdrawn)
    bob = PersonState("1" * 64, "1" * 64, "synthetic", {BOBS: STORED[BOBS]})
    for index, given in enumerate(grants):
        owner = ada if given.person == ADA else bob
        owner.standing.append(Standing(given, frozenset(given.scope.uses), index, given.scope, NOON))
    return State(people={ADA: ada, BOB: bob})


def claim(use: Use | None = Use.CLONE_VOICE, asset: str = VOICE, person: str = ADA, manifest: str = "") -> Claim:
    return Claim(person, use, asset, manifest or STORED[asset])


def asked(*claims: Claim, brief: Brief = TOY_BRIEF, **more: Any) -> Question:
    return Question(frozenset(claims), brief, **more)


GOOD = grant(Use.CLONE_VOICE)


def erased(*grants: Grant) -> State:
    known = state(*grants)
    known.people[ADA].erased = True
    return known


@pytest.mark.parametrize(
    ("why", "claims", "standing"),
    [
        ("erased", [claim()], erased(GOOD)),
        ("erased", [claim(use=None)], erased(GOOD)),
        ("nobody", [], state(GOOD)),
        ("unknown-person", [claim(person="p-ffffffffffffffff")], state(GOOD)),
        ("foreign-asset", [claim()], state(GOOD, brought=(FACE,))),
        ("foreign-asset", [claim(asset=BOBS)], state(grant(Use.CLONE_VOICE, assets=(BOBS,)))),
        ("foreign-asset", [claim(manifest="f" * 64)], state(GOOD)),
        ("not-granted", [claim()], state()),
        ("not-granted", [claim(Use.PUBLISH)], state(GOOD)),
        ("not-granted", [claim(None)], state()),
        ("withdrawn", [claim()], state(withdrawn=7)),
        ("withdrawn", [claim(None)], state(withdrawn=7)),
        ("asset-not-covered", [claim(asset=FACE)], state(GOOD)),
        ("expired", [claim()], state(grant(Use.CLONE_VOICE, start=NOON - 2 * DAY, end=NOON))),
        ("not-yet", [claim()], state(grant(Use.CLONE_VOICE, start=NOON + timedelta(seconds=1)))),
        ("not-granted", [claim(), claim(asset=BOBS, person=BOB)], state(GOOD)),
    ],
)
def test_without_a_covering_grant_the_answer_is_no(why, claims, standing):
    answer = decide(asked(*claims), standing, NOON)

    assert isinstance(answer, Deny)
    assert answer.code == f"consent.{why}"
    assert answer.sentence


@pytest.mark.parametrize(
    ("claims", "standing"),
    [
        ([claim()], state(GOOD)),
        ([claim(None)], state(grant(Use.PUBLISH))),
        ([claim()], state(grant(Use.CLONE_VOICE, start=NOON - DAY, end=NOON + timedelta(microseconds=1)))),
        ([claim()], state(grant(Use.CLONE_VOICE, start=NOON - 2 * DAY, end=NOON - DAY), GOOD)),
        ([claim()], state(GOOD, withdrawn=3)),
    ],
)
def test_a_covering_grant_is_a_yes(claims, standing):
    assert isinstance(decide(asked(*claims), standing, NOON), Permit)


def test_a_permit_names_the_grants_it_stands_on():
    bobs = grant(Use.SWAP_FACE, person=BOB, assets=(BOBS,))
    unused = grant(Use.TRAIN)

    answer = decide(asked(claim(), claim(Use.SWAP_FACE, BOBS, BOB)), state(GOOD, bobs, unused), NOON)

    assert answer == Permit(tuple(sorted((GOOD.digest, bobs.digest))))


def test_the_sentence_says_who_what_and_what_to_do():
    answer = decide(asked(claim()), state(), NOON)

    assert isinstance(answer, Deny)
    assert answer.sentence == f"{ADA} has not agreed to 'clone-voice'; ask them, then record it (avatar grant)"


def test_two_grants_do_not_add_up_to_one():
    """One covers the voice for publishing, one the face for cloning: neither covers the voice for cloning."""
    answer = decide(asked(claim()), state(grant(Use.PUBLISH), grant(Use.CLONE_VOICE, assets=(FACE,))), NOON)

    assert isinstance(answer, Deny)
    assert answer.code == "consent.asset-not-covered"
