"""Telling others: at least once, in order, across restarts, and never for ever."""

import stat
import threading
from datetime import timedelta
from uuid import uuid4

import pytest

from avatar.consent import Use
from avatar.consent.entries import Erased, Refused
from avatar.errors import InputError
from avatar.publishing.webhooks.event import EVENTS
from avatar.publishing.webhooks.outbox import MAX_ATTEMPTS, RETRY_DELAYS_S
from tests.consent.grants import published
from tests.consent.reading import entries
from tests.redteam.attacks import reopened

FILE = "f" * 64


@pytest.fixture
def ada(world):
    person = world.enroll("ada")
    world.agree(person)
    return person


def publish(world, person, file=FILE):
    return world.ledger.append(published(file, (person.id,)))


def test_a_withdrawal_is_told_with_the_files_it_reaches(world, ada, dispatcher, receiver):
    secret = dispatcher.subscribe(receiver.url, ["withdrawn"]).secret
    publish(world, ada)
    index = world.people.withdraw(ada, [Use.PUBLISH])

    done = dispatcher.carry()

    (message,) = receiver.got
    origin = world.ledger.read().origin
    assert (done.delivered, done.failed) == (1, 0)
    assert message.signed_with(secret)
    assert message.headers["webhook-id"] == f"{origin}/{index}"
    assert message.json["type"] == "ledger.withdrawn"
    assert message.json["data"] == {
        "ledger": origin,
        "entry": index,
        "person": ada.id,
        "uses": ["publish"],
        "files": [FILE],
    }


def test_what_is_told_of_each_event_names_nobody(world, ada, dispatcher, receiver):
    dispatcher.subscribe(receiver.url, [])
    grant = world.agree(ada)
    publish(world, ada)
    world.ledger.append(Refused(code="consent.withdrawn", request="Render", people=(ada.id,)))
    world.people.narrow(ada, grant, grant.scope.model_copy(update={"max_outputs": 1}))
    world.people.suspend(ada)
    world.people.resume(ada)
    world.people.withdraw(ada)
    world.ledger.append(Erased(person=ada.id))

    dispatcher.carry()

    told = [kind.removeprefix("ledger.") for kind in receiver.kinds]
    assert told == ["granted", "published", "refused", "narrowed", "suspended", "suspended", "withdrawn", "erased"]
    assert set(told) == set(EVENTS)
    for message in receiver.got:
        assert b"ada" not in message.body
        assert b"a studio" not in message.body


def test_only_what_was_asked_for_is_told_and_nothing_from_before(world, ada, dispatcher, receiver):
    world.people.withdraw(ada)
    dispatcher.subscribe(receiver.url, ["withdrawn", "erased"])
    world.agree(ada)
    world.people.withdraw(ada)

    dispatcher.carry()
    dispatcher.carry()

    assert receiver.kinds == ["ledger.withdrawn"]


def test_a_message_that_nobody_took_is_sent_again_later_with_the_same_id_and_bytes(world, ada, dispatcher, receiver):
    (subscription,) = [dispatcher.subscribe(receiver.url, ["withdrawn"])]
    world.people.withdraw(ada)
    receiver.status = 500

    dispatcher.carry()
    dispatcher.carry()  # not due yet
    (letter,) = dispatcher.look(subscription).waiting
    assert (len(receiver.got), letter.tried, letter.why) == (1, 1, "answered 500")

    world.wait(seconds=7)
    receiver.status = 200
    dispatcher.carry()

    first, second = receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert dispatcher.look(subscription).waiting == ()


def test_delays_grow_and_the_last_failure_is_kept_until_someone_sends_it_again(world, ada, dispatcher, receiver):
    subscription = dispatcher.subscribe(receiver.url, ["withdrawn"])
    world.people.withdraw(ada)
    receiver.status = 404
    waits = []
    while (letters := (dispatcher.carry(), dispatcher.look(subscription).waiting)[1]) and len(waits) < 20:
        waits.append((letters[0].due - world.now).total_seconds())
        world.now = letters[0].due

    assert len(receiver.got) == MAX_ATTEMPTS == len(RETRY_DELAYS_S) + 1
    assert waits == [pytest.approx(delay, rel=0.21) for delay in RETRY_DELAYS_S]
    assert waits != list(RETRY_DELAYS_S)
    (dead,) = dispatcher.look(subscription).dead
    assert (dead.tried, dead.why) == (MAX_ATTEMPTS, "answered 404")
    dispatcher.carry()
    assert len(receiver.got) == MAX_ATTEMPTS

    receiver.status = 200
    assert dispatcher.revive(subscription.id) == 1
    dispatcher.carry()

    assert len(receiver.got) == MAX_ATTEMPTS + 1
    assert dispatcher.look(subscription).dead == dispatcher.look(subscription).waiting == ()


def test_a_process_that_dies_between_reading_and_sending_loses_nothing(world, ada, dispatcher, courier_of, receiver):
    subscription = dispatcher.subscribe(receiver.url, ["withdrawn"])
    world.people.withdraw(ada)
    dispatcher._collect(dispatcher.subscriptions.all())  # and then it died

    later = courier_of(reopened(world))
    assert len(later.look(subscription).waiting) == 1
    later.carry()

    assert receiver.kinds == ["ledger.withdrawn"]


def test_a_process_that_dies_while_sending_is_followed_by_another_try(world, ada, dispatcher, courier_of, receiver):
    subscription = dispatcher.subscribe(receiver.url, ["withdrawn"])
    world.people.withdraw(ada)
    dispatcher._collect(dispatcher.subscriptions.all())
    (letter,) = dispatcher.look(subscription).waiting
    dispatcher._outbox(subscription).claim(letter, world.now)  # and then it died

    later = courier_of(reopened(world))
    later.carry()
    assert receiver.got == []
    later = courier_of(reopened(world))
    later.ledger._clock = later.clock
    world.wait(minutes=2)
    courier_of(reopened(world)).carry()

    assert receiver.kinds == ["ledger.withdrawn"]


