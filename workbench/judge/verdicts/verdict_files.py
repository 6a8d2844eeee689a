"""The files of a verdict: the signed document, its page, and what else lies beside it. None is ever overwritten."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from casefiles.files.disk import new_files
from casefiles.files.sealed import refuse_sealed
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from workbench.judge.scores.score_sheet import Adjudication
from workbench.judge.verdicts import issuing
from workbench.judge.verdicts.reopening import Judgement
from workbench.judge.verdicts.verdict import Verdict
from workbench.judge.verdicts.verdict_page import render


@dataclass(frozen=True)
class VerdictFiles:
    """Where the files of one verdict lie."""

    verdict: Path

    @property
    def stem(self) -> str:
        return self.verdict.name.removesuffix(".json").removesuffix(".dsse")

    @property
    def page(self) -> Path:
        return self.verdict.with_name(f"{self.stem}.html")

    @property
    def report_page(self) -> Path:
        """The report it is on, drawn anew from the log."""
        return self.verdict.with_name(f"{self.stem}.judged.html")

    @property
    def adjudication(self) -> Path:
        """The signed adjudication that it took up, if it did."""
        return self.verdict.with_name(f"{self.stem}.adjudication.dsse.json")

    def check_free(self) -> None:
        """Raises Refusal if anything stands in the place of one of them, or what they would lie in is sealed."""
        refuse_sealed(self.verdict.parent)
        for path in self.every:
            if path.exists():
                raise Refusal(
                    "input.invalid", f"{path.name} exists already.", "A verdict is never overwritten.", "Name another."
                )

    def following(self) -> VerdictFiles:
        """Those of the verdict that follows: the first of NAME-2, NAME-3 … of which nothing is there yet, nor was begun
        by a program that was killed."""
        stem, number = self.stem, 2
        base, _, last = stem.rpartition("-")
        if base and last.isdigit():
            stem, number = base, int(last) + 1
        suffix = self.verdict.name[len(self.stem) :]
        numbered = (VerdictFiles(self.verdict.with_name(f"{stem}-{at}{suffix}")) for at in itertools.count(number))
        return next(one for one in numbered if not any(path.exists() for path in one.every))

    @property
    def every(self) -> tuple[Path, ...]:
        """Whatever of it may be there."""
        return self.verdict, self.page, self.report_page, self.adjudication

    def write(self, done: Verdict, judge: Identity, decision: Judgement | None = None) -> None:
        """Write a signed verdict and its page, and the adjudication if that was the `decision` it follows by. Raises
        Refusal, and leaves none of them then."""
        beside = {}
        if isinstance(decision, Adjudication):
            beside[self.adjudication] = issuing.sign_adjudication(decision, judge)
        self._write(done, judge, beside)

    def write_first(self, done: Verdict, report_page: str, judge: Identity) -> None:
        """Write a signed verdict with its page and that of its report. Raises Refusal, and leaves none of them then."""
        self._write(done, judge, {self.report_page: report_page.encode()})

    def _write(self, done: Verdict, judge: Identity, beside: Mapping[Path, bytes]) -> None:
        """The signed one stands only once all the others do; whose its place is, theirs is that of the rest."""
        self.check_free()
        with new_files({self.verdict: issuing.sign(done, judge), self.page: render(done).encode(), **beside}):
            pass


def write_following(
    last: VerdictFiles, chain: Sequence[Verdict], decisions: Sequence[Judgement], judge: Identity
) -> tuple[VerdictFiles, ...]:
    """Write the verdicts that follow the `last` one, each by one of the decisions. Raises Refusal."""
    written = []
    for done, decision in zip(chain, decisions, strict=True):
        last = last.following()
        last.write(done, judge, decision)
        written.append(last)
    return tuple(written)
