"""Calls to an engine process, one at a time: each is heard out, and when the process dies, it is said of what."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NoReturn, TypeVar

from backends.model import FloatArray, ModelRefusal
from backends.model_files import ModelFiles
from backends.process import answers
from backends.process.framing import FRAME_LIMIT, BrokenWireError, Frame, OversizeError
from backends.process.launch import EngineProcess
from backends.settings import EngineSettings

T = TypeVar("T")
Hear = Callable[[Frame], Callable[[], None]]
"""Makes of a frame of tokens what tells the listener of them; raises on nonsense."""

SILENCE: Final = 60.0
"""Seconds without a sign of life after which an engine process counts as hung."""
TEXT_LIMIT: Final = 60.0
"""Seconds without an answer after which a call that only turns text into tokens or back counts as hung, though the
process lives: a chat template can loop for ever. For other calls the settings say."""
_SLOW_START: Final = 5
"""How many times longer the silence may be while a model is loaded: gigabytes of an engine's libraries come from a cold
disk then, in C that lets no other thread run."""
_GLANCE: Final = 0.02
"""Seconds between looks at a cancel event."""
_GRACE: Final = 30.0
"""Seconds an engine has to stop once it was told to."""
_HUNG: Final = ", nor get any further"
_ENDS: Final = ("answer", "refusal", "failure")


class Conversation:
    """The calls and answers between this process and the engine process for one model."""

    def __init__(self, files: ModelFiles, settings: EngineSettings, *, silence: float) -> None:
        """`silence`: seconds without a sign of life after which the engine process counts as hung."""
        self._files, self._settings, self._silence = files, settings, silence
        self._number = 0
        self.child: EngineProcess | None = None
        """None before `begin`, and again after the process died or was ended."""

    def begin(self) -> None:
        """Start a process, in which nothing is loaded yet. Raises ModelRefusal if the system has none."""
        try:
            self.child = EngineProcess(self._files, self._settings, silence=self._silence)
        except OSError as error:
            raise ModelRefusal(
                "model.crashed",
                "The engine process could not be started.",
                f"{error.strerror or error}.",
                "Close other programs, or make room on the disk for temporary files.",
            ) from error

    def abort(self) -> None:
        """End the process from any thread; the running call ends as crashed."""
        if (child := self.child) is not None:
            child.stop()

    def close(self) -> None:
        if self.child is not None:
            self.child.end()
            self.child = None

    def exchange(
        self,
        call: Mapping[str, Any],
        parse: Callable[[Frame], T],
        arrays: Sequence[FloatArray] = (),
        *,
        hear: Hear | None = None,
        cancel: threading.Event | None = None,
    ) -> T:
        """Send a call, hear it out, and make a value of the answer. The child's word is not trusted: an answer that
        cannot be parsed is a crash like any other."""
        self._number += 1
        child = self.child
        assert child is not None
        if child.process.poll() is not None:
            self._crashed("it is gone", gone=True, idle=True)
        try:
            child.wire.send({"call": call, "number": self._number}, arrays)
        except BrokenWireError as error:
            self._crashed(str(error), gone=error.gone, loading="load" in call)
        except OversizeError as error:
            raise ModelRefusal(
                "model.input",
                "The input is too long.",
                f"No more than {FRAME_LIMIT >> 20} MiB of it can be handed to the engine.",
                "Shorten it.",
            ) from error
        except (TypeError, ValueError, MemoryError):  # nothing was sent
            raise
        except BaseException:  # Ctrl-C, and nobody knows how much was
            self.close()
            raise
        silence = self._silence * (_SLOW_START if "load" in call else 1)
        limit = TEXT_LIMIT if call.keys() <= {"encode", "decode", "pieces", "render"} else self._settings.hang_limit
        try:
            frame = self._awaited(child, hear, cancel, silence, limit)
        except BrokenWireError as error:
            self._crashed(str(error), gone=error.gone, loading="load" in call)
        except BaseException:  # from on_tokens, or Ctrl-C: the call goes no further, and the child must not lag behind
            self._abandon(child)
            raise
        try:
            if (refusal := answers.refusal(frame)) is None:
                return parse(frame)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            self._crashed(f"it answered with nonsense ({error})")
        if "failure" in frame.header and not frame.header["memory"]:
            self.close()  # nobody knows what state an unforeseen error leaves an engine in, least of all a GPU
        raise refusal

    def _awaited(
        self, child: EngineProcess, hear: Hear | None, cancel: threading.Event | None, silence: float, limit: float
    ) -> Frame:
        """The frame that ends the call; hands tokens on and passes a cancellation down on the way."""
        told, steps = False, None
        heard = further = time.monotonic()
        while True:
            watching = cancel is not None and not told
            if watching and cancel is not None and cancel.is_set():
                child.wire.send({"cancel": self._number})
                told = True
            frame = child.wire.receive(_GLANCE if watching else min(silence, limit))
            now = time.monotonic()
            if frame is None:
                if now - heard >= silence:
                    raise BrokenWireError(f"it gave no sign of life for {silence:g} seconds")
            else:
                heard = now
                if self._number in (frame.header.get(end) for end in _ENDS):
                    child.wire.incoming.release()
                    return frame
                if "tokens" in frame.header:
                    self._told(frame, hear)
                    further = time.monotonic()  # a slow listener is no fault of the engine
                elif frame.header.get("beat") != steps:
                    steps, further = frame.header.get("beat"), now
            if now - further > limit:
                raise BrokenWireError(f"it did not answer within {limit:g} seconds{_HUNG}")

    def _told(self, frame: Frame, hear: Hear | None) -> None:
        """Hand tokens of this call on."""
        try:
            if frame.header["of"] != self._number or hear is None:
                return
            tell = hear(frame)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise BrokenWireError(f"it streamed nonsense ({error})") from error
        tell()

    def _abandon(self, child: EngineProcess) -> None:
        """Cancel what runs and wait for its end; a child that does not stop is ended."""
        try:
            child.wire.send({"cancel": self._number})
            deadline = time.monotonic() + _GRACE
            while time.monotonic() < deadline:
                frame = child.wire.receive(_GRACE)
                if frame is not None and self._number in (frame.header.get(end) for end in _ENDS):
                    return
        except BaseException:  # also a second Ctrl-C
            self.close()
            raise
        self.close()

    def _crashed(self, how: str, *, gone: bool = False, idle: bool = False, loading: bool = False) -> NoReturn:
        """`idle`: it was dead before the call, which had no part in it. `loading`: no input had reached it yet."""
        child, self.child = self.child, None
        cause = how if child is None else child.post_mortem(how, gone=gone)
        memory, patience = self._settings.memory_limit, self._settings.hang_limit
        limited = f", or raise its memory limit of {memory >> 20} MiB" if memory else ""
        if f"within {patience:g} seconds{_HUNG}" in how:  # and not the limit that calls about text have
            limited += f", or raise its hang limit of {patience:g} seconds"
        again = "Ask again: the session is intact, and the model is loaded again."
        if child is not None and child.stopped:
            what, try_this = "The engine was stopped.", again
        elif idle:
            what, try_this = "The engine process had died before this call.", again
        elif loading:
            what = "The engine process died while it loaded the model."
            try_this = (
                f"The session is intact. Verify the case, choose the other engine{limited or ', or free memory'}."
            )
        else:
            what = "The engine process died."
            try_this = (
                "The session is intact and the model is loaded again for the next probe; avoid the input that did this"
                f"{limited}."
            )
        raise ModelRefusal("model.crashed", what, f"{cause[:1].upper()}{cause[1:]}.", try_this)
