"""The composition root: settings in, an application context out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from pydantic import ValidationError

from avatar.app.settings import Settings
from avatar.artifacts.keyring import FolderKeyring, Keyring
from avatar.artifacts.object_lock import ObjectLock
from avatar.artifacts.objects import FolderObjects, Objects
from avatar.artifacts.store import Store
from avatar.artifacts.vault import Vault
from avatar.capture.capture import Capture
from avatar.consent.checkpoint import KEY_FILE
from avatar.consent.gate import Gate
from avatar.consent.keys import Key, key_at
from avatar.consent.ledger import KEY_FILE as LEDGER_KEY
from avatar.consent.ledger import Ledger, now
from avatar.errors import CredentialError, InputError
from avatar.people.operators import Operators
from avatar.people.people import People
from avatar.people.pronunciations import Pronunciations
from avatar.people.retention import RetentionPolicy
from avatar.provenance.signer import load_signer
from avatar.provenance.trust import Trust
from avatar.provenance.verdict import Verdict
from avatar.provenance.verify import verify
from avatar.publishing.ledger_lookup import lookup_publication
from avatar.publishing.status import Statuses
from avatar.publishing.webhooks.dispatcher import Dispatcher
from avatar.publishing.webhooks.subscription import Subscriptions
from avatar.runtime.threads import limit_to_one_thread
from avatar.runtime.workdir import reap_stale
from avatar.stages.request import Signer
from avatar.studio.studio import ProgressEvent, Studio
from avatar.studio.voice_guard import VoiceGuard


def _silent(_: ProgressEvent) -> None:
    pass


@dataclass(frozen=True)
class AppContext:
    """Everything that belongs to one store: its ledger, its people, its studio and its signing chain."""

    settings: Settings
    on_progress: Callable[[ProgressEvent], None] = _silent

    def __post_init__(self) -> None:
        limit_to_one_thread()
        reap_stale()

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
        return Ledger(self.objects, key, self.operator.public, now, open_snapshots(self.settings))

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
        return People(self.objects, self.store, self.vault, self.ledger, folder, organisation, self.voice_guard)

    @cached_property
    def voice_guard(self) -> VoiceGuard:
        """Who would notice somebody else's voice."""
        return VoiceGuard(self.objects, self.store, self.vault, self.ledger)

    @property
    def pronunciations(self) -> Pronunciations:
        """How people have their own words said."""
        return Pronunciations(self.objects, self.vault, self.ledger)

    @cached_property
    def capture(self) -> Capture:
        """Where people say what they agree to."""
        from avatar.capture.default_analyzer import DefaultAnalyzer

        return Capture(self.people, DefaultAnalyzer())

    @property
    def signing(self) -> Path:
        """The folder of the C2PA signing chain: the team's own, or the demo chain made at first use."""
        return self.settings.key_folder / "signing"

    @cached_property
    def studio(self) -> Studio:
        gate = Gate(self.ledger, self.store)
        return Studio(self.store, gate, self.ledger, self._signer, self.voice_guard, on_progress=self.on_progress)

    def verify(self, video: Path) -> Verdict:
        """Check the file *video* against this context's signer and ledger."""
        if not self.signing.is_dir():
            raise CredentialError(
                f"there is no signing chain in {self.signing}, so nobody to believe; run this where the productions "
                "are made, or point AVATAR_KEYS at their key folder",
                code="credential.no-trust",
            )
        return verify(
            video, Trust.in_(load_signer(self.signing)), lambda file: lookup_publication(self.ledger.read(), file)
        )

    def examine(self, video: Path) -> Verdict:
        """Check the file *video* as :meth:`verify` does, and look for the marks in its picture and sound."""
        from avatar.provenance.watermark_checks import with_marks
        from avatar.watermark.verify import detect_watermarks

        verdict = self.verify(video)
        try:
            return with_marks(verdict, detect_watermarks(video))
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
    def policy(self) -> RetentionPolicy:
        """For how long things are kept here."""
        settings = self.settings
        return RetentionPolicy.of_days(
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
    def dispatcher(self) -> Dispatcher:
        """Who tells other systems what the ledger recorded."""
        subscriptions = Subscriptions(self.settings.key_folder / "webhooks")
        return Dispatcher(self.ledger, self.objects, subscriptions, self.settings.webhook_hosts)

    def _signer(self) -> Signer:
        return load_signer(self.signing)


def open_app(on_progress: Callable[[ProgressEvent], None] = _silent) -> AppContext:
    """Return the context that the environment describes."""
    return AppContext(read_settings(), on_progress)


def open_studio(
    on_progress: Callable[[ProgressEvent], None], is_cancelled: Callable[[], bool], *, settings: Mapping[str, Any]
) -> Studio:
    """Return a studio of these plain *settings* that reports to *on_progress* and works until *is_cancelled*."""
    return replace(AppContext(Settings(**settings), on_progress).studio, is_cancelled=is_cancelled)


def read_settings() -> Settings:
    """Return the settings that the environment names."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"AVATAR_{'_'.join(str(part) for part in first['loc'])}".upper()
        raise InputError(f"{name} {first['input']!r}: {first['msg'].lower()}", code="settings.bad-value") from error


def open_snapshots(settings: Settings) -> Objects:
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

        return S3Objects(place.netloc, place.path, lock=ObjectLock(settings.lock_days, settings.lock_mode))
    if place.scheme == "file" and not place.netloc:
        return FolderObjects(Path(unquote(place.path)))
    raise InputError(
        f"AVATAR_STORE {settings.store!r}: give s3://BUCKET/PREFIX or the path of a folder", code="settings.store"
    )
