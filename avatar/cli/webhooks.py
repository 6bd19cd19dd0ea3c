"""Commands about webhooks: add, list, remove, test, deliver, redeliver."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from avatar.cli import options
from avatar.cli.command import OPERATE, add_command, command_group
from avatar.cli.output import print_json

if TYPE_CHECKING:
    from avatar.publishing.webhooks.outbox import OutboxContents
    from avatar.publishing.webhooks.subscription import Subscription

Id = Annotated[str, typer.Argument(help="As `avatar webhooks list` shows it.", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    webhooks = command_group(
        "Tell other systems, over HTTP, what the ledger recorded.",
        "avatar webhooks add https://hooks.example.com/consent --event withdrawn",
        "avatar webhooks list",
    )
    add_command(webhooks, add, "avatar webhooks add https://hooks.example.com/consent --event withdrawn")
    add_command(webhooks, remove, "avatar webhooks remove 5f2c1a9e")
    add_command(webhooks, test, "avatar webhooks test 5f2c1a9e")
    add_command(webhooks, deliver, "avatar webhooks deliver", "avatar webhooks deliver --follow --every 10")
    add_command(webhooks, redeliver, "avatar webhooks redeliver 5f2c1a9e")
    add_command(webhooks, show, "avatar webhooks list", "avatar webhooks list --json", name="list")
    app.add_typer(webhooks, name="webhooks", rich_help_panel=OPERATE)


def add(
    url: Annotated[str, typer.Argument(help="https://HOST/PATH", show_default=False)],
    event: Annotated[
        list[str] | None,
        typer.Option(help="granted, narrowed, suspended, withdrawn, erased, published or refused. All when left out."),
    ] = None,
) -> None:
    """Have a URL told of what is recorded from now on. Its secret is shown once, here."""
    from avatar.app.context import open_app

    added = open_app().dispatcher.subscribe(url, event or [])
    typer.echo(f"{added.id} is told of: {', '.join(added.events)}")
    typer.echo(f"Messages are signed with {added.secret}")
    typer.echo(f"Whether they arrive: avatar webhooks test {added.id}")


def show(as_json: options.AsJson = False) -> None:
    """List the webhooks, what waits to be told, and what was given up."""
    from avatar.app.context import open_app

    dispatcher = open_app().dispatcher
    rows = [_row(each, dispatcher.look(each)) for each in dispatcher.subscriptions.all()]
    if as_json:
        print_json(rows)
        return
    if not rows:
        typer.echo("There are no webhooks. First: avatar webhooks add https://HOST/PATH --event withdrawn")
    for row in rows:
        typer.echo(f"{row['id']}  {row['url']}  {', '.join(row['events'])}{'  GONE: nothing is sent' * row['gone']}")
        for kind in ("waiting", "dead"):
            for letter in row[kind]:
                due = f", next {letter['due']}" if letter["due"] else ""
                why = f": {letter['why']}" if letter["why"] else ""
                typer.echo(f"    {kind}: entry {letter['entry']}, tried {letter['tried']} times{due}{why}")


def remove(id: Id) -> None:
    """Tell a webhook nothing any more, also nothing that waits."""
    from avatar.app.context import open_app

    open_app().dispatcher.unsubscribe(id)
    typer.echo(f"{id} is removed.")


def test(id: Id) -> None:
    """Send a message that says nothing, now. Exit status 0 means that it arrived."""
    from avatar.app.context import open_app

    trouble = open_app().dispatcher.test(id)
    typer.echo(f"not delivered: {trouble}" if trouble else "delivered")
    if trouble:
        raise typer.Exit(1)


def deliver(
    follow: Annotated[bool, typer.Option("--follow", help="Go on until stopped.")] = False,
    every: Annotated[float, typer.Option(min=0.2, help="With --follow: seconds between two looks.")] = 5.0,
) -> None:
    """Bring public statuses up to date and send every message that is due. Run it by a timer, or with --follow."""
    import time

    from avatar.app.context import open_app

    context = open_app()
    while True:
        context.statuses.refresh()
        done = context.dispatcher.carry()
        if not follow or done.delivered or done.failed:
            typer.echo(f"{done.delivered} delivered, {done.failed} failed, {done.dead} given up")
        if not follow:
            return
        time.sleep(every)


def redeliver(id: Id) -> None:
    """Queue again what was given up for a webhook."""
    from avatar.app.context import open_app

    count = open_app().dispatcher.revive(id)
    typer.echo(f"{count} queued again; next: avatar webhooks deliver")


def _row(subscription: "Subscription", contents: "OutboxContents") -> dict[str, Any]:
    return {
        "id": subscription.id,
        "url": subscription.url,
        "events": list(subscription.events),
        "gone": contents.gone,
        **{
            kind: [
                {
                    "entry": letter.index,
                    "tried": letter.tried,
                    "due": letter.due.isoformat(timespec="seconds") if letter.due else None,
                    "why": letter.why,
                }
                for letter in letters
            ]
            for kind, letters in (("waiting", contents.waiting), ("dead", contents.dead))
        },
    }
