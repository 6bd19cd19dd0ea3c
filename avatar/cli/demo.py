"""The demonstration: synthetic performers with consent records like anyone else."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from avatar import intake
from avatar.canonical import digest_of
from avatar.compose import House
from avatar.consent import Use
from avatar.consent.brief import Brief
from avatar.consent.terms import Terms
from avatar.consent.vocabulary import Channel, Purpose
from avatar.delivery import blueprint_named, prepare
from avatar.people import Person
from avatar.production import Production

PERFORMERS = Path(__file__).parents[2] / "performers"
BRIEF = Brief(Purpose.PRODUCT_DEMONSTRATION, "demo", ("en",), (Channel.INTERNAL,))
TERMS = Terms(
    uses=(Use.CLONE_VOICE, Use.ANIMATE_FACE, Use.SWAP_FACE, Use.REFINE_LIPS, Use.PUBLISH),
    purposes=(Purpose.PRODUCT_DEMONSTRATION,),
    project="demo",
    description="Short talking videos that show what the pipeline can do.",
)


def demonstration(house: House, script: str) -> Production:
    """Enrol ava and mia if they are not here, and return a production in which ava speaks with mia's face.

    Without a *script* she says the one beside the performers.
    """
    script = script or (PERFORMERS / "demo.txt").read_text(encoding="utf-8")
    cast = {"presenter": "ava", "double": "mia"}
    new = [alias for alias in cast.values() if not _known(house, alias)]
    everyone = [_enrolled(house, alias) for alias in cast.values()]
    for person in everyone:
        # Those who are here have agreed before, or have withdrawn: then only they can grant again.
        if person.alias in new:
            house.people.agree(person, replace(TERMS, companions=tuple(each.id for each in everyone)))
    return prepare(house, blueprint_named("double"), cast, script, BRIEF)


def _known(house: House, alias: str) -> Person | None:
    return next((person for person in house.people.all() if person.alias == alias), None)


def _enrolled(house: House, alias: str) -> Person:
    known = _known(house, alias)
    if known:
        return known
    statement = PERFORMERS / f"{alias}_statement.flac"
    return house.people.enroll(
        alias,
        "synthetic",
        [
            partial(intake.portrait, PERFORMERS / f"{alias}.png"),
            partial(intake.voice, statement, PERFORMERS / f"{alias}_statement.txt"),
        ],
        id=f"p-{digest_of(['synthetic performer', alias])[:16]}",  # the same on every machine: so are all digests
    )
