"""A small exact transformer in numpy: the whole contract without an engine, for tests of everything above it.

All arithmetic is float64 and nothing is cached, so every row of every pass is a function of its own prefix alone,
whether in a batch, a prefill or in decoding, up to float64 rounding (which float32 logits do not show but once in a
million).
"""

from __future__ import annotations

import json
import platform
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from backends import airgap, noise
from backends.byte_vocabulary import ByteVocabulary
from backends.distribution import token_scores
from backends.drawing import Drawing, Steps
from backends.intake import Intake
from backends.matrices import by_head
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
from backends.noise import Reals
from backends.norm import Norm, linearised
from backends.sampling import Sampler, Sampling
from backends.stopping import Ends
from backends.streaming import listener
from backends.toy_network import Network, ToyTaps
from backends.vocabulary import Vocabulary

_TENSORS: Final = {
    "embed": "model.embed_tokens.weight",
    "unembed": "lm_head.weight",
    "ln_final.w": "model.norm.weight",
    "ln1.w": "model.layers.{}.input_layernorm.weight",
    "ln2.w": "model.layers.{}.post_attention_layernorm.weight",
    "mlp.W_gate": "model.layers.{}.mlp.gate_proj.weight",
    "mlp.W_in": "model.layers.{}.mlp.up_proj.weight",
    "mlp.W_out": "model.layers.{}.mlp.down_proj.weight",
} | {f"attn.W_{part}": f"model.layers.{{}}.self_attn.{part.lower()}_proj.weight" for part in "QKVO"}

_STEP: Final = 1e-5
"""Of a central difference: the square of it is what a gradient is off by, relatively, and 1e-16 over it by rounding."""


