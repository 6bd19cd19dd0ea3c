"""The notify flow: public statuses and webhooks, on a timer."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from avatar.app.context import open_app
from avatar.errors import AvatarError
from flows.states import final_state


@flow(persist_result=False)
def notify() -> State[Any]:
    """Bring public statuses up to date and send every webhook message that is due."""
    try:
        context = open_app()
        changed = context.statuses.refresh()
        done = context.dispatcher.carry()
    except AvatarError as error:
        return final_state(error, "")
    return Completed(
        message=f"{changed} statuses changed; {done.delivered} messages delivered, {done.failed} failed, "
        f"{done.dead} given up"
    )
