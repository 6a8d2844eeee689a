"""What was honestly recorded on one engine in float32 holds on another in float16, whatever comes first there by a
hair; and nothing that was changed in it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np
import pytest

import assets
from backends import engine
from backends.model import Model
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from casefiles.case.bundle import open_case
from workbench.contract.comparison import Agreement
from workbench.contract.permitted import unrestricted
from workbench.contract.probe import Probe
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.result import Result
from workbench.contract.tolerance import Calibration, Tolerance
from workbench.plans.reference import Reference
from workbench.probes import Attribute, Contrast, Diff, Features, FitLens, Intervene, LogitLens, Patchscope
from workbench.probes.attribute import Attribution
from workbench.probes.contrast import Directions
from workbench.probes.diff import Partings
from workbench.probes.intervene import Changes

pytest.importorskip("llama_cpp")

NAMES = tuple(row.subject for row in Reference.from_text("countries").rows)


def begun(country: str) -> Prompt:
    return Prompt.ask(f"What is the capital of {country}?", prefill=f"The capital of {country} is")


DIFF = Diff(texts=tuple(f"What is the capital of {name}?" for name in ("Denmark", "Norway", "Japan")), answer_tokens=8)
ATTRIBUTE = Attribute(prompt=begun("Denmark"), answer=" Aarhus", control=begun("Norway"), detail=True)
INTERVENE = Intervene(prompt=begun("Denmark"), source=begun("Norway"), answer=" Oslo", positions=6)
CONTRAST = Contrast(shows=NAMES[:10], lacks=NAMES[10:20], rival=NAMES[5:15], seed=1)
ASKED: list[Probe] = [
    DIFF,
    ATTRIBUTE,
    INTERVENE,
    CONTRAST,
    LogitLens(prompt=begun("Denmark"), control=begun("Norway"), track=(" Aarhus",)),
    Patchscope(prompt=begun("Norway"), source=begun("Denmark")),
    Features(prompt=begun("Denmark"), control=begun("Norway"), layer=3),
    FitLens(texts=NAMES[:20], frame=Prompt.ask("What is the capital of {}?")),
]


class Pair(NamedTuple):
    """The demo's organism and the honest model beside it, on one engine."""

    organism: Model
    honest: Model


def opened(settings: EngineSettings) -> Iterator[Pair]:
    cases = [open_case(assets.path("demo", name)) for name in ("atlas-01.case", "atlas-02.case")]
    files = [ModelFiles(case.path("weights"), case.path("tokenizer"), case.model_digest) for case in cases]
    with closing(engine.load(files[0], settings)) as one, closing(engine.load(files[1], settings)) as other:
        yield Pair(one, other)


@pytest.fixture(scope="module")
def there() -> Iterator[Pair]:
    """Where it was recorded."""
    yield from opened(EngineSettings(device="cpu", dtype="float32", threads=1))


@pytest.fixture(scope="module")
def here() -> Iterator[Pair]:
    yield from opened(EngineSettings(backend="llama", device="cpu", dtype="float16", threads=1))


Held = Callable[[Probe, Callable[[Any], Result]], Agreement]


@pytest.fixture(scope="module")
def held(there: Pair, here: Pair) -> Held:
    """How a record compares here, after it was changed."""
    known: dict[str, Result] = {}
    one, other = (Calibration(ours).tolerance(theirs.environment) for ours, theirs in zip(here, there, strict=True))

    def compared(probe: Probe, change: Callable[[Any], Result]) -> Agreement:
        if probe.kind not in known:
            known[probe.kind] = probe.run(unrestricted(*there), Silent())
        tolerance: Tolerance = one.beside(other) if probe is DIFF else one
        return probe.replay(unrestricted(*here), change(known[probe.kind]), tolerance, Silent()).agreement

    return compared


@pytest.mark.parametrize("probe", ASKED, ids=lambda probe: probe.kind)
def test_an_honest_record_holds(held: Held, probe: Probe) -> None:
    assert held(probe, lambda result: result) is Agreement.TOLERANT


def turned(several: tuple[Any, ...]) -> tuple[Any, ...]:
    """The first two the other way round."""
    return several[1], several[0], *several[2:]


