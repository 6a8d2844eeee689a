"""What a sweep is to run, in a file that somebody wrote: cases, restrictions, auditors, seeds, and who judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal, Self, TypeVar

from pydantic import Field, ValidationError, field_validator

from casefiles.files import canonical
from casefiles.files.disk import read_small
from casefiles.keys.identity import check_new_name
from casefiles.status import Refusal
from workbench.auditors import BY_NAME
from workbench.auditors.auditor import Auditor
from workbench.contract.arguments import arguments_of, read
from workbench.contract.rules import Affordance, Budget, Rules
from workbench.document import Document, Sha256
from workbench.forge.suite.listing import LISTED, OrganismSuite, SuiteSplit
from workbench.lookalikes import skeleton
from workbench.misfit import misfits
from workbench.visible import enumerated, quoted

_Told = TypeVar("_Told", bound=Document)
_LIMIT: Final = 1 << 22
_JUDGE: Final = "judge.key"
"""What a suite leaves of a judge of its own."""
_EVERYTHING: Final = "everything"
"""The name of what takes nothing away."""
JOINT: Final = "; "
"""Between several groups or levels of one organism."""


class SweptCase(Document):
    """A case of a sweep, with what its plan knows of it and no auditor is told."""

    path: str
    """Of the `.case`, beside the file that names it or from the root."""
    name: str = ""
    """Empty: the case's file name."""
    kind: str = ""
    """The kind of implant: organisms of one kind are not independent. Empty: as its truth says."""
    split: SuiteSplit | None = None
    """None: that of the suite that lists it where it lies, and else the plan's."""
    level: str = ""
    """How hard it was made to find, in a few words that others of the level share. Empty: as its truth says."""
    groups: tuple[str, ...] = ()
    """Names that it shares with others, for comparing two groups of organisms."""
    quality: float | None = Field(None, ge=0, le=1)
    """The share of what lies beside the target and is still right; None: nobody measured it."""
    digest: Sha256 | None = None
    """Of its manifest, as its suite lists it; None: whichever case lies there."""


class SweptSuite(Document):
    """A forged suite, all of whose cases are taken."""

    path: str
    """Its folder, or its `suite.json`."""
    groups: tuple[str, ...] = ()
    """Names that its organisms share."""


class SweptRestriction(Document):
    """What sessions are held to: affordances, by what is taken away from what a case allows or by all that is kept of
    it, and what they may spend."""

    name: str = Field(min_length=1, max_length=60)
    without: tuple[Affordance, ...] = ()
    only: tuple[Affordance, ...] | None = None
    """None: everything but what is taken away."""
    budget: Budget = Budget()
    """At most so much may be spent, where a case allows no less."""

    def held(self, rules: Rules) -> Rules:
        """What remains of the rules of a case."""
        kept = rules.affordances if self.only is None else rules.affordances & frozenset(self.only)
        limits = {name: _less(getattr(rules.budget, name), limit) for name, limit in self.budget}
        return rules.model_copy(
            update={"affordances": kept - frozenset(self.without), "budget": Budget.model_validate(limits)}
        )


def _less(one: int | None, other: int | None) -> int | None:
    """The lower of two limits, of which None is none."""
    return min((limit for limit in (one, other) if limit is not None), default=None)


class SweptAuditor(Document):
    """An automated auditor with its arguments, as at the command line: text is read as it is there, `@FILE` too."""

    name: str = Field("", max_length=60)
    """Empty: its kind."""
    kind: str
    under: tuple[str, ...] = ()
    """Names of the restrictions that it is held to; none: to each."""
    arguments: dict[str, str | int | float | bool] = Field(default_factory=dict)

    @property
    def called(self) -> str:
        return self.name or self.kind


class GroupPair(Document):
    """Two groups of organisms on which auditors are compared: for instance such as they were tuned on, and others. A
    group is one that the plan names, or a kind of implant, or a level."""

    name: str
    one: str
    other: str


