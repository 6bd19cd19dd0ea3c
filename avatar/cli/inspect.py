"""Commands for looking at what is made: preview, compare, timeline."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from avatar.cli import options
from avatar.cli.command import LOOK, MAKE, add_command
from avatar.cli.output import print_json, step

Video = Annotated[Path, typer.Argument(help="A delivered video.", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    add_command(
        app,
        preview,
        "avatar preview presenter --cast presenter=ada --script script.txt \\\n"
        "  --purpose training --project onboarding --lines 2",
        panel=MAKE,
    )
    add_command(app, compare, "avatar compare monday.mp4 tuesday.mp4 --out both.mp4", panel=LOOK)
    add_command(
        app,
        timeline,
        "avatar timeline out/presenter/video.mp4",
        "avatar timeline out/presenter/video.mp4 --script script.txt --json",
        panel=LOOK,
    )


def preview(  # noqa: PLR0913, PLR0917 - a command line's options
    blueprint: options.BlueprintName,
    cast: options.Cast,
    purpose: options.Purpose,
    project: options.Project,
    script: options.Script = "",
    language: options.Languages = ["en"],  # noqa: B006
    value: options.Values = None,
    glossary: options.GlossaryFile = None,
    lines: Annotated[int, typer.Option(min=1, help="How many lines of the script, from its start.")] = 3,
    out: Annotated[
        Path | None, typer.Option(help="Where to write the files.", show_default="out/BLUEPRINT-preview")
    ] = None,
    quiet: options.Quiet = False,  # noqa: ARG001 - its callback does it
) -> None:
    """Make a small draft of the first lines in seconds: marked, and consented to and signed like any production.

    It is made for showing inside the team, and counts like any video that people agreed to.
    """
    from avatar.studio.workers.zygote import Zygote

    with Zygote() as template:  # it imports while this process does
        with step("starting"):
            from dataclasses import replace

            from avatar.app.context import AppContext
            from avatar.app.inspect import align_video, draw_speech
            from avatar.app.production_words import ProductionWords, production_of
            from avatar.cli.production_run import make
            from avatar.errors import InputError
            from avatar.production.blueprint.draft import make_draft
            from avatar.production.production import Production

        said: list[str] = []

        def draft(context: AppContext) -> Production:
            # The whole script is what people agreed to; some of its lines are said.
            words = ProductionWords(
                blueprint,
                tuple(cast),
                script,
                purpose,
                project,
                tuple(language),
                values=tuple(value or ()),
                glossary=glossary,
            )
            whole = production_of(context, words, make_draft)
            some = replace(whole, script=whole.script[:lines])
            said.extend(line.text for line in some.script)
            return some

        def place(production: Production) -> Path:
            return out or Path("out") / f"{production.blueprint.name.removesuffix(' preview')}-preview"

        folder = make(draft, place, template)
        video = folder / "video.mp4"
        try:
            with step("hearing what is said"):
                draw_speech(video, align_video(video, " ".join(said)), folder / "speech.png")
        except InputError as error:  # the draft is made all the same
            typer.echo(f"Its speech is not drawn: {error}.")
        else:
            typer.echo(f"Its speech, to look at: {folder / 'speech.png'}")


def compare(
    one: Video,
    other: Video,
    out: Annotated[Path, typer.Option(help="The video to write.")] = Path("out/comparison.mp4"),
) -> None:
    """Put two versions of a video side by side, signed and with their credentials inside; both must verify."""
    from avatar.app.context import open_app
    from avatar.app.inspect import compare_videos as compared

    with step("checking both, putting them side by side, signing"):
        compared(open_app(), one, other, out)
    typer.echo(str(out))


def timeline(
    video: Video,
    script: Annotated[str, typer.Option(help="What is said in it, as a file or text.", show_default="recognised")] = "",
    out: Annotated[Path | None, typer.Option(help="The PNG to write.", show_default="VIDEO.speech.png")] = None,
    as_json: options.AsJson = False,
) -> None:
    """Draw what is said in a video over its wave, and measure whether the lips follow it."""
    from avatar.app.context import open_app
    from avatar.app.inspect import align_video, draw_speech, measure_lipsync
    from avatar.app.production_words import text_of

    open_app()  # one thread for each library: several would wait for each other
    to = out or video.with_suffix(".speech.png")
    with step("hearing what is said, and following the lips"):
        timings = align_video(video, text_of(script) if script else "")
        draw_speech(video, timings, to)
        found = measure_lipsync(video, timings)
    if as_json:
        print_json({"drawn": str(to), **asdict(found)})
        return
    typer.echo(
        f"{to}\nlips and sound: correlation {found.correlation:.2f}, lips {found.lag:+d} frames after the sound; "
        f"closed in {found.closed:.0%} of the frames of P, B and M"
    )
