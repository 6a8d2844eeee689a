"""A small exact transformer in numpy: the whole contract without an engine, for tests of everything above it.

The Llama architecture (Touvron et al. 2023): RMSNorm, rotary positions, grouped queries, SwiGLU. All arithmetic is
float64 and nothing is cached, so every row of every pass is a function of its own prefix alone, whether in a batch, a
prefill or in decoding, up to float64 rounding (which float32 logits do not show but once in a million).
"""

from __future__ import annotations

import json
import platform
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from backends import airgap, noise
from backends.chat import unknown_switch
from backends.distribution import token_scores
from backends.drawing import Drawing, Steps
from backends.intake import Intake, PlacedEdit
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
from backends.norm import Norm, linearised
from backends.sampling import Sampler, Sampling
from backends.stopping import Ends
from backends.streaming import listener
from backends.vocabulary import Vocabulary

_Reals = npt.NDArray[np.float64]

BYTES: Final = 256
BEGIN, TURN, END = 256, 257, 258
"""Special ids of the byte vocabulary that a toy has if no tokenizer is given."""

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

_NONE: Final[Mapping[str, Any]] = {}

_SPELLING = {BEGIN: b"<|begin|>", TURN: b"<|turn|>", END: b"<|end|>"}


class ByteVocabulary:
    """Bytes as ids 0 … 255, then three special tokens; the chat template is `<|turn|>role\\ncontent<|end|>`."""

    size = 259
    begin_tokens: tuple[int, ...] = (BEGIN,)
    end_token = END

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        data = text.encode("utf-8", "surrogatepass")
        if not special:
            return list(data)
        ids: list[int] = []
        while data:
            found = next((i for i, spelling in _SPELLING.items() if data.startswith(spelling)), None)
            ids.append(data[0] if found is None else found)
            data = data[1 if found is None else len(_SPELLING[found]) :]
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        return b"".join(map(self.bytes_of, ids)).decode("utf-8", "replace")

    def pieces(self, ids: Sequence[int]) -> list[str]:
        return [self.bytes_of(i).decode("utf-8", "backslashreplace") for i in ids]

    def bytes_of(self, index: int) -> bytes:
        return bytes([index]) if 0 <= index < BYTES else _SPELLING.get(index, "\ufffd".encode())

    def render(self, messages: Sequence[Message], switches: Sequence[TemplateSwitch] = ()) -> list[int]:
        if switches:
            raise unknown_switch(switches[0].name, ())
        if not messages:
            raise ModelRefusal(
                "model.input", "The chat is empty.", "A template needs at least one turn.", "Add a user message."
            )
        ids = [BEGIN]
        for turn in messages:
            ids += [TURN, *self.encode(f"{turn.role}\n{turn.content}"), END]
        if messages[-1].role == "assistant":
            return ids[:-1]
        return [*ids, TURN, *self.encode("assistant\n")]


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
        self._epsilon, self._theta = norm_epsilon, rope_theta
        end = self._text.end_token
        self._card = Card(
            architecture="toy",
            layers=1 + max(int(name.split(".")[2]) for name in self._w if name.startswith("model.layers.")),
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
        head_width = self._w["model.layers.0.self_attn.q_proj.weight"].shape[0] // heads
        self._intake = Intake(self._card, self.capabilities, head_width)
        self._turns: _Reals = np.empty((2, 0, head_width // 2))

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

        def matrix(rows: int, columns: int) -> _Reals:
            values: _Reals = rng.standard_normal((rows, columns)) * (1.5 / columns**0.5)
            return values

        weights: dict[str, _Reals] = {
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
    def tensors(self) -> Mapping[str, _Reals]:
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
        taps = _Taps(placed.edits)
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
        return _ToyCursor(lambda text: self._unembed(self._stream(text, _Taps(placed.edits))[-1:]), placed.ids, counted)

    def continuations(
        self, ids: Sequence[int], continuations: Sequence[Sequence[int]], *, edits: Sequence[Edit] = ()
    ) -> list[FloatArray]:
        prefix, texts = self._intake.continued(ids, continuations)
        placed = self._intake.edits(edits, len(prefix), new_tokens=max(map(len, [[0], *texts])))
        return [
            self._unembed(self._stream([*prefix, *text], _Taps(placed))[len(prefix) - 1 : len(prefix) + len(text) - 1])
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

        def total(nudge: Callable[[_Reals], _Reals] | None = None) -> float:
            taps = _Taps(placed.edits, {} if nudge is None else {where: nudge})
            logits = self._unembedded(self._stream(placed.ids, taps)[placed.wanted])
            logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
            return float(sum(aim.weight * row[aim.token] for aim, row in zip(checked, logs, strict=True)))

        seen = _Taps(placed.edits)
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

    def _stream(self, ids: list[int], taps: _Taps) -> _Reals:
        """The residual stream after the last block, (T, width)."""
        stream = taps("hook_embed", self._w["model.embed_tokens.weight"][ids])
        for layer in range(self._card.layers):
            stream = stream + taps(f"blocks.{layer}.hook_attn_out", self._attention(stream, layer, taps))
            stream = stream + taps(f"blocks.{layer}.hook_mlp_out", self._mlp(stream, layer, taps))
            stream = taps(f"blocks.{layer}.hook_resid_post", stream)
        return stream

    def _attention(self, stream: _Reals, layer: int, taps: _Taps) -> _Reals:
        at, tokens = f"model.layers.{layer}.", len(stream)
        normed = self._norm(stream, at + "input_layernorm.weight")

        def split(part: str) -> _Reals:  # (heads, T, head_width)
            flat = normed @ self._w[f"{at}self_attn.{part}_proj.weight"].T
            split: _Reals = flat.reshape(tokens, -1, self._intake.head_width).transpose(1, 0, 2)
            return split

        groups = self._card.heads // self._card.kv_heads
        q, k = self._rotate(split("q")), self._rotate(split("k")).repeat(groups, axis=0)
        scores = q @ k.transpose(0, 2, 1) / self._intake.head_width**0.5
        scores[:, np.arange(tokens) > np.arange(tokens)[:, None]] = -np.inf
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        pattern = taps(f"blocks.{layer}.attn.hook_pattern", weights / weights.sum(-1, keepdims=True))
        z = (pattern @ split("v").repeat(groups, axis=0)).transpose(1, 0, 2)
        z = taps(f"blocks.{layer}.attn.hook_z", z)
        out: _Reals = z.reshape(tokens, -1) @ self._w[at + "self_attn.o_proj.weight"].T
        return out

    def _rotate(self, x: _Reals) -> _Reals:
        """Rotary positions (Su et al. 2021) over two halves of the head, as Llama checkpoints lay them out."""
        half, tokens = self._intake.head_width // 2, x.shape[1]
        if tokens > self._turns.shape[1]:  # kept for the longest text so far
            angles = np.arange(tokens)[:, None] * self._theta ** (-np.arange(half) / half)
            self._turns = np.stack([np.cos(angles), np.sin(angles)])
        cos, sin = self._turns[:, :tokens]
        return np.concatenate(
            [x[..., :half] * cos - x[..., half:] * sin, x[..., half:] * cos + x[..., :half] * sin], -1
        )

    def _mlp(self, stream: _Reals, layer: int, taps: _Taps) -> _Reals:
        at = f"model.layers.{layer}."
        normed = self._norm(stream, at + "post_attention_layernorm.weight")
        gate = normed @ self._w[at + "mlp.gate_proj.weight"].T
        gate = gate / (1 + np.exp(-gate))
        post = taps(f"blocks.{layer}.mlp.hook_post", gate * (normed @ self._w[at + "mlp.up_proj.weight"].T))
        out: _Reals = post @ self._w[at + "mlp.down_proj.weight"].T
        return out

    def _norm(self, x: _Reals, name: str) -> _Reals:
        normed: _Reals = x / np.sqrt((x * x).mean(-1, keepdims=True) + self._epsilon) * self._w[name]
        return normed

    def _unembedded(self, stream: _Reals) -> _Reals:
        logits: _Reals = self._norm(stream, "model.norm.weight") @ self._w["lm_head.weight"].T
        return logits

    def _unembed(self, stream: _Reals) -> FloatArray:
        logits = self._unembedded(stream).astype(np.float32)
        if not np.isfinite(logits).all():
            raise ModelRefusal(
                "model.input", "The logits are not finite.", "An edit or a weight blew them up.", "Use a smaller edit."
            )
        return logits


def _nudged(spot: tuple[int, ...], step: float) -> Callable[[_Reals], _Reals]:
    """What adds a step to one number of an activation."""

    def nudge(value: _Reals) -> _Reals:
        value = value.copy()
        value[spot] += step
        return value

    return nudge


class _ToyCursor:
    """Computes each text from its start at every step."""

    def __init__(self, after: Callable[[list[int]], FloatArray], prefix: list[int], steps: Steps) -> None:
        self._after, self._steps = after, steps
        self._texts = [list(prefix) for _ in range(steps.count)]
        self._logits = np.repeat(after(prefix), steps.count, axis=0)

    @property
    def logits(self) -> FloatArray:
        self._steps.open()
        return self._logits

    def advance(self, tokens: Sequence[int | None]) -> None:
        for sample, token in self._steps.going(tokens).items():
            self._texts[sample].append(token)
            self._logits[sample] = self._after(self._texts[sample])

    def close(self) -> None:
        self._steps.close()


class _Taps:
    """Applies the edits of a call at each site and keeps what it saw there."""

    def __init__(self, edits: Sequence[PlacedEdit], nudges: Mapping[str, Callable[[_Reals], _Reals]] = _NONE) -> None:
        """`nudges`: what is done at a site after its edits."""
        self._edits, self._nudges = edits, nudges
        self.seen: dict[str, _Reals] = {}

    def __call__(self, name: str, value: _Reals) -> _Reals:
        for placed in self._edits:
            if placed.site.name == name:
                value = _edited(placed, value)
        if name in self._nudges:
            value = self._nudges[name](value)
        self.seen[name] = value
        return value


def _edited(placed: PlacedEdit, value: _Reals) -> _Reals:
    """A copy of a site's activation, (T, …) or (heads, T, T), with the edit made."""
    edit, value = placed.edit, value.copy()
    view = value
    if edit.head is not None:
        view = value[edit.head] if placed.site.kind == "attn.hook_pattern" else value[:, edit.head]
    axis = view.ndim + placed.position_axis
    at, change = placed.rows(0, view.shape[axis])
    where = (slice(None),) * axis + (slice(None) if at is None else at,)
    match edit.op:
        case "zero":
            view[where] = 0
        case "scale":
            view[where] *= edit.factor
        case "add":
            view[where] += edit.factor * np.float64(change)
        case "replace":
            view[where] = change
    return value
