"""What one call captures and edits at a model's sites while llama.cpp computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from backends.intake import PlacedEdit, Site, Span
from backends.llama.anatomy import Anatomy
from backends.llama.tap import Node, Seen
from backends.model import FloatArray

_PATTERN, _HEADS = "attn.hook_pattern", "attn.hook_z"


@dataclass(frozen=True)
class SiteTaps:
    """Capture and edits of one call."""

    anatomy: Anatomy
    head_width: int
    capture: tuple[Site, ...] = ()
    edits: tuple[PlacedEdit, ...] = ()
    span: Span = field(default_factory=Span)
    """The positions that pass, of however many sequences: llama.cpp takes those apart that aren't neighbours."""
    wanted: tuple[int, ...] | None = None
    """The positions of a single sequence that something is wanted at; None: all, as wherever something is edited."""
    _pieces: dict[Site, list[FloatArray]] = field(default_factory=dict)

    def nodes(self) -> Mapping[Node, Seen]:
        """The nodes to watch."""
        sites = dict.fromkeys([*self.capture, *(placed.site for placed in self.edits)])
        return {self.anatomy.sites[site.kind, site.layer]: self._seen(site) for site in sites}

    def captured(self) -> dict[Site, FloatArray]:
        """Site → array over all passes, shaped as the contract says."""
        return {site: self._joined(site) for site in self.capture}

    def _seen(self, site: Site) -> Seen:
        edits = [placed for placed in self.edits if placed.site == site]
        keep = site in self.capture

        def seen(values: npt.NDArray[Any]) -> npt.NDArray[np.float32] | None:
            shaped = self._shaped(site, values)
            with np.errstate(over="ignore", invalid="ignore"):  # what isn't finite shows in the logits
                changes = [self._edit(placed, shaped) for placed in edits]
            if keep:
                self._pieces.setdefault(site, []).append(np.array(shaped[0], np.float32))
            return values if any(changes) else None

        return seen

    def _shaped(self, site: Site, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A view of a node's values: (sequences, T, …), with the heads apart at hook_z; at hook_pattern
        (sequences, heads, T, keys), without the places of the key memory that hold nothing yet."""
        if site.kind == _PATTERN:
            return values[..., : self.span.stop]
        width = values.shape[-1]
        apart = (width // self.head_width, self.head_width) if site.kind == _HEADS else (width,)
        rows, length = values.reshape(-1, *apart), self.span.stop - self.span.start
        flagged = self.flagged()
        if len(rows) == len(flagged) < length:  # llama.cpp computes no others in the last block
            found = np.zeros((length, *apart), values.dtype)
            found[[position - self.span.start for position in flagged]] = rows
            return found[None]
        return rows.reshape(-1, length, *apart)

    def flagged(self) -> Sequence[int]:
        """The positions of this span whose logits are computed, and with them the last block."""
        span = range(self.span.start, self.span.stop)
        if self.wanted is None:
            return span
        return at_least_two([at for at in self.wanted if at in span] or [span.stop - 1], span)

    def _edit(self, placed: PlacedEdit, shaped: npt.NDArray[Any]) -> bool:
        """Make one edit in place; False if it touches nothing in this pass."""
        edit, view = placed.edit, shaped
        rows, value = placed.rows(self.span.start, self.span.stop)
        if rows == []:
            return False
        if edit.head is not None:
            view = shaped[:, edit.head] if placed.site.kind == _PATTERN else shaped[:, :, edit.head]
        where = (slice(None),) * (view.ndim + placed.position_axis) + (slice(None) if rows is None else rows,)
        match edit.op:
            case "zero":
                view[where] = 0
            case "scale":
                view[where] = view[where] * np.float32(edit.factor)
            case "add":
                view[where] = view[where] + np.asarray(value, np.float32) * np.float32(edit.factor)
            case "replace":
                view[where] = np.asarray(value, np.float32)
        return True

    def _joined(self, site: Site) -> FloatArray:
        pieces: Sequence[FloatArray] = self._pieces[site]
        if site.kind != _PATTERN:
            return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        keys = pieces[-1].shape[-1]
        # An earlier pass didn't see later keys: nothing attends to them there.
        return np.concatenate([np.pad(p, ((0, 0), (0, 0), (0, keys - p.shape[-1]))) for p in pieces], axis=1)


def at_least_two(rows: list[int], span: range) -> list[int]:
    """Some positions of a span, and another where there is only one: a row alone is computed another way."""
    if len(rows) != 1 or len(span) == 1:
        return rows
    return sorted([rows[0], span.stop - 1 if rows[0] != span.stop - 1 else span.start])
