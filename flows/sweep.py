"""The flow that removes what was kept long enough."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from avatar.compose import open_house
from avatar.errors import AvatarError
from avatar.retention import sweep as remove_due
from flows.display import begin_progress
from flows.endings import ending


@flow(persist_result=False)
def sweep() -> State[Any]:
    """Remove what is due by the policy of this worker; the result is how many artifacts that were."""
    bar = begin_progress()
    try:
        house = open_house()
        gone = remove_due(house.people, house.policy, bar.removed)
    except AvatarError as error:
        return ending(error, "")
    bar.whole("nothing else is due")
    return Completed(message=f"{len(gone)} artifacts were removed", data=len(gone))
