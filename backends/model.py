"""The contract every engine serves: token ids in; logits, activations and text out."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from backends.sampling import Sampling

FloatArray = npt.NDArray[np.float32]
IdArray = npt.NDArray[np.int32]


class Capability(StrEnum):
    """Something an engine can do with the model at hand; probes declare which ones they need."""

    CHAT = "chat"
    """`render` knows the model's chat template."""
    RESIDUAL = "residual"
    """Capture of `blocks.{l}.hook_resid_post` (and `hook_embed`)."""
    SUBLAYERS = "sublayers"
    """Capture of `blocks.{l}.hook_attn_out` and `blocks.{l}.hook_mlp_out`."""
    PATTERNS = "patterns"
    """Capture of `blocks.{l}.attn.hook_pattern`."""
    HEADS = "heads"
    """Capture of `blocks.{l}.attn.hook_z`."""
    NEURONS = "neurons"
    """Capture of `blocks.{l}.mlp.hook_post`."""
    EDITS = "edits"
    """Edits at every site that can be captured."""
    READOUT = "readout"
    """Final norm and unembedding of any residual, also linearised."""
    GRADIENT = "gradient"
    """How log-probabilities change with the tokens, or with what is at a site."""
    WEIGHTS = "weights"
    """Embedding, unembedding, MLP and attention matrices and norms as arrays, as far as the model has them."""


class ModelRefusal(ValueError):  # noqa: N818 - it refuses; it is not a mistake of the program
    """An engine cannot do what was asked of it: what, why, and what to try, in plain sentences.

    `code` is one of `model.unreadable`, `model.unsupported`, `model.input`, `model.crashed`.
    """

    def __init__(self, code: str, what: str, why: str, try_this: str) -> None:
        self.code, self.what, self.why, self.try_this = code, what, why, try_this
        super().__init__(f"{what} {why} {try_this}")

    def __reduce__(self) -> tuple[type[ModelRefusal], tuple[str, str, str, str]]:
        return type(self), (self.code, self.what, self.why, self.try_this)


@dataclass(frozen=True)
class Message:
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class TemplateSwitch:
    """Something that a chat template is told beside the turns, such as `enable_thinking`."""

    name: str
    value: bool | int | str


@dataclass(frozen=True)
class Card:
    """What the model is. Widths are in units (not bytes), `context` in tokens."""

    architecture: str
    layers: int
    width: int
    heads: int
    kv_heads: int
    mlp_width: int
    vocab: int
    context: int
    dtype: str
    digest: str
    """SHA-256 (hex) that names the weights and tokenizer, as given by whoever verified the files."""
    end_tokens: tuple[int, ...]
    """Ids that end a generation."""
    begin_tokens: tuple[int, ...] = ()
    """Ids that the tokenizer puts before every text: a beginning of the sequence, or none. `encode` leaves them out."""


SITE = re.compile(
    r"hook_embed|blocks\.(?P<layer>\d+)\."
    r"(?:hook_resid_post|hook_attn_out|hook_mlp_out|attn\.hook_pattern|attn\.hook_z|mlp\.hook_post)"
)
"""The sites, in TransformerLens' names. Shapes without batch, for T tokens:
hook_embed (the stream as it enters block 0: token embeddings, scaled and with learned positions where the model has
them), resid_post, attn_out, mlp_out (T, width); hook_z (T, heads, head_width); hook_post (T, mlp_width);
hook_pattern (heads, T, T). attn_out and mlp_out are what is added to the stream (after a post-norm, where there is
one), so hook_embed and all of them sum to the last resid_post. A captured site shows what the edits left there."""


WEIGHT = re.compile(
    r"embed|unembed|ln_final\.[wb]|blocks\.(?P<layer>\d+)\."
    r"(?P<part>mlp\.(?:W_in|W_out|W_gate|b_in|b_out)|attn\.[Wb]_[QKVO]|attn\.[qk]_norm\.w|ln[12](?:_post)?\.[wb])"
)
"""The weights, in TransformerLens' names, without the scaling or norms around them. Shapes: embed, unembed (vocab,
width); W_in and W_gate (mlp_width, width), W_out (width, mlp_width); W_Q, W_K and W_V (heads, width, head_width), with
each key and value head as often as heads share it, and rotary positions over two halves of a head; W_O (heads,
head_width, width); biases alike, (mlp_width,), (width,) and (heads, head_width). Norms as they multiply (Gemma's with
1 added): ln1 before the attention, ln2 before the MLP, ln1_post and ln2_post after them, ln_final before unembed."""


