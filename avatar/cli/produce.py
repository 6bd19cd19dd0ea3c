"""Commands that make videos: produce, and the demo."""

from pathlib import Path
from typing import Annotated

import typer

from avatar.cli import options
from avatar.cli.command import MAKE, add_command


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
    quiet: options.Quiet = False,  # noqa: ARG001 - its callback does it
) -> None:
    """Make a signed video from a script. Finished lines are remembered: run again to go on, or after an edit.

    Everyone in it must have agreed to its purpose, project, languages and channels (avatar people says who has).
    """
    from avatar.studio.workers.zygote import Zygote

    with Zygote() as template:  # it imports while this process does
        from avatar.app.context import AppContext
        from avatar.app.delivery import build_cast, load_named_blueprint, prepare
        from avatar.app.parsing import parse_brief
        from avatar.cli.production_run import make
        from avatar.production.blueprint.load import load_glossary
        from avatar.production.production import Production
        from avatar.voices.text.variables import parse_values

        plan = load_named_blueprint(blueprint)
        brief = parse_brief(purpose, project, language, channel, territory)
        values, words = parse_values(value or []), load_glossary(glossary) if glossary else {}

        def planned(context: AppContext) -> Production:
            return prepare(context, plan, build_cast(cast), text_of(script), brief, values=values, glossary=words)

        make(planned, out or Path("out") / plan.name, template)


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
        from avatar.cli.demo import demonstration
        from avatar.cli.production_run import make

        make(lambda context: demonstration(context, text_of(script) if script else ""), out, template)


def text_of(given: str) -> str:
    """Return the script that *given* names as a file, or is."""
    from avatar.app.delivery import read_script

    path = Path(given) if len(given) < 250 and "\n" not in given else None
    return read_script(path) if path and (path.suffix in (".txt", ".md") or path.is_file()) else given
