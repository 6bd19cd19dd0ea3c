"""The zygote process: imports the heavy modules once, then forks workers on demand.

``python -m avatar.studio.workers.zygote_process FD``, FD being one end of a pair of sockets. Each byte with a file
descriptor asks for one more worker, who talks over that and opens a studio as standard input says. Importing takes
seconds, and a copy milliseconds; and copies share the memory of what was imported.
"""

import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from typing import Any, NoReturn

_WORKER_SHUTDOWN_TIMEOUT_S = 3.0  # seconds that workers are given to end before they are killed
_PR_SET_PDEATHSIG = 1

# What takes long to import and starts no thread, which would be missing in a copy. (onnxruntime starts one.)
_PRELOADED_MODULES = ("cv2", "av", "scipy.ndimage", "numba", "torch", "avatar.app.context")


def main(fd: int) -> NoReturn:
    """Make workers until the other end hangs up, and wait for their end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control, me = socket.socket(fileno=fd), os.getpid()
    _prepare()
    opening: dict[str, Any] = {}
    while True:
        try:
            said, ends, _, _ = socket.recv_fds(control, 1, 1)
        except OSError:
            break
        if not said:
            break
        opening = opening or json.load(sys.stdin)
        assert threading.active_count() == 1, "only a process without threads can be copied"
        if os.fork() == 0:
            control.close()
            _work(socket.socket(fileno=ends[0]), opening, me)
        os.close(ends[0])
        _bury()
    until = time.monotonic() + _WORKER_SHUTDOWN_TIMEOUT_S
    while _bury() and time.monotonic() < until:
        time.sleep(0.02)
    os._exit(0)  # at once: nothing was done here that would need tidying, and tearing libraries down takes seconds


def _prepare() -> None:
    """Import, and open what is large and the same for everybody: copies then share it."""
    gc.disable()  # nothing of this is garbage, and looking for some takes a fifth of the time
    for name in _PRELOADED_MODULES:
        importlib.import_module(name)
    import numpy as np

    from avatar.media.audio.loudness import integrated_loudness
    from avatar.runtime.torchaudio_shim import install_torchaudio_shim
    from avatar.voices.text.g2p import open_g2p

    install_torchaudio_shim()
    importlib.import_module("distillmos")
    open_g2p()
    integrated_loudness([np.zeros(1, np.float32)])  # any compiled loop: at the first, numba reads what all of them need
    gc.freeze()  # or the first sweep of a copy would write to every page of it
    gc.enable()


def _work(end: socket.socket, opening: dict[str, Any], parent: int) -> NoReturn:
    from avatar.studio.workers.channel import StudioFactory
    from avatar.studio.workers.worker import work

    _die_with(parent)
    try:
        work(end, StudioFactory(**opening))
    finally:
        os._exit(1)


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its *parent* ends; elsewhere than on Linux the line must do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _bury() -> bool:
    """Take note of workers that have ended, so that their cost is counted; return whether there are others."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
        return True
    return False


if __name__ == "__main__":
    main(int(sys.argv[1]))
