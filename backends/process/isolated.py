"""Any model in a process of its own: evidence that crashes an engine ends one probe, not the session."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar, cast

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
from backends.process.conversation import SILENCE, Conversation, Hear
from backends.process.cursor import DistantCursor
from backends.process.framing import Frame
from backends.process.spelling import plain, spell_edits, spell_passes
from backends.sampling import Sampling
from backends.settings import EngineSettings

T = TypeVar("T")
_REMEMBERED = 1024
"""Answers of the vocabulary that are kept."""
_REMEMBERED_LENGTH = 4096
"""Characters of a question that is worth it."""


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
        self._engine = Conversation(files, settings, silence=silence)
        self._cursors = 0
        self._remembered: dict[str, Any] = {}
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
        return None if self._engine.child is None else self._engine.child.process.pid

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ModelRefusal(
                "model.input", "The text cannot be tokenised.", f"{error}.", "Remove unpaired surrogates."
            ) from error
        call = {"encode": {"text": text, "special": special}}
        return list(self._vocabulary(call, lambda frame: answers.integers(frame.header["value"])))

    def decode(self, ids: Sequence[int]) -> str:
        return self._vocabulary({"decode": plain(ids)}, lambda frame: answers.text(frame.header["value"]))

    def pieces(self, ids: Sequence[int]) -> list[str]:
        call = {"pieces": plain(ids)}
        return list(self._vocabulary(call, lambda frame: answers.texts(frame.header["value"], len(ids))))

    def render(self, messages: Sequence[Message], switches: Sequence[TemplateSwitch] = ()) -> list[int]:
        turns = [[message.role, message.content] for message in messages]
        call = {"render": {"turns": turns, "switches": [[switch.name, switch.value] for switch in switches]}}
        return list(self._vocabulary(call, lambda frame: answers.integers(frame.header["value"])))

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
        engine = self._engine.child

        def advance(tokens: list[int | None], going: int) -> FloatArray:
            if self._engine.child is not engine:
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
            if self._engine.child is engine and engine is not None:
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
        self._engine.abort()

    def close(self) -> None:
        self._engine.close()

    def _started(self, begun: Callable[[IsolatedModel], None] | None = None) -> answers.Loaded:
        """Start a child and load the model in it."""
        self._engine.begin()
        try:
            if begun is not None:
                begun(self)
            return self._engine.exchange({"load": True}, answers.loaded)
        except BaseException:  # a process without a model is of no use to later calls
            self.close()
            raise

    def _vocabulary(self, call: Mapping[str, Any], parse: Callable[[Frame], T]) -> T:
        """What the tokenizer or the template answers, which is always the same: pricing, asking and telling one probe
        all want it, and every answer over the wire costs about a millisecond."""
        key = json.dumps(call)
        if key in self._remembered:
            return cast("T", self._remembered[key])
        found = self._call(call, parse)
        if len(key) <= _REMEMBERED_LENGTH:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = found
        return found

    def _call(
        self,
        call: Mapping[str, Any],
        parse: Callable[[Frame], T],
        arrays: Sequence[FloatArray] = (),
        *,
        hear: Hear | None = None,
        cancel: threading.Event | None = None,
    ) -> T:
        if self._engine.child is None:
            card, capabilities, self._environment = self._started()
            if (card, capabilities) != (self._card, self._capabilities):
                self.close()
                raise ModelRefusal(
                    "model.unreadable",
                    "The model is not the one that was open.",
                    "Its files changed while it was in use.",
                    "Verify the case and open it again.",
                )
        return self._engine.exchange(call, parse, arrays, hear=hear, cancel=cancel)


def _tell(on_tokens: TokenListener | None, heard: Sequence[tuple[int, list[int], str]]) -> None:
    if on_tokens is not None:
        for sample, tokens, text in heard:
            on_tokens(sample, tokens, text)
