"""The sweep flow: removes expired artifacts."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from avatar.app.context import open_app
from avatar.errors import AvatarError
from avatar.people.retention import sweep as remove_due
from flows.display import begin_progress
from flows.states import final_state


@flow(persist_result=False)
def sweep() -> State[Any]:
    """Remove what is due by the policy of this worker; the result is how many artifacts that were."""
    bar = begin_progress()
    try:
        context = open_app()
        gone = remove_due(context.people, context.policy, bar.removed)
    except AvatarError as error:
        return final_state(error, "")
    bar.whole("nothing else is due")
    return Completed(message=f"{len(gone)} artifacts were removed", data=len(gone))
