"""A content-addressed store of artifacts over any object store. What it writes is sealed under its people's keys."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from pydantic import ValidationError

from avatar.artifacts.artifact import Artifact
from avatar.artifacts.manifest import Manifest, Work
from avatar.artifacts.objects import Objects
from avatar.artifacts.vault import Label, Vault, people_in
from avatar.canonical import canonical, digest_of_file
from avatar.errors import StoreError
from avatar.rooms import private_room

A = TypeVar("A", bound=Artifact)


class Store:
    """Keeps blobs and manifests, each sealed under the keys of all the people in it. Keeping twice is harmless.

    Manifests and parts are known by the digests of their plaintext, which hold anywhere; a blob's name in the object
    store is secret as its content is, so the same file brought by two people is two blobs.
    """

    def __init__(self, objects: Objects, vault: Vault) -> None:
        self._objects = objects
        self._vault = vault
        # Manifests never change, so remembering them is safe; consent is never remembered.
        self._manifests: dict[str, Manifest] = {}

    def keep(
        self,
        kind: type[A],
        parts: Mapping[str, Path],
        *,
        people: tuple[str, ...],
        inputs: tuple[str, ...] = (),
        work: Work | None = None,
    ) -> A:
        """Store the files of *parts* and the manifest that binds them, and return the artifact.

        Blobs first, then the manifest: a crash in between leaves nothing that has a name.
        """
        if set(parts) != set(kind.parts):
            raise StoreError(f"{kind.__name__} has the parts {kind.parts}, not {tuple(parts)}", code="store.parts")
        with private_room() as room:
            blobs = {name: self._add(path, people, room) for name, path in sorted(parts.items())}
        manifest = Manifest(kind=kind.__name__, parts=blobs, people=people, inputs=inputs, work=work)
        self._write(manifest)
        for person in people:
            self._objects.create(f"people/{person}/shown/{manifest.digest}", b"")
        return kind(manifest.digest)

    def remember(self, recipe: str, artifact: Artifact) -> None:
        """Let *recipe* lead to *artifact* from now on, unless it leads somewhere already."""
        self._objects.create(f"recipes/{recipe}", artifact.digest.encode())

    def recall(self, kind: type[A], recipe: str) -> A | None:
        """Return what *recipe* made before, if it ever ran."""
        found = self._objects.read(f"recipes/{recipe}")
        if found is None:
            return None
        artifact = kind(found.decode(errors="replace"))
        made = self.manifest(artifact.digest)
        if made.work is None or made.work.recipe != recipe:
            raise StoreError(f"recipe {recipe} leads to work that it does not name", code="store.altered")
        return artifact

    def manifest(self, digest: str) -> Manifest:
        """Return the manifest named *digest*, checked against its name."""
        if digest not in self._manifests:
            self._manifests[digest] = self._read_manifest(digest)
        return self._manifests[digest]

    def ancestry(self, digest: str) -> dict[str, Manifest]:
        """Return the manifest named *digest* and those of everything it was made from, by digest."""
        found: dict[str, Manifest] = {}
        waiting = [digest]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = self.manifest(name)
                waiting += found[name].inputs
        return found

    def fetch(self, artifact: Artifact, part: str, to: Path) -> Path:
        """Write *part* of *artifact* to the new file *to*, checked against its digest, and return *to*."""
        manifest = self.manifest(artifact.digest)
        digest = manifest.parts.get(part)
        if digest is None:
            raise StoreError(f"{type(artifact).__name__} {artifact.digest} has no part {part!r}", code="store.parts")
        sealed = to.with_name(f".{uuid4().hex}")
        try:
            if not self._objects.download(self._blob(digest, manifest.people), sealed):
                raise StoreError(f"{part} of {artifact.digest} is missing from the store", code="store.missing")
            return self._vault.open_file(sealed, Label("blob", manifest.people, digest), to)
        finally:
            sealed.unlink(missing_ok=True)

    def _blob(self, digest: str, people: tuple[str, ...]) -> str:
        return f"blobs/{self._vault.name_of(digest, people)}"

    def _add(self, path: Path, people: tuple[str, ...], room: Path) -> str:
        digest = digest_of_file(path)
        sealed = self._vault.seal_file(path, Label("blob", people, digest), room / uuid4().hex)
        self._objects.create(self._blob(digest, people), sealed)
        sealed.unlink()
        return digest

    def _write(self, manifest: Manifest) -> None:
        # Sealed too: a manifest holds the line of a script.
        plain, label = canonical(manifest.model_dump(mode="json")), Label("manifest", manifest.people, manifest.digest)
        self._objects.create(f"manifests/{manifest.digest}", self._vault.seal(plain, label))

    def _read_manifest(self, digest: str) -> Manifest:
        data = self._objects.read(f"manifests/{digest}")
        if data is None:
            raise StoreError(f"there is no artifact {digest} in this store", code="store.missing")
        label = Label("manifest", (), digest)
        label = replace(label, people=people_in(data, label))
        try:
            manifest = Manifest.model_validate_json(self._vault.open(data, label))
        except ValidationError as error:
            raise StoreError(f"the manifest {digest} cannot be read", code="store.altered") from error
        if manifest.digest != digest or set(manifest.people) != set(label.people):
            raise StoreError(f"the manifest {digest} was altered in the store", code="store.altered")
        return manifest
