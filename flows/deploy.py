"""Serve the productions to Prefect: ``python -m flows.deploy``."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from prefect.client.orchestration import get_client
from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner
from prefect.settings import get_current_settings

from avatar.app.delivery import build_cast, read_script
from avatar.app.resources import BLUEPRINTS
from avatar.errors import AvatarError, InputError
from avatar.production.blueprint.load import load_glossary
from avatar.voices.text.glossary import dump_glossary
from avatar.voices.text.variables import parse_values
from flows.deployments import Served, by_anyone, by_hand, by_itself, served, sweeping

_HELP = """Serve every blueprint as a Prefect deployment, and run what is asked for.

Content teams then open a deployment in Prefect's pages, press Run, and fill in who plays whom and what is said. From a
terminal: prefect deployment run produce/presenter --param cast='{"presenter": "ava"}' --param script='Hello.'

\b
Before: prefect server start, in another terminal (it prints the address of its pages)
        prefect config set PREFECT_API_URL=http://127.0.0.1:4200/api

\b
Every night at three, as well:
        python -m flows.deploy --cron "0 3 * * *" --blueprint presenter
            --cast presenter=ava --script news.txt --purpose news --project mornings

Every night at four, remove what is due (AVATAR_RETAIN_..._DAYS):
        python -m flows.deploy --sweep "0 4 * * *"

A person who withdraws is not in tomorrow's video: the run ends as Refused, with the reason. To record a withdrawal
from Prefect's pages, run withdraw/withdraw: it waits for no production.
"""


def main(  # noqa: PLR0913, PLR0917  # the options of the command
    blueprints: Annotated[
        Path, typer.Option(help="A folder of blueprints.", show_default="those of the product")
    ] = BLUEPRINTS,
    limit: Annotated[int, typer.Option(min=1, max=64, help="How many productions may run at the same time.")] = 1,
    cron: Annotated[
        str, typer.Option(help="Add a deployment that runs by itself: minute hour day month weekday, in UTC.")
    ] = "",
    blueprint: Annotated[str, typer.Option(help="With --cron: what is made.")] = "",
    cast: Annotated[list[str] | None, typer.Option(help="With --cron: role=alias, once for each role.")] = None,
    script: Annotated[Path | None, typer.Option(help="With --cron: a text file, read now.")] = None,
    purpose: Annotated[str, typer.Option(help="With --cron: what it is for.")] = "",
    project: Annotated[str, typer.Option(help="With --cron: what it belongs to.")] = "",
    language: Annotated[list[str], typer.Option(help="With --cron: a language of the script.")] = ["en"],  # noqa: B006
    channel: Annotated[list[str], typer.Option(help="With --cron: where it is shown.")] = ["internal"],  # noqa: B006
    value: Annotated[
        list[str] | None, typer.Option("--set", help="With --cron: name=value for each {name} in the script.")
    ] = None,
    glossary: Annotated[Path | None, typer.Option(help="With --cron: a YAML file of pronunciations, read now.")] = None,
    notify: Annotated[
        int, typer.Option(min=0, max=1440, help="Minutes between two rounds of webhooks and statuses; 0: none.")
    ] = 5,
    sweep: Annotated[
        str, typer.Option(help="Add a deployment that removes what is due: a schedule like --cron's.")
    ] = "",
) -> None:
    """Serve until stopped."""
    try:
        known = served(blueprints)
        deployments = [by_hand(name, what) for name, what in known.items()]
        scheduled = {
            "--cron": cron,
            "--blueprint": blueprint,
            "--cast": cast,
            "--purpose": purpose,
            "--project": project,
        }
        if any(scheduled.values()) or script:
            fields = {"purpose": purpose, "project": project, "languages": language, "channels": channel}
            fields |= _production_fields(known, scheduled, script, cast, value, glossary)
            deployments.append(by_itself(blueprint, known, cron, fields))
        if sweep:
            deployments.append(sweeping(sweep))
        _check_server()
    except AvatarError as error:
        typer.echo(f"error: {error} [{error.code}]", err=True)
        raise typer.Exit(1) from None
    beside = by_anyone(notify)
    names = ", ".join(f"{each.flow_name}/{each.name}" for each in (*deployments, *beside))
    typer.echo(f"serving {names}; stop with Ctrl+C")
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(deployments, beside, limit))


def _production_fields(  # noqa: PLR0913, PLR0917 - the options of --cron
    known: Mapping[str, Served],
    scheduled: Mapping[str, object],
    script: Path | None,
    cast: Sequence[str] | None,
    values: Sequence[str] | None,
    glossary: Path | None,
) -> dict[str, Any]:
    """Return what the form of a scheduled production holds, once every option that it needs is *scheduled*."""
    blueprint = str(scheduled["--blueprint"])
    recorded = blueprint in known and known[blueprint].blueprint.speech == "recorded"
    _check_complete(scheduled if recorded else {**scheduled, "--script": script})
    return {
        "cast": build_cast(cast or []),
        **({} if recorded else {"script": read_script(script or Path())}),
        "values": parse_values(values or []),
        "glossary": dump_glossary(load_glossary(glossary)) if glossary else {},
    }


async def _serve(productions: Sequence[RunnerDeployment], beside: Sequence[RunnerDeployment], limit: int) -> None:
    # Two runners: a withdrawal must not wait until a production is done.
    runners = [Runner(), Runner(limit=limit)]
    for runner, deployments in zip(runners, (beside, productions), strict=True):
        for deployment in deployments:
            await runner.aadd_deployment(deployment)
    await asyncio.gather(*(runner.start() for runner in runners))


def _check_complete(options: Mapping[str, object]) -> None:
    missing = [name for name, value in options.items() if not value]
    if missing:
        raise InputError(f"a schedule also needs {' and '.join(missing)}", code="schedule.incomplete")


def _check_server() -> None:
    url = get_current_settings().api.url
    advice = "start one with 'prefect server start' and set PREFECT_API_URL to the address it prints"
    if not url:
        raise InputError(
            f"PREFECT_API_URL is not set, so no Prefect server is known; {advice}", code="prefect.no-server"
        )
    with get_client(sync_client=True) as client:
        failure = client.api_healthcheck()
    if failure:
        raise InputError(f"PREFECT_API_URL {url}: no Prefect server answers; {advice}", code="prefect.no-server")


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(help=_HELP)(main)
    app()
