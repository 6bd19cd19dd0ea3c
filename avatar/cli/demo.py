"""The demonstration: synthetic performers with consent records like anyone else."""

from datetime import timedelta
from functools import partial
from pathlib import Path

from avatar import intake
from avatar.canonical import digest_of
from avatar.compose import House
from avatar.consent import Use
from avatar.delivery import blueprint_named, prepare
from avatar.people import Person
from avatar.production import Production

PERFORMERS = Path(__file__).parents[2] / "performers"
_USES = (Use.CLONE_VOICE, Use.ANIMATE_FACE, Use.SWAP_FACE, Use.REFINE_LIPS, Use.PUBLISH)


def demonstration(house: House, script: str) -> Production:
    """Enrol ava and mia if they are not here, and return a production in which ava speaks with mia's face.

    Without a *script* she says the one beside the performers.
    """
    script = script or (PERFORMERS / "demo.txt").read_text(encoding="utf-8")
    for alias in ("ava", "mia"):
        _consenting(house, alias)
    return prepare(house, blueprint_named("double"), {"presenter": "ava", "double": "mia"}, script)


def _consenting(house: House, alias: str) -> Person:
    people = house.people
    known = next((person for person in people.all() if person.alias == alias), None)
    if known:
        return known  # also when they have withdrawn: only they can grant again
    statement = PERFORMERS / f"{alias}_statement.flac"
    person = people.enroll(
        alias,
        "synthetic",
        [
            partial(intake.portrait, PERFORMERS / f"{alias}.png"),
            partial(intake.voice, statement, PERFORMERS / f"{alias}_statement.txt"),
        ],
        id=f"p-{digest_of(['synthetic performer', alias])[:16]}",  # the same on every machine: so are all digests
    )
    people.agree(person, _USES, days=timedelta(weeks=52).days)
    return person
