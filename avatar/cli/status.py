"""Commands about the public status of published files: status, check-status."""

import re
from pathlib import Path
from typing import Annotated

import typer

from avatar.cli import options
from avatar.cli.command import AUDIT, add_command
from avatar.cli.output import print_json


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    add_command(
        app,
        status,
        "avatar status out/presenter/video.mp4",
        "avatar status out/presenter/video.mp4 --json --out status.txt",
        panel=AUDIT,
    )
    add_command(app, check_status, "avatar check-status status.txt --of video.mp4", name="check-status", panel=AUDIT)


def status(
    what: Annotated[str, typer.Argument(help="A published file, or its sha256.", show_default=False)],
    as_json: options.AsJson = False,
    out: Annotated[Path | None, typer.Option(help="Also write it here, signed: for others to check.")] = None,
) -> None:
    """Tell whether consent for a published file stands today. Exit status 0 means that it does."""
    from avatar.app.context import open_app
    from avatar.publishing.status import FileState
    from avatar.runtime.atomic import write_text

    context = open_app()
    found = context.statuses.of(_sha256(what))
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_text(out, str(context.statuses.note(found.file)))
    print_json(found.model_dump(mode="json")) if as_json else typer.echo(found.explain())
    if found.state != FileState.VALID:
        raise typer.Exit(1)


def check_status(
    file: Annotated[Path, typer.Argument(help="A signed status.", show_default=False)],
    of: Annotated[Path | None, typer.Option(help="The published file that it must be of.")] = None,
    log_key: Annotated[
        str | None,
        typer.Option(help="The ledger's checkpoint key, as `ledger checkpoint` prints it; else of the key folder."),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Check a signed status, offline and with no store. Exit status 0 means that it is valid, and says so."""
    from avatar.app.context import read_settings
    from avatar.canonical import digest_of_file
    from avatar.cli.ledger import log_key_of
    from avatar.errors import InputError, LedgerError
    from avatar.publishing.status import FileState, read_status

    log = log_key_of(log_key, read_settings().key_folder)
    if log is None:
        raise InputError("say which ledger to believe (--log-key)", code="ledger.no-key")
    try:
        found = read_status(file.read_bytes(), log)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}", code="status.no-file") from error
    if of and digest_of_file(of) != found.file:
        raise LedgerError(f"{file} holds, but is not about {of}", code="status.other-file")
    print_json(found.model_dump(mode="json")) if as_json else typer.echo(found.explain())
    if found.state != FileState.VALID:
        raise typer.Exit(1)


def _sha256(what: str) -> str:
    from avatar.canonical import digest_of_file
    from avatar.errors import InputError

    if re.fullmatch(r"[0-9a-f]{64}", what):
        return what
    if not Path(what).is_file():
        raise InputError(f"{what!r} is neither a file nor the sha256 of one (64 hex digits)", code="file.missing")
    return digest_of_file(Path(what))
