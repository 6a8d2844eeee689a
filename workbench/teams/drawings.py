"""A comparison as neutral figures: what table, page and window draw of it alike."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from casefiles.counted import counted
from workbench.claims.rates import Rate, wilson
from workbench.contract.figures import (
    Axis,
    Column,
    Curve,
    Curves,
    Figure,
    Heat,
    Rows,
    Scale,
    Value,
    percent,
)
from workbench.contract.rules import Elicitation
from workbench.teams.agreement import Agreed, SharedPrompt
from workbench.teams.compared_log import ComparedLog
from workbench.teams.comparison import TeamComparison
from workbench.teams.outcomes import MEANINGS, TeamOutcome
from workbench.teams.team_coverage import CoverageMatrix
from workbench.teams.unclaimed import SeenEvidence
from workbench.visible import enumerated, quoted

SHARE: Final = Scale("share", 0.0, 1.0, unit="%")
UNNAMED: Final = "none named"
SIDES: Final = 4
"""Most logs that stand side by side, a column each."""


@dataclass(frozen=True)
class TeamSection:
    """One question that a comparison answers, as pictures where one tells more, and as tables."""

    key: str
    """What it is called in a link."""
    title: str
    said: str
    """What there is, in one sentence."""
    tables: tuple[Rows, ...]
    pictures: tuple[Figure, ...] = ()


def sections(found: TeamComparison) -> tuple[TeamSection, ...]:
    """Everything that a comparison shows, in the order in which it is read."""
    matrices = tuple(coverage_heat(matrix) for matrix in found.coverage if matrix.instruments)
    return (
        TeamSection("logs", "The logs", _logs_said(found), (logs_table(found),)),
        TeamSection("outcomes", "What came of it", _outcomes_said(found), (outcomes_table(found),)),
        TeamSection("cost", "What it took", _cost_said(found), (search_table(found),), (evidence_curves(found),)),
        TeamSection("coverage", "What was looked into", _coverage_said(found), (coverage_table(found),), matrices),
        TeamSection("elicitation", "How it was asked", _mix_said(found), (mix_table(found),), (mix_heat(found),)),
        TeamSection("shared", "Prompts in common", _shared_said(found), (shared_table(found),)),
        TeamSection("seen", "Seen and never cited", _seen_said(found), (seen_table(found), instruments_table(found))),
    )


def side_by_side(found: TeamComparison, places: Sequence[int]) -> Rows:
    """A few logs, a column each and a row for everything that is told of one."""
    logs = [found.logs[place] for place in places]
    rows = tuple((name, *(tell(log) for log in logs)) for name, tell in _TOLD)
    return Rows("Side by side", (Column("what"), *(Column(log.name) for log in logs)), rows)


# -- the logs


def logs_table(found: TeamComparison) -> Rows:
    columns = (Column("log"), Column("case"), Column("auditor"), Column("says"), Column("verdict"),
               Column("findings", "count"), Column("confirmed", "count"), Column("probes", "count"),
               Column("tokens", "count"), Column("evidence after"), Column("uncited", "count"))  # fmt: skip
    return Rows("", columns, tuple(_log_row(log) for log in found.logs))


def _log_row(log: ComparedLog) -> tuple[Value | None, ...]:
    spent = log.search.spent
    return (
        log.name, log.case, log.auditor, _said(log), _verdict(log), len(log.findings),
        sum(finding.confirmed for finding in log.findings), spent.probes,
        spent.generated_tokens + spent.forward_tokens + spent.backward_tokens, _first(log), log.unclaimed,
    )  # fmt: skip


def _said(log: ComparedLog) -> str:
    if log.said is None or log.probability is None:
        return "no report"
    return f"{log.said}, {percent(log.probability, 0)}"


def _verdict(log: ComparedLog) -> str | None:
    return log.judged.outcome if log.judged is not None else None


def _recall(log: ComparedLog) -> str | None:
    """With what it leaves open."""
    if (judged := log.judged) is None or not judged.realised:
        return None
    told = f"{judged.recall:.2f}" if judged.recall is not None else "nothing is earned"
    unread = f"{counted(judged.unread, 'behaviour')} unread" if judged.unread else ""
    ungraded = f"{counted(judged.ungraded, 'facet')} ungraded" if judged.ungraded else ""
    doubtful = f"{counted(judged.doubtful, 'facet')} to be read" if judged.doubtful else ""
    return ", ".join(filter(None, (f"{told} of {counted(judged.realised, 'behaviour')}", unread, ungraded, doubtful)))


def _right(log: ComparedLog) -> str | None:
    """How many are, and what precision that is at least and at most."""
    if (judged := log.judged) is None or judged.at_least is None or judged.at_most is None:
        return None
    told = f"{judged.correct} of {judged.correct + judged.wrong + judged.unadjudicated}"
    if not judged.unadjudicated:
        return told
    return f"{told}, {judged.unadjudicated} waiting: {between(judged.at_least, judged.at_most)}"


def _first(log: ComparedLog) -> str | None:
    if log.first_evidence is None:
        return None
    after = log.first_evidence.after
    return f"{counted(after.probes, 'probe')}, {after.generated_tokens + after.forward_tokens:,} tokens"


def _logs_said(found: TeamComparison) -> str:
    cases = len({log.case_digest for log in found.logs})
    organisms = len({log.organism for log in found.logs})
    auditors = len({log.auditor_key for log in found.logs})
    return (
        f"{counted(len(found.logs), 'log')} of {counted(auditors, 'auditor')} on {counted(cases, 'case')}, "
        f"{counted(organisms, 'organism')}. Each was verified before it was read."
    )


_TOLD: Final[tuple[tuple[str, Callable[[ComparedLog], Value | None]], ...]] = (
    ("case", lambda log: f"{quoted(log.case)} · {log.case_digest[:8]}…"),
    ("auditor", lambda log: f"{quoted(log.auditor)} · {log.auditor_key}"),
    ("asked by", lambda log: log.actors),
    ("allowed", lambda log: ", ".join(log.affordances) + (" (narrower than the case)" if log.restricted else "")),
    ("witnessed", lambda log: f"to {log.witnessed:,} of {log.records:,} records"),
    ("says", _said),
    ("verdict", _verdict),
    ("recall", _recall),
    ("findings right", _right),
    ("judge", lambda log: log.judge),
    ("findings", lambda log: "; ".join(_finding(log)) or "none"),
    ("first evidence after", _first),
    ("probes", lambda log: f"{log.search.spent.probes:,}"),
    ("tokens generated", lambda log: f"{log.search.spent.generated_tokens:,}"),
    ("tokens read", lambda log: f"{log.search.spent.forward_tokens:,}"),
    ("on its word alone", lambda log: _on_word(log) or "nothing"),
    ("seconds in probes", lambda log: f"{log.search.spent.seconds:,.1f}"),
    ("prompts sampled", lambda log: f"{log.search.prompts:,}, {log.alone:,} by nobody else"),
    ("answers", lambda log: f"{log.search.answers:,}"),
    ("asked", lambda log: ", ".join(f"{one.records:,} {one.elicitation.value}" for one in log.mix) or "nothing"),
    ("instruments", lambda log: ", ".join(f"{one.kind} {one.records:,}" for one in log.instruments) or "none"),
    ("failed, orphaned, refused", lambda log: f"{log.search.failed}, {log.search.orphans}, {log.search.refused}"),
    ("hypotheses", lambda log: f"{log.search.hypotheses}"),
    ("written down, revised, dropped",
     lambda log: f"{log.search.findings}, {log.search.revisions}, {log.search.withdrawn}"),
    ("seen and never cited", lambda log: f"{log.unclaimed:,}"),
    ("not proven", lambda log: ", ".join(log.remarks) or "nothing"),
)  # fmt: skip


def _finding(log: ComparedLog) -> Iterator[str]:
    for finding in log.findings:
        shown = finding.reproduction
        rate = f" ({shown.hits} of {shown.trials})" if shown is not None else " (nothing counted)"
        yield quoted(finding.title) + rate


# -- outcomes


def outcomes_table(found: TeamComparison) -> Rows:
    columns = (Column("logs"), Column("outcome"), Column("of"), Column("value", "number"), Column("95 % over logs"),
               Column("95 % over organisms"))  # fmt: skip
    rows = [
        (
            group.name,
            one.name,
            f"{one.rate.hits} of {one.rate.trials}" if one.rate is not None else f"{one.logs}",
            round(one.value, 3) if one.at_most is None else between(one.value, one.at_most),
            interval(one.rate) if one.rate is not None else None,
            spread(one),
        )
        for group in found.groups
        for one in group.outcomes
    ]
    return Rows("", columns, tuple(rows))


def between(least: float, most: float) -> str:
    """A share that depends on what waits: were all of it wrong, to were all of it right."""
    return f"{least:.2f} to {most:.2f}"


def spread(one: TeamOutcome) -> str | None:
    """A t interval, as wide as what waits makes it; organisms that do not differ have none that says anything."""
    mean = one.over_organisms
    if mean is None or one.high is None:
        return None
    if mean.low == one.high:
        return f"none: all {mean.of} are alike"
    return f"{between(mean.low, one.high)}, of {mean.of}"


def interval(rate: Rate) -> str:
    """A Wilson interval in hundredths."""
    return f"{percent(rate.low, 0)} to {percent(rate.high, 0)}"


def _outcomes_said(found: TeamComparison) -> str:
    said = "; ".join(
        f"{one.rate.hits} of {one.rate.trials} logs: {MEANINGS[one.name]}"
        for one in found.groups[0].outcomes
        if one.rate is not None and one.name in ("confirmed", "separates", "right")
    )
    organisms = found.groups[0].organisms
    few = "" if organisms > 2 else f" Of {counted(organisms, 'organism')} no interval over organisms can be given."
    return f"{said}.{few}"


# -- cost


def evidence_curves(found: TeamComparison) -> Curves:
    """The share of logs that had seen what they then reported, by the probes they had put: by what they were allowed,
    if that differs."""
    groups = [group for group in found.groups if group.by == "affordances"] or [found.groups[0]]
    most = max(log.search.spent.probes for log in found.logs)
    curves = []
    for group in groups:
        after = [first.after.probes for log in group.logs if (first := found.logs[log].first_evidence) is not None]
        places = sorted({0, *after, most})
        rates = [wilson(sum(one <= place for one in after), len(group.logs)) for place in places]
        curves.append(_steps(group.name, places, rates))
    return Curves("Logs that had seen what they report", "probes", SHARE, tuple(curves))


def _steps(name: str, places: Sequence[int], rates: Sequence[Rate]) -> Curve:
    """A curve that stays where it is up to the next place, and then rises."""
    xs: list[float] = []
    kept: list[Rate] = []
    for number, (place, rate) in enumerate(zip(places, rates, strict=True)):
        if number:
            xs.append(float(place))
            kept.append(rates[number - 1])
        xs.append(float(place))
        kept.append(rate)
    return Curve(
        name=name,
        xs=tuple(xs),
        ys=tuple(rate.hits / rate.trials for rate in kept),
        low=tuple(rate.low for rate in kept),
        high=tuple(rate.high for rate in kept),
    )


def search_table(found: TeamComparison) -> Rows:
    columns = (Column("log"), Column("probes", "count"), Column("prompts", "count"), Column("answers", "count"),
               Column("generated", "count"), Column("read", "count"), Column("on its word alone"),
               Column("in probes", "number", "s"), Column("first evidence after"),
               Column("first right after"))  # fmt: skip
    return Rows("Search effort; generated and read in tokens", columns, tuple(_search(log) for log in found.logs))


def _search(log: ComparedLog) -> tuple[Value | None, ...]:
    search = log.search
    right = log.judged.correct_after if log.judged is not None else None
    return (
        log.name, search.spent.probes, search.prompts, search.answers, search.spent.generated_tokens,
        search.spent.forward_tokens, _on_word(log), round(search.spent.seconds, 1), _evidence_after(log),
        None if right is None else counted(right, "probe"),
    )  # fmt: skip


def _evidence_after(log: ComparedLog) -> str | None:
    if log.first_evidence is None:
        return None
    after = log.first_evidence.after
    word = f" ({counted(on_word, 'probe')} on its word)" if (on_word := log.first_evidence.on_word.probes) else ""
    return f"{counted(after.probes, 'probe')}, {after.generated_tokens:,} generated, {after.seconds:,.1f} s{word}"


def _on_word(log: ComparedLog) -> str | None:
    """What of its cost a log alone says: how many probes left no result, and the share of its tokens that is theirs."""
    word, spent = log.search.on_word, log.search.spent
    if not word.probes:
        return None
    told, every = (one.generated_tokens + one.forward_tokens + one.backward_tokens for one in (word, spent))
    share = percent(told / every if every else 0.0, 0)
    return f"{word.probes:,} of {counted(spent.probes, 'probe')}, {share} of tokens"


def _cost_said(found: TeamComparison) -> str:
    first = found.groups[0].first_evidence
    if first.probes is None or first.generated_tokens is None or first.seconds is None:
        return "No log holds an answer that shows what it reports."
    return (
        f"{first.found.hits} of {first.found.trials} logs hold an answer that shows what they report; of these, the "
        f"middle one came after {counted(round(first.probes), 'probe')}, {first.generated_tokens:,.0f} generated "
        f"tokens and {first.seconds:,.1f} s in probes."
    )


# -- coverage and elicitation


def coverage_heat(matrix: CoverageMatrix) -> Heat:
    """Clauses × instruments: the share of the logs in which one looked into the other. First clause on top."""
    clauses = (*matrix.clauses, *([""] if any(not one.clause for one in matrix.covered) else []))[::-1]
    names, shares = matrix.instruments, np.zeros((len(clauses), len(matrix.instruments)))
    for one in matrix.covered:
        shares[clauses.index(one.clause), names.index(one.instrument)] = one.logs / matrix.logs
    return Heat(
        title=enumerated(matrix.cases),
        rows=Axis("clause", tuple(range(len(clauses))), tuple(clause or UNNAMED for clause in clauses)),
        columns=Axis("instrument", tuple(range(len(names))), names),
        texts=(),
        values=shares,
        scale=SHARE,
        legend=f"each cell: in how many of {counted(matrix.logs, 'log')} the instrument looked into the clause",
    )  # fmt: skip


def coverage_table(found: TeamComparison) -> Rows:
    columns = (Column("case"), Column("clause"), Column("instrument"), Column("logs", "count"),
               Column("records", "count"), Column("prompts", "count"), Column("answers", "count"))  # fmt: skip
    rows: list[tuple[Value | None, ...]] = []
    for matrix in found.coverage:
        cases = enumerated(matrix.cases)
        rows += [(cases, clause, "nothing", 0, 0, 0, 0) for clause in matrix.missing]
        rows += [
            (cases, one.clause or UNNAMED, one.instrument, one.logs, one.records, one.prompts, one.answers)
            for one in sorted(matrix.covered, key=lambda one: not one.clause)
        ]
    return Rows("", columns, tuple(rows))


def _coverage_said(found: TeamComparison) -> str:
    told = []
    for matrix in found.coverage:
        about = f"{enumerated(matrix.cases)}: " if len(found.coverage) > 1 else ""
        if not matrix.clauses:
            told.append(f"{about}nobody named a clause, and the case is not at hand")
        elif matrix.missing:
            told.append(f"{about}nobody asked anything about {enumerated(matrix.missing)}")
        else:
            told.append(f"{about}every clause that is named was looked into")
    text = ". ".join(told)
    return f"{text[:1].upper()}{text[1:]}."


def mix_heat(found: TeamComparison) -> Heat:
    """Logs × classes: the share of a log's probes that asked in each. First log on top."""
    classes, logs = list(Elicitation), found.logs[::-1]
    values = np.zeros((len(logs), len(classes)))
    for row, log in enumerate(logs):
        total = sum(one.records for one in log.mix)
        for one in log.mix:
            values[row, classes.index(one.elicitation)] = one.records / total
    return Heat(
        title="Share of each log's probes",
        rows=Axis("log", tuple(range(len(logs))), tuple(log.name for log in logs)),
        columns=Axis("class", tuple(range(len(classes))), tuple(one.value for one in classes)),
        texts=(),
        values=values,
        scale=SHARE,
        legend="each cell: the share of the log's probes, by the class that their arguments show",
    )


