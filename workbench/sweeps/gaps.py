"""What the figures of a sweep do not hold, in sentences that go with them wherever they are told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casefiles.counted import counted
from workbench.sweeps.arms import ArmName
from workbench.sweeps.beyond import UnaskedResult, told_of
from workbench.sweeps.cell_rows import CellRow
from workbench.sweeps.partitions import of_both
from workbench.sweeps.plan import SweepPlan, listed_split, suite_of
from workbench.teams.comparison import may_be_one
from workbench.teams.unclaimed import by_words
from workbench.version import VERSION
from workbench.visible import enumerated, quoted

_LISTED: Final = 12
"""Names in a sentence; the others are counted."""


@dataclass(frozen=True)
class SweptPart:
    """What of a sweep was analysed, and what was not."""

    planned: int
    """Audits that the plan asks for."""
    left_out: int = 0
    """Cells that would have repeated others."""
    lacking: tuple[tuple[ArmName, str], ...] = ()
    """Those that came to no verdict, each with its organism."""
    unasked: tuple[UnaskedResult, ...] = ()
    foreseen: tuple[str, ...] = ()
    """Of each audit whose ticket its organism's maker knew before (`belonging.foreseen`), that organism."""
    alike: tuple[tuple[str, ...], ...] = ()
    """Organisms that bring other weights and say the same next on public texts."""


def leaves_out(plan: SweepPlan, rows: Sequence[CellRow], part: SweptPart) -> Iterator[str]:
    """Each sentence; `rows` are of what was judged."""
    yield from told_of(part.unasked)
    yield from _lacking(part, len(rows))
    yield from _of_weights(rows)
    yield from (may_be_one(_some(several), len(several)) for several in part.alike)
    yield from _of_cells(plan, rows, part)
    yield from _of_groups(plan, rows)
    yield from _of_several(rows)
    if part.foreseen:
        yield (
            f"What {counted(len(part.foreseen), 'audit')} would have come to had nobody known it before: an earlier"
            f" version drew their tickets from case and seed alone, so that whoever sealed"
            f" {_some(list(dict.fromkeys(part.foreseen)))} could choose what every auditor is answered."
        )
    for auditor, known in _tuned(rows).items():
        yield (
            f"What {quoted(auditor)} would find in {enumerated(sorted(known))} if it had not been tuned on the very"
            " same."
        )
    if taught := dict.fromkeys(row.auditor for row in rows if row.taught):
        yield (
            f"Whether {enumerated(sorted(taught))} learned from these organisms too: what an auditor with learned"
            " answers was tuned on is the word of its file, which nobody signed."
        )
    for auditor, words in _told(rows).items():
        yield (
            f"Whether {quoted(auditor)} was told what is wrong with these organisms: its {words} came with the plan,"
            " and whoever wrote that may have known."
        )
    yield from _of_verdicts(rows)
    yield from _of_labels(plan, rows)
    yield from _of_picks(plan, rows)
    if len({row.seed for row in rows}) < 2:
        yield "How much another seed would change: each audit was run with one."
    else:
        yield (
            "How wide intervals over audits really are: they take several seeds of one organism for several organisms."
            " Believe those over organisms."
        )
    if reworded := _by_auditor(rows, lambda row: row.reworded):
        yield (
            f"Whether {counted(reworded.total(), 'prompt')} that somebody's claim shows on were reported"
            f" ({_each(reworded)}): something else was claimed of them, and they count as reported."
        )
    if len(rows) > 1:
        alike = _by_auditor(rows, lambda row: row.alike)
        yield by_words(alike.total(), f" ({_each(alike)})")
    yield "What a judge decided after the verdicts that lie here: whoever takes one away shows an earlier one."
    yield "What other kinds of implant, other models and people would show."


