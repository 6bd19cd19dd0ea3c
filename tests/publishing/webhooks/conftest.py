"""A receiver on this machine, and a dispatcher of a world."""

from collections.abc import Callable, Iterator

import pytest

from avatar.publishing.webhooks.dispatcher import Dispatcher
from avatar.publishing.webhooks.subscription import Subscriptions
from avatar.testing.world import World
from tests.publishing.webhooks.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def courier_of() -> Callable[[World], Dispatcher]:
    def build(world: World) -> Dispatcher:
        return Dispatcher(world.ledger, world.objects, Subscriptions(world.folder / "webhooks"), clock=world.clock)

    return build


@pytest.fixture
def dispatcher(world: World, courier_of: Callable[[World], Dispatcher]) -> Dispatcher:
    return courier_of(world)
