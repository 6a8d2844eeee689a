"""The files of a verdict: the signed document, its page, and what else lies beside it. None is ever overwritten."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from casefiles.files.disk import check_new, new_files
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
        """Raises Refusal if anything stands in the place of one of them, or nothing can be written there. For whoever
        judges before they are written."""
        refuse_sealed(self.verdict.parent)
        for path in self.every:
            if path.exists():
                raise Refusal(
                    "input.invalid", f"{path.name} exists already.", "A verdict is never overwritten.", "Name another."
                )
            check_new(path)

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

    @contextmanager
    def written(
        self, done: Verdict, judge: Identity, decision: Judgement | None = None, *, report_page: str | None = None
    ) -> Iterator[None]:
        """Write a signed verdict and its page, that of its report where it is given, and the adjudication if that was
        the `decision` it follows by. They are on the disk, whole, before the block, in which whoever remembers what was
        judged takes note; they have their names after it. Raises Refusal, and leaves none of them then."""
        self.check_free()
        files = {self.verdict: issuing.sign(done, judge), self.page: render(done).encode()}
        if report_page is not None:
            files[self.report_page] = report_page.encode()
        if isinstance(decision, Adjudication):
            files[self.adjudication] = issuing.sign_adjudication(decision, judge)
        with new_files(files):  # the signed one stands only once all the others do
            yield

    def write(self, done: Verdict, judge: Identity, decision: Judgement | None = None) -> None:
        """The same where nobody takes note."""
        with self.written(done, judge, decision):
            pass


@contextmanager
def following_written(
    last: VerdictFiles, chain: Sequence[Verdict], decisions: Sequence[Judgement], judge: Identity
) -> Iterator[tuple[VerdictFiles, ...]]:
    """Write the verdicts that follow the `last` one, each by one of the decisions, as `written` does; none has its name
    before the one that it follows. Raises Refusal."""
    places = tuple(itertools.islice(_after(last), len(chain)))
    with ExitStack() as stack:
        for files, done, decision in reversed([*zip(places, chain, decisions, strict=True)]):
            stack.enter_context(files.written(done, judge, decision))
        yield places


def _after(last: VerdictFiles) -> Iterator[VerdictFiles]:
    while True:
        last = last.following()
        yield last
