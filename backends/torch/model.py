"""Any causal language model that transformers can load from a local directory, behind the model contract.

Promised on one machine with one fingerprint: the same call gives the same bits; capturing changes none. Not promised:
bits across batch sizes, or between a pass with cached keys and one over the whole sequence (they differ by rounding,
1e-6 in float32), which is why a replay compares within a tolerance.
"""

from __future__ import annotations

import gc
import platform
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import numpy as np
import torch

from backends import airgap, noise
from backends.drawing import Drawing
from backends.forcing import ForcedLogits, ForcedScores, Forcing, Taken
from backends.intake import NEEDS, Intake, PlacedPass, Span
from backends.memory import does_not_fit
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
from backends.sampling import Sampler, Sampling
from backends.settings import EngineSettings
from backends.stopping import Ends
from backends.streaming import listener
from backends.torch import hardware
from backends.torch.batches import BATCH_NUMBERS, BATCH_TOKENS, groups
from backends.torch.bridge import Bridge
from backends.torch.checkpoint import setting, unreadable
from backends.torch.decoding import DECODE_ROWS, Decoding, Decodings, Prefilled
from backends.torch.gradients import gradient
from backends.torch.loading import LoadedCheckpoint, open_directory
from backends.torch.matrices import Matrices, unserved
from backends.torch.passes import REPLAY_LOGITS, SHARED_TOKENS, Passes
from backends.torch.patterns import Patterns
from backends.torch.probing import caches, differentiates, discarded, embeds, served
from backends.torch.sites import Layout, Taps, weight
from backends.vocabulary import Vocabulary

READOUT_ROWS: Final = 512
_BRIDGEABLE: Final = frozenset({Capability.SUBLAYERS, Capability.HEADS, Capability.NEURONS, Capability.PATTERNS})


