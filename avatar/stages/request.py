"""The request base class, the workbench protocol and the engine protocols."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar, final

from avatar.artifacts.artifact import Artifact, Footage
from avatar.artifacts.manifest import Manifest
from avatar.consent import Cleared, Use
from avatar.media.frames import Frames
from avatar.models.weights import Weights

A = TypeVar("A", bound=Artifact)
R_contra = TypeVar("R_contra", contravariant=True)

Parts = Mapping[str, Path]  # part name (of the artifact made) -> the file that holds it


@dataclass(frozen=True)
class Request(Generic[A]):
    """One piece of work: the material it needs and the use it makes of it.

    Fields are artifacts, tuples of artifacts, or plain JSON values.
    """

    use: ClassVar[Use | None]
    output_type: ClassVar[type[Artifact]]

    @property
    def spoken_text(self) -> tuple[str, ...]:
        """The words that this work puts into someone's mouth."""
        return ()

    @property
    def displayed_text(self) -> tuple[str, ...]:
        """The words that this work writes into the picture."""
        return ()

    @final
    def inputs(self) -> tuple[Artifact, ...]:
        """Every artifact among this request's fields, in order."""
        return tuple(self._artifacts())

    @final
    def as_json(self) -> dict[str, Any]:
        """Return the fields as JSON, artifacts by digest."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    def _artifacts(self) -> Iterator[Artifact]:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Artifact):
                yield value
            elif isinstance(value, tuple):
                yield from (item for item in value if isinstance(item, Artifact))


def _plain(value: Any) -> Any:
    if isinstance(value, Artifact):
        return value.digest
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


class Workbench(Protocol):
    """Where an engine works: it can reach its own request's material and nothing else."""

    @property
    def seed(self) -> int:
        """A number that depends on the work alone: the same work draws the same random numbers anywhere."""

    def open(self, artifact: Artifact, part: str = "") -> Path:
        """Return the file of *part* (default: the first) of *artifact*, one of the request's own."""

    def parts(self, artifact: Artifact) -> frozenset[str]:
        """Return which parts *artifact*, one of the request's own, has: optional ones, too."""

    def frames(self, footage: Footage) -> Frames:
        """Pull the frames of *footage*, one of the request's own. Consent is asked again while they flow."""

    def new(self, name: str) -> Path:
        """Return a path for a new file in this work's private folder."""

    def weight(self, weights: Weights) -> Path:
        """Return the file of *weights*, its digest checked."""

    def pulse(self, done: float) -> None:
        """Report the fraction *done* (0 to 1). Call it in long loops: it raises soon after consent has ended."""


class Signer(Protocol):
    """The key that gives a credential. The private half may live elsewhere (KMS): it only ever signs."""

    @property
    def algorithm(self) -> str:
        """``es256`` or ``ed25519``."""

    @property
    def chain(self) -> str:
        """The certificates in PEM, the signer's first, without the root."""

    @property
    def root(self) -> str:
        """The root certificate in PEM, which a verifier must trust."""

    def sign(self, data: bytes) -> bytes:
        """Return the signature of *data* (es256: r and s joined, IEEE P1363)."""


class PublicationWorkbench(Workbench, Protocol):
    """The workbench of a publication: it also tells where the video came from, and signs."""

    @property
    def signer(self) -> Signer:
        """The organisation's signer."""

    def ancestry(self, artifact: Artifact) -> Mapping[str, Manifest]:
        """Return the manifests of *artifact* and of everything it was made from, by digest."""


class Engine(Protocol[R_contra]):
    """One way to do one kind of work. A frozen dataclass: its fields are its options.

    ``run`` returns the files made. *version* is raised when the same options would give another outcome.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]
    version: ClassVar[int]
    weights: ClassVar[tuple[Weights, ...]]

    def run(self, cleared: Cleared[R_contra], bench: Workbench) -> Parts: ...


class FrameEngine(Protocol[R_contra]):
    """An engine whose outcome is frames, made only when a renderer pulls them: as many out as in."""

    __dataclass_fields__: ClassVar[dict[str, Any]]
    version: ClassVar[int]
    weights: ClassVar[tuple[Weights, ...]]

    def run(self, cleared: Cleared[R_contra], bench: Workbench) -> Frames: ...
