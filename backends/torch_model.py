"""Any causal language model that transformers can load from a local directory, behind the model contract.

Promised on one machine with one fingerprint: the same call gives the same bits; capturing changes none. Not promised:
bits across batch sizes, or between a pass with cached keys and one over the whole sequence (they differ by rounding,
1e-6 in float32), which is why a replay compares within a tolerance.
"""

from __future__ import annotations

import copy
import os
import platform
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from backends import airgap, sampling
from backends.intake import NEEDS, Intake, PlacedEdit, Site
from backends.model import Capability, Card, Edit, FloatArray, Forward, Generated, Message, ModelRefusal, Tokens
from backends.sampling import Sampling
from backends.streaming import Heard, listener
from backends.torch_bridge import Bridge
from backends.torch_loading import Opened, open_directory, setting, unreadable
from backends.torch_patterns import Patterns
from backends.torch_probing import caches, discarded, served
from backends.torch_sites import Layout, Span, Taps, weight
from backends.vocabulary import Vocabulary

DECODE_ROWS: Final = 32
"""Samples that are decoded together."""
REPLAY_TOKENS: Final = 16_384
"""Tokens, padding included, that are teacher-forced together."""

_SHARED_FROM: Final = 100_000_000
"""Bytes of weights from which a pass is worth sharing among threads."""
READOUT_ROWS: Final = 512
_BRIDGEABLE: Final = frozenset({Capability.SUBLAYERS, Capability.HEADS, Capability.NEURONS, Capability.PATTERNS})


