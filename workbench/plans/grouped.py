"""Groups against their control, as every plan that has groups says and draws them."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.claims.standout import Standout
from workbench.contract.figures import Column, Rows, Value
from workbench.visible import quoted


def p_words(value: float) -> str:
    """A p-value as people write it."""
    return f"{value:.0e}".replace("e-0", "e-") if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def against(control: str) -> str:
    """What a group is held against."""
    return quoted(control) if control else "all others"


def headline(found: Sequence[Standout], control: str, what: str, under: str = "") -> str:
    """The most unusual group against its control, in a sentence without its end. `what`: what its members do, e.g.
    `questions show it`; `under`: a condition. Empty without groups."""
    if not found:
        return ""
    first = found[0]
    said = (
        f"{quoted(first.group)}{f' under {quoted(under)}' if under else ''}: {first.inside.hits} of"
        f" {first.inside.trials} {what}, against {first.outside.hits} of {first.outside.trials} of {against(control)}"
        f" (Holm p {p_words(first.holm)})"
    )
    if not first.stands_out:
        return f"No group stands out; the most unusual is {said}"
    others = sum(one.stands_out for one in found[1:])
    return said + (f"; {others} more stand{'s' if others == 1 else ''} out" if others else "")


def group_rows(found: Sequence[Standout], control: str, what: str, conditions: Sequence[str] = ()) -> Rows:
    """The groups as rows, in their order; `conditions`: under which each was seen, where there are several."""
    under: list[list[Value]] = [[name] for name in conditions] or [[] for _ in found]
    columns = (Column("group"), *([Column("condition")] if conditions else []), Column(what, "count"),
               Column("of", "count"), Column("low", "share"), Column("high", "share"),
               Column("of the control", "count"), Column("of", "count"), Column("more by", "share"),
               Column("at least", "share"), Column("at most", "share"), Column("p"), Column("Holm p"))  # fmt: skip
    rows: tuple[tuple[Value | None, ...], ...] = tuple(
        (one.group, *name, one.inside.hits, one.inside.trials, one.inside.low, one.inside.high, one.outside.hits,
         one.outside.trials, one.beyond.value, one.beyond.low, one.beyond.high, p_words(one.p), p_words(one.holm))
        for one, name in zip(found, under, strict=True)
    )  # fmt: skip
    return Rows(f"Groups against {against(control)}, the most unusual first", columns, rows)