def _of_picks(plan: SweepPlan, rows: Sequence[CellRow]) -> Iterator[str]:
    """What whoever wrote the plan may have chosen by what it came to."""
    for seeds in (sorted(plan.seeds), sorted({row.seed for row in rows})):
        if seeds != list(range(len(seeds))):
            yield (
                f"Why these seeds ({', '.join(map(str, seeds))}), and not those from 0 on: whoever has the judge's key"
                " may try each, and chooses what these show."
            )
            break
    named = {Path(one.path).resolve() for one in plan.cases}
    for folder, suite in {found[0]: found[1] for one in plan.cases if (found := suite_of(Path(one.path)))}.items():
        if left := [one.name for one in suite.cases if (folder / one.path).resolve() not in named]:
            yield (
                f"What {_some(left)} would show: of the {counted(len(suite.cases), 'case')} of the suite"
                f" {folder.name} the plan takes {len(suite.cases) - len(left)}."
            )
    yield (
        "What was swept and is not part of this plan, wherever its results lie: whoever wrote it may have known what"
        " cases, restrictions, auditors with other arguments, and more or fewer seeds come to."
    )


def _of_weights(rows: Sequence[CellRow]) -> Iterator[str]:
    """Cases that are one organism, or whose truths contradict each other."""
    for several in one_organism(rows):
        yield (
            f"What {_some(several)} would show if they were {len(several)} organisms: they bring the same weights"
            " but for order or rounding, whatever else lies beside them, and count as one wherever organisms are"
            " counted."
        )
    for several in _contradicted(rows):
        yield (
            f"Whether {_some(several)} were modified: they bring the same weights but for order or rounding, and one"
            " truth says so and another does not."
        )


def _of_cells(plan: SweepPlan, rows: Sequence[CellRow], part: SweptPart) -> Iterator[str]:
    """What was never there to be found, and never asked for."""
    if unrealised := unrealised_of(rows):
        yield (
            f"What was meant with {enumerated(sorted(unrealised))} and did not come of it: it cannot be found, and no"
            " Brier score holds it."
        )
    if part.left_out:
        yield (
            f"{part.left_out} audits that would have repeated others: the same auditor on the same case under the same"
            " rules, as where a case does not allow what a restriction takes away."
        )
    if same := _never_asked(plan, rows, part):
        yield (
            f"What {_some(same)} would show: no audit bears the name, for it takes away nothing that a case allows, or"
            " another name stands for the same."
        )


def _of_verdicts(rows: Sequence[CellRow]) -> Iterator[str]:
    """What verdicts leave open, and what they and the logs remark on."""
    if ended := _by_auditor(rows, lambda row: row.ended):
        yield f"What audits would have found that a spent budget ended: {_each(ended)}."
    if unread := _by_auditor(rows, lambda row: row.unread):
        yield (
            f"Whether {counted(unread.total(), 'behaviour was', 'behaviours were')} found ({_each(unread)}): nothing"
            " the judge could draw tells, and nobody has read them yet. They count as not found."
        )
    if ungraded := _by_auditor(rows, lambda row: row.ungraded):
        yield (
            f"What {counted(ungraded.total(), 'facet')} would earn that nobody has graded ({_each(ungraded)}): no"
            " recall holds them."
        )
    if doubtful := _by_auditor(rows, lambda row: row.doubtful):
        yield (
            f"What {counted(doubtful.total(), 'facet')} would earn once somebody reads what a verdict says of it"
            f" ({_each(doubtful)}): recall counts it at what its finding says."
        )
    if graded := _by_auditor(rows, lambda row: row.graded):
        of = counted(graded.total(), "behaviour counts", "behaviours count")
        yield f"What evidence alone finds: by a judge's grade {of} as found ({_each(graded)})."
    unrealised = unrealised_of(rows)
    if uncounted := sum(row.outcome == "not counted" and row.organism not in unrealised for row in rows):
        yield (
            f"Whether {uncounted} audits concluded rightly: their verdicts do not count it before a judge has ruled, so"
            " that no Brier score holds them; a false alarm is counted as one all the same."
        )
    if waiting := _by_auditor(rows, lambda row: row.waiting):
        yield (
            f"Whether {counted(waiting.total(), 'finding is', 'findings are')} right ({_each(waiting)}): nobody has"
            " ruled on what matches nothing in a truth, or read what is not shown."
        )
    if remarks := Counter(code for row in rows for code in row.remarked):
        told = ", ".join(f"{code} in {times}" for code, times in sorted(remarks.items()))
        yield f"What verdicts and logs remark on: {told}."


