"""Any model in a process of its own: evidence that crashes an engine ends one probe, not the session."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final, NoReturn, TypeVar

import numpy as np

from backends import airgap
from backends.drawing import Steps
from backends.model import (
    Aim,
    Capability,
    Card,
    Cursor,
    Edit,
    FloatArray,
    Forward,
    Generated,
    Gradient,
    LinearReadout,
    Message,
    ModelRefusal,
    Pass,
    TemplateSwitch,
    TokenListener,
    TokenScores,
)
from backends.model_files import ModelFiles
from backends.process import answers
from backends.process.cursor import DistantCursor
from backends.process.framing import FRAME_LIMIT, BrokenWireError, Frame, OversizeError
from backends.process.launch import EngineProcess
from backends.process.spelling import plain, spell_edits, spell_passes
from backends.sampling import Sampling
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


class IsolatedModel:
    """The model contract, served by a child process that is started again after it died.

    A call that the child does not survive raises ModelRefusal `model.crashed` with the cause; the next call loads the
    model anew. The child has no network, reads the case and the interpreter only, ignores Ctrl-C, says every half
    second that it lives, and ends with the session however that ends. It is sent and sends JSON and float32 arrays,
    never pickles.
    """

    def __init__(
        self,
        files: ModelFiles,
        settings: EngineSettings,
        *,
        silence: float = SILENCE,
        begun: Callable[[IsolatedModel], None] | None = None,
    ) -> None:
        """Start the process and load the model.

        `begun` is told of the model once its process runs, so that another thread can abort the loading.
        """
        airgap.seal()
        self._files, self._settings, self._silence = files, settings, silence
        self._child: EngineProcess | None = None
        self._number = self._cursors = 0
        self._card, self._capabilities, self._environment = self._started(begun)

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
        call = {"encode": {"text": text, "special": special}}
        return self._call(call, lambda frame: answers.integers(frame.header["value"]))

    def decode(self, ids: Sequence[int]) -> str:
        return self._call({"decode": plain(ids)}, lambda frame: answers.text(frame.header["value"]))

    def pieces(self, ids: Sequence[int]) -> list[str]:
        return self._call({"pieces": plain(ids)}, lambda frame: answers.texts(frame.header["value"], len(ids)))

    def render(self, messages: Sequence[Message], switches: Sequence[TemplateSwitch] = ()) -> list[int]:
        turns = [[message.role, message.content] for message in messages]
        call = {"render": {"turns": turns, "switches": [[switch.name, switch.value] for switch in switches]}}
        return self._call(call, lambda frame: answers.integers(frame.header["value"]))

    def forward(
        self,
        ids: Sequence[int],
        *,
        capture: Sequence[str] = (),
        edits: Sequence[Edit] = (),
        rows: Sequence[int] | None = None,
        keep: Sequence[int] | None = None,
    ) -> Forward:
        [found] = self.forwards([Pass(ids, capture, edits, rows, keep)])
        return found

    def forwards(self, batch: Sequence[Pass]) -> list[Forward]:
        arrays: list[FloatArray] = []
        return self._call(
            {"forwards": spell_passes(batch, arrays)},
            lambda frame: answers.forwards(frame, batch, self._card.vocab),
            arrays,
        )

    def generate(
        self,
        ids: Sequence[int],
        sampling: Sampling,
        *,
        n: int = 1,
        edits: Sequence[Edit] = (),
        on_tokens: TokenListener | None = None,
        cancel: threading.Event | None = None,
    ) -> list[Generated]:
        arrays: list[FloatArray] = []
        arguments = {
            "ids": plain(ids),
            "sampling": asdict(sampling),
            "n": n,
            "edits": spell_edits(edits, arrays),
            "stream": on_tokens is not None,
        }

        def hear(frame: Frame) -> Callable[[], None]:
            heard = answers.tokens(frame, n)
            return lambda: _tell(on_tokens, heard)

        return self._call(
            {"generate": arguments}, lambda frame: answers.generated(frame, n), arrays, hear=hear, cancel=cancel
        )

    def cursor(self, ids: Sequence[int], n: int, *, steps: int, edits: Sequence[Edit] = ()) -> Cursor:
        arrays: list[FloatArray] = []
        spelled = spell_edits(edits, arrays)
        self._cursors += 1
        number, vocab = self._cursors, self._card.vocab
        asked = {"number": number, "ids": plain(ids), "n": int(n), "steps": int(steps), "edits": spelled}
        [first] = self._call({"cursor": asked}, lambda frame: answers.each_rows(frame, [1], vocab), arrays)
        engine = self._child

        def advance(tokens: list[int | None], going: int) -> FloatArray:
            if self._child is not engine:
                raise ModelRefusal(
                    "model.crashed",
                    "The cursor is gone.",
                    "It went with the engine process that it was in.",
                    "Begin again: the session is intact.",
                )
            call = {"advance": {"number": number, "tokens": tokens}}
            [rows] = self._call(call, lambda frame: answers.each_rows(frame, [going], vocab))
            return rows

        def end() -> None:
            if self._child is engine and engine is not None:
                self._call({"end": number}, lambda frame: None)

        return DistantCursor(first, advance, end, Steps(n, min(steps, self._card.context - len(ids)), vocab))

    def continuations(
        self, ids: Sequence[int], continuations: Sequence[Sequence[int]], *, edits: Sequence[Edit] = ()
    ) -> list[FloatArray]:
        arrays: list[FloatArray] = []
        arguments = {
            "ids": plain(ids),
            "continuations": [plain(c) for c in continuations],
            "edits": spell_edits(edits, arrays),
        }
        lengths = [len(c) for c in continuations]
        return self._call(
            {"continuations": arguments}, lambda frame: answers.each_rows(frame, lengths, self._card.vocab), arrays
        )

    def scores(
        self,
        ids: Sequence[int],
        continuations: Sequence[Sequence[int]],
        *,
        edits: Sequence[Edit] = (),
        top: int = 0,
    ) -> list[TokenScores]:
        arrays: list[FloatArray] = []
        texts = [plain(c) for c in continuations]
        arguments = {"ids": plain(ids), "continuations": texts, "edits": spell_edits(edits, arrays), "top": int(top)}
        lengths = [len(text) for text in texts]
        return self._call(
            {"scores": arguments}, lambda frame: answers.scores(frame, lengths, top, self._card.vocab), arrays
        )

    def readout(self, residual: FloatArray) -> FloatArray:
        array = np.asarray(residual, np.float32)

        def parse(frame: Frame) -> FloatArray:
            [logits] = frame.arrays
            return answers.rows_of(logits, len(array), self._card.vocab)

        return self._call({"readout": True}, parse, [array])

    def reading(self, residual: FloatArray, tokens: Sequence[int]) -> LinearReadout:
        ids, shape = plain(tokens), (len(tokens), self._card.width)
        return self._call(
            {"reading": ids}, lambda frame: answers.reading(frame, shape), [np.asarray(residual, np.float32)]
        )

    def gradient(
        self,
        ids: Sequence[int],
        aims: Sequence[Aim],
        *,
        at: str = "tokens",
        edits: Sequence[Edit] = (),
        keep: Sequence[int] | None = None,
    ) -> Gradient:
        arrays: list[FloatArray] = []
        asked = {
            "ids": plain(ids),
            "aims": [[int(aim.position), int(aim.token), float(aim.weight)] for aim in aims],
            "at": at,
            "edits": spell_edits(edits, arrays),
            "keep": None if keep is None else plain(keep),
        }
        positions = len(ids if keep is None else keep)
        return self._call({"gradient": asked}, lambda frame: answers.gradient(frame, positions), arrays)

    def weights(self, name: str) -> FloatArray:
        return self._call({"weights": name}, answers.matrix)

    def abort(self) -> None:
        """End the engine process from any thread: the running call ends as crashed, the next one loads the model anew.
        For what `cancel` cannot stop."""
        if (child := self._child) is not None:
            child.stop()

    def close(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None

    def _started(self, begun: Callable[[IsolatedModel], None] | None = None) -> answers.Loaded:
        """Start a child and load the model in it."""
        try:
            self._child = EngineProcess(self._files, self._settings, silence=self._silence)
        except OSError as error:
            raise ModelRefusal(
                "model.crashed",
                "The engine process could not be started.",
                f"{error.strerror or error}.",
                "Close other programs, or make room on the disk for temporary files.",
            ) from error
        try:
            if begun is not None:
                begun(self)
            return self._exchange({"load": True}, answers.loaded)
        except BaseException:  # a process without a model is of no use to later calls
            self.close()
            raise

    def _call(
        self,
        call: Mapping[str, Any],
        parse: Callable[[Frame], T],
        arrays: Sequence[FloatArray] = (),
        *,
        hear: Hear | None = None,
        cancel: threading.Event | None = None,
    ) -> T:
        if self._child is None:
            card, capabilities, self._environment = self._started()
            if (card, capabilities) != (self._card, self._capabilities):
                self.close()
                raise ModelRefusal(
                    "model.unreadable",
                    "The model is not the one that was open.",
                    "Its files changed while it was in use.",
                    "Verify the case and open it again.",
                )
        return self._exchange(call, parse, arrays, hear=hear, cancel=cancel)

    def _exchange(
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
        child = self._child
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
        child, self._child = self._child, None
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


def _tell(on_tokens: TokenListener | None, heard: Sequence[tuple[int, list[int], str]]) -> None:
    if on_tokens is not None:
        for sample, tokens, text in heard:
            on_tokens(sample, tokens, text)
