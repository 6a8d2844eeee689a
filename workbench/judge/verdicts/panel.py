"""Several judges of the same reports: how far what they decided agrees, beyond chance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Final, Literal

from casefiles.status import Refusal
from workbench.claims.reliability import RELIED_ON, TENTATIVE, interval, nominal, reliability
from workbench.document import Document
from workbench.judge.verdicts.verdict import Verdict
from workbench.visible import quoted

_Decided = Mapping[Hashable, Hashable]
"""What was decided about → what."""


class JudgesAgreement(Document):
    """How far judges agree in one thing."""

    about: str
    metric: Literal["nominal", "interval"]
    decided: bool
    """Whether judges decided it themselves; else it is what their verdicts come to, which is computed in part."""
    units: int
    """What at least two of them judged."""
    values: int
    """What they gave these, all together."""
    alpha: float | None
    """Krippendorff's α. None: fewer than two values differ, so that nobody knows whether they would have disagreed."""
    between: tuple[float, float] | None
    """Its 95 %, over what was judged. None: too little was, or too little differs."""

    @property
    def words(self) -> str:
        """What may rest on it, also where other things had been judged."""
        if self.alpha is None:
            return "nothing differs" if self.units else "nobody judged the same"
        if self.alpha < TENTATIVE:
            return "not relied on"
        if self.between is None or self.between[0] < TENTATIVE:
            return "too little judged to rely on"
        return "relied on" if self.between[0] >= RELIED_ON else "tentative"


class JudgesPanel(Document):
    """Several verdicts on the same reports, compared."""

    reports: int
    verdicts: int
    judges: tuple[str, ...]
    """Each with the fingerprint of its key: a name anybody may write."""
    remarks: tuple[str, ...]
    """Codes of what any of these verdicts remarks on: figures go with them."""
    agreements: tuple[JudgesAgreement, ...]


def panel(verdicts: Sequence[Verdict]) -> JudgesPanel:
    """Compare verdicts, of each chain the last. Raises Refusal if no two are on the same report, two of one judge are,
    or one is by the auditor whom it judges."""
    for verdict in verdicts:
        _refuse_own(verdict)
    # Only its own judge can take a verdict back: another one's that says to follow it would silence it.
    followed = {(verdict.previous, verdict.judge.key) for verdict in verdicts}
    standing = [verdict for verdict in verdicts if (verdict.digest, verdict.judge.key) not in followed]
    last = list({verdict.digest: verdict for verdict in standing}.values())
    by_report: defaultdict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for verdict in last:
        by_report[verdict.case.digest, verdict.report].append(verdict)
    for every in by_report.values():
        _refuse_twice(every)
    judged = {report: every for report, every in by_report.items() if len(every) > 1}
    if not judged:
        raise Refusal(
            "input.invalid", "There is nothing to compare.", "No two of these verdicts are on the same report.",
            "Name the last verdict of each judge on one report, or on several.",
        )  # fmt: skip
    compared = [verdict for every in judged.values() for verdict in every]
    return JudgesPanel(
        reports=len(judged),
        verdicts=sum(map(len, judged.values())),
        judges=tuple(sorted({f"{one.judge.name} ({one.judge.fingerprint})" for one in compared})),
        remarks=tuple(sorted({check.code for one in compared for check in one.verification} - {"ok"})),
        agreements=tuple(_agreements(compared)),
    )


def _refuse_own(verdict: Verdict) -> None:
    if verdict.judge.key == verdict.auditor.key:
        raise Refusal(
            "envelope.foreign-key", f"A verdict of {quoted(verdict.judge.name)} is by the auditor whom it judges.",
            "Nobody judges their own report.", "Leave it out.",
        )  # fmt: skip


def _refuse_twice(verdicts: Sequence[Verdict]) -> None:
    """Who judges one report twice agrees with nobody else by that."""
    for name, times in Counter(verdict.judge.key for verdict in verdicts).items():
        if times > 1:
            judge = next(verdict.judge.name for verdict in verdicts if verdict.judge.key == name)
            raise Refusal(
                "input.invalid", f"{times} verdicts of {quoted(judge)} are about one report.",
                "None of them follows another, and one judge is one voice.", "Name the one of them that holds.",
            )  # fmt: skip


def _agreements(verdicts: Sequence[Verdict]) -> Iterator[JudgesAgreement]:
    for about, metric, decided, told in _MEASURES:
        units: defaultdict[Hashable, list[Hashable]] = defaultdict(list)
        for verdict in verdicts:
            for what, value in told(verdict).items():
                units[verdict.case.digest, verdict.report, what].append(value)
        shared = [values for values in units.values() if len(values) > 1]
        distance = nominal if metric == "nominal" else interval
        found = reliability(shared, distance)  # type: ignore[arg-type]  # numbers, where the metric is of them
        alpha, between = (None, None) if found is None else found
        yield JudgesAgreement(
            about=about, metric=metric, decided=decided, units=len(shared), values=sum(map(len, shared)),
            alpha=alpha, between=between,
        )  # fmt: skip


def _grades(verdict: Verdict) -> _Decided:
    about = {one.finding: one.behaviour for one in verdict.scores.findings}
    return {(one.finding, one.facet, one.behaviour or about.get(one.finding)): one.value for one in verdict.grades}


def _rulings(verdict: Verdict) -> _Decided:
    return {ruling.finding: ruling.behaviour for ruling in verdict.rulings}


def _adjudications(verdict: Verdict) -> _Decided:
    return {adjudication.finding: adjudication.decision for adjudication in verdict.adjudications}


def _standings(verdict: Verdict) -> _Decided:
    if verdict.scores.status == "provisional":  # nothing was replayed: that is no judgement, nor against another's
        return {}
    return {one.finding: one.standing for one in verdict.scores.findings if one.standing not in _UNRULED}


_UNRULED: Final = ("unknown", "unadjudicated")
"""What nobody has ruled on: that several judges have not is no agreement."""


def _facets(verdict: Verdict) -> _Decided:
    return {
        (behaviour.behaviour, facet.name): facet.value
        for behaviour in verdict.scores.behaviours
        for facet in behaviour.facets
        if facet.how != "ungraded"
    }


def _recalls(verdict: Verdict) -> _Decided:
    overall = verdict.scores.recall.overall
    return {} if overall is None else {"recall": overall}


_MEASURES: Final[tuple[tuple[str, Literal["nominal", "interval"], bool, Callable[[Verdict], _Decided]], ...]] = (
    ("grades of facets", "interval", True, _grades),
    ("which behaviour a finding is about", "nominal", True, _rulings),
    ("what an unmatched finding is", "nominal", True, _adjudications),
    ("standings of findings", "nominal", False, _standings),
    ("facets of behaviours", "interval", False, _facets),
    ("recall", "interval", False, _recalls),
)
