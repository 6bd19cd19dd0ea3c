"""The studio's ``perform`` as Prefect tasks: one task run per request."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from avatar.artifacts.artifact import Artifact
from avatar.consent.brief import Brief
from avatar.errors import AvatarError
from avatar.stages.registry import EngineSpec
from avatar.stages.request import Request
from avatar.studio.studio import Studio
from flows.concurrency import place
from flows.states import final_state, is_transient

A = TypeVar("A", bound=Artifact)


def _worth_another_try(_: Task[..., Any], __: TaskRun, state: State[Any]) -> bool:
    return is_transient(state.data)


# No cache in front of the gate: Prefect's would hand out a result without asking. The studio remembers, after it asked.
@task(
    task_run_name="{title}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=2,
    retry_delay_seconds=[2, 10],
    retry_condition_fn=_worth_another_try,
)
def perform(work: Callable[[], A], title: str, script: str) -> A | State[Any]:  # noqa: ARG001  # the run's name
    """Do *work*; end in a named state when it is refused, and say nothing of *script* there."""
    try:
        return work()
    except AvatarError as error:
        if is_transient(error):
            raise
        return final_state(error, script)


@dataclass(frozen=True)
class InTasks:
    """A ``Perform`` that makes each request of *script* a task run, named by its kind and line, never by its words."""

    studio: Studio
    brief: Brief
    script: str

    def __call__(self, request: Request[A], choice: EngineSpec) -> A:
        work = partial(self.studio.perform, request, choice, self.brief)
        state = perform(work, f"{type(request).__name__}, {place()}", self.script, return_state=True)
        return state.result()  # type: ignore[return-value]  # a refused task's state raises its error here
