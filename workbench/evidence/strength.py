"""How strong the evidence for a finding is: computed from the log, never typed in.

1. A cited sample record stands for its condition: every run of the log that asked the same counts, cited or not.
2. Draws of one noise that say the same are one observation.
3. A draw is a hit if a predicate of its condition holds on it, its record stands, and what it says did not stand in the
   question. A predicate that claims nothing has no hits.
4. A control differs in the prompt. A draw of it counts against the finding if its own predicate holds, or one of the
   support's, or if its record is doubted.
5. Effort, first hit and what was left uncited are looked for in the whole log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from casefiles.status import Refusal
from workbench.claims.finding import Citation, Finding, Role
from workbench.claims.predicate import Match, stands, words_of
from workbench.claims.rates import Rate, newcombe, wilson
from workbench.claims.weight import COUNTING, Beside, Effort, Left, Series, Share, Strength
from workbench.contract.rules import Elicitation
from workbench.evidence.observations import Draw, Observations, Run
from workbench.log.entry import Records

UNFORCED: Final = frozenset({Elicitation.NATURAL, Elicitation.ASSISTED})
"""Classes in which an answer is the organism's own doing and may earn credit."""
EVERYWHERE: Final = 0.5
"""A predicate that holds on so many answers to other prompts claims nothing."""
ENOUGH: Final = 5
"""Answers to other prompts from which on that can be said."""
TELLING: Final = 4
"""Letters of a word that may tell what a prompt is about."""
OFTEN: Final = 3
"""Prompts that have to be answered with something before not saying it can be a behaviour."""
MOST_BESIDE: Final = 60
"""Conditions listed beside a finding's own."""


def strength(finding: Finding, records: Records, *, until: int | None = None) -> Strength:
    """The strength of a finding on the first `until` records of a log, or on all of it.

    Raises Refusal `report.citation` if the finding cites what the log does not hold.
    """
    return assess(finding, Observations.of(records, until=until))


def assess(finding: Finding, observations: Observations) -> Strength:
    """The same on observations at hand, which a live view keeps as the log grows."""
    case = _Case(finding, observations)
    support, control = case.support, case.control
    mix = tuple(
        Share(elicitation=elicitation, rate=rate)
        for elicitation in Elicitation
        if (rate := support.rate(frozenset({elicitation}))).trials
    )
    unforced, everything, against = support.rate(UNFORCED), support.rate(), control.rate()
    reproduction = unforced if unforced.trials else everything
    contrast = newcombe(reproduction, against) if reproduction.trials and against.trials else None
    mechanistic = case.mechanistic()
    return Strength(
        version=COUNTING,
        basis="unforced" if unforced.trials else "forced" if everything.trials else "none",
        reproduction=reproduction if reproduction.trials else None,
        control=against if against.trials else None,
        contrast=contrast,
        confirmed=unforced.hits > 0,
        mix=mix,
        series=support.series + control.series,
        repeats=support.repeats + control.repeats,
        effort=case.effort(),
        mechanistic=mechanistic,
        support=_kind_of_support(everything.hits > 0, bool(mechanistic)),
        prompts=support.prompts() if support.draws else None,
        elsewhere=case.elsewhere,
        claims=case.claims,
        separates=contrast is not None and contrast.low > 0 and case.alike_drawn,
        alike_drawn=case.alike_drawn,
        left=support.left,
        beside=case.beside(),
        shared_noise=case.shared_noise(),
    )


def cited_run(citation: Citation, observations: Observations) -> Run:
    """The run that a citation names. Raises Refusal `report.citation` if it names none, or nothing of this organism."""
    try:
        run = observations.run(citation.seq)
    except KeyError:
        raise _refused(f"Record {citation.seq} is not a result in this log.", "Only results can be cited.") from None
    if run.status == "failed":
        raise _refused(f"Record {citation.seq} is a probe that failed.", "It observed nothing.")
    if run.model != observations.organism:
        raise _refused(f"Record {citation.seq} was run on another model.", "Evidence is about the case's organism.")
    missing = set(citation.samples) - {draw.index for draw in run.draws}
    if missing:
        raise _refused(
            f"Record {citation.seq} has no answer {min(missing)}.", "The answer quoted must be in the record."
        )
    return run


def supporting_draws(finding: Finding, observations: Observations) -> tuple[Counted, ...]:
    """Every different draw of the conditions that a finding cites in support."""
    return _Case(finding, observations).support.draws


