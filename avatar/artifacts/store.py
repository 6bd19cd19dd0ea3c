"""A content-addressed store of artifacts over any object store."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from avatar.artifacts.artifact import Artifact
from avatar.artifacts.manifest import Manifest, Work
from avatar.artifacts.objects import Objects
from avatar.canonical import canonical, digest_of_file
from avatar.errors import StoreError

A = TypeVar("A", bound=Artifact)


class Store:
    """Keeps blobs and manifests under their own digests. Keeping twice is harmless."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
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
        blobs = {name: self._add(path) for name, path in sorted(parts.items())}
        manifest = Manifest(kind=kind.__name__, parts=blobs, people=people, inputs=inputs, work=work)
        self._objects.create(f"manifests/{manifest.digest}", canonical(manifest.model_dump(mode="json")))
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
        digest = self.manifest(artifact.digest).parts.get(part)
        if digest is None:
            raise StoreError(f"{type(artifact).__name__} {artifact.digest} has no part {part!r}", code="store.parts")
        if not self._download(digest, to):
            raise StoreError(f"{part} of {artifact.digest} is missing from the store", code="store.missing")
        if digest_of_file(to) != digest:
            to.unlink()
            raise StoreError(f"{part} of {artifact.digest} was altered in the store", code="store.altered")
        return to

    def _download(self, digest: str, to: Path) -> bool:
        try:
            return self._objects.download(f"blobs/{digest}", to)
        except BaseException:
            to.unlink(missing_ok=True)  # half a file must never be taken for the whole
            raise

    def _add(self, path: Path) -> str:
        digest = digest_of_file(path)
        self._objects.create(f"blobs/{digest}", path)
        return digest

    def _read_manifest(self, digest: str) -> Manifest:
        data = self._objects.read(f"manifests/{digest}")
        if data is None:
            raise StoreError(f"there is no artifact {digest} in this store", code="store.missing")
        try:
            manifest = Manifest.model_validate_json(data)
        except ValidationError as error:
            raise StoreError(f"the manifest {digest} cannot be read", code="store.altered") from error
        if manifest.digest != digest:
            raise StoreError(f"the manifest {digest} was altered in the store", code="store.altered")
        return manifest
