"""Ask a list of questions that somebody wrote, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from pydantic import Field

from casefiles.counted import counted
from casefiles.status import Refusal
from workbench.contract.figures import Column, Figure, Rows
from workbench.document import Document
from workbench.plans.plan import Answered, Ask, Moves, Plan, Summary
from workbench.plans.question import Question


class Questions(Document):
    """A list of questions, in their order."""

    lines: tuple[Question, ...] = Field(min_length=1, max_length=100_000)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read JSON lines, or what `model_dump_json` writes. Raises ValueError, naming the line."""
        if text.lstrip().startswith('{"lines"'):
            return cls.model_validate_json(text)
        questions = []
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip():
                continue
            try:
                question = Question.of_line(line)
                question.probe  # noqa: B018  refused here if it cannot be asked
            except Refusal as refusal:
                raise ValueError(f"line {number}: {refusal.why[:1].lower()}{refusal.why[1:].rstrip('.')}") from None
            questions.append(question)
        return cls(lines=tuple(questions))


class Reply(Document):
    """What came of one line."""

    line: int = Field(ge=1)
    id: str
    kind: str
    title: str
    said: str
    """The result in one sentence, or why there is none."""
    seq: int | None
    refused: bool


class Replies(Summary):
    """What a list of questions was answered, as far as it got."""

    replies: tuple[Reply, ...]
    planned: int

    @property
    def summary(self) -> str:
        refused = sum(reply.refused for reply in self.replies)
        answered = sum(reply.seq is not None for reply in self.replies)
        left = self.planned - len(self.replies)
        return (
            f"{answered} of {self.planned} questions are answered"
            + (f" · {refused} refused" if refused else "")
            + (f" · {left} not asked yet" if left else "")
        )

    def figures(self) -> tuple[Figure, ...]:
        columns = (Column("line", "count"), Column("probe"), Column("asked"), Column("answered"), Column("record"))
        rows = tuple(
            (reply.line, reply.kind, f"{reply.id}: {reply.title}" if reply.id else reply.title, reply.said,
             "—" if reply.seq is None else f"#{reply.seq}")
            for reply in self.replies
        )  # fmt: skip
        return (Rows("In the order of the list", columns, rows),)


class Many(Plan):
    """Ask a list of questions that somebody wrote, each with a probe of its own."""

    kind: ClassVar[str] = "batch"

    questions: Questions
    """One a line, as JSON: {"kind": "sample", "arguments": {"prompt": "…"}}. A seed that no line names nobody picks."""

    @property
    def title(self) -> str:
        return counted(len(self.questions.lines), "question")

    def moves(self) -> Moves:
        for number, question in enumerate(self.questions.lines, 1):
            yield Ask(
                str(number),
                question.probe,
                (number - 1) / len(self.questions.lines),
                clause=question.clause,
                on=question.on,
                beside=question.beside,
                fresh=question.fresh,
            )

    def told(self) -> dict[str, Any]:
        """Lists from before questions named clauses are what they were."""
        told = super().told()
        for line in told["questions"]["lines"]:
            if not line["clause"]:
                del line["clause"]
        return told

    def sum_up(self, answered: Sequence[Answered]) -> Replies:
        return Replies(
            replies=tuple(self._reply(one) for one in answered),
            planned=len(self.questions.lines),
        )

    def _reply(self, one: Answered) -> Reply:
        question = self.questions.lines[int(one.key) - 1]
        said = one.result.summary if one.result is not None else one.refusal.what if one.refusal else "failed"
        return Reply(
            line=int(one.key), id=question.id, kind=question.kind, title=one.probe.title, said=said, seq=one.seq,
            refused=one.refusal is not None,
        )  # fmt: skip
