"""Content-addressed artifact store; blobs are encrypted under their people's keys."""

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from pydantic import ValidationError

from avatar.artifacts.artifact import Artifact
from avatar.artifacts.manifest import Manifest, Work
from avatar.artifacts.objects import Objects
from avatar.artifacts.vault import MAX_HEADER_BYTES, Label, Vault, generations_in, is_sealed, people_in
from avatar.canonical import canonical, digest_of_file
from avatar.errors import StoreError
from avatar.runtime.workdir import private_tempdir

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
        if set(parts) - set(kind.optional) != set(kind.parts):
            raise StoreError(f"{kind.__name__} has the parts {kind.parts}, not {tuple(parts)}", code="store.parts")
        while True:
            generations = self._vault.newest(people)
            with private_tempdir() as room:
                blobs = {name: self._add(path, people, room) for name, path in sorted(parts.items())}
            manifest = Manifest(kind=kind.kind, parts=blobs, people=people, inputs=inputs, work=work)
            # The index first: a manifest that stands can be found by whoever seals anew, deletes or erases.
            for person in people:
                self._objects.create(f"people/{person}/shown/{manifest.digest}", b"")
            self._write(manifest)
            # Someone's key may have been renewed meanwhile, and its old generation may soon be gone.
            if self._vault.newest(people) == generations:
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
            try:
                self._manifests[digest] = self._read_manifest(digest)
            except StoreError as error:
                if error.code != "store.retired":
                    raise
                self._manifests[digest] = self._read_manifest(digest)  # sealed anew between reading and opening it
        return self._manifests[digest]

    def ancestry(self, *digests: str) -> dict[str, Manifest]:
        """Return the manifests named *digests* and those of everything that these were made from, by digest."""
        found: dict[str, Manifest] = {}
        waiting = [*reversed(digests)]
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
        label = Label("blob", manifest.people, digest)
        with self._taken(label, to.parent) as sealed:
            if sealed is None:
                raise StoreError(f"{part} of {artifact.digest} is missing from the store", code="store.missing")
            try:
                return self._vault.open_file(sealed, label, to)
            except StoreError as error:
                if error.code != "store.retired":
                    raise
        with self._taken(label, to.parent) as again:  # sealed anew between taking and opening it
            return self._vault.open_file(again or to, label, to)

    def stands(self, artifact: Artifact) -> bool:
        """Return whether every part of *artifact* is still here."""
        manifest = self.manifest(artifact.digest)
        blobs = (self._blob(digest, manifest.people) for digest in manifest.parts.values())
        return all(self._objects.start(blob, 1) is not None for blob in blobs)

    def look(self, digest: str) -> Manifest:
        """Return the manifest named *digest*, and do not remember it: for who looks at all of them."""
        return self._read_manifest(digest)

    def forget(self, recipe: str, digest: str) -> None:
        """Let *recipe* no longer lead to the artifact named *digest*: the work would be done anew."""
        if self._objects.read(f"recipes/{recipe}") == digest.encode():
            self._objects.delete(f"recipes/{recipe}")

    def remove(self, digest: str, sparing: Container[str]) -> None:
        """Remove the artifact named *digest* for good, but for objects in *sparing*, which others need.

        The manifest goes last, so that a removal that broke off can be seen and finished.
        """
        if self._objects.start(f"manifests/{digest}", 1) is None:
            return
        manifest = self.look(digest)
        *blobs, own = self.objects_of(manifest)
        for blob in blobs:
            if blob not in sparing:
                self._objects.delete(blob)
        for person in manifest.people:
            self._objects.delete(f"people/{person}/shown/{digest}")
        self._objects.delete(own)
        self._manifests.pop(digest, None)

    def objects_of(self, manifest: Manifest) -> Iterator[str]:
        """Yield where everything of the artifact with *manifest* stands: its parts first, its manifest last."""
        for part in sorted(set(manifest.parts.values())):
            yield self._blob(part, manifest.people)
        yield f"manifests/{manifest.digest}"

    @contextmanager
    def _taken(self, label: Label, within: Path) -> Iterator[Path | None]:
        """Give the sealed blob of *label* as a file, or None if there is none."""
        sealed = within / f".{uuid4().hex}"
        try:
            yield sealed if self._objects.download(self._blob(label.digest, label.people), sealed) else None
        finally:
            sealed.unlink(missing_ok=True)

    def _blob(self, digest: str, people: tuple[str, ...]) -> str:
        return f"blobs/{self._vault.name_of(digest, people)}"

    def _add(self, path: Path, people: tuple[str, ...], room: Path) -> str:
        digest = digest_of_file(path)
        sealed = self._vault.seal_file(path, Label("blob", people, digest), room / uuid4().hex)
        self._place(self._blob(digest, people), sealed, Label("blob", people, digest))
        sealed.unlink()
        return digest

    def _place(self, key: str, sealed: bytes | Path, label: Label) -> None:
        """Store *sealed* at *key*, also if the same stands there under older keys, which may soon be gone."""
        if self._objects.create(key, sealed):
            return
        standing = self._objects.start(key, MAX_HEADER_BYTES) or b""
        if is_sealed(standing) and generations_in(standing, label) != self._vault.newest(label.people):
            self._objects.exchange(key, sealed)

    def _write(self, manifest: Manifest) -> None:
        # Sealed too: a manifest holds the line of a script.
        plain, label = canonical(manifest.model_dump(mode="json")), Label("manifest", manifest.people, manifest.digest)
        self._place(f"manifests/{manifest.digest}", self._vault.seal(plain, label), label)

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
