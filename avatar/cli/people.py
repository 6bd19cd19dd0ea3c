"""Commands about people: enrol, grant, withdraw, erase, list."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avatar.cli import options
from avatar.cli.choices import PURPOSES, USES
from avatar.cli.command import LOOK, PEOPLE, add_command
from avatar.cli.options import Alias
from avatar.cli.output import print_json, step
from avatar.consent import defaults

if TYPE_CHECKING:
    from avatar.app.context import AppContext
    from avatar.consent import Use
    from avatar.people.directory import Person

_WORDS = {"valid": "consent stands", "consent withdrawn": "consent withdrawn", "erased": "a person in it was erased"}


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    add_command(
        app,
        enroll,
        "avatar enroll ada --portrait ada.png --voice ada.wav --transcript ada.txt",
        "avatar enroll ada --footage ada.mp4",
        "avatar enroll ivo --portrait ivo.png --capacity synthetic",
        panel=PEOPLE,
    )
    add_command(
        app,
        grant,
        "avatar grant ada --use clone-voice --use animate-face --use publish \\\n"
        "  --purpose training --project onboarding --days 90 \\\n"
        "  --description 'Short lessons for new colleagues.'",
        "avatar grant ada --file signed-elsewhere.json",
        panel=PEOPLE,
    )
    add_command(app, withdraw, "avatar withdraw ada", "avatar withdraw ada --use swap-face", panel=PEOPLE)
    add_command(app, erase, "avatar erase ada", panel=PEOPLE)
    add_command(app, people, "avatar people", "avatar people --json", panel=PEOPLE)
    add_command(app, glossary, "avatar glossary ada", "avatar glossary ada ada-words.yaml", panel=PEOPLE)
    add_command(app, where, "avatar where ada", "avatar where ada --json", panel=LOOK)


def enroll(  # noqa: PLR0913, PLR0917 - a command line's options
    alias: Alias,
    portrait: options.PortraitFile = None,
    voice: options.VoiceFile = None,
    transcript: options.TranscriptFile = None,
    footage: options.FootageFile = None,
    voiceover: options.VoiceoverFile = None,
    voiceover_transcript: options.VoiceoverTranscriptFile = None,
    capacity: options.CapacityOf = "self",
) -> None:
    """Bring a person in, or bring more samples of a person who is here.

    Their signing key is made at first enrolment and lies in the key folder: hand it to them, it is theirs.
    """
    from avatar.app.context import open_app
    from avatar.app.samples_given import GivenSamples

    given = GivenSamples(alias, portrait, voice, transcript, footage, voiceover, voiceover_transcript)
    brought = given.checks()
    context = open_app()
    with step("checking the samples"):
        person = context.people.enroll(alias, capacity, brought)
    typer.echo(f"{alias} is enrolled as {person.id} with {len(brought)} sample(s).")
    typer.echo(f"Their own key: {context.people.keys / f'{person.id}.key'}")
    typer.echo(
        f"Nothing may be made with them yet. Next: avatar grant {alias} --use clone-voice --use publish --purpose ..."
    )


def glossary(
    alias: Alias,
    file: Annotated[
        Path | None, typer.Argument(help="A YAML file that says how their words are pronounced.", show_default=False)
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Show how a person has their own words said, or set that from FILE: in it, 'Siobhan: {say: shivawn}'.

    Instead of say, other words, it can be ipa or arpabet. It holds for every production in which they speak.
    """
    import yaml

    from avatar.app.context import open_app
    from avatar.production.blueprint.load import load_glossary
    from avatar.voices.text.glossary import dump_glossary

    context = open_app()
    person = context.people.find(alias)
    if file:
        context.pronunciations.set(person.id, load_glossary(file))
    words = context.pronunciations.of(person.id)
    if as_json:
        print_json(dump_glossary(words))
        return
    typer.echo(
        yaml.safe_dump(dump_glossary(words), allow_unicode=True).strip() if words else f"{alias} has no glossary."
    )


def grant(  # noqa: PLR0913, PLR0917 - an agreement has this many sides
    alias: Alias,
    use: options.SomeUses = None,
    purpose: options.SomePurposes = None,
    project: options.GrantProject = "",
    description: options.Description = "",
    language: options.GrantLanguages = options.DEFAULT_LANGUAGES,
    channel: options.Channels = options.DEFAULT_CHANNELS,
    territory: options.Territories = options.DEFAULT_TERRITORIES,
    companion: options.Companions = None,
    script: Annotated[list[Path] | None, typer.Option(help="The only scripts agreed to (text files).")] = None,
    reviewed: options.Reviewed = False,
    deny_topic: options.DeniedTopics = None,
    max_outputs: options.MaxOutputs = defaults.MAX_OUTPUTS,
    max_seconds: options.MaxSeconds = defaults.MAX_SECONDS,
    days: options.Days = defaults.DAYS,
    reconfirm_days: options.ReconfirmDays = None,
    file: Annotated[Path | None, typer.Option(help="A grant that the person signed elsewhere (JSON).")] = None,
) -> None:
    """Record what a person agrees to: the uses you list, of the samples they brought so far, within limits.

    Nothing is agreed to that is not listed. For a real person it lasts 92 days at most, unless they said it
    themselves: avatar consent request.
    """
    from avatar.app.context import open_app
    from avatar.app.delivery import read_script
    from avatar.app.parsing import parse_terms
    from avatar.consent.decide import usable_until
    from avatar.consent.scope import script_digest
    from avatar.errors import InputError
    from avatar.voices.text.script import split_script

    context = open_app()
    person = context.people.find(alias)
    if file:
        signed = context.people.read_grant(file)
        if signed.person != person.id:
            raise InputError(f"grant {file.name}: is of {signed.person}, not of {alias}", code="grant.other-person")
        recorded = context.people.record(signed)
    elif use and purpose:
        terms = parse_terms(
            use,
            purpose,
            project,
            description,
            languages=language,
            channels=channel,
            territories=territory,
            companions=[context.people.find(each).id for each in companion or []],
            scripts=[
                script_digest(tuple(line.text for line in split_script(read_script(path)))) for path in script or []
            ],
            reviewed=reviewed,
            denied_topics=deny_topic or [],
            max_outputs=max_outputs,
            max_seconds=max_seconds,
            days=days,
            reconfirm_days=reconfirm_days,
        )
        recorded = context.people.agree(person, terms)
    else:
        missing, known = ("--purpose", PURPOSES) if use else ("--use", USES)
        raise InputError(f"{missing}: name at least one of {', '.join(known)}", code="grant.incomplete")
    until = f"{usable_until(recorded, person.capacity):%Y-%m-%d}"
    uses, purposes = ", ".join(recorded.scope.uses), ", ".join(recorded.scope.purposes)
    typer.echo(f"{alias} agrees to {uses} for {purposes} until {until} (grant {recorded.digest[:12]}).")
    typer.echo(f"Their receipt: avatar consent receipt {alias}")


