"""Restrict this process to a few files for good (Landlock, Linux 5.13): the kernel then hides the user's others.

Written against the three system calls: the package ``landlock`` is a development release, and this is forty lines that
the red-team cases attack.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_NO_NEW_PRIVILEGES = 38  # linux/prctl.h
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same number on every machine
_VERSION, _PATH_BENEATH = 1, 1  # linux/landlock.h, from here on
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_ALL_V1_RIGHTS = (1 << 13) - 1  # execute, read, write, remove, make: all that its first version knows
_REFER, _TRUNCATE, _IOCTL = 1 << 13, 1 << 14, 1 << 15  # came with versions 2, 3 and 5
_SCOPE_SIGNALS, _SCOPES_MIN_VERSION = 1 << 1, 6  # none to processes that live outside


def restrict_files(readable: Iterable[Path], writable: Path) -> bool:
    """Let this process read below *readable*, read and write below *writable*, and open nothing else, ever again.

    What is open stays open. Returns whether the kernel agreed: it does on Linux from 5.13 on, where it was not left
    out; elsewhere the other limits have to do.
    """
    if sys.platform != "linux":
        return False
    kernel = ctypes.CDLL(None, use_errno=True)
    version = int(kernel.syscall(_CREATE_RULESET, None, 0, _VERSION))
    if version < 1:
        return False
    handled = _ALL_V1_RIGHTS
    for since, right in ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL)):
        handled |= right if version >= since else 0
    # struct landlock_ruleset_attr: files, then (where known) network, which is given up elsewhere, then scopes.
    asked = (
        struct.pack("=QQQ", handled, 0, _SCOPE_SIGNALS)
        if version >= _SCOPES_MIN_VERSION
        else struct.pack("=Q", handled)
    )
    rules = int(kernel.syscall(_CREATE_RULESET, asked, len(asked), 0))
    if rules < 0:
        return False
    try:
        allowed = [*((path, _READ_FILE | _READ_DIR) for path in readable), (writable, handled)]
        given = all(_add_path_rule(kernel, rules, path, rights) for path, rights in allowed)
        return (
            given
            and kernel.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
            and kernel.syscall(_RESTRICT_SELF, rules, 0) == 0
        )
    finally:
        os.close(rules)


def _add_path_rule(kernel: ctypes.CDLL, rules: int, path: Path, rights: int) -> bool:
    """Add that *path*, and what lies below it, may be used with *rights*; what is not there needs no rule."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        file_only = rights if path.is_dir() else rights & ~_READ_DIR
        rule = struct.pack("=Qi", file_only, place)  # struct landlock_path_beneath_attr
        return bool(kernel.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, 0) == 0)
    finally:
        os.close(place)
