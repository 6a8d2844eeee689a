"""Token ids through a transformers model: whole sequences, and step by step over the keys that are already there."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch

from backends.forcing import Forcing
from backends.intake import PlacedPass
from backends.model import Card, FloatArray, ModelRefusal
from backends.torch.checkpoint import unreadable
from backends.torch.hooks import before_hook
from backends.torch.sites import Taps

REPLAY_TOKENS: Final = 16_384
"""Tokens, padding included, that are teacher-forced together."""
ON_PROCESSOR: Final = 2_048
"""As many on a processor, where more of them than its caches hold take half as long again."""
REPLAY_LOGITS: Final = 1 << 26
"""Logits that are held at once while teacher-forcing (256 MiB as float32)."""
SHARED_TOKENS: Final = 256
"""What many continuations begin with is read once for all of them, where that spares so many tokens."""
_CACHE_BYTES: Final = 1 << 28
"""What the copies of a prefix's keys and values may take, one for each continuation that is forced together."""


@dataclass(frozen=True)
class Begun:
    """What was read of some continuations of one prefix."""

    cache: Any
    """The keys of the prefix and what was read after it, a row for each different beginning; None: none are kept."""
    rows: int
    row: Sequence[int]
    """Each continuation's row."""
    read: int = 0
    """How many tokens of each that is longer."""

    @property
    def copies(self) -> int:
        """How many rows there may be at once."""
        return max(1, _CACHE_BYTES * self.rows // max(1, _bytes(self.cache)))


class Passes:
    """Runs one loaded model with the taps of a call attached; ids and edits have been checked before."""

    def __init__(self, model: Any, unembedding: Any, card: Card, device: torch.device) -> None:
        self._model, self._unembedding, self._card, self.device = model, unembedding, card, device
        self.cached = True
        """Whether keys are kept between passes; False where this model's cache does not give what whole passes give."""
        self.replayed = min(REPLAY_TOKENS, ON_PROCESSOR) if device.type == "cpu" else REPLAY_TOKENS
        """Tokens that are teacher-forced together here."""

    def whole(self, passes: Sequence[PlacedPass], taps: Taps) -> list[FloatArray]:
        """(rows, vocab) logits of each of some passes, side by side. Padding stands to their right, where causal
        attention makes it invisible to them."""
        if len(passes) == 1:
            keep = 0 if passes[0].rows is None else self._indices(passes[0].rows)
            return [self._numbers(self._pass([passes[0].ids], taps, keep=keep, cache=None)[0], taps)]
        length = max(len(one.ids) for one in passes)
        taps.span.start, taps.span.stop = 0, length
        filled = [one.ids + [0] * (length - len(one.ids)) for one in passes]
        places = [(row, at) for row, one in enumerate(passes) for at in one.wanted]
        logits = self._numbers(self._at(places, filled, taps), taps)
        return np.split(logits, np.cumsum([len(one.wanted) for one in passes])[:-1])

    def recorded(self, placed: PlacedPass, taps: Taps) -> torch.Tensor:
        """(rows, vocab) logits of one pass, with whatever autograd recorded on the way."""
        return self._pass([placed.ids], taps, keep=self._indices(placed.wanted), cache=None)[0]

    def _at(self, places: list[tuple[int, int]], ids: list[list[int]], taps: Taps) -> torch.Tensor:
        """(places, vocab) logits at (row, position) places of whole sequences; nothing is unembedded elsewhere."""
        rows, positions = (self._indices([place[part] for place in places]) for part in (0, 1))
        if self._unembedding is None or taps.bridge is not None:
            return self._pass(ids, taps, keep=0, cache=None)[rows, positions]
        with before_hook(self._unembedding, lambda hidden: hidden[rows, positions][None]):
            return self._pass(ids, taps, keep=0, cache=None)[0]

    def _indices(self, numbers: Sequence[int]) -> torch.Tensor:
        """On the processor: they pick from what may lie on any device of a model."""
        return torch.tensor(list(numbers), dtype=torch.long)

    def prefilled(self, prefix: list[int], taps: Taps) -> tuple[Any, FloatArray]:
        """A one-row cache of the prefix (None where there can be none) and the (1, vocab) logits after it."""
        from transformers import DynamicCache

        cache = DynamicCache(config=self._model.config) if self.cached and taps.bridge is None else None
        taps.span.start, taps.span.stop = 0, len(prefix)
        return cache, self._numbers(self._pass([prefix], taps, keep=1, cache=cache)[:, -1], taps)

    def step(self, texts: list[list[int]], cache: Any, taps: Taps) -> FloatArray:
        """(texts, vocab) logits after the last token of equally long texts, whose others are in the cache if there is
        one."""
        stop = len(texts[0])
        start = stop - 1 if cache is not None else 0
        taps.span.start, taps.span.stop = start, stop
        return self._numbers(self._pass([text[start:] for text in texts], taps, keep=1, cache=cache)[:, -1], taps)

    def force(self, prefix: list[int], texts: list[list[int]], into: Forcing[Any], taps: Taps) -> None:
        """Teacher-force continuations of one prefix, in as few passes as fit. Padding stands to their right, where
        causal attention makes it invisible to them."""
        if len(texts) == 1 and 0 < len(texts[0]) * self._card.vocab <= REPLAY_LOGITS:
            into.alone(texts[0], self._alone(prefix, texts[0], taps))
            return
        cache, first = self.prefilled(prefix, taps)
        into.start(first, texts)
        begun = self._shared(Begun(cache, 1, [0] * len(texts)), prefix, texts, into, taps)
        for group in self._groups(prefix, begun, texts):
            self._together(prefix, begun, {i: texts[i] for i in group}, into, taps)

    def _shared(self, begun: Begun, prefix: list[int], texts: list[list[int]], into: Forcing[Any], taps: Taps) -> Begun:
        """Read what many continuations begin with once for all of them, token by token, while that spares enough."""
        while begun.cache is not None:
            read, row = begun.read, begun.row
            longer = [i for i, text in enumerate(texts) if len(text) > read + 1]
            place = {key: at for at, key in enumerate(dict.fromkeys((row[i], texts[i][read]) for i in longer))}
            if len(longer) - len(place) < SHARED_TOKENS or len(place) > begun.copies:
                break
            cache = picked(begun.cache, [before for before, _ in place])
            taps.span.start, taps.span.stop = len(prefix) + read, len(prefix) + read + 1
            logits = self._numbers(self._pass([[token] for _, token in place], taps, keep=1, cache=cache)[:, -1], taps)
            now = list(row)
            for i in longer:
                now[i] = place[row[i], texts[i][read]]
                into.rest(i, logits[now[i] : now[i] + 1])
            begun = Begun(cache, len(place), now, read + 1)
        return begun

    def _alone(self, prefix: list[int], tokens: list[int], taps: Taps) -> FloatArray:
        """Logits of the only continuation: prefix and all in one pass, for each pass reads every weight once."""
        whole = [*prefix, *tokens[:-1]]
        taps.span.start, taps.span.stop = 0, len(whole)
        return self._numbers(self._pass([whole], taps, keep=len(tokens), cache=None)[0], taps)

    def _groups(self, prefix: list[int], begun: Begun, texts: list[list[int]]) -> Iterator[list[int]]:
        """Indices of continuations to run together: of like length, and no more tokens, logits and copies of the
        prefix's keys than fit. What follows on what was read is known by then."""
        copies = len(texts) if begun.cache is None else begun.copies
        left = {i: len(text) - begun.read for i, text in enumerate(texts) if len(text) > begun.read + 1}
        group: list[int] = []
        for i in sorted(left, key=lambda i: left[i]):
            tokens, rows = left[i] + (len(prefix) if begun.cache is None else 0), len(group) + 1
            logits = rows * left[i] * self._card.vocab
            if group and (rows * tokens > self.replayed or logits > REPLAY_LOGITS or rows > copies):
                yield group
                group = []
            group.append(i)
        if group:
            yield group

    def _together(
        self, prefix: list[int], begun: Begun, texts: dict[int, list[int]], into: Forcing[Any], taps: Taps
    ) -> None:
        """One group, piece by piece where the logits of the whole would not fit."""
        cache = picked(begun.cache, [begun.row[i] for i in texts])
        before, length = len(prefix) + begun.read, max(map(len, texts.values())) - 1 - begun.read
        fits = max(1, REPLAY_LOGITS // (len(texts) * self._card.vocab)) if cache is not None else length
        for at in range(0, length, fits):
            start = before + at if cache is not None else 0
            stop = before + min(at + fits, length)
            rows = [[*prefix, *text, *[0] * length][start:stop] for text in texts.values()]
            taps.span.start, taps.span.stop = start, stop
            logits = self._pass(rows, taps, keep=stop - before - at, cache=cache)
            for row, (i, text) in enumerate(texts.items()):
                if (left := len(text) - 1 - begun.read - at) > 0:
                    into.rest(i, self._numbers(logits[row, :left], taps))

    def _pass(self, rows: Sequence[Sequence[int]], taps: Taps, *, keep: int | torch.Tensor, cache: Any) -> torch.Tensor:
        """(batch, kept, vocab) logits of equally long rows; `cache` grows by their length."""
        ids = torch.tensor(rows, dtype=torch.long, device=self.device)
        if taps.edits and isinstance(keep, int) and keep:
            # Given a number Gemma 4 leaves the other positions out of its last blocks, where edits would miss theirs.
            keep = self._indices(range(ids.shape[1] - keep, ids.shape[1]))
        if taps.bridge is not None:
            whole = taps.bridge.logits(ids)
            return whole[:, keep] if isinstance(keep, torch.Tensor) else whole[:, -keep:]
        output = self._model(input_ids=ids, past_key_values=cache, use_cache=cache is not None, logits_to_keep=keep)
        logits: torch.Tensor = output.logits
        return logits

    def _numbers(self, logits: torch.Tensor, taps: Taps) -> FloatArray:
        array: FloatArray = logits.float().cpu().numpy()
        if not np.isfinite(array).all():
            if taps.edits:
                raise ModelRefusal(
                    "model.input",
                    "The edited model's logits are not finite.",
                    "The edit pushed activations beyond what the dtype can hold.",
                    "Use a smaller edit, or float32.",
                )
            raise unreadable("The model's logits are not finite.", "its weights hold NaN or overflow the dtype")
        return array


def picked(cache: Any, rows: Sequence[int]) -> Any:
    """A copy of a cache that holds some of its rows, as often as they are named; the original stays as it is."""
    if cache is None:
        return None
    copied = copy.copy(cache)
    copied.layers = [copy.copy(layer) for layer in cache.layers]
    copied.batch_select_indices(torch.tensor(list(rows), dtype=torch.long))
    return copied


def _bytes(cache: Any) -> int:
    """What a cache holds in keys and values."""
    held = (getattr(layer, part, None) for layer in cache.layers for part in ("keys", "values"))
    return sum(part.numel() * part.element_size() for part in held if isinstance(part, torch.Tensor))
