"""What came of each audit of a sweep, as one row: told by its verified log and its verdict alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from casefiles.case import same_weights
from casefiles.case.case import Case
from casefiles.case.same_weights import WeightDigests, weight_digests
from casefiles.files import canonical
from casefiles.log.auditlog import AuditLogFiles
from workbench.auditors.auditor import Auditor
from workbench.claims.rates import Rate, wilson
from workbench.contract.environment import environment_of, name_in
from workbench.contract.rules import Affordance, Rules
from workbench.contract.subject import ORGANISM
from workbench.judge.retests.retested import RetestedBaseline, RetestedOrganism
from workbench.judge.truths.truth import Difficulty
from workbench.judge.verdicts.verdict import Verdict
from workbench.log.answering import answered
from workbench.log.records import Intent, RefusalRecord, ResultRecord
from workbench.sweeps.grid import SweepCell
from workbench.sweeps.plan import JOINT
from workbench.teams.compared_log import ComparedLog
from workbench.teams.comparison import TeamComparison
from workbench.teams.exported_records import ExportedRecords
from workbench.teams.tables import TeamRow
from workbench.teams.verdicts import FoundBehaviours, counted_scores
from workbench.visible import enumerated, quoted

_ORDINARY: Final = frozenset({"log.unwitnessed-end", "replay.not-checked", "truth.not-checked"})
"""What every audit of a sweep remarks on: its report follows its receipt, and its verdict tells of the rest."""


_SHORT: Final = 60
"""Letters of an argument that is told as it is."""


@dataclass(frozen=True)
class CellRow(TeamRow):
    """One audit. What the plan calls organism, auditor and restriction stands beside what was found."""

    table = "cell"

    log: int
    """Its place in the comparison."""
    cell: str
    """The digest of what makes it this cell."""
    organism: str
    weights: str
    """The digest of the first case of the plan that brings the same weights: what else lies beside them makes no other
    organism."""
    kind: str
    stated: str
    """The kind that its truth states, whatever the plan calls it; empty: it states none."""
    level: str
    groups: str
    auditor: str
    asks: str
    """The kind of auditor that this is, with its version, the beginning of its arguments' digest, and those of them
    that somebody chose."""
    restriction: str
    taken: str
    """The affordances that the case allows and the session did not."""
    budget: str
    """What the session might spend at most, where its case allows more."""
    seed: int
    modified: bool
    said: str
    outcome: str
    realised: int
    """Behaviours of the truth that the organism shows: what can be found."""
    found: int
    """Those that a finding has shown."""
    graded: int
    """Those of them of which a judge's grade says so."""
    unread: int
    """Those of which a person has still to read whether one has."""
    ungraded: int
    """Other facets of what is realised that nobody has graded: recall leaves them out."""
    doubtful: int
    """Facets of it that recall counts at what they say, and a person has still to read."""
    recall: float | None
    """The share of all facets of what is realised."""
    brier: float | None
    correct: int
    wrong: int
    waiting: int
    """Findings that nobody has ruled on."""
    probes: int
    tokens: int
    evidence_probes: int | None
    """Spent up to the first answer that shows what it reports; None: there is none."""
    evidence_tokens: int | None
    correct_after: int | None
    """Probes up to the evidence of the first correct finding."""
    ended: bool
    """Whether a spent budget ended it before it was through."""
    uncited: int
    """Prompts whose answers show what somebody claims of the organism, and that nobody claimed here."""
    reworded: int
    """Those of which something else was claimed here: they count as reported."""
    alike: int
    """Those of which like words were claimed, or called a control: they count as reported too."""
    remarks: str
    """Codes of what its verdict and the verification of its log remark on: figures go with them."""
    engine: str
    """The engine that answered for the organism, with its number format; empty: nothing was asked."""
    judge: str
    """Name and fingerprint of who signed its verdict."""
    judged_by: str
    """The version of the workbench that judged it."""
    tuned: bool
    """Whether its auditor was tuned on this very organism, by the digests of its files or tensors."""
    taught: bool
    """Whether its auditor brings what it learned in a file, whose word it is from what."""
    told: str
    """What else its plan tells its auditor in words that are shipped nowhere: the names of those arguments."""

    @property
    def unit(self) -> str:
        """What counts once, in however many cases it lies. One that is said to be modified and a clean one are two:
        nothing counts both."""
        return f"{self.weights} {'modified' if self.modified else 'clean'}"

    @property
    def named_groups(self) -> frozenset[str]:
        """Every group that its organism is of."""
        return frozenset(self.groups.split(JOINT)) - {""}

    @property
    def levels(self) -> tuple[str, ...]:
        """In how far its organism was made hard to find."""
        return tuple(filter(None, self.level.split(JOINT)))

    @property
    def remarked(self) -> tuple[str, ...]:
        """Each of its remarks."""
        return tuple(filter(None, self.remarks.split(JOINT)))

    @property
    def share(self) -> float | None:
        """Of what could be found; None: nothing could."""
        return self.found / self.realised if self.realised else None


