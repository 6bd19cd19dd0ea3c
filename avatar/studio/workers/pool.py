"""The worker pool: one process per thread that performs requests, reused."""

import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from types import TracebackType
from typing import TypeVar

from avatar.artifacts.artifact import Artifact
from avatar.consent.brief import Brief
from avatar.errors import AvatarError, HaltedError, WorkerError
from avatar.runtime.workdir import reap_stale
from avatar.stages.registry import EngineSpec
from avatar.stages.request import Request
from avatar.studio.studio import ProgressEvent
from avatar.studio.workers.channel import MessageChannel, StudioFactory
from avatar.studio.workers.protocol import Halt, WorkDone, WorkFailed, WorkRequest
from avatar.studio.workers.zygote import Zygote

A = TypeVar("A", bound=Artifact)

_CANCEL_TIMEOUT_S = (
    0.6  # seconds: halted work asks four times a second whether it may go on, and then has a little to stop
)


class Workers:
    """Processes with a studio of their own, opened by *opening*; *on_progress* hears what they do. A context manager.

    They are copies of *template*, or of one that is started when there is something to do. At the end all of them end,
    whatever they do.
    """

    def __init__(
        self, opening: StudioFactory, on_progress: Callable[[ProgressEvent], None], template: Zygote | None = None
    ) -> None:
        self._opening, self._on_progress, self._template = opening, on_progress, template
        self._lock = threading.Lock()
        self._idle: list[MessageChannel] = []
        self._busy: list[MessageChannel] = []
        self._over = False

    def __enter__(self) -> "Workers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def perform(self, request: Request[A], choice: EngineSpec, brief: Brief) -> A:
        """Have *request* done by a worker, as ``Studio.perform`` does it.

        Raises:
            AvatarError: as that, and recorded already.
            WorkerError: the worker ended, so nobody could record it.
        """
        link = self._free()
        try:
            digest = self._asked(link, WorkRequest(request, choice, brief))
        except BaseException:
            with self._lock:
                self._busy.remove(link)
            link.close()
            raise
        with self._lock:
            self._busy.remove(link)
            self._idle.append(link)
        made: A = request.output_type(digest)  # type: ignore[assignment]  # a request's class says what it makes
        return made

    def dismiss(self) -> None:
        """End those who have nothing to do; whoever is needed later begins anew."""
        with self._lock:
            idle, self._idle = self._idle, []
        for link in idle:
            link.close()

    def _free(self) -> MessageChannel:
        with self._lock:
            if self._over:
                raise self._ended()
            link = self._idle.pop() if self._idle else self._hired()
            self._busy.append(link)
            return link

    def _hired(self) -> MessageChannel:
        self._template = self._template or Zygote()
        try:
            return MessageChannel(self._template.copy(asdict(self._opening)))
        except OSError as error:
            raise self._ended() from error

    def _asked(self, link: MessageChannel, asked: WorkRequest) -> str:
        try:
            link.say(asked)
            while isinstance(said := link.hear(), ProgressEvent):
                self._on_progress(said)
        except (EOFError, OSError) as error:
            raise self._ended() from error
        if isinstance(said, WorkFailed):
            raise said.error
        if not isinstance(said, WorkDone):
            raise self._ended()
        return said.digest

    def _ended(self) -> AvatarError:
        if self._over:
            return HaltedError("nobody waits for this any more: what it is for has ended", code="work.halted")
        return WorkerError(
            "the process that worked on it has ended (killed, or out of memory); what was finished is kept: run it "
            "again, with a smaller AVATAR_WORKERS where memory is short",
            code="worker.ended",
        )

    def _end(self) -> None:
        with self._lock:
            self._over, busy = True, list(self._busy)
        self.dismiss()
        for link in busy:
            _halt(link)
        until = time.monotonic() + _CANCEL_TIMEOUT_S
        while self._busy and time.monotonic() < until:
            time.sleep(0.01)
        with self._lock:
            left = list(self._busy)
        for link in left:
            link.close()
        self.dismiss()
        if self._template:
            self._template.end()
            if left:
                reap_stale()  # the rooms of work that did not stop by itself


def _halt(link: MessageChannel) -> None:
    try:
        link.say(Halt())
    except (OSError, ValueError):  # it has ended by now
        return