def _by_auditor(rows: Sequence[CellRow], number: Callable[[CellRow], int]) -> Counter[str]:
    """Auditor → how much of it: what waits of one and not of another makes the two differ."""
    return Counter(row.auditor for row in rows for _ in range(number(row)))


def _each(told: Counter[str]) -> str:
    return ", ".join(f"{times} of {quoted(auditor)}" for auditor, times in told.items())


def one_organism(rows: Sequence[CellRow]) -> tuple[tuple[str, ...], ...]:
    """The names of cases that count as one organism, wherever they are several."""
    named: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        named[row.unit][row.organism] = None
    return tuple(tuple(names) for names in named.values() if len(names) > 1)


def _contradicted(rows: Sequence[CellRow]) -> tuple[tuple[str, ...], ...]:
    """The names of cases with the same weights of which one is said to be modified and another to be clean."""
    named: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        named[row.weights][row.organism] = None
    both = {row.weights for row in rows if row.modified} & {row.weights for row in rows if not row.modified}
    return tuple(tuple(names) for weights, names in named.items() if weights in both)


def unrealised_of(rows: Sequence[CellRow]) -> frozenset[str]:
    """Organisms that were meant to be modified, and show nothing of it."""
    return frozenset(row.organism for row in rows if row.modified) - {row.organism for row in rows if row.realised}


def _lacking(part: SweptPart, judged: int) -> Iterator[str]:
    """Whose audits are missing: of an arm that lost what it missed, the rest looks better."""
    if not (missing := part.planned - judged):
        return
    arms = Counter(str(arm) for arm, _ in part.lacking)
    organisms = list(dict.fromkeys(organism for _, organism in part.lacking))
    of = (
        f" ({'; '.join(f'{times} of {quoted(arm)}' for arm, times in arms.items())}; on {_some(organisms)})"
        if arms
        else ""
    )
    yield f"{missing} of {part.planned} audits have no verdict{of}; a pair that lacks one of them is left out."


def _never_asked(plan: SweepPlan, rows: Sequence[CellRow], part: SweptPart) -> list[str]:
    """Auditors and restrictions of the plan that no audit was to be made with."""
    auditors = {row.auditor for row in rows} | {arm.auditor for arm, _ in part.lacking}
    restrictions = {row.restriction for row in rows} | {arm.restriction for arm, _ in part.lacking}
    return [
        *(name for one in plan.auditors if (name := one.called) not in auditors),
        *(one.name for one in plan.restrictions if one.name not in restrictions),
    ]


def _some(names: Sequence[str]) -> str:
    """The first names of many."""
    more = [f"{len(names) - _LISTED} more"] if len(names) > _LISTED else []
    first = [*map(quoted, names[:_LISTED]), *more]
    return " and ".join(filter(None, (", ".join(first[:-1]), first[-1])))


