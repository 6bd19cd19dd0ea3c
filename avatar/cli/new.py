"""The first own video with one command: new."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from avatar.cli import completion, options
from avatar.cli.command import MAKE, add_command
from avatar.cli.output import note, step

if TYPE_CHECKING:
    from avatar.app.context import AppContext
    from avatar.app.missing import UsesOf
    from avatar.app.production_words import ProductionWords
    from avatar.app.samples_given import GivenSamples

MAX_ATTESTED_DAYS = 92  # so long lasts at most what an operator attests; a test holds it equal to the gate's


def add_to(app: typer.Typer) -> None:
    """Add this command to *app*."""
    add_command(
        app,
        new,
        "avatar new ada --portrait ada.png --voice ada.wav --transcript ada.txt \\\n"
        "  --script script.txt --purpose training --project onboarding \\\n"
        "  --description 'Short lessons for new colleagues.'",
        panel=MAKE,
    )


def new(  # noqa: PLR0913, PLR0917 - a command line's options
    alias: options.Alias,
    purpose: options.Purpose,
    project: options.Project,
    description: options.Description,
    script: options.Script = "",
    portrait: options.PortraitFile = None,
    voice: options.VoiceFile = None,
    transcript: options.TranscriptFile = None,
    footage: options.FootageFile = None,
    voiceover: options.VoiceoverFile = None,
    voiceover_transcript: options.VoiceoverTranscriptFile = None,
    capacity: options.CapacityOf = "self",
    blueprint: Annotated[
        str, typer.Option(help="A name in blueprints/, or a .yaml file.", autocompletion=completion.blueprints)
    ] = "presenter",
    cast: Annotated[
        list[str] | None,
        typer.Option(help="role=alias for the other roles; ALIAS speaks first.", autocompletion=completion.cast),
    ] = None,
    language: options.Languages = ["en"],  # noqa: B006
    channel: options.Channels = ["internal"],  # noqa: B006
    territory: options.Territories = ["001"],  # noqa: B006
    days: Annotated[
        int, typer.Option(help="How long the agreement lasts.", min=1, max=MAX_ATTESTED_DAYS)
    ] = MAX_ATTESTED_DAYS,
    out: Annotated[Path | None, typer.Option(help="Where to write the files.", show_default="out/BLUEPRINT")] = None,
    quiet: options.Quiet = False,  # noqa: ARG001 - its callback does it
) -> None:
    """Make a first video of a person: enrol them, show what they agree to and ask, then produce.

    It does what enroll, grant and produce do, by the same rules. A real person is asked here, on a terminal, and no
    option answers for them. Run it again to go on where it stopped.
    """
    with step("starting"):
        from avatar.app.context import open_app
        from avatar.app.plan import plan_production
        from avatar.app.production_words import ProductionWords
        from avatar.app.samples_given import GivenSamples
        from avatar.cli.plan import print_plan

    given = GivenSamples(alias, portrait, voice, transcript, footage, voiceover, voiceover_transcript)
    words = ProductionWords(
        blueprint,
        (*_own_role(blueprint, alias), *(cast or ())),
        script,
        purpose,
        project,
        tuple(language),
        tuple(channel),
        tuple(territory),
    )
    _check_words(given, words, description)
    context = open_app()
    _enroll(context, given, capacity)
    plan = plan_production(context, words)
    if any(each.grants != alias for each in plan.missing):
        print_plan(plan)
        raise typer.Exit(1)
    for need in plan.open:
        _agree(context, need, words, description, days)
    _produce(words, out)
    typer.echo(f"Another video of {alias}: avatar produce {blueprint} ... (avatar plan says what it needs)")


def _own_role(blueprint: str, alias: str) -> tuple[str, ...]:
    """Return the pair that casts *alias* as whoever speaks first; nothing where the blueprint cannot be read."""
    from avatar.app.delivery import load_named_blueprint
    from avatar.errors import InputError

    try:
        return (f"{load_named_blueprint(blueprint).speakers[0]}={alias}",)
    except InputError:
        return ()  # it is told with the other faults


def _check_words(given: "GivenSamples", words: "ProductionWords", description: str) -> None:
    """Refuse every option that will not do, all at once, before anything is written."""
    from avatar.app.parsing import parse_description
    from avatar.app.production_words import parse_words
    from avatar.errors import InputFaults

    faults = InputFaults()
    if given.files():  # whoever goes on need not name them again
        with faults.collect():
            given.checks()
    faults.errors += parse_words(words).faults.errors
    with faults.collect():
        parse_description(description)
    faults.raise_found()


def _enroll(context: "AppContext", given: "GivenSamples", capacity: Literal["self", "estate", "synthetic"]) -> None:
    if not given.files():
        context.people.find(given.alias)  # it says how people are enrolled, where nobody is
        return
    with step("checking the samples"):
        person = context.people.enroll(given.alias, capacity, given.checks())
    note(f"{given.alias} is enrolled as {person.id}. Their own key: {context.people.keys / f'{person.id}.key'}")


def _agree(context: "AppContext", need: "UsesOf", words: "ProductionWords", description: str, days: int) -> None:
    """Show what the person of *need* agrees to, ask them unless they are nobody real, and record it as grant does."""
    from avatar.app.parsing import parse_terms
    from avatar.consent.decide import usable_until
    from avatar.consent.notice import render_notice

    person = context.people.find(need.alias)
    terms = parse_terms(
        need.uses,
        [words.purpose],
        words.project,
        description,
        languages=words.languages,
        channels=words.channels,
        territories=words.territories,
        companions=[context.people.find(each).id for each in need.companions],
        days=days,
    )
    notice = render_notice(terms, context.people.organisation, need.companions)
    typer.echo(f"\nWhat {need.alias} agrees to:\n\n{notice}\n")
    if person.capacity != "synthetic":
        _ask(need.alias, context.ledger.operator)
    recorded = context.people.agree(person, terms)
    until = f"{usable_until(recorded, person.capacity):%Y-%m-%d}"
    typer.echo(f"Recorded until {until} (grant {recorded.digest[:12]}). Receipt: avatar consent receipt {need.alias}")


def _ask(alias: str, operator: str) -> None:
    from avatar.errors import InputError

    if not sys.stdin.isatty():
        raise InputError(
            f"{alias} must be asked, and this is no terminal; run it on one, or ask them on a page "
            "(avatar consent request --link), or record what they signed (avatar grant)",
            code="new.no-terminal",
        )
    typer.echo(f"{operator} attests this. Have {alias} read it. For longer, they say it: avatar consent request.")
    if typer.prompt(f"Does {alias} agree? Type yes or no", err=True).strip() != "yes":
        typer.echo(f"Nothing was agreed to, and nothing is made. To go on later, run this again. {alias} is enrolled.")
        raise typer.Exit(1)


def _produce(words: "ProductionWords", out: Path | None) -> None:
    from avatar.studio.workers.zygote import Zygote

    with Zygote() as template:  # it imports while this process does
        with step("starting the workers"):
            from avatar.app.production_words import production_of
            from avatar.cli.production_run import make

        make(
            lambda context: production_of(context, words),
            lambda production: out or Path("out") / production.blueprint.name,
            template,
        )
