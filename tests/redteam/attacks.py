"""What an insider can do who holds the bucket, the ledger's key and the material keys: but nobody's signing key."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from avatar.artifacts.artifact import Artifact
from avatar.artifacts.manifest import Manifest
from avatar.artifacts.objects import Objects
from avatar.artifacts.vault import Label, people_in
from avatar.canonical import canonical
from avatar.testing.world import World


def overwrite(objects: Objects, key: str, data: bytes) -> None:
    """Put *data* in the place of whatever stands at *key*."""
    objects.delete(key)
    assert objects.create(key, data)


def plant(world: World, manifest: Manifest) -> str:
    """Write *manifest* under its own, true name, as only the studio should, and return the name."""
    world.store._write(manifest)
    return manifest.digest


def blob(world: World, data: bytes) -> str:
    """Write *data* as a blob and return its digest."""
    path = world.folder / "planted"
    path.write_bytes(data)
    manifest = world.store.keep(_Any, {"any": path}, people=())
    return world.store.manifest(manifest.digest).parts["any"]


def edit(world: World, digest: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the manifest *digest* in place."""
    value = json.loads(unsealed(world, digest))
    change(value)
    reseal(world, digest, canonical(value))


def unsealed(world: World, digest: str) -> bytes:
    """Return the plaintext of the manifest *digest*."""
    return world.vault.open(world.objects.read(f"manifests/{digest}") or b"", _label(world, digest))


def reseal(world: World, digest: str, plain: bytes) -> None:
    """Put *plain* in the place of the manifest *digest*, under the same people's keys."""
    sealed = world.vault.seal(plain, _label(world, digest))
    overwrite(world.objects, f"manifests/{digest}", sealed)


def blob_key(world: World, artifact: Artifact, part: str) -> str:
    """Return where the blob of *part* of *artifact* stands."""
    manifest = world.store.manifest(artifact.digest)
    return f"blobs/{world.vault.name_of(manifest.parts[part], manifest.people)}"


def _label(world: World, digest: str) -> Label:
    label = Label("manifest", (), digest)
    return replace(label, people=people_in(world.objects.read(f"manifests/{digest}") or b"", label))


def reopened(world: World) -> World:
    """The same place as another process sees it, with nothing in memory."""
    return World(Path(world.folder), now=world.now, engines=world.engines)


class _Any:
    kind = "_Any"
    __name__ = "Any"
    parts: ClassVar[tuple[str, ...]] = ("any",)
    optional: ClassVar[tuple[str, ...]] = ()

    def __init__(self, digest: str) -> None:
        self.digest = digest
