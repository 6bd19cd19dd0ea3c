"""Where things are: read once from the environment."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _home() -> Path:
    """Return the nearest ``.avatar`` folder at or above the working directory, or the one that would be made here."""
    here = Path.cwd()
    found = (folder / ".avatar" for folder in (here, *here.parents))
    return next((folder for folder in found if folder.is_dir()), here / ".avatar")


class Settings(BaseSettings):
    """``AVATAR_HOME``, ``_STORE``, ``_KEYS``, ``_KMS_KEY``, ``_ORGANISATION`` and ``_WORKERS``.

    The home folder holds keys and, unless ``AVATAR_STORE`` is ``s3://bucket/prefix`` or another folder, the store.
    Material is encrypted under keys in the key folder, unless ``AVATAR_KMS_KEY`` names a key of AWS KMS to wrap them.
    """

    model_config = SettingsConfigDict(env_prefix="AVATAR_", frozen=True)

    home: Annotated[Path, NoDecode] = Field(default_factory=_home)
    store: str = ""
    keys: Path | None = None
    kms_key: str = ""
    organisation: str = Field(default="this studio", min_length=1, max_length=200)
    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=64)

    @property
    def key_folder(self) -> Path:
        return self.keys or self.home / "keys"
