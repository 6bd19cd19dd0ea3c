"""Settings, read once from ``AVATAR_*`` environment variables."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from avatar.artifacts.object_lock import Mode


def _home() -> Path:
    """Return the nearest ``.avatar`` folder at or above the working directory, or the one that would be made here."""
    here = Path.cwd()
    found = (folder / ".avatar" for folder in (here, *here.parents))
    return next((folder for folder in found if folder.is_dir()), here / ".avatar")


class Settings(BaseSettings):
    """Each is an environment variable of the same name in capitals, behind ``AVATAR_``.

    The home folder holds keys and, unless ``AVATAR_STORE`` is ``s3://bucket/prefix`` or another folder, the store.
    Material is encrypted under keys in the key folder, unless ``AVATAR_KMS_KEY`` names a key of AWS KMS to wrap them.
    In a bucket with Object Lock the ledger is kept for ``AVATAR_LOCK_DAYS``; ``AVATAR_LOCK_MODE`` says how firmly.
    ``AVATAR_OPERATOR`` is the file of the key of whoever acts; without it, the one in the key folder.
    ``avatar sweep`` removes what has been kept longer than the ``AVATAR_RETAIN_..._DAYS``; by default nothing.
    ``AVATAR_PAGES`` is where performers reach the consent pages: an https address, when a proxy is in front of them.
    Webhooks reach hosts in private networks only when they are listed in ``AVATAR_WEBHOOK_HOSTS``, with commas.
    """

    model_config = SettingsConfigDict(env_prefix="AVATAR_", frozen=True)

    home: Annotated[Path, NoDecode] = Field(default_factory=_home)
    store: str = ""
    keys: Path | None = None
    kms_key: str = ""
    operator: Path | None = None
    lock_days: int = Field(default=3650, ge=1, le=36500)
    lock_mode: Mode = "governance"
    retain_intermediate_days: Annotated[int, Field(ge=1, le=36500)] | None = None
    retain_published_days: Annotated[int, Field(ge=1, le=36500)] | None = None
    retain_person_days: Annotated[int, Field(ge=1, le=36500)] | None = None
    pages: str = "http://127.0.0.1:8780"
    organisation: str = Field(default="this studio", min_length=1, max_length=200)
    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=64)

    webhook_hosts: Annotated[frozenset[str], NoDecode] = frozenset()

    @field_validator("webhook_hosts", mode="before")
    @classmethod
    def _listed(cls, said: object) -> object:
        if isinstance(said, str):
            return frozenset(host.strip().lower() for host in said.split(",") if host.strip())
        return said

    @property
    def key_folder(self) -> Path:
        return self.keys or self.home / "keys"
