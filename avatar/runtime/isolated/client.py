"""Our side of the protocol: starts a script's process, asks it, and ends it when nobody may wait any longer."""

import atexit
import json
import logging
import os
import queue
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from avatar.errors import AvatarError, EngineError, InputError, WeightsError
from avatar.runtime.isolated.environment import build_command, build_environment
from avatar.runtime.workdir import private_tempdir

_log = logging.getLogger(__name__)

_PROTOCOL_VERSION = 1
_POLL_INTERVAL_S = 0.2  # seconds between two looks whether the work may go on
_START_TIMEOUT_S = 180.0  # seconds: uv may have to put an environment together from its cache
_OPEN_TIMEOUT_S = 900.0  # seconds: gigabytes are read
_MAX_ANSWER_BYTES = 65_536  # bytes of an answer
_MAX_QUOTE_CHARS = 300  # characters of what a script says
_REASON_CODE = re.compile(r"[a-z]+\.[a-z]+(-[a-z]+)*")
_ERROR_BY_PREFIX: Mapping[str, type[AvatarError]] = {
    "weights": WeightsError,
    "isolated": EngineError,
    "language": InputError,
}

CheckCancelled = Callable[[], None]  # raises when the work may not go on


class _EndedError(Exception):
    """The process has ended, though nobody asked it to."""


@dataclass(eq=False)
class _Process:
    """A running script, its answers as they come (``None`` when there will be no more), and its private folder."""

    popen: "subprocess.Popen[bytes]"
    answers: "queue.SimpleQueue[bytes | None]"
    room: ExitStack
    asked: int = 0


