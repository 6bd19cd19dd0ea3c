"""What the ledger itself asks of a recorded statement, whoever writes to it."""

import pytest

from avatar.capture.outcome import ChallengeState
from avatar.consent import Use
from avatar.consent.entries import Granted, Requested
from avatar.consent.record import Grant
from avatar.errors import ConsentError
from avatar.testing.world import World
from tests.capture.scripted import Booth


@pytest.fixture
def booth(world: World) -> Booth:
    return Booth(world)


@pytest.fixture
def grant(booth: Booth) -> Grant:
    """A grant that was captured, as it stands in the ledger."""
    ada = booth.world.enroll("ada")
    challenge = booth.capture.ask(ada, booth.world.terms(Use.CLONE_VOICE))
    assert booth.capture.take(challenge.id, booth.says(challenge)).standing is ChallengeState.GRANTED
    return booth.world.ledger.read().people[ada.id].standing[0].grant


def again(booth: Booth, grant: Grant, **changes: object) -> str:
    """Have its person sign *grant* anew with *changes*, record it, and return the reason code of the refusal."""
    person = booth.world.people.find(grant.person)
    unsigned = grant.model_copy(update={"record_id": "ab" * 16, **changes})
    signed = unsigned.model_copy(update={"signature": booth.world.people.key(person).sign(unsigned.signed_bytes)})
    with pytest.raises(ConsentError) as caught:
        booth.world.ledger.append(Granted(grant=signed))
    return caught.value.code


def test_a_statement_is_an_agreement_once(booth: Booth, grant: Grant) -> None:
    assert again(booth, grant) == "consent.replayed"


def test_a_statement_answers_a_question_that_is_on_record(booth: Booth, grant: Grant) -> None:
    other = grant.evidence.model_copy(update={"challenge": "0" * 64})

    assert again(booth, grant, evidence=other) == "consent.not-asked"


def test_and_one_that_this_person_was_asked(booth: Booth, grant: Grant) -> None:
    ben = booth.world.enroll("ben")
    asked = booth.capture.ask(ben, booth.world.terms(Use.CLONE_VOICE))

    assert (
        again(booth, grant, evidence=grant.evidence.model_copy(update={"challenge": asked.id})) == "consent.not-asked"
    )


def test_a_withdrawal_while_a_statement_is_checked_wins(booth: Booth, grant: Grant) -> None:
    ada = booth.world.people.find(grant.person)
    asked = booth.capture.ask(ada, booth.world.terms(Use.CLONE_VOICE))
    booth.world.people.withdraw(ada)

    changed = grant.evidence.model_copy(update={"challenge": asked.id})
    assert again(booth, grant, evidence=changed) == "consent.withdrawn-since"


def test_a_question_is_put_once(booth: Booth, grant: Grant) -> None:
    with pytest.raises(ConsentError) as caught:
        booth.world.ledger.append(Requested(person=grant.person, challenge=grant.evidence.challenge))

    assert caught.value.code == "consent.asked-twice"
