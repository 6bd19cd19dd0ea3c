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
    """Each is an environment variable of the same name in capitals, behind ``AVATAR_``."""

    model_config = SettingsConfigDict(env_prefix="AVATAR_", frozen=True, use_attribute_docstrings=True)

    home: Annotated[Path, NoDecode] = Field(default_factory=_home)
    """folder of keys, and of the store unless ``AVATAR_STORE`` says otherwise"""
    store: str = ""
    """``s3://BUCKET/PREFIX`` or a folder"""
    keys: Path | None = None
    """folder of keys"""
    kms_key: str = ""
    """AWS KMS key that wraps the keys of people's material; ``NEW,OLD`` while one is exchanged"""
    operator: Path | None = None
    """file with the key of the operator who acts"""
    lock_days: int = Field(default=3650, ge=1, le=36500)
    """days that a bucket with Object Lock keeps ledger entries"""
    lock_mode: Mode = "governance"
    """how firmly: ``compliance`` means that nobody can delete them, not even the owner of the account"""
    retain_intermediate_days: Annotated[int, Field(ge=1, le=36500)] | None = None
    """``avatar sweep`` removes voices, speech, shots and unsigned videos that were not used for so many days"""
    retain_published_days: Annotated[int, Field(ge=1, le=36500)] | None = None
    """``avatar sweep`` removes the store's copies of signed videos that were not used for so many days"""
    retain_person_days: Annotated[int, Field(ge=1, le=36500)] | None = None
    """``avatar sweep`` removes everything that shows a person, so many days after their last agreement ended"""
    pages: str = "http://127.0.0.1:8780"
    """address at which performers reach the consent pages; https when a proxy is in front"""
    organisation: str = Field(default="this studio", min_length=1, max_length=200)
    """the name that people give their consent to"""
    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=64)
    """processes that make lines side by side"""
    webhook_hosts: Annotated[frozenset[str], NoDecode] = frozenset()
    """hosts in private networks that webhooks may reach, with commas between"""

    @field_validator("webhook_hosts", mode="before")
    @classmethod
    def _listed(cls, said: object) -> object:
        if isinstance(said, str):
            return frozenset(host.strip().lower() for host in said.split(",") if host.strip())
        return said

    @property
    def key_folder(self) -> Path:
        return self.keys or self.home / "keys"
