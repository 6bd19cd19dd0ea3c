"""The flow: what a content team asks for becomes a signed video, or a refusal with its reason."""

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from avatar.artifacts.artifact import SignedVideo
from avatar.compose import House, open_house
from avatar.consent.entries import Refused
from avatar.delivery import blueprint_named, deliver, prepare
from avatar.errors import AvatarError, InputError
from avatar.production import Production, direct
from avatar.reach import spread
from flows.cast import found
from flows.display import Tally, begin_progress, show_contact_sheet, show_summary
from flows.endings import ending
from flows.form import BELOW_OUT
from flows.perform import InTasks
from flows.window import Window


@flow(persist_result=False)
def produce(blueprint: str, cast: dict[str, str], script: str, out: str = "") -> State[Any]:
    """Make a signed talking video; the result is the digest of the signed video.

    Args:
        blueprint: the name of a file in blueprints/.
        cast: who plays which role, role -> alias.
        script: what is said.
        out: the folder for the files; empty for out/BLUEPRINT-DIGEST.
    """
    started = time.monotonic()
    try:
        tally = Tally()
        house = open_house(tally.tell)
        production = _asked(house, blueprint, cast, script, out)
        signed = _directed(house, production, script)
        delivered = deliver(house, signed, Path(out or f"out/{Path(blueprint).stem}-{signed.digest[:8]}"))
    except AvatarError as error:
        return ending(error, script)
    spread(house)
    show_summary(signed, delivered, tally, time.monotonic() - started)
    show_contact_sheet(delivered.folder / "contact-sheet.png")
    return Completed(message=f"signed video {signed.digest} is {delivered.video}", data=signed.digest)


def _directed(house: House, production: Production, script: str) -> SignedVideo:
    bar = begin_progress()
    signed = direct(production, InTasks(house.studio, script), Window(house.settings.workers, bar.lines))
    bar.whole()
    return signed


def _asked(house: House, blueprint: str, cast: Mapping[str, str], script: str, out: str) -> Production:
    # The form was checked by Prefect's server, whose API may be open to anyone: what it lets through is checked here.
    try:
        if not re.fullmatch(BELOW_OUT, out):
            raise InputError(f"out {out!r}: name one folder below out/, or leave it empty", code="out.outside")
        plan = blueprint_named(blueprint)
        for role, alias in cast.items():
            found(house, alias, f"cast, role {role!r}: ")
    except InputError as error:
        house.ledger.append(Refused(code=error.code, request="Production"))
        raise
    return prepare(house, plan, cast, script)
