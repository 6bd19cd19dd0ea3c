"""One worker process: performs requests one after the other until its channel closes."""

import ctypes
import os
import queue
import signal
import socket
import threading
import traceback
from contextlib import suppress
from typing import NoReturn

from avatar.errors import AvatarError
from avatar.studio.studio import Studio
from avatar.studio.workers.channel import MessageChannel, StudioFactory
from avatar.studio.workers.protocol import Halt, WorkDone, WorkFailed, WorkRequest


def work(end: socket.socket, opening: StudioFactory) -> NoReturn:
    """Perform what is asked at the other side of *end*, in the studio of *opening*, up to a failure.

    When the other side hangs up, or its process ends in whatever way, so does this one, at once.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us is told as well, and decides what becomes of us
    link, halted = MessageChannel(end), threading.Event()
    asked: queue.SimpleQueue[WorkRequest] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(link, asked, halted), daemon=True, name="listening").start()
    studio: Studio | None = None
    answer: WorkDone | WorkFailed
    while True:
        wanted = asked.get()
        try:
            studio = studio or opening.open(link.say, halted.is_set)
            answer = WorkDone(studio.perform(wanted.request, wanted.choice, wanted.brief).digest)
        except Exception as error:
            answer = WorkFailed(_portable(error))
        with suppress(OSError):
            link.say(answer)
        if isinstance(answer, WorkFailed):
            # At once: work that was refused may still be deep in a library, and tearing that down would crash.
            os._exit(0)
        _give_back()


def _give_back() -> None:
    """Return to the system what was freed in between: glibc keeps it, and lines of other lengths need other pieces."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)


def _listen(link: MessageChannel, asked: "queue.SimpleQueue[WorkRequest]", halted: threading.Event) -> None:
    while True:
        try:
            said = link.hear()
        except EOFError:
            os._exit(0)
        if isinstance(said, Halt):
            halted.set()
        elif isinstance(said, WorkRequest):
            asked.put(said)


def _portable(error: Exception) -> Exception:
    """Return *error* as it can be told to another process; of one that nobody expected, all there is to know."""
    return error if isinstance(error, AvatarError) else RuntimeError("".join(traceback.format_exception(error)))
