"""Start and control the zygote, the pre-imported process that workers are forked from."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any

_SHUTDOWN_TIMEOUT_S = 5.0  # seconds that the processes are given to end when nobody talks to them any more

# One thread each, of the libraries and of the allocator. And what is large goes back to the system when it is given
# back, so that a worker that has made a thousand lines is no larger than one that has made ten; left alone, glibc
# raises that mark as it goes. (At a quarter of a megabyte every picture would be mapped anew, for a third more in all.)
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(4 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
}


class Zygote:
    """A process that has imported what workers need, or is at it; it ends with this context, and copies after it."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", "avatar.studio.workers.zygote_process", str(theirs.fileno())],
                stdin=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                env={**os.environ, **_ENVIRONMENT, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        self._copied = False

    def __enter__(self) -> "Zygote":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def copy(self, opening: Mapping[str, Any]) -> socket.socket:
        """Return the line to a new worker, who opens a studio by *opening*: the same for all of them.

        Raises:
            OSError: the process has ended.
        """
        if not self._copied:
            assert self.process.stdin is not None
            with self.process.stdin:
                self.process.stdin.write(json.dumps(dict(opening)).encode())
        mine, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [b"+"], [theirs.fileno()])
            except OSError:
                mine.close()
                raise
        self._copied = True
        return mine

    def end(self) -> None:
        """End it, and wait until it has ended."""
        self._control.close()
        if not self._copied:
            self.process.kill()  # it may still be importing what nobody needs any more
        try:
            self.process.wait(_SHUTDOWN_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
