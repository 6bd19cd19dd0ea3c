"""The command that removes what is due: sweep."""

from collections import Counter
from typing import Annotated

import typer

from avatar.cli import options
from avatar.cli.command import OPERATE, add_command
from avatar.cli.output import is_quiet, print_json


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    add_command(
        app,
        sweep,
        "avatar sweep --dry-run",
        "AVATAR_RETAIN_INTERMEDIATE_DAYS=30 avatar sweep",
        panel=OPERATE,
    )


def sweep(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is due, and remove nothing.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Remove what was kept for as long as AVATAR_RETAIN_INTERMEDIATE_DAYS, _PUBLISHED_DAYS and _PERSON_DAYS say.

    Without them everything is kept. What is made again later is as it was; published files outside are not touched.
    """
    from rich.console import Console
    from rich.progress import Progress

    from avatar.app.context import open_app
    from avatar.people.retention import find_expired
    from avatar.people.retention import sweep as remove_due

    context = open_app()
    with Progress(console=Console(stderr=True), transient=True, disable=is_quiet()) as progress:
        task = progress.add_task("looking" if dry_run else "removing", total=None)
        act = find_expired if dry_run else remove_due
        found = act(context.people, context.policy, lambda n, of: progress.update(task, completed=n, total=of))
    counts = Counter((due.why, due.held.kind) for due in found)
    if as_json:
        rows = [{"kind": kind, "why": why, "count": count} for (why, kind), count in sorted(counts.items())]
        print_json({"removed": not dry_run, "artifacts": len(found), "kinds": rows})
        return
    for (why, kind), count in sorted(counts.items()):
        typer.echo(f"  {count:6} {kind}: {why}")
    typer.echo(f"{len(found)} artifacts {'are due' if dry_run else 'were removed'}.")
