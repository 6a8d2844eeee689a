"""A GGUF model run by llama.cpp: the contract over llama-cpp-python's low-level API.

What is promised: on one build, with one plan (both stand in `environment`), equal calls give equal bytes on a CPU.
With float32, float16, bfloat16 or Q8_0 weights so do any number of threads, any rows asked for, watched and unwatched
passes, teacher-forced and plain ones, and a sample among two or more whatever their number; the kernels of the other
quantised types treat a few rows otherwise than many (1e-6 of the greatest logit). A single sample's steps, and
continuations of two tokens among their like, have one row each and differ from the same rows among others in their last
bits. Between builds, and against torch, logits agree within the bounds that `tests/backends/test_parity.py` states.
Quantised weights are another model: how far away it is is measured there, not promised.
"""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from functools import partial

import numpy as np

from backends import airgap
from backends.drawing import Drawing, Steps
from backends.forcing import ForcedLogits, ForcedScores, Forcing, Taken
from backends.intake import Intake, PlacedEdit, PlacedPass, Site
from backends.llama.anatomy import Anatomy
from backends.llama.context import ContextPlan, PassAbortedError
from backends.llama.cursor import Round, Rounds
from backends.llama.library import Library, library
from backends.llama.loading import LoadedGguf, open_model
from backends.llama.matrices import GgufMatrices
from backends.llama.passes import Contexts, Passes, rounds
from backends.llama.steering import steering
from backends.llama.taps import SiteTaps
from backends.llama.tokenizer import check_vocabulary
from backends.llama.vocabulary import LlamaVocabulary, TextCodec, has_tokenizer
from backends.llama.weights import Readout
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
from backends.noise import ALGORITHM
from backends.sampling import Sampler, Sampling
from backends.settings import EngineSettings
from backends.stopping import Ends
from backends.streaming import listener
from backends.vocabulary import Vocabulary

_BATCH = 256
"""Tokens a pass computes at once."""

_QUICK = 1 << 28
"""Weights of fewer bytes are passed so quickly that a cancel can wait for the end of a step."""

_SHARED_FROM = 100_000_000
"""Bytes of weights from which a pass is worth sharing among threads. Those of llama.cpp wait for each other after every
node by spinning: on a small model that gains nothing, and where another program holds a core it costs a hundredfold."""


