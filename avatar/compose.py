"""The composition root: settings in, a working studio out."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from pydantic import ValidationError

from avatar.artifacts.keyring import FolderKeyring, Keyring
from avatar.artifacts.lock import Lock
from avatar.artifacts.objects import FolderObjects, Objects
from avatar.artifacts.store import Store
from avatar.artifacts.vault import Vault
from avatar.audit import facts_of
from avatar.capture.capture import Capture
from avatar.consent.checkpoint import KEY_FILE
from avatar.consent.gate import Gate
from avatar.consent.keys import Key, key_at
from avatar.consent.ledger import KEY_FILE as LEDGER_KEY
from avatar.consent.ledger import Ledger, now
from avatar.errors import CredentialError, InputError
from avatar.operators import Operators
from avatar.people import People
from avatar.pronunciations import Pronunciations
from avatar.provenance.chain import load_signer
from avatar.provenance.trust import Trust
from avatar.provenance.verdict import Verdict
from avatar.provenance.verify import verify
from avatar.resemblance import Resemblance
from avatar.retention import Policy
from avatar.rooms import sweep
from avatar.settings import Settings
from avatar.stages.request import Signer
from avatar.status import Statuses
from avatar.studio import Moment, Studio
from avatar.webhooks.courier import Courier
from avatar.webhooks.subscription import Subscriptions


def _silent(_: Moment) -> None:
    pass


@dataclass(frozen=True)
class House:
    """Everything that belongs to one store: its ledger, its people, its studio and its signing chain."""

    settings: Settings
    tell: Callable[[Moment], None] = _silent

    def __post_init__(self) -> None:
        one_thread_each()
        sweep()

    @cached_property
    def objects(self) -> Objects:
        return open_objects(self.settings)

    @cached_property
    def store(self) -> Store:
        return Store(self.objects, self.vault)

    @cached_property
    def vault(self) -> Vault:
        return Vault(self._keyring())

    @cached_property
    def ledger(self) -> Ledger:
        key = key_at(self.settings.key_folder / LEDGER_KEY, make=True)
        return Ledger(self.objects, key, self.operator.public, now, snapshots_of(self.settings))

    @cached_property
    def operator(self) -> Key:
        """The key of whoever acts here."""
        given = self.settings.operator
        return key_at(given) if given else key_at(self.settings.key_folder / "operator.key", make=True)

    @property
    def operators(self) -> Operators:
        """Who may do what here."""
        return Operators(self.ledger, self.operator)

    @cached_property
    def people(self) -> People:
        folder = self.settings.key_folder / "people"
        organisation = self.settings.organisation
        return People(self.objects, self.store, self.vault, self.ledger, folder, organisation, self.resemblance)

    @cached_property
    def resemblance(self) -> Resemblance:
        """Who would notice somebody else's voice."""
        return Resemblance(self.objects, self.store, self.vault, self.ledger)

    @property
    def pronunciations(self) -> Pronunciations:
        """How people have their own words said."""
        return Pronunciations(self.objects, self.vault, self.ledger)

    @cached_property
    def capture(self) -> Capture:
        """Where people say what they agree to."""
        from avatar.capture.shipped import Shipped

        return Capture(self.people, Shipped())

    @property
    def signing(self) -> Path:
        """The folder of the C2PA signing chain: the team's own, or the demo chain made at first use."""
        return self.settings.key_folder / "signing"

    @cached_property
    def studio(self) -> Studio:
        gate = Gate(self.ledger, self.store)
        return Studio(self.store, gate, self.ledger, self._signer, self.resemblance, tell=self.tell)

    def verify(self, video: Path) -> Verdict:
        """Check the file *video* against this house's signer and ledger."""
        if not self.signing.is_dir():
            raise CredentialError(
                f"there is no signing chain in {self.signing}, so nobody to believe; run this where the productions "
                "are made, or point AVATAR_KEYS at their key folder",
                code="credential.no-trust",
            )
        return verify(video, Trust.in_(load_signer(self.signing)), lambda file: facts_of(self.ledger.read(), file))

    def examine(self, video: Path) -> Verdict:
        """Check the file *video* as :meth:`verify` does, and look for the marks in its picture and sound."""
        from avatar.marks.finished import marks_in
        from avatar.provenance.marked import with_marks

        verdict = self.verify(video)
        try:
            return with_marks(verdict, marks_in(video))
        except InputError:
            return verdict  # not a video at all: the verdict says so already

    def _keyring(self) -> Keyring:
        if self.settings.kms_key:
            from avatar.artifacts.kms import KmsKeyring

            master, *before = self.settings.kms_key.split(",")
            return KmsKeyring(self.objects, master, tuple(before))
        return FolderKeyring(self.settings.key_folder / "material")

    @property
    def checkpoint_key(self) -> Path:
        """The file of the key that signs the ledger's checkpoints."""
        return self.settings.key_folder / KEY_FILE

    @property
    def policy(self) -> Policy:
        """For how long things are kept here."""
        settings = self.settings
        return Policy.of_days(
            settings.retain_intermediate_days, settings.retain_published_days, settings.retain_person_days
        )

    def prove(self, index: int) -> str:
        """Sign the ledger as it stands, and return the proof that entry *index* is in it, which anyone can check."""
        self.ledger.checkpoint(key_at(self.checkpoint_key, make=True))
        return str(self.ledger.prove(index))

    @cached_property
    def statuses(self) -> Statuses:
        """What anyone may know of each published file."""
        return Statuses(self.objects, self.ledger, key_at(self.checkpoint_key, make=True))

    @cached_property
    def courier(self) -> Courier:
        """Who tells other systems what the ledger recorded."""
        subscriptions = Subscriptions(self.settings.key_folder / "webhooks")
        return Courier(self.ledger, self.objects, subscriptions, self.settings.webhook_hosts)

    def _signer(self) -> Signer:
        return load_signer(self.signing)


