"""Webhook subscriptions: URL, events and signing secret."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes, token_hex
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from avatar.errors import InputError
from avatar.publishing.webhooks.event import EVENTS
from avatar.publishing.webhooks.signature import new_secret
from avatar.publishing.webhooks.ssrf_guard import parse_endpoint
from avatar.runtime.atomic import make_folder, write_bytes

_ID_PATTERN = r"^wh-[0-9a-f]{16}$"


class Subscription(BaseModel):
    """That *url* is told of *events*, from the ledger entry *since* on. The *secret* is known to both ends only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=_ID_PATTERN)]
    url: str
    events: tuple[str, ...]
    secret: str
    since: int = Field(ge=0)


@dataclass(frozen=True)
class Subscriptions:
    """All subscriptions: files (mode 0600) in *folder*, which is part of the key folder, because of the secrets."""

    folder: Path
    random: Callable[[int], bytes] = token_bytes

    def add(self, url: str, events: Sequence[str], *, since: int) -> Subscription:
        """Have *url* told of *events* (all, when none is named) from the ledger entry *since* on.

        Raises:
            InputError: an event does not exist, or nothing may be sent to such a *url*.
        """
        unknown = [event for event in events if event not in EVENTS]
        if unknown:
            raise InputError(
                f"--event {unknown[0]!r}: there is none; there are {', '.join(EVENTS)}", code="webhook.bad-event"
            )
        parse_endpoint(url)
        wanted = tuple(event for event in EVENTS if event in events or not events)
        added = Subscription(
            id=f"wh-{token_hex(8)}", url=url, events=wanted, secret=new_secret(self.random), since=since
        )
        self._write(added)
        return added

    def all(self) -> tuple[Subscription, ...]:
        """Return every subscription."""
        return tuple(self._read())

    def find(self, id: str) -> Subscription:
        """Return the subscription with the *id*."""
        for subscription in self._read():
            if subscription.id == id:
                return subscription
        raise InputError(f"there is no webhook {id!r} (avatar webhooks list)", code="webhook.unknown")

    def remove(self, subscription: Subscription) -> None:
        """Tell *subscription* nothing any more."""
        self._path(subscription.id).unlink(missing_ok=True)

    def _read(self) -> Iterator[Subscription]:
        for path in sorted(self.folder.glob("wh-*.json")):
            try:
                yield Subscription.model_validate_json(path.read_bytes())
            except FileNotFoundError:
                continue  # removed a moment ago
            except (OSError, ValidationError) as error:
                raise InputError(
                    f"webhook {path.stem}: its file in the key folder cannot be read; remove {path.name} and add the "
                    "webhook again",
                    code="webhook.unreadable",
                ) from error

    def _write(self, subscription: Subscription) -> None:
        # On disk before anyone hears the secret.
        make_folder(self.folder, durable=True, mode=0o700)
        content = f"{subscription.model_dump_json(indent=2)}\n".encode()
        write_bytes(self._path(subscription.id), content, durable=True, mode=0o600)

    def _path(self, id: str) -> Path:
        return self.folder / f"{id}.json"
