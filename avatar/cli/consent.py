"""Commands about agreements: look at them, take them home, make them smaller, pause them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avatar.cli import capture, options, pages
from avatar.cli.choices import CHANNELS, PURPOSES
from avatar.cli.command import PEOPLE, add_command, command_group
from avatar.cli.options import Alias
from avatar.cli.output import print_json

if TYPE_CHECKING:
    from avatar.app.context import AppContext
    from avatar.consent.record import Grant
    from avatar.consent.state import ActiveGrant
    from avatar.people.directory import Person

consent = command_group(
    "What people agree to: ask and record, show, export, receipt, narrow, reconfirm, pause.",
    "avatar consent show ada",
    "avatar consent receipt ada",
)

GrantName = Annotated[str, typer.Option("--grant", help="The first digits of the grant; needed if there are several.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    capture.add_to(consent)
    pages.add_to(consent)
    add_command(consent, show, "avatar consent show ada", "avatar consent show ada --json")
    add_command(consent, export, "avatar consent export ada --out ada-consent.json")
    add_command(consent, receipt, "avatar consent receipt ada --out receipts")
    add_command(
        consent,
        narrow,
        "avatar consent narrow ada --channel internal --max-outputs 20",
        "avatar consent narrow ada --language en-GB --grant 5d41402abc4b",
    )
    add_command(consent, reconfirm, "avatar consent reconfirm ada")
    add_command(consent, suspend, "avatar consent suspend ada")
    add_command(consent, resume, "avatar consent resume ada")
    app.add_typer(consent, name="consent", rich_help_panel=PEOPLE)


def show(alias: Alias, as_json: options.AsJson = False) -> None:
    """Show every agreement of a person: its limits, what was used of them, how it stands."""
    from rich.console import Console
    from rich.table import Column, Table

    context, person = _open(alias)
    known = context.ledger.read().people[person.id]
    rows = [_agreement(context, person, each) for each in known.standing]
    if as_json:
        print_json({"alias": alias, "id": person.id, "capacity": person.capacity, "grants": rows})
        return
    if not rows:
        typer.echo(f"{alias} agrees to nothing.")
        return
    typer.echo(f"{alias} ({person.id}), {person.capacity}; what they agree to has changed {known.epoch} time(s).")
    for row in rows:
        table = Table("grant", Column(str(row["grant"]), overflow="fold"))
        for name, value in row.items():
            if name != "grant":
                table.add_row(name, ", ".join(value) if isinstance(value, list) else value)
        Console().print(table)


def _agreement(context: "AppContext", person: "Person", each: "ActiveGrant") -> dict[str, str | list[str]]:
    from avatar.consent.decide import usable_until
    from avatar.consent.state import GrantUsage
    from avatar.people.receipt import status_of

    state = context.ledger.read()
    words, spent = context.people.words_of(each.grant), state.spent.get(each.grant.digest, GrantUsage())
    scope, policy, suspended = each.scope, each.scope.script, state.people[person.id].suspended
    return {
        "grant": each.grant.digest,
        "status": status_of(each, person.capacity, context.people.clock(), suspended=suspended),
        "uses": sorted(each.uses),
        "purposes": list(scope.purposes),
        "project": words.project if words else "known to whoever signed it",
        "description": words.description if words else "",
        "languages": list(scope.languages),
        "channels": list(scope.channels),
        "territories": list(scope.territories),
        "companions": _called(context, scope.companions, person) or "nobody",
        "scripts": f"{len(policy.scripts)} known ones only" if policy.scripts else "any",
        "reviewed": "each script and video" if policy.reviewed else "no",
        "never about": list(policy.denied_topics),
        "videos": f"{spent.outputs} of {scope.max_outputs}",
        "seconds": f"{spent.milliseconds / 1000:.0f} of {scope.max_seconds}",
        "from": f"{each.grant.not_before:%Y-%m-%d %H:%M}",
        "until": f"{usable_until(each.grant, person.capacity):%Y-%m-%d %H:%M}",
        "evidence": each.grant.evidence.kind,
    }


def export(
    alias: Alias, out: Annotated[Path, typer.Option(help="The JSON file to write.")] = Path("consent.json")
) -> None:
    """Write every agreement of a person that stands, with its proof, into one JSON file."""
    from avatar.app.delivery import write_report
    from avatar.people.receipt import receipts

    context, person = _open(alias)
    write_report(
        out, {"person": person.id, "receipts": [r.as_json() for r in receipts(context.people, person, context.prove)]}
    )
    typer.echo(f"Written: {out}")


def receipt(
    alias: Alias, out: Annotated[Path, typer.Option(help="The folder to write into.")] = Path("receipts")
) -> None:
    """Write a receipt for each agreement that stands: a page to read, and JSON to check."""
    from avatar.app.delivery import write_report
    from avatar.people.receipt import receipts
    from avatar.runtime.atomic import write_text

    context, person = _open(alias)
    out.mkdir(parents=True, exist_ok=True)
    made = receipts(context.people, person, context.prove)
    for each in made:
        name = f"receipt-{each.grant.digest[:12]}"
        write_report(out / f"{name}.json", each.as_json())
        write_text(out / f"{name}.html", each.as_page())
        typer.echo(f"  {out / name}.html")
    if not made:
        typer.echo(f"{alias} agrees to nothing.")


def narrow(  # noqa: PLR0913, PLR0917 - a command line's options
    alias: Alias,
    purpose: Annotated[list[str] | None, typer.Option(help=f"Keep only: {', '.join(PURPOSES)}.")] = None,
    channel: Annotated[list[str] | None, typer.Option(help=f"Keep only: {', '.join(CHANNELS)}.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Keep only this language; several times for more.")] = None,
    max_outputs: Annotated[int | None, typer.Option(help="No more videos than this, in all.")] = None,
    max_seconds: Annotated[int | None, typer.Option(help="No more seconds than this, in all.")] = None,
    grant: GrantName = "",
) -> None:
    """Make an agreement smaller, at once. (Single uses are taken back with avatar withdraw ALIAS --use USE.)"""
    from avatar.app.parsing import parse_enums
    from avatar.app.propagate import propagate_consent_change
    from avatar.consent.vocabulary import Channel, Purpose
    from avatar.errors import InputError

    context, person = _open(alias)
    given = _grant(context, person, grant)
    (scope,) = (s.scope for s in context.ledger.read().people[person.id].standing if s.grant.digest == given.digest)
    smaller = {
        "purposes": tuple(sorted(parse_enums(Purpose, purpose, "--purpose"))) if purpose else scope.purposes,
        "channels": tuple(sorted(parse_enums(Channel, channel, "--channel"))) if channel else scope.channels,
        "languages": tuple(sorted(language)) if language else scope.languages,
        "max_outputs": scope.max_outputs if max_outputs is None else max_outputs,
        "max_seconds": scope.max_seconds if max_seconds is None else max_seconds,
    }
    if all(getattr(scope, name) == value for name, value in smaller.items()):
        raise InputError(
            "nothing would be narrowed; name a --purpose, --channel ... to keep", code="grant.not-narrower"
        )
    index = context.people.narrow(person, given, scope.model_validate({**scope.model_dump(), **smaller}))
    typer.echo(f"{alias}'s agreement {given.digest[:12]} is narrower now (ledger entry {index}).")
    propagate_consent_change(context)


def reconfirm(alias: Alias, grant: GrantName = "") -> None:
    """Record that a person still agrees, with their own key."""
    context, person = _open(alias)
    given = _grant(context, person, grant)
    index = context.people.reconfirm(person, given)
    typer.echo(f"{alias} still agrees to {given.digest[:12]} (ledger entry {index}).")


def suspend(alias: Alias) -> None:
    """Pause everything with a person, at once, in running work too. Anyone may; only the person can end it."""
    from avatar.app.propagate import propagate_consent_change

    context, person = _open(alias)
    index = context.people.suspend(person)
    typer.echo(f"Everything with {alias} is paused (ledger entry {index}).")
    propagate_consent_change(context)


def resume(alias: Alias) -> None:
    """End a pause, with the person's own key."""
    from avatar.app.propagate import propagate_consent_change

    context, person = _open(alias)
    index = context.people.resume(person)
    typer.echo(f"The pause of {alias} is over (ledger entry {index}).")
    propagate_consent_change(context)


def _open(alias: str) -> "tuple[AppContext, Person]":
    from avatar.app.context import open_app

    context = open_app()
    return context, context.people.find(alias)


def _called(context: "AppContext", ids: tuple[str, ...], but: "Person") -> list[str]:
    return [context.people.display_name(id) for id in ids if id != but.id]


def _grant(context: "AppContext", person: "Person", prefix: str) -> "Grant":
    from avatar.errors import InputError

    standing = context.ledger.read().people[person.id].standing
    found = [each.grant for each in standing if each.grant.digest.startswith(prefix)]
    if len(found) != 1:
        known = ", ".join(each.grant.digest[:12] for each in standing) or "none"
        raise InputError(f"--grant {prefix!r}: name one of {known}", code="grant.ambiguous")
    return found[0]
