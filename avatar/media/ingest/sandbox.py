"""The sandbox process for untrusted files: little memory and time, no environment, no network, no other files."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import avatar
from avatar.errors import InputError
from avatar.media.ingest.landlock import restrict_files
from avatar.media.ingest.seccomp import block_network_and_exec
from avatar.media.text import to_printable

_MAX_DATA_BYTES = 960 << 20  # bytes of its own; code and files that are mapped come on top
_MAX_ADDRESS_BYTES = 4 << 30  # bytes of address space
_MAX_FILE_BYTES = 8 << 30  # bytes of any file written
# Who sends little may cost little: a bomb is a small file. A megabyte of real footage takes far less than a second.
_MIN_CPU_S, _BYTES_PER_CPU_S = 20, 1 << 20
_WALL_TIME_FACTOR = 5  # times that, on a machine that is busy with other things
_PACKAGE = Path(avatar.__file__).resolve().parent
# What a reader may still have to load: its interpreter, libraries, and what those ask of the system.
_READABLE_PATHS = tuple(
    Path(each)
    for each in (
        _PACKAGE,
        sys.prefix,
        sys.base_prefix,
        "/usr",
        "/lib",
        "/lib64",
        "/etc/ld.so.cache",
        "/etc/localtime",
        "/sys/devices/system/cpu",
        "/proc/self",
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/dev/null",
        "/dev/urandom",
    )
)
_REFUSED_STATUS = 3  # the exit status of a child that says why


def run_sandboxed(kind: str, path: Path, to: Path) -> None:
    """Take the file at *path* in as a *kind* and write what is kept at *to*.

    Kinds: ``portrait``, ``sound``, ``footage``, and of recordings what is ``heard`` and ``seen``.

    Raises:
        InputError: what the check found, ``media.crashed`` or ``media.too-slow``.
    """
    seconds = _MIN_CPU_S + path.stat().st_size // _BYTES_PER_CPU_S
    command = [sys.executable, "-s", "-P", "-m", "avatar.media.ingest.sandbox"]
    command += [kind, str(path.resolve()), str(to.resolve()), str(seconds)]
    # Nothing of ours goes along: no credentials, no proxies. One thread each, or reserved stacks eat the address space.
    environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}
    environment["PYTHONPATH"] = str(_PACKAGE.parent)
    try:
        child = subprocess.run(  # noqa: S603  # our own interpreter and module; names come as arguments, not a shell
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_WALL_TIME_FACTOR * seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _too_slow_error(path) from error
    if child.returncode == -signal.SIGXCPU:
        raise _too_slow_error(path)
    if child.returncode == _REFUSED_STATUS:
        raise _refusal(child.stdout, path)
    if child.returncode != 0 or not to.is_file():
        raise _crash_error(path)


def display_name(path: Path) -> str:
    """Return the name of *path* as it can be shown: a stranger chose it."""
    return to_printable(path.name)


def _refusal(said: bytes, path: Path) -> InputError:
    try:
        why = json.loads(said)
        return InputError(str(why["sentence"]).replace(path.resolve().name, display_name(path)), code=str(why["code"]))
    except (ValueError, LookupError, TypeError):  # a decoder that wrote where the answer belongs
        return _crash_error(path)


def _too_slow_error(path: Path) -> InputError:
    return InputError(f"{display_name(path)} takes too long to read; convert it again", code="media.too-slow")


def _crash_error(path: Path) -> InputError:
    return InputError(f"{display_name(path)} breaks its reader; convert it again", code="media.crashed")


def _main(kind: str, path: Path, to: Path, seconds: int) -> int:
    _set_limits(seconds)
    from avatar.media.ingest import sanitize, transcode

    restrict_files((*_READABLE_PATHS, path), to.parent)
    block_network_and_exec()
    takes = {
        "portrait": sanitize.sanitize_portrait,
        "sound": sanitize.sanitize_audio,
        "footage": sanitize.sanitize_footage,
        "heard": transcode.transcode_audio,
        "seen": transcode.transcode_video,
    }
    try:
        takes[kind](path, to)
    except InputError as error:
        sys.stdout.write(json.dumps({"sentence": str(error), "code": error.code}))
        return _REFUSED_STATUS
    except MemoryError:
        sentence = f"{path.name} needs too much memory; bring a smaller one"
        sys.stdout.write(json.dumps({"sentence": sentence, "code": "media.too-large"}))
        return _REFUSED_STATUS
    return 0


def _set_limits(seconds: int) -> None:
    for what, most, more in (
        (resource.RLIMIT_DATA, _MAX_DATA_BYTES, 0),
        (resource.RLIMIT_AS, _MAX_ADDRESS_BYTES, 0),
        (resource.RLIMIT_CPU, seconds, 1),  # a second between the signal that says why, and the one that only kills
        (resource.RLIMIT_FSIZE, _MAX_FILE_BYTES, 0),
        (resource.RLIMIT_NOFILE, 64, 0),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        hard = resource.getrlimit(what)[1]
        limits = (most, most + more) if hard == resource.RLIM_INFINITY else (min(most, hard), min(most + more, hard))
        resource.setrlimit(what, limits)
    os.umask(0o077)


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])))
