"""The engine process: opens one model and serves its calls over the wire until the other side goes away."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import queue
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from backends import airgap
from backends.model_files import ModelFiles
from backends.process import confinement
from backends.process.lifeline import end_with
from backends.settings import EngineSettings

BEAT: Final = 0.5
"""Seconds between signs of life."""
_GARBAGE: Final = 50_000
"""New objects after which garbage is looked for: an engine's libraries make a million that stay, and to look through
them every 700 would take a fifth of the time until a model is there."""


def main() -> None:
    """Started with one argument, in JSON: which model to serve, how, and over what."""
    told = json.loads(sys.argv[1])
    files, settings = ModelFiles.from_json(told["files"]), EngineSettings(**told["settings"])
    gc.set_threshold(_GARBAGE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the session to handle
    end_with(told["lifeline"])
    airgap.seal()
    measures = confinement.confine(
        readable=[files.weights, files.tokenizer, *([files.adapter] if files.adapter is not None else [])],
        writable=[Path(p) for p in told["writable"]],
        memory_limit=settings.memory_limit,
        device=settings.device != "cpu",
    )
    if settings.memory_limit and not measures["memory_limit"]:
        sys.exit("a memory limit was asked for, which cannot be set on this system")
    if settings.backend == "llama":
        _without_torch()
    from backends.process.calls import Calls  # numpy, and its threads, only after confinement
    from backends.process.framing import Arena, Wire

    wire = Wire(socket.socket(fileno=told["socket"]), Arena(told["outgoing"]), Arena(told["incoming"]))
    _Server(wire, Calls(files.spelled(Path.cwd()), settings, measures)).serve()


def _without_torch() -> None:
    """llama.cpp computes without PyTorch, which transformers would import for seconds only to read a config.json."""
    os.environ["TRANSFORMERS_NO_ADVISORY_WARNINGS"] = "1"
    sys.modules["torch"] = None  # type: ignore[assignment]


class _Server:
    def __init__(self, wire: Any, calls: Any) -> None:
        self._wire, self._model = wire, calls
        self._calls: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._cancelled: dict[int, threading.Event] = {}

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
                    self._wire.send({"beat": self._model.steps})
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
            value, found = self._model.answer(
                header["call"],
                arrays,
                lambda tokens: self._wire.send({"tokens": tokens, "of": number}),
                self._event(number),
            )
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
