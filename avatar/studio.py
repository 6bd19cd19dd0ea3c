"""Where requests become artifacts: clear, recall, run, clear again, keep."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from avatar.artifacts.artifact import Artifact, Footage, GivenFootage, Patches
from avatar.artifacts.manifest import Work
from avatar.artifacts.store import Store
from avatar.attend import attended
from avatar.bench import Bench
from avatar.canonical import canonical, digest_of_file
from avatar.consent import Cleared
from avatar.consent.brief import Brief
from avatar.consent.decide import Output
from avatar.consent.entries import Performed, Published, Refused
from avatar.consent.gate import Gate
from avatar.consent.ledger import Ledger
from avatar.consent.permission import require
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
from avatar.faces.sight import Sight, open_sight
from avatar.identity import Witness
from avatar.media.decode import decode, look
from avatar.media.frames import Frame, Frames
from avatar.media.patches import patched
from avatar.production import Perform
from avatar.registry import Build, Choice, build, request_of, work_of
from avatar.resemblance import Resemblance
from avatar.rooms import private_room
from avatar.stages.catalogue import rebuild
from avatar.stages.face import RefineLips, SwapFace
from avatar.stages.picture import Publish
from avatar.stages.request import Parts, Request, Signer
from avatar.weights import refuse_forbidden, used_by

A = TypeVar("A", bound=Artifact)
_log = logging.getLogger(__name__)

_ASK_EVERY = 0.25  # seconds between two questions to the gate while work runs: each is one small read


@dataclass(frozen=True)
class _Due(Generic[A]):
    """A cleared request, the engine that does it, and what is known of the work."""

    job: Cleared[Request[A]]
    engine: Any
    work: Work


def milliseconds_of(video: Path) -> int:
    """Return how long the pictures of the file *video* play."""
    reel = look(video)
    return round(1000 * reel.count / reel.format.rate)


@dataclass(frozen=True)
class Moment:
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
    resemblance: Resemblance
    rooms: Path | None = None  # where private folders are made; None: the system's temporary folder
    build: Build = build
    sight: Callable[[], Sight] = open_sight  # who sees whether a swap shows whom it was meant to show
    measure: Callable[[Path], int] = milliseconds_of
    tell: Callable[[Moment], None] = lambda _: None
    halted: Callable[[], bool] = lambda: False  # asked as often as consent is; work ends when it says so

    def under(self, brief: Brief) -> Perform:
        """Return the ``Perform`` of a production with *brief*."""

        def perform(request: Request[A], choice: Choice) -> A:
            return self.perform(request, choice, brief)

        return perform

    def perform(self, request: Request[A], choice: Choice, brief: Brief) -> A:
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

    def remembered(self, request: Request[A], choice: Choice, brief: Brief) -> A | None:
        """Return what the very same work as *request* made before, asked for as any use; ``None``: it is yet to do.

        Raises: as ``perform``.
        """
        with self._recording(request):
            return self._remembered(self._due(request, choice, brief))

    @contextmanager
    def _recording(self, request: Request[Any]) -> Iterator[None]:
        require(self.ledger, Role.PUBLISH if isinstance(request, Publish) else Role.PRODUCE, type(request).__name__)
        try:
            yield
        except HaltedError:
            raise  # nobody refused it, so there is nothing to record
        except AvatarError as error:
            # What the gate refuses it has recorded itself.
            if not (isinstance(error, ConsentError) and error.code.startswith("consent.")):
                self._refuse(request, error.code)
            self.tell(Moment("refused", request))
            raise

    def _due(self, request: Request[A], choice: Choice, brief: Brief) -> "_Due[A]":
        self._go_on()
        engine = self._engine(request, choice)
        self._check_licences(request, engine, brief)
        work = work_of(request, choice, engine)
        output = Output(work.recipe, 0, request.video.digest) if isinstance(request, Publish) else None
        job = self._clear(request, brief, output)
        self.resemblance.refuse_learning(request)
        return _Due(job, engine, work)

    def _remembered(self, due: "_Due[A]") -> A | None:
        request = due.job.request
        made = self._recalled(_kind(request), due.work.recipe)
        if made:
            self.resemblance.refuse_recalled(request, made)
            self._note(due.job, due.work.recipe, made, recalled=True)
        return made

    def _made(self, due: "_Due[A]", brief: Brief) -> A:
        job, engine, work = due.job, due.engine, due.work
        request, started = job.request, time.monotonic()
        with private_room(self.rooms) as room:
            parts = self._run(job, engine, Bench(job, self, room, work.recipe, brief))
            self.resemblance.refuse_made(request, parts)
            if isinstance(request, Publish):
                job = self._publish(request, brief, work.recipe, parts)
            else:
                job = self._clear(request, brief)
            people = {p for i in request.inputs() for p in self.store.manifest(i.digest).people}
            made = self.store.keep(
                _kind(request),
                parts,
                people=tuple(sorted(people)),
                inputs=tuple(artifact.digest for artifact in request.inputs()),
                work=work,
            )
        # The ledger first: a recipe whose result the ledger does not know would be a forgery.
        self._note(job, work.recipe, made, recalled=False, seconds=time.monotonic() - started)
        self.store.remember(work.recipe, made)
        return made

    def pull(self, footage: Footage, within: Bench) -> Frames:
        """Return the frames of *footage*, asking the gate for its step, and for each step before it, as they flow.

        Engines reach this only through their bench, for footage of their own request.
        """
        manifest = self.store.manifest(footage.digest)
        if manifest.kind not in (Footage.__name__, GivenFootage.__name__, Patches.__name__):
            raise StoreError(f"{footage.digest[:12]} is a {manifest.kind}: it has no frames", code="store.parts")
        if manifest.work is None:
            return decode(self.store.fetch(footage, "footage.mp4", within.room / f"{footage.digest}.mp4"))
        request = rebuild(manifest.work)
        choice = Choice(manifest.work.engine, manifest.work.options)
        engine = self._engine(request, choice)
        job = self._clear(request, within.brief)
        work = work_of(request, choice, engine)
        if work.recipe != manifest.work.recipe:
            raise StoreError(
                f"footage {footage.digest[:12]} was described for another version of engine {choice.engine!r}; "
                "run the production again to describe it anew",
                code="store.outdated",
            )
        room = within.room / footage.digest[:16]
        room.mkdir(exist_ok=True)
        bench = Bench(job, self, room, work.recipe, within.brief, within)
        witness = Witness(self.sight, lambda: bench.open(request.face)) if isinstance(request, SwapFace) else None
        if witness:
            bench.passing = witness.before
        with _blaming(engine):
            frames: Frames = engine.run(job, bench) if request.makes is Footage else self._laid(footage, request, bench)
        if witness:
            frames = witness.after(frames)
        return Frames(frames.format, frames.count, self._watched(job, engine, bench, frames))

    def _laid(self, patches: Footage, request: Any, bench: Bench) -> Frames:
        """Return the frames of *patches*, which *request* kept: its footage's, and nothing is drawn for them."""
        path = self.store.fetch(patches, "patches.zip", bench.room / "patches.zip")
        return patched(path, bench.frames(request.over[0]) if request.over else None)

    def report(self, request: Request[Any], done: float, seconds: float) -> None:
        """Tell whoever watches that *request* is *done* so far (0 to 1)."""
        self.tell(Moment("running", request, done, seconds))

    def _engine(self, request: Request[Any], choice: Choice) -> Any:
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
        refuse_forbidden(used_by(engine), commercial=brief.purpose.commercial)
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
        job = self.gate.clear(request, brief, output)
        _log.info("cleared %s", type(request).__name__)
        return job

    def _run(self, job: Cleared[Request[A]], engine: Any, bench: Bench) -> Parts:
        request = job.request
        if request.makes is Footage:
            return {"step.json": _described(request, engine, bench)}
        self.tell(Moment("running", request))

        def work() -> Parts:
            try:
                with _blaming(engine):
                    parts: Parts = engine.run(job, bench)
                return parts
            finally:
                bench.tidy()

        try:
            return attended(work, ask=lambda: self._ask(request, bench.brief), every=_ASK_EVERY, leave=bench.close)
        finally:
            bench.close()

    def _publish(self, request: Publish, brief: Brief, recipe: str, parts: Parts) -> Cleared[Any]:
        """Append the publication right behind the ledger position whose consent state was checked, or check again.

        So no withdrawal can come between, and of any number of publications at once no more are let through than
        were agreed to.
        """
        file, length = digest_of_file(parts["video.mp4"]), self.measure(parts["video.mp4"])
        people = self.store.manifest(request.video.digest).people
        while True:
            job: Cleared[Any] = self._clear(request, brief, Output(recipe, length, request.video.digest))
            fact = Published(
                file=file,
                recipe=recipe,
                milliseconds=length,
                purpose=brief.purpose,
                channels=brief.channels,
                people=people,
                grants=job.grants,
            )
            if self.ledger.append_at(job.at, fact):
                return job

    def _ask(self, request: Request[Any], brief: Brief) -> None:
        self._go_on()
        self.gate.clear(request, brief)

    def _go_on(self) -> None:
        if self.halted():
            raise HaltedError("another line of this production failed, and this one ended with it", code="work.halted")

    def _watched(self, job: Cleared[Request[Any]], engine: Any, bench: Bench, frames: Frames) -> Iterator[list[Frame]]:
        asked, count = time.monotonic(), 0
        with _blaming(engine):
            for batch in frames.batches:
                if time.monotonic() - asked >= _ASK_EVERY:
                    self._ask(job.request, bench.brief)
                    asked = time.monotonic()
                count += len(batch)
                if count > frames.count:
                    break
                yield batch
        if count != frames.count:
            raise _miscounted(job.request, f"at least {count}" if count > frames.count else f"{count}", frames.count)
        # Whoever changes a face in footage gives back as many frames as came in, also where no face is seen.
        if isinstance(job.request, SwapFace | RefineLips) and bench.pulled not in (None, count):
            raise _miscounted(job.request, f"{count}", bench.pulled)

    def _note(self, job: Cleared[Any], recipe: str, made: A, *, recalled: bool, seconds: float = 0.0) -> None:
        kind = type(job.request).__name__
        self.ledger.append(
            Performed(request=kind, recipe=recipe, made=made.digest, grants=job.grants, recalled=recalled)
        )
        _log.info("%s %s %s", "recalled" if recalled else "kept", kind, made.digest)
        self.tell(Moment("recalled" if recalled else "kept", job.request, 1.0, seconds, made))


def _kind(request: Request[A]) -> type[A]:
    kind: type[A] = request.makes  # type: ignore[assignment]  # a request's class says what it makes
    return kind


def _miscounted(request: Request[Any], given: str, due: int | None) -> EngineError:
    return EngineError(
        f"the engine of {type(request).__name__} gave {given} frames where {due} are due; its author must fix it",
        code="engine.frame-count",
    )


@contextmanager
def _blaming(engine: Any) -> Iterator[None]:
    try:
        yield
    except AvatarError:
        raise
    except (Exception, SystemExit) as error:
        raise EngineError(f"engine {type(engine).__name__} failed: {error}", code="engine.failed") from error


def _described(request: Request[Any], engine: Any, bench: Bench) -> Path:
    step = bench.new("step.json")
    name = f"{type(engine).__module__}:{type(engine).__qualname__}"
    step.write_bytes(canonical({"engine": name, "request": type(request).__name__, **request.as_json()}))
    return step