def test_a_process_that_dies_between_sending_and_noting_sends_twice_under_one_id(world, ada, dispatcher, receiver):
    subscription = dispatcher.subscribe(receiver.url, ["withdrawn"])
    world.people.withdraw(ada)
    dispatcher._collect(dispatcher.subscriptions.all())
    outbox, (letter,) = dispatcher._outbox(subscription), dispatcher.look(subscription).waiting
    outbox.claim(letter, world.now)
    entry = entries(world.objects)[letter.index]
    dispatcher._sent(subscription, f"{world.ledger.read().origin}/{entry.index}", b"{}")  # and then it died

    world.wait(minutes=2)
    dispatcher.carry()

    assert len(receiver.got) == 2
    assert len(set(receiver.ids)) == 1


def test_two_couriers_send_a_message_once(world, ada, dispatcher, courier_of, receiver):
    dispatcher.subscribe(receiver.url, ["withdrawn"])
    for _ in range(5):
        world.people.withdraw(ada)
    couriers = [courier_of(reopened(world)) for _ in range(4)]
    threads = [threading.Thread(target=each.carry) for each in couriers]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(receiver.ids) == len(set(receiver.ids))
    dispatcher.carry()
    assert len(set(receiver.ids)) == 5


def test_a_receiver_that_is_gone_is_sent_nothing_more(world, ada, dispatcher, receiver):
    subscription = dispatcher.subscribe(receiver.url, ["withdrawn"])
    world.people.withdraw(ada)
    receiver.status = 410
    dispatcher.carry()

    world.people.withdraw(ada)
    world.wait(days=1)
    receiver.status = 200
    dispatcher.carry()

    assert len(receiver.got) == 1
    assert dispatcher.look(subscription).gone


def test_a_receiver_that_asks_for_time_gets_it(world, ada, dispatcher, receiver):
    subscription = dispatcher.subscribe(receiver.url, ["withdrawn"])
    world.people.withdraw(ada)
    receiver.status, receiver.headers = 429, {"retry-after": "3600"}

    dispatcher.carry()

    (letter,) = dispatcher.look(subscription).waiting
    assert letter.due == world.now + timedelta(hours=1)


def test_a_receiver_that_does_not_answer_keeps_nobody_else_waiting(world, ada, dispatcher, receiver):
    over = threading.Event()
    receiver.before = lambda: over.wait(20)
    dispatcher.subscribe(receiver.url, ["withdrawn"])
    from tests.publishing.webhooks.receiver import receiving

    with receiving() as prompt:
        dispatcher.subscribe(prompt.url, ["withdrawn"])
        world.people.withdraw(ada)

        done = dispatcher.carry(patience=1)

        assert done.delivered == 1
        assert len(prompt.got) == 1
        over.set()


def test_nothing_is_sent_into_a_private_network_and_that_is_said(world, ada, dispatcher):
    subscription = dispatcher.subscribe("https://10.1.2.3/hook", ["withdrawn"])
    world.people.withdraw(ada)

    dispatcher.carry()

    (letter,) = dispatcher.look(subscription).waiting
    assert letter.why == "webhook.private-address"


def test_a_subscription_is_a_file_that_others_cannot_read_and_is_removed_with_all_that_waits(world, ada, dispatcher):
    subscription = dispatcher.subscribe("https://10.1.2.3/hook", ["withdrawn"])
    (path,) = (world.folder / "webhooks").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    world.people.withdraw(ada)
    dispatcher.carry()
    assert list(world.objects.list("webhooks"))

    dispatcher.unsubscribe(subscription.id)

    assert dispatcher.subscriptions.all() == ()
    assert list(world.objects.list("webhooks")) == []


@pytest.mark.parametrize(
    ("url", "events", "code"),
    [("https://h.example", ["withdrawed"], "webhook.bad-event"), ("http://h.example", [], "webhook.bad-url")],
)
def test_what_could_never_work_is_not_subscribed(dispatcher, url, events, code):
    with pytest.raises(InputError) as refusal:
        dispatcher.subscribe(url, events)

    assert refusal.value.code == code
    assert dispatcher.subscriptions.all() == ()


def test_a_test_message_says_whether_it_arrived_and_nothing_else(dispatcher, receiver):
    subscription = dispatcher.subscribe(receiver.url, [])

    assert dispatcher.test(subscription.id) == ""
    receiver.status = 500
    assert dispatcher.test(subscription.id) == "answered 500"

    assert receiver.kinds == ["ledger.test", "ledger.test"]
    assert receiver.got[0].signed_with(subscription.secret)


@pytest.mark.slow
def test_it_is_the_same_on_s3(s3_endpoint, tmp_path, courier_of, receiver):
    from avatar.artifacts.s3 import S3Objects
    from avatar.testing.world import World
    from tests.conftest import BUCKET

    world = World(tmp_path, S3Objects(BUCKET, uuid4().hex))
    ada, dispatcher = world.enroll("ada"), courier_of(world)
    subscription = dispatcher.subscribe(receiver.url, ["withdrawn"])
    world.people.withdraw(ada)
    receiver.status = 500
    dispatcher.carry()
    world.wait(seconds=7)
    receiver.status = 200
    dispatcher.carry()

    assert len(receiver.got) == 2
    assert dispatcher.look(subscription).waiting == ()
