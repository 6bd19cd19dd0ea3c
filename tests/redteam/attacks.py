"""What someone can do who holds the bucket's credentials, or the ledger's key: but no person's key."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from avatar.artifacts.manifest import Manifest
from avatar.artifacts.objects import Objects
from avatar.canonical import canonical
from avatar.testing.world import World


def overwrite(objects: Objects, key: str, data: bytes) -> None:
    """Put *data* in the place of whatever stands at *key*."""
    objects.delete(key)
    assert objects.create(key, data)


def plant(world: World, manifest: Manifest) -> str:
    """Write *manifest* under its own, true name, as only the studio should, and return the name."""
    world.objects.create(f"manifests/{manifest.digest}", canonical(manifest.model_dump(mode="json")))
    return manifest.digest


def blob(world: World, data: bytes) -> str:
    """Write *data* as a blob and return its digest."""
    path = world.folder / "planted"
    path.write_bytes(data)
    manifest = world.store.keep(_Any, {"any": path}, people=())
    return world.store.manifest(manifest.digest).parts["any"]


def edit(world: World, key: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the JSON at *key* in place."""
    value = json.loads(world.objects.read(key) or b"")
    change(value)
    overwrite(world.objects, key, canonical(value))


def reopened(world: World) -> World:
    """The same place as another process sees it, with nothing in memory."""
    return World(Path(world.folder), now=world.now, engines=world.engines)


class _Any:
    __name__ = "Any"
    parts = ("any",)

    def __init__(self, digest: str) -> None:
        self.digest = digest
