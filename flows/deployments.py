"""Deployments: productions that wait for their form, or for their schedule."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from prefect import Flow
from prefect.deployments.runner import RunnerDeployment
from prefect.types.entrypoint import EntrypointType
from prefect.utilities.callables import ParameterSchema
from pydantic import ValidationError

from avatar.app.parsing import parse_brief
from avatar.app.resources import BLUEPRINTS
from avatar.errors import InputError
from avatar.production.blueprint.load import load
from avatar.production.blueprint.schema import Blueprint
from avatar.runtime.spelling import did_you_mean
from avatar.voices.text.glossary import parse_user_glossary
from avatar.voices.text.script import split_script
from avatar.voices.text.variables import fill_variables
from flows.form import example_script, form_of
from flows.notify import notify
from flows.produce import produce
from flows.sweep import sweep
from flows.withdraw import withdraw


@dataclass(frozen=True)
class Served:
    """A blueprint to serve: the *path* of its file, and what the flow calls it."""

    path: Path
    called: str
    blueprint: Blueprint


def served(folder: Path = BLUEPRINTS) -> dict[str, Served]:
    """Return every blueprint in *folder*, by the name of its file."""
    own = folder.resolve() == BLUEPRINTS.resolve()
    found = {path.stem: Served(path, path.stem if own else str(path), load(path)) for path in folder.glob("*.yaml")}
    if not found:
        raise InputError(f"--blueprints {folder}: there is no .yaml file in that folder", code="blueprint.missing")
    return dict(sorted(found.items()))


def by_hand(name: str, what: Served) -> RunnerDeployment:
    """Return the deployment *name* that makes *what* when someone fills in its form."""
    script = {} if what.blueprint.speech == "recorded" else {"script": example_script(what.blueprint)}
    return _deployment(name, what, script, None)


def by_itself(name: str, known: dict[str, Served], cron: str, asked: dict[str, Any]) -> RunnerDeployment:
    """Return the deployment that makes the blueprint *name*, one of *known*, whenever *cron* (in UTC) says.

    *asked* are the fields of its form: cast, script, purpose, project, and what else differs from the defaults.
    """
    if name not in known:
        raise InputError(
            f"--blueprint {name!r}: there is none of that name{did_you_mean(name, known)}; "
            f"there are: {', '.join(known)}",
            code="blueprint.missing",
        )
    roles = known[name].blueprint.roles
    if set(asked["cast"]) != set(roles):
        raise InputError(
            f"--cast: blueprint {name!r} has the roles {', '.join(roles)}; give each of them once, as role=alias",
            code="cast.roles",
        )
    if known[name].blueprint.speech == "cloned":
        split_script(fill_variables(asked.get("script", ""), asked.get("values", {})))
    parse_user_glossary(asked.get("glossary", {}))
    parse_brief(asked["purpose"], asked["project"], asked["languages"], asked["channels"])
    try:
        return _deployment(f"{name}-scheduled", known[name], asked, cron)
    except ValidationError as error:
        raise _no_schedule("--cron", cron) from error


def sweeping(cron: str) -> RunnerDeployment:
    """Return the deployment that removes what is due whenever *cron* (in UTC) says."""
    try:
        deployment = sweep.to_deployment(
            "nightly",
            cron=cron,
            description="Removes what was kept for as long as the policy says.",
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
    except ValidationError as error:
        raise _no_schedule("--sweep", cron) from error
    assert isinstance(deployment, RunnerDeployment)  # a coroutine only where an event loop runs
    return deployment


def by_anyone(minutes: int) -> list[RunnerDeployment]:
    """Return the deployments that are not productions: a withdrawal, and every few *minutes* the telling of others."""
    found = (
        withdraw.to_deployment("withdraw", description=_said(withdraw), entrypoint_type=EntrypointType.MODULE_PATH),
        notify.to_deployment(
            "notify",
            description=_said(notify),
            interval=timedelta(minutes=minutes) if minutes else None,
            entrypoint_type=EntrypointType.MODULE_PATH,
        ),
    )
    return [deployment for deployment in found if isinstance(deployment, RunnerDeployment)]


def _said(what: Flow[..., Any]) -> str:
    return (what.__doc__ or "").strip()


def _deployment(name: str, what: Served, parameters: dict[str, Any], cron: str | None) -> RunnerDeployment:
    deployment = produce.to_deployment(
        name,
        cron=cron,
        parameters={"blueprint": what.called, **parameters},
        description=f"A signed talking video. {_first_line(what.path)}",
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    assert isinstance(deployment, RunnerDeployment)  # a coroutine only where an event loop runs
    # The flow's own signature knows no roles; the blueprint does. Prefect has no public way to say so.
    deployment._parameter_openapi_schema = ParameterSchema(**form_of(what.called, what.blueprint))
    return deployment


def _first_line(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")


def _no_schedule(option: str, cron: str) -> InputError:
    return InputError(
        f"{option} {cron!r}: not a schedule; write minute hour day month weekday, like '0 3 * * *'",
        code="schedule.malformed",
    )