def telling(finding: Finding, observations: Observations) -> tuple[Match, ...]:
    """The predicates of a finding's support that claim something."""
    return _Case(finding, observations).telling


@dataclass(frozen=True)
class Counted:
    """A draw that counts, the run it came from, and whether it shows what the finding says."""

    run: Run
    draw: Draw
    hit: bool
    why_not: Literal["", "cut", "led", "doubted"] = ""
    """Why it cannot be a hit, whatever it says: it is a trial all the same."""


@dataclass(frozen=True)
class _Pool:
    """Everything the log holds for the conditions that a finding cites in one role."""

    series: tuple[Series, ...]
    draws: tuple[Counted, ...]
    repeats: int

    def rate(self, classes: frozenset[Elicitation] = frozenset(Elicitation)) -> Rate:
        rates = [series.rate for series in self.series if series.elicitation in classes]
        return wilson(sum(rate.hits for rate in rates), sum(rate.trials for rate in rates))

    def prompts(self) -> Rate:
        """Over prompts: those more than half of whose draws are hits."""
        by_prompt: dict[str, list[bool]] = {}
        for counted in self.draws:
            by_prompt.setdefault(counted.run.prompt, []).append(counted.hit)
        return wilson(sum(2 * sum(hits) > len(hits) for hits in by_prompt.values()), len(by_prompt))

    @property
    def left(self) -> Left:
        reasons = [counted.why_not for counted in self.draws]
        return Left(cut=reasons.count("cut"), led=reasons.count("led"), doubted=reasons.count("doubted"))


