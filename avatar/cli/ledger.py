"""Commands about the ledger: verify, prove, check-proof, checkpoint, witness, export, lock-status."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avatar.cli import options
from avatar.cli.command import AUDIT, add_command, command_group
from avatar.cli.output import is_quiet, print_json, step

if TYPE_CHECKING:
    from avatar.artifacts.objects import Objects
    from avatar.consent.ledger_verifier import LedgerFinding
    from avatar.consent.signed_note import Note, NoteKey

LogKey = Annotated[
    str | None,
    typer.Option(help="The ledger's checkpoint key, as `ledger checkpoint` prints it; by default from the key folder."),
]
Witnesses = Annotated[
    list[str] | None, typer.Option("--witness", help="The key of a witness that must have cosigned. Several times.")
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    ledger = command_group(
        "The audit ledger: check it, prove from it, sign its size and root.",
        "avatar ledger verify",
        "avatar ledger checkpoint",
    )
    add_command(
        ledger,
        verify,
        "avatar ledger verify",
        "avatar ledger verify --folder ledger-export --kept checkpoint.txt --json",
    )
    add_command(ledger, prove, "avatar ledger prove out/presenter/video.mp4 --out proof.txt")
    add_command(
        ledger,
        check_proof,
        "avatar ledger check-proof out/presenter/ledger-proof.txt \\\n  --of out/presenter/video.mp4",
        name="check-proof",
    )
    add_command(ledger, checkpoint, "avatar ledger checkpoint > checkpoint.txt")
    add_command(ledger, witness, "avatar ledger witness --state /var/lib/witness/state")
    add_command(ledger, export, "avatar ledger export ledger-export")
    add_command(ledger, lock_status, "avatar ledger lock-status", name="lock-status")
    app.add_typer(ledger, name="ledger", rich_help_panel=AUDIT)


def verify(
    folder: Annotated[Path | None, typer.Option(help="Check this export instead of the store.")] = None,
    log_key: LogKey = None,
    witness: Witnesses = None,
    kept: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint or proof you kept: the ledger must continue it.")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Check every signature, the chain, what it adds up to, and the root. Exit status 0 means nothing is broken."""
    from avatar.app.context import open_objects, open_snapshots, read_settings
    from avatar.artifacts.objects import FolderObjects
    from avatar.consent.ledger_verifier import TrustAnchor, verify_ledger
    from avatar.consent.signed_note import read_note_key

    settings = read_settings()
    objects = FolderObjects(folder) if folder else open_objects(settings)
    believed = TrustAnchor(
        log_key_of(log_key, settings.key_folder),
        tuple(read_note_key(key) for key in witness or ()),
        tuple(_kept(path) for path in kept or ()),
    )
    with step("checking every entry"):
        findings = verify_ledger(objects, believed, None if folder else open_snapshots(settings))
    if not folder:
        findings = replace(findings, found=(*findings.found, _deletion(objects)))
    print_json(findings.as_json()) if as_json else typer.echo(findings.explain())
    if not findings.sound:
        raise typer.Exit(1)


def lock_status(as_json: options.AsJson = False) -> None:
    """Ask the bucket how firmly it keeps each entry and checkpoint. Exit status 1: something was put over one."""
    from rich.console import Console
    from rich.progress import Progress

    from avatar.app.context import open_objects, read_settings
    from avatar.artifacts.object_lock_status import lock_status as found_in

    with Progress(console=Console(stderr=True), transient=True, disable=is_quiet()) as progress:
        task = progress.add_task("asking", total=None)
        found = found_in(open_objects(read_settings()), lambda n, of: progress.update(task, completed=n, total=of))
    if as_json:
        print_json({"code": found.code, "words": list(found.words)})
    else:
        for sentence in (*found.words, *([f"[{found.code}]"] if found.code else [])):
            typer.echo(sentence)
    if found.code:
        raise typer.Exit(1)


def prove(
    what: Annotated[str, typer.Argument(help="A published file, its sha256, or an entry's index.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Where to write the proof.")],
) -> None:
    """Write a proof that an entry is in the ledger, or that a file was published. It can be checked with no store."""
    from avatar.app.context import open_app
    from avatar.consent.checkpoint import read_checkpoint

    context = open_app()
    index = _index(what, {file: found.index for file, found in context.ledger.read().published.items()})
    proof = context.ledger.prove(index)
    _write(out, str(proof).encode())
    size = read_checkpoint(proof.checkpoint).size
    typer.echo(f"{out} proves entry {index}, in the checkpoint of {size} entries")


def check_proof(
    file: Annotated[Path, typer.Argument(help="The proof.", show_default=False)],
    of: Annotated[Path | None, typer.Option(help="The published file that the proof must be of.")] = None,
    log_key: LogKey = None,
    witness: Witnesses = None,
    as_json: options.AsJson = False,
) -> None:
    """Check a proof, offline and with no store. Exit status 0 means that it holds."""
    from avatar.app.context import read_settings
    from avatar.canonical import digest_of_file
    from avatar.consent.entries import Published
    from avatar.consent.signed_note import read_note_key
    from avatar.consent.tlog_proof import check_proof as check
    from avatar.consent.tlog_proof import read_proof
    from avatar.errors import InputError, LedgerError

    log = log_key_of(log_key, read_settings().key_folder)
    if log is None:
        raise InputError("say which ledger to believe (--log-key)", code="ledger.no-key")
    proof = read_proof(_bytes(file))
    proven = check(proof, log, [read_note_key(key) for key in witness or ()])
    fact = proven.entry.fact
    if of and not (isinstance(fact, Published) and fact.file == digest_of_file(of)):
        raise LedgerError(f"{file} holds, but is not about {of}", code="proof.other-file")
    if as_json:
        print_json(
            {
                "entry": proven.entry.index,
                "at": proven.entry.at.isoformat(),
                "origin": proven.checkpoint.origin,
                "size": proven.checkpoint.size,
                "witnessed": {name: at.isoformat() for name, at in proven.witnessed.items()},
                "fact": fact.model_dump(mode="json"),
            }
        )
        return
    typer.echo(
        f"holds: entry {proven.entry.index} of {proven.checkpoint.origin}, of {proven.entry.at:%Y-%m-%d %H:%M} UTC"
    )
    typer.echo(f"in its checkpoint of {proven.checkpoint.size} entries")
    for name, at in proven.witnessed.items():
        typer.echo(f"seen by {name} at {at:%Y-%m-%d %H:%M} UTC")
    typer.echo(json.dumps(fact.model_dump(mode="json"), indent=2))


