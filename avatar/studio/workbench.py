"""The workbench of one request: a private folder and the cleared request's own material."""

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from avatar.artifacts.artifact import Artifact, Footage
from avatar.artifacts.manifest import Manifest, seed_of
from avatar.artifacts.store import Store
from avatar.consent import Cleared
from avatar.consent.brief import Brief
from avatar.errors import ConsentError, NotInRequestError
from avatar.media.frames import Frames
from avatar.models.weights import Weights, locate
from avatar.stages.request import Request, Signer


class WorkbenchBackend(Protocol):
    """What a bench needs of the studio behind it."""

    @property
    def store(self) -> Store: ...

    @property
    def signer(self) -> Any: ...

    def pull(self, footage: Footage, within: "RequestWorkbench") -> Frames: ...

    def report(self, request: Request[Any], done: float, seconds: float) -> None: ...


class RequestWorkbench:
    """The ``Workbench`` (and, for a publication, the ``Exit``) of one piece of work."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a piece of work is
        self,
        cleared: Cleared[Request[Any]],
        studio: WorkbenchBackend,
        room: Path,
        recipe: str,
        brief: Brief,
        within: "RequestWorkbench | None" = None,
    ) -> None:
        if not isinstance(cleared, Cleared):
            raise TypeError("a bench is only set up for cleared work")
        self._cleared = cleared
        self._studio = studio
        self.room = room
        self.brief = brief
        self._within = within  # the bench of whoever pulls these frames: when that closes, so does this one
        self._started = time.monotonic()
        self._closed = False
        self.pulled: int | None = None  # how many frames came in, once the engine has asked for them
        self.passing: Callable[[Frames], Frames] = lambda frames: frames  # what the studio has frames go through
        self.seed = seed_of(recipe)

    @property
    def signer(self) -> Signer:
        self._go_on()
        signer: Signer = self._studio.signer()
        return signer

    def open(self, artifact: Artifact, part: str = "") -> Path:
        self._own(artifact)
        part = part or type(artifact).parts[0]
        path = self.room / f"{artifact.digest}-{part}"
        return path if path.exists() else self._studio.store.fetch(artifact, part, path)

    def parts(self, artifact: Artifact) -> frozenset[str]:
        self._own(artifact)
        return frozenset(self._studio.store.manifest(artifact.digest).parts)

    def frames(self, footage: Footage) -> Frames:
        self._own(footage)
        frames = self._studio.pull(footage, self)
        self.pulled = frames.count
        return self.passing(frames)

    def new(self, name: str) -> Path:
        if name != Path(name).name:
            raise NotInRequestError(f"a new file is called {name!r}: give a plain name", code="engine.reach")
        return self.room / name

    def weight(self, weights: Weights) -> Path:
        return locate(weights)

    def pulse(self, done: float) -> None:
        self._go_on()
        self._studio.report(self._cleared.request, done, time.monotonic() - self._started)

    def ancestry(self, artifact: Artifact) -> Mapping[str, Manifest]:
        self._own(artifact)
        return self._studio.store.ancestry(artifact.digest)

    def close(self) -> None:
        """Make the next ``pulse``, ``open``, ``frames`` or ``signer`` raise: the work is over."""
        self._closed = True

    def tidy(self) -> None:
        """Remove whatever work that was left behind has written since: nobody else will."""
        if self._closed:
            shutil.rmtree(self.room, ignore_errors=True)

    def _go_on(self) -> None:
        if self._closed:
            raise ConsentError("this work is over: it was done, or consent for it has ended", code="consent.ended")
        if self._within:
            self._within._go_on()

    def _own(self, artifact: Artifact) -> None:
        self._go_on()
        # By digest: a handle's class is the caller's word, its digest is what is opened.
        if artifact.digest not in {own.digest for own in self._cleared.request.inputs()}:
            kind = type(self._cleared.request).__name__
            raise NotInRequestError(f"{artifact} is not part of this {kind}", code="engine.reach")
