"""`workbench probe CASE batch`: many questions to one loaded model, one line in and one line out for each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from casefiles.status import Refusal
from views import console, options
from workbench.visible import json_line


@click.command(name="batch", short_help="Ask many questions, a line of JSON for each, with the model loaded once")
@click.argument("file", type=options.FilePath(allow_dash=True))
@click.option("--results", is_flag=True, help="Give back whole results, not their summaries alone.")
@click.option("--until-spent", is_flag=True, help="Begin also where the budget does not cover every line.")
@options.actor_option
@options.session_options
@console.json_option
@click.pass_obj
def batch(case: Path, /, file: Path, results: bool, until_spent: bool, actor: Any, as_json: bool, **given: Any) -> None:
    """Ask many questions, a line of JSON for each, with the model loaded once.

    A line is {"kind": "sample", "arguments": {"prompt": "…", "samples": 4}}; it may say whom it asks, "on": "baseline",
    and with whom a probe that compares two compares, "beside": "adapter:NAME", which clause it looks into, "clause":
    "S1", and have an "id" that comes back with its answer. Its seed is one that nobody picks, unless it names a number.
    One line of JSON comes back for each as it is done, with
    line, seq, status and summary, or the refusal: what cannot be asked does not keep the rest from it. FILE - reads
    standard input line by line, so that a program can ask the next question after it has read an answer. A file is
    priced first, and refused where the budget does not cover it. The command ends with 0 if every line was answered,
    with 1 if one was not, with 130 if it was stopped.
    """
    opening = options.SessionOptions.take(given)
    lines, failed = LinesIn(file), 0
    with opening.session(options.open_case(case)) as session:
        if not lines.live:
            _price(session, lines, until_spent)

        def stop() -> None:
            if lines.waiting:
                raise KeyboardInterrupt
            if session.loading:
                session.abort()

        with console.stoppable("batch", stop) as progress:
            for number, text in enumerate(lines, 1):
                if progress.cancel.is_set():
                    break
                if text.strip():
                    told = _asked(session, text, actor, progress, results)
                    failed += told["status"] != "ok"
                    click.echo(json_line({"line": number, **told}))
                    sys.stdout.flush()
    if progress.cancel.is_set():
        sys.exit(console.INTERRUPTED)
    if failed:
        sys.exit(console.REFUSED)


class LinesIn:
    """The lines of a file, or those of standard input as they come."""

    def __init__(self, file: Path) -> None:
        from casefiles.files.disk import read_small
        from workbench.contract.arguments import FILE_LIMIT

        self.live = str(file) == "-"
        self.waiting = False
        """For somebody to write the next one."""
        self._lines = [] if self.live else read_small(file, FILE_LIMIT).decode("utf-8", "replace").split("\n")

    def __iter__(self) -> Iterator[str]:
        return iter(self._next, "") if self.live else iter(self._lines)

    def _next(self) -> str:
        self.waiting = True
        try:
            return sys.stdin.readline()
        finally:
            self.waiting = False


def _price(session: Any, lines: LinesIn, until_spent: bool) -> None:
    """Say what the lines may cost. Raises Refusal if that is more than is left."""
    from workbench.contract.rules import Cost
    from workbench.plans.question import Question

    cost = Cost(probes=0)
    for text in filter(str.strip, lines):
        try:
            question = Question.of_line(text)
            cost = cost + session.price(question.probe, question.on, question.beside)
        except Refusal:
            continue  # it is told in its turn
    short = _short_of(session, cost)
    said = ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in cost if value)
    if short and not until_spent:
        raise Refusal(
            "rules.budget", "The budget does not cover every line.", f"They may take {said}; {short}.",
            "Ask for less, or add --until-spent to go as far as it reaches.",
        )  # fmt: skip
    console.say(f"This may take {said or 'nothing'}{f'; {short}' if short else ''}.", err=True)


def _short_of(session: Any, cost: Any) -> str:
    """What of the budget is not enough, in words; empty if all is."""
    for name, limit in session.rules.budget:
        left = None if limit is None else max(0, limit - getattr(session.spent, name))
        if left is not None and getattr(cost, name) > left:
            return f"only {left:,} {name.replace('_', ' ')} are left"
    return ""


def _asked(session: Any, text: str, actor: Any, progress: Any, results: bool) -> dict[str, Any]:
    """What came of one line."""
    from workbench.plans.question import Question
    from workbench.report.specification import check_clause

    name = _name_in(text)
    try:
        question = Question.of_line(text)
        if question.clause:
            check_clause(question.clause, session.case.specification)
        probe = session.seeded(question.probe, question.on, question.fresh)
        outcome = session.run(probe, on=question.on, beside=question.beside, actor=actor, progress=progress)
    except Refusal as refusal:
        return {**name, "seq": None, "status": "refused", "refusal": _refusal(refusal)}
    if question.clause and outcome.result is not None:
        session.tag(outcome.entry.seq, question.clause, actor)
    told: dict[str, Any] = {**name, "seq": outcome.entry.seq, "status": outcome.status}
    if outcome.result is not None:
        told["summary"] = outcome.result.summary
        if results:
            told["result"] = outcome.entry.data["result"]
    if outcome.alone is not None:
        told["alone"] = {"seq": outcome.alone.seq, "summary": outcome.alone.data["summary"]}
    if outcome.refusal is not None:
        told["refusal"] = _refusal(outcome.refusal)
    return told


def _name_in(text: str) -> dict[str, str]:
    """What the author of a line knows it by, also where the line cannot be asked."""
    try:
        value = json.loads(text.removeprefix("\ufeff"))
        return {"id": str(value["id"])} if value.get("id") else {}
    except (ValueError, KeyError, AttributeError, RecursionError):
        return {}


def _refusal(refusal: Refusal) -> dict[str, str]:
    return {"code": refusal.code, "what": refusal.what, "why": refusal.why, "try_this": refusal.try_this}
