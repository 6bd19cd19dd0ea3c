"""Commands about the pages for performers: serve them, and make personal links to them."""

from typing import TYPE_CHECKING, Annotated

import typer

from avatar.cli.command import add_command
from avatar.cli.options import Alias

if TYPE_CHECKING:
    from avatar.app.context import AppContext
    from avatar.portal.sessions import RequestedTerms

Hours = Annotated[float, typer.Option(help="How long the link can be opened.", min=0.1, max=24 * 90)]


def add_to(consent: typer.Typer) -> None:
    """Add these commands to the app *consent*."""
    add_command(
        consent,
        serve,
        "avatar consent serve",
        "avatar consent serve --host 0.0.0.0 --behind https://consent.example.com",
    )
    add_command(consent, link, "avatar consent link ada --hours 48")


def serve(
    port: Annotated[int, typer.Option(help="Where to listen.", min=1, max=65535)] = 8780,
    host: Annotated[str, typer.Option(help="The address to listen on: by default this machine only.")] = "127.0.0.1",
    behind: Annotated[
        str, typer.Option(help="The https address of the proxy in front, for anything but this machine.")
    ] = "",
) -> None:
    """Serve the pages where performers agree, see where they were used, and withdraw. Stop with Ctrl-C."""
    from avatar.app.context import open_app
    from avatar.consent.permission import require_role
    from avatar.consent.roles import Role
    from avatar.portal.middleware import parse_site_address
    from avatar.portal.serve import serve as answer

    context = open_app()
    require_role(context.ledger, Role.GRANT, "ServePages")  # said now, and not to the first performer
    known = context.settings.pages if context.settings.pages.startswith("https:") else ""
    address = parse_site_address(host, port, behind or known)
    typer.echo(f"The consent pages are at {address.origin} (ask someone: avatar consent request ALIAS ... --link 48)")
    answer(context, address, host, port)


def link(alias: Alias, hours: Hours = 24) -> None:
    """Make a personal link for a later visit: to see, to narrow, to withdraw. It opens once.

    To ask someone for their agreement: avatar consent request ALIAS ... --link HOURS.
    """
    from avatar.app.context import open_app

    typer.echo(link_for(open_app(), alias, None, hours))


def link_for(context: "AppContext", alias: str, asked: "RequestedTerms | None", hours: float) -> str:
    """Return a new personal link for *alias*, which opens once within *hours*, and what to know about it."""
    from avatar.consent.permission import require_role
    from avatar.consent.roles import Role
    from avatar.portal.sessions import Sessions

    require_role(context.ledger, Role.GRANT, "Link")
    person = context.people.find(alias)
    if asked:
        context.capture.foresee(person, asked.terms, locale=asked.locale)
    token = Sessions(context.objects, context.vault).make(person.id, asked, hours=hours)
    page = f"{context.settings.pages.rstrip('/')}/c/{token}"
    return f"{page}\nFor {alias} alone: it opens once, within {hours:g} hours. The pages: avatar consent serve"
