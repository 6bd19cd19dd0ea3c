"""The command's entry: every deliberate error becomes one sentence, a reason code and exit status 1."""

import os
import re
import sys
import threading
from importlib import metadata
from typing import Annotated

import typer

from avatar.cli import (
    consent,
    doctor,
    engines,
    inspect,
    keys,
    ledger,
    new,
    operators,
    people,
    plan,
    produce,
    retention,
    status,
    verification,
    webhooks,
    weights,
)
from avatar.cli.command import ExampleGroup
from avatar.cli.output import set_quiet
from avatar.errors import AvatarError, CombinedInputError, ConsentError
from avatar.runtime.supervise import ENGINE_THREAD

app = typer.Typer(
    cls=ExampleGroup,
    help="Talking-avatar productions with consent, credentials and an audit ledger.",
    epilog="avatar demo\n\n"
    "avatar enroll ada --portrait ada.png --voice ada.wav\n\n"
    "avatar produce presenter --cast presenter=ada --script script.txt \\\n"
    "  --purpose training --project onboarding\n\n"
    "avatar verify out/presenter/video.mp4",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for commands in (
    *(new, plan, produce, people, consent, inspect, verification, status, ledger),
    *(doctor, engines, weights, operators, webhooks, keys, retention),
):
    commands.add_to(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"avatar {metadata.version('avatar-pipeline')}")
        raise typer.Exit


@app.callback()
def settle(
    version: Annotated[  # noqa: ARG001 - its callback does it
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and leave.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Show results and errors, and nothing on the way.")
    ] = False,
) -> None:
    """Settle what holds for every command."""
    set_quiet(quiet)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except AvatarError as error:
        for each in error.errors if isinstance(error, CombinedInputError) else (error,):
            sentence = _with_aliases(str(each)) if isinstance(each, ConsentError) else str(each)
            word = "refused" if isinstance(each, ConsentError) else "error"
            typer.echo(f"{word}: {sentence} [{each.code}]", err=True)
        _leave(1)
    except KeyboardInterrupt:
        typer.echo("stopped; what was finished is kept and will be recalled next time", err=True)
        _leave(130)


def _leave(status: int) -> None:
    """Exit with *status*, at once when stopped work is still deep in a library: tearing it down would crash."""
    if any(thread.name == ENGINE_THREAD for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def _with_aliases(sentence: str) -> str:
    """Return *sentence* with ids replaced by the aliases of this store: on a person's own screen names help."""
    from avatar.app.context import open_app

    try:
        names = {person.id: person.alias for person in open_app().people.all()}
    except AvatarError:
        return sentence
    return re.sub(r"p-[0-9a-f]{16}", lambda found: names.get(found[0], found[0]), sentence)
