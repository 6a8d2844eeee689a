"""System calls an engine process gives up for good, by seccomp(2): those that reach a network or another process.

A filter of a few dozen instructions, written out here because it needs no library: where a container forbids network
namespaces, this is what keeps an engine off the network.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from collections.abc import Mapping
from typing import Final

_NAMES: Final = (
    "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd",
    "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "add_key", "request_key", "keyctl",
)  # fmt: skip
"""Refused whatever their arguments. io_uring opens sockets of its own, past any filter."""
_NUMBERS: Final[Mapping[str, tuple[int, int, tuple[int, ...]]]] = {
    "x86_64": (0xC000003E, 41, (101, 310, 311, 438, 321, 298, 323, 425, 248, 249, 250)),
    "aarch64": (0xC00000B7, 198, (117, 270, 271, 438, 280, 241, 282, 425, 217, 218, 219)),
}
"""Machine → its AUDIT_ARCH, its number of socket(2), and those of the calls above."""

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_JMP|JGE|K, BPF_RET|K
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data, little-endian
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
_FOREIGN_ABI: Final = 0x40000000  # x32 calls on x86-64 carry this bit
_AF_UNIX: Final = 1
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER_MODE = 38, 22, 2


def give_up() -> bool:
    """Install the filter in this process, which has one thread. False where the system has no such thing."""
    if sys.platform != "linux" or platform.machine() not in _NUMBERS or struct.calcsize("P") != 8:
        return False
    program = _program(*_NUMBERS[platform.machine()])
    kept = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(kept))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(library.prctl(_PR_SET_SECCOMP, _FILTER_MODE, header, 0, 0) == 0)


def _program(arch: int, socket: int, refused: tuple[int, ...]) -> bytes:
    """The filter: calls of another architecture kill; those listed are refused, and any socket but a local one."""
    count = len(refused)
    lines = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, count + 3, 0, _FOREIGN_ABI),
        *((_EQUAL, count - i + 2, 0, number) for i, number in enumerate(refused)),
        (_EQUAL, 0, 3, socket),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_EQUAL, 1, 0, _AF_UNIX),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *line) for line in lines)
