"""What a judge's desk does to the case and the log before it. One worker thread calls it; it knows no Qt."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from casefiles.case.bundle import Case, open_case
from casefiles.custody.register import Register
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from casefiles.verification.steps import Stage, Verification
from casefiles.verify import verify
from workbench.claims.finding import Finding
from workbench.contract.progress import Progress
from workbench.door.subjects import OpenModel
from workbench.judge.replays.engines import alike, brought_beside, models, organism, results_of
from workbench.judge.replays.replay import ReplayedRecord
from workbench.judge.replays.rerun import Rerun, rerun
from workbench.judge.scores.scoring import submitted
from workbench.judge.truths.addendum import Addendum
from workbench.judge.verdicts import issuing
from workbench.judge.verdicts.issuing import Inquiry
from workbench.judge.verdicts.procedure import Hearing, heard, verified
from workbench.judge.verdicts.reopening import HeldOutClaim, Judgement, ReopenedVerdict
from workbench.judge.verdicts.verdict import Verdict
from workbench.judge.verdicts.verdict_files import VerdictFiles, following_written
from workbench.listener import Listener
from workbench.log.blobs import Blobs
from workbench.log.lines import Reader, Shown
from workbench.log.records import RECORDS, ResultRecord
from workbench.log.wording import LogLine, line_of


@dataclass(frozen=True)
class Docket:
    """What comes before a judge: files, the judge, and how the models of the case are opened."""

    log: Path
    case: Path
    judge: Identity
    register: Register
    engines: Callable[[Case], tuple[OpenModel, OpenModel | None]]
    """What opens a case's model as its records say, and what opens its baseline, if there is one."""
    known: Callable[[Case], Addendum | None] = lambda case: None
    """What became known of a model whose case has no ground truth."""
    blind: bool = False
    """Whether who did it, and with which instruments, is hidden from the first."""


@dataclass(frozen=True)
class RecordedQuestion:
    """One probe as a line: its result record, or its intent where none answers it."""

    intent: int
    line: LogLine

    @property
    def seq(self) -> int:
        return self.line.seq


@dataclass(frozen=True)
class Before:
    """A case and a log that verified."""

    hearing: Hearing
    specification: str
    witnessed: int
    asked: tuple[RecordedQuestion, ...]
    """Every probe that was put to a model, in the order of their records."""
    people: tuple[str, ...] = ()
    """What those are called who acted in the log, or are said to, in the order in which they did."""

    @property
    def case(self) -> Case:
        return self.hearing.case


@dataclass(frozen=True)
class Scored:
    """The truth beside the report, and the verdict as it stands after some decisions."""

    opened: ReopenedVerdict
    chain: tuple[Verdict, ...]
    """The verdict it began with, and one for each decision."""
    decisions: tuple[Judgement, ...]
    findings: dict[str, Finding]
    """Those that are scored, by their id."""

    @property
    def verdict(self) -> Verdict:
        return self.chain[-1]


