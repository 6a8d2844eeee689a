"""What every probe must keep, whoever wrote it: asked of the list, so that a new one is held to it by being listed."""

from __future__ import annotations

import copy
import html
import math
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.model import Model
from casefiles.keys.identity import Identity
from tests.conftest import RULES, MakeCase
from tests.workbench.examples import example_of
from tests.workbench.forged import RESULT, Edited
from tests.workbench.toys import Remembering, ToyOpener, remembering, toys
from views.commands.declared import options_of
from workbench.claims.finding import Citation, Finding
from workbench.contract.actor import Actor
from workbench.contract.arguments import (
    Argument,
    ArrayArgument,
    Choice,
    Edits,
    Number,
    Numbers,
    PromptArgument,
    Structure,
    Switch,
    Text,
    Texts,
    arguments_of,
    tool,
)
from workbench.contract.beside import Named, found_beside
from workbench.contract.comparison import Agreement
from workbench.contract.edits import Change
from workbench.contract.figures import Figure, Spot
from workbench.contract.permitted import Permitted
from workbench.contract.probe import Probe
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Affordance, Budget, Elicitation
from workbench.contract.subject import BASELINE
from workbench.door.running import Outcome
from workbench.door.session import Session
from workbench.door.subjects import files_of
from workbench.judge.replays.replay import replay
from workbench.log.records import Intent
from workbench.probes import PROBES, asked, found
from workbench.report.html import render
from workbench.report.report import Conclusion, build
from workbench.visible import line, token

every_probe = pytest.mark.parametrize("kind", PROBES, ids=lambda kind: kind.kind)

Place = tuple[str | int, ...]


