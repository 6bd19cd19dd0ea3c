"""The request base class, the workbench protocol and the engine protocols."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar, final

from avatar.artifacts.artifact import Artifact, Footage, Portrait, Video, VoiceModel, VoiceSample
from avatar.artifacts.manifest import Manifest
from avatar.consent import Cleared, Use
from avatar.media.frames import Frames
from avatar.models.weights import Weights
from avatar.stages.c2pa_action import C2paAction

A = TypeVar("A", bound=Artifact)
R_contra = TypeVar("R_contra", contravariant=True)

Parts = Mapping[str, Path]  # part name (of the artifact made) -> the file that holds it


@dataclass(frozen=True)
class Request(Generic[A]):
    """One piece of work: the material it needs and the use it makes of it. Each kind of work is a subclass: a stage.

    Fields are artifacts, tuples of artifacts, or plain JSON values. What the rest of the product must know of a stage
    is said by its class, which cannot be defined without.
    """

    use: ClassVar[Use | None]  # None: it adds no use of its own
    output_type: ClassVar[type[Artifact]]
    progress_label: ClassVar[str]
    c2pa_action: ClassVar[C2paAction | None]  # None: it changes no picture and no sound of a video
    blueprint_key: ClassVar[str | None] = None  # where a blueprint names its engine; None: nowhere
    preserves_frame_count: ClassVar[bool] = False  # whether as many frames must come out as came in

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, what in _MUST_SAY.items():
            if not hasattr(cls, name):
                raise TypeError(f"request {cls.__name__} has no {name}: add `{name} = ...` to the class, {what}")
        if cls.output_type is Footage and "preserves_frame_count" not in vars(cls):
            raise TypeError(
                f"request {cls.__name__} makes footage and has no preserves_frame_count: add "
                "`preserves_frame_count = ...` to the class, True if as many frames must come out as came in"
            )
        checked = _CHECKED_BY_USE.get(cls.use, ()) if cls.use else ()
        if checked and all(getattr(cls, name) is getattr(Request, name) for name in checked):
            raise TypeError(
                f"request {cls.__name__} has the use {cls.use}, and does not say what the studio must check: add "
                f"the property {' or '.join(checked)} to the class, which returns that artifact"
            )

    @property
    def learned_sample(self) -> VoiceSample | None:
        """The sample whose voice is learned: it must not be the voice of somebody who guards theirs."""
        return None

    @property
    def spoken_voice(self) -> VoiceModel | None:
        """The voice that the speech made is in: the take must not sound like somebody else who guards theirs."""
        return None

    @property
    def target_face(self) -> Portrait | None:
        """The face that the frames made must show in place of the footage's own."""
        return None

    @property
    def published_video(self) -> Video | None:
        """The video that this work lets leave."""
        return None

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


_MUST_SAY = {
    "use": "the Use that it makes of people's material (None: it adds none of its own)",
    "output_type": "the class of the artifact that it makes",
    "progress_label": "the word that `avatar produce` shows while it runs",
    "c2pa_action": "the C2paAction by which credentials tell it (None: it changes no picture and no sound)",
}
_CHECKED_BY_USE = {
    Use.CLONE_VOICE: ("learned_sample", "spoken_voice"),
    Use.SWAP_FACE: ("target_face",),
    Use.PUBLISH: ("published_video",),
}


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
