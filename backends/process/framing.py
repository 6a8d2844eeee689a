"""The wire between a session and its engine process: JSON headers over a socket, arrays through shared memory.

Nothing is ever unpickled. A frame is four bytes of length (little-endian), then that much JSON; arrays it carries lie
in the sender's arena, float32 and C-ordered, at the offsets and in the shapes the header lists. One frame with arrays
is in flight in a direction at a time, so an arena is written from its start again for each.
"""

from __future__ import annotations

import json
import mmap
import os
import socket
import struct
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from backends.model import FloatArray

FRAME_LIMIT: Final = 256 * 2**20
"""Bytes of JSON in one frame."""
_SHARE: Final = 2
"""Of all memory, the part that the arrays of one frame may take: one in so many."""
_KEPT: Final = 64 * 2**20
"""Bytes of an arena that stay allocated between frames."""
_ALIGN: Final = 64


class BrokenWireError(ConnectionError):
    """The other side is gone, or what it sends is not a frame."""

    def __init__(self, how: str, *, gone: bool = False) -> None:
        self.gone = gone
        super().__init__(how)


class OversizeError(ValueError):
    """More was to be sent than a frame can hold; nothing was."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A message and the arrays that came with it."""

    header: Mapping[str, Any]
    arrays: tuple[FloatArray, ...] = ()


class Arena:
    """A piece of memory both processes map; whoever sends grows it, and nobody can shrink it under a reader."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._map: mmap.mmap | None = None

    @classmethod
    def create(cls) -> Arena:
        """A new one, sealed against shrinking where the system can: else a reader could be killed by a bus error."""
        if sys.platform != "linux":
            with tempfile.TemporaryFile() as file:
                return cls(os.dup(file.fileno()))
        import fcntl

        descriptor = os.memfd_create("arena", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
        return cls(descriptor)

    def write(self, arrays: Sequence[FloatArray]) -> list[dict[str, Any]]:
        """Lay arrays down from the start and describe where they are."""
        offset, starts = 0, []
        for array in arrays:
            starts.append(offset)
            offset += -(-array.size * 4 // _ALIGN) * _ALIGN
        memory = self._mapped(offset)
        for array, start in zip(arrays, starts, strict=True):
            if array.size:
                view = np.frombuffer(memory, dtype="<f4", count=array.size, offset=start)
                np.copyto(view.reshape(array.shape), array, casting="same_kind")
        return [{"offset": start, "shape": list(array.shape)} for array, start in zip(arrays, starts, strict=True)]

    def read(self, described: Sequence[Mapping[str, Any]]) -> tuple[FloatArray, ...]:
        """Copies of the arrays a header describes. ValueError if they do not lie in the arena."""
        arrays: list[FloatArray] = []
        size = os.fstat(self.descriptor).st_size
        room = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // _SHARE
        for entry in described:
            shape = tuple(_natural(n) for n in entry["shape"])
            offset, count = _natural(entry["offset"]), 1
            for n in shape:
                count *= n
            if offset % _ALIGN or offset + count * 4 > size:
                raise ValueError("an array lies outside the arena")
            room -= count * 4  # a sparse arena costs its writer nothing, but a copy of it is real
            if room < 0:
                raise ValueError("the arrays are larger than this machine can hold")
            if count == 0:
                arrays.append(np.empty(shape, np.float32))
            else:
                memory = self._mapped(offset + count * 4)
                flat = np.frombuffer(memory, dtype="<f4", count=count, offset=offset)
                arrays.append(flat.reshape(shape).copy())
        return tuple(arrays)

    def release(self) -> None:
        """Give most of the memory of a large frame back to the system."""
        if self._map is not None and len(self._map) > _KEPT and hasattr(mmap, "MADV_REMOVE"):
            self._map.madvise(mmap.MADV_REMOVE, _KEPT, len(self._map) - _KEPT)

    def close(self) -> None:
        self._map = None  # unmapped with the last array that looks at it
        os.close(self.descriptor)

    def _mapped(self, size: int) -> mmap.mmap | bytes:
        if size == 0:
            return b""
        try:
            if os.fstat(self.descriptor).st_size < size:
                page = mmap.PAGESIZE
                os.ftruncate(self.descriptor, -(-size // page) * page)
            if self._map is None or len(self._map) < size:
                self._map = mmap.mmap(self.descriptor, size)
        except OSError as error:
            raise MemoryError(f"no room for {size} bytes of arrays ({error.strerror})") from error
        return self._map


class Wire:
    """One end of the connection: frames out through `outgoing`, frames in through `incoming`.

    `patience`: seconds after which a frame that nobody takes counts as a broken wire. Only for an end where one thread
    both sends and receives, as a socket has one timeout for both.
    """

    def __init__(
        self, connection: socket.socket, outgoing: Arena, incoming: Arena, *, patience: float | None = None
    ) -> None:
        self.connection, self.outgoing, self.incoming = connection, outgoing, incoming
        self._patience = patience
        self._sending = threading.Lock()  # heartbeats and answers come from different threads
        self._buffer = bytearray()

    def send(self, header: Mapping[str, Any], arrays: Sequence[FloatArray] = ()) -> None:
        """Send one frame. BrokenWireError if nobody is there; whatever else is raised, nothing was sent."""
        with self._sending:
            described = self.outgoing.write(arrays) if arrays else []
            body = json.dumps({**header, "arrays": described}).encode()
            if len(body) > FRAME_LIMIT:
                raise OversizeError(f"a frame of {len(body)} bytes")
            try:
                if self._patience is not None:
                    self.connection.settimeout(self._patience)
                self.connection.sendall(struct.pack("<I", len(body)) + body)
            except TimeoutError as error:
                raise BrokenWireError("it takes nothing more") from error
            except OSError as error:
                raise BrokenWireError("it is gone", gone=True) from error

    def receive(self, timeout: float | None = None) -> Frame | None:
        """The next frame; None if none is complete after `timeout` seconds."""
        while (body := self._complete()) is None:
            self.connection.settimeout(timeout)
            try:
                data = self.connection.recv(1 << 16)
            except TimeoutError:
                return None
            except OSError as error:
                raise BrokenWireError("the connection broke", gone=True) from error
            finally:
                self.connection.settimeout(None)
            if not data:
                raise BrokenWireError("it closed the connection", gone=True)
            self._buffer += data
        try:
            header = json.loads(body)
            arrays = self.incoming.read(header["arrays"])
        except (ValueError, TypeError, KeyError, RecursionError, AttributeError) as error:
            raise BrokenWireError(f"it sent a malformed frame: {error}") from error
        except MemoryError as error:
            raise BrokenWireError("there is no memory for the arrays that were sent") from error
        return Frame(header, arrays)

    def close(self) -> None:
        self.connection.close()
        self.outgoing.close()
        self.incoming.close()

    def _complete(self) -> bytes | None:
        if len(self._buffer) < 4:
            return None
        (length,) = struct.unpack_from("<I", self._buffer)
        if length > FRAME_LIMIT:
            raise BrokenWireError("it sent a frame larger than any can be")
        if len(self._buffer) < 4 + length:
            return None
        body = bytes(self._buffer[4 : 4 + length])
        del self._buffer[: 4 + length]
        return body


def _natural(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**40:
        raise ValueError("a size is not a natural number")
    return value