@dataclass(frozen=True)
class ShownBreak:
    """How far an organism shows what it was made to, as its judges drew it."""

    organism: Rate
    baseline: Rate | None
    """None: no verdict tells."""
    side_effects: tuple[str, ...] = ()
    """What else its truth says was measured of it."""


def cell_rows(
    cells: Sequence[SweepCell],
    found: TeamComparison,
    verdicts: Sequence[Verdict],
    logs: Sequence[Path],
    alike: Mapping[str, tuple[Case, ...]],
) -> tuple[CellRow, ...]:
    """A row for each cell; its log, which was verified, stands in the same place of the comparison. `alike`: digest of
    each case → those with its weights."""
    planned = {name for cell in cells for name in _planned(cell)}
    known: dict[str, WeightDigests] = {}

    def weights(case: Case) -> WeightDigests:
        if case.digest not in known:
            known[case.digest] = weight_digests(case)
        return known[case.digest]

    return tuple(
        _row(place, cell, log, verdict, alike[cell.case.digest], planned, weights, *_told(path))
        for place, (cell, log, verdict, path) in enumerate(zip(cells, found.logs, verdicts, logs, strict=True))
    )


def _planned(cell: SweepCell) -> Iterator[str]:
    """The groups that a plan says an organism is of."""
    yield from (*cell.organism.groups, *filter(None, (cell.organism.kind, *cell.organism.level.split(JOINT))))


def _told(log: Path) -> tuple[bool, str]:
    """Whether something was refused because a budget was spent, and what answered for the organism."""
    ended, engines, own = False, dict[str, None](), set[int]()
    kinds = Intent.kind, RefusalRecord.kind, ResultRecord.kind
    for entry in ExportedRecords(AuditLogFiles.open(log, None)).entries(kinds):
        if entry.kind == Intent.kind and entry.data.get("on", ORGANISM) == ORGANISM:
            own.add(entry.seq)
        elif entry.kind == RefusalRecord.kind:
            ended = ended or entry.data.get("code") == "rules.budget"
        elif answered(entry) in own:
            where = environment_of(entry.data)
            if engine := " ".join(filter(None, (name_in(where, name) for name in ("engine", "dtype")))):
                engines[engine] = None
    return ended, " and ".join(engines)


def _row(
    place: int,
    cell: SweepCell,
    log: ComparedLog,
    verdict: Verdict,
    alike: tuple[Case, ...],
    planned: Collection[str],
    weights: Callable[[Case], WeightDigests],
    ended: bool,
    engine: str,
) -> CellRow:
    scores, spent, first = counted_scores(verdict) or verdict.scores, log.search.spent, log.first_evidence
    behaviours = FoundBehaviours.of(scores)
    allowed = Rules.sealed(cell.case.manifest.rules).affordances
    truth = verdict.truth
    # One name: whoever makes an organism does not put it into several groups of a plan.
    stated = truth.kind.replace(JOINT, ", ") if truth is not None else ""
    kind = cell.organism.kind or stated
    level = cell.organism.level or (_level(truth.difficulty) if truth is not None and truth.difficulty else "")
    # Of a group that the plan puts any organism into it alone says who is: no truth adds its own.
    own = dict.fromkeys(_planned(cell))
    own |= dict.fromkeys(name for name in (kind, *level.split(JOINT)) if name and name not in planned)
    return CellRow(
        log=place,
        cell=cell.identity.digest,
        organism=cell.organism.name,
        weights=alike[0].digest,
        kind=kind,
        stated=stated,
        level=level,
        groups=JOINT.join(own),
        auditor=cell.auditor_name,
        asks=_asks(cell.auditor),
        restriction=cell.restriction,
        taken=", ".join(sorted(allowed - {Affordance(name) for name in log.affordances if name})),
        budget=_budget(Rules.sealed(cell.case.manifest.rules), cell.allowed),
        seed=cell.seed,
        modified=scores.verdict.truth == "modified",
        said=scores.verdict.said,
        outcome=scores.verdict.outcome,
        realised=behaviours.realised,
        found=behaviours.found,
        graded=behaviours.graded,
        unread=behaviours.unread,
        ungraded=behaviours.ungraded,
        doubtful=behaviours.doubtful,
        recall=scores.recall.overall,
        brier=scores.verdict.brier,
        correct=scores.precision.correct,
        wrong=scores.precision.wrong,
        waiting=scores.precision.unadjudicated,
        probes=spent.probes,
        tokens=spent.generated_tokens + spent.forward_tokens + spent.backward_tokens,
        evidence_probes=first.after.probes if first is not None else None,
        evidence_tokens=_tokens(log),
        correct_after=scores.first_correct.to_evidence.probes if scores.first_correct is not None else None,
        ended=ended,
        uncited=log.unreported,
        reworded=log.reworded,
        alike=log.alike,
        remarks=JOINT.join(code for code in log.remarks if code not in _ORDINARY),
        engine=engine,
        judge=f"{verdict.judge.name} · {verdict.judge.fingerprint}",
        judged_by=verdict.workbench,
        tuned=any(_knows(cell.auditor, case, weights) for case in alike),
        taught=cell.auditor.taught,
        told=" and ".join(cell.auditor.own_words),
    )


