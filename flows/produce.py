"""The produce flow: a form becomes a signed video, or a refusal with its reason."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from avatar.app.context import AppContext, open_app
from avatar.app.delivery import deliver, load_named_blueprint, prepare
from avatar.app.parsing import parse_brief
from avatar.app.propagate import propagate_consent_change
from avatar.artifacts.artifact import SignedVideo
from avatar.consent.entries import Refused
from avatar.errors import AvatarError, InputError
from avatar.production.production import Production, direct
from avatar.voices.text.glossary import parse_user_glossary
from flows.cast import found
from flows.concurrency import Window
from flows.display import Tally, begin_progress, show_contact_sheet, show_summary
from flows.form import OUT_PATTERN
from flows.perform import InTasks
from flows.states import final_state


@flow(persist_result=False)
def produce(  # noqa: PLR0913, PLR0917  # the fields of the form
    blueprint: str,
    cast: dict[str, str],
    purpose: str,
    project: str,
    script: str = "",
    languages: Sequence[str] = ("en",),
    channels: Sequence[str] = ("internal",),
    values: Mapping[str, str] | None = None,
    glossary: Mapping[str, Mapping[str, str]] | None = None,
    out: str = "",
) -> State[Any]:
    """Make a signed talking video; the result is the digest of the signed video.

    Args:
        blueprint: the name of a file in blueprints/.
        cast: who plays which role, role -> alias.
        purpose: what it is for; everyone in it must have agreed to that.
        project: what it belongs to, as its people know it.
        script: what is said; nothing, where a recording says it.
        languages: the languages of the script.
        channels: where it is shown.
        values: what stands for each {name} in the script, name -> value.
        glossary: how the project's words are pronounced, word -> say, ipa or arpabet.
        out: the folder for the files; empty for out/BLUEPRINT-DIGEST.
    """
    started = time.monotonic()
    try:
        tally = Tally()
        context = open_app(tally.tell)
        with _recorded(context):
            _check_out(out)
            brief = parse_brief(purpose, project, languages, channels)
            plan = load_named_blueprint(blueprint)
            for role, alias in cast.items():
                found(context, alias, f"cast, role {role!r}: ")
            words = parse_user_glossary(glossary or {})
        production = prepare(context, plan, cast, script, brief, values=values, glossary=words)
        script = "\n".join(line.text for line in production.script)  # filled in: what no sentence may quote
        signed = _directed(context, production, script)
        delivered = deliver(context, signed, Path(out or f"out/{Path(blueprint).stem}-{signed.digest[:8]}"))
    except AvatarError as error:
        return final_state(error, script)
    propagate_consent_change(context)
    show_summary(signed, delivered, tally, time.monotonic() - started)
    show_contact_sheet(delivered.folder / "contact-sheet.png")
    return Completed(message=f"signed video {signed.digest} is {delivered.video}", data=signed.digest)


def _directed(context: AppContext, production: Production, script: str) -> SignedVideo:
    bar = begin_progress()
    signed = direct(
        production, InTasks(context.studio, production.asks, script), Window(context.settings.workers, bar.lines)
    )
    bar.whole()
    return signed


@contextmanager
def _recorded(context: AppContext) -> Iterator[None]:
    # The form was checked by Prefect's server, whose API may be open to anyone: what it lets through is checked here.
    try:
        yield
    except InputError as error:
        context.ledger.append(Refused(code=error.code, request="Production"))
        raise


def _check_out(out: str) -> None:
    if not re.fullmatch(OUT_PATTERN, out):
        raise InputError(f"out {out!r}: name one folder below out/, or leave it empty", code="out.outside")
