"""The flow that tells others: public statuses and webhooks, on a timer."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from avatar.compose import open_house
from avatar.errors import AvatarError
from flows.endings import ending


@flow(persist_result=False)
def notify() -> State[Any]:
    """Bring public statuses up to date and send every webhook message that is due."""
    try:
        house = open_house()
        changed = house.statuses.refresh()
        done = house.courier.carry()
    except AvatarError as error:
        return ending(error, "")
    return Completed(
        message=f"{changed} statuses changed; {done.delivered} messages delivered, {done.failed} failed, "
        f"{done.dead} given up"
    )
