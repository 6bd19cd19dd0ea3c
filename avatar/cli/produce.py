"""Commands that make videos: produce, and the demo."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from avatar.cli import options


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    app.command()(produce)
    app.command()(demo)


def produce(  # noqa: PLR0913, PLR0917 - a command line's options
    blueprint: options.BlueprintName,
    script: options.Script,
    cast: options.Cast,
    purpose: options.Purpose,
    project: options.Project,
    language: options.Languages = ["en"],  # noqa: B006
    channel: options.Channels = ["internal"],  # noqa: B006
    territory: options.Territories = ["001"],  # noqa: B006
    value: options.Values = None,
    out: Annotated[Path | None, typer.Option(help="Where to write the files.", show_default="out/BLUEPRINT")] = None,
) -> None:
    """Make a signed video from a script. Finished lines are remembered: run again to go on, or after an edit.

    Everyone in it must have agreed to its purpose, project, languages and channels (avatar people says who has).
    """
    from avatar.asking import brief_of
    from avatar.cli.run import make
    from avatar.delivery import blueprint_named, cast_of, prepare

    plan = blueprint_named(blueprint)
    brief = brief_of(purpose, project, language, channel, territory)
    text = text_of(script, value or [])
    make(lambda house: prepare(house, plan, cast_of(cast), text, brief), out or Path("out") / plan.name)


def demo(
    out: Annotated[Path, typer.Option(help="Where to write the files.")] = Path("out/demo"),
    script: Annotated[
        str, typer.Option(help="A text file, or the text itself.", show_default="performers/demo.txt")
    ] = "",
) -> None:
    """Enrol the synthetic performers, take their consent, and make a video with every stage in use."""
    from avatar.cli.demo import demonstration
    from avatar.cli.run import make

    make(lambda house: demonstration(house, text_of(script) if script else ""), out)


def text_of(given: str, values: Sequence[str] = ()) -> str:
    """Return the script that *given* names as a file, or is, with *values* (name=value) for the names in it."""
    from avatar.delivery import script_in
    from avatar.voices.variables import filled, values_of

    path = Path(given) if len(given) < 250 and "\n" not in given else None
    text = script_in(path) if path and (path.suffix in (".txt", ".md") or path.is_file()) else given
    return filled(text, values_of(values))
