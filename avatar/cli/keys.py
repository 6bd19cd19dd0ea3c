"""Commands about keys: rotate, rewrap, rotate-ledger, rotate-checkpoints."""

from pathlib import Path
from typing import Annotated

import typer

from avatar.cli.command import OPERATE, add_command, command_group
from avatar.cli.output import is_quiet


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    keys = command_group("Renew keys: people's, and the ledger's.", "avatar keys rotate ada")
    add_command(keys, rotate, "avatar keys rotate ada", "avatar keys rotate --all")
    add_command(keys, rewrap, "AVATAR_KMS_KEY=alias/new,alias/old avatar keys rewrap")
    add_command(keys, rotate_ledger, "avatar keys rotate-ledger", name="rotate-ledger")
    add_command(
        keys, rotate_checkpoints, "avatar keys rotate-checkpoints --out succession.txt", name="rotate-checkpoints"
    )
    app.add_typer(keys, name="keys", rich_help_panel=OPERATE)


def rotate(
    person: Annotated[str, typer.Argument(help="Their alias or id.", show_default=False)] = "",
    everyone: Annotated[bool, typer.Option("--all", help="Everyone enrolled here, one after the other.")] = False,
) -> None:
    """Give a person a new material key, seal everything that shows them under it, and destroy the old one.

    Nothing else has to stop meanwhile. If it breaks off, run it again: it goes on where it was.
    """
    from rich.console import Console
    from rich.progress import Progress

    from avatar.app.context import open_app
    from avatar.errors import InputError
    from avatar.people.key_rotation import rotate as renew

    if bool(person) == everyone:
        raise InputError("say whose key to renew: a PERSON, or --all", code="keys.nobody")
    people = open_app().people
    for name in [each.id for each in people.all()] if everyone else [person]:
        with Progress(console=Console(stderr=True), transient=True, disable=is_quiet()) as progress:
            task = progress.add_task("sealing anew", total=None)
            done = renew(people, name, lambda n, of: progress.update(task, completed=n, total=of))  # noqa: B023
        typer.echo(f"{done.person} has a new key: {done.resealed} objects were sealed anew, the old key is destroyed.")


def rewrap() -> None:
    """Have AWS KMS wrap every person's keys with the first key that AVATAR_KMS_KEY names, not with the others.

    No key leaves KMS, and nothing is sealed anew. Before: AVATAR_KMS_KEY=NEW,OLD everywhere. Afterwards: NEW alone.
    """
    from rich.console import Console
    from rich.progress import track

    from avatar.app.context import open_app
    from avatar.artifacts.kms import KmsKeyring
    from avatar.errors import InputError

    context = open_app()
    keyring = context.vault.keyring
    if not isinstance(keyring, KmsKeyring):
        raise InputError("AVATAR_KMS_KEY names no KMS key, so nothing is wrapped by one", code="keys.no-kms")
    everyone = [id for id, person in context.ledger.read().people.items() if not person.erased]
    for id in track(everyone, "wrapping anew", transient=True, console=Console(stderr=True), disable=is_quiet()):
        keyring.rewrap(id)
    typer.echo(f"The keys of {len(everyone)} people are wrapped by {context.settings.kms_key.partition(',')[0]} alone.")


def rotate_ledger() -> None:
    """Exchange the key that signs the ledger's entries. Both keys sign that; the old one is destroyed.

    Stop everything else before, and start it anew afterwards. If it breaks off, run it again.
    """
    from avatar.app.context import open_app
    from avatar.people.key_rotation import rotate_ledger_key

    context = open_app()
    typer.echo(
        f"The ledger is signed with the key {rotate_ledger_key(context.people, context.settings.key_folder)[:16]}."
    )


def rotate_checkpoints(
    out: Annotated[Path, typer.Option(help="Where to write the proof for those who believe the old key.")],
) -> None:
    """Exchange the key that signs checkpoints. Witnesses and `verify` follow by themselves."""
    from avatar.app.context import open_app
    from avatar.consent.keys import key_at
    from avatar.consent.signed_note import NoteKey
    from avatar.people.key_rotation import rotate_checkpoint_key
    from avatar.runtime.atomic import write_text

    context = open_app()
    # Durable: there is no second proof for those who believe the old key, which is gone by now.
    write_text(out, str(rotate_checkpoint_key(context.ledger, context.settings.key_folder)), durable=True)
    key = NoteKey(context.ledger.read().origin, key_at(context.checkpoint_key).public)
    typer.echo(f"Others now need this key: {key}")
    typer.echo(f"Who believes the old one learns it from {out}: avatar ledger check-proof {out} --log-key OLD")
