"""The command that removes what is due: sweep."""

from collections import Counter
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    app.command()(sweep)


def sweep(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is due, and remove nothing.")] = False,
) -> None:
    """Remove what was kept for as long as AVATAR_RETAIN_INTERMEDIATE_DAYS, _PUBLISHED_DAYS and _PERSON_DAYS say.

    Without them everything is kept. What is made again later is as it was; published files outside are not touched.
    """
    from rich.progress import Progress

    from avatar.app.context import open_app
    from avatar.people.retention import find_expired
    from avatar.people.retention import sweep as remove_due

    context = open_app()
    with Progress(transient=True) as progress:
        task = progress.add_task("looking" if dry_run else "removing", total=None)
        act = find_expired if dry_run else remove_due
        found = act(context.people, context.policy, lambda n, of: progress.update(task, completed=n, total=of))
    counts = Counter((due.why, due.held.kind) for due in found)
    for (why, kind), count in sorted(counts.items()):
        typer.echo(f"  {count:6} {kind}: {why}")
    typer.echo(f"{len(found)} artifacts {'are due' if dry_run else 'were removed'}.")