def checkpoint() -> None:
    """Sign the ledger's size and root as they stand, keep that in the store, and print it."""
    from avatar.app.context import open_app
    from avatar.consent.keys import key_at
    from avatar.consent.signed_note import NoteKey

    context = open_app()
    key = key_at(context.checkpoint_key, make=True)
    note = context.ledger.checkpoint(key)
    typer.echo(str(note), nl=False)
    typer.echo(f"\nTo check it, others need this key: {NoteKey(context.ledger.read().origin, key.public)}")


def witness(
    state: Annotated[Path, typer.Option(help="What the witness remembers: out of reach of whoever runs the ledger.")],
    key: Annotated[Path | None, typer.Option(help="Its own key, made at first use; by default beside --state.")] = None,
    log_key: Annotated[str | None, typer.Option(help="The ledger's checkpoint key; needed the first time.")] = None,
) -> None:
    """Cosign the newest checkpoint, if the ledger only grew since the last time. Run it as another user, by a timer."""
    from avatar.app.context import open_objects, read_settings
    from avatar.consent.keys import key_at
    from avatar.consent.ledger import now
    from avatar.consent.signed_note import read_note_key
    from avatar.consent.witness import Witness, cosign_newest, followed_log, witness_key
    from avatar.errors import InputError

    log = log_key or followed_log(state)
    if log is None:
        raise InputError(
            "say which ledger to follow: --log-key, as `avatar ledger checkpoint` prints it", code="ledger.no-key"
        )
    own = key_at(key or state.with_name(f"{state.name}.key"), make=True)
    seen, cosignature = cosign_newest(open_objects(read_settings()), Witness(state, own, read_note_key(log)), now())
    typer.echo(f"{seen.origin} grew to {seen.size} entries and kept its past; cosigned:")
    typer.echo(str(cosignature), nl=False)
    typer.echo(f"\nTo check it, others need this key: {witness_key(own)}")


def export(to: Annotated[Path, typer.Argument(help="The folder to write to.", show_default=False)]) -> None:
    """Copy the ledger, with its checkpoints and cosignatures, to a folder that anyone can verify."""
    from avatar.app.context import open_objects, read_settings
    from avatar.artifacts.objects import FolderObjects
    from avatar.errors import InputError

    source, target, count = open_objects(read_settings()), FolderObjects(to), 0
    for name in source.list("ledger"):
        data = source.read(name) or b""
        if not target.create(name, data) and target.read(name) != data:
            raise InputError(f"{to} holds another {name}; give an empty folder", code="ledger.other-export")
        count += 1
    typer.echo(f"{count} files in {to}; check them with: avatar ledger verify --folder {to}")


def _deletion(objects: "Objects") -> "LedgerFinding":
    from avatar.artifacts.object_lock_status import describe_missing_lock
    from avatar.consent.ledger_verifier import FindingStatus, LedgerFinding

    unlockable = describe_missing_lock(objects)
    words = unlockable or "the bucket has Object Lock; `avatar ledger lock-status` asks about every entry"
    return LedgerFinding("deletion", FindingStatus.NOT_SHOWN if unlockable else FindingStatus.HOLDS, words)


def log_key_of(given: str | None, keys: Path) -> "NoteKey | None":
    """Return the key to believe: the one that was *given*, or that of the folder *keys*, if it has one."""
    from avatar.consent.checkpoint import KEY_FILE
    from avatar.consent.keys import key_at
    from avatar.consent.ledger import ORIGIN_FILE, origin_of
    from avatar.consent.signed_note import NoteKey, read_note_key

    if given:
        return read_note_key(given)
    own = keys / KEY_FILE
    if not own.exists():
        return None
    # The name stays that of the first key.
    named = keys / ORIGIN_FILE
    origin = named.read_text().strip() if named.exists() else origin_of(key_at(keys / "ledger.key"))
    return NoteKey(origin, key_at(own).public)


def _index(what: str, published: dict[str, int]) -> int:
    from avatar.canonical import digest_of_file
    from avatar.errors import InputError

    if what.isascii() and what.isdecimal() and len(what) < 16:
        return int(what)
    digest = what if re.fullmatch(r"[0-9a-f]{64}", what) else digest_of_file(Path(what)) if Path(what).is_file() else ""
    if digest not in published:
        raise InputError(f"{what!r} is no entry's index, and no file that was published here", code="ledger.no-entry")
    return published[digest]


def _kept(path: Path) -> "Note":
    from avatar.consent.signed_note import read_note
    from avatar.consent.tlog_proof import read_proof

    data = _bytes(path)
    return read_proof(data).checkpoint if data.startswith(b"c2sp.org/tlog-proof@") else read_note(data)


def _bytes(path: Path) -> bytes:
    from avatar.errors import InputError

    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", code="ledger.no-file") from error


def _write(path: Path, data: bytes) -> None:
    from avatar.runtime.atomic import make_folder, write_bytes

    make_folder(path.parent)
    write_bytes(path, data)