def mix_table(found: TeamComparison) -> Rows:
    """Probes, and answers where there are any, by class."""
    columns = (Column("log"), *(Column(one.value) for one in Elicitation))
    rows = []
    for log in found.logs:
        told = {one.elicitation: f"{one.records:,}" + (f", {one.answers:,} answers" if one.answers else "")
                for one in log.mix}  # fmt: skip
        rows.append((log.name, *(told.get(one) for one in Elicitation)))
    return Rows("Probes of each class", columns, tuple(rows))


def _mix_said(found: TeamComparison) -> str:
    total: Counter[Elicitation] = Counter()
    for log in found.logs:
        for one in log.mix:
            total[one.elicitation] += one.records
    said = ", ".join(f"{total[one]:,} {one.value}" for one in Elicitation if total[one])
    return f"Of {total.total():,} probes {said}." if said else "Nothing was asked."


# -- prompts in common


def shared_table(found: TeamComparison) -> Rows:
    columns = (Column("prompt"), Column("logs", "count"), Column("answers"), Column("commonest answer"),
               Column("given in"), Column("asked of"), Column("p", "number"))  # fmt: skip
    return Rows("", columns, tuple(_shared(one) for one in found.shared))


def _shared(one: SharedPrompt) -> tuple[Value | None, ...]:
    given = ", ".join(f"{said.common.hits}/{said.common.trials}" for said in one.said[:8])
    more = f" and {len(one.said) - 8} more" if len(one.said) > 8 else ""
    whom = "one organism" if one.one_organism else "different organisms"
    return (
        one.title, len(one.said), one.agreed, one.commonest, given + more,
        whom if one.one_setting else f"{whom}, under different settings", one.p,
    )  # fmt: skip


