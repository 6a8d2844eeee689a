"""What a call asks of a model, checked once for every engine: ids, rows, sites, and the rows an edit touches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from backends.drawing import Steps
from backends.model import SITE, WEIGHT, Aim, Capability, Card, Edit, FloatArray, ModelRefusal, Pass

NEEDS = {
    "hook_embed": Capability.RESIDUAL,
    "hook_resid_post": Capability.RESIDUAL,
    "hook_attn_out": Capability.SUBLAYERS,
    "hook_mlp_out": Capability.SUBLAYERS,
    "attn.hook_pattern": Capability.PATTERNS,
    "attn.hook_z": Capability.HEADS,
    "mlp.hook_post": Capability.NEURONS,
}
"""Capability that a kind of site needs."""

_BY_HEAD = frozenset({"attn.hook_pattern", "attn.hook_z"})


@dataclass(frozen=True)
class Site:
    """A site's kind (its name without the block) and its layer (0 for `hook_embed`)."""

    name: str
    kind: str
    layer: int


@dataclass
class Span:
    """The absolute positions start … stop-1 of the pass that is running: edits read it, the engine's loop moves it."""

    start: int = 0
    stop: int = 0


@dataclass(frozen=True, eq=False)
class PlacedEdit:
    """An edit checked against a model and an input, to be applied pass by pass.

    The rows it edits are, for P positions: (P, width) at the stream and its parts, (P, mlp_width) at hook_post,
    (P, heads, head_width) at hook_z, (heads, P, T) at hook_pattern; with `head` the last two lose their heads axis.
    """

    site: Site
    edit: Edit

    @property
    def position_axis(self) -> int:
        """Where positions stand in the edited rows, counted from the end."""
        return -3 if self.site.kind == "attn.hook_z" and self.edit.head is None else -2

    def rows(self, start: int, stop: int) -> tuple[list[int] | None, FloatArray | None]:
        """For a pass over positions start … stop-1: the rows to edit within it (None: all), and the value for them."""
        value, positions = self.edit.value, self.edit.positions
        if positions is None:
            return None, value
        inside = [i for i, position in enumerate(positions) if start <= position < stop]
        if value is not None and value.ndim >= -self.position_axis and value.shape[self.position_axis] > 1:
            value = np.take(value, inside, axis=self.position_axis)
        return [positions[i] - start for i in inside], value


@dataclass(frozen=True, eq=False)
class PlacedPass:
    """A pass checked against a model. Positions count from the start; None: all of them."""

    ids: list[int]
    capture: tuple[Site, ...] = ()
    edits: tuple[PlacedEdit, ...] = ()
    rows: list[int] | None = None
    keep: list[int] | None = None

    @property
    def wanted(self) -> list[int]:
        """The positions whose logits are wanted."""
        return list(range(len(self.ids))) if self.rows is None else self.rows

    def kept(self, site: Site, seen: FloatArray) -> FloatArray:
        """Of all positions of a captured site those that are kept."""
        axis = 1 if site.kind == "attn.hook_pattern" else 0
        return seen if self.keep is None else np.take(seen, self.keep, axis=axis)