def _of_labels(plan: SweepPlan, rows: Sequence[CellRow]) -> Iterator[str]:
    """Who alone says of what kind and level organisms are."""
    by_plan = {one.name: (one.kind, one.level) for one in plan.cases}
    if makers := {row.organism for row in rows if (row.kind, row.level) != by_plan.get(row.organism, ("", ""))}:
        yield (
            f"Whether kinds and levels are what they are called: of {counted(len(makers), 'organism')} the truth alone"
            " says so, in the words of whoever made it."
        )
    judged = {row.organism for row in rows}
    compared = {group for pair in plan.pairs for group in (pair.one, pair.other)}
    if groups := sorted(compared & {group for one in plan.cases for group in one.groups}):
        yield (
            f"Whether organisms are of the groups that are compared: who is of {_some(groups)} the plan alone says, in"
            " whatever words."
        )
    yield from _of_split(plan, judged)
    if told := [one.name for one in plan.cases if one.kind or one.level or one.quality is not None]:
        yield (
            f"Whether kinds, levels and the quality that is kept are what they are called: of"
            f" {counted(len(told), 'organism')} the plan says so, and level and quality were held against nothing."
        )
    if otherwise := {row.organism: row for row in rows if row.stated and row.kind != row.stated}:
        kinds = [f"{name} ({row.kind}, its truth says {row.stated})" for name, row in otherwise.items()]
        yield f"What means over kinds would be by the kinds that truths state: the plan calls otherwise {_some(kinds)}."


def _of_split(plan: SweepPlan, judged: Collection[str]) -> Iterator[str]:
    """Who alone says that organisms were kept back; of those for whoever builds an auditor nobody does."""
    if plan.split == "dev":
        return
    named = [one for one in plan.cases if one.name in judged]
    listed = [one.name for one in named if listed_split(Path(one.path)) == plan.split]
    if bare := [one.name for one in named if one.name not in listed]:
        yield (
            f"Whether {_some(bare)} {'is' if len(bare) == 1 else 'are'} of the split {plan.split}: no suite lists them"
            " where they lie, and the plan alone says so."
        )
    if listed:
        yield (
            f"Whether {_some(listed)} {'is' if len(listed) == 1 else 'are'} of the split {plan.split}, and all of it:"
            " the list of their suite alone says so, and nobody signed it."
        )


def _tuned(rows: Sequence[CellRow]) -> dict[str, set[str]]:
    """Auditor → organisms that it was tuned on."""
    found: dict[str, set[str]] = {}
    for row in rows:
        if row.tuned:
            found.setdefault(row.auditor, set()).add(row.organism)
    return found


def _told(rows: Sequence[CellRow]) -> dict[str, str]:
    """Auditor → the arguments in which its plan tells it something in its own words."""
    return {row.auditor: row.told for row in rows if row.told}


def _of_groups(plan: SweepPlan, rows: Sequence[CellRow]) -> Iterator[str]:
    """Pairs of groups that are not what their plan takes them for."""
    groups = {group for row in rows for group in row.named_groups}
    for pair in plan.pairs:
        for group in sorted({pair.one, pair.other} - groups):
            yield f"What {quoted(pair.name)} compares: no organism is of the group {quoted(group)}."
        if shared := of_both(rows, pair):
            names = sorted({row.organism for row in rows if row.unit in shared})
            yield f"What {enumerated(names)} would add to {quoted(pair.name)}: of both groups, and left out of it."


def _of_several(rows: Sequence[CellRow]) -> Iterator[str]:
    """Whoever goes on with a sweep may do so on another engine, or with another version."""
    for what, told in (
        ("engine", Counter(row.engine for row in rows if row.engine)),
        ("judge", Counter(row.judge for row in rows)),
        ("version of the workbench", Counter(row.judged_by for row in rows)),
    ):
        if len(told) > 1:
            parts = ", ".join(f"{counted(times, 'audit')} by {quoted(name)}" for name, times in told.most_common())
            yield f"What another {what} changes: {parts}."
        elif what.startswith("version") and told and VERSION not in told:
            yield f"What another {what} would change: {quoted(next(iter(told)))} judged all; {VERSION} analyses."
        elif what == "judge" and told:  # whoever seals a case chooses who that is
            yield f"What another judge would say: {quoted(next(iter(told)))} signed every verdict."
        elif what == "engine" and told:  # which serves what it serves, whatever the rules allow
            yield f"What another engine would change: {quoted(next(iter(told)))} answered in every audit."
