"""Which passes of a call are computed side by side: of like length, and no more than there is room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from backends.intake import PlacedPass

BATCH_TOKENS: Final = 8_192
"""Tokens, padding included, that pass side by side."""
BATCH_NUMBERS: Final = 1 << 26
"""Numbers that are held at once for them beside activations: logits, or attention patterns where one is looked at."""
_WASTE: Final = 1.5
"""Tokens with padding, for each without."""


def groups(passes: Sequence[PlacedPass], *, vocab: int, heads: int) -> Iterator[list[int]]:
    """Indices of passes to compute together, each once."""
    group: list[int] = []
    for i in sorted(range(len(passes)), key=lambda i: len(passes[i].ids)):
        if group and not _fits([passes[j] for j in [*group, i]], vocab, heads):
            yield group
            group = []
        group.append(i)
    if group:
        yield group


def _fits(passes: list[PlacedPass], vocab: int, heads: int) -> bool:
    """`passes` are ordered by length."""
    length = len(passes[-1].ids)
    tokens = len(passes) * length
    if tokens > BATCH_TOKENS or tokens > _WASTE * sum(len(one.ids) for one in passes):
        return False
    sites = [site for one in passes for site in (*one.capture, *(placed.site for placed in one.edits))]
    patterns = tokens * length * heads if any(site.kind == "attn.hook_pattern" for site in sites) else 0
    return max(vocab * sum(len(one.wanted) for one in passes), patterns) <= BATCH_NUMBERS