class SweepPlan(Document):
    """A whole sweep. One plan holds organisms of one split: figures of the two are never pooled."""

    format: Literal["audit-workbench/sweep-plan/1"] = "audit-workbench/sweep-plan/1"
    name: str = Field(min_length=1, max_length=100)
    split: SuiteSplit = "dev"
    suites: tuple[SweptSuite, ...] = ()
    cases: tuple[SweptCase, ...] = ()
    restrictions: tuple[SweptRestriction, ...] = Field((SweptRestriction(name=_EVERYTHING),), min_length=1)
    """The first is what the others are compared with."""
    leave_one_out: bool = False
    """Adds a restriction for each affordance that a case allows, which takes it away from what the first leaves."""
    auditors: tuple[SweptAuditor, ...] = Field(min_length=1)
    seeds: tuple[int, ...] = Field((0,), min_length=1)
    """Each decides the noise of a session, and so, for an auditor that draws no other, the whole of it."""
    pairs: tuple[GroupPair, ...] = ()
    judge: str = ""
    """The judge's key file; empty: it is named when the sweep is run."""

    @field_validator("seeds")
    @classmethod
    def _different(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds) or min(seeds) < 0:
            raise ValueError("seeds are different whole numbers from 0 on")
        return seeds

    @classmethod
    def load(cls, path: Path, suites: Sequence[Path] = ()) -> Self:
        """The plan in a file, with its suites' cases among its own, and every path made whole. Raises Refusal.

        `suites`: more of them, whose split it then is.
        """
        plan = _read(cls, path)
        if suites:
            more = tuple(SweptSuite(path=str(suite.absolute())) for suite in suites)
            split = OrganismSuite.at(_folder(suites[0])).split
            plan = plan.model_copy(update={"suites": (*plan.suites, *more), "split": split})
        here = path.absolute().parent
        found = [_placed(case, here) for case in plan.cases]
        judge = str(here / plan.judge) if plan.judge else ""
        places = [_folder(here / suite.path).absolute() for suite in plan.suites]
        for suite, place in zip(plan.suites, places, strict=True):
            found += _listed(suite, place, _called(place, places))
            own = place / _JUDGE
            judge = judge or (str(own) if own.is_file() else "")
        plan = plan.model_copy(
            update={"cases": tuple(found), "judge": judge, "restrictions": tuple(_restrictions(plan))}
        )
        for flaw in _flaws(plan):
            raise Refusal("input.invalid", f"{path.name} cannot be swept.", flaw, "Correct the plan.")
        return plan

    def made(self, auditor: SweptAuditor, here: Path) -> Auditor:
        """An auditor, declared with its arguments; files it names lie beside the plan. Raises Refusal."""
        kind = BY_NAME[auditor.kind]
        known = {argument.name: argument for argument in arguments_of(kind)}
        values = {}
        for name, value in auditor.arguments.items():
            if name not in known:
                raise Refusal(
                    "input.invalid", f"{auditor.kind} has no argument {quoted(name)}.",
                    f"There are: {', '.join(known)}.", "See `workbench audit CASE --list`.",
                )  # fmt: skip
            text = f"@{here / value[1:]}" if isinstance(value, str) and value.startswith("@") else value
            values[name] = read(known[name], text) if isinstance(text, str) else text
        try:
            made = kind.model_validate(values)
        except ValidationError as error:
            raise Refusal(
                "input.invalid", f"The auditor {quoted(auditor.called)} cannot be made.", misfits(error, kind),
                "See `workbench audit CASE --list` for its arguments.",
            ) from None  # fmt: skip
        if made.seeds and not made.fresh:
            raise Refusal(
                "input.invalid", f"The auditor {quoted(auditor.called)} names what it draws by.",
                "Whoever wrote that down may have tried what it comes to, and every seed of the plan would give one"
                " audit, counted as often.", f"Leave out {enumerated(sorted(made.seeds))}: the plan has `seeds`.",
            )  # fmt: skip
        return made


def _read(kind: type[_Told], path: Path) -> _Told:
    try:
        return kind.model_validate_json(canonical.encode(canonical.decode(read_small(path, _LIMIT))))
    except ValidationError as error:
        why = misfits(error, kind)
    except (ValueError, TypeError) as error:
        why = f"It is no JSON: {error}."
    raise Refusal("input.invalid", f"{path.name} is no plan of a sweep.", why, "The README shows one that is valid.")


def _placed(case: SweptCase, here: Path) -> SweptCase:
    place = here / case.path
    split = listed_split(place) or case.split
    return case.model_copy(update={"path": str(place), "name": case.name or place.stem, "split": split})


def listed_split(place: Path) -> SuiteSplit | None:
    """The split of the suite that a case lies in: whoever names it by itself takes it out of none."""
    found = suite_of(place)
    return found[1].split if found is not None else None


