"""Commands that have a person say what they agree to: request, record, requests, review."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avatar.cli import options
from avatar.cli.command import add_command
from avatar.cli.options import Alias
from avatar.cli.output import print_json, step
from avatar.cli.pages import link_for
from avatar.consent import defaults

if TYPE_CHECKING:
    from avatar.app.context import AppContext
    from avatar.capture.challenge import Challenge
    from avatar.capture.outcome import Outcome

Name = Annotated[str, typer.Argument(help="The first digits of the challenge.", show_default=False)]


def add_to(consent: typer.Typer) -> None:
    """Add these commands to the app *consent*."""
    asked = (
        "avatar consent request ada --use clone-voice --use publish \\\n"
        "  --purpose training --project onboarding \\\n"
        "  --description 'Short lessons for new colleagues.'"
    )
    add_command(consent, request, asked, f"{asked} --link 48")
    add_command(
        consent, record, "avatar consent record 3f0c9a2b7d51 ada-agrees.mp4", "avatar consent record ada said.wav"
    )
    add_command(consent, requests, "avatar consent requests ada", "avatar consent requests ada --json")
    add_command(
        consent,
        review,
        "avatar consent review 3f0c9a2b7d51 --save recordings",
        "avatar consent review 3f0c9a2b7d51 --accept",
    )


def request(  # noqa: PLR0913, PLR0917 - an agreement has this many sides
    alias: Alias,
    use: options.Uses,
    purpose: options.Purposes,
    project: options.GrantProject,
    description: options.Description,
    language: options.GrantLanguages = options.DEFAULT_LANGUAGES,
    channel: options.Channels = options.DEFAULT_CHANNELS,
    territory: options.Territories = options.DEFAULT_TERRITORIES,
    companion: options.Companions = None,
    reviewed: options.Reviewed = False,
    deny_topic: options.DeniedTopics = None,
    max_outputs: options.MaxOutputs = defaults.MAX_OUTPUTS,
    max_seconds: options.MaxSeconds = defaults.MAX_SECONDS,
    days: options.Days = defaults.DAYS,
    reconfirm_days: options.ReconfirmDays = None,
    locale: Annotated[str, typer.Option(help="The language they read the statement in.")] = "en-GB",
    link_hours: Annotated[
        float | None,
        typer.Option("--link", help="Give them a personal link to the pages instead, to be opened within these hours."),
    ] = None,
) -> None:
    """Ask a person to agree: what they are to say, with words drawn for this one time. It is open for half an hour.

    With --link they are asked on the consent pages (avatar consent serve), and the words are drawn there.
    """
    from avatar.app.context import open_app
    from avatar.app.parsing import parse_terms

    context = open_app()
    person = context.people.find(alias)
    terms = parse_terms(
        use,
        purpose,
        project,
        description,
        languages=language,
        channels=channel,
        territories=territory,
        companions=[context.people.find(each).id for each in companion or []],
        reviewed=reviewed,
        denied_topics=deny_topic or [],
        max_outputs=max_outputs,
        max_seconds=max_seconds,
        days=days,
        reconfirm_days=reconfirm_days,
    )
    if link_hours is not None:
        from avatar.portal.sessions import RequestedTerms

        typer.echo(link_for(context, alias, RequestedTerms(terms=terms, locale=locale), link_hours))
        return
    challenge = context.capture.ask(person, terms, locale=locale)
    typer.echo(f"Show {alias} what they are asked:\n\n{context.capture.notice(challenge)}\n")
    typer.echo(f"Then have them say, to a camera or a microphone, in one go:\n\n{challenge.statement}\n")
    typer.echo(f"Open until {challenge.expires_at:%Y-%m-%d %H:%M} UTC. Challenge {challenge.id[:12]}. Next:")
    typer.echo(f"  avatar consent record {challenge.id[:12]} FILE")


def record(
    who: Annotated[str, typer.Argument(help="The first digits of the challenge, or the person.", show_default=False)],
    file: Annotated[Path, typer.Argument(help="Their recording: sound, or a video with sound.", show_default=False)],
) -> None:
    """Take the recording of a statement, check it, and record the agreement. A challenge takes one recording."""
    from avatar.app.context import open_app

    context = open_app()
    challenge = _challenge(context, who)
    with step("checking words, voice, face and lips"):
        outcome = context.capture.take(challenge.id, file)
    _say(outcome, challenge)


def requests(alias: Alias, as_json: options.AsJson = False) -> None:
    """List what a person was asked, and what came of it."""
    from rich.console import Console
    from rich.table import Table

    from avatar.app.context import open_app

    context = open_app()
    rows: list[dict[str, str | list[str]]] = [
        {
            "challenge": each.id[:12],
            "asked": f"{each.asked_at:%Y-%m-%d %H:%M}",
            "by": each.asked_by,
            "uses": sorted(map(str, each.terms.uses)),
            "stands": context.capture.standing(each),
        }
        for each in context.capture.challenges(context.people.find(alias))
    ]
    if as_json:
        print_json(rows)
        return
    table = Table("challenge", "asked", "by", "uses", "stands")
    for row in rows:
        table.add_row(*(", ".join(value) if isinstance(value, list) else value for value in row.values()))
    Console().print(table)


def review(
    challenge: Name,
    accept: Annotated[bool | None, typer.Option("--accept/--refuse", help="What you decide.")] = None,
    save: Annotated[Path | None, typer.Option(help="Write the recording into this folder, to see and hear it.")] = None,
) -> None:
    """Decide a recording that is held, as a second operator: what was checked, and what you see and hear."""
    from avatar.app.context import open_app

    context = open_app()
    found = context.capture.find(challenge)
    outcome = context.capture.outcome(found)
    if outcome:
        typer.echo(outcome.explain())
    typer.echo(f"They were to say:\n\n{found.statement}\n")
    if save:
        save.mkdir(parents=True, exist_ok=True)
        for path in context.capture.recording(found.id, save):
            typer.echo(f"  {path}")
    if accept is None:
        typer.echo("Nothing is decided yet: look, listen, then give --accept or --refuse.")
        return
    _say(context.capture.review(found.id, accept=accept), found)


def _challenge(context: "AppContext", who: str) -> "Challenge":
    from avatar.errors import InputError

    person = next((person for person in context.people.all() if person.alias == who), None)
    if person is None:
        return context.capture.find(who)
    asked = context.capture.challenges(person)
    if not asked:
        raise InputError(f"{who} was not asked anything (avatar consent request)", code="capture.unknown")
    return asked[0]


def _say(outcome: "Outcome", challenge: "Challenge") -> None:
    from avatar.capture.outcome import ChallengeState

    typer.echo(outcome.explain())
    if outcome.standing is ChallengeState.GRANTED:
        typer.echo(f"Recorded: grant {(outcome.grant or '')[:12]}.")
        return
    why = ", ".join(outcome.codes)
    if outcome.standing is ChallengeState.HELD:
        typer.echo(
            f"Held for a second operator ({why}): avatar consent review {challenge.id[:12]} --accept or --refuse"
        )
        return
    typer.echo(f"Refused ({why}). Nothing was agreed to; ask again (avatar consent request).", err=True)
    raise typer.Exit(1)
