"""What an engine process gives up before it touches evidence: the network, other files, memory without bound.

Linux only, by system calls (unshare(2), landlock(7), seccomp(2), setrlimit(2)); elsewhere, or where the kernel says no,
a measure is reported as `none` and the process goes on: the report is part of the environment record.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from backends.process import seccomp

_FIRST_TO_GO: Final = 900
"""Of 1000: how much sooner than others a process is killed when the whole machine runs out of memory."""
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_PR_SET_NO_NEW_PRIVS: Final = 38
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446

# Access rights of landlock(7), by bit.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_READING = _EXECUTE | _READ_FILE | _READ_DIR
_FILE_ONLY = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_NET = 0b11  # bind and connect TCP
_SCOPES = 0b11  # abstract sockets and signals

_SYSTEM = (
    "/usr", "/lib", "/lib32", "/lib64", "/opt", "/bin", "/proc", "/sys", "/dev/zero", "/dev/random", "/dev/urandom",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/passwd", "/etc/group",
    "/etc/nsswitch.conf", "/etc/nvidia", "/etc/OpenCL", "/etc/vulkan", "/etc/alternatives", "/nix/store",
)  # fmt: skip
"""What an interpreter and its libraries read."""


def confine(
    *, readable: Iterable[Path], writable: Iterable[Path], memory_limit: int | None, device: bool
) -> dict[str, str | int]:
    """Give up what can be given up, for good; the first thing a process does, while it has one thread.

    `readable`, `writable`: folders beyond the interpreter's own. `memory_limit`: bytes of private memory. `device`: an
    accelerator is wanted, so what stands in /dev stays open, to ioctl and writing too. Returns the measures in force.
    """
    _offer_itself()
    network = _drop_network()
    files, tcp = _landlock([*map(Path, _SYSTEM), *_interpreter(), *readable], list(writable), device=device)
    calls = seccomp.give_up()
    if network == "none" and (calls or tcp):
        network = "seccomp" if calls else "landlock-tcp"
    return {
        "confined_network": network,
        "confined_files": files,
        "confined_calls": "seccomp" if calls else "none",
        "memory_limit": _limit_memory(memory_limit),
    }


def _offer_itself() -> None:
    """When memory runs out on the whole machine, the kernel is to end the engine and not the session."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_FIRST_TO_GO))


def _interpreter() -> list[Path]:
    here = Path(__file__).resolve().parents[1]
    return [
        here,
        Path(sys.prefix),
        Path(sys.base_prefix),
        *(Path(entry) for entry in sys.path if "site-packages" in entry),
    ]


def _library() -> ctypes.CDLL | None:
    return ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _drop_network() -> str:
    """An empty network namespace; with a user namespace an ordinary user may make one, and root loses its powers."""
    library = _library()
    if library is None:
        return "none"
    user, group = os.getuid(), os.getgid()
    if library.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
        for name, text in (("uid_map", f"{user} {user} 1"), ("setgroups", "deny"), ("gid_map", f"{group} {group} 1")):
            try:
                Path(f"/proc/self/{name}").write_text(text)
            except OSError:
                break  # the process is then nobody; it may still read what it could
        return "namespace"
    return "namespace" if library.unshare(_CLONE_NEWNET) == 0 else "none"


def _limit_memory(limit: int | None) -> int:
    """RLIMIT_DATA counts private memory but not mapped weights. 0: no limit in force."""
    if limit is None or sys.platform != "linux":
        return 0
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    return limit


def _landlock(readable: list[Path], writable: list[Path], *, device: bool) -> tuple[str, bool]:
    """Restrict file access to these trees; says which version of Landlock did, and whether it denies TCP too."""
    library = _library()
    version = -1 if library is None else library.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    if library is None or version < 1:
        return "none", False
    handled = (1 << (13 if version < 2 else 14 if version < 3 else 15 if version < 5 else 16)) - 1
    attributes = [handled] + [_NET] * (version >= 4) + [_SCOPES] * (version >= 6)
    packed = struct.pack(f"={len(attributes)}Q", *attributes)
    ruleset = library.syscall(_LANDLOCK_CREATE, packed, ctypes.c_size_t(len(packed)), 0)
    if ruleset < 0:
        return "none", False
    try:
        writing = handled & ~_IOCTL_DEV
        for paths, access in ((readable, _READING), (writable, writing)):
            for path in paths:
                _allow(library, ruleset, path, access & handled)
        if device:
            for path in _devices():
                _allow(library, ruleset, path, (_READING | _WRITE_FILE | _IOCTL_DEV) & handled)
            _allow(library, ruleset, Path("/proc"), (_READING | _WRITE_FILE) & handled)  # drivers name their threads
        _allow(library, ruleset, Path("/dev/null"), (_READ_FILE | _WRITE_FILE) & handled)
        library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if library.syscall(_LANDLOCK_RESTRICT, ruleset, 0) != 0:
            return "none", False
    finally:
        os.close(ruleset)
    return f"landlock-{version}", version >= 4


def _devices() -> list[Path]:
    """What stands for hardware in /dev, without the places where other programs keep what they share."""
    return [path for path in Path("/dev").iterdir() if path.name not in ("shm", "mqueue", "pts")]


def _allow(library: ctypes.CDLL, ruleset: int, path: Path, access: int) -> None:
    """Add a tree, or one file, to what stays allowed. A path that does not exist needs no rule."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not path.is_dir():
            access &= _FILE_ONLY
        library.syscall(_LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", access, descriptor), 0)
    finally:
        os.close(descriptor)
