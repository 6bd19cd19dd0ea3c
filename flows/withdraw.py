"""The withdraw flow: records the withdrawal, then cancels waiting runs that name the person."""

from typing import Annotated, Any

from prefect import flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName, FlowRunFilter, FlowRunFilterState
from prefect.client.schemas.filters import FlowRunFilterStateType as OfType
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Cancelled, Completed
from pydantic import Field

from avatar.app.context import open_app
from avatar.app.propagate import propagate_consent_change
from avatar.errors import AvatarError
from avatar.people.directory import Person
from flows.cast import found
from flows.produce import produce
from flows.states import final_state

_RUNS_PER_PAGE = 200  # runs that Prefect lists at once

Alias = Annotated[str, Field(min_length=1, max_length=31, title="Alias", description="The person who withdraws.")]


@flow(persist_result=False)
def withdraw(alias: Alias) -> State[Any]:
    """Take back everything that a person agreed to.

    Running productions end within two seconds. Runs that wait and name the person are cancelled; any that is missed is
    refused when it starts.
    """
    try:
        context = open_app()
        person = found(context, alias)
        index = context.people.withdraw(person)
    except AvatarError as error:
        return final_state(error, "")
    propagate_consent_change(context)
    with get_client(sync_client=True) as client:
        cancelled = [run for run in _waiting(client) if _names(run, person)]
        for run in cancelled:
            client.set_flow_run_state(run.id, _refusal(), force=True)
    return Completed(message=f"withdrawn, ledger entry {index}; {len(cancelled)} waiting runs cancelled")


def _waiting(client: SyncPrefectClient) -> list[FlowRun]:
    waiting = FlowRunFilterState(type=OfType(any_=[StateType.SCHEDULED, StateType.PENDING, StateType.PAUSED]))
    productions = FlowFilter(name=FlowFilterName(any_=[produce.name]))
    runs: list[FlowRun] = []
    while True:
        page = client.read_flow_runs(
            flow_filter=productions,
            flow_run_filter=FlowRunFilter(state=waiting),
            limit=_RUNS_PER_PAGE,
            offset=len(runs),
        )
        runs += page
        if len(page) < _RUNS_PER_PAGE:
            return runs


def _names(run: FlowRun, person: Person) -> bool:
    cast = run.parameters.get("cast")
    return isinstance(cast, dict) and any(alias in (person.alias, person.id) for alias in cast.values())


def _refusal() -> State[Any]:
    return Cancelled(name="Refused", message="someone in the cast has withdrawn [consent.withdrawn]")