class LlamaModel:
    """One GGUF model, with the contexts it runs in."""

    def __init__(
        self, lib: Library, opened: LoadedGguf, vocabulary: TextCodec, *, digest: str, plan: ContextPlan
    ) -> None:
        self._lib, self._opened, self._vocabulary, self._plan = lib, opened, vocabulary, plan
        self._closed = False
        self._card = opened.card(lib, vocabulary, digest)
        self._contexts = Contexts(lib, opened.handle, plan, self._card.context)
        self._readout = Readout(opened.weights, plan.threads)
        self._matrices = GgufMatrices(opened.weights, self._card, self._readout.unembedding)
        self._quick = lib.llama.llama_model_size(opened.handle) < _QUICK
        try:
            self._own_tokenizer = check_vocabulary(
                lib, opened.handle, opened.weights.file, vocabulary, self._card.vocab
            )
            self._anatomy, self._head_width = self._surveyed()
            self._intake = Intake(self._card, self._offered(), self._head_width)
            if self._reads_out():
                every = frozenset({*self._intake.capabilities, Capability.READOUT})
                self._intake = Intake(self._card, every, self._head_width)
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(cls, files: ModelFiles, settings: EngineSettings) -> LlamaModel:
        """Load GGUF, or safetensors once converted. Raises ModelRefusal."""
        lib = library()
        read = Vocabulary.open(files.tokenizer) if has_tokenizer(files.tokenizer) else None
        opened = open_model(lib, files, settings)
        exact = "float32" in (opened.dtype, settings.dtype)
        cores = _cores() if lib.llama.llama_model_size(opened.handle) >= _SHARED_FROM else 1
        plan = ContextPlan(settings.threads or cores, _BATCH, exact_memory=exact, adapters=opened.adapters)
        vocabulary = read or LlamaVocabulary(lib, opened.handle, opened.weights.file)
        return cls(lib, opened, vocabulary, digest=files.digest, plan=plan)

    @property
    def card(self) -> Card:
        return self._card

    @property
    def capabilities(self) -> frozenset[Capability]:
        return self._intake.capabilities

    @property
    def environment(self) -> Mapping[str, str | int | bool]:
        return {
            "engine": "llama",
            "version": self._lib.version,
            "build": self._lib.digest,
            "features": self._lib.features,
            "machine": platform.machine(),
            "device": "accelerator" if self._opened.offloaded else "cpu",
            "threads": self._plan.threads,
            "dtype": self._card.dtype,
            "weights_origin": self._opened.origin,
            "attention": "explicit",
            "attention_memory": "float32" if self._plan.exact_memory else "float16",
            "batch": self._plan.batch,
            "tokenizer": "gguf" if isinstance(self._vocabulary, LlamaVocabulary) else "case",
            "own_tokenizer": self._own_tokenizer,
            "adapters": len(self._opened.adapters),
            "deterministic": not self._opened.offloaded,
            "sampler": ALGORITHM,
            **({"activation": "float16"} if self._anatomy.tabled else {}),
            **({"taken_for_granted": granted} if (granted := self._opened.understanding.granted) else {}),
            **airgap.state(),
        }

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        return self._vocabulary.encode(text, special=special)

    def decode(self, ids: Sequence[int]) -> str:
        return self._vocabulary.decode(ids)

    def pieces(self, ids: Sequence[int]) -> list[str]:
        return self._vocabulary.pieces(ids)

    def render(self, messages: Sequence[Message], switches: Sequence[TemplateSwitch] = ()) -> list[int]:
        return self._vocabulary.render(messages, switches)

    def forward(
        self,
        ids: Sequence[int],
        *,
        capture: Sequence[str] = (),
        edits: Sequence[Edit] = (),
        rows: Sequence[int] | None = None,
        keep: Sequence[int] | None = None,
    ) -> Forward:
        placed = self._intake.placed(Pass(ids, capture, edits, rows, keep))
        passes = self._passes(1, len(placed.ids), placed.capture, placed.edits, wanted=_looked_at(placed))
        with passes.running():
            logits = self._finite(passes.prompt(placed.ids, placed.wanted), edited=bool(edits))
        seen = passes.taps.captured() if passes.taps is not None else {}
        return Forward(logits, {site.name: placed.kept(site, seen[site]) for site in placed.capture})

    def forwards(self, batch: Sequence[Pass]) -> list[Forward]:
        """One after the other: side by side they take as long, and differ in their last bits."""
        return [self.forward(**vars(one)) for one in batch]

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
        prefix = self._intake.sequence(ids)
        sampler, heard = Sampler(sampling, prefix), listener(on_tokens, self.decode, self._card.end_tokens)
        ends = Ends(self._card.end_tokens, sampling.stop, self.decode)
        placed, steps = self._intake.cursor(prefix, max(1, n), sampling.max_tokens, edits)
        generated: list[Generated] = []
        for samples in rounds(n):
            drawing = Drawing(samples, sampler, ends, heard, cancel)
            if steps.left > 0 and not drawing.cancelled:
                self._draw(placed, drawing, steps.alike(drawing.count))
            generated += drawing.generated()
        return generated

    def _draw(self, placed: PlacedPass, drawing: Drawing, steps: Steps) -> None:
        room, passes = steps.left, self._passes(steps.count, len(placed.ids) + steps.left, (), placed.edits)
        check = partial(self._finite, edited=bool(placed.edits))
        with suppress(PassAbortedError):  # what was drawn before stays
            opened = Round(passes, placed.ids, steps, check, abort=lambda: drawing.cancelled, hurried=not self._quick)
            with closing(opened) as cursor:
                drawing.draw(cursor, room)

    def cursor(self, ids: Sequence[int], n: int, *, steps: int, edits: Sequence[Edit] = ()) -> Cursor:
        placed, counted = self._intake.cursor(ids, n, steps, edits)

        def opened(of: Steps) -> Round:
            passes = self._passes(of.count, len(placed.ids) + of.left, (), placed.edits, apart=True)
            return Round(passes, placed.ids, of, partial(self._finite, edited=bool(edits)), apart=True)

        return Rounds(counted, opened)

    def continuations(
        self,
        ids: Sequence[int],
        continuations: Sequence[Sequence[int]],
        *,
        edits: Sequence[Edit] = (),
    ) -> list[FloatArray]:
        return self._forced(ids, continuations, edits, ForcedLogits())

    def scores(
        self,
        ids: Sequence[int],
        continuations: Sequence[Sequence[int]],
        *,
        edits: Sequence[Edit] = (),
        top: int = 0,
    ) -> list[TokenScores]:
        return self._forced(ids, continuations, edits, ForcedScores(top))

    def _forced(
        self, ids: Sequence[int], continuations: Sequence[Sequence[int]], edits: Sequence[Edit], into: Forcing[Taken]
    ) -> list[Taken]:
        prefix, texts = self._intake.continued(ids, continuations)
        longest = max(map(len, texts), default=0)
        placed = self._intake.edits(edits, len(prefix), new_tokens=max(longest, 1))
        # The prefix gives the first token of each; those that go on stand side by side with others of like length.
        going = sorted((at for at, text in enumerate(texts) if len(text) > 1), key=lambda at: len(texts[at]))
        parts = [[going[at] for at in part] for part in rounds(len(going))]
        passes = self._passes(max(map(len, parts), default=1), len(prefix) + max(longest, 1), (), placed)
        with passes.running():
            into.start(self._finite(passes.prompt(prefix, [len(prefix) - 1]), edited=bool(edits)), texts)
            for number, part in enumerate(parts):
                if number > 0:
                    passes.back_to(prefix)
                passes.share(len(part))
                take = partial(self._hand_on, into, part, edited=bool(edits))
                passes.side_by_side([texts[at][:-1] for at in part], len(prefix), take)
        return into.found()

    def _hand_on(
        self, into: Forcing[Taken], texts: Sequence[int], sequence: int, logits: FloatArray, *, edited: bool
    ) -> None:
        into.rest(texts[sequence], self._finite(logits, edited=edited))

    def readout(self, residual: FloatArray) -> FloatArray:
        self._needs(Capability.READOUT)
        return self._readout(self._intake.residual(residual))

    def reading(self, residual: FloatArray, tokens: Sequence[int]) -> LinearReadout:
        self._needs(Capability.READOUT)
        return self._readout.linear(*self._intake.read(residual, tokens))

    def gradient(
        self,
        ids: Sequence[int],
        aims: Sequence[Aim],
        *,
        at: str = "tokens",
        edits: Sequence[Edit] = (),
        keep: Sequence[int] | None = None,
    ) -> Gradient:
        raise self._intake.no_gradient()  # llama.cpp computes forward only

    def weights(self, name: str) -> FloatArray:
        found = self._matrices.named(*self._intake.weight(name))
        if found is None:
            raise self._intake.lacking(name)
        return found

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._contexts.close()
            self._lib.llama.llama_model_free(self._opened.handle)

    def _passes(
        self,
        sequences: int,
        length: int,
        capture: tuple[Site, ...],
        edits: tuple[PlacedEdit, ...],
        *,
        apart: bool = False,
        wanted: tuple[int, ...] | None = None,
    ) -> Passes:
        """An empty context of the kind that is needed; it has a tap only where something is captured or edited.
        `apart`: one that no other call will use. `wanted`: the positions that anything is wanted at; None: all."""
        get = self._contexts.made if apart else self._contexts.get
        added = None if capture else steering(edits, self._card)
        if added is not None or not (capture or edits):
            return Passes(get(sequences, length, tapped=False), self._plan.batch, steering=added)
        # A new pattern can let a token attend to later ones, which must have been computed by then.
        whole = any(placed.site.kind == "attn.hook_pattern" and placed.edit.value is not None for placed in edits)
        context = get(sequences, length, tapped=True, whole=whole)
        assert context.anatomy is not None
        taps = SiteTaps(context.anatomy, self._head_width, capture, edits, wanted=wanted)
        return Passes(context, length if whole else self._plan.batch, taps)

    def _surveyed(self) -> tuple[Anatomy, int]:
        """The sites of this model, and the width of a head."""
        found = self._contexts.get(1, 1, tapped=True).anatomy
        assert found is not None
        widths = {node.shape[-1] for (kind, _), node in found.sites.items() if kind == "attn.hook_z"}
        if len(widths) > 1 or any(width % self._card.heads for width in widths):
            found = found.without(Capability.HEADS, "Its blocks have different heads.")
        return found, max(widths, default=self._card.width) // self._card.heads

    def _offered(self) -> frozenset[Capability]:
        """Everything but the readout, which can only be tried on a model that runs."""
        offered = {*self._anatomy.capabilities, Capability.EDITS}
        if self._vocabulary.template is not None:
            offered.add(Capability.CHAT)
        if self._matrices.complete:
            offered.add(Capability.WEIGHTS)
        return frozenset(offered)

    def _reads_out(self) -> bool:
        """Whether norm and unembedding, as read from the file, give the logits that llama.cpp gave after a text; those
        after each of its tokens would take as long, of a large vocabulary, as a tenth of the loading."""
        tried = self._contexts.get(1, 1, tapped=True).tried
        if tried is None or not self._readout.known or Capability.RESIDUAL not in self._anatomy.capabilities:
            return False
        return self._readout.gives(tried.logits, tried.residual)

    def _needs(self, capability: Capability) -> None:
        if capability not in self.capabilities:
            raise ModelRefusal(
                "model.unsupported",
                f"This engine does not serve {capability.value} of this model.",
                f"The GGUF file of this {self._card.architecture} does not hold it in a form that is known here.",
                "Use the torch engine.",
            )

    def _finite(self, logits: FloatArray, *, edited: bool) -> FloatArray:
        if logits.size and not (np.isfinite(logits.max()) and np.isfinite(logits.min())):
            why = "an edit blew the activations up" if edited else "the weights or the input lead to overflow"
            raise ModelRefusal(
                "model.input",
                "The model's logits are not finite.",
                f"Some are NaN or infinite: {why}.",
                "Use smaller edits." if edited else "Open the model with dtype float32, or another input.",
            )
        return logits


def _looked_at(placed: PlacedPass) -> tuple[int, ...] | None:
    """The positions that something of a pass is wanted at; None: all of them, as where something is edited, for an edit
    is made at rows that are computed."""
    if placed.edits or placed.keep is None:
        return None
    return tuple(sorted({*placed.wanted, *placed.keep}))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