def with_rises(found: Partings, change: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> Partings:
    first = found.partings[0]
    first = first.model_copy(update={"rises": change(first.rises)})
    return found.model_copy(update={"partings": (first, *found.partings[1:])})


def cut(found: Partings) -> Partings:
    """An answer that is said to have ended early."""
    last = found.texts[-1]
    short = last.model_copy(update={"ids": last.ids[:-2], "pieces": last.pieces[:-2]})
    return found.model_copy(update={"texts": (*found.texts[:-1], short)})


FORGED_DIFFS: dict[str, Callable[[Partings], Partings]] = {
    "places in another order": lambda found: found.model_copy(update={"partings": turned(found.partings)}),
    "a place left out": lambda found: found.model_copy(update={"partings": found.partings[1:]}),
    "a place told twice": lambda found: found.model_copy(
        update={"partings": (*found.partings[:-1], found.partings[0])}
    ),
    "what rises most second": lambda found: with_rises(found, turned),
    "what rises most left out": lambda found: with_rises(found, lambda rises: rises[1:]),
    "an answer cut short": cut,
}


@pytest.mark.parametrize("how", FORGED_DIFFS)
def test_no_place_or_answer_of_a_diff_can_be_changed(held: Held, how: str) -> None:
    assert held(DIFF, FORGED_DIFFS[how]) is Agreement.DIVERGED


def with_neuron(found: Attribution, **changes: Any) -> Attribution:
    first = found.neurons[0].model_copy(update=changes)
    return found.model_copy(update={"neurons": (first, *found.neurons[1:])})


FORGED_ATTRIBUTIONS: dict[str, Callable[[Attribution], Attribution]] = {
    "parts in another order": lambda found: found.model_copy(update={"parts": turned(found.parts)}),
    "heads in another order": lambda found: found.model_copy(update={"heads": turned(found.heads)}),
    "a part left out": lambda found: found.model_copy(update={"parts": found.parts[:-1]}),
    "the strongest neuron left out": lambda found: found.model_copy(update={"neurons": found.neurons[1:]}),
    "another neuron's number": lambda found: with_neuron(found, index=found.neurons[0].index ^ 1),
    "another token written": lambda found: with_neuron(found, writes=("x", *found.neurons[0].writes[1:])),
}


@pytest.mark.parametrize("how", FORGED_ATTRIBUTIONS)
def test_no_part_or_neuron_can_be_changed(held: Held, how: str) -> None:
    assert held(ATTRIBUTE, FORGED_ATTRIBUTIONS[how]) is Agreement.DIVERGED


def test_the_strongest_places_are_those_of_the_grid(held: Held) -> None:
    def other(found: Changes) -> Changes:
        return found.model_copy(update={"places": turned(found.places)})

    assert held(INTERVENE, other) is Agreement.DIVERGED


def with_layer(found: Directions, **changes: Any) -> Directions:
    first = found.layers[0].model_copy(update=changes)
    return found.model_copy(update={"layers": (first, *found.layers[1:])})


FORGED_DIRECTIONS: dict[str, Callable[[Directions], Directions]] = {
    "an AUROC": lambda found: with_layer(found, auroc=found.layers[0].auroc + 0.01),
    "another layer the best": lambda found: found.model_copy(update={"best": (found.best + 1) % len(found.layers)}),
    "what chance reaches": lambda found: found.model_copy(update={"by_chance": found.by_chance - 0.01}),
    "what the rival reaches": lambda found: with_layer(found, rival=(found.layers[0].rival or 0) - 0.1),
    "a direction": lambda found: found.model_copy().with_arrays(
        {**found.arrays, "direction.0": found.arrays["direction.0"] * np.float32(1.1)}
    ),
}


@pytest.mark.parametrize("how", FORGED_DIRECTIONS)
def test_no_figure_of_a_direction_can_be_changed(held: Held, how: str) -> None:
    def changed(found: Directions) -> Result:
        own = type(found).model_validate(found.model_dump()).with_arrays(dict(found.arrays))
        return FORGED_DIRECTIONS[how](own)

    assert held(CONTRAST, changed) is Agreement.DIVERGED