@dataclass(frozen=True)
class Intake:
    """The checks for one loaded model. Everything that does not hold is a ModelRefusal in plain sentences."""

    card: Card
    capabilities: frozenset[Capability]
    head_width: int

    def sequence(self, ids: Sequence[int], *, what: str = "input") -> list[int]:
        """`ids` as a list: not empty, within the context, within the vocabulary."""
        checked = [int(i) for i in ids]
        if not checked:
            raise ModelRefusal(
                "model.input", f"The {what} is empty.", "A model needs at least one token.", "Give some text or a chat."
            )
        if len(checked) > self.card.context:
            raise ModelRefusal(
                "model.input",
                f"The {what} is too long.",
                f"It has {len(checked)} tokens; the model's context holds {self.card.context}.",
                "Shorten it.",
            )
        self._known(checked, what)
        return checked

    def _known(self, ids: Sequence[int], what: str) -> None:
        strange = next((i for i in ids if not 0 <= i < self.card.vocab), None)
        if strange is not None:
            raise ModelRefusal(
                "model.input",
                f"The {what} holds token id {strange}.",
                f"The model's vocabulary has the ids 0 … {self.card.vocab - 1}.",
                "Encode the text with this model's tokenizer.",
            )

    def continued(
        self, ids: Sequence[int], continuations: Sequence[Sequence[int]]
    ) -> tuple[list[int], list[list[int]]]:
        """A prefix and what goes on from it: each fits into the context after the prefix, and may be empty."""
        prefix = self.sequence(ids)
        return prefix, [self.sequence([*prefix, *c], what="continuation")[len(prefix) :] for c in continuations]

    def placed(self, one: Pass) -> PlacedPass:
        ids = self.sequence(one.ids)
        return PlacedPass(
            ids,
            tuple(dict.fromkeys(self.site(name) for name in one.capture)),
            self.edits(one.edits, len(ids)),
            self._positions("Logits were asked for", one.rows, len(ids)),
            self._positions("A site was to be kept", one.keep, len(ids)),
        )

    def cursor(self, ids: Sequence[int], n: int, steps: int, edits: Sequence[Edit]) -> tuple[PlacedPass, Steps]:
        """A prompt that `n` samples go on from, with its edits, and as many steps as the context has room for."""
        prefix = self.sequence(ids)
        if n < 1 or steps < 1:
            raise ModelRefusal(
                "model.input", "There is nothing to step through.", f"{n} samples, {steps} steps.", "Ask for 1 or more."
            )
        placed = self.edits(edits, len(prefix), new_tokens=steps)
        room = min(steps, self.card.context - len(prefix))
        return PlacedPass(prefix, (), placed), Steps(n, room, self.card.vocab)

    def _positions(self, what: str, positions: Sequence[int] | None, tokens: int) -> list[int] | None:
        """Counted from the start; None: all of them."""
        if positions is None:
            return None
        wanted = [int(position) for position in positions]
        if not all(-tokens <= position < tokens for position in wanted):
            raise ModelRefusal(
                "model.input",
                f"{what} at a position outside the input.",
                f"The input has {tokens} tokens.",
                "Count positions from 0, or from -1 backwards.",
            )
        return [position % tokens for position in wanted]

    def site(self, name: str) -> Site:
        """Parse a site's name; this model has it and can serve it."""
        match = SITE.fullmatch(name)
        if match is None or (match["layer"] is not None and int(match["layer"]) >= self.card.layers):
            raise ModelRefusal(
                "model.input",
                f"There is no site {name!r}.",
                f"The model has {self.card.layers} blocks, and sites are named like blocks.0.hook_resid_post.",
                "Pick a block from 0 on and one of the site names in the help.",
            )
        kind = name if match["layer"] is None else name.split(".", 2)[2]
        if NEEDS[kind] not in self.capabilities:
            raise ModelRefusal(
                "model.unsupported",
                f"This engine does not serve {name} on this model.",
                f"Its architecture ({self.card.architecture}) does not expose {NEEDS[kind].value} here.",
                "Use another site or another engine.",
            )
        return Site(name, kind, int(match["layer"] or 0))

    def aimed(
        self,
        ids: Sequence[int],
        aims: Sequence[Aim],
        at: str,
        edits: Sequence[Edit],
        keep: Sequence[int] | None,
    ) -> tuple[PlacedPass, list[Aim], Site | None]:
        """A pass whose rows are the aims', the aims with positions from the start, and the site; None: the tokens."""
        if Capability.GRADIENT not in self.capabilities:
            raise self.no_gradient()
        placed = self.placed(Pass(ids, (), edits, [aim.position for aim in aims], keep))
        site = None if at == "tokens" else self.site(at)
        self._known([aim.token for aim in aims], "list of aims")
        if not aims or not all(np.isfinite(aim.weight) for aim in aims) or (site and site.kind == "attn.hook_pattern"):
            raise ModelRefusal(
                "model.input",
                "There is no gradient of that.",
                "It needs an aim at least, with a finite weight, and tokens or a site that is no pattern.",
                "Name a token and a position, and take it at the tokens, the stream, its parts, heads or neurons.",
            )
        return placed, [replace(aim, position=row) for aim, row in zip(aims, placed.wanted, strict=True)], site

    def no_gradient(self) -> ModelRefusal:
        return ModelRefusal(
            "model.unsupported",
            "This engine takes no gradients of this model.",
            f"It does not compute backwards through a {self.card.architecture} model.",
            "Open the model with the torch engine.",
        )

    def weight(self, name: str) -> tuple[str, int]:
        """What a name of weights names, without the block, and its layer (0 where there is none)."""
        match = WEIGHT.fullmatch(name)
        if match is None or int(match["layer"] or 0) >= self.card.layers:
            raise ModelRefusal(
                "model.input",
                f"There is no matrix {name!r}.",
                f"There are embed, unembed, ln_final.w and, in {self.card.layers} blocks, blocks.0.mlp.W_in …",
                "Name one of them, as the help lists them.",
            )
        if Capability.WEIGHTS not in self.capabilities:
            raise ModelRefusal(
                "model.unsupported",
                "This engine does not serve the weights of this model.",
                f"Its architecture ({self.card.architecture}) does not hold them in a form that is known here.",
                "Use another engine.",
            )
        return match["part"] or name, int(match["layer"] or 0)

    def lacking(self, name: str) -> ModelRefusal:
        """Of weights that other models have."""
        return ModelRefusal(
            "model.unsupported",
            f"This model has no {name}, or not as one matrix.",
            f"Its architecture ({self.card.architecture}) does without, or holds it in another form.",
            "Name other weights.",
        )

    def read(self, residual: FloatArray, tokens: Sequence[int]) -> tuple[FloatArray, list[int]]:
        """Residuals and the tokens read off them, of which there are as many, or one residual for all."""
        checked, ids = self.residual(residual), [int(token) for token in tokens]
        self._known(ids, "list of tokens")
        if len(checked) not in (1, len(ids)):
            raise ModelRefusal(
                "model.input",
                "These residuals cannot be read.",
                f"There are {len(checked)} of them and {len(ids)} tokens.",
                "Give a token for each residual, or one residual.",
            )
        return np.broadcast_to(checked, (len(ids), checked.shape[1])), ids

    def residual(self, residual: FloatArray) -> FloatArray:
        """Residuals for `readout`: (rows, width), finite."""
        array = np.asarray(residual, dtype=np.float32)
        if array.ndim != 2 or array.shape[1] != self.card.width or not np.isfinite(array).all():
            raise ModelRefusal(
                "model.input",
                "These residuals cannot be read out.",
                f"An array (rows, {self.card.width}) of finite numbers is needed, not {array.shape}.",
                "Capture them at hook_resid_post of this model.",
            )
        return array

    def edits(self, edits: Sequence[Edit], tokens: int, *, new_tokens: int = 0) -> tuple[PlacedEdit, ...]:
        """Edits of a sequence of `tokens` ids to which up to `new_tokens` are added."""
        if edits and Capability.EDITS not in self.capabilities:
            raise ModelRefusal(
                "model.unsupported",
                "This engine cannot edit activations of this model.",
                f"Its architecture ({self.card.architecture}) is not known well enough.",
                "Use another engine.",
            )
        return tuple(self._placed(edit, tokens, new_tokens) for edit in edits)

    def _placed(self, edit: Edit, tokens: int, new_tokens: int) -> PlacedEdit:
        placed = PlacedEdit(self.site(edit.site), edit)
        kind = placed.site.kind
        if edit.head is not None and (kind not in _BY_HEAD or not 0 <= edit.head < self.card.heads):
            raise _wrong(edit, f"{kind} has no head {edit.head}", "Name a head only at hook_z or hook_pattern.")
        if edit.positions is not None:
            last = tokens + new_tokens - 1
            if not all(0 <= position <= last for position in edit.positions):
                raise _wrong(edit, f"a position is outside 0 … {last}", "Count from the first token.")
            if len(set(edit.positions)) != len(edit.positions):
                raise _wrong(edit, "a position is named twice", "Name each position once.")
        if not np.isfinite(edit.factor):
            raise _wrong(edit, "its factor is not a finite number", "Give a finite factor.")
        if edit.op in ("add", "replace"):
            self._check_value(edit, kind, tokens, growing=new_tokens > 0)
        return placed

    def _check_value(self, edit: Edit, kind: str, tokens: int, *, growing: bool) -> None:
        if edit.value is None:
            raise _wrong(edit, f"{edit.op} needs a value", "Give an array.")
        if not np.isfinite(edit.value).all():
            raise _wrong(edit, "its value holds NaN or infinity", "Give finite numbers.")
        # While the sequence grows, a value for "all positions" cannot have one row for each.
        count = len(edit.positions) if edit.positions is not None else (1 if growing else tokens)
        rows: tuple[int, ...]
        match kind:
            case "attn.hook_pattern":
                keys = 1 if growing else tokens
                rows = (count, keys) if edit.head is not None else (self.card.heads, count, keys)
            case "attn.hook_z":
                rows = (count, self.head_width)
                rows = rows if edit.head is not None else (count, self.card.heads, self.head_width)
            case "mlp.hook_post":
                rows = (count, self.card.mlp_width)
            case _:
                rows = (count, self.card.width)
        try:
            fits = np.broadcast_shapes(edit.value.shape, rows) == rows
        except ValueError:
            fits = False
        if not fits:
            raise _wrong(
                edit,
                f"a value of shape {edit.value.shape} does not broadcast to the edited rows {rows}",
                "Give one row, or name as many positions as the value has rows.",
            )


def _wrong(edit: Edit, why: str, try_this: str) -> ModelRefusal:
    return ModelRefusal(
        "model.input", f"The {edit.op} at {edit.site} cannot be made.", f"{why[:1].upper()}{why[1:]}.", try_this
    )
