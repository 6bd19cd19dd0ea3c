"""Commands that make videos: produce, and the demo."""

from pathlib import Path
from typing import Annotated

import typer

from avatar.cli import options
from avatar.cli.command import MAKE, add_command
from avatar.cli.output import step


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    add_command(
        app,
        produce,
        "avatar produce presenter --cast presenter=ada --script script.txt \\\n"
        "  --purpose training --project onboarding",
        "avatar produce double --cast presenter=ada --cast double=bob \\\n"
        "  --script 'Hello {name}.' --set name=Mia --channel website \\\n"
        "  --purpose marketing --project spring --out out/mia",
        panel=MAKE,
    )
    add_command(app, demo, "avatar demo", "avatar demo --script 'Hello there.' --out out/hello --quiet", panel=MAKE)


def produce(  # noqa: PLR0913, PLR0917 - a command line's options
    blueprint: options.BlueprintName,
    cast: options.Cast,
    purpose: options.Purpose,
    project: options.Project,
    script: options.Script = "",
    language: options.Languages = ["en"],  # noqa: B006
    channel: options.Channels = ["internal"],  # noqa: B006
    territory: options.Territories = ["001"],  # noqa: B006
    value: options.Values = None,
    glossary: options.GlossaryFile = None,
    out: Annotated[Path | None, typer.Option(help="Where to write the files.", show_default="out/BLUEPRINT")] = None,
    check: Annotated[bool, typer.Option("--check", help="Make nothing: tell what is missing, as avatar plan.")] = False,
    quiet: options.Quiet = False,  # noqa: ARG001 - its callback does it
) -> None:
    """Make a signed video from a script. Finished lines are remembered: run again to go on, or after an edit.

    Everyone in it must have agreed to its purpose, project, languages and channels (avatar people says who has).
    """
    if check:
        from avatar.cli.plan import plan

        plan(blueprint, cast, purpose, project, script, language, channel, territory, value, glossary)
        return
    from avatar.studio.workers.zygote import Zygote

    with Zygote() as template:  # it imports while this process does
        with step("starting"):
            from avatar.app.production_words import ProductionWords, production_of
            from avatar.cli.production_run import make

        words = ProductionWords(
            blueprint,
            tuple(cast),
            script,
            purpose,
            project,
            tuple(language),
            tuple(channel),
            tuple(territory),
            tuple(value or ()),
            glossary,
        )
        make(
            lambda context: production_of(context, words),
            lambda production: out or Path("out") / production.blueprint.name,
            template,
        )


def demo(
    out: Annotated[Path, typer.Option(help="Where to write the files.")] = Path("out/demo"),
    script: Annotated[
        str, typer.Option(help="A text file, or the text itself.", show_default="performers/demo.txt")
    ] = "",
    quiet: options.Quiet = False,  # noqa: ARG001 - its callback does it
) -> None:
    """Enrol the synthetic performers, take their consent, and make a video with every stage in use."""
    from avatar.studio.workers.zygote import Zygote

    with Zygote() as template:  # it imports while this process does
        with step("starting"):
            from avatar.app.production_words import text_of
            from avatar.cli.demo import demonstration
            from avatar.cli.production_run import make

        make(lambda context: demonstration(context, text_of(script) if script else ""), lambda _: out, template)
