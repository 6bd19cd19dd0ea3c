"""Give up network and new programs for good (seccomp BPF): the kernel then says no, whatever a decoder is talked into.

Written as a classic BPF program: ``pyseccomp`` needs the system library libseccomp, which a wheel cannot bring.
"""

import ctypes
import os
import struct
import sys

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2  # linux/prctl.h, linux/seccomp.h
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # classic BPF: ld [k], jeq, jge, ret
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050001  # SECCOMP_RET_ALLOW; SECCOMP_RET_ERRNO with EPERM
_NUMBER, _MACHINE = 0, 4  # where struct seccomp_data has them
_X32 = 0x40000000  # the second set of system calls on x86-64 begins here

# uname's machine -> AUDIT_ARCH, then: socket, socketpair, execve, execveat, ptrace, process_vm_writev, io_uring_setup.
_CALLS = {
    "x86_64": (0xC000003E, (41, 53, 59, 322, 101, 311, 425)),
    "aarch64": (0xC00000B7, (198, 199, 221, 281, 117, 271, 425)),
}


def block_network_and_exec() -> bool:
    """Make this process unable to open a socket or start a program; return whether the kernel agreed.

    Linux on x86-64 and ARM64 can; elsewhere the limits and the decoders' own options have to do.
    """
    machine = os.uname().machine
    if sys.platform != "linux" or machine not in _CALLS:
        return False
    program = _bpf_program(*_CALLS[machine])
    # struct sock_fprog: a length, and where the instructions are.
    filters = ctypes.create_string_buffer(program, len(program))
    given = struct.pack("HP", len(program) // 8, ctypes.addressof(filters))
    call = ctypes.CDLL(None, use_errno=True).prctl
    return bool(call(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0 and call(_SET_SECCOMP, _FILTER, given, 0, 0) == 0)


def _bpf_program(arch: int, calls: tuple[int, ...]) -> bytes:
    """Return the filter: *calls*, and every call of another machine, are refused; all others go through."""
    last = len(calls) + 5  # the index of the instruction that refuses; the one before it allows
    steps = [(_LOAD, 0, 0, _MACHINE), (_EQUAL, 0, last - 2, arch), (_LOAD, 0, 0, _NUMBER)]
    steps += [(_EQUAL, last - at - 1, 0, number) for at, number in enumerate(calls, start=3)]
    steps += [(_AT_LEAST, 1, 0, _X32), (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)
