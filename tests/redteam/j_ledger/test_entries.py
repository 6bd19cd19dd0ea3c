"""J: entries changed in the store, by someone who cannot sign, and by someone who can."""

import contextlib
import json

from avatar.canonical import canonical
from avatar.consent.entries import Entry, Refused, signed_bytes_of
from avatar.consent.keys import new_key
from avatar.errors import StoreError
from tests.consent.reading import facts
from tests.redteam.cases import attack
from tests.redteam.j_ledger.conftest import edited


@attack("a bit of an entry is flipped", by="canonical entries", code="ledger.unreadable", entry=False)
def test_a_flipped_bit(scene, insider):
    data = bytearray(insider.data(insider.names[3]))
    data[0] ^= 1
    insider.put(insider.names[3], bytes(data))

    scene.shut()


@attack("an entry says something else than was signed", by="signed entries", code="ledger.forged", entry=False)
def test_an_edited_entry(scene, insider):
    last = insider.names[-1]
    insider.put(last, edited(insider.data(last), at="2030-01-01T00:00:00Z"))

    scene.shut()


@attack("an entry is written in another spelling", by="canonical entries", code="ledger.unreadable", entry=False)
def test_another_spelling(scene, insider):
    last = insider.names[-1]
    insider.put(last, json.dumps(json.loads(insider.data(last)), indent=1).encode())

    scene.shut()


@attack("an entry with a field more", by="canonical entries", code="ledger.unreadable", entry=False)
def test_a_field_more(scene, insider):
    last = insider.names[-1]
    insider.put(last, edited(insider.data(last), remark="also"))

    scene.shut()


@attack("an entry is added that the ledger's key did not sign", by="signed entries", code="ledger.forged", entry=False)
def test_an_added_entry(scene, insider):
    world = scene.world
    position, _ = world.ledger.head()
    fact, index = Refused(code="a.b", request="Publish"), position.index + 1
    signature = new_key().sign(signed_bytes_of(index, position.digest, world.now, world.ledger.operator, fact))
    entry = Entry(
        index=index, previous=position.digest, at=world.now, by=world.ledger.operator, fact=fact, signature=signature
    )
    world.objects.create(f"ledger/entries/{index:012d}", canonical(entry.model_dump(mode="json")))

    scene.shut()


@attack("two entries change places", by="chain", code="ledger.broken-chain", entry=False)
def test_reordered_entries(scene, insider):
    one, other = insider.names[-2:]
    first, second = insider.data(one), insider.data(other)
    insider.put(one, second)
    insider.put(other, first)

    scene.shut()


@attack("a stranger's object lies among the entries", by="no gaps", code="ledger.broken-chain", entry=False)
def test_a_stranger_among_the_entries(scene, insider):
    scene.world.objects.create("ledger/entries/000000000000-copy", b"{}")

    scene.shut()


@attack("the first entry is exchanged for another beginning", by="own ledger", code="ledger.foreign-key", entry=False)
def test_another_beginning(scene, insider):
    from avatar.consent.entries import LedgerCreated

    key, now = new_key(), scene.world.now
    fact = LedgerCreated(origin="avatar-ledger/other", key=key.public, founder=key.public)
    signature = key.sign(signed_bytes_of(0, "", now, scene.world.ledger.operator, fact))
    entry = Entry(index=0, previous="", at=now, by=scene.world.ledger.operator, fact=fact, signature=signature)
    for name in insider.names:
        scene.world.objects.delete(name)
    insider.put("ledger/entries/000000000000", canonical(entry.model_dump(mode="json")))

    scene.shut()


@attack(
    "a crash between a result's entry and its recipe", by="whole or nothing", harmless="the next run makes it whole"
)
def test_a_crash_between_two_writes(scene, monkeypatch):
    def crash(*_):
        raise StoreError("the process was killed here", code="store.io")

    with monkeypatch.context() as patch:
        patch.setattr(scene.world.store, "remember", crash)
        with contextlib.suppress(StoreError):
            scene.publish(scene.accomplice)
    fresh = scene.restart()

    assert fresh.world.store.manifest(fresh.publish(scene.accomplice).digest).kind == "SignedVideo"
    assert facts(scene.world.objects).count("published") == 1


@attack(
    "a crash between the publication's entry and the keeping", by="whole or nothing", harmless="the file is made again"
)
def test_a_crash_behind_a_publication(scene, monkeypatch):
    video = scene.video(scene.accomplice)

    def crash(*_, **__):
        raise StoreError("the process was killed here", code="store.io")

    from avatar.stages.render import Publish

    with monkeypatch.context() as patch:
        patch.setattr(scene.world.store, "keep", crash)
        with contextlib.suppress(StoreError):
            scene.perform(Publish(video), "stamp")
    assert facts(scene.world.objects).count("published") == 1

    signed = scene.restart().perform(Publish(video), "stamp")
    assert scene.world.store.manifest(signed.digest).kind == "SignedVideo"
