"""The engine process: opens one model and serves its calls over the wire until the other side goes away."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import queue
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NoReturn

from backends import airgap
from backends.model_files import ModelFiles
from backends.process import confinement
from backends.settings import EngineSettings

BEAT: Final = 0.5
"""Seconds between signs of life."""
_F_SETSIG: Final = 10
"""Of fcntl(2); Python has no name for it."""
_FLUSH: Final = 0.02
"""Seconds for which new tokens may wait for company."""


def main() -> None:
    """Started with one argument, in JSON: which model to serve, how, and over what."""
    told = json.loads(sys.argv[1])
    files, settings = ModelFiles.from_json(told["files"]), EngineSettings(**told["settings"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the session to handle
    _die_with_the_session(told["lifeline"])
    airgap.seal()
    measures = confinement.confine(
        readable=[files.weights, files.tokenizer],
        writable=[Path(p) for p in told["writable"]],
        memory_limit=settings.memory_limit,
        device=settings.device != "cpu",
    )
    if settings.memory_limit and not measures["memory_limit"]:
        sys.exit("a memory limit was asked for, which cannot be set on this system")
    from backends.process.framing import Arena, Wire  # numpy, and its threads, only after confinement

    wire = Wire(socket.socket(fileno=told["socket"]), Arena(told["outgoing"]), Arena(told["incoming"]))
    _Server(wire, files, settings, measures).serve()


def _die_with_the_session(lifeline: int) -> None:
    """Have the kernel kill this process when the other end of a pipe closes: a thread that is stuck in C, or a process
    that is stopped, would not see the session go. Elsewhere than on Linux the closed socket has to do."""
    if sys.platform == "linux":
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(lifeline, _F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
        try:
            os.read(lifeline, 1)
        except BlockingIOError:
            return
        os._exit(0)  # it was gone already


class _Server:
    def __init__(
        self, wire: Any, files: ModelFiles, settings: EngineSettings, measures: Mapping[str, str | int]
    ) -> None:
        self._wire, self._files, self._settings, self._measures = wire, files, settings, measures
        self._model: Any = None
        self._calls: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._cancelled: dict[int, threading.Event] = {}
        self._steps = 0
        """Tokens drawn so far: told with each sign of life, so that the session sees a long call get further."""

    def serve(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._beat, daemon=True).start()
        while True:
            frame = self._calls.get()
            self._answer(frame.header, frame.arrays)

    def _listen(self) -> None:
        """Hear calls and cancellations while a call runs; when the session is gone there is nothing left to do."""
        try:
            while True:
                frame = self._wire.receive()
                self._wire.incoming.release()
                if "cancel" in frame.header:
                    self._event(frame.header["cancel"]).set()
                else:
                    self._calls.put(frame)
        except ConnectionError as error:
            self._leave(error)

    def _beat(self) -> None:
        try:
            while True:
                with contextlib.suppress(MemoryError):  # the next one may find some
                    self._wire.send({"beat": self._steps})
                time.sleep(BEAT)
        except ConnectionError as error:
            self._leave(error)

    @staticmethod
    def _leave(error: ConnectionError) -> NoReturn:
        """End at once; what is wrong with the wire, if it is not just gone, are the last words."""
        if getattr(error, "gone", True):
            os._exit(0)
        print(error, flush=True)
        os._exit(3)

    def _event(self, number: int) -> threading.Event:
        return self._cancelled.setdefault(number, threading.Event())

    def _answer(self, header: Mapping[str, Any], arrays: Sequence[Any]) -> None:
        from backends.model import ModelRefusal

        number = header["number"]
        try:
            value, found = self._call(number, header["call"], arrays)
            self._wire.send({"answer": number, "value": value}, found)
        except ModelRefusal as refusal:
            parts = {"code": refusal.code, "what": refusal.what, "why": refusal.why, "try_this": refusal.try_this}
            self._wire.send({"refusal": number, **parts})
        except ConnectionError as error:
            self._leave(error)
        except BaseException as error:
            words = ("allocate memory", "out of memory", "bad_alloc")
            memory = isinstance(error, MemoryError) or any(word in str(error) for word in words)
            text = f"{type(error).__name__}: {error}".removesuffix(": ")
            self._wire.send(
                {"failure": number, "memory": memory, "error": text, "trace": traceback.format_exc()[-20_000:]}
            )
        finally:
            for known in list(self._cancelled):  # also those of calls that had ended when their cancellation came
                if known <= number:
                    del self._cancelled[known]

    def _call(self, number: int, asked: Mapping[str, Any], arrays: Sequence[Any]) -> tuple[Any, Sequence[Any]]:
        """A JSON value and arrays for one call."""
        match asked:
            case {"readout": _}:
                return None, (self._model.readout(arrays[0]),)
            case {"weights": name}:
                return None, (self._model.weights(name),)
            case {"forward": arguments}:
                return self._forward(arguments, arrays)
            case {"continuations": arguments} | {"scores": arguments}:
                return None, self._forced(arguments, arrays)
            case {"generate": arguments}:
                return self._generate(number, arguments, arrays), ()
        return self._words(asked), ()

    def _words(self, asked: Mapping[str, Any]) -> Any:
        """Calls without arrays either way."""
        match asked:
            case {"load": _}:
                return self._open()
            case {"encode": arguments}:
                return self._model.encode(arguments["text"], special=arguments["special"])
            case {"decode": ids}:
                return self._model.decode(ids)
            case {"pieces": ids}:
                return self._model.pieces(ids)
            case {"render": turns}:
                return self._render(turns)
        raise LookupError(str(asked))

    def _open(self) -> dict[str, Any]:
        from backends import engine

        self._model = engine.load(self._files, self._settings)
        return {
            "card": asdict(self._model.card),
            "capabilities": sorted(self._model.capabilities),
            "environment": {**self._model.environment, "isolated": True, **self._measures},
        }

    def _render(self, turns: Sequence[Sequence[Any]]) -> list[int]:
        from backends.model import Message
        from backends.process.allowance import allowance

        with allowance():
            ids: list[int] = self._model.render([Message(role, content) for role, content in turns])
        return ids

    def _forward(self, arguments: Mapping[str, Any], arrays: Sequence[Any]) -> tuple[Any, Sequence[Any]]:
        result = self._model.forward(
            arguments["ids"],
            capture=arguments["capture"],
            edits=_edits(arguments["edits"], arrays),
            rows=arguments["rows"],
        )
        sites = list(result.captured)
        return {"sites": sites}, [result.logits, *(result.captured[site] for site in sites)]

    def _forced(self, arguments: Mapping[str, Any], arrays: Sequence[Any]) -> Sequence[Any]:
        """Logits of each continuation, or, where a number of alternatives is named, the scores of all in a row."""
        from backends.distribution import joined

        asked, edits = (arguments["ids"], arguments["continuations"]), _edits(arguments["edits"], arrays)
        if "top" not in arguments:
            logits: Sequence[Any] = self._model.continuations(*asked, edits=edits)
            return logits
        scores = self._model.scores(*asked, edits=edits, top=arguments["top"])
        every = [joined(scores)] if scores else []
        return [part for one in every for part in vars(one).values()]

    def _generate(self, number: int, arguments: Mapping[str, Any], arrays: Sequence[Any]) -> Any:
        from backends.sampling import Sampling

        courier = _Courier(lambda tokens: self._wire.send({"tokens": tokens, "of": number}))

        def drawn(sample: int, tokens: Sequence[int], text: str) -> None:
            self._steps += len(tokens)
            if arguments["stream"]:
                courier(sample, tokens, text)

        samples = self._model.generate(
            arguments["ids"],
            Sampling(**arguments["sampling"]),
            n=arguments["n"],
            edits=_edits(arguments["edits"], arrays),
            on_tokens=drawn,
            cancel=self._event(number),
        )
        courier.flush()
        return [[list(sample.tokens), sample.stop] for sample in samples]


class _Courier:
    """Delivers new tokens together: a frame for each would cost more than a small model's step."""

    def __init__(self, deliver: Callable[[list[tuple[int, list[int], str]]], None]) -> None:
        self._deliver = deliver
        self._waiting: dict[int, list[tuple[list[int], str]]] = {}
        """Sample → its tokens with the text that is theirs, and apart those that are half a character yet."""
        self._last = 0.0

    def __call__(self, sample: int, tokens: Sequence[int], text: str) -> None:
        waiting = self._waiting.setdefault(sample, [])
        waiting.append((list(tokens), text))
        if text:
            merged = [token for tokens, _ in waiting for token in tokens], "".join(text for _, text in waiting)
            self._waiting[sample] = [merged]
        if time.monotonic() - self._last >= _FLUSH:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            self._deliver([(sample, *part) for sample, parts in self._waiting.items() for part in parts])
            self._waiting = {}
        self._last = time.monotonic()


def _edits(described: Sequence[Mapping[str, Any]], arrays: Sequence[Any]) -> list[Any]:
    from backends.model import Edit

    return [
        Edit(
            site=entry["site"],
            op=entry["op"],
            value=None if entry["value"] is None else arrays[entry["value"]],
            factor=entry["factor"],
            positions=None if entry["positions"] is None else tuple(entry["positions"]),
            head=entry["head"],
        )
        for entry in described
    ]