class TorchModel:
    """A transformers model with plain hooks for every site its layout names, and a bridge for the rest.

    A call that captures or edits at a bridged site runs on the bridge as a whole, without a cache; its logits differ
    from those of other calls by rounding. The environment record says which capabilities are bridged.
    """

    def __init__(self, opened: Opened, vocabulary: Vocabulary, *, digest: str, device: torch.device) -> None:
        self._opened, self._text, self._device = opened, vocabulary, device
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
        heads = int(setting(config, "num_attention_heads") or 1)
        projection = layout.blocks[0].attention_out
        self._head_width = (_shape_in(projection) if projection is not None else int(config.hidden_size)) // heads
        self._dtype: torch.dtype = next(self._model.parameters()).dtype
        end = vocabulary.end_token
        out = layout.unembedding if layout.unembedding is not None else layout.embedding
        down = layout.blocks[0].mlp_out
        self._card = Card(
            architecture=str(config.model_type),
            layers=int(config.num_hidden_layers),
            width=int(config.hidden_size),
            heads=heads,
            kv_heads=int(setting(config, "num_key_value_heads") or heads),
            mlp_width=int(setting(config, "intermediate_size") or 0) if down is None else _shape_in(down),
            vocab=int(out.weight.shape[0]),  # type: ignore[index]
            context=int(setting(config, "max_position_embeddings") or setting(config, "max_seq_len") or 2**31),
            dtype=str(self._dtype).removeprefix("torch."),
            digest=digest,
            end_tokens=tuple(dict.fromkeys(opened.end_tokens or (() if end is None else (end,)))),
        )
        if vocabulary.size > self._card.vocab:
            raise unreadable(
                "The tokenizer does not belong to these weights.",
                f"it has ids up to {vocabulary.size - 1}, the model only up to {self._card.vocab - 1}",
            )
        self._intake = Intake(self._card, frozenset(Capability), self._head_width)
        self._cached = True
        self._bridge: Bridge | None = None
        self._bridged: frozenset[Capability] = frozenset()
        self._read_only: frozenset[Capability] = frozenset()
        capabilities = self._extended(served(self, layout))
        if vocabulary.template is not None:
            capabilities |= {Capability.CHAT}
        self._intake = Intake(self._card, capabilities, self._head_width)
        self._cached = caches(self)
        self._environment = self._fingerprint()

    @classmethod
    def open(
        cls,
        weights: Path,
        tokenizer: Path,
        *,
        digest: str,
        device: str = "auto",
        dtype: str = "auto",
        threads: int | None = None,
    ) -> TorchModel:
        """Load a model directory and a tokenizer directory. Raises ModelRefusal."""
        torch.set_num_threads(threads or _threads(weights))
        where = _device(device)
        if dtype not in ("auto", "float32", "bfloat16", "float16"):
            raise ModelRefusal(
                "model.unsupported",
                f"There is no dtype {dtype!r} here.",
                "A model runs in float32, bfloat16 or float16.",
                "Use auto.",
            )
        if where.type == "cuda":
            torch.backends.cuda.matmul.allow_tf32 = False
            torch.backends.cudnn.allow_tf32 = False
        vocabulary = Vocabulary.open(tokenizer)
        return cls(open_directory(weights, device=where, dtype=dtype), vocabulary, digest=digest, device=where)

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

    def render(self, messages: Sequence[Message]) -> list[int]:
        return self._text.render(messages)

    def forward(
        self,
        ids: Sequence[int],
        *,
        capture: Sequence[str] = (),
        edits: Sequence[Edit] = (),
        rows: Sequence[int] | None = None,
    ) -> Forward:
        checked = self._intake.sequence(ids)
        sites = tuple(self._intake.site(name) for name in capture)
        placed = self._intake.edits(edits, len(checked))
        keep: int | torch.Tensor = 0
        if rows is not None:
            keep = torch.tensor(self._intake.rows(rows, len(checked)), dtype=torch.long, device=self._device)
        taps = self._taps(sites, placed, len(checked))
        with self._running(), taps.attached():
            logits = self._pass([checked], keep=keep, cache=None)[0]
        captured = {site.name: taps.captured(site).cpu().numpy() for site in sites}
        return Forward(self._numbers(logits, edited=bool(placed)), captured)

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
        prefix = self._intake.sequence(ids)
        taps = self._taps((), self._intake.edits(edits, len(prefix), new_tokens=sampling.max_tokens), len(prefix))
        samples = [_Sample(number) for number in range(n)]
        heard = listener(on_tokens, self.decode, self._card.end_tokens)
        with self._running(), taps.attached():
            prefilled, first = self._prefilled(prefix, taps)
            for start in range(0, n, DECODE_ROWS):
                if cancel is None or not cancel.is_set():
                    batch = samples[start : start + DECODE_ROWS]
                    cache = _expanded(prefilled, len(batch))
                    self._decode(prefix, cache, first, batch, sampling, taps, heard, cancel)
        return [sample.generated(self._card.end_tokens, cancel) for sample in samples]

    def continuations(
        self, ids: Sequence[int], continuations: Sequence[Sequence[int]], *, edits: Sequence[Edit] = ()
    ) -> list[FloatArray]:
        prefix = self._intake.sequence(ids)
        checked = [self._intake.sequence([*prefix, *c], what="continuation")[len(prefix) :] for c in continuations]
        longest = max(map(len, checked), default=0)
        taps = self._taps((), self._intake.edits(edits, len(prefix), new_tokens=max(longest, 1)), len(prefix))
        found: dict[int, FloatArray] = {}
        with self._running(), taps.attached():
            if len(checked) == 1 and longest:
                return [self._alone(prefix, checked[0], taps)]
            prefilled, first = self._prefilled(prefix, taps)
            for group in _groups(checked, 0 if prefilled is not None else len(prefix)):
                found |= self._forced(prefix, _expanded(prefilled, len(group)), first, group, checked, taps)
        return [found[i] for i in range(len(checked))]

    def readout(self, residual: FloatArray) -> FloatArray:
        if Capability.READOUT not in self.capabilities:
            raise self._unserved("A readout of the residual stream")
        array = torch.from_numpy(self._intake.residual(residual))
        parts = [self.read_out(array[i : i + READOUT_ROWS]) for i in range(0, len(array), READOUT_ROWS)]
        return np.concatenate(parts) if parts else np.empty((0, self._card.vocab), np.float32)

    def weights(self, name: str) -> FloatArray:
        found = self._matrix(name)
        if found is None:
            raise ModelRefusal(
                "model.unsupported",
                f"This engine does not serve the matrix {name!r} of this model.",
                "It serves embed, unembed, blocks.L.mlp.W_in and blocks.L.mlp.W_out where the layout has them.",
                "Name one of them.",
            )
        array: FloatArray = found.detach().float().cpu().numpy()
        return array

    def close(self) -> None:
        self._patterns.close()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    # passes

    @contextmanager
    def _running(self) -> Iterator[None]:
        """Inference only; the engine's own failures on this input become refusals."""
        try:
            with torch.inference_mode():
                yield
        except torch.OutOfMemoryError as error:
            raise ModelRefusal(
                "model.input",
                "The device's memory is full.",
                "The model, the input and the samples do not fit together.",
                "Ask for fewer samples or a shorter input.",
            ) from error

    def _pass(self, rows: Sequence[Sequence[int]], *, keep: int | torch.Tensor, cache: Any) -> torch.Tensor:
        """(batch, kept, vocab) logits of equally long rows; `cache` grows by their length."""
        ids = torch.tensor(rows, dtype=torch.long, device=self._device)
        if self._bridge is not None and self._bridge.tapped_now:
            whole = self._bridge.logits(ids)
            return whole[:, keep] if isinstance(keep, torch.Tensor) else whole[:, -keep:]
        output = self._model(input_ids=ids, past_key_values=cache, use_cache=cache is not None, logits_to_keep=keep)
        logits: torch.Tensor = output.logits
        return logits

    def _prefilled(self, prefix: list[int], taps: Taps) -> tuple[Any, FloatArray]:
        """A one-row cache of the prefix (None where this model cannot cache) and the (1, vocab) logits after it."""
        from transformers import DynamicCache

        cached = self._cached and taps.bridge is None
        cache = DynamicCache(config=self._model.config) if cached else None
        taps.span.start, taps.span.stop = 0, len(prefix)
        logits = self._pass([prefix], keep=1, cache=cache)[:, -1]
        return cache, self._numbers(logits, edited=bool(taps.edits))

    def _taps(self, capture: tuple[Site, ...], edits: tuple[PlacedEdit, ...], tokens: int) -> Taps:
        for placed in edits:
            if NEEDS[placed.site.kind] in self._read_only:
                raise ModelRefusal(
                    "model.unsupported",
                    f"{placed.site.name} cannot be edited on this model.",
                    f"On a {self._card.architecture} model it can only be read: its attention has used it by then.",
                    "Edit hook_z or hook_attn_out instead.",
                )
        kinds = {site.kind for site in capture} | {placed.site.kind for placed in edits}
        bridge = self._bridge if any(NEEDS[kind] in self._bridged for kind in kinds) else None
        return Taps(self._layout, self._patterns, self._head_width, bridge, capture, edits, Span(0, tokens))

    def _extended(self, plain: frozenset[Capability]) -> frozenset[Capability]:
        """What plain hooks serve, and what a bridge adds where they fall short on something it may know."""
        lacking = _BRIDGEABLE - plain
        if lacking <= {Capability.NEURONS}:  # experts: there is no one matrix that neurons write through
            return plain
        try:
            self._bridge = Bridge(self._model)
        except Exception:  # TransformerLens is not installed, or does not know the architecture
            return plain
        self._bridged = lacking
        self._bridged = lacking & served(self, self._layout)
        if not self._bridged:
            self._bridge = None
            return plain
        self._read_only = discarded(self, self._bridged)
        if Capability.NEURONS in self._bridged:
            return plain | self._bridged | {Capability.WEIGHTS}
        return plain | self._bridged

    def _decode(
        self,
        prefix: list[int],
        cache: Any,
        first: FloatArray,
        batch: list[_Sample],
        how: Sampling,
        taps: Taps,
        heard: Heard | None,
        cancel: threading.Event | None,
    ) -> None:
        """Decode a batch of samples until each has ended; rows that have are dropped from the cache."""
        room = min(how.max_tokens, self._card.context - len(prefix))
        logits = np.broadcast_to(first, (len(batch), first.shape[-1]))
        live = batch
        for step in range(room):
            if cancel is not None and cancel.is_set():
                break
            chosen = sampling.choose_many(logits, how, [s.number for s in live], [step] * len(live))
            for sample, token in zip(live, chosen, strict=True):
                sample.tokens.append(token)
                if heard is not None:
                    heard(sample.number, (token,))
            going = [row for row, token in enumerate(chosen) if token not in self._card.end_tokens]
            if not going or step + 1 == room:
                break
            if len(going) < len(live):
                live = [live[row] for row in going]
                if cache is not None:
                    cache.batch_select_indices(torch.tensor(going, device=self._device))
            start, stop = len(prefix) + step if cache is not None else 0, len(prefix) + step + 1
            taps.span.start, taps.span.stop = start, stop
            rows = [[*prefix, *s.tokens][start:stop] for s in live]
            logits = self._numbers(self._pass(rows, keep=1, cache=cache)[:, -1], edited=bool(taps.edits))

    def _alone(self, prefix: list[int], tokens: list[int], taps: Taps) -> FloatArray:
        """Logits of the only continuation: prefix and all in one pass, for each pass reads every weight once."""
        whole = [*prefix, *tokens[:-1]]
        taps.span.start, taps.span.stop = 0, len(whole)
        logits = self._pass([whole], keep=len(tokens), cache=None)[0]
        return self._numbers(logits, edited=bool(taps.edits))

    def _forced(
        self,
        prefix: list[int],
        cache: Any,
        first: FloatArray,
        group: list[int],
        all_tokens: list[list[int]],
        taps: Taps,
    ) -> dict[int, FloatArray]:
        """Logits of some continuations in one pass. Padding stands to their right, where causal attention makes it
        invisible to them."""
        longest = max(len(all_tokens[i]) for i in group)
        if longest < 2:
            return {i: first[: len(all_tokens[i])] for i in group}
        start, stop = len(prefix) if cache is not None else 0, len(prefix) + longest - 1
        rows = [[*prefix, *all_tokens[i], *[0] * longest][start:stop] for i in group]
        taps.span.start, taps.span.stop = start, stop
        logits = self._pass(rows, keep=longest - 1, cache=cache)
        found = {}
        for row, i in enumerate(group):
            length = len(all_tokens[i])
            rest = self._numbers(logits[row, : max(length - 1, 0)], edited=bool(taps.edits))
            found[i] = np.concatenate([first, rest])[:length]
        return found

    def _numbers(self, logits: torch.Tensor, *, edited: bool = False) -> FloatArray:
        array: FloatArray = logits.float().cpu().numpy()
        if not np.isfinite(array).all():
            if edited:
                raise ModelRefusal(
                    "model.input",
                    "The edited model's logits are not finite.",
                    "The edit pushed activations beyond what the dtype can hold.",
                    "Use a smaller edit, or float32.",
                )
            raise unreadable("The model's logits are not finite.", "its weights hold NaN or overflow the dtype")
        return array

    # matrices and readout

    def read_out(self, residual: torch.Tensor) -> FloatArray:
        """`readout` of a few rows, unchecked."""
        norm, out, config = self._layout.final_norm, self._layout.unembedding, self._model.config
        if norm is None or out is None:
            raise self._unserved("A readout of the residual stream")
        with torch.inference_mode():
            logits = out(norm(residual.to(self._device, self._dtype)))
            if (scaling := setting(config, "logits_scaling")) is not None:  # Granite
                logits = logits / scaling
            if (scale := setting(config, "logit_scale")) is not None:  # Cohere
                logits = logits * scale
            if (cap := setting(config, "final_logit_softcapping")) is not None:  # Gemma 2
                logits = torch.tanh(logits / cap) * cap
        array: FloatArray = logits.float().cpu().numpy()
        return array

    def _matrix(self, name: str) -> torch.Tensor | None:
        part = name.rpartition(".")
        if name in ("embed", "unembed"):
            module = self._layout.embedding if name == "embed" else self._layout.unembedding
            return None if module is None else weight(module)
        layer = next((i for i in range(self._card.layers) if part[0] == f"blocks.{i}.mlp"), None)
        if layer is None or part[2] not in ("W_in", "W_out"):
            return None
        block = self._layout.blocks[layer]
        module = block.mlp_in if part[2] == "W_in" else block.mlp_out
        if module is None:
            return None
        matrix = weight(module)
        # A fused projection holds the gate above the values that it gates.
        return matrix[-self._card.mlp_width :] if part[2] == "W_in" else matrix

    def _unserved(self, what: str) -> ModelRefusal:
        return ModelRefusal(
            "model.unsupported",
            f"{what} is not served on this model.",
            f"Its architecture ({self._card.architecture}) is not known well enough.",
            "Use another engine.",
        )

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
            "device": self._device.type,
            "device_name": _device_name(self._device),
            "driver": str(torch.version.cuda) if self._device.type == "cuda" else "none",
            "cpu": torch.backends.cpu.get_cpu_capability(),
            "dtype": self._card.dtype,
            "attention": str(self._model.config._attn_implementation),
            "cache": "dynamic" if self._cached else "none",
            "decode_rows": DECODE_ROWS,
            "replay_tokens": REPLAY_TOKENS,
            "deterministic": torch.are_deterministic_algorithms_enabled(),
            "tf32": torch.backends.cuda.matmul.allow_tf32,
            "adapter": self._opened.adapter,
            "bridged": ",".join(sorted(self._bridged)) or "none",
            "sampler": sampling.ALGORITHM,
        }


