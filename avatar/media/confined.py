"""A process of its own for bytes from strangers: little memory, little time, no environment, no second chance."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

from avatar.errors import InputError

_MEMORY = 4 << 30  # bytes of address space
_LARGEST = 8 << 30  # bytes of any file written
_CPU_SECONDS = 120
_WALL_SECONDS = 300
_REFUSED = 3  # the exit status of a child that says why


def confined(kind: str, path: Path, to: Path) -> None:
    """Take the file at *path* in as a *kind* and write what is kept at *to*.

    Kinds: ``portrait``, ``sound``, ``footage``, and of recordings what is ``heard`` and ``seen``.

    Raises:
        InputError: what the check found, ``media.crashed`` or ``media.too-slow``.
    """
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-s", "-P", "-m", "avatar.media.confined", kind, str(path.resolve()), str(to.resolve())]
    # Nothing of ours goes along: no credentials, no proxies. One thread each, or reserved stacks eat the address space.
    environment = {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}
    try:
        child = subprocess.run(  # noqa: S603  # our own interpreter and module; names come as arguments, not a shell
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"{path.name} takes too long to read; convert it again", code="media.too-slow") from error
    if child.returncode == _REFUSED:
        said = json.loads(child.stdout)
        raise InputError(said["sentence"].replace(str(path.resolve()), path.name), code=said["code"])
    if child.returncode != 0 or not to.is_file():
        raise InputError(f"{path.name} breaks its reader; convert it again", code="media.crashed")


def _main(kind: str, path: Path, to: Path) -> int:
    _limit()
    from avatar.media import recorded, strangers

    takes = {
        "portrait": strangers.portrait,
        "sound": strangers.sound,
        "footage": strangers.footage,
        "heard": recorded.heard,
        "seen": recorded.seen,
    }
    try:
        takes[kind](path, to)
    except InputError as error:
        sys.stdout.write(json.dumps({"sentence": str(error), "code": error.code}))
        return _REFUSED
    except MemoryError:
        sentence = f"{path.name} needs too much memory; bring a smaller one"
        sys.stdout.write(json.dumps({"sentence": sentence, "code": "media.too-large"}))
        return _REFUSED
    return 0


def _limit() -> None:
    for what, most in {
        resource.RLIMIT_AS: _MEMORY,
        resource.RLIMIT_CPU: _CPU_SECONDS,
        resource.RLIMIT_FSIZE: _LARGEST,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CORE: 0,
    }.items():
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))
    os.umask(0o077)


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