def resid_post(layer: int) -> str:
    """Name of the residual stream after block `layer` (counted from 0)."""
    return f"blocks.{layer}.hook_resid_post"


@dataclass(frozen=True, eq=False)
class Edit:
    """One change to the activations at a site, as data, so that it can be recorded, hashed and replayed."""

    site: str
    op: Literal["add", "scale", "replace", "zero"]
    value: FloatArray | None = None
    """`add`, `replace`: broadcast against the edited rows, e.g. (width,) or (positions, width)."""
    factor: float = 1.0
    """`scale`: what the rows are multiplied by; `add`: what `value` is multiplied by."""
    positions: tuple[int, ...] | None = None
    """Token positions counted from the start of the sequence; None: every position, generated ones too."""
    head: int | None = None
    """At `hook_z` and `hook_pattern`: one head only."""


@dataclass(frozen=True, eq=False)
class Pass:
    """One of several passes: the arguments of `forward`."""

    ids: Sequence[int]
    capture: Sequence[str] = ()
    edits: Sequence[Edit] = ()
    rows: Sequence[int] | None = None
    keep: Sequence[int] | None = None


@dataclass(frozen=True, eq=False)
class Forward:
    """What one forward pass gave."""

    logits: FloatArray
    """(rows, vocab), float32, for the rows that were asked for."""
    captured: Mapping[str, FloatArray] = field(default_factory=dict)
    """site → array, float32, shapes as in SITE, with all T positions or those that were to be kept; of a pattern these
    are the queries."""


@dataclass(frozen=True, eq=False)
class TokenScores:
    """How expected each of some tokens was where it stands: what is left of its row of logits. In nats."""

    logprobs: FloatArray
    """(tokens,)"""
    ranks: IdArray
    """(tokens,); 1 is the likeliest, and one more than the number of likelier tokens."""
    entropies: FloatArray
    """(tokens,), of the whole distribution that the token was one of."""
    best: IdArray
    """(tokens, top) ids that were likeliest there, in order; of equally likely ones the lower id first."""
    best_logprobs: FloatArray
    """(tokens, top)"""


@dataclass(frozen=True, eq=False)
class LinearReadout:
    """Logits as linear functions of residuals: directions · residual + offsets, before a soft-cap."""

    directions: FloatArray
    """(rows, width)"""
    offsets: FloatArray
    """(rows,)"""


@dataclass(frozen=True)
class Aim:
    """A token that is to be likely after a position, or unlikely: part of what a gradient is taken of."""

    position: int
    """The row of logits that is meant, counted from the start, or with negative numbers from the end."""
    token: int
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class Gradient:
    """What Σ weight · log p(token) over some aims is (nats), and how it changes."""

    total: float
    slopes: FloatArray
    """(positions, vocab) with each token counted in at each position, or at a site (positions, …) as in SITE."""


@dataclass(frozen=True)
class Generated:
    """One sample: the new tokens and why they ended."""

    tokens: tuple[int, ...]
    """Everything that was drawn, an end token or the tokens of a stop string included."""
    stop: Literal["end", "length", "cancelled", "string"]


TokenListener = Callable[[int, Sequence[int], str], None]
"""`on_tokens(sample, new_ids, text)`, called as tokens are chosen, with the text that they complete.

The model must not be called from within: it is busy."""


class Cursor(Protocol):
    """Some samples of one prompt that go on step by step, each with whatever token it is given.

    Other calls of the model may come between the steps, and other cursors. Driven by a sampler's choices it gives what
    `generate` draws. Raises ModelRefusal once it is closed, or has no room for a further step.
    """

    @property
    def logits(self) -> FloatArray:
        """(n, vocab) logits that each sample's next token is to be drawn from, valid until the next step; those of a
        sample that has ended mean nothing."""

    def advance(self, tokens: Sequence[int | None]) -> None:
        """One more token for each of the n samples; None: it ends here, or has ended before."""

    def close(self) -> None:
        """Give memory back. Closing twice is fine."""