def open_house(tell: Callable[[Moment], None] = _silent) -> House:
    """Return the house that the environment describes."""
    return House(read_settings(), tell)


def open_studio(tell: Callable[[Moment], None], halted: Callable[[], bool], *, settings: Mapping[str, Any]) -> Studio:
    """Return the studio of the house of these plain *settings*, which tells *tell* and works until *halted*."""
    return replace(House(Settings(**settings), tell).studio, halted=halted)


def read_settings() -> Settings:
    """Return the settings that the environment names."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"AVATAR_{'_'.join(str(part) for part in first['loc'])}".upper()
        raise InputError(f"{name} {first['input']!r}: {first['msg'].lower()}", code="settings.bad-value") from error


def snapshots_of(settings: Settings) -> Objects:
    """Return where this host keeps what it has added up of the ledger that *settings* name."""
    return FolderObjects(settings.home / "added-up" / sha256(settings.store.encode()).hexdigest()[:16])


def open_objects(settings: Settings) -> Objects:
    """Return the object store that ``AVATAR_STORE`` names: a bucket, a folder, or the home's own folder."""
    if not settings.store:
        return FolderObjects(settings.home / "store")
    place = urlparse(settings.store)
    if not place.scheme:
        return FolderObjects(Path(settings.store))
    if place.scheme == "s3" and place.netloc:
        from avatar.artifacts.s3 import S3Objects

        return S3Objects(place.netloc, place.path, lock=Lock(settings.lock_days, settings.lock_mode))
    if place.scheme == "file" and not place.netloc:
        return FolderObjects(Path(unquote(place.path)))
    raise InputError(
        f"AVATAR_STORE {settings.store!r}: give s3://BUCKET/PREFIX or the path of a folder", code="settings.store"
    )


def one_thread_each() -> None:
    """Have every numeric library use one thread, those loaded already and those loaded later."""
    # Shots run side by side, one thread each: faster in all than one shot on many threads. And the same bytes: sums
    # in BLAS and torch depend on the number of threads, so that number is fixed.
    import cv2
    from threadpoolctl import threadpool_limits

    os.environ["OMP_NUM_THREADS"] = "1"  # for what is loaded later
    # Every line has another length, and oneDNN would keep what it compiled for some 75 of them, 20 MB.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128")
    threadpool_limits(1)  # for what is loaded already
    # Not by an import: where a thread is only just loading torch, that would wait for seconds.
    limit = getattr(sys.modules.get("torch"), "set_num_threads", None)
    if limit:
        limit(1)
    cv2.setNumThreads(1)
