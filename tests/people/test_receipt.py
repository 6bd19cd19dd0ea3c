"""A receipt says everything, proves itself, and can be read by a person."""

import json

import pytest

from avatar.consent.keys import key_at
from avatar.consent.vocabulary import Purpose
from avatar.people.receipt import receipts
from tests.consent.independent import holds


@pytest.fixture
def ada(world):
    return world.enroll("ada")


def prove(world):
    key = key_at(world.folder / "checkpoint.key", make=True)

    def proof(index: int) -> str:
        world.ledger.checkpoint(key)
        return str(world.ledger.prove(index))

    return proof


def test_a_receipt_is_proven_to_someone_who_shares_no_code_with_us(world, ada):
    from avatar.consent.signed_note import NoteKey

    world.agree(ada)
    (receipt,) = receipts(world.people, ada, prove(world))
    key = key_at(world.folder / "checkpoint.key")

    assert holds(receipt.proof, str(NoteKey(world.ledger.head()[0].origin, key.public)))


def test_a_receipt_holds_the_record_its_words_and_how_to_end_it(world, ada):
    given = world.agree(ada, project="Nightingale", description="Short lessons about nothing.")
    (receipt,) = receipts(world.people, ada, prove(world))
    told = json.loads(json.dumps(receipt.as_json()))

    assert told["record_digest"] == given.digest
    assert told["record"]["scope"]["purposes"] == [Purpose.RESEARCH]
    assert told["words"]["project"] == "Nightingale"
    assert "withdraw" in told["how_to_withdraw"]
    assert told["status"] == "stands"


def test_the_page_of_a_receipt_cannot_be_injected_into(world, ada):
    world.agree(ada, project="<script>alert(1)</script>", description="Short lessons about <b>nothing</b>.")
    (receipt,) = receipts(world.people, ada, prove(world))

    page = receipt.as_page()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "Short lessons about &lt;b&gt;nothing" in page


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda world, ada, given: world.people.suspend(ada), "paused"),
        (lambda world, ada, given: world.people.withdraw(ada, ["publish"]), "narrowed"),
        (lambda world, ada, given: world.wait(days=1), "expired"),
    ],
)
def test_a_receipt_says_how_the_agreement_stands(world, ada, change, status):
    change(world, ada, world.agree(ada))

    assert [receipt.status for receipt in receipts(world.people, ada, prove(world))] == [status]


def test_who_withdrew_everything_has_no_receipt(world, ada):
    world.agree(ada)
    world.people.withdraw(ada)

    assert receipts(world.people, ada, prove(world)) == ()