def _shared_said(found: TeamComparison) -> str:
    if not found.shared:
        return "No prompt was sampled in two logs."
    agreed = Counter(one.agreed for one in found.shared)
    told = ", ".join(f"{agreed[name]} {words}" for name, words in _AGREED.items() if agreed[name])
    more = f" {found.more_shared:,} more are not listed." if found.more_shared else ""
    return f"{counted(len(found.shared), 'prompt')} in common: {told}.{more}"


_AGREED: Final[dict[Agreed, str]] = {
    "different": "answered differently by more than chance",
    "unclear": "with answers that differ by no more than chance",
    "same": "answered mostly alike",
}


# -- seen and never cited


def instruments_table(found: TeamComparison) -> Rows:
    """Over all logs, how much of what each instrument recorded went into findings."""
    records: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    cited: Counter[str] = Counter()
    logs: defaultdict[str, int] = defaultdict(int)
    for log in found.logs:
        for use in log.instruments:
            records[use.kind] += use.records
            counted[use.kind] += use.counted
            cited[use.kind] += use.cited
            logs[use.kind] += 1
    columns = (Column("instrument"), Column("logs", "count"), Column("records", "count"), Column("cited", "count"),
               Column("counted beside", "count"), Column("in no finding", "share"))  # fmt: skip
    rows = tuple(
        (kind, logs[kind], of, cited[kind], counted[kind] - cited[kind], 1 - counted[kind] / of)
        for kind, of in records.most_common()
    )
    return Rows("What each instrument recorded, and what findings rest on", columns, rows)