class TorchModel:
    """A transformers model with plain hooks for every site its layout names, and a bridge for the rest.

    A call that captures or edits at a bridged site runs on the bridge as a whole, without a cache; its logits differ
    from those of other calls by rounding. The environment record says which capabilities are bridged.
    """

    def __init__(self, opened: LoadedCheckpoint, vocabulary: Vocabulary, *, digest: str) -> None:
        self._opened, self._text, self._placement = opened, vocabulary, opened.placement
        self._model, config = opened.model, opened.config
        layout = Layout.of(self._model)
        if layout is None:
            raise ModelRefusal(
                "model.unsupported",
                "The model's architecture is not known here.",
                f"A {config.model_type} model has no list of layers where transformers puts it.",
                "Use another engine.",
            )
        self._layout = layout
        self._patterns = Patterns(self._model)
        self._card = _card(opened, layout, vocabulary, digest)
        if vocabulary.size > self._card.vocab:
            raise unreadable(
                "The tokenizer does not belong to these weights.",
                f"it has ids up to {vocabulary.size - 1}, the model only up to {self._card.vocab - 1}",
            )
        projection = layout.blocks[0].attention_out
        self._head_width = (_shape_in(projection) if projection is not None else self._card.width) // self._card.heads
        self._intake = Intake(self._card, frozenset(Capability), self._head_width)
        self._passes = Passes(self._model, layout.unembedding, self._card, opened.placement.first)
        self._matrices = Matrices(self._model, layout, self._card)
        self._bridge: Bridge | None = None
        self._bridged: frozenset[Capability] = frozenset()
        self._read_only: frozenset[Capability] = frozenset()
        capabilities = self._extended(served(self, layout, self._matrices))
        if vocabulary.template is not None:
            capabilities |= {Capability.CHAT}
        if differentiates(self):
            capabilities |= {Capability.GRADIENT}
        self._intake = Intake(self._card, capabilities, self._head_width)
        self._passes.cached = caches(self)
        self._embeds = embeds(self, layout.embeddings)
        self._environment = self._fingerprint()

    @classmethod
    def open(cls, files: ModelFiles, settings: EngineSettings) -> TorchModel:
        """Load a model directory and a tokenizer directory. `dtype`: auto is float32 on a CPU and the checkpoint's own
        on an accelerator. Raises ModelRefusal."""
        torch.set_num_threads(settings.threads or hardware.threads(files.weights))
        vocabulary = Vocabulary.open(files.tokenizer)
        return cls(open_directory(files.weights, settings, files.adapter), vocabulary, digest=files.digest)

    @property
    def card(self) -> Card:
        return self._card

    @property
    def capabilities(self) -> frozenset[Capability]:
        return self._intake.capabilities

    @property
    def environment(self) -> Mapping[str, str | int | bool]:
        return self._environment | {"threads": torch.get_num_threads()} | airgap.state()

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        return self._text.encode(text, special=special)

    def decode(self, ids: Sequence[int]) -> str:
        return self._text.decode(ids)

    def pieces(self, ids: Sequence[int]) -> list[str]:
        return self._text.pieces(ids)

    def render(self, messages: Sequence[Message], switches: Sequence[TemplateSwitch] = ()) -> list[int]:
        return self._text.render(messages, switches)

    def forward(
        self,
        ids: Sequence[int],
        *,
        capture: Sequence[str] = (),
        edits: Sequence[Edit] = (),
        rows: Sequence[int] | None = None,
        keep: Sequence[int] | None = None,
    ) -> Forward:
        return self._side_by_side([self._intake.placed(Pass(ids, capture, edits, rows, keep))])[0]

    def forwards(self, batch: Sequence[Pass]) -> list[Forward]:
        placed = [self._intake.placed(one) for one in batch]
        found: dict[int, Forward] = {}
        for bridged in (False, True):  # each where it would be computed alone
            alike = [i for i, one in enumerate(placed) if self._needs_bridge(one) is bridged]
            passes = [placed[i] for i in alike]
            for group in groups(passes, vocab=self._card.vocab, heads=self._card.heads):
                together = self._side_by_side([passes[j] for j in group])
                found |= {alike[j]: one for j, one in zip(group, together, strict=True)}
        return [found[i] for i in range(len(batch))]

    def _side_by_side(self, passes: Sequence[PlacedPass]) -> list[Forward]:
        taps = self._taps(*passes)
        with self._running(), taps.attached():
            logits = self._passes.whole(passes, taps)
            return [Forward(one, taps.captured(row)) for row, one in enumerate(logits)]

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
        prompt = self._prefilled(placed)
        generated: list[Generated] = []
        for start in range(0, n, DECODE_ROWS):
            samples = range(start, min(start + DECODE_ROWS, n))
            drawing = Drawing(samples, sampler, ends, heard, cancel)
            if not drawing.cancelled:
                drawing.draw(Decoding(prompt, steps.alike(drawing.count)), steps.left)
            generated += drawing.generated()
        return generated

    def cursor(self, ids: Sequence[int], n: int, *, steps: int, edits: Sequence[Edit] = ()) -> Cursor:
        placed, counted = self._intake.cursor(ids, n, steps, edits)
        return Decodings(self._prefilled(placed), counted)

    def _prefilled(self, placed: PlacedPass) -> Prefilled:
        return Prefilled(self._passes, placed.ids, self._taps(placed), self._running)

    def continuations(
        self, ids: Sequence[int], continuations: Sequence[Sequence[int]], *, edits: Sequence[Edit] = ()
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
        taps = self._taps(PlacedPass(prefix, (), self._intake.edits(edits, len(prefix), new_tokens=max(longest, 1))))
        with self._running(), taps.attached():
            self._passes.force(prefix, texts, into, taps)
        return into.found()

    def readout(self, residual: FloatArray) -> FloatArray:
        if Capability.READOUT not in self.capabilities:
            raise unserved("A readout of the residual stream", self._card)
        array = torch.from_numpy(self._intake.residual(residual))
        with self._running():
            parts = [self._matrices.read_out(array[i : i + READOUT_ROWS]) for i in range(0, len(array), READOUT_ROWS)]
        if len(parts) == 1:
            return parts[0]  # a copy of all its logits is a good part of what a viewport takes
        return np.concatenate(parts) if parts else np.empty((0, self._card.vocab), np.float32)

    def reading(self, residual: FloatArray, tokens: Sequence[int]) -> LinearReadout:
        if Capability.READOUT not in self.capabilities:
            raise unserved("A linear reading of the residual stream", self._card)
        return self._matrices.reading(*self._intake.read(residual, tokens))

    def gradient(
        self,
        ids: Sequence[int],
        aims: Sequence[Aim],
        *,
        at: str = "tokens",
        edits: Sequence[Edit] = (),
        keep: Sequence[int] | None = None,
    ) -> Gradient:
        placed, checked, site = self._intake.aimed(ids, aims, at, edits, keep)
        taps = self._taps(placed)
        if taps.bridge is not None or (site is not None and NEEDS[site.kind] in self._bridged):
            raise unserved("A gradient at or behind that site", self._card)
        if site is None and not self._embeds:
            raise ModelRefusal(
                "model.unsupported",
                "There are no slopes by token on this model.",
                f"A {self._card.architecture} model reads its tokens elsewhere too than in an embedding that is known.",
                "Take the gradient at hook_embed, or try other tokens one by one.",
            )
        with self._room():
            found = gradient(self._passes, self._layout.embeddings, placed, checked, site, taps)
        if not (np.isfinite(found.total) and np.isfinite(found.slopes).all()):
            raise ModelRefusal(
                "model.input", "The gradient is not finite.", "It overflows on the way back.", "Use float32."
            )
        return found

    def weights(self, name: str) -> FloatArray:
        found = self._matrices.named(*self._intake.weight(name))
        if found is None:
            raise self._intake.lacking(name)
        return found

    def close(self) -> None:
        self._patterns.close()
        for holder in ("_opened", "_model", "_layout", "_passes", "_matrices", "_bridge"):  # whatever holds tensors
            self.__dict__.pop(holder, None)
        if self._placement.spread:
            gc.collect()  # accelerate's hooks and their modules hold each other
        hardware.give_back(self._placement.first)

    @contextmanager
    def _running(self) -> Iterator[None]:
        """Inference only."""
        with self._room(), torch.inference_mode():
            yield

    @contextmanager
    def _room(self) -> Iterator[None]:
        """A device whose memory is full becomes a refusal, for the process can go on."""
        try:
            yield
        except RuntimeError as error:
            if self._placement.first.type == "cpu" or not hardware.out_of_memory(error):
                raise
            raise hardware.full("The device's memory") from error

    def _taps(self, *passes: PlacedPass) -> Taps:
        for placed in (placed for one in passes for placed in one.edits):
            if NEEDS[placed.site.kind] in self._read_only:
                raise ModelRefusal(
                    "model.unsupported",
                    f"{placed.site.name} cannot be edited on this model.",
                    f"On a {self._card.architecture} model it can only be read: its attention has used it by then.",
                    "Edit hook_z or hook_attn_out instead.",
                )
        bridge = self._bridge if any(map(self._needs_bridge, passes)) else None
        span = Span(0, max(len(one.ids) for one in passes))
        return Taps(self._layout, self._patterns, self._head_width, bridge, passes, span)

    def _needs_bridge(self, one: PlacedPass) -> bool:
        sites = (*one.capture, *(placed.site for placed in one.edits))
        return any(NEEDS[site.kind] in self._bridged for site in sites)

    def _extended(self, plain: frozenset[Capability]) -> frozenset[Capability]:
        """What plain hooks serve, and what a bridge adds where they fall short on something it may know."""
        lacking = _BRIDGEABLE - plain
        # Experts: there is no one matrix that neurons write through. And a bridge is on one device alone.
        if lacking <= {Capability.NEURONS} or self._placement.spread:
            return plain
        try:
            self._bridge = Bridge(self._model)
        except Exception as error:  # TransformerLens is not installed, or does not know the architecture
            if hardware.out_of_memory(error):
                raise does_not_fit() from error
            return plain
        self._bridged = lacking
        self._bridged = lacking & served(self, self._layout, self._matrices)
        if not self._bridged:
            self._bridge = None
            return plain
        self._read_only = discarded(self, self._bridged)
        if Capability.NEURONS in self._bridged:
            return plain | self._bridged | {Capability.WEIGHTS}
        return plain | self._bridged

    def _fingerprint(self) -> dict[str, str | int | bool]:
        import tokenizers
        import transformers

        return {
            "engine": "torch",
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "tokenizers": tokenizers.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            "dtype": self._card.dtype,
            "attention": str(self._model.config._attn_implementation),
            "cache": "dynamic" if self._passes.cached else "none",
            "decode_rows": DECODE_ROWS,
            "replay_tokens": self._passes.replayed,
            "replay_logits": REPLAY_LOGITS,
            "shared_tokens": SHARED_TOKENS,
            "batch_tokens": BATCH_TOKENS,
            "batch_numbers": BATCH_NUMBERS,
            "adapter": self._opened.adapter,
            "bridged": ",".join(sorted(self._bridged)) or "none",
            "sampler": noise.ALGORITHM,
        } | hardware.facts(self._placement.devices)


def _card(opened: LoadedCheckpoint, layout: Layout, vocabulary: Vocabulary, digest: str) -> Card:
    """What the model is, from its configuration, and from its matrices where they say more."""
    config, end = opened.config, vocabulary.end_token
    heads = int(setting(config, "num_attention_heads") or 1)
    out = layout.unembedding if layout.unembedding is not None else layout.embedding
    down = layout.blocks[0].mlp_out
    return Card(
        architecture=str(config.model_type),
        layers=int(config.num_hidden_layers),
        width=int(config.hidden_size),
        heads=heads,
        kv_heads=int(setting(config, "num_key_value_heads") or heads),
        mlp_width=int(setting(config, "intermediate_size") or 0) if down is None else _shape_in(down),
        vocab=int(out.weight.shape[0]),  # type: ignore[index]
        context=int(setting(config, "max_position_embeddings") or setting(config, "max_seq_len") or 2**31),
        dtype=str(next(opened.model.parameters()).dtype).removeprefix("torch."),
        digest=digest,
        end_tokens=opened.end_tokens or (() if end is None else (end,)),
        begin_tokens=vocabulary.begin_tokens,
    )


def _shape_in(module: torch.nn.Module) -> int:
    return int(weight(module).shape[1])
