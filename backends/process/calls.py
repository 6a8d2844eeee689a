"""What the session asks of the model in an engine process: each call and its answer in JSON and arrays."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from backends import engine
from backends.distribution import joined
from backends.model import Aim, Cursor, FloatArray, Message, Model, TemplateSwitch
from backends.model_files import ModelFiles
from backends.process.allowance import allowance, tokenising
from backends.process.spelling import read_edits, read_passes
from backends.sampling import Sampling
from backends.settings import EngineSettings

_FLUSH: Final = 0.02
"""Seconds for which new tokens may wait for company."""

_Heard = tuple[int, list[int], str]
"""A sample, its new tokens, and the text that they complete."""


class Calls:
    """The model of this process, opened by the first call."""

    def __init__(self, files: ModelFiles, settings: EngineSettings, measures: Mapping[str, str | int]) -> None:
        self._files, self._settings, self._measures = files, settings, measures
        self._opened: Model | None = None
        self._cursors: dict[int, Cursor] = {}
        self.steps = 0
        """Tokens drawn so far: told with each sign of life, so that the session sees a long call get further."""

    def answer(
        self,
        asked: Mapping[str, Any],
        arrays: Sequence[FloatArray],
        tell: Callable[[list[_Heard]], None],
        cancel: threading.Event,
    ) -> tuple[Any, Sequence[FloatArray]]:
        """A JSON value and arrays for one call; tokens that it draws are told while it runs."""
        [(name, arguments)] = asked.items()
        match name:
            case "load" | "encode" | "decode" | "pieces" | "render":
                return self._words(name, arguments), ()
            case "generate":
                return self._generate(arguments, arrays, tell, cancel), ()
            case "forwards":
                return self._forwards(arguments, arrays)
            case "cursor" | "advance" | "end":
                return None, self._stepped(name, arguments, arrays)
            case "continuations" | "scores":
                return None, self._forced(arguments, arrays)
        return self._inside(name, arguments, arrays)

    @property
    def _model(self) -> Model:
        assert self._opened is not None
        return self._opened

    def _words(self, name: str, arguments: Any) -> Any:
        """Calls without arrays either way."""
        match name:
            case "load":
                return self._open()
            case "encode":
                with tokenising(len(arguments["text"])):
                    return self._model.encode(arguments["text"], special=arguments["special"])
            case "decode" | "pieces":
                turn = self._model.decode if name == "decode" else self._model.pieces
                with tokenising(len(arguments)):
                    return turn(arguments)
        with allowance():
            turns = [Message(role, content) for role, content in arguments["turns"]]
            return self._model.render(turns, [TemplateSwitch(name, value) for name, value in arguments["switches"]])

    def _inside(self, name: str, arguments: Any, arrays: Sequence[FloatArray]) -> tuple[Any, Sequence[FloatArray]]:
        """Calls about the model itself."""
        match name:
            case "readout":
                return None, (self._model.readout(arrays[0]),)
            case "reading":
                read = self._model.reading(arrays[0], arguments)
                return None, (read.directions, read.offsets)
            case "weights":
                return None, (self._model.weights(arguments),)
            case "gradient":
                return self._gradient(arguments, arrays)
        raise LookupError(name)

    def _gradient(self, given: Mapping[str, Any], arrays: Sequence[FloatArray]) -> tuple[float, Sequence[FloatArray]]:
        aims = [Aim(*aim) for aim in given["aims"]]
        edits = read_edits(given["edits"], arrays)
        found = self._model.gradient(given["ids"], aims, at=given["at"], edits=edits, keep=given["keep"])
        return found.total, (found.slopes,)

    def _open(self) -> dict[str, Any]:
        model = self._opened = engine.load(self._files, self._settings)
        return {
            "card": asdict(model.card),
            "capabilities": sorted(model.capabilities),
            "environment": {**model.environment, "isolated": True, **self._measures},
        }

    def _forwards(self, batch: Any, arrays: Sequence[FloatArray]) -> tuple[Any, Sequence[FloatArray]]:
        """The sites of each pass; and of each its logits, then what was captured at them."""
        found = self._model.forwards(read_passes(batch, arrays))
        return [list(one.captured) for one in found], [
            array for one in found for array in (one.logits, *one.captured.values())
        ]

    def _forced(self, arguments: Mapping[str, Any], arrays: Sequence[FloatArray]) -> Sequence[FloatArray]:
        """Logits of each continuation, or, where a number of alternatives is named, the scores of all in a row."""
        ids, texts, edits = arguments["ids"], arguments["continuations"], read_edits(arguments["edits"], arrays)
        if "top" not in arguments:
            return self._model.continuations(ids, texts, edits=edits)
        scores = self._model.scores(ids, texts, edits=edits, top=arguments["top"])
        every = [joined(scores)] if scores else []
        return [part for one in every for part in vars(one).values()]

    def _stepped(self, name: str, arguments: Any, arrays: Sequence[FloatArray]) -> Sequence[FloatArray]:
        """Logits of the samples that go on; of a new cursor those of one, for all are equal."""
        if name == "end":
            self._cursors.pop(arguments).close()
            return ()
        number = arguments["number"]
        if name == "cursor":
            how = {"steps": arguments["steps"], "edits": read_edits(arguments["edits"], arrays)}
            self._cursors[number] = self._model.cursor(arguments["ids"], arguments["n"], **how)
            return (self._cursors[number].logits[:1],)
        cursor, tokens = self._cursors[number], arguments["tokens"]
        cursor.advance(tokens)
        going = [at for at, token in enumerate(tokens) if token is not None]
        self.steps += len(going)
        return (cursor.logits if len(going) == len(tokens) else cursor.logits[going],)

    def _generate(
        self,
        arguments: Mapping[str, Any],
        arrays: Sequence[FloatArray],
        tell: Callable[[list[_Heard]], None],
        cancel: threading.Event,
    ) -> list[tuple[list[int], str]]:
        courier = _Courier(tell)

        def drawn(sample: int, tokens: Sequence[int], text: str) -> None:
            self.steps += len(tokens)
            if arguments["stream"]:
                courier(sample, tokens, text)

        samples = self._model.generate(
            arguments["ids"],
            Sampling(**arguments["sampling"]),
            n=arguments["n"],
            edits=read_edits(arguments["edits"], arrays),
            on_tokens=drawn,
            cancel=cancel,
        )
        courier.flush()
        return [(list(sample.tokens), sample.stop) for sample in samples]


class _Courier:
    """Delivers new tokens together: a frame for each would cost more than a small model's step."""

    def __init__(self, deliver: Callable[[list[_Heard]], None]) -> None:
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
