"""The demonstration: synthetic performers with consent records like anyone else."""

from dataclasses import replace
from functools import partial

from avatar.app.context import AppContext
from avatar.app.delivery import load_named_blueprint, prepare
from avatar.app.resources import PERFORMERS
from avatar.canonical import digest_of
from avatar.consent import Use
from avatar.consent.brief import Brief
from avatar.consent.terms import Terms
from avatar.consent.vocabulary import Channel, Purpose
from avatar.people import samples
from avatar.people.directory import Person
from avatar.production.production import Production

BRIEF = Brief(Purpose.PRODUCT_DEMONSTRATION, "demo", ("en",), (Channel.INTERNAL,))
TERMS = Terms(
    uses=(Use.CLONE_VOICE, Use.ANIMATE_FACE, Use.SWAP_FACE, Use.REFINE_LIPS, Use.PUBLISH),
    purposes=(Purpose.PRODUCT_DEMONSTRATION,),
    project="demo",
    description="Short talking videos that show what the pipeline can do.",
)


def demonstration(context: AppContext, script: str) -> Production:
    """Enrol ava and mia if they are not here, and return a production in which ava speaks with mia's face.

    Without a *script* she says the one beside the performers.
    """
    script = script or (PERFORMERS / "demo.txt").read_text(encoding="utf-8")
    cast = {"presenter": "ava", "double": "mia"}
    new = [alias for alias in cast.values() if not _known(context, alias)]
    everyone = [_enrolled(context, alias) for alias in cast.values()]
    for person in everyone:
        # Those who are here have agreed before, or have withdrawn: then only they can grant again.
        if person.alias in new:
            context.people.agree(person, replace(TERMS, companions=tuple(each.id for each in everyone)))
    return prepare(context, load_named_blueprint("double"), cast, script, BRIEF)


def _known(context: AppContext, alias: str) -> Person | None:
    return next((person for person in context.people.all() if person.alias == alias), None)


def _enrolled(context: AppContext, alias: str) -> Person:
    known = _known(context, alias)
    if known:
        return known
    statement = PERFORMERS / f"{alias}_statement.flac"
    return context.people.enroll(
        alias,
        "synthetic",
        [
            partial(samples.check_portrait, PERFORMERS / f"{alias}.png"),
            partial(samples.check_voice, statement, PERFORMERS / f"{alias}_statement.txt"),
        ],
        id=f"p-{digest_of(['synthetic performer', alias])[:16]}",  # the same on every machine: so are all digests
    )