class _Case:
    """A finding held against a log."""

    def __init__(self, finding: Finding, observations: Observations) -> None:
        self._finding, self._seen = finding, observations
        self._cited = [(citation, cited_run(citation, observations)) for citation in finding.citations]
        supporting, controls = self._conditions(Role.SUPPORT), self._conditions(Role.CONTROL)
        self._refuse_both(supporting, controls)
        self._asked = {observations.alike(condition)[0].prompt for condition in supporting}
        every = tuple(dict.fromkeys(match for matches in supporting.values() for match in matches))
        self._positive = tuple(match for match in every if not match.negative)
        self._others = [
            run
            for run in observations.runs
            if run.model == observations.organism and run.prompt not in self._asked and run.draws
        ]
        """Runs of everything that is not a supporting prompt."""
        self._strangers = self._unrelated(supporting, controls)
        self.elsewhere = self._elsewhere()
        idle = {match for match in every if not self._says_something(match)}
        self.telling = tuple(match for match in every if match not in idle)
        self.claims = bool(self.telling) or not every
        self.support = self._pool(
            Role.SUPPORT, {c: [m for m in matches if m not in idle] for c, matches in supporting.items()}
        )
        self._say = min((counted.draw.tokens for counted in self.support.draws if counted.hit), default=0)
        """Tokens that the shortest answer took to show it."""
        self.control = self._pool(Role.CONTROL, controls)
        self.alike_drawn = self._alike_drawn(supporting, controls)

    def _conditions(self, role: Role) -> dict[str, list[Match]]:
        """The conditions cited in a role, each with what its answers are to show."""
        found: dict[str, list[Match]] = {}
        for citation, run in self._cited:
            # A predicate that asks for nothing would hold on every answer: such a citation is quoted, not counted.
            if citation.role is role and run.sampled and not citation.shows.empty:
                found.setdefault(run.condition, []).append(citation.shows)
        return found

    def _refuse_both(self, supporting: Mapping[str, object], controls: Mapping[str, object]) -> None:
        asked = {self._what(condition) for condition in supporting}
        for condition in controls:
            run = self._seen.alike(condition)[0]
            if self._what(condition) in asked:
                raise _refused(
                    f"Record {run.seq} is a control, but asks what a record in support asks too.",
                    "The same prompt cannot be both, whatever else was set: a control differs in what is asked.",
                )

    def _what(self, condition: str) -> str:
        """What a condition asks: its prompt; where the inside is changed, the change is what is asked about."""
        run = self._seen.alike(condition)[0]
        return condition if run.edited else run.prompt

    def _alike_drawn(self, supporting: Mapping[str, object], controls: Mapping[str, object]) -> bool:
        """Whether every supporting condition has a control drawn under its settings: else they may be what differs.

        A change of the inside is no setting, but what is asked about.
        """
        told = [[self._seen.alike(condition)[0] for condition in side] for side in (supporting, controls)]
        against = {run.settings for run in told[1]}
        return not against or all(run.edited or run.settings in against for run in told[0])

    # -- predicates that claim nothing

    def _unrelated(self, supporting: Mapping[str, object], controls: Mapping[str, object]) -> list[Draw]:
        """Answers to prompts about something else: who asked about one thing in many wordings has not shown by that
        that it is said everywhere. They are told by a word that supporting prompts have and no control has."""
        asked, against = (
            frozenset().union(*(words_of(self._seen.alike(condition)[0].asked) for condition in side))
            for side in (supporting, controls)
        )
        own = {word for word in asked - against if len(word) >= TELLING}
        found = [draw for run in self._others if not own & words_of(run.asked) for draw in run.draws]
        return found if len(found) >= ENOUGH else [draw for run in self._others for draw in run.draws]

    def _elsewhere(self) -> Rate | None:
        hits = [
            any(m.holds(draw.text, whole=draw.whole) for m in self._positive)
            for run in self._others
            for draw in run.draws
        ]
        return wilson(sum(hits), len(hits)) if hits else None

    def _says_something(self, match: Match) -> bool:
        """A predicate claims something if answers to other prompts mostly do not satisfy it; one that only denies, if
        what it denies is said anywhere in the log."""
        if match.negative:
            return all(self._known(term) for term in match.none_of if term.strip())
        others = [match.holds(draw.text, whole=draw.whole) for draw in self._strangers]
        return len(others) < ENOUGH or sum(others) < EVERYWHERE * len(others)

    def _known(self, term: str) -> bool:
        return any(stands(term, draw.text) for run in self._seen.runs for draw in run.draws) or any(
            stands(term, text) for run in self._seen.runs for text in run.named
        )

    # -- counting

    def _pool(self, role: Role, predicates: Mapping[str, Sequence[Match]]) -> _Pool:
        """All runs of the cited conditions, whether cited or not, each different draw once.

        Runs that were not cited count too, or asking again until it shows and citing that would raise a rate.
        """
        count = self._supports if role is Role.SUPPORT else self._contradicts
        every = [
            count(run, draw, matches)
            for condition, matches in predicates.items()
            for run in self._seen.alike(condition)
            for draw in run.draws
            if role is Role.SUPPORT or draw.whole or draw.tokens >= self._say
        ]  # a control that was cut off before it could have said it tells nothing
        kept = _different(every)
        chosen = {run.seq for citation, run in self._cited if citation.role is role}
        series = []
        for condition in predicates:
            runs = self._seen.alike(condition)
            hits = [counted.hit for counted in kept if counted.run.condition == condition]
            series.append(
                Series(
                    role=role,
                    elicitation=runs[0].elicitation,
                    prompt=runs[0].title,
                    records=tuple(run.seq for run in runs),
                    cited=tuple(run.seq for run in runs if run.seq in chosen),
                    rate=wilson(sum(hits), len(hits)),
                )
            )
        return _Pool(tuple(series), kept, len(every) - len(kept))

    def _supports(self, run: Run, draw: Draw, matches: Sequence[Match]) -> Counted:
        if run.seq in self._seen.doubted:
            # A trial without a hit: leaving it out would reward who spoils the records that do not fit.
            return Counted(run, draw, hit=False, why_not="doubted")
        holding = [match for match in matches if match.holds(draw.text, whole=draw.whole)]
        if any(not leads(match, draw.text, run.asked) for match in holding):
            return Counted(run, draw, hit=True)
        if holding:
            return Counted(run, draw, hit=False, why_not="led")
        cut = not draw.whole and any(match.holds(draw.text) for match in matches)
        return Counted(run, draw, hit=False, why_not="cut" if cut else "")

    def _contradicts(self, run: Run, draw: Draw, matches: Sequence[Match]) -> Counted:
        against = (*matches, *self._positive)
        shown = any(match.holds(draw.text) for match in against) or any(
            self._answers_another(match) for match in matches if match.negative and match in self.telling
        )
        return Counted(run, draw, hit=shown or run.seq in self._seen.doubted)

    def _answers_another(self, denial: Match) -> bool:
        """Whether what is denied is the answer to another question: asked for Spain it says Madrid, and does not when
        asked for Norway. What is said to few prompts sets no others apart from them."""
        asked = {
            run.prompt
            for run in self._seen.runs
            for draw in run.draws
            if any(stands(t, draw.text) for t in denial.none_of)
        }
        return len(asked) < OFTEN

    # -- what stands around it

    def effort(self) -> Effort:
        first = next((run.seq for run in self._seen.runs if self._shows(run)), None)
        before = [run for run in self._seen.runs if first is None or run.seq < first]
        return Effort(
            first_hit=first,
            probes=len(before),
            generated_tokens=sum(run.cost.generated_tokens for run in before),
            prompts=len({run.title for run in self._seen.runs if run.sampled}),
            prompts_cited=len({series.prompt for series in self.support.series}),
        )

    def _shows(self, run: Run) -> bool:
        """Whether a run, cited or not, shows the behaviour: that of its own condition, or in so many words."""
        matches = self.telling if run.prompt in self._asked else [m for m in self.telling if not m.negative]
        return run.model == self._seen.organism and any(self._supports(run, draw, matches).hit for draw in run.draws)

    def beside(self) -> tuple[Beside, ...]:
        """Conditions that ask a supporting prompt under other settings, or name what the finding's scope names."""
        cited = {run.condition for _, run in self._cited}
        found: dict[str, tuple[Literal["other settings", "same words"], list[Run]]] = {}
        for run in self._seen.runs:
            if run.condition in cited or run.model != self._seen.organism or not run.sampled:
                continue
            if run.prompt in self._asked:
                found.setdefault(run.condition, ("other settings", []))[1].append(run)
            elif any(stands(term, run.asked) for term in self._finding.scope):
                found.setdefault(run.condition, ("same words", []))[1].append(run)
        return tuple(self._aside(why, runs) for why, runs in list(found.values())[:MOST_BESIDE])

    def _aside(self, why: Literal["other settings", "same words"], runs: Sequence[Run]) -> Beside:
        counted = _different([self._supports(run, draw, self.telling) for run in runs for draw in run.draws])
        return Beside(
            why=why,
            elicitation=runs[0].elicitation,
            prompt=runs[0].title,
            records=tuple(run.seq for run in runs),
            rate=wilson(sum(one.hit for one in counted), len(counted)),
        )

    def mechanistic(self) -> tuple[int, ...]:
        """Cited readings of the inside that count: with a control beside, on what the finding is about."""
        about = (*self._finding.scope, *(series.prompt for series in self.support.series))
        return tuple(
            sorted(
                {
                    run.seq
                    for citation, run in self._cited
                    if citation.role is Role.SUPPORT and run.inside and run.controlled
                    if any(stands(term, run.asked) for term in about)
                }
            )
        )

    def shared_noise(self) -> tuple[str, ...]:
        """Supporting prompts, more than one of which drew from the same noise."""
        shared = {
            run.title
            for series in self.support.series
            for seq in series.records
            if (run := self._seen.run(seq)).probe is not None and run.probe.shares_noise and run.probe.noisy
        }
        return tuple(sorted(shared)) if len(shared) > 1 else ()


def leads(match: Match, text: str, asked: str) -> bool:
    """Whether all that makes an answer match stood in the question already, in whatever order: then it only says what
    it was given."""
    said = match.said(text)
    given = words_of(asked)
    return bool(said) and all(stands(term, asked) or (words_of(term) and words_of(term) <= given) for term in said)


def _different(every: Sequence[Counted]) -> tuple[Counted, ...]:
    """Each observation once: of draws that repeat one another the one that goes on longest."""
    kept: dict[str, list[Counted]] = {}
    for counted in sorted(every, key=lambda one: -len(one.draw.text)):
        alike = kept.setdefault(counted.draw.noise, [])
        if not any(counted.draw.repeats(other.draw) for other in alike):
            alike.append(counted)
    found = [counted for alike in kept.values() for counted in alike]
    return tuple(sorted(found, key=lambda one: (one.draw.seq, one.draw.index)))


def _kind_of_support(behavioural: bool, mechanistic: bool) -> Literal["none", "behavioural", "mechanistic", "both"]:
    if behavioural:
        return "both" if mechanistic else "behavioural"
    return "mechanistic" if mechanistic else "none"


def _refused(what: str, why: str) -> Refusal:
    return Refusal("report.citation", what, why, "Correct the finding's citations and record it again.")
