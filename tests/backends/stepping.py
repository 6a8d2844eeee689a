"""A cursor driven by hand: what `generate` is held against."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backends.model import Edit, Generated, Model
from backends.sampling import Sampler, Sampling


def stepped(
    model: Model,
    ids: Sequence[int],
    how: Sampling,
    n: int,
    *,
    edits: Sequence[Edit] = (),
    between: Callable[[], object] = lambda: None,
) -> list[Generated]:
    """Draw from each row of logits with the sampler, and go on with what was drawn; `between` steps something else."""
    sampler, ends = Sampler(how, ids), model.card.end_tokens
    cursor = model.cursor(ids, n, steps=how.max_tokens, edits=edits)
    drawn: list[list[int]] = [[] for _ in range(n)]
    living = set(range(n))
    for step in range(how.max_tokens):
        rows = cursor.logits
        assert rows.shape == (n, model.card.vocab)
        for sample in living:
            drawn[sample].append(sampler.choose(rows[sample], sample, step))
        living = {sample for sample in living if drawn[sample][-1] not in ends}
        between()
        if living and step + 1 < how.max_tokens:
            cursor.advance([drawn[sample][-1] if sample in living else None for sample in range(n)])
    cursor.close()
    cursor.close()
    return [Generated(tuple(tokens), "end" if tokens[-1] in ends else "length") for tokens in drawn]
