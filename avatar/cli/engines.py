"""The command that lists engines."""

from typing import Annotated, Any

import typer

from avatar.cli import completion, options
from avatar.cli.command import OPERATE, add_command
from avatar.cli.output import print_json, step


def add_to(app: typer.Typer) -> None:
    """Add this command to *app*."""
    add_command(app, engines, "avatar engines", "avatar engines wav2lip", "avatar engines --json", panel=OPERATE)


def engines(
    name: Annotated[
        str, typer.Argument(help="Only this one.", autocompletion=completion.engines, show_default=False)
    ] = "",
    as_json: options.AsJson = False,
) -> None:
    """List the installed engines with the work they do and their options."""
    with step("opening the engines"):
        from avatar.stages.registry import EngineSpec, build, installed

        # By name alone it may be one that is not there: then building it says what was meant.
        rows = [_row(each, build(EngineSpec(each))) for each in ([name] if name else sorted(installed()))]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        options_of = ", ".join(f"{key}={value!r}" for key, value in row["options"].items())
        typer.echo(f"{row['name']} ({row['request']})\n    {row['does']}\n    options: {options_of or 'none'}")


def _row(name: str, engine: Any) -> dict[str, Any]:
    from dataclasses import asdict

    from avatar.stages.registry import request_of

    return {
        "name": name,
        "request": request_of(engine).__name__,
        "does": (type(engine).__doc__ or "").strip().splitlines()[0],
        "options": asdict(engine),
    }
