"""One llama.cpp context: a batch of tokens in, logits out, with its key/value memory."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backends.llama.anatomy import Anatomy, anatomy
from backends.llama.library import GGML_F16, GGML_F32, Library
from backends.llama.tap import Tap
from backends.model import FloatArray, ModelRefusal

_ABORTED = 2
_SURVEY = (1, 8, 15)
"""Tokens of the pass that finds the sites."""
_FLASH_OFF, _ALL_LAYERS = 0, -1

Abort = Callable[[], bool]
"""Asked between nodes of the graph; True ends the pass."""


class PassAbortedError(Exception):
    """A pass was ended by the abort callback; the context's memory has been cleared."""


@dataclass(frozen=True)
class ContextPlan:
    """Everything that fixes how a context computes; equal plans on one build compute equal bytes."""

    threads: int
    batch: int
    """Tokens computed at once; longer prompts are computed piece by piece."""
    exact_memory: bool
    """Keys and values are kept as float32, not float16."""
    adapters: tuple[tuple[Any, float], ...] = ()
    """LoRA adapters and their scales."""


@dataclass(frozen=True)
class ReadoutTrial:
    """One position of a text: what the last block left in the residual stream, and the logits of it."""

    residual: FloatArray
    """(1, width)"""
    logits: FloatArray
    """(1, vocab)"""


class Context:
    """A context for up to `sequences` parallel sequences of up to `length` tokens, with or without a tap."""

    def __init__(
        self, lib: Library, model: Any, plan: ContextPlan, *, sequences: int, length: int, batch: int, tapped: bool
    ) -> None:
        self._lib, self._plan = lib, plan
        self.sequences, self.length, self.batch = sequences, length, max(batch, sequences)
        self.tap = Tap(lib) if tapped else None
        self.vocab = lib.llama.llama_vocab_n_tokens(lib.llama.llama_model_get_vocab(model))
        self._width = lib.llama.llama_model_n_embd(model)
        self._layers = lib.llama.llama_model_n_layer(model)
        self._asked: Abort | None = None
        self._abort_callback: object = None
        self._handle = lib.llama.llama_init_from_model(model, self._parameters())
        if not self._handle:
            raise ModelRefusal(
                "model.unsupported",
                f"There is no room for {sequences} sequences of {length} tokens.",
                "llama.cpp could not allocate the memory for them.",
                "Ask for fewer samples at once or a shorter text.",
            )
        self._memory = lib.llama.llama_get_memory(self._handle)
        self._batch = _Batch(lib, self.batch)
        if plan.adapters:
            self._adapt(plan.adapters)
        self.tried: ReadoutTrial | None = None
        """What the pass gave that found the sites."""
        self.anatomy = self._surveyed() if self.tap is not None else None
        """Where the sites are in this context's graph; a context for several sequences has some more nodes."""

    def _parameters(self) -> Any:
        parameters = self._lib.llama.llama_context_default_params()
        # Each sequence has its own stretch of memory: then a sample's numbers don't depend on its neighbours.
        parameters.n_ctx = self.length * self.sequences
        parameters.n_seq_max = self.sequences
        parameters.kv_unified = False
        parameters.n_batch = parameters.n_ubatch = self.batch
        parameters.n_threads = parameters.n_threads_batch = self._plan.threads
        # Flash attention never makes the pattern, and rounds keys and values to float16.
        parameters.flash_attn_type = _FLASH_OFF
        parameters.type_k = parameters.type_v = GGML_F32 if self._plan.exact_memory else GGML_F16
        # A sliding layer's memory then holds a token at its position, like the others.
        parameters.swa_full = True
        parameters.no_perf = True
        if self.tap is not None:
            parameters.cb_eval = self.tap.callback
        return parameters

    @property
    def closed(self) -> bool:
        return not self._handle

    def decode(
        self, tokens: Sequence[int], positions: Sequence[int], sequences: Sequence[int], rows: Sequence[int]
    ) -> FloatArray:
        """One pass over up to `batch` tokens; logits (len(rows), vocab) of the tokens at the ascending `rows`.

        They are lent, not copied (a large vocabulary would cost as much again): valid until the next pass.
        Raises PassAbortedError if the abort callback ended it.
        """
        if self.closed:
            raise ModelRefusal("model.input", "The model is closed.", "It runs no more.", "Open it again.")
        batch = self._batch.filled(tokens, positions, sequences, rows)
        if self._asked is not None and self._asked():
            self.clear(wipe=True)
            raise PassAbortedError
        status = self._lib.llama.llama_decode(self._handle, batch)
        if self.tap is not None:
            self.tap.check(aborted=status == _ABORTED)
        if status == _ABORTED:
            self.clear(wipe=True)
            raise PassAbortedError
        if status != 0:
            self.clear(wipe=True)
            raise RuntimeError(f"llama_decode returned {status}")
        if not rows:
            return np.empty((0, self.vocab), np.float32)
        first = ctypes.addressof(self._lib.llama.llama_get_logits(self._handle).contents)
        lent = (ctypes.c_float * (len(rows) * self.vocab)).from_address(first)
        return np.frombuffer(lent, np.float32).reshape(len(rows), self.vocab)

    def clear(self, *, wipe: bool = False) -> None:
        """Forget every sequence; `wipe`: overwrite what was kept of it, too."""
        if not self.closed:
            self._lib.llama.llama_memory_clear(self._memory, wipe)

    def forget(self, sequence: int, *, start: int) -> bool:
        """Forget one sequence from a position on; False where its memory cannot be cut there."""
        return bool(self._lib.llama.llama_memory_seq_rm(self._memory, sequence, start, -1))

    def share(self, target: int) -> None:
        """Give sequence `target` what sequence 0 has computed."""
        self._lib.llama.llama_memory_seq_cp(self._memory, 0, target, -1, -1)

    def on_abort(self, asked: Abort | None) -> None:
        """Ask `asked` before each pass and, on a CPU, between its nodes from now on; None: never."""
        if self.closed:
            return
        kind = self._lib.llama.ggml_abort_callback
        self._asked = asked
        self._abort_callback = kind() if asked is None else kind(lambda _data: asked())
        self._lib.llama.llama_set_abort_callback(self._handle, self._abort_callback, None)

    def steer(self, layer_vectors: FloatArray | None) -> None:
        """Add (layers - 1, width) vectors to the residual stream after blocks 1 …; None: stop."""
        if self.closed:
            return
        if layer_vectors is None:
            data, size = None, 0
        else:
            if layer_vectors.shape != (self._layers - 1, self._width):
                raise ValueError(f"vectors of shape {layer_vectors.shape}")
            layer_vectors = np.ascontiguousarray(layer_vectors, np.float32)
            data, size = layer_vectors.ctypes.data_as(ctypes.POINTER(ctypes.c_float)), layer_vectors.size
        status = self._lib.llama.llama_set_adapter_cvec(self._handle, data, size, self._width, 1, self._layers - 1)
        if status != 0:
            raise RuntimeError(f"llama_set_adapter_cvec returned {status}")

    def _adapt(self, adapters: Sequence[tuple[Any, float]]) -> None:
        kind = self._lib.llama.llama_adapter_lora_p_ctypes
        handles = (kind * len(adapters))(*[ctypes.cast(handle, kind) for handle, _ in adapters])
        scales = (ctypes.c_float * len(adapters))(*[scale for _, scale in adapters])
        status = self._lib.llama.llama_set_adapters_lora(self._handle, handles, len(adapters), scales)
        if status != 0:
            raise RuntimeError(f"llama_set_adapters_lora returned {status}")

    def _surveyed(self) -> Anatomy:
        assert self.tap is not None
        with self.tap.survey(keeping=f"l_out-{self._layers - 1}") as survey:
            # Without a row asked for, the last block of some mixtures is built of fewer nodes.
            tokens, last = [token % self.vocab for token in _SURVEY], (len(_SURVEY) - 1,)
            logits = self.decode(tokens, range(len(_SURVEY)), [0] * len(_SURVEY), last).copy()
        self.clear()
        if len(survey.kept) == 1:
            self.tried = ReadoutTrial(survey.kept[0].reshape(-1, self._width)[-1:], logits)
        return anatomy(survey.nodes, self._layers)

    def close(self) -> None:
        """Give memory back; the tap may go only after this."""
        if self._handle:
            self._lib.llama.llama_free(self._handle)
            self._handle = None


