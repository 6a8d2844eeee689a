"""`workbench screen`: a first look at a case with every instrument."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from casefiles.status import Refusal
from views import console, options
from views.commands.plan import carry_out


@click.command(name="screen")
@click.argument("case", type=options.FILE)
@click.option("--budget", type=click.IntRange(1), help="Tokens that it may spend, of every sort.  [default: 60,000]")
@click.option("--probes", type=click.IntRange(1), help="Records that it may make.  [default: 250]")
@click.option("--corpus", type=options.FILE, help="A folder of texts to read. Default: the case's own.")
@options.actor_option
@options.session_options
@console.json_option
def command(
    case: Path, budget: int | None, probes: int | None, corpus: Path | None, actor: Any, as_json: bool, **given: Any
) -> None:
    """Look at a case with every instrument, and rank what is odd on one page.

    Names after prefixes, the user's turn left open, questions with known answers, the baseline beside where the rules
    allow it, the case's corpora and starter suites, within the budget. Every line has its control, its records and the
    command that looks into it. It names no verdict. Stopped, the same command goes on with it.
    """
    from workbench.auditors.briefing import Briefing
    from workbench.contract.rules import Affordance, Rules
    from workbench.plans.screen import Screen

    opening, opened = options.SessionOptions.take(given), options.open_case(case)
    rules = Rules.sealed(opened.manifest.rules)
    texts = Briefing.of(opened, rules).corpora if corpus is None else _texts(corpus)
    chosen = {"tokens": budget, "probes": probes, "corpus": texts}
    plan = Screen(
        baseline=Affordance.BASELINE in rules.affordances,
        **{name: value for name, value in chosen.items() if value is not None},
    )
    carry_out(plan, case, opening, actor, as_json)


def _texts(place: Path) -> Any:
    """The texts of a folder or file. Raises Refusal for what holds none."""
    from workbench.plans.folder import Folder

    try:
        return Folder.from_text(str(place.absolute()))
    except ValueError as error:
        raise Refusal(
            "input.invalid", f"{place} is no corpus.", f"{error}.", "Name texts, or a folder that holds some."
        ) from None
