"""Commands that check a finished file: verify, detect."""

from pathlib import Path
from typing import Annotated

import typer

from avatar.cli import options
from avatar.cli.command import AUDIT, add_command
from avatar.cli.output import print_json, step


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    add_command(
        app,
        verify,
        "avatar verify out/presenter/video.mp4",
        "avatar verify video.mp4 --json > verdict.json",
        panel=AUDIT,
    )
    add_command(app, detect, "avatar detect found-on-the-web.mp4", "avatar detect podcast.mp3 --json", panel=AUDIT)


def verify(
    file: Annotated[Path, typer.Argument(help="The video to check.", show_default=False)],
    as_json: options.AsJson = False,
) -> None:
    """Check a video: is it signed, intact, in the ledger, and does consent still stand? Exit status 0 means trusted."""
    from avatar.app.context import open_app

    with step("checking signature, ledger and marks"):
        verdict = open_app().examine(file)
    print_json(verdict.as_json()) if as_json else typer.echo(verdict.explain())
    if not verdict.trusted:
        raise typer.Exit(1)


def detect(
    file: Annotated[Path, typer.Argument(help="A video (mp4), or sound (wav, flac, ogg, mp3).", show_default=False)],
    as_json: options.AsJson = False,
) -> None:
    """Look for our marks in anyone's file; no key and no store is needed. Exit status 0 means that one was found."""
    with step("looking for marks"):
        from avatar.watermark.verify import detect_watermarks

        marks = detect_watermarks(file)
    print_json(marks.as_json()) if as_json else typer.echo("\n".join(marks.explain()))
    if not marks.found:
        raise typer.Exit(1)