class _Sample:
    """One sample as it grows."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.tokens: list[int] = []

    def generated(self, end_tokens: tuple[int, ...], cancel: threading.Event | None) -> Generated:
        if self.tokens and self.tokens[-1] in end_tokens:
            return Generated(tuple(self.tokens), "end")
        return Generated(tuple(self.tokens), "cancelled" if cancel is not None and cancel.is_set() else "length")


def _expanded(cache: Any, rows: int) -> Any:
    """A copy of a one-row cache with as many equal rows; the original stays as it is."""
    if cache is None:
        return None
    copied = copy.copy(cache)
    copied.layers = [copy.copy(layer) for layer in cache.layers]
    copied.batch_repeat_interleave(rows)
    return copied


def _groups(continuations: list[list[int]], prefix: int) -> Iterator[list[int]]:
    """Indices of continuations to run together: of like length, and no more tokens than fit."""
    group: list[int] = []
    for i in sorted(range(len(continuations)), key=lambda i: len(continuations[i])):
        if group and (len(group) + 1) * (prefix + len(continuations[i])) > REPLAY_TOKENS:
            yield group
            group = []
        group.append(i)
    if group:
        yield group


def _shape_in(module: Any) -> int:
    return int(weight(module).shape[1])


def _threads(weights: Path) -> int:
    """One for a small model, whose steps are shorter than it takes to share them out; else every core."""
    size = sum(file.stat().st_size for file in weights.glob("*.safetensors"))
    return 1 if size < _SHARED_FROM else os.cpu_count() or 1


def _device(name: str) -> torch.device:
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ModelRefusal(
            "model.unsupported",
            f"The device {name!r} cannot be used.",
            f"{str(error).splitlines()[0]}.",
            "Use auto or cpu.",
        ) from error
    return device


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text(errors="replace").splitlines() if cpu.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
