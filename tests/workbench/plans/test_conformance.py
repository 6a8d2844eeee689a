"""What every plan and automated auditor must keep, whoever wrote it: asked of the lists."""

from __future__ import annotations

import jsonschema
import pytest

from tests.workbench.examples import example_of
from views.commands.declared import options_of
from workbench.auditors import AUDITORS
from workbench.contract.arguments import arguments_of, tool
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.log.records import Intent
from workbench.plans import PLANS
from workbench.plans.conduct import conduct
from workbench.plans.plan import Ask, Plan
from workbench.probes.sample import Sample

every_plan = pytest.mark.parametrize("kind", (*PLANS, *AUDITORS), ids=lambda kind: kind.kind)


@every_plan
def test_it_is_told_by_its_declaration(kind: type[Plan]) -> None:
    plan = example_of(kind)
    assert kind.about().endswith(".")
    assert plan.title
    assert callable(options_of(kind))
    schema = tool(kind, kind.kind, kind.about())["parameters"]
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(plan.model_dump(mode="json"), schema)
    for argument in arguments_of(kind):
        assert argument.hint, argument.name
        value = getattr(plan, argument.name)
        if value is not None:
            assert argument.parse(argument.print(value)) == value, argument.name


@every_plan
def test_its_digest_follows_from_its_arguments(kind: type[Plan]) -> None:
    plan = example_of(kind)
    assert plan.digest == example_of(kind).digest
    assert plan.step(Ask("one", Sample(prompt=Prompt.ask("What?")))).digest == plan.digest


@every_plan
def test_what_it_did_is_gone_on_with_and_summed_up_from_the_log_alone(kind: type[Plan], session: Session) -> None:
    first = conduct(example_of(kind), session)
    assert first.refusal is None
    asked, summary = _asked(session), first.summary
    again = conduct(example_of(kind), session)
    assert _asked(session) == asked, "nothing is asked twice"
    assert again.summary == summary
    assert summary is not None
    assert summary.summary
    for figure in summary.figures():
        table = figure.table()
        assert all(len(row) == len(table.columns) for row in table.rows)


def _asked(session: Session) -> int:
    """How many questions its log holds; a finding is claimed anew, with the strength that it has by then."""
    return sum(1 for _ in session.log.entries((Intent.kind,)))