def withdraw(alias: Alias, use: options.SomeUses = None) -> None:
    """Take back a person's agreement: all of it, or the uses you list. It takes effect at once, in running work too."""
    from avatar.app.context import open_app
    from avatar.app.propagate import propagate_consent_change

    context = open_app()
    index = context.people.withdraw(context.people.find(alias), _uses(use or []))
    typer.echo(f"{alias} has withdrawn {', '.join(use) if use else 'every agreement'} (ledger entry {index}).")
    propagate_consent_change(context)


def erase(
    person: Annotated[str, typer.Argument(help="Their alias or id.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
) -> None:
    """Make a person unreadable for good: destroy the key to everything that shows them, alone or with others.

    They withdraw everything first. The ledger keeps their random id, and nothing else.
    """
    from avatar.app.context import open_app
    from avatar.app.propagate import propagate_consent_change
    from avatar.people.erasure import erase as erase_for_good

    context = open_app()
    if not yes:
        typer.confirm(f"Erase {person}, and everything that shows them? It cannot be undone", abort=True)
    erased = erase_for_good(context.people, person)
    typer.echo(f"{person} is erased ({erased.person}): nothing in this store that shows them can be read any more.")
    if erased.published:
        typer.echo("Published files that show them; copies outside this store are for you to recall:")
    for file in erased.published:
        typer.echo(f"  sha256 {file}")
    propagate_consent_change(context)


def people(as_json: options.AsJson = False) -> None:
    """List everyone enrolled here, what they brought, and what they agree to."""
    from rich.console import Console
    from rich.table import Column, Table

    from avatar.app.context import open_app

    context = open_app()
    rows = [_row(context, person) for person in context.people.all()]
    if as_json:
        print_json(rows)
        return
    if not rows:
        typer.echo("Nobody is enrolled here. First: avatar enroll ALIAS --portrait FILE --voice FILE")
        return
    table = Table("alias", Column("id", overflow="fold"), "capacity", "brought", "agrees to", "for", "on", "until")
    for row in rows:
        said = {name: ", ".join(value) if isinstance(value, list) else value for name, value in row.items()}
        table.add_row(*{**said, "uses": said["uses"] or "nothing"}.values())
    Console().print(table)


def where(
    alias: Alias,
    as_json: options.AsJson = False,
) -> None:
    """List every published video that shows a person or speaks in their voice, and whether consent for it stands."""
    from avatar.app.context import open_app
    from avatar.consent.permission import require_role
    from avatar.consent.roles import Role

    context = open_app()
    require_role(context.ledger, Role.AUDIT, "Where")
    person, published = context.people.find(alias), context.ledger.read().published
    shown = [(context.statuses.of(file), found) for file, found in published.items() if person.id in found.people]
    if as_json:
        rows = [
            {**status.model_dump(mode="json"), "purpose": found.purpose, "channels": list(found.channels)}
            for status, found in shown
        ]
        print_json(rows)
        return
    if not shown:
        typer.echo(f"{alias} is in no published video.")
    for status, found in shown:
        since = f" since {status.since:%Y-%m-%d %H:%M} UTC" if status.decided != status.published else ""
        told = f"{status.file}  ledger entry {status.published}  {_WORDS[status.state]}{since}"
        typer.echo(f"{told}  {found.purpose}  {', '.join(found.channels)}")


def _row(context: "AppContext", person: "Person") -> dict[str, str | list[str]]:
    from avatar.consent.decide import usable_until

    likeness = context.people.likeness(person)
    standing = context.ledger.read().people[person.id].standing
    return {
        "alias": person.alias,
        "id": person.id,
        "capacity": person.capacity,
        "brought": [name for name in ("voice", "portrait", "footage", "voiceover") if getattr(likeness, name)],
        "uses": sorted({str(use) for each in standing for use in each.uses}),
        "purposes": sorted({str(purpose) for each in standing for purpose in each.scope.purposes}),
        "channels": sorted({str(channel) for each in standing for channel in each.scope.channels}),
        "until": max((f"{usable_until(each.grant, person.capacity):%Y-%m-%d}" for each in standing), default=""),
    }


def _uses(words: list[str]) -> list["Use"]:
    from avatar.app.parsing import parse_enums
    from avatar.consent import Use

    return list(parse_enums(Use, words, "--use"))