class Proceedings:
    """The steps of judging, in their order. Each raises Refusal, and leaves everything as it was."""

    def __init__(self, docket: Docket) -> None:
        self.docket = docket
        self._stack = contextlib.ExitStack()
        self._case: Case | None = None
        self._before: Before | None = None
        self._reader: Reader | None = None
        self.signed: VerdictFiles | None = None
        """The last verdict that was signed here."""

    @property
    def before(self) -> Before:
        if self._before is None:
            raise Refusal("input.missing", "Nothing is verified yet.", "All else rests on that.", "Wait a moment.")
        return self._before

    # -- verify

    def verify_case(self, at: Listener) -> Verification:
        """What is proven about the case, every byte of it; it is opened if nothing failed."""
        found = verify(self.docket.case, progress=lambda stage, done, total: at(done / max(1, total), str(stage)))
        if found.ok:
            self._case = open_case(self.docket.case)
        return found

    def verify_log(self, at: Listener) -> Verification:
        """What is proven about the log, on the case that was verified before."""
        assert self._case is not None  # it is verified first

        def hear(stage: Stage, done: int, total: int) -> None:
            at(done / max(1, total), f"{stage}, {done:,} of {total:,}")

        return verified(self.docket.log, self._case, self.docket.judge, self.docket.register, hear)

    def open(self, found: Verification) -> Before:
        """Open the log of which it was `found` that it verifies."""
        assert self._case is not None
        judge, register = self.docket.judge, self.docket.register
        known = self.docket.known(self._case)
        hearing = self._stack.enter_context(heard(self.docket.log, found, self._case, judge, register, known))
        self._reader = Reader(hearing.records)
        specification = self._case.specification
        self._before = Before(hearing, specification, found.witnessed, _asked(hearing), _people(hearing))
        return self._before

    # -- replay

    def replay(self, at: Listener, hear: Callable[[ReplayedRecord], None]) -> Inquiry:
        """Put everything to the model again; what a listener raises ends it, and nothing of it counts."""
        hearing = self.before.hearing
        hearing.inquire(*self.docket.engines(hearing.case), at, hear)
        return hearing.inquiry

    def show(self, seq: int) -> Shown:
        """A record with the arrays that came with the log."""
        assert self._reader is not None
        return self._reader.show(seq, Blobs(self.docket.log / "blobs"))

    def rerun(self, seq: int, progress: Progress) -> Rerun:
        hearing = self.before.hearing
        return rerun(hearing.records, seq, self.docket.engines(hearing.case)[0], hearing.case, progress)

    # -- reveal, decide, sign

    def reveal(self) -> Scored:
        """Open the truth, which the register is told of first."""
        opened = self.before.hearing.reveal()
        rests = issuing.basis(opened.before)
        findings = submitted(opened.report, opened.records, rests)
        return Scored(opened, (opened.before,), (), {finding.id: finding for finding in findings})

    def decide(self, scored: Scored, decisions: Sequence[Judgement]) -> Scored:
        """The same after these decisions, whatever was decided before."""
        return replace(scored, chain=scored.opened.followed(decisions), decisions=tuple(decisions))

    def run_claim(self, scored: Scored, finding: str, prompts: Sequence[str], listener: Listener) -> HeldOutClaim:
        """Ask a finding's claim anew: on a judge's own prompts, or else on its own. The listener hears which question
        is being asked, and may raise Refusal."""
        number = count(1)
        hearing = self.before.hearing
        open_model, open_baseline = self.docket.engines(hearing.case)
        with models(*alike(organism(open_model, hearing.records), open_baseline)) as (model, baseline):
            return scored.opened.claim(
                finding, model, baseline, prompts, lambda: listener(0.0, f"asking question {next(number)}"),
                brought=brought_beside(hearing.case, open_baseline),
            )  # fmt: skip

    def sign(self, scored: Scored, out: Path) -> tuple[Scored, tuple[VerdictFiles, ...]]:
        """Write the signed verdict and its pages, and one more for each decision; what is decided from then on follows
        the last of them. The register takes note once all are on the disk."""
        first, judge = scored.chain[0], self.docket.judge
        begun = self.signed or VerdictFiles(out)
        with contextlib.ExitStack() as stack:
            written = stack.enter_context(following_written(begun, scored.chain[1:], scored.decisions, judge))
            if self.signed is None:
                page = self.before.hearing.report_page(first)
                stack.enter_context(begun.written(first, judge, report_page=page))
                written = (begun, *written)
            decided = [one.finding for one in scored.decisions]
            self.docket.register.decided(scored.verdict.log.origin, decided)
        self.signed = written[-1] if written else self.signed
        after = replace(scored.opened, before=scored.verdict)
        return replace(scored, opened=after, chain=(scored.verdict,), decisions=()), written

    def close(self) -> None:
        self._stack.close()


def _people(hearing: Hearing) -> tuple[str, ...]:
    told = [entry.data for entry in hearing.records.entries(RECORDS.keys() - {ResultRecord.kind})]
    told += [data["finding"] for data in told if isinstance(data.get("finding"), dict)]
    acted = (data.get(role) for data in told for role in ("actor", "author", "auditor"))
    return tuple(dict.fromkeys(str(one["name"]) for one in acted if isinstance(one, dict) and "name" in one))


def _asked(hearing: Hearing) -> tuple[RecordedQuestion, ...]:
    records = hearing.records
    found = [
        RecordedQuestion(asked.seq if asked is not None else entry.seq, line_of(entry, asked))
        for entry, asked in results_of(records)
    ]
    found += [RecordedQuestion(seq, line_of(records.entry(seq))) for seq in records.orphans(records.size)]
    return tuple(sorted(found, key=lambda one: one.seq))