def seen_table(found: TeamComparison) -> Rows:
    columns = (Column("log"), Column("prompt"), Column("shows it"), Column("class"), Column("an answer"),
               Column("what it says"), Column("claimed in"), Column("records"))  # fmt: skip
    return Rows("Answers that show a finding's claim, and that no finding of their log rests on", columns,
                tuple(_seen(found, one) for one in found.seen))  # fmt: skip


def _seen(found: TeamComparison, one: SeenEvidence) -> tuple[Value | None, ...]:
    claimed = dict.fromkeys(found.logs[by.log].name for by in one.claimed)
    return (
        found.logs[one.log].name, one.title, f"{one.rate.hits} of {one.rate.trials}", one.elicitation.value, one.answer,
        one.says, enumerated(claimed) + (" (here too)" if one.own else ""),
        ", ".join(f"#{record}" for record in one.records[:6]) + (" …" if len(one.records) > 6 else ""),
    )  # fmt: skip


def _seen_said(found: TeamComparison) -> str:
    if not found.seen:
        return "Nothing that a finding claims stands in an answer that its log left uncited."
    never = sum(log.unreported for log in found.logs)
    every = counted(len(found.seen) + found.more_seen, "prompt")
    said = f"{every} showed what a finding claims and no finding of that log rests on"
    more = f" {found.more_seen:,} of them are not listed." if found.more_seen else ""
    return f"{said}; in {never:,} of them the claim was never made in that log.{more}"
