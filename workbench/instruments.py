"""The table of instruments as the README shows it, made from their declarations: `python -m workbench.instruments`."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.contract.probe import Probe, Reads
from workbench.contract.rules import Affordance
from workbench.probes import PROBES


def table() -> str:
    """Markdown: what each answers, how forced it is, what the rules must allow, what it spends, who described it."""
    head = ("| probe | what it answers | class | needs | price | source |", "| --- | --- | --- | --- | --- | --- |")
    return "\n".join((*head, *_rows()))


def _rows() -> Iterator[str]:
    for probe in PROBES:
        needs = ", ".join(sorted(probe.affordances))
        cells = (f"`{probe.kind}`", probe.about(), _forced(probe), needs, probe.price, probe.literature or "—")
        yield "| " + " | ".join(cells) + " |"


def _forced(probe: type[Probe]) -> str:
    """The class as far as it follows from the kind: the prompt and the changes of a very probe decide the rest."""
    if probe.reads is Reads.INSIDE:
        return "internal"
    return "forced" if Affordance.EDITS in probe.affordances else "its prompt's"


if __name__ == "__main__":
    print(table())
