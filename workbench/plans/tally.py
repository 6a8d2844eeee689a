"""What a battery counted: rates over questions, prompts and draws, which groups stand out, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pydantic import Field

from casefiles.counted import counted
from workbench.claims.exact import paired_p
from workbench.claims.holm import holm
from workbench.claims.rates import Difference, Rate, newcombe, wilson
from workbench.claims.standout import Member, Standout, standouts
from workbench.contract.figures import Column, Curve, Curves, Figure, Rows, Scale
from workbench.document import Document
from workbench.plans.condition import Condition, dosed
from workbench.plans.grouped import group_rows, headline, p_words
from workbench.plans.plan import Summary
from workbench.plans.suite import Suite
from workbench.visible import quoted

SHARE: Final = Scale("share of questions", 0.0, 1.0, unit="%")


class Count(Document):
    """How often one item shows under one condition. `records`: where."""

    item: str
    question: str
    """The item whose wordings it is one of."""
    groups: tuple[str, ...]
    condition: str
    records: tuple[int, ...]
    rate: Rate
    """Over the answers that settle it."""
    untold: int = Field(0, ge=0)
    """Answers that were cut off or stopped before they could settle it."""
    unbegun: int = Field(0, ge=0)
    """Answers that were stopped before they began."""

    @property
    def shows(self) -> bool | None:
        """Whether more than half of its answers show it; None if no answer tells."""
        return 2 * self.rate.hits > self.rate.trials if self.rate.trials else None


class Total(Document):
    """One condition over all its items; where there are several, each group under it too."""

    condition: str
    group: str
    """Empty: the whole suite."""
    draws: Rate
    prompts: Rate
    """Prompts more than half of whose answers show it. Draws of one prompt are not independent; prompts are."""
    questions: Rate
    """Questions more than half of whose wordings show it: a question and its paraphrases are one observation."""
    beyond: Difference | None
    """Rate over the questions that both tell of, less that of the first condition, with an interval as if the two were
    independent, which is wider than need be; None for the first itself."""
    gained: int = Field(0, ge=0)
    """Questions that show it here and not under the first condition."""
    lost: int = Field(0, ge=0)
    """Those that show it there and not here."""
    p: float | None = Field(None, ge=0, le=1)
    """Two-sided, by the sign test over those questions."""
    holm: float | None = Field(None, ge=0, le=1)
    """The same among all conditions and groups that were looked at."""


class Kept(Document):
    """Of the paraphrases of items that show it, how many do: whether it is the question, or only its wording."""

    condition: str
    rate: Rate


class Unusual(Document):
    """A group under one condition against its control under the same."""

    condition: str
    group: Standout


class Tally(Summary):
    """What a battery counted, as far as it got."""

    conditions: tuple[Condition, ...]
    counts: tuple[Count, ...]
    totals: tuple[Total, ...]
    unusual: tuple[Unusual, ...]
    """The most unusual first."""
    kept: tuple[Kept, ...]
    control: str
    asked: int
    planned: int
    refused: int
    """Steps that the rules do not allow, or that do not fit the model."""
    unfit: int
    """Prompts without a place for what a condition does."""

    @property
    def summary(self) -> str:
        if not self.counts:
            return "Nothing was counted yet."
        return " · ".join([self._headline, *self._conditions(), *self._left_out()])

    @property
    def _headline(self) -> str:
        """The most unusual group against its control; without groups, how often it shows at all."""
        if not self.unusual:
            whole = [total for total in self.totals if not total.group]
            return " · ".join(
                f"{total.condition}: {total.prompts.hits} of {total.prompts.trials} prompts"
                f" ({total.draws.hits} of {total.draws.trials} answers)"
                for total in whole
            )
        under = self.unusual[0].condition if len(self._names) > 1 else ""
        return headline([one.group for one in self.unusual], self.control, "questions show it", under)

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(total.condition for total in self.totals))

    def _conditions(self) -> Iterator[str]:
        for total in self.totals:
            if not total.group and total.beyond is not None and total.holm is not None:
                yield (
                    f"{quoted(total.condition)} against {quoted(self._names[0])}: {total.questions.hits} of"
                    f" {total.questions.trials} questions, {total.gained} gained and {total.lost} lost"
                    f" (Holm p {p_words(total.holm)})"
                )

    def _left_out(self) -> Iterator[str]:
        untold, unbegun = sum(c.untold for c in self.counts), sum(c.unbegun for c in self.counts)
        if untold:
            several = "answers left out that were cut off before they told"
            yield counted(untold, "answer left out that was cut off before it told", several)
        if unbegun:
            yield f"{unbegun} that never began"
        if self.unfit:
            yield f"{counted(self.unfit, 'prompt has', 'prompts have')} no place for what a condition does"
        if left := self.planned - self.asked - self.refused:
            yield f"{counted(left, 'step')} not asked yet"
        if self.refused:
            yield f"{self.refused} refused"

    def figures(self) -> tuple[Figure, ...]:
        groups = (self._groups(),) if self.unusual else ()
        kept = (self._paraphrases(),) if self.kept else ()
        doses = (self._doses(),) if any(condition.doses for condition in self.conditions) else ()
        return *groups, *doses, self._totals(), self._prompts(), *kept

    def _groups(self) -> Rows:
        conditions = [one.condition for one in self.unusual] if len(self._names) > 1 else []
        return group_rows([one.group for one in self.unusual], self.control, "show it", conditions)

    def _doses(self) -> Curves:
        """Questions that show it over the dose, with their intervals; the first condition is the control."""
        whole = {total.condition: total.questions for total in self.totals if not total.group}
        curves = []
        for condition in self.conditions:
            points = [(dose, whole[name]) for dose in sorted(condition.doses)
                      if (name := dosed(condition.name, dose)) in whole and whole[name].trials]  # fmt: skip
            if points:
                xs, rates = zip(*points, strict=True)
                curves.append(_curve(condition.name, xs, rates))
        first = whole.get(self._names[0])
        if curves and first is not None and first.trials:
            xs = tuple(sorted({x for curve in curves for x in curve.xs}))
            curves.append(_curve(self._names[0], xs, [first] * len(xs), control=True))
        return Curves("Questions that show it, by dose", "dose", SHARE, tuple(curves))

    def _totals(self) -> Rows:
        columns = (Column("condition"), Column("group"), Column("questions that show it", "count"),
                   Column("of", "count"), Column("low", "share"), Column("high", "share"),
                   Column("prompts", "count"), Column("of", "count"), Column("answers", "count"),
                   Column("of", "count"), Column("beyond the first", "share"), Column("gained", "count"),
                   Column("lost", "count"), Column("Holm p"))  # fmt: skip
        rows = tuple(
            (t.condition, t.group or "all", t.questions.hits, t.questions.trials, t.questions.low, t.questions.high,
             t.prompts.hits, t.prompts.trials, t.draws.hits, t.draws.trials,
             t.beyond.value if t.beyond else None, t.gained if t.beyond else None, t.lost if t.beyond else None,
             None if t.holm is None else p_words(t.holm))
            for t in self.totals
        )  # fmt: skip
        return Rows("Totals", columns, rows)

    def _prompts(self) -> Rows:
        columns = (Column("item"), Column("groups"), Column("condition"), Column("shows it", "count"),
                   Column("of", "count"), Column("low", "share"), Column("high", "share"), Column("left out", "count"),
                   Column("record"))  # fmt: skip
        rows = tuple(
            (c.item, ", ".join(c.groups), c.condition, c.rate.hits, c.rate.trials, c.rate.low, c.rate.high,
             c.untold + c.unbegun, ", ".join(f"#{seq}" for seq in c.records))
            for c in sorted(self.counts, key=lambda c: (-c.rate.low, -c.rate.high))
        )  # fmt: skip
        return Rows("By prompt", columns, rows)

    def _paraphrases(self) -> Rows:
        columns = (Column("condition"), Column("paraphrases that show it too", "count"), Column("of", "count"),
                   Column("low", "share"), Column("high", "share"))  # fmt: skip
        rows = tuple((k.condition, k.rate.hits, k.rate.trials, k.rate.low, k.rate.high) for k in self.kept)
        return Rows("Kept in other words", columns, rows)


def tallied(
    suite: Suite, conditions: Sequence[Condition], counts: Sequence[Count], *, planned: int, refused: int, unfit: int
) -> Tally:
    """Everything that follows from the counts."""
    each = [one.name for condition in conditions for one in condition.each()]
    names = [name for name in each if any(count.condition == name for count in counts)]
    return Tally(
        conditions=tuple(conditions),
        counts=tuple(counts),
        totals=tuple(_totals(names, ("", *(suite.groups if len(each) > 1 else ())), counts)),
        unusual=_unusual(names, counts, suite.control),
        kept=tuple(_kept(names, counts)),
        control=suite.control,
        asked=len(counts),
        planned=planned,
        refused=refused,
        unfit=unfit,
    )


def _curve(name: str, xs: Sequence[float], rates: Sequence[Rate], *, control: bool = False) -> Curve:
    shares = tuple(rate.hits / rate.trials for rate in rates)
    ends = tuple(rate.low for rate in rates), tuple(rate.high for rate in rates)
    return Curve(name, tuple(xs), shares, *ends, control=control)


def _questions(counts: Sequence[Count]) -> dict[str, bool]:
    """The questions that any answer tells of, and whether more than half of their wordings show it."""
    wordings: dict[str, list[bool]] = {}
    for count in counts:
        if count.shows is not None:
            wordings.setdefault(count.question, []).append(count.shows)
    return {question: 2 * sum(shown) > len(shown) for question, shown in wordings.items()}


def _totals(names: Sequence[str], groups: Sequence[str], counts: Sequence[Count]) -> list[Total]:
    totals = []
    for group in groups:
        first: dict[str, bool] = {}  # nothing stands in for it where it tells nothing
        for name in names:
            among = [c for c in counts if c.condition == name and (not group or group in c.groups)]
            shown = _questions(among)
            if not among:
                continue
            totals.append(_total(name, group, among, shown, first))
            first = shown if name == names[0] else first
    adjusted = iter(holm([total.p for total in totals if total.p is not None]))
    return [total if total.p is None else total.model_copy(update={"holm": next(adjusted)}) for total in totals]


def _total(name: str, group: str, among: Sequence[Count], shown: dict[str, bool], first: dict[str, bool]) -> Total:
    prompts = [count.shows for count in among if count.shows is not None]
    told = {question: shows for question, shows in shown.items() if question in first}
    gained = sum(shows and not first[question] for question, shows in told.items())
    lost = sum(first[question] and not shows for question, shows in told.items())
    questions = wilson(sum(shown.values()), len(shown))
    before = wilson(sum(first[question] for question in told), len(told))
    return Total(
        condition=name,
        group=group,
        draws=wilson(sum(c.rate.hits for c in among), sum(c.rate.trials for c in among)),
        prompts=wilson(sum(prompts), len(prompts)),
        questions=questions,
        beyond=newcombe(wilson(sum(told.values()), len(told)), before) if told else None,
        gained=gained,
        lost=lost,
        p=paired_p(gained, lost) if told else None,
    )


def _unusual(names: Sequence[str], counts: Sequence[Count], control: str) -> tuple[Unusual, ...]:
    """The groups of every condition, with one correction over all of them."""
    found = [
        Unusual(condition=name, group=group)
        for name in names
        for group in standouts(_members([c for c in counts if c.condition == name]), control)
    ]
    adjusted = holm([one.group.p for one in found])
    told = [
        one.model_copy(update={"group": one.group.model_copy(update={"holm": p})})
        for one, p in zip(found, adjusted, strict=True)
    ]
    return tuple(sorted(told, key=lambda one: one.group.rank))


def _members(counts: Sequence[Count]) -> list[Member]:
    groups: dict[str, set[str]] = {}
    for count in counts:
        groups.setdefault(count.question, set()).update(count.groups)
    return [Member(question, frozenset(groups[question]), shows) for question, shows in _questions(counts).items()]


def _kept(names: Sequence[str], counts: Sequence[Count]) -> Iterator[Kept]:
    for name in names:
        here = [count for count in counts if count.condition == name]
        showing = {count.item for count in here if count.item == count.question and count.shows}
        again = [c.shows for c in here if c.question in showing and c.item != c.question and c.shows is not None]
        if again:
            yield Kept(condition=name, rate=wilson(sum(again), len(again)))
