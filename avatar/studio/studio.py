"""The studio: clears a request, recalls or runs it, clears it again, and keeps the artifact."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from avatar.artifacts.artifact import Artifact, Footage, FrameDeltas, GivenFootage, Video
from avatar.artifacts.manifest import Work
from avatar.artifacts.store import Store
from avatar.canonical import canonical, digest_of_file
from avatar.consent import Cleared
from avatar.consent.brief import Brief
from avatar.consent.decide import Output
from avatar.consent.entries import Performed, Published, Refused
from avatar.consent.gate import Gate
from avatar.consent.ledger import Ledger
from avatar.consent.permission import require_role
from avatar.consent.roles import Role
from avatar.errors import (
    AvatarError,
    ConsentError,
    EngineError,
    HaltedError,
    StoreError,
    UnknownEngineError,
    WeightsError,
)
from avatar.faces.detection.face_analyser import FaceAnalyser, open_face_analyser
from avatar.media.decode import decode, probe
from avatar.media.frame_deltas import apply_deltas
from avatar.media.frames import Frame, Frames
from avatar.models.weights import all_weights, refuse_forbidden
from avatar.production.production import Perform
from avatar.runtime.supervise import run_supervised
from avatar.runtime.workdir import private_tempdir
from avatar.stages.catalogue import rebuild
from avatar.stages.registry import Build, EngineSpec, build, describe_work, request_of
from avatar.stages.request import Parts, Request, Signer
from avatar.studio.swap_check import SwapIdentityCheck
from avatar.studio.voice_guard import VoiceGuard
from avatar.studio.workbench import RequestWorkbench

A = TypeVar("A", bound=Artifact)
_log = logging.getLogger(__name__)

_CHECK_INTERVAL_S = 0.25  # seconds between two questions to the gate while work runs: each is one small read


@dataclass(frozen=True)
class _PendingWork(Generic[A]):
    """A cleared request, the engine that does it, and what is known of the work."""

    cleared: Cleared[Request[A]]
    engine: Any
    work: Work


def duration_ms(video: Path) -> int:
    """Return how long the pictures of the file *video* play."""
    reel = probe(video)
    return round(1000 * reel.count / reel.format.rate)


@dataclass(frozen=True)
class ProgressEvent:
    """Something the studio just did, for whoever shows progress: *what* is cleared, recalled, running, kept or refused.

    *done* is the fraction of the work done, *seconds* the time since it was cleared.
    """

    what: str
    request: Request[Any]
    done: float = 0.0
    seconds: float = 0.0
    made: Artifact | None = None


@dataclass(frozen=True)
class Studio:
    """A store, the gate in front of it, and the ledger behind both: the only caller of engines."""

    store: Store
    gate: Gate
    ledger: Ledger
    signer: Callable[[], Signer]
    voice_guard: VoiceGuard
    rooms: Path | None = None  # where private folders are made; None: the system's temporary folder
    build: Build = build
    face_verifier: Callable[[], FaceAnalyser] = (
        open_face_analyser  # who sees whether a swap shows whom it was meant to show
    )
    measure: Callable[[Path], int] = duration_ms
    on_progress: Callable[[ProgressEvent], None] = lambda _: None
    is_cancelled: Callable[[], bool] = lambda: False  # asked as often as consent is; work ends when it says so

    def under(self, brief: Brief) -> Perform:
        """Return the ``Perform`` of a production with *brief*."""

        def perform(request: Request[A], choice: EngineSpec) -> A:
            return self.perform(request, choice, brief)

        return perform

    def perform(self, request: Request[A], choice: EngineSpec, brief: Brief) -> A:
        """Do *request* with the engine of *choice* for *brief*, unless the very same work was done before.

        Consent is checked first even then: a remembered result is still a use. It is checked again before anything is
        kept: a withdrawal during a long piece of work discards the result.

        Raises:
            ConsentError: someone in the material has not agreed; the refusal is in the ledger.
            RoleError: whoever acts here may not do this.
            AvatarError: the work cannot be done; the sentence says why.
        """
        with self._recording(request):
            due = self._due(request, choice, brief)
            return self._remembered(due) or self._made(due, brief)

    def remembered(self, request: Request[A], choice: EngineSpec, brief: Brief) -> A | None:
        """Return what the very same work as *request* made before, asked for as any use; ``None``: it is yet to do.

        Raises:
            AvatarError: as ``perform``.
        """
        with self._recording(request):
            return self._remembered(self._due(request, choice, brief))

    @contextmanager
    def _recording(self, request: Request[Any]) -> Iterator[None]:
        require_role(self.ledger, Role.PUBLISH if request.published_video else Role.PRODUCE, type(request).__name__)
        try:
            yield
        except HaltedError:
            raise  # nobody refused it, so there is nothing to record
        except AvatarError as error:
            # What the gate refuses it has recorded itself.
            if not (isinstance(error, ConsentError) and error.code.startswith("consent.")):
                self._refuse(request, error.code)
            self.on_progress(ProgressEvent("refused", request))
            raise

    def _due(self, request: Request[A], choice: EngineSpec, brief: Brief) -> "_PendingWork[A]":
        self._go_on()
        engine = self._engine(request, choice)
        self._check_licences(request, engine, brief)
        work = describe_work(request, choice, engine)
        video = request.published_video
        output = Output(work.recipe, 0, video.digest) if video else None
        cleared = self._clear(request, brief, output)
        self.voice_guard.refuse_learning(request)
        return _PendingWork(cleared, engine, work)

    def _remembered(self, due: "_PendingWork[A]") -> A | None:
        request = due.cleared.request
        made = self._recalled(_kind(request), due.work.recipe)
        if made:
            self.voice_guard.refuse_recalled(request, made)
            self._note(due.cleared, due.work.recipe, made, recalled=True)
        return made

    def _made(self, due: "_PendingWork[A]", brief: Brief) -> A:
        cleared, engine, work = due.cleared, due.engine, due.work
        request, started = cleared.request, time.monotonic()
        with private_tempdir(self.rooms) as room:
            parts = self._run(cleared, engine, RequestWorkbench(cleared, self, room, work.recipe, brief))
            self.voice_guard.refuse_made(request, parts)
            if request.published_video:
                cleared = self._publish(request, request.published_video, brief, work.recipe, parts)
            else:
                cleared = self._clear(request, brief)
            people = {p for i in request.inputs() for p in self.store.manifest(i.digest).people}
            made = self.store.keep(
                _kind(request),
                parts,
                people=tuple(sorted(people)),
                inputs=tuple(artifact.digest for artifact in request.inputs()),
                work=work,
            )
        # The ledger first: a recipe whose result the ledger does not know would be a forgery.
        self._note(cleared, work.recipe, made, recalled=False, seconds=time.monotonic() - started)
        self.store.remember(work.recipe, made)
        return made

    def pull(self, footage: Footage, within: RequestWorkbench) -> Frames:
        """Return the frames of *footage*, asking the gate for its step, and for each step before it, as they flow.

        Engines reach this only through their bench, for footage of their own request.
        """
        manifest = self.store.manifest(footage.digest)
        if manifest.kind not in (Footage.kind, GivenFootage.kind, FrameDeltas.kind):
            raise StoreError(f"{footage.digest[:12]} is a {manifest.kind}: it has no frames", code="store.parts")
        if manifest.work is None:
            return decode(self.store.fetch(footage, "footage.mp4", within.room / f"{footage.digest}.mp4"))
        request = rebuild(manifest.work)
        choice = EngineSpec(manifest.work.engine, manifest.work.options)
        engine = self._engine(request, choice)
        cleared = self._clear(request, within.brief)
        work = describe_work(request, choice, engine)
        if work.recipe != manifest.work.recipe:
            raise StoreError(
                f"footage {footage.digest[:12]} was described for another version of engine {choice.engine!r}; "
                "run the production again to describe it anew",
                code="store.outdated",
            )
        room = within.room / footage.digest[:16]
        room.mkdir(exist_ok=True)
        bench = RequestWorkbench(cleared, self, room, work.recipe, within.brief, within)
        target = request.target_face
        witness = SwapIdentityCheck(self.face_verifier, lambda: bench.open(target)) if target else None
        if witness:
            bench.passing = witness.before
        with _wrap_engine_errors(engine):
            frames: Frames = (
                engine.run(cleared, bench) if request.output_type is Footage else self._laid(footage, request, bench)
            )
        if witness:
            frames = witness.after(frames)
        return Frames(frames.format, frames.count, self._watched(cleared, engine, bench, frames))

    def _laid(self, patches: Footage, request: Any, bench: RequestWorkbench) -> Frames:
        """Return the frames of *patches*, which *request* kept: its footage's, and nothing is drawn for them."""
        path = self.store.fetch(patches, "patches.zip", bench.room / "patches.zip")
        return apply_deltas(path, bench.frames(request.over[0]) if request.over else None)

    def report(self, request: Request[Any], done: float, seconds: float) -> None:
        """Tell whoever watches that *request* is *done* so far (0 to 1)."""
        self.on_progress(ProgressEvent("running", request, done, seconds))

    def _engine(self, request: Request[Any], choice: EngineSpec) -> Any:
        engine = self.build(choice)
        kind = request_of(engine)
        if not isinstance(request, kind):
            raise UnknownEngineError(
                f"engine {choice.engine!r} does {kind.__name__}, not {type(request).__name__}; "
                "name another engine for this stage (avatar engines)",
                code="engine.wrong-stage",
            )
        return engine

    def _check_licences(self, request: Request[Any], engine: Any, brief: Brief) -> None:
        refuse_forbidden(all_weights(engine), commercial=brief.purpose.commercial)
        if brief.purpose.commercial:
            for artifact in request.inputs():
                for digest, manifest in self.store.ancestry(artifact.digest).items():
                    if manifest.work and not manifest.work.commercial:
                        raise WeightsError(
                            f"the {manifest.kind} {digest[:12]} was made by engine {manifest.work.engine!r}, with "
                            "weights whose licence forbids commercial use, of what they make too; "
                            "make it with another engine",
                            code="weights.licence",
                        )

    def _recalled(self, kind: type[A], recipe: str) -> A | None:
        made = self.store.recall(kind, recipe)
        if made and made.digest not in self.ledger.read().made:
            raise StoreError(
                f"recipe {recipe[:12]} leads to {made.digest[:12]}, which the ledger does not know; "
                f"delete recipes/{recipe} from the store and run again",
                code="store.unrecorded",
            )
        # What was due to go has gone: it is made anew.
        return made if made and self.store.stands(made) else None

    def _refuse(self, request: Request[Any], code: str) -> None:
        try:
            self.ledger.append(Refused(code=code, request=type(request).__name__))
        except AvatarError as error:
            # A full disk or a broken ledger cannot take a note of itself; the caller must still hear the first reason.
            _log.warning("refusal %s is not in the ledger: %s", code, error.code)

    def _clear(self, request: Request[A], brief: Brief, output: Output | None = None) -> Cleared[Request[A]]:
        cleared = self.gate.clear(request, brief, output)
        _log.info("cleared %s", type(request).__name__)
        return cleared

    def _run(self, cleared: Cleared[Request[A]], engine: Any, bench: RequestWorkbench) -> Parts:
        request = cleared.request
        if request.output_type is Footage:
            return {"step.json": _described(request, engine, bench)}
        self.on_progress(ProgressEvent("running", request))

        def work() -> Parts:
            try:
                with _wrap_engine_errors(engine):
                    parts: Parts = engine.run(cleared, bench)
                return parts
            finally:
                bench.tidy()

        try:
            return run_supervised(
                work, check=lambda: self._ask(request, bench.brief), interval_s=_CHECK_INTERVAL_S, cancel=bench.close
            )
        finally:
            bench.close()

    def _publish(self, request: Request[Any], video: Video, brief: Brief, recipe: str, parts: Parts) -> Cleared[Any]:
        """Append the publication right behind the ledger position whose consent state was checked, or check again.

        So no withdrawal can come between, and of any number of publications at once no more are let through than
        were agreed to.
        """
        file, length = digest_of_file(parts["video.mp4"]), self.measure(parts["video.mp4"])
        people = self.store.manifest(video.digest).people
        while True:
            cleared: Cleared[Any] = self._clear(request, brief, Output(recipe, length, video.digest))
            fact = Published(
                file=file,
                recipe=recipe,
                milliseconds=length,
                purpose=brief.purpose,
                channels=brief.channels,
                people=people,
                grants=cleared.grants,
            )
            if self.ledger.append_at(cleared.at, fact):
                return cleared

    def _ask(self, request: Request[Any], brief: Brief) -> None:
        self._go_on()
        self.gate.clear(request, brief)

    def _go_on(self) -> None:
        if self.is_cancelled():
            raise HaltedError("another line of this production failed, and this one ended with it", code="work.halted")

    def _watched(
        self, cleared: Cleared[Request[Any]], engine: Any, bench: RequestWorkbench, frames: Frames
    ) -> Iterator[list[Frame]]:
        asked, count = time.monotonic(), 0
        with _wrap_engine_errors(engine):
            for batch in frames.batches:
                if time.monotonic() - asked >= _CHECK_INTERVAL_S:
                    self._ask(cleared.request, bench.brief)
                    asked = time.monotonic()
                count += len(batch)
                if count > frames.count:
                    break
                yield batch
        if count != frames.count:
            raise _miscounted(
                cleared.request, f"at least {count}" if count > frames.count else f"{count}", frames.count
            )
        if cleared.request.preserves_frame_count and bench.pulled not in (None, count):
            raise _miscounted(cleared.request, f"{count}", bench.pulled)

    def _note(self, cleared: Cleared[Any], recipe: str, made: A, *, recalled: bool, seconds: float = 0.0) -> None:
        kind = type(cleared.request).__name__
        self.ledger.append(
            Performed(request=kind, recipe=recipe, made=made.digest, grants=cleared.grants, recalled=recalled)
        )
        _log.info("%s %s %s", "recalled" if recalled else "kept", kind, made.digest)
        self.on_progress(ProgressEvent("recalled" if recalled else "kept", cleared.request, 1.0, seconds, made))


def _kind(request: Request[A]) -> type[A]:
    kind: type[A] = request.output_type  # type: ignore[assignment]  # a request's class says what it makes
    return kind


def _miscounted(request: Request[Any], given: str, due: int | None) -> EngineError:
    return EngineError(
        f"the engine of {type(request).__name__} gave {given} frames where {due} are due; its author must fix it",
        code="engine.frame-count",
    )


@contextmanager
def _wrap_engine_errors(engine: Any) -> Iterator[None]:
    try:
        yield
    except AvatarError:
        raise
    except (Exception, SystemExit) as error:
        raise EngineError(f"engine {type(engine).__name__} failed: {error}", code="engine.failed") from error


def _described(request: Request[Any], engine: Any, bench: RequestWorkbench) -> Path:
    step = bench.new("step.json")
    name = f"{type(engine).__module__}:{type(engine).__qualname__}"
    step.write_bytes(canonical({"engine": name, "request": type(request).__name__, **request.as_json()}))
    return step