def suite_of(place: Path) -> tuple[Path, OrganismSuite] | None:
    """The folder of the suite that lists a case where it lies, and its list; None: none does."""
    for folder in place.parents[:2]:
        with suppress(Refusal):
            suite = OrganismSuite.at(folder) if (folder / LISTED).is_file() else None
            if suite is not None and any((folder / case.path).resolve() == place.resolve() for case in suite.cases):
                return folder, suite
    return None


def _folder(suite: Path) -> Path:
    """Where a suite lies that is named by its folder or by its list."""
    return suite if suite.is_dir() else suite.parent


def _called(place: Path, places: Sequence[Path]) -> str:
    """What tells a suite's cases from those of others, as every suite has a case-01: nothing where it is alone, else as
    much of its path as it takes."""
    if len(places) == 1:
        return ""
    parts = [path.parts for path in places]
    for depth in range(1, len(place.parts)):
        if sum(other[-depth:] == place.parts[-depth:] for other in parts) == 1:
            return f"{'/'.join(place.parts[-depth:])} "
    return f"{place.name} "


def _listed(suite: SweptSuite, place: Path, called: str) -> Iterator[SweptCase]:
    """Its cases."""
    listed = OrganismSuite.at(place)
    for case in listed.cases:
        yield SweptCase(
            path=str(place / case.path), name=f"{called}{case.name}", split=listed.split, groups=suite.groups,
            digest=case.digest,
        )  # fmt: skip


def _restrictions(plan: SweepPlan) -> Iterator[SweptRestriction]:
    yield from plan.restrictions
    if plan.leave_one_out:
        named, first = {restriction.name for restriction in plan.restrictions}, plan.restrictions[0]
        for affordance in Affordance:
            if (name := f"without {affordance.value}") not in named:
                # With the first's budget too: else what an affordance is worth would be what a budget is.
                yield first.model_copy(update={"name": name, "without": (*first.without, affordance)})


def _flaws(plan: SweepPlan) -> Iterator[str]:
    """What is wrong with a plan whose fields are right, in sentences."""
    if not plan.cases:
        yield f"It names no case of the split {plan.split}."
    if other := [case.name for case in plan.cases if case.split not in (plan.split, None)]:
        yield f"It is about the split {plan.split}, and {enumerated(other)} is of another: sweep each split by itself."
    if unknown := [auditor.kind for auditor in plan.auditors if auditor.kind not in BY_NAME]:
        yield f"There is no auditor {unknown[0]}; there are {', '.join(BY_NAME)}."
    yield from _misnamed(plan)
    restrictions = {restriction.name for restriction in plan.restrictions}
    for auditor in plan.auditors:
        if missing := set(auditor.under) - restrictions:
            yield f"There is no restriction {quoted(min(missing))}, to which {quoted(auditor.called)} is held."
    groups = {group for case in plan.cases for group in (*case.groups, case.kind, *case.level.split(JOINT))}
    told = all(case.kind and case.level for case in plan.cases)  # else the truths say more
    for pair in plan.pairs:
        if told and (missing := {pair.one, pair.other} - groups):
            yield f"No case is of the group {quoted(min(missing))}, which {quoted(pair.name)} compares."
        if pair.one == pair.other:
            yield f"{quoted(pair.name)} compares {quoted(pair.one)} with itself."


def _misnamed(plan: SweepPlan) -> Iterator[str]:
    """What is wrong with its names, each of which is to be taken for no other."""
    named = (
        ("cases", [case.name for case in plan.cases]),
        ("auditors", [auditor.called for auditor in plan.auditors]),
        ("restrictions", [restriction.name for restriction in plan.restrictions]),
    )
    for what, names in named:
        looks = Counter(skeleton(name.strip()) for name in names)
        if twice := [name for name in names if looks[skeleton(name.strip())] > 1]:
            yield f"Two {what} are called {quoted(twice[0])}."
    for auditor in plan.auditors:
        if auditor.name in BY_NAME and auditor.name != auditor.kind:
            yield f"{quoted(auditor.name)} is another auditor than the {auditor.kind} that is called so."
        try:
            check_new_name(auditor.called)
        except ValueError as error:  # each has a key of its own
            yield f"No auditor can be called {quoted(auditor.called)}: {error}."
    for name in sorted({name for case in plan.cases for name in (*case.groups, case.kind) if JOINT in name}):
        yield f"{quoted(name)} is no name of a group: names are told apart by {quoted(JOINT.strip())}."