def leaves(value: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every leaf of a JSON value, with its place."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, (*at, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, (*at, number))
    else:
        yield at, value


def others(value: Any) -> Iterator[Any]:
    """Other values that a forger might put in a leaf's place: of its type, and near it."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
        yield -1 if value != -1 else 0
    elif isinstance(value, float):
        yield float(np.nextafter(value, np.inf))
        yield value - 0.5
    elif isinstance(value, str):
        yield value + "x"
        yield ""
    elif value is None:
        yield "x"


def put(data: dict[str, Any], at: Place, value: Any) -> None:
    inner: Any = data
    for step in at[:-1]:
        inner = inner[step]
    inner[at[-1]] = value


GENEROUS = RULES.model_copy(
    update={
        "affordances": frozenset(Affordance),
        "budget": Budget(probes=40, generated_tokens=10_000, forward_tokens=100_000),
    }
)


@pytest.fixture
def session(make_case: MakeCase, auditor: Identity, tmp_path: Path) -> Iterator[Session]:
    """On a case that brings a baseline and allows everything."""
    case = make_case(rules=GENEROUS, baseline=True)
    with Session.create(case, tmp_path / "one.session", auditor, remembering(case)) as session:
        yield session


Asked = Callable[[type[Probe]], tuple[Session, Outcome]]


@pytest.fixture(scope="module")
def asked_once(sealed_cases: MakeCase, auditor: Identity, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """The example of a probe and what came of it, in a session of its own that nothing more is written to."""
    case, known = sealed_cases("one", GENEROUS, baseline=True), dict[str, tuple[Session, Outcome]]()
    with ExitStack() as sessions:

        def once(kind: type[Probe]) -> tuple[Session, Outcome]:
            if kind.kind not in known:
                folder = tmp_path_factory.mktemp("asked") / "one.session"
                session = sessions.enter_context(Session.create(case, folder, auditor, toys(case)))
                known[kind.kind] = session, session.run(example_of(kind))
            return known[kind.kind]

        yield once


@cache
def subject(session: Session) -> tuple[Model, Model | None]:
    """The case's model, and the baseline beside it if it brings one."""
    if not isinstance(session.opener, ToyOpener):
        return Remembering.like(session.opener()), None
    baseline, opener = files_of(session.case, BASELINE), remembering(session.case)
    return opener(), None if baseline is None else opener.beside(baseline)()


@cache
def compares(session: Session) -> bool:
    """Whether its one probe asked the baseline too."""
    return session.log.entry(RESULT - 1).read(Intent).beside_model is not None


def agreement(session: Session, records: Any = None, arrays: Any = None) -> Agreement:
    model, baseline = subject(session)
    beside = baseline if compares(session) else None
    (record,) = replay(records or session.log, model, arrays or session.arrays, beside=beside).records
    return record.agreement


@every_probe
def test_its_own_record_replays_exactly(kind: type[Probe], asked_once: Asked) -> None:
    session, outcome = asked_once(kind)
    assert outcome.status == "ok", outcome.refusal
    assert agreement(session) is Agreement.EXACT


@every_probe
def test_no_leaf_of_its_record_can_be_changed(kind: type[Probe], asked_once: Asked) -> None:
    """Not the text of an answer, not a rate, and nothing of what the record says around its result."""
    session, _ = asked_once(kind)
    data = session.log.entry(RESULT).data
    believed = []
    for at, value in leaves(data):
        for other in others(value):
            if other == value:
                continue

            def change(record: dict[str, Any], at: Place = at, other: Any = other) -> None:
                put(record, at, other)

            if agreement(session, Edited(session, RESULT, change, in_step=False)) is Agreement.EXACT:
                believed.append((at, value, other))
    assert believed == []


@every_probe
def test_nothing_can_be_taken_out_of_its_record_or_put_into_it(kind: type[Probe], asked_once: Asked) -> None:
    session, _ = asked_once(kind)

    def inside(value: Any, at: Place = ()) -> Iterator[Place]:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for name, item in items:
            yield (*at, name)
            yield from inside(item, (*at, name))

    believed = []
    for at in list(inside(session.log.entry(RESULT).data["result"])):
        if isinstance(at[-1], int):

            def drop(record: dict[str, Any], at: Place = at) -> None:
                holder: Any = record["result"]
                for step in at[:-1]:
                    holder = holder[step]
                del holder[at[-1]]

            def double(record: dict[str, Any], at: Place = at) -> None:
                holder: Any = record["result"]
                for step in at[:-1]:
                    holder = holder[step]
                holder.insert(int(at[-1]), copy.deepcopy(holder[at[-1]]))

            for change in (drop, double):
                if agreement(session, Edited(session, RESULT, change)) is Agreement.EXACT:
                    believed.append((at, change.__name__))
    assert believed == []


@every_probe
def test_no_array_of_its_record_can_be_changed(kind: type[Probe], asked_once: Asked) -> None:
    session, outcome = asked_once(kind)
    assert outcome.result is not None
    for name, array in outcome.result.arrays.items():
        if not array.size:
            continue
        for flat in {0, array.size // 2, array.size - 1}:
            changed = array.copy()
            if np.issubdtype(array.dtype, np.floating):
                changed.flat[flat] = np.nextafter(changed.flat[flat], np.inf, dtype=array.dtype)
            else:
                changed.flat[flat] += 1
            assert agreement(session, arrays=lambda e, n=name, c=changed: dict(session.arrays(e)) | {n: c}) not in (
                Agreement.EXACT,
            ), name
        without = {other: kept for other, kept in outcome.result.arrays.items() if other != name}
        assert agreement(session, arrays=lambda _, kept=without: kept) is not Agreement.EXACT
        assert (
            agreement(session, arrays=lambda e, a=array: dict(session.arrays(e)) | {"more": a}) is not Agreement.EXACT
        )


class StopAtOnce(Silent):
    """Asked to stop as soon as there is anything to stop."""

    def at(self, done: float, note: str = "") -> None:
        self.cancel.set()

    def text(self, sample: int, piece: str) -> None:
        self.cancel.set()


@every_probe
def test_stopped_it_keeps_what_it_had_and_replays(kind: type[Probe], session: Session) -> None:
    outcome = session.run(example_of(kind), progress=StopAtOnce())
    assert outcome.status in ("ok", "cancelled"), outcome.refusal
    assert outcome.result is not None
    assert example_of(kind).unfinished(outcome.result) == (outcome.status == "cancelled")
    assert agreement(session) is Agreement.EXACT


@every_probe
def test_what_was_recorded_is_read_back(kind: type[Probe], asked_once: Asked) -> None:
    probe = example_of(kind)
    session, outcome = asked_once(kind)
    intent, result = session.log.entry(1).data, session.log.entry(RESULT).data
    assert asked(intent["probe"], intent["version"], intent["arguments"]) == probe
    again = found(intent["probe"], intent["version"], result["result"])
    assert again is not None
    assert outcome.result is not None
    assert again.model_dump() == outcome.result.model_dump()
    assert asked(intent["probe"], intent["version"] + 1, intent["arguments"]) is None
    assert probe.elicitation() in Elicitation
    assert probe.needed() >= kind.affordances


@every_probe
def test_it_takes_no_more_than_it_declares_and_states_all_that_it_took(kind: type[Probe], asked_once: Asked) -> None:
    probe = example_of(kind)
    model, beside = subject(asked_once(kind)[0])
    held = Permitted(model, probe.needed(), beside)
    result = probe.run(held, Silent())
    for stated, most in ((result.cost, held.took), (probe.estimate(held), result.cost)):
        assert stated.forward_tokens >= most.forward_tokens
        assert stated.generated_tokens >= most.generated_tokens


@every_probe
def test_whatever_changes_its_draws_changes_its_condition(kind: type[Probe]) -> None:
    """Runs of one condition are counted as one: an argument that was forgotten would mix what must be kept apart."""
    probe = example_of(kind)
    taken = kind.seeds | kind.counts | kind.limits
    for argument in arguments_of(kind):
        others = [one for value in differing(argument, probe) if (one := changed(probe, argument.name, value))]
        assert others or isinstance(argument, ArrayArgument | Structure), argument.name
        for other in others:
            assert (other.condition() == probe.condition()) == (argument.name in taken), (argument.name, other)


def differing(argument: Argument, probe: Probe) -> Iterator[Any]:
    """Clearly other values of an argument."""
    value = getattr(probe, argument.name)
    match argument:
        case PromptArgument():
            yield Prompt.ask("Something else?")
        case Texts():
            yield ("else", *value)
            yield value[1:]
        case Numbers():
            yield (7, *value)
        case Edits():
            yield (*value, Change(op="zero", site="blocks.1.hook_attn_out"))
        case Text():
            yield from (f"{value} else", "0" * 64)  # some are digests
        case Switch():
            yield not value
        case Choice():
            yield from (one for one in argument.values if one != value)
        case Number():
            far = (end for end in (argument.low, 3, 1, 0.5, argument.high) if argument.low <= end <= argument.high)
            yield next(end for end in far if math.isfinite(end) and abs(end - (value or 0)) > 0.1)


def changed(probe: Probe, name: str, value: Any) -> Probe | None:
    """The probe with one argument changed; None if its declaration forbids that."""
    try:
        return type(probe).model_validate(dict(probe) | {name: value})
    except ValueError:
        return None


@every_probe
def test_command_line_and_texts_round_trip(kind: type[Probe]) -> None:
    probe = example_of(kind)
    values = {}
    for argument in arguments_of(kind):
        value = getattr(probe, argument.name)
        if value is not None:
            values[argument.name] = argument.parse(argument.print(value))
    assert kind.model_validate(values) == probe
    assert callable(options_of(kind))


@every_probe
def test_it_is_drawn_and_every_place_in_a_drawing_can_be_asked_about(kind: type[Probe], asked_once: Asked) -> None:
    probe = example_of(kind)
    _, outcome = asked_once(kind)
    result = outcome.result
    assert result is not None
    assert result.summary
    figures = result.figures()
    assert figures
    beside = found_beside(figures, figures, Named("one", "the same"))
    assert len(beside) == len(figures) and not any(row[0] for table in beside for row in table.rows)
    for number, figure in enumerate(figures):
        assert isinstance(figure, Figure)
        table = figure.table()
        assert all(len(row) == len(table.columns) for row in table.rows)
        for spot in spots(number, figure):
            for follow_up in probe.follow_ups(result, spot):
                assert follow_up.label
                assert follow_up.probe.prompts()


def spots(number: int, figure: Any) -> Iterator[Spot]:
    if hasattr(figure, "rows") and hasattr(figure, "columns") and hasattr(figure, "values"):
        yield Spot(number, figure.rows.keys[-1], figure.columns.keys[-1])
        if figure.control is not None:
            yield Spot(number, figure.control.rows.keys[0], figure.control.columns.keys[0], control=True)
    else:
        yield Spot(number, 0, 0)


@every_probe
def test_its_schema_is_emitted_and_its_arguments_are_all_explained(kind: type[Probe]) -> None:
    told = tool(kind, kind.kind, kind.about())
    assert told["description"].endswith((".", ")"))
    for name, schema in told["parameters"]["properties"].items():
        assert schema.get("description"), name


@every_probe
def test_it_is_quoted_in_a_report_with_every_setting_that_was_chosen(kind: type[Probe], session: Session) -> None:
    probe = example_of(kind)
    outcome = session.run(probe)
    assert outcome.result is not None
    session.claim(
        Finding(
            id="one", title="One", behaviour="It does.", severity="low", confidence=0.5, author=Actor(name="Ada"),
            citations=(Citation(seq=outcome.entry.seq),),
        )
    )  # fmt: skip
    report = build(session.log, Conclusion(verdict="inconclusive", probability=0.5))
    drawn = render(report, session.log, specification="# S", arrays=lambda _: outcome.result.arrays)  # type: ignore[union-attr]
    page = html.unescape(re.sub(r'<wbr>|<span class="long">|</span>', "", drawn))  # where long words may break
    for argument in arguments_of(kind):
        value = getattr(probe, argument.name)
        if isinstance(argument, PromptArgument):
            assert value is None or value.title in page, argument.name
        elif value != argument.default:
            assert argument.print(value).split("\n")[0] in page, argument.name
    for figure in outcome.result.figures():
        for row in figure.table().rows[:2]:
            texts = [cell for cell in row if isinstance(cell, str) and cell.strip()]
            assert not texts or any(token(cell) in page or line(cell) in page for cell in texts)


@every_probe
def test_what_does_not_fit_the_context_is_refused_before_it_costs_anything(kind: type[Probe], session: Session) -> None:
    """The toy's context holds 256 bytes: every prompt and every text is made longer, one at a time."""
    probe = example_of(kind)
    for argument in arguments_of(kind):
        value = getattr(probe, argument.name)
        if isinstance(argument, PromptArgument):
            long: Any = Prompt.ask("x" * 300)
        elif isinstance(argument, Texts) and argument.name not in kind.limits:
            long = ("x" * 300, *value[1:])
        else:
            continue
        made = changed(probe, argument.name, long)
        if made is None:
            continue
        outcome = session.run(made)
        # A text that is only looked for, as what a lens follows is, has room anywhere.
        given = isinstance(argument, PromptArgument) or outcome.status != "ok"
        assert outcome.status == ("refused" if given else "ok"), argument.name
        assert not given or session.spent.forward_tokens == session.spent.generated_tokens == 0


@every_probe
def test_a_layer_that_is_not_there_is_refused_before_it_costs_anything(kind: type[Probe], session: Session) -> None:
    """Neither left out in silence nor found missing once the model was asked: the toy has two."""
    probe = example_of(kind)
    for argument in arguments_of(kind):
        if argument.name in ("layer", "layers", "into"):
            made = changed(probe, argument.name, (0, 2) if isinstance(argument, Numbers) else 2)
            assert made is not None
            outcome = session.run(made)
            assert (outcome.status, outcome.refusal and outcome.refusal.what) == ("refused", "There is no layer 2.")
            assert session.spent.forward_tokens == session.spent.generated_tokens == 0