class Model(Protocol):
    """A loaded model. One thread at a time; every id that goes in or out is the caller's to record."""

    @property
    def card(self) -> Card: ...

    @property
    def capabilities(self) -> frozenset[Capability]: ...

    @property
    def environment(self) -> Mapping[str, str | int | bool]:
        """Fingerprint for replay: engine, version and build, device, driver, CPU features, threads, dtype, attention
        implementation, batch sizes, cache type, determinism flags, air gap. Equal fingerprints promise equal bytes."""

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        """Token ids of `text`; never a silent BOS. `special`: let `<|end|>`-like text become its special token."""

    def decode(self, ids: Sequence[int]) -> str:
        """Text of `ids`, special tokens included; undecodable bytes as U+FFFD."""

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """The text of each id on its own, for display; undecodable bytes as `\\xNN`."""

    def render(self, messages: Sequence[Message], switches: Sequence[TemplateSwitch] = ()) -> list[int]:
        """Token ids of a chat by the model's own template. If the last message is the assistant's it is left open, as
        a prefill to be continued; otherwise the assistant's turn is opened. `switches`: what else the template is told.

        Raises ModelRefusal: no template, or one that refuses the chat, leaves its system turn out or knows no such
        switch.
        """

    def forward(
        self,
        ids: Sequence[int],
        *,
        capture: Sequence[str] = (),
        edits: Sequence[Edit] = (),
        rows: Sequence[int] | None = None,
        keep: Sequence[int] | None = None,
    ) -> Forward:
        """One pass over `ids`; `rows`: positions whose logits are wanted (negative ones count from the end), None: all;
        `keep`: likewise the positions that are kept of what is captured.

        Raises ModelRefusal: empty or too long input, unknown site, non-finite logits.
        """

    def forwards(self, batch: Sequence[Pass]) -> list[Forward]:
        """Several passes, each with its own text, sites, edits and rows: what `forward` gives for each of them.

        An engine that gains by it computes them side by side; then they agree with single passes up to rounding.
        """

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
        """`n` samples after `ids`, the prefix computed once; a cancelled call returns what it has.

        Sample s draws its token t from the noise of (prompt ids, seed, s, t), whatever is edited. A sample that fills
        the context stops by length.
        """

    def cursor(self, ids: Sequence[int], n: int, *, steps: int, edits: Sequence[Edit] = ()) -> Cursor:
        """`n` samples after `ids`, the prefix computed once, each to be given up to `steps` tokens from outside.

        Edits hold as in `generate`. Raises ModelRefusal as `forward` does.
        """

    def continuations(
        self,
        ids: Sequence[int],
        continuations: Sequence[Sequence[int]],
        *,
        edits: Sequence[Edit] = (),
    ) -> list[FloatArray]:
        """Teacher-force several continuations of one prefix in one batched pass, the prefix computed once.

        For each continuation the (len(continuation), vocab) logits its tokens were drawn from: row t follows `ids` and
        its first t tokens. Raises ModelRefusal as `forward` does; an empty continuation gives (0, vocab).
        """

    def scores(
        self,
        ids: Sequence[int],
        continuations: Sequence[Sequence[int]],
        *,
        edits: Sequence[Edit] = (),
        top: int = 0,
    ) -> list[TokenScores]:
        """How expected each token of each of several continuations of one prefix is, with the `top` likeliest instead.

        What can be read off the logits of `continuations`, which are not kept: there may be thousands of them.
        """

    def readout(self, residual: FloatArray) -> FloatArray:
        """(rows, width) residuals after the last block → (rows, vocab) logits: final norm, then unembedding."""

    def reading(self, residual: FloatArray, tokens: Sequence[int]) -> LinearReadout:
        """The readout of one token for each of (rows, width) residuals, linearised at that residual's own norm.

        So what a logit owes to each part of a sum of which the residual consists is its direction times that part.
        One residual serves all tokens.
        """

    def gradient(
        self,
        ids: Sequence[int],
        aims: Sequence[Aim],
        *,
        at: str = "tokens",
        edits: Sequence[Edit] = (),
        keep: Sequence[int] | None = None,
    ) -> Gradient:
        """The slopes of Σ weight · log p(token) over the aims: `at` "tokens" in one-hot tokens, which tells to first
        order what the total would be with another token (Ebrahimi et al. 2018), or at a site other than a pattern,
        after its edits. `keep`: the positions whose slopes are wanted; None: all.

        Raises ModelRefusal also where the engine has no gradient.
        """

    def weights(self, name: str) -> FloatArray:
        """Weights by a name as in WEIGHT. Raises ModelRefusal where the model has none of that name."""

    def close(self) -> None:
        """Give memory back. Closing twice is fine."""