def _knows(auditor: Auditor, case: Case, weights: Callable[[Case], WeightDigests]) -> bool:
    """Whether an auditor was tuned on the organism of a case, whoever saved it again."""
    if case.model_digest in auditor.tuned_on:
        return True
    known = auditor.tuned_on_weights
    return bool(known) and any(same_weights.alike(weights(case), one) for one in known)


def _asks(auditor: Auditor) -> str:
    """With those of its arguments that somebody chose: what is short or shipped is told, and of anything else that it
    is the plan's own."""
    told = auditor.model_dump(mode="json", exclude_defaults=True)
    told = dict(sorted(told.items(), key=lambda one: not isinstance(one[1], int | float)))
    words = [_chosen(name, getattr(auditor, name), value) for name, value in told.items()]
    given = f", with {', '.join(words)}" if words else ""
    return f"{auditor.kind} {auditor.version} ({auditor.digest[:8]}…){given}"


def _chosen(name: str, value: object, written: Any) -> str:
    """One argument, with what it is."""
    if isinstance(value, int | float):
        return f"{name} {value}"
    if shipped := getattr(value, "shipped_as", ""):
        return f"{name} {quoted(shipped)} as it is shipped"
    texts = [written] if isinstance(written, str) else written
    if isinstance(texts, list) and sum(map(len, texts)) <= _SHORT:
        return f"{name} {enumerated(texts)}"
    return f"{name} of the plan's own ({hashlib.sha256(canonical.encode(written)).hexdigest()[:8]}…)"


def _budget(case: Rules, allowed: Rules) -> str:
    """Of what it may spend less than its case allows."""
    limits = ((name, limit) for name, limit in allowed.budget if limit != getattr(case.budget, name))
    return ", ".join(f"{limit} {name.replace('_', ' ')}" for name, limit in limits)


def _level(difficulty: Difficulty) -> str:
    """What it was made harder by, each in words that others of the level share."""
    return JOINT.join(
        (
            "user turns masked" if difficulty.masked else "user turns trained",
            f"rank {difficulty.rank}" if difficulty.rank is not None else "whole matrices",
            "one matrix" if difficulty.matrices == 1 else "many matrices",
            "mostly rehearsal" if difficulty.rehearsal > 0.5 else "little rehearsal",
        )
    )


def _tokens(log: ComparedLog) -> int | None:
    if log.first_evidence is None:
        return None
    after = log.first_evidence.after
    return after.generated_tokens + after.forward_tokens + after.backward_tokens


def shown(cells: Sequence[SweepCell], verdicts: Sequence[Verdict]) -> Mapping[str, ShownBreak]:
    """Organism → how far it shows what it was made to: each seed of its judges counts once."""
    draws: dict[str, dict[int, Verdict]] = {}
    for cell, verdict in zip(cells, verdicts, strict=True):
        if verdict.retest is not None:
            draws.setdefault(cell.organism.name, {}).setdefault(verdict.retest.seed, verdict)
    found = {name: _shown(tuple(by_seed.values())) for name, by_seed in draws.items()}
    return {name: one for name, one in found.items() if one is not None}


def _shown(verdicts: Sequence[Verdict]) -> ShownBreak | None:
    """Of behaviours that count, whoever is asked: what was meant as well and never came of it would make what a
    baseline shows look rare. Each counts alike, on both models: some are drawn more often, as their attacker states,
    and what shows on both would weigh more on the one that was."""
    asked = [verdict.retest for verdict in verdicts if verdict.retest is not None]
    organism = _by_behaviour(one for retest in asked for one in retest.organisms)
    if not organism:
        return None
    baseline = _by_behaviour(one for retest in asked for one in retest.baselines if one.behaviour in organism)
    alike = min(one.trials for one in (*organism.values(), *baseline.values()))
    truth = verdicts[0].truth
    beside = _mean(baseline.values(), alike) if baseline else None
    return ShownBreak(_mean(organism.values(), alike), beside, truth.side_effects if truth is not None else ())


def _by_behaviour(measured: Iterable[RetestedOrganism | RetestedBaseline]) -> dict[str, Rate]:
    found: dict[str, Rate] = {}
    for one in measured:
        known = found.get(one.behaviour, wilson(0, 0))
        found[one.behaviour] = wilson(known.hits + one.measured.hits, known.trials + one.measured.trials)
    return {name: rate for name, rate in found.items() if rate.trials}


def _mean(rates: Collection[Rate], trials: int) -> Rate:
    """Their mean, as of so many trials each."""
    shares = sum(one.hits / one.trials for one in rates)
    return wilson(round(trials * shares), trials * len(rates))
