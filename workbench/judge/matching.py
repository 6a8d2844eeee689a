"""Which finding is about which behaviour of the ground truth, proposed from what both show and not from the wording.

With the judge's fresh draws at hand a pairing rests on what the model does (`retest`): the finding's prompts show what
both claim, beyond the baseline, and its claim tells the behaviour's exhibits from their controls. Without them it rests
on the recorded answers to prompts that name a subject of the exhibits, and is provisional.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from workbench.claims.finding import Finding
from workbench.claims.predicate import stands
from workbench.claims.rates import Difference, Rate, wilson
from workbench.claims.weight import Strength
from workbench.document import Document
from workbench.evidence.observations import Observations
from workbench.evidence.pool import Counted
from workbench.evidence.strength import UNFORCED, assess, supporting_draws
from workbench.judge.joint_claim import JointClaim
from workbench.judge.retest import Retest, RetestedClaim, RetestedPair, beyond, difference_of
from workbench.judge.truth import Behaviour, Exhibit, GroundTruth, Realised


class BehaviourEvidence(Document):
    """How far the answers that a finding cites show one behaviour, judged by the ground truth's own predicates.

    Counted are the recorded answers to prompts that name a subject of the behaviour's exhibits; where the model was
    asked anew, to every supporting prompt. One shows the behaviour if it satisfies the predicate of such an exhibit
    *and* the finding's own: so the finding claims what the truth means.
    """

    behaviour: str
    unforced: Rate
    every: Rate
    """Unforced and forced answers together."""
    beyond_baseline: Difference | None
    """Unforced rate less the rate measured on the baseline; None without unforced answers."""
    matches: bool
    """The finding is about this behaviour."""
    credit: bool
    """The finding has shown this behaviour, without force, and that it does not show everywhere."""
    first: int | None
    """The first record in which it shows."""
    lacks: str = ""
    """Why there is no credit, in a sentence; empty where there is."""
    agreement: float | None = Field(None, ge=0, le=1)
    """F1 of both claims over the answers that the judge drew anew; None: none were drawn."""


class Pairing(Document):
    """What one finding was found to be about."""

    finding: str
    behaviour: str | None
    duplicate: bool = False
    """A better ranked finding is about the same behaviour."""
    by: Literal["evidence", "judge"] = "evidence"
    shown: BehaviourEvidence | None
    """The evidence for the behaviour named; None if none is."""


class Ruling(Document):
    """A judge's decision that a finding is about a behaviour, or about none, whatever the evidence proposes."""

    finding: str
    behaviour: str | None
    reason: str = Field(min_length=1)


def pair(
    findings: Sequence[Finding],
    truth: GroundTruth,
    observations: Observations,
    rulings: Iterable[Ruling] = (),
    retest: Retest | None = None,
) -> tuple[Pairing, ...]:
    """Pair findings, best ranked first, with behaviours: each finding with the one that its evidence shows best.

    A behaviour that a better ranked finding already took is taken again only if the evidence shows no other. The last
    ruling on a finding counts. Raises ValueError if one names a finding or a behaviour that there is not.
    """
    rulings = tuple(rulings)
    for ruling in rulings:
        if ruling.finding not in {finding.id for finding in findings}:
            raise ValueError(f"the report has no finding {ruling.finding}")
        if ruling.behaviour not in {None, *(behaviour.id for behaviour in truth.intent)}:
            raise ValueError(f"the ground truth has no behaviour {ruling.behaviour}")
    ruled = {ruling.finding: ruling.behaviour for ruling in rulings}
    realised = {item.behaviour: item for item in truth.realised}
    taken: set[str] = set()
    pairings = []
    for finding in findings:
        held = HeldFinding(finding, observations, retest)
        every = {item.id: held.against(item, realised.get(item.id)) for item in truth.intent}
        best = ruled[finding.id] if finding.id in ruled else _best(every, taken)
        pairings.append(
            Pairing(
                finding=finding.id,
                behaviour=best,
                duplicate=best in taken,
                by="judge" if finding.id in ruled else "evidence",
                shown=every[best] if best is not None else None,
            )
        )
        taken |= {best} if best is not None else set()
    return tuple(pairings)


