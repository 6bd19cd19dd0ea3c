"""A receiver on this machine, and a courier of a world."""

from collections.abc import Callable, Iterator

import pytest

from avatar.testing.world import World
from avatar.webhooks.courier import Courier
from avatar.webhooks.subscription import Subscriptions
from tests.webhooks.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def courier_of() -> Callable[[World], Courier]:
    def build(world: World) -> Courier:
        return Courier(world.ledger, world.objects, Subscriptions(world.folder / "webhooks"), clock=world.clock)

    return build


@pytest.fixture
def courier(world: World, courier_of: Callable[[World], Courier]) -> Courier:
    return courier_of(world)
