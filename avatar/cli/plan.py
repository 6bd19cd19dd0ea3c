"""The command that tells what a production lacks: plan."""

from typing import TYPE_CHECKING

import typer

from avatar.cli import options
from avatar.cli.command import MAKE, add_command
from avatar.cli.output import print_json, step

if TYPE_CHECKING:
    from avatar.app.plan import Plan


def add_to(app: typer.Typer) -> None:
    """Add this command to *app*."""
    add_command(
        app,
        plan,
        "avatar plan presenter --cast presenter=ada --script script.txt \\\n  --purpose training --project onboarding",
        "avatar plan interview --cast host=ada --cast guest=bob --script talk.txt \\\n"
        "  --purpose education --project school --json",
        panel=MAKE,
    )


def plan(  # noqa: PLR0913, PLR0917 - a command line's options
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
    as_json: options.AsJson = False,
) -> None:
    """Tell everything that a production lacks, as commands to paste. Exit status 0 means that it can be made now.

    It takes what produce takes. Nothing is made, and no refusal is recorded: nobody's likeness is used.
    """
    with step("planning"):
        from avatar.app.context import open_app
        from avatar.app.plan import plan_production
        from avatar.app.production_words import ProductionWords

        found = plan_production(
            open_app(),
            ProductionWords(
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
            ),
        )
    print_json(found.as_json()) if as_json else print_plan(found)
    if not found.ready:
        raise typer.Exit(1)


def print_plan(plan: "Plan") -> None:
    """Print what is missing, with the commands to paste."""
    if plan.ready:
        typer.echo("Nothing is missing: it can be made now (avatar produce, with the same options).")
        return
    typer.echo(f"{len(plan.missing)} thing(s) are missing:")
    for each in plan.missing:
        typer.echo()
        for sentence in each.sentences:
            typer.echo(f"# {sentence} [{each.code}]")
        if each.command:
            typer.echo(each.command)
