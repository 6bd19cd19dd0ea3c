"""The webhook dispatcher: reads events off the ledger, delivers what is due, records the outcome."""

import http.client
import logging
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime

from avatar.artifacts.objects import Objects
from avatar.consent.ledger import Ledger, now
from avatar.errors import AvatarError, InputError
from avatar.publishing.webhooks.event import message_id, payload_of, ping_payload
from avatar.publishing.webhooks.http_client import WebhookResponse, post
from avatar.publishing.webhooks.outbox import MAX_ATTEMPTS, Delivery, Outbox, OutboxContents
from avatar.publishing.webhooks.signature import headers_of
from avatar.publishing.webhooks.subscription import Subscription, Subscriptions

_log = logging.getLogger(__name__)

Post = Callable[[str, Mapping[str, str], bytes, Set[str]], WebhookResponse]


@dataclass
class DispatchStats:
    """What one round of deliveries came to, in messages."""

    delivered: int = 0
    failed: int = 0
    dead: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, *, delivered: int = 0, failed: int = 0, dead: int = 0) -> None:
        """Add to it. Called from several threads."""
        with self._lock:
            self.delivered += delivered
            self.failed += failed
            self.dead += dead


@dataclass(frozen=True)
class Dispatcher:
    """Tells every subscription what it asked for, at least once. Any number of couriers may be under way."""

    ledger: Ledger
    objects: Objects
    subscriptions: Subscriptions
    allowed: Set[str] = frozenset()  # hosts in private networks that the operator named
    clock: Callable[[], datetime] = now
    send: Post = post

    def subscribe(self, url: str, events: Sequence[str]) -> Subscription:
        """Have *url* told of *events* from now on. Raises as ``Subscriptions.add``."""
        return self.subscriptions.add(url, events, since=self.ledger.read().index + 1)

    def unsubscribe(self, id: str) -> None:
        """Tell the subscription *id* nothing any more, also nothing that waits."""
        subscription = self.subscriptions.find(id)
        self.subscriptions.remove(subscription)
        self._outbox(subscription).discard()

    def look(self, subscription: Subscription) -> OutboxContents:
        """Return what is still to be told to *subscription*."""
        return self._outbox(subscription).look()

    def revive(self, id: str) -> int:
        """Queue again what was given up for the subscription *id*, and return how much that is."""
        subscription = self.subscriptions.find(id)
        outbox = self._outbox(subscription)
        dead = outbox.look().dead
        for letter in dead:
            outbox.revive(letter)
        return len(dead)

    def test(self, id: str) -> str:
        """Send the subscription *id* a message that says nothing, now; return what went wrong, or nothing."""
        subscription = self.subscriptions.find(id)
        origin, at = self.ledger.read().origin, self.clock()
        name = f"{origin}/test-{int(at.timestamp())}"
        return _trouble(self._sent(subscription, name, ping_payload(origin, at.isoformat())))

    def carry(self, *, patience: float | None = None) -> DispatchStats:
        """Send what is due, every subscription for itself, and return after *patience* seconds at the latest.

        What is still under way then goes on while the process lives; if it ends, the next dispatcher tries again.
        """
        done = DispatchStats()
        everyone = self.subscriptions.all()
        self._collect(everyone)
        threads = [
            threading.Thread(target=self._serve, args=(subscription, done), daemon=True, name="dispatcher")
            for subscription in everyone
        ]
        for thread in threads:
            thread.start()
        end = None if patience is None else time.monotonic() + patience
        for thread in threads:
            thread.join(None if end is None else max(0.0, end - time.monotonic()))
        return done

    def _collect(self, everyone: Sequence[Subscription]) -> None:
        if not everyone:
            return
        read_to = {subscription.id: self.look(subscription).read_to for subscription in everyone}
        start = {each.id: _after(read_to[each.id], each.since) for each in everyone}
        newest = self.ledger.read().index
        wanted: dict[str, list[int]] = {each.id: [] for each in everyone}
        for entry in self.ledger.entries(min(start.values()), newest + 1):
            for each in everyone:
                if entry.index >= start[each.id] and entry.fact.kind in each.events:
                    wanted[each.id].append(entry.index)
        for each in everyone:
            if newest >= start[each.id]:
                self._outbox(each).put(wanted[each.id], newest, read_to[each.id])

    def _serve(self, subscription: Subscription, done: DispatchStats) -> None:
        try:
            self._send_due(subscription, done)
        except AvatarError as error:
            _log.warning("webhook %s is not served: %s", subscription.id, error.code)

    def _send_due(self, subscription: Subscription, done: DispatchStats) -> None:
        outbox = self._outbox(subscription)
        contents = outbox.look()
        for letter in () if contents.gone else contents.waiting:
            now = self.clock()
            if (letter.due and letter.due > now) or not outbox.claim(letter, now):
                continue
            # One that nobody took is enough for now: the next would only wait for the same receiver.
            if not self._deliver(subscription, outbox, letter, done):
                break

    def _deliver(self, subscription: Subscription, outbox: Outbox, letter: Delivery, done: DispatchStats) -> bool:
        state = self.ledger.read()
        (entry,) = self.ledger.entries(letter.index, letter.index + 1)
        answer = self._sent(subscription, message_id(state.origin, letter.index), payload_of(entry, state))
        trouble = _trouble(answer)
        _log.info("webhook %s, entry %d: %s", subscription.id, letter.index, trouble or "delivered")
        if not trouble:
            outbox.arrived(letter, self.clock())
            done.count(delivered=1)
            return True
        given_up = letter.tried + 1 >= MAX_ATTEMPTS
        outbox.failed(letter, trouble, answer.wait if isinstance(answer, WebhookResponse) else 0)
        done.count(failed=1, dead=given_up)
        if isinstance(answer, WebhookResponse) and answer.gone:
            outbox.close()
        return False

    def _sent(self, subscription: Subscription, name: str, body: bytes) -> WebhookResponse | str:
        headers = headers_of(subscription.secret, name, int(self.clock().timestamp()), body)
        try:
            return self.send(subscription.url, headers, body, self.allowed)
        except InputError as error:
            return error.code
        except ssl.SSLError:
            return "its certificate does not hold"
        except TimeoutError:
            return "no answer in time"
        except (OSError, http.client.HTTPException):
            return "no answer"

    def _outbox(self, subscription: Subscription) -> Outbox:
        return Outbox(self.objects, subscription.id)


def _trouble(answer: WebhookResponse | str) -> str:
    if isinstance(answer, str):
        return answer
    return "" if answer.taken else f"answered {answer.status}"


def _after(read_to: int | None, since: int) -> int:
    return since if read_to is None else max(since, read_to + 1)
