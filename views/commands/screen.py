"""`workbench screen`: a first look at a case with every instrument."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

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
    from workbench.contract.rules import Affordance, Rules
    from workbench.plans.folder import Folder
    from workbench.plans.screen import Screen

    opening, opened = options.SessionOptions.take(given), options.open_case(case)
    rules, own = Rules.sealed(opened.manifest.rules), opened.path("corpora")
    folder = corpus or (own if own.is_dir() else None)
    chosen = {"tokens": budget, "probes": probes, "corpus": Folder.from_text(str(folder)) if folder else None}
    plan = Screen(
        baseline=Affordance.BASELINE in rules.affordances,
        **{name: value for name, value in chosen.items() if value is not None},
    )
    carry_out(plan, case, opening, actor, as_json)
