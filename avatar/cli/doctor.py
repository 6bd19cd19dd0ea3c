"""The command that checks an installation: doctor."""

import typer

from avatar.cli import options
from avatar.cli.command import OPERATE, add_command
from avatar.cli.output import print_json, step


def add_to(app: typer.Typer) -> None:
    """Add this command to *app*."""
    add_command(app, doctor, "avatar doctor", "avatar doctor --json", panel=OPERATE)


def doctor(as_json: options.AsJson = False) -> None:
    """Check weights, keys, store, ledger, disk, Prefect, fonts and encoders, and say what to do.

    Exit status 0 means that there is no problem; warnings are none.
    """
    with step("checking the installation"):
        from avatar.app.context import open_app
        from avatar.app.doctor import diagnose

        findings = diagnose(open_app())
    if as_json:
        print_json([finding.as_json() for finding in findings])
    else:
        for finding in findings:
            typer.echo(f"{finding.level:8} {finding.check:9} {finding.found}")
            if finding.to_do:
                typer.echo(f"{'':18} -> {finding.to_do}")
    if any(finding.level == "problem" for finding in findings):
        raise typer.Exit(1)
