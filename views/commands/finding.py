"""`workbench finding`: write, list or withdraw findings."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from casefiles.status import Refusal
from views import console, options
from views.sessions import to_countersign
from workbench.visible import cell, line, quoted

CITATION = re.compile(r"(?P<seq>\d+)(?:=(?P<words>.+))?", re.DOTALL)


@click.group(name="finding")
def command() -> None:
    """Write, list or withdraw findings."""


def _session_options(function: Any) -> Any:
    function = click.argument("session", type=options.FILE)(options.key_option("auditor")(function))
    return click.option("--case", type=options.FILE, help="The case, if it was moved.")(function)


@command.command()
@_session_options
@click.option("--id", "name", required=True, help="A short name; the same name again revises the finding.")
@click.option("--title", required=True)
@click.option("--behaviour", required=True, help="What it does that it should not.")
@click.option("--trigger", default="", help="When it does so.")
@click.option("--scope", multiple=True, help="A subject it covers. Repeatable.")
@click.option("--clause", default="", help="The clause of the specification it breaks.")
@click.option("--cause", default="", help="How it may have been put in.")
@click.option("--severity", type=click.Choice(["low", "medium", "high"]), default="medium", show_default=True)
@click.option("--confidence", type=click.FloatRange(0, 1), required=True)
@click.option("--support", multiple=True, help="SEQ=WORDS: a record that shows it; WORDS as Bergen|Turku|!Oslo.")
@click.option("--control", multiple=True, help="SEQ=WORDS: a record that should not show it.")
@click.option("--hypothesis", default="", help="The id of the hypothesis it confirms: what was asked after it does.")
@click.option("--paraphrase", multiple=True, help="SEQ=SEQ: asks in other words what another cited record asks.")
@options.actor_option
@console.json_option
def add(
    session: Path, case: Path | None, key: str | None, as_json: bool, support: tuple[str, ...],
    control: tuple[str, ...], paraphrase: tuple[str, ...], actor: Any, name: str, **facets: Any,
) -> None:  # fmt: skip
    """Write a finding, or revise one; its strength is computed from the log."""
    from pydantic import ValidationError

    from workbench.claims.finding import Finding, Role
    from workbench.log.records import FindingRecord
    from workbench.report.specification import check_clause

    citations = [_citation(text, Role.SUPPORT) for text in support]
    citations += [_citation(text, Role.CONTROL) for text in control]
    of = _paraphrases(paraphrase, {citation.seq for citation in citations})
    citations = [one.model_copy(update={"paraphrase_of": of.get(one.seq)}) for one in citations]
    with options.reopen(session, key, case, actor) as opened:
        if facets["clause"]:
            check_clause(facets["clause"], opened.case.specification)
        try:
            finding = Finding(id=name, author=actor or opened.actor, citations=tuple(citations), **facets)
        except ValidationError as error:
            raise options.unusable("finding", error, "See `finding add --help`.") from None
        entry = opened.claim(finding)
    strength = entry.as_(FindingRecord).strength
    told = f"#{entry.seq}  {cell(finding.title)}\n{_told(finding, strength)}\n{to_countersign(session)}"
    console.emit({"seq": entry.seq, **entry.data}, told, as_json)


@command.command("list")
@click.argument("session", type=options.FILE)
@console.json_option
def list_findings(session: Path, as_json: bool) -> None:
    """List the findings that stand, with their evidence as it is now."""
    from workbench.evidence.standing import recorded
    from workbench.evidence.strength import strength
    from workbench.log.snapshot import reading
    from workbench.log.stored_log import StoredLog

    with reading(session / StoredLog.FILE) as log:
        found = [(finding, strength(finding, log)) for finding in recorded(log)]
    told = [
        {"finding": finding.model_dump(mode="json"), "strength": strong.model_dump(mode="json")}
        for finding, strong in found
    ]
    text = "\n".join(f"{cell(one.id)}  {cell(one.title)}\n{_told(one, strong)}" for one, strong in found)
    console.emit(told, text or "No findings yet. Write one with `workbench finding add`.", as_json)


@command.command("try")
@click.argument("log", type=options.FILE)
@click.argument("words")
@console.json_option
def try_predicate(log: Path, words: str, as_json: bool) -> None:
    """Try a predicate on every answer of a log before a finding rests on it.

    WORDS as Bergen|Turku|!Oslo; LOG is a session or an exported log.
    """
    from views.tables import table
    from workbench.evidence.bench import bench, tried
    from workbench.evidence.observations import Observations
    from workbench.log.imported_log import open_records

    match = predicate(words)
    if match.empty:
        raise Refusal(
            "input.invalid", f"{quoted(words)} asks for no word.", "It would hold on every answer.",
            "Write Bergen|Turku.",
        )  # fmt: skip
    with open_records(log) as records:
        rows = tried(match, Observations.of(records))
    console.emit([asdict(row) for row in rows], table(bench(match, rows)), as_json)


@command.command()
@_session_options
@click.argument("name")
@click.option("--reason", default="")
@options.actor_option
@console.json_option
def withdraw(
    session: Path, case: Path | None, key: str | None, name: str, reason: str, actor: Any, as_json: bool
) -> None:
    """Withdraw a finding; it stays in the log."""
    with options.reopen(session, key, case, actor) as opened:
        entry = opened.withdraw(name, reason, actor)
    console.emit({"seq": entry.seq, **entry.data}, f"#{entry.seq}  {line(name)} withdrawn", as_json)


def _citation(text: str, role: Any) -> Any:
    from workbench.claims.finding import Citation

    parsed = CITATION.fullmatch(text)
    if parsed is None:
        raise Refusal(
            "input.invalid", f"{quoted(text)} is not a citation.", "It begins with the number of a record.",
            "Write it as 12, 12=Bergen or 12=Bergen|!Oslo.",
        )  # fmt: skip
    return Citation(seq=int(parsed["seq"]), role=role, shows=predicate(parsed["words"] or ""))


def _paraphrases(given: tuple[str, ...], cited: set[int]) -> dict[int, int]:
    """Record → the one whose question it asks in other words."""
    found: dict[int, int] = {}
    for text in given:
        one, _, other = text.partition("=")
        if not (one.isdecimal() and other.isdecimal()) or int(one) not in cited:
            raise Refusal(
                "input.invalid", f"{quoted(text)} names no two cited records.", "A paraphrase is told by two numbers.",
                "Cite both records, and write it as 14=12: 14 asks what 12 asks, in other words.",
            )  # fmt: skip
        found[int(one)] = int(other)
    return found


def predicate(text: str) -> Any:
    """The predicate that words stand for: Bergen|Turku|!Oslo."""
    from workbench.claims.predicate import Match

    words = [word for word in text.split("|") if word]
    return Match(
        any_of=tuple(word for word in words if not word.startswith("!")),
        none_of=tuple(word[1:] for word in words if word.startswith("!")),
    )


def _told(finding: Any, strength: Any) -> str:
    def told(rate: Any) -> str:
        return "none" if rate is None else f"{rate.hits}/{rate.trials}  ({rate.low:.2f}–{rate.high:.2f})"

    from workbench.claims.measures import measures

    lines = [f"  {name:<10}  {told(rate)}" for name, rate in strength.rates]
    lines += [f"  {line(one.name)}: {line(one.figure)}, {line(one.said)}" for one in measures(strength)]
    lines += [f"  lacking: {line(lack)}" for lack in (*finding.lacks, *strength.lacks())]
    return "\n".join(lines)
