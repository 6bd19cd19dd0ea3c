"""The command's entry: every deliberate error becomes one sentence, a reason code and exit status 1."""

import os
import re
import sys
import threading

import typer

from avatar.cli import consent, inspect, keys, ledger, operators, people, produce, retention, status, tools, webhooks
from avatar.errors import AvatarError, ConsentError
from avatar.runtime.supervise import ENGINE_THREAD

app = typer.Typer(
    help="Talking-avatar productions with consent, credentials and an audit ledger.\n\n"
    "First steps: `avatar enroll ada --portrait ada.png --voice ada.wav`, "
    "`avatar grant ada --use clone-voice --use animate-face --use refine-lips --use publish --purpose training "
    "--project onboarding --description 'Short lessons for new colleagues.'`, "
    "`avatar produce presenter --cast presenter=ada --script script.txt --purpose training --project onboarding`, "
    "`avatar verify out/presenter/video.mp4`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
people.add_to(app)
consent.add_to(app)
operators.add_to(app)
produce.add_to(app)
inspect.add_to(app)
tools.add_to(app)
ledger.add_to(app)
status.add_to(app)
webhooks.add_to(app)
keys.add_to(app)
retention.add_to(app)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except AvatarError as error:
        sentence = _with_aliases(str(error)) if isinstance(error, ConsentError) else str(error)
        typer.echo(f"{'refused' if isinstance(error, ConsentError) else 'error'}: {sentence} [{error.code}]", err=True)
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
