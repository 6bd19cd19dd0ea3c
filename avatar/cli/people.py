"""Commands about people: enrol, grant, withdraw, erase, list."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from avatar.people import Prepare

USES = ("clone-voice", "animate-face", "swap-face", "refine-lips", "publish", "train")

_WORDS = {"valid": "consent stands", "consent withdrawn": "consent withdrawn", "erased": "a person in it was erased"}

Alias = Annotated[str, typer.Argument(help="The name this store knows the person by, like 'ada'.", show_default=False)]
UseList = Annotated[list[str] | None, typer.Option("--use", help=f"One of {', '.join(USES)}; give it several times.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    for command in (enroll, grant, withdraw, erase, people, where):
        app.command()(command)


def enroll(  # noqa: PLR0913, PLR0917 - a command line's options
    alias: Alias,
    portrait: Annotated[Path | None, typer.Option(help="One face, looking at the camera (PNG or JPEG).")] = None,
    voice: Annotated[Path | None, typer.Option(help="Six seconds or more of clear speech (wav, flac ...).")] = None,
    transcript: Annotated[Path | None, typer.Option(help="What is said in --voice; recognised when left out.")] = None,
    footage: Annotated[Path | None, typer.Option(help="A video of the person, to be dubbed (mp4).")] = None,
    capacity: Annotated[
        Literal["self", "estate", "synthetic"],
        typer.Option(help="The person, their estate, or nobody real."),
    ] = "self",
) -> None:
    """Bring a person in, or bring more samples of a person who is here.

    Their signing key is made at first enrolment and lies in the key folder: hand it to them, it is theirs.
    """
    from avatar import intake
    from avatar.compose import open_house
    from avatar.errors import InputError

    samples: list[Prepare] = []
    if portrait:
        samples.append(partial(intake.portrait, portrait))
    if voice:
        samples.append(partial(intake.voice, voice, transcript))
    if footage:
        samples.append(partial(intake.footage, footage))
    if transcript and not voice:
        raise InputError("--transcript says what is in --voice; give --voice too", code="person.no-voice")
    if not samples:
        raise InputError("nothing to enrol; give --portrait, --voice or --footage", code="person.no-samples")
    house = open_house()
    person = house.people.enroll(alias, capacity, samples)
    typer.echo(f"{alias} is enrolled as {person.id} with {len(samples)} sample(s).")
    typer.echo(f"Their own key: {house.people.keys / f'{person.id}.key'}")
    typer.echo(f"Nothing may be made with them yet. Next: avatar grant {alias} --use clone-voice --use publish ...")


def grant(
    alias: Alias,
    use: UseList = None,
    days: Annotated[int, typer.Option(help="How long the agreement lasts, from now.")] = 365,
    file: Annotated[Path | None, typer.Option(help="A grant that the person signed elsewhere (JSON).")] = None,
) -> None:
    """Record what a person agrees to: the uses you list, of the samples they brought so far, for a while."""
    from avatar.compose import open_house
    from avatar.errors import InputError

    house = open_house()
    person = house.people.find(alias)
    if file:
        signed = house.people.read_grant(file)
        if signed.person != person.id:
            raise InputError(f"grant {file.name}: is of {signed.person}, not of {alias}", code="grant.other-person")
        recorded = house.people.record(signed)
    elif use:
        recorded = house.people.agree(person, _uses(use), days=days)
    else:
        raise InputError(f"--use: name at least one of {', '.join(USES)}", code="grant.no-use")
    until = f"{recorded.not_after:%Y-%m-%d}"
    typer.echo(f"{alias} agrees to {', '.join(recorded.uses)} until {until} (grant {recorded.digest[:12]}).")


def withdraw(alias: Alias, use: UseList = None) -> None:
    """Take back a person's agreement: all of it, or the uses you list. It takes effect at once, in running work too."""
    from avatar.compose import open_house
    from avatar.reach import spread

    house = open_house()
    index = house.people.withdraw(house.people.find(alias), _uses(use or []))
    typer.echo(f"{alias} has withdrawn {', '.join(use) if use else 'every agreement'} (ledger entry {index}).")
    spread(house)


def erase(
    person: Annotated[str, typer.Argument(help="Their alias or id.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
) -> None:
    """Make a person unreadable for good: destroy the key to everything that shows them, alone or with others.

    They withdraw everything first. The ledger keeps their random id, and nothing else.
    """
    from avatar.compose import open_house
    from avatar.erasure import erase as erase_for_good
    from avatar.reach import spread

    house = open_house()
    if not yes:
        typer.confirm(f"Erase {person}, and everything that shows them? It cannot be undone", abort=True)
    erased = erase_for_good(house.people, person)
    typer.echo(f"{person} is erased ({erased.person}): nothing in this store that shows them can be read any more.")
    if erased.published:
        typer.echo("Published files that show them; copies outside this store are for you to recall:")
    for file in erased.published:
        typer.echo(f"  sha256 {file}")
    spread(house)


def people() -> None:
    """List everyone enrolled here, what they brought, and what they agree to."""
    from rich.console import Console
    from rich.table import Table

    from avatar.compose import open_house

    house = open_house()
    everyone = house.people.all()
    if not everyone:
        typer.echo("Nobody is enrolled here. First: avatar enroll ALIAS --portrait FILE --voice FILE")
        return
    table = Table("alias", "id", "capacity", "brought", "agrees to", "until")
    state = house.ledger.read()
    for person in everyone:
        likeness = house.people.likeness(person)
        brought = [name for name in ("voice", "portrait", "footage") if getattr(likeness, name)]
        standing = state.people[person.id].standing
        uses = sorted({str(use) for each in standing for use in each.uses})
        until = max((f"{each.grant.not_after:%Y-%m-%d}" for each in standing), default="")
        table.add_row(person.alias, person.id, person.capacity, ", ".join(brought), ", ".join(uses) or "nothing", until)
    Console().print(table)


def where(
    alias: Alias,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List every published video that shows a person or speaks in their voice, and whether consent for it stands."""
    import json

    from avatar.compose import open_house

    house = open_house()
    person, published = house.people.find(alias), house.ledger.read().published
    shown = [house.statuses.of(file) for file, found in published.items() if person.id in found.people]
    if as_json:
        typer.echo(json.dumps([status.model_dump(mode="json") for status in shown], indent=2))
        return
    if not shown:
        typer.echo(f"{alias} is in no published video.")
    for status in shown:
        since = f" since {status.since:%Y-%m-%d %H:%M} UTC" if status.decided != status.published else ""
        typer.echo(f"{status.file}  ledger entry {status.published}  {_WORDS[status.state]}{since}")


def _uses(words: list[str]) -> list["Use"]:  # type: ignore[name-defined]  # noqa: F821
    from avatar.consent import Use
    from avatar.errors import InputError
    from avatar.registry import hint

    for word in words:
        if word not in USES:
            raise InputError(f"--use {word!r}{hint(word, USES)}; it is one of {', '.join(USES)}", code="grant.bad-use")
    return [Use(word) for word in words]