class ToyModel:
    """A Llama in numpy over a dict of weights named as in Hugging Face's checkpoints."""

    def __init__(
        self,
        weights: Mapping[str, npt.NDArray[np.floating]],
        *,
        heads: int,
        kv_heads: int | None = None,
        context: int = 256,
        norm_epsilon: float = 1e-6,
        rope_theta: float = 10_000.0,
        vocabulary: Vocabulary | ByteVocabulary | None = None,
        digest: str = "0" * 64,
    ) -> None:
        self._w = {name: np.asarray(value, dtype=np.float64) for name, value in weights.items()}
        self._text = vocabulary or ByteVocabulary()
        vocab, width = self._w["model.embed_tokens.weight"].shape
        self._network = Network(
            self._w, heads=heads, kv_heads=kv_heads or heads, norm_epsilon=norm_epsilon, rope_theta=rope_theta
        )
        self._epsilon, end = norm_epsilon, self._text.end_token
        self._card = Card(
            architecture="toy",
            layers=self._network.layers,
            width=width,
            heads=heads,
            kv_heads=kv_heads or heads,
            mlp_width=self._w["model.layers.0.mlp.up_proj.weight"].shape[0],
            vocab=vocab,
            context=context,
            dtype="float64",
            digest=digest,
            end_tokens=() if end is None else (end,),
            begin_tokens=self._text.begin_tokens,
        )
        self._intake = Intake(self._card, self.capabilities, self._network.head_width)

    @classmethod
    def random(
        cls,
        seed: int = 0,
        *,
        layers: int = 2,
        width: int = 16,
        heads: int = 4,
        kv_heads: int = 2,
        mlp_width: int = 24,
        vocab: int = ByteVocabulary.size,
        context: int = 256,
        digest: str = "0" * 64,
    ) -> ToyModel:
        """A toy with random weights, the same for the same seed; a larger scale than at initialisation, so that
        its opinions differ from token to token."""
        rng = np.random.Generator(np.random.Philox(seed))
        head_width = width // heads

        def matrix(rows: int, columns: int) -> Reals:
            values: Reals = rng.standard_normal((rows, columns)) * (1.5 / columns**0.5)
            return values

        weights: dict[str, Reals] = {
            "model.embed_tokens.weight": rng.standard_normal((vocab, width)),
            "model.norm.weight": 1 + 0.1 * rng.standard_normal(width),
            "lm_head.weight": matrix(vocab, width),
        }
        for layer in range(layers):
            at = f"model.layers.{layer}."
            weights |= {
                at + "input_layernorm.weight": 1 + 0.1 * rng.standard_normal(width),
                at + "post_attention_layernorm.weight": 1 + 0.1 * rng.standard_normal(width),
                at + "self_attn.q_proj.weight": matrix(heads * head_width, width),
                at + "self_attn.k_proj.weight": matrix(kv_heads * head_width, width),
                at + "self_attn.v_proj.weight": matrix(kv_heads * head_width, width),
                at + "self_attn.o_proj.weight": matrix(width, heads * head_width),
                at + "mlp.gate_proj.weight": matrix(mlp_width, width),
                at + "mlp.up_proj.weight": matrix(mlp_width, width),
                at + "mlp.down_proj.weight": matrix(width, mlp_width),
            }
        return cls(weights, heads=heads, kv_heads=kv_heads, context=context, digest=digest)

    @classmethod
    def open(cls, files: ModelFiles) -> ToyModel:
        """A Llama checkpoint (config.json, model.safetensors) in numpy; without tokenizer.json, bytes are the ids."""
        from safetensors.numpy import load_file

        weights, tokenizer = files.weights, files.tokenizer
        if files.adapter is not None:
            raise ModelRefusal(
                "model.unsupported",
                "The toy engine applies no adapters.",
                "It has none of the matrices apart that they change.",
                "Open it with the torch engine.",
            )
        try:
            config = json.loads((weights / "config.json").read_text())
            tensors = load_file(weights / "model.safetensors")
            tensors.setdefault("lm_head.weight", tensors["model.embed_tokens.weight"])
            rope = config.get("rope_parameters") or {}
            return cls(
                tensors,
                heads=config["num_attention_heads"],
                kv_heads=config.get("num_key_value_heads"),
                context=config["max_position_embeddings"],
                norm_epsilon=config["rms_norm_eps"],
                rope_theta=rope.get("rope_theta", config.get("rope_theta", 10_000.0)),
                vocabulary=Vocabulary.open(tokenizer) if (tokenizer / "tokenizer.json").is_file() else None,
                digest=files.digest,
            )
        except ModelRefusal:
            raise
        except Exception as error:  # whatever hostile files end in
            raise ModelRefusal(
                "model.unreadable",
                "The toy engine cannot load these weights.",
                f"{type(error).__name__}: {error}.",
                "Open them with the torch engine.",
            ) from error

    @property
    def tensors(self) -> Mapping[str, Reals]:
        """The weights by their checkpoint names."""
        return self._w

    @property
    def card(self) -> Card:
        return self._card

    @property
    def capabilities(self) -> frozenset[Capability]:
        return frozenset(Capability)

    @property
    def environment(self) -> Mapping[str, str | int | bool]:
        """Equal fingerprints promise equal bytes up to numpy's own matrix products."""
        return {
            "engine": "toy",
            "numpy": np.__version__,
            "python": platform.python_version(),
            "machine": platform.machine(),
            "device": "cpu",
            "dtype": "float64",
            "sampler": noise.ALGORITHM,
            **airgap.state(),
        }

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
        placed = self._intake.placed(Pass(ids, capture, edits, rows, keep))
        taps = ToyTaps(placed.edits, kept={site.name for site in placed.capture})
        logits = self._unembed(self._stream(placed.ids, taps)[placed.wanted])
        return Forward(logits, {s.name: placed.kept(s, taps.seen[s.name].astype(np.float32)) for s in placed.capture})

    def forwards(self, batch: Sequence[Pass]) -> list[Forward]:
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
        drawing = Drawing(range(n), sampler, ends, heard, cancel)
        if n and not drawing.cancelled:
            cursor = self.cursor(prefix, n, steps=sampling.max_tokens, edits=edits)
            drawing.draw(cursor, min(sampling.max_tokens, self._card.context - len(prefix)))
        return drawing.generated()

    def cursor(self, ids: Sequence[int], n: int, *, steps: int, edits: Sequence[Edit] = ()) -> Cursor:
        placed, counted = self._intake.cursor(ids, n, steps, edits)

        def after(texts: list[list[int]]) -> FloatArray:
            return self._unembed(self._stream(texts, ToyTaps(placed.edits))[:, -1])

        return _ToyCursor(after, placed.ids, counted)

    def continuations(
        self, ids: Sequence[int], continuations: Sequence[Sequence[int]], *, edits: Sequence[Edit] = ()
    ) -> list[FloatArray]:
        prefix, texts = self._intake.continued(ids, continuations)
        placed = self._intake.edits(edits, len(prefix), new_tokens=max(map(len, [[0], *texts])))
        return [
            self._unembed(
                self._stream([*prefix, *text], ToyTaps(placed))[len(prefix) - 1 : len(prefix) + len(text) - 1]
            )
            for text in texts
        ]

    def scores(
        self,
        ids: Sequence[int],
        continuations: Sequence[Sequence[int]],
        *,
        edits: Sequence[Edit] = (),
        top: int = 0,
    ) -> list[TokenScores]:
        found = self.continuations(ids, continuations, edits=edits)
        return [token_scores(logits, tokens, top) for logits, tokens in zip(found, continuations, strict=True)]

    def readout(self, residual: FloatArray) -> FloatArray:
        return self._unembed(self._intake.residual(residual).astype(np.float64))

    def reading(self, residual: FloatArray, tokens: Sequence[int]) -> LinearReadout:
        at, ids = self._intake.read(residual, tokens)
        norm = Norm(self._w["model.norm.weight"].astype(np.float32), None, centred=False, epsilon=self._epsilon)
        return linearised(norm, at, self._w["lm_head.weight"][ids].astype(np.float32))

    def gradient(
        self,
        ids: Sequence[int],
        aims: Sequence[Aim],
        *,
        at: str = "tokens",
        edits: Sequence[Edit] = (),
        keep: Sequence[int] | None = None,
    ) -> Gradient:
        """By central differences, number by number: exact to the square of the step."""
        placed, checked, site = self._intake.aimed(ids, aims, at, edits, keep)
        where = "hook_embed" if site is None else site.name

        def total(nudge: Callable[[Reals], Reals] | None = None) -> float:
            taps = ToyTaps(placed.edits, {} if nudge is None else {where: nudge})
            logits = self._network.unembedded(self._stream(placed.ids, taps)[placed.wanted])
            logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
            return float(sum(aim.weight * row[aim.token] for aim, row in zip(checked, logs, strict=True)))

        seen = ToyTaps(placed.edits, kept=(where,))
        self._stream(placed.ids, seen)
        kept = range(len(placed.ids)) if placed.keep is None else placed.keep
        slopes = np.empty((len(kept), *seen.seen[where].shape[1:]))
        for place in np.ndindex(slopes.shape):
            spot = (kept[place[0]], *place[1:])
            slopes[place] = (total(_nudged(spot, _STEP)) - total(_nudged(spot, -_STEP))) / (2 * _STEP)
        if site is None:
            slopes = slopes @ self._w["model.embed_tokens.weight"].T
        return Gradient(total(), slopes.astype(np.float32))

    def weights(self, name: str) -> FloatArray:
        part, layer = self._intake.weight(name)
        tensor = _TENSORS.get(part, "").format(layer)
        if tensor not in self._w:
            raise self._intake.lacking(name)
        array = self._w[tensor].astype(np.float32)
        return by_head(part, array, self._card) if part.startswith("attn.") else array

    def close(self) -> None:
        """Nothing to give back."""

    def _stream(self, ids: list[int] | list[list[int]], taps: ToyTaps) -> Reals:
        """All that is computed: the residual stream after the last block, of one text or of several of one length."""
        return self._network.stream(ids, taps)

    def _unembed(self, stream: Reals) -> FloatArray:
        logits = self._network.unembedded(stream).astype(np.float32)
        if not np.isfinite(logits).all():
            raise ModelRefusal(
                "model.input", "The logits are not finite.", "An edit or a weight blew them up.", "Use a smaller edit."
            )
        return logits


def _nudged(spot: tuple[int, ...], step: float) -> Callable[[Reals], Reals]:
    """What adds a step to one number of an activation."""

    def nudge(value: Reals) -> Reals:
        value = value.copy()
        value[spot] += step
        return value

    return nudge


class _ToyCursor:
    """Computes each text from its start at every step: those that go on, which are of one length, together."""

    def __init__(self, after: Callable[[list[list[int]]], FloatArray], prefix: list[int], steps: Steps) -> None:
        self._after, self._steps = after, steps
        self._texts = [list(prefix) for _ in range(steps.count)]
        self._logits = np.repeat(after([prefix]), steps.count, axis=0)

    @property
    def logits(self) -> FloatArray:
        self._steps.open()
        return self._logits

    def advance(self, tokens: Sequence[int | None]) -> None:
        going = self._steps.going(tokens)
        for sample, token in going.items():
            self._texts[sample].append(token)
        if going:
            self._logits[list(going)] = self._after([self._texts[sample] for sample in going])

    def close(self) -> None:
        self._steps.close()
