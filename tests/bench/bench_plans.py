"""What a plan adds to the probes it asks, and what a grid of changes saves over a pass for each of its cells.

`probes` puts the questions of a battery through a session's door one after the other; the battery asks the same with
fresh seeds, and sums them up. `one by one` makes each change of the grid in a pass of its own. Medians of processor
seconds in one run and on one thread, the sides taking turns; the engines run in this process.

    python -m tests.bench.bench_plans
"""

from __future__ import annotations

import itertools
import operator
import tempfile
from contextlib import closing
from pathlib import Path

from backends.model import Edit, Model, resid_post
from backends.torch.model import TorchModel
from casefiles.keys.identity import Identity
from tests.bench.bench_engines import Bar, say
from tests.bench.bench_scoring import ALONE, files, seconds
from tests.bench.shapes import Subject, lens, organism
from workbench.claims.predicate import Match
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.plans.battery import Battery
from workbench.plans.conduct import conduct
from workbench.plans.suite import Item, Suite
from workbench.probes import Sample
from workbench.probes.intervene import Intervene

QUESTIONS, SAMPLES, TOKENS = 40, 4, 24
OVERHEAD = Bar(operator.le, 1.03)
GRID = Bar(operator.ge, 3.0)
CAPITAL = "The capital of {} is"


def plans(subject: Subject, place: Path) -> None:
    """A battery against its own probes, each in a fresh session, so that neither reads a longer log."""
    items = tuple(
        Item(name=f"q{at}", prompt=Prompt.raw(f"The capital of country number {at} is"), shows=Match(any_of=("a",)))
        for at in range(QUESTIONS)
    )
    ada, number = Identity.generate("Ada"), itertools.count()

    with closing(TorchModel.open(files(subject), ALONE)) as model:
        kept = _Kept(model)

        def session() -> Session:
            return Session.create(subject.case, place / f"{next(number)}.session", ada, lambda: kept)

        def probes() -> None:
            with session() as door:
                for at, item in enumerate(items):
                    door.run(Sample(prompt=item.prompt, samples=SAMPLES, max_tokens=TOKENS, seed=at))

        def battery() -> None:
            with session() as door:
                conduct(Battery(suite=Suite(items=items), samples=SAMPLES, max_tokens=TOKENS), door)

        taken = seconds(5, {"probes": probes, "battery": battery})
    each = taken["probes"] / QUESTIONS * 1e3
    say(f"{subject.name}: battery / its probes", taken["battery"] / taken["probes"], OVERHEAD, f"{each:.1f} ms a probe")


def grids(subject: Subject) -> None:
    """The residual stream of one prompt put into another's, at every layer and each of its last positions."""
    here, there = Prompt.raw(CAPITAL.format("Norway")), Prompt.raw(CAPITAL.format("Sweden"))
    with closing(TorchModel.open(files(subject), ALONE)) as model:
        ids, source = here.ids(model), there.ids(model)
        positions = min(len(ids), len(source), 8)
        probe = Intervene(prompt=here, source=there, answer=" a", positions=positions, checked=1)
        layers = range(model.card.layers)

        def one_by_one() -> None:
            given = model.forward(source, capture=[resid_post(layer) for layer in layers]).captured
            for layer, back in itertools.product(layers, range(1, positions + 1)):
                at = len(ids) - back
                change = Edit(
                    resid_post(layer), "replace", given[resid_post(layer)][len(source) - back], positions=(at,)
                )
                model.forward(ids, edits=[change], rows=[-1])

        taken = seconds(5, {"cells": one_by_one, "probe": lambda: probe.run(model, Silent())})
    cells = model.card.layers * positions
    # The probe makes its controls too: a pass for each is what one by one would take for them.
    passes = cells + probe.checked * (probe.randoms + 2)
    alone = taken["cells"] * passes / cells
    detail = f"{cells} cells and {passes - cells} controls in {taken['probe'] * 1e3:.0f} ms"
    say(f"{subject.name}: a pass for each cell / patch grid", alone / taken["probe"], GRID, detail)


class _Kept:
    """A model that sessions give back and that stays open."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def __getattr__(self, name: str) -> object:
        return getattr(self._model, name)

    def close(self) -> None:
        """Whoever opened it closes it."""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        for subject in (organism(Path(name) / "organism"), lens(Path(name) / "lens")):
            plans(subject, Path(name) / f"{subject.case.digest[:8]}-sessions")
            grids(subject)


if __name__ == "__main__":
    main()
