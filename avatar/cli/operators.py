"""Commands about operators: who may do what, and what a second one approves."""

from pathlib import Path
from typing import Annotated

import typer

from avatar.cli import completion, options
from avatar.cli.choices import ROLES
from avatar.cli.command import OPERATE, add_command, command_group
from avatar.cli.output import print_json

operators = command_group(
    "Who may do what here, and whether videos need approval.",
    "avatar operators list",
    "avatar operators rule --approval",
)


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    add_command(operators, list_, "avatar operators list", "avatar operators list --json", name="list")
    key = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    add_command(operators, appoint, f"avatar operators appoint \\\n  {key} \\\n  --role approve --role publish")
    add_command(operators, rule, "avatar operators rule --approval")
    app.add_typer(operators, name="operators", rich_help_panel=OPERATE)
    add_command(app, approve, "avatar approve 3f0c9a2b7d51", "avatar approve --script script.txt", panel=OPERATE)


def list_(as_json: options.AsJson = False) -> None:
    """List the operators, their keys and roles. (!) marks the one who acts here."""
    from rich.console import Console
    from rich.table import Column, Table

    from avatar.app.context import open_app

    context = open_app()
    state = context.ledger.read()
    if as_json:
        print_json(
            {
                "operators": [
                    {"id": id, "key": operator.key, "roles": sorted(operator.roles)}
                    for id, operator in state.operators.items()
                ],
                "me": {"id": context.ledger.operator, "key": context.operator.public},
                "approval_needed": state.approval_needed,
            }
        )
        return
    table = Table("operator", Column("key", overflow="fold"), "may")
    for id, operator in state.operators.items():
        mine = " (!)" if id == context.ledger.operator else ""
        table.add_row(id + mine, operator.key, ", ".join(sorted(operator.roles)) or "nothing")
    Console().print(table)
    if context.ledger.operator not in state.operators:
        typer.echo(f"You are {context.ledger.operator}, whom nobody appointed; your key: {context.operator.public}")
    needed = "needs a second operator's approval" if state.approval_needed else "needs no approval by rule"
    typer.echo(f"Every video {needed}.")


def appoint(
    key: Annotated[str, typer.Argument(help="Their public key: 64 hex digits (avatar operators list shows it them).")],
    role: Annotated[
        list[str] | None,
        typer.Option(
            help=f"One of {', '.join(ROLES)}; several times for more.", autocompletion=completion.one_of(ROLES)
        ),
    ] = None,
) -> None:
    """Give an operator these roles and no others. Without any, they are dismissed."""
    import re

    from avatar.app.context import open_app
    from avatar.app.parsing import parse_enums
    from avatar.consent.roles import Role, operator_id
    from avatar.errors import InputError

    if not re.fullmatch(r"[0-9a-f]{64}", key):
        raise InputError(f"KEY {key[:20]!r}: give the 64 hex digits of their public key", code="role.bad-key")
    roles = tuple(parse_enums(Role, role or [], "--role"))
    index = open_app().operators.appoint(key, roles)
    typer.echo(f"{operator_id(key)} may {', '.join(sorted(roles)) or 'do nothing'} now (ledger entry {index}).")


def rule(
    approval: Annotated[bool, typer.Option("--approval/--no-approval", help="Whether every video needs approval.")],
) -> None:
    """Decide whether every video needs the approval of an operator who did not make it."""
    from avatar.app.context import open_app

    index = open_app().operators.rule(approval=approval)
    typer.echo(f"Every video {'needs approval' if approval else 'needs no approval by rule'} (ledger entry {index}).")


def approve(
    video: Annotated[
        str, typer.Argument(help="The digest that a production waits for; it names it when it stops.")
    ] = "",
    script: Annotated[Path | None, typer.Option(help="Approve a script (a text file) instead of a video.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
) -> None:
    """Let a script or a video pass, after looking at it. No one approves their own production."""
    from avatar.app.context import open_app
    from avatar.app.delivery import pending_review, read_script
    from avatar.consent.scope import script_digest
    from avatar.errors import InputError
    from avatar.voices.text.script import split_script

    if bool(video) == bool(script):
        raise InputError("name a video's digest, or --script FILE, and not both", code="approval.what")
    context = open_app()
    if script:
        lines = tuple(line.text for line in split_script(read_script(script)))
        for line in lines:
            typer.echo(f"  {line}")
        kind, subject = "script", script_digest(lines)
    else:
        folder = pending_review(context, video, Path("out") / f"review-{video[:12]}")
        typer.echo(f"Look at {folder / 'contact-sheet.png'} and read {folder / 'captions.vtt'}.")
        kind, subject = "video", video
    if not yes:
        typer.confirm(f"Approve this {kind}?", abort=True)
    index = context.operators.approve(kind, subject)  # type: ignore[arg-type]  # one of the two words above
    typer.echo(f"Approved (ledger entry {index}). Whoever makes the production can run it again now.")