class IsolatedWorker:
    """A *script* that has opened a model, one question at a time; started when first asked, and again when it died.

    *opening* is what is asked of every new process, before anything else.
    """

    def __init__(self, script: Path, opening: Mapping[str, Any]) -> None:
        self._script, self._opening = script, opening
        self._process: _Process | None = None
        self._turn = threading.Lock()
        atexit.register(self.stop)

    def ask(self, question: Mapping[str, Any], *, within: float, go: CheckCancelled) -> None:
        """Have *question* answered, asking *go* all the while; a process that dies is started anew once.

        Whatever *go* raises ends the process, and is raised.

        Raises:
            EngineError: code ``isolated.no-uv``, ``isolated.not-prepared``, ``isolated.crashed``, ``isolated.slow``,
                ``isolated.protocol`` or one of the script's own; WeightsError or InputError for the script's codes
                ``weights.…`` and ``language.…``.
        """
        with self._alone(go):
            try:
                said = self._answered(question, within, go)
            except BaseException:  # nobody waits for it any more, and its answer must not be taken for another one
                self.stop()
                raise
        if "refused" in said:
            raise self._refusal(said)

    def stop(self) -> None:
        """End the process, if there is one, and everything that it started."""
        process, self._process = self._process, None
        if process is None:
            return
        _kill_group(process.popen)
        process.room.close()

    @contextmanager
    def _alone(self, go: CheckCancelled) -> Iterator[None]:
        while not self._turn.acquire(timeout=_POLL_INTERVAL_S):
            go()
        try:
            yield
        finally:
            self._turn.release()

    def _answered(self, question: Mapping[str, Any], within: float, go: CheckCancelled) -> Mapping[str, Any]:
        for _ in range(2):
            try:
                if self._process is None:
                    self._start(go)
                    opened = self._asked({"do": "open", **self._opening}, _OPEN_TIMEOUT_S, go)
                    if "refused" in opened:
                        self.stop()
                        return opened
                return self._asked(question, within, go)
            except _EndedError:
                self.stop()
                _log.warning("the process of %s died", self._script.stem)
        raise EngineError(
            f"{self._script.stem} died twice over the same work (out of memory?); try other words, or another engine",
            code="isolated.crashed",
        )

    def _start(self, go: CheckCancelled) -> None:
        line = build_command(self._script)
        with ExitStack() as stack:
            room = stack.enter_context(private_tempdir())
            complaints = room / "complaints.txt"
            with complaints.open("wb") as file:
                popen = subprocess.Popen(  # noqa: S603 - our own script
                    line,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=file,
                    cwd=room,
                    env=build_environment(room),
                    start_new_session=True,  # so that all of it can be ended
                )
            self._process = _Process(popen, _read_answers(popen), stack.pop_all())
        try:
            said = self._answer(time.monotonic() + _START_TIMEOUT_S, go)
        except _EndedError as error:
            raise self._unprepared(complaints) from error
        if said.get("ready") != _PROTOCOL_VERSION:
            raise self._broken("says nothing of being ready")

    def _asked(self, question: Mapping[str, Any], within: float, go: CheckCancelled) -> Mapping[str, Any]:
        process = self._process
        assert process is not None
        process.asked += 1
        try:
            assert process.popen.stdin is not None
            process.popen.stdin.write(json.dumps({"id": process.asked, **question}).encode() + b"\n")
            process.popen.stdin.flush()
        except OSError as error:
            raise _EndedError from error
        said = self._answer(time.monotonic() + within, go)
        if said.get("id") != process.asked:
            raise self._broken("answers what was not asked")
        return said

    def _answer(self, until: float, go: CheckCancelled) -> Mapping[str, Any]:
        assert self._process is not None
        while True:
            try:
                line = self._process.answers.get(timeout=_POLL_INTERVAL_S)
                break
            except queue.Empty:
                go()
                if time.monotonic() > until:
                    raise EngineError(
                        f"{self._script.stem} gave no answer in time, and was ended; allow it more seconds, or give "
                        "the machine less to do",
                        code="isolated.slow",
                    ) from None
        if line is None:
            raise _EndedError
        try:
            said = json.loads(line)
        except ValueError as error:
            raise self._broken("answers in no JSON") from error
        if not isinstance(said, dict):
            raise self._broken("answers in no JSON object")
        return said

    def _refusal(self, said: Mapping[str, Any]) -> AvatarError:
        code, why = str(said["refused"]), _to_printable(str(said.get("why", "")))
        if not _REASON_CODE.fullmatch(code):
            code = "isolated.failed"
        kind = _ERROR_BY_PREFIX.get(code.partition(".")[0], EngineError)
        return kind(f"{self._script.stem}: {why}", code=code)

    def _unprepared(self, complaints: Path) -> EngineError:
        # Nothing of anyone's words has been sent to it yet, so what it complains of may be shown.
        said = _to_printable(complaints.read_text(errors="replace"))
        return EngineError(
            f"the environment of {self._script.stem} is not here ({said or 'it says nothing'}); "
            f"run once, with a network: uv sync --script {self._script}",
            code="isolated.not-prepared",
        )

    def _broken(self, what: str) -> EngineError:
        return EngineError(
            f"{self._script.stem} {what}; its author must keep to the protocol (isolated_worker.py)",
            code="isolated.protocol",
        )


def _read_answers(popen: "subprocess.Popen[bytes]") -> "queue.SimpleQueue[bytes | None]":
    answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def listen(said: IO[bytes]) -> None:
        while line := said.readline(_MAX_ANSWER_BYTES):
            answers.put(line)
        answers.put(None)
        said.close()

    assert popen.stdout is not None
    threading.Thread(target=listen, args=(popen.stdout,), daemon=True).start()
    return answers


def _kill_group(popen: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):  # it has ended by itself
        os.killpg(popen.pid, signal.SIGKILL)
    popen.wait()
    with suppress(OSError):  # there may be a question in it that nobody reads any more
        if popen.stdin:
            popen.stdin.close()


def _to_printable(text: str) -> str:
    """Return the end of *text* in one line of letters that can be shown."""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())[-_MAX_QUOTE_CHARS:]
