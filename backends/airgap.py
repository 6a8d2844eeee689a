"""The air gap of a process: sockets that would leave the machine are refused, and hubs are told to stay offline."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Mapping
from typing import Final

OFFLINE: Final[Mapping[str, str]] = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "DO_NOT_TRACK": "1",
    "WANDB_MODE": "disabled",
    "WANDB_DISABLED": "true",
    "OTEL_SDK_DISABLED": "true",
    "TOKENIZERS_PARALLELISM": "false",
}
"""Settings that the libraries read when they are imported, so they are made before."""

_sealed = False


class AirGapError(PermissionError):
    """Something tried to reach beyond this machine."""


def seal() -> None:
    """Close the air gap for this process, for good; calling it again is fine.

    Refuses, at the level of Python's audit events, to connect, send, bind or resolve anything but loopback addresses
    and local (AF_UNIX) sockets. C code that opens sockets itself is not seen here: that is for
    `backends.process.confinement`.
    """
    global _sealed  # noqa: PLW0603 - an audit hook is as global, and cannot be taken back
    os.environ.update(OFFLINE)
    if not _sealed:
        sys.addaudithook(_audit)
        _sealed = True


def state() -> dict[str, str | int | bool]:
    """For the environment record: whether sockets are refused and hubs told to stay offline."""
    return {"air_gap_sockets": _sealed, "air_gap_offline": all(os.environ.get(k) == v for k, v in OFFLINE.items())}


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    match event:
        case "socket.connect" | "socket.bind" | "socket.sendto" | "socket.sendmsg":
            address = arguments[1]
            if isinstance(address, tuple) and not _is_loopback(address[0]):
                _refuse(event, address[0])
        case "socket.getaddrinfo" | "socket.gethostbyname" | "socket.gethostbyaddr":
            if not _is_loopback(arguments[0]):
                _refuse(event, arguments[0])
        case "socket.getnameinfo":
            address = arguments[0]
            if isinstance(address, tuple) and not _is_loopback(address[0]):
                _refuse(event, address[0])


def _is_loopback(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host == "localhost":  # None resolves to the loopback address unless it is to be bound
        return True
    if not isinstance(host, str):
        return True  # families without hosts: netlink, packet, vsock carry numbers
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse(event: str, host: object) -> None:
    raise AirGapError(f"the air gap refused {event} to {host!r}: only this machine itself can be reached")