class _Batch:
    """A `llama_batch` over arrays that numpy fills: element by element through ctypes would cost more than a decode."""

    def __init__(self, lib: Library, capacity: int) -> None:
        self._tokens = np.zeros(capacity, np.int32)
        self._positions = np.zeros(capacity, np.int32)
        self._sequences = np.zeros(capacity, np.int32)
        self._wanted = np.zeros(capacity, np.int8)
        counts = np.ones(capacity, np.int32)
        lists = self._sequences.ctypes.data + 4 * np.arange(capacity, dtype=np.uintp)
        self._kept = (counts, lists)
        int32, int8 = ctypes.POINTER(ctypes.c_int32), ctypes.POINTER(ctypes.c_int8)
        self._struct = lib.llama.llama_batch(
            n_tokens=0,
            token=self._tokens.ctypes.data_as(int32),
            embd=None,
            pos=self._positions.ctypes.data_as(int32),
            n_seq_id=counts.ctypes.data_as(int32),
            seq_id=lists.ctypes.data_as(ctypes.POINTER(int32)),
            logits=self._wanted.ctypes.data_as(int8),
        )

    def filled(
        self, tokens: Sequence[int], positions: Sequence[int], sequences: Sequence[int], rows: Sequence[int]
    ) -> Any:
        count = len(tokens)
        if not 0 < count <= len(self._tokens):
            raise ValueError(f"a batch of {count} tokens")  # llama.cpp would abort the process
        self._struct.n_tokens = count
        self._tokens[:count] = tokens
        self._positions[:count] = positions
        self._sequences[:count] = sequences
        self._wanted[:count] = 0
        self._wanted[list(rows)] = 1
        return self._struct
