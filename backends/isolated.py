"""Any model in a process of its own: evidence that crashes an engine ends one probe, not the session."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import numpy as np

from backends import airgap, gguf_conversion
from backends.framing import Arena, BrokenWireError, Frame, Wire
from backends.model import (
    Capability,
    Card,
    Edit,
    FloatArray,
    Forward,
    Generated,
    Message,
    ModelRefusal,
    Tokens,
)
from backends.sampling import Sampling

T = TypeVar("T")

SILENCE: Final = 60.0
"""Seconds without a sign of life after which an engine process counts as hung."""
TEXT_LIMIT: Final = 60.0
"""Seconds for a call that only turns text into tokens or back; a chat template can loop for ever."""
_GLANCE: Final = 0.02
"""Seconds between looks at a cancel event."""
_GRACE: Final = 30.0
"""Seconds an engine has to stop once it was told to."""
_KEPT_VARIABLES: Final = ("PATH", "LANG", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHASHSEED", "TZ")
_KEPT_PREFIXES: Final = ("LC_", "CUDA_", "CUBLAS_", "OMP_", "MKL_", "OPENBLAS_", "GGML_", "PYTORCH_", "NVIDIA_")

_START: Final = "import sys; sys.path.insert(0, sys.argv.pop(1)); from backends.isolated_child import main; main()"


class IsolatedModel:
    """The model contract, served by a child process that is started again after it died.

    A call that the child does not survive raises ModelRefusal `model.crashed` with the cause; the next call loads the
    model anew. The child has no network, reads the case and the interpreter only, ignores Ctrl-C, and says every half
    second that it lives. It is sent and sends JSON and float32 arrays, never pickles.
    """

    def __init__(
        self,
        engine: str,
        weights: Path,
        tokenizer: Path,
        *,
        digest: str,
        device: str = "auto",
        dtype: str = "auto",
        threads: int | None = None,
        memory_limit: int | None = None,
        silence: float = SILENCE,
    ) -> None:
        """Start the process and load the model. `memory_limit`: bytes of private memory (Linux)."""
        airgap.seal()
        self._settings: dict[str, Any] = {
            "engine": engine,
            "weights": str(weights.resolve()),
            "tokenizer": str(tokenizer.resolve()),
            "digest": digest,
            "device": device,
            "dtype": dtype,
            "threads": threads,
        }
        self._memory_limit, self._silence = memory_limit, silence
        self._child: _Child | None = None
        self._number = 0
        try:
            loaded = self._started()
        except BaseException:
            self.close()
            raise
        self._card, self._capabilities, self._environment = loaded

    @property
    def card(self) -> Card:
        return self._card

    @property
    def capabilities(self) -> frozenset[Capability]:
        return self._capabilities

    @property
    def environment(self) -> Mapping[str, str | int | bool]:
        return self._environment

    @property
    def process(self) -> int | None:
        """Id of the engine process; None while there is none."""
        return None if self._child is None else self._child.process.pid

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ModelRefusal(
                "model.input", "The text cannot be tokenised.", f"{error}.", "Remove unpaired surrogates."
            ) from error
        return self._call(
            {"encode": {"text": text, "special": special}}, lambda frame: _integers(frame.header["value"])
        )

    def decode(self, ids: Sequence[int]) -> str:
        return self._call({"decode": _plain(ids)}, lambda frame: str(frame.header["value"]))

    def pieces(self, ids: Sequence[int]) -> list[str]:
        return self._call({"pieces": _plain(ids)}, lambda frame: [str(piece) for piece in frame.header["value"]])

    def render(self, messages: Sequence[Message]) -> list[int]:
        turns = [[message.role, message.content] for message in messages]
        return self._call({"render": turns}, lambda frame: _integers(frame.header["value"]))

    def forward(
        self,
        ids: Sequence[int],
        *,
        capture: Sequence[str] = (),
        edits: Sequence[Edit] = (),
        rows: Sequence[int] | None = None,
    ) -> Forward:
        described, arrays = _described(edits)
        wanted = None if rows is None else _plain(rows)
        arguments = {"ids": _plain(ids), "capture": list(capture), "edits": described, "rows": wanted}

        def parse(frame: Frame) -> Forward:
            logits, *captured = frame.arrays
            return Forward(logits, dict(zip(map(str, frame.header["value"]["sites"]), captured, strict=True)))

        return self._call({"forward": arguments}, parse, arrays)

    def generate(
        self,
        ids: Sequence[int],
        sampling: Sampling,
        *,
        n: int = 1,
        edits: Sequence[Edit] = (),
        on_tokens: Tokens | None = None,
        cancel: threading.Event | None = None,
    ) -> list[Generated]:
        described, arrays = _described(edits)
        arguments = {
            "ids": _plain(ids),
            "sampling": asdict(sampling),
            "n": n,
            "edits": described,
            "stream": on_tokens is not None,
        }

        def parse(frame: Frame) -> list[Generated]:
            return [Generated(tuple(_integers(tokens)), _stop(stop)) for tokens, stop in frame.header["value"]]

        return self._call({"generate": arguments}, parse, arrays, on_tokens=on_tokens, cancel=cancel)

    def continuations(
        self, ids: Sequence[int], continuations: Sequence[Sequence[int]], *, edits: Sequence[Edit] = ()
    ) -> list[FloatArray]:
        described, arrays = _described(edits)
        arguments = {"ids": _plain(ids), "continuations": [_plain(c) for c in continuations], "edits": described}
        return self._call({"continuations": arguments}, lambda frame: list(frame.arrays), arrays)

    def readout(self, residual: FloatArray) -> FloatArray:
        return self._call({"readout": True}, lambda frame: frame.arrays[0], [np.asarray(residual, np.float32)])

    def weights(self, name: str) -> FloatArray:
        return self._call({"weights": name}, lambda frame: frame.arrays[0])

    def abort(self) -> None:
        """End the engine process from any thread: the running call ends as crashed, the next one loads the model anew.
        For what `cancel` cannot stop."""
        if (child := self._child) is not None:
            child.process.kill()

    def close(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None

    def _started(self) -> tuple[Card, frozenset[Capability], dict[str, str | int | bool]]:
        """Start a child and load the model in it."""
        self._child = _Child(self._settings, self._memory_limit, self._silence)
        return self._exchange({"load": True}, _loaded)

    def _call(
        self,
        call: Mapping[str, Any],
        parse: Callable[[Frame], T],
        arrays: Sequence[FloatArray] = (),
        *,
        on_tokens: Tokens | None = None,
        cancel: threading.Event | None = None,
    ) -> T:
        if self._child is None and self._started()[0] != self._card:
            self.close()
            raise ModelRefusal(
                "model.unreadable",
                "The model is not the one that was open.",
                "Its files changed while it was in use.",
                "Verify the case and open it again.",
            )
        return self._exchange(call, parse, arrays, on_tokens=on_tokens, cancel=cancel)

    def _exchange(
        self,
        call: Mapping[str, Any],
        parse: Callable[[Frame], T],
        arrays: Sequence[FloatArray] = (),
        *,
        on_tokens: Tokens | None = None,
        cancel: threading.Event | None = None,
    ) -> T:
        """Send a call, hear it out, and make a value of the answer. The child's word is not trusted: an answer that
        cannot be parsed is a crash like any other."""
        self._number += 1
        child = self._child
        assert child is not None
        try:
            child.wire.send({"call": call, "number": self._number}, arrays)
            limit = TEXT_LIMIT if call.keys() <= {"encode", "decode", "pieces", "render"} else math.inf
            frame = self._awaited(child, on_tokens, cancel, limit)
        except BrokenWireError as error:
            self._crashed(str(error), gone=error.gone)
        except BaseException:  # from on_tokens, or Ctrl-C: the call goes no further, and the child must not lag behind
            self._abandon(child)
            raise
        try:
            _raise_refusals(frame)
            return parse(frame)
        except ModelRefusal:
            raise
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            self._crashed(f"it answered with nonsense ({error})")

    def _awaited(self, child: _Child, on_tokens: Tokens | None, cancel: threading.Event | None, limit: float) -> Frame:
        """The frame that ends the call; hands tokens on and passes a cancellation down on the way."""
        told = False
        heard = asked = time.monotonic()
        while True:
            watching = cancel is not None and not told
            if watching and cancel is not None and cancel.is_set():
                child.wire.send({"cancel": self._number})
                told = True
            frame = child.wire.receive(_GLANCE if watching else self._silence)
            now = time.monotonic()
            if now - asked > limit:
                raise BrokenWireError(f"it did not answer within {limit:g} seconds")
            if frame is None:
                if now - heard >= self._silence:
                    raise BrokenWireError(f"it gave no sign of life for {self._silence:g} seconds")
                continue
            heard = now
            if "tokens" in frame.header:
                if on_tokens is not None and frame.header["of"] == self._number:
                    for sample, tokens, text in frame.header["tokens"]:
                        on_tokens(int(sample), _integers(tokens), str(text))
            elif self._number in (frame.header.get(k) for k in ("answer", "refusal", "failure")):
                child.wire.incoming.release()
                return frame

    def _abandon(self, child: _Child) -> None:
        """Cancel what runs and wait for its end; a child that does not stop is ended."""
        try:
            child.wire.send({"cancel": self._number})
            deadline = time.monotonic() + _GRACE
            while time.monotonic() < deadline:
                frame = child.wire.receive(_GRACE)
                if frame is not None and self._number in (
                    frame.header.get(k) for k in ("answer", "refusal", "failure")
                ):
                    return
        except BaseException:  # also a second Ctrl-C
            self.close()
            raise
        self.close()

    def _crashed(self, how: str, *, gone: bool = False) -> NoReturn:
        child, self._child = self._child, None
        cause = how if child is None else child.post_mortem(how, gone=gone)
        raise ModelRefusal(
            "model.crashed",
            "The engine process died.",
            f"{cause[:1].upper()}{cause[1:]}.",
            "The session is intact and the model is loaded again for the next probe; avoid the input that did this.",
        )


def _raise_refusals(frame: Frame) -> None:
    """Raise what the child could not do."""
    header = frame.header
    if "refusal" in header:
        raise ModelRefusal(*(str(header[part]) for part in ("code", "what", "why", "try_this")))
    if "failure" not in header:
        return
    if header["memory"]:
        raise ModelRefusal(
            "model.crashed",
            "The engine ran out of memory.",
            f"{header['error']}.",
            "Ask for fewer samples or a shorter input, or raise the engine's memory limit.",
        )
    refusal = ModelRefusal(
        "model.crashed",
        "The engine failed on this call.",
        f"{str(header['error'])[:500]}.",
        "Try another input; if it happens again, please report it with the crash file.",
    )
    refusal.add_note(str(header["trace"]))
    raise refusal


def _loaded(frame: Frame) -> tuple[Card, frozenset[Capability], dict[str, str | int | bool]]:
    value = frame.header["value"]
    card = Card(**{**value["card"], "end_tokens": tuple(_integers(value["card"]["end_tokens"]))})
    environment = {str(k): v for k, v in value["environment"].items() if isinstance(v, str | int | bool)}
    return card, frozenset(map(Capability, value["capabilities"])), environment


class _Child:
    """A running engine process and the wire to it."""

    def __init__(self, load: Mapping[str, Any], memory_limit: int | None, silence: float) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="workbench-engine-"))
        self._words = (self._home / "words").open("w+b")
        ours, theirs = socket.socketpair()
        down, up = Arena.create(), Arena.create()
        writable, environment = [str(self._home)], _environment(self._home)
        if load["engine"] == "llama":  # what is converted once is kept, in a place for this case alone
            kept = _converted(load["digest"])
            writable.append(str(kept))
            environment[gguf_conversion.CACHE_VARIABLE] = str(kept.parent)
        settings = {
            "socket": theirs.fileno(),
            "outgoing": up.descriptor,
            "incoming": down.descriptor,
            "load": load,
            "readable": [load["weights"], load["tokenizer"]],
            "writable": writable,
            "memory_limit": memory_limit,
            "device": load["device"],
        }
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, str(Path(__file__).resolve().parents[1]), json.dumps(settings)],
            stdin=subprocess.DEVNULL,
            stdout=self._words,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=self._home,
            pass_fds=(theirs.fileno(), down.descriptor, up.descriptor),
        )
        theirs.close()
        self.wire = Wire(ours, down, up, patience=silence)

    def post_mortem(self, how: str, *, gone: bool) -> str:
        """End what is left of the process and say why it died, with its last words."""
        if gone:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=5)
        status = self.process.poll()
        words = self._last_words()
        self.end()
        if status is None:
            cause = f"{how}, and was ended"
        elif status < 0:
            cause = f"it was ended by {_signal_name(-status)}"
            if status == -signal.SIGKILL:
                cause += ", as the system does when memory runs out"
        else:
            cause = f"it ended with status {status}"
        return f"{cause}; its last words were: {words}" if words else cause

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.wire.close()
        self._words.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def _last_words(self) -> str:
        """The last line of its output, made printable."""
        self._words.seek(0, os.SEEK_END)
        self._words.seek(max(0, self._words.tell() - 4000))
        lines = self._words.read().decode("utf-8", "replace").strip().splitlines()
        return "".join(c if c.isprintable() else "?" for c in lines[-1][:300]).rstrip(".") if lines else ""


def _converted(digest: str) -> Path:
    """Where this case's converted weights are kept. Raises ModelRefusal if there can be no such place."""
    try:
        folder = gguf_conversion.case_folder(digest)
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise ModelRefusal(
            "model.unreadable",
            "There is no place to keep converted weights.",
            f"{error}.",
            f"Free some space, or name a folder in {gguf_conversion.CACHE_VARIABLE}.",
        ) from error
    return folder