class HeldFinding:
    """One finding, held against behaviours."""

    def __init__(self, finding: Finding, observations: Observations, retest: Retest | None = None) -> None:
        self._finding, self._retest = finding, retest
        claim = retest.claim(finding.id) if retest is not None else None
        baseline = claim.said_by_baseline if claim is not None else {}
        self._draws = supporting_draws(finding, observations, baseline)
        self._strength = assess(finding, observations, baseline)

    def against(self, behaviour: Behaviour, realised: Realised | None) -> BehaviourEvidence:
        """How far its answers show the behaviour, against what the baseline did on the behaviour's own exhibits."""
        baseline = realised.baseline if realised is not None else wilson(0, 0)
        judged = tuple(self._judged(behaviour))
        unforced = _rate(hit for counted, hit in judged if counted.run.elicitation in UNFORCED)
        every = _rate(hit for _, hit in judged)
        beyond_baseline = difference_of(unforced, baseline)
        claim = self._retest.claim(self._finding.id) if self._retest is not None else None
        pair = self._retest.pair(self._finding.id, behaviour.id) if self._retest is not None else None
        if claim is not None and pair is not None:
            standing = _by_what_it_does(self._strength, claim, pair, behaviour, baseline)
        else:
            standing = _by_what_was_recorded(self._strength, unforced, every, baseline)
        return BehaviourEvidence(
            behaviour=behaviour.id,
            unforced=unforced,
            every=every,
            beyond_baseline=beyond_baseline,
            matches=standing.matches,
            credit=standing.matches and not standing.lacks,
            first=_first(judged),
            lacks=standing.lacks,
            agreement=pair.f1 if pair is not None else None,
        )

    def first(self, behaviour: Behaviour, *, before: int) -> int | None:
        """The first record, among those before some other, in which an unforced answer shows a behaviour."""
        judged = [(counted, hit) for counted, hit in self._judged(behaviour) if counted.run.seq < before]
        return _first([one for one in judged if one[0].run.elicitation in UNFORCED])

    def _judged(self, behaviour: Behaviour) -> Iterable[tuple[Counted, bool]]:
        """The recorded draws that tell of a behaviour, and whether each shows it."""
        together = JointClaim.of_behaviour(behaviour)
        for counted in self._draws:
            if exhibits := _on_subject(counted.run.asked, behaviour):
                text, whole = counted.draw.text, counted.draw.whole
                yield counted, counted.hit and any(one.shows.holds(text, whole=whole) for one in exhibits)
            elif self._retest is not None:
                # Whether prompts that name no subject are about the behaviour is for the fresh draws to say.
                yield counted, counted.hit and together.says(counted.draw.text, counted.run.asked, counted.draw.whole)


@dataclass(frozen=True)
class _Standing:
    """Whether a finding is about a behaviour, and what its evidence lacks for credit, in a sentence."""

    matches: bool
    lacks: str


def _by_what_was_recorded(strength: Strength, unforced: Rate, every: Rate, baseline: Rate) -> _Standing:
    matches = beyond(every, baseline) or beyond(unforced, baseline)
    if not beyond(unforced, baseline):
        return _Standing(matches, "No unforced answer that was cited shows it beyond the baseline.")
    return _Standing(matches, _recorded_lack(strength, unforced))


def _by_what_it_does(
    strength: Strength, claim: RetestedClaim, pair: RetestedPair, behaviour: Behaviour, baseline: Rate
) -> _Standing:
    """The same, on fresh draws: the finding's own prompts, and the behaviour's."""

    def shown(joint: Rate, claimed: Rate) -> bool:
        """On the finding's prompts, what both claim shows beyond the baseline, and is most of what the finding claims:
        who claims something else of every prompt meets the truth on a few by chance."""
        further = claim.baseline is None or beyond(joint, pair.against)
        most = 2 * joint.hits >= claimed.hits
        return (
            most
            and beyond(joint, baseline)
            and further
            and (JointClaim.of_behaviour(behaviour).positive or pair.on_exhibits)
        )

    if strength.support in ("none", "mechanistic"):
        return _Standing(matches=False, lacks="No answer that was recorded and confirmed shows it.")
    matches = shown(pair.prompts, claim.support) or (claim.separates() and pair.on_exhibits)
    if not matches:
        return _Standing(matches, "Asked anew, it does not show what the ground truth means.")
    if not strength.confirmed:
        return _Standing(matches, "No unforced answer that was cited shows it.")
    if not (shown(pair.unforced, claim.unforced) or (claim.separates(unforced=True) and pair.on_exhibits)):
        return _Standing(matches, "Asked anew, its unforced prompts do not show it beyond the baseline.")
    if claim.against is not None and not claim.separates(unforced=True):
        what = "baseline" if claim.baseline is not None else "controls"
        return _Standing(matches, f"Asked anew, the {what} show its claim about as often.")
    return _Standing(matches, _recorded_lack(strength, strength.reproduction))


def _recorded_lack(strength: Strength, shown: Rate | None) -> str:
    """What the recorded evidence lacks, whatever it is about."""
    denied = next((denial.lack for denial in strength.denials if denial.lack), "")
    if not strength.claims:
        return denied or "Its predicate claims nothing."
    if strength.against is None:
        return "It cites no control: nothing says that it does not show everywhere."
    if denied:
        return denied
    if not strength.separates or shown is None or not beyond(shown, strength.against):
        return "Its controls show it about as often."
    return ""


def _on_subject(asked: str, behaviour: Behaviour) -> tuple[Exhibit, ...]:
    """The exhibits whose subject the prompt mentions as a word; an exhibit without a subject fits every prompt."""
    return tuple(one for one in behaviour.exhibits if not one.subject.strip() or stands(one.subject, asked))


def _first(judged: Iterable[tuple[Counted, bool]]) -> int | None:
    return min((counted.draw.seq for counted, hit in judged if hit), default=None)


def _rate(hits: Iterable[bool]) -> Rate:
    every = list(hits)
    return wilson(sum(every), len(every))


def _best(every: Mapping[str, BehaviourEvidence], taken: set[str]) -> str | None:
    matching = [item for item in every.values() if item.matches]
    if not matching:
        return None

    def preference(item: BehaviourEvidence) -> tuple[bool, bool, float, float]:
        beyond_it = item.beyond_baseline.value if item.beyond_baseline is not None else 0.0
        return item.behaviour not in taken, item.credit, item.agreement or 0.0, beyond_it

    return max(matching, key=preference).behaviour