def _environment(home: Path) -> dict[str, str]:
    """What an engine may know of this session's environment: nothing that could be a secret."""
    kept = {k: v for k, v in os.environ.items() if k in _KEPT_VARIABLES or k.startswith(_KEPT_PREFIXES)}
    return kept | {"HOME": str(home), "TMPDIR": str(home), "GGML_NO_BACKTRACE": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _described(edits: Sequence[Edit]) -> tuple[list[dict[str, Any]], list[FloatArray]]:
    """Edits as JSON and the arrays they refer to by number."""
    arrays = [np.asarray(edit.value, np.float32) for edit in edits if edit.value is not None]
    numbers = iter(range(len(arrays)))
    described = [
        {
            "site": edit.site,
            "op": edit.op,
            "value": None if edit.value is None else next(numbers),
            "factor": float(edit.factor),
            "positions": None if edit.positions is None else _plain(edit.positions),
            "head": edit.head,
        }
        for edit in edits
    ]
    return described, arrays


def _plain(ids: Sequence[int]) -> list[int]:
    return [int(i) for i in ids]


def _integers(value: Any) -> list[int]:
    if not isinstance(value, list) or not all(type(i) is int for i in value):
        raise TypeError("the engine process answered with something other than token ids")
    return value


def _stop(value: Any) -> Any:
    if value not in ("end", "length", "cancelled"):
        raise TypeError("the engine process gave an unknown reason to stop")
    return value
