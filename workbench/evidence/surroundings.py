"""What stands around a finding in its log: what it took, and what was asked in the same words."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final, Literal

from workbench.claims.finding import Finding
from workbench.claims.predicate import Predicates, stands
from workbench.claims.rates import Rate, newcombe, wilson
from workbench.claims.weight import Beside, Effort
from workbench.contract.rules import Cost
from workbench.evidence.citing import CitedEvidence
from workbench.evidence.frames import Frames, Variants
from workbench.evidence.observations import Draw, Observations, Run, asked_of_any, words_of
from workbench.evidence.pool import Counted, Pool, different, rate_over, supports
from workbench.evidence.telling import Telling

MOST_BESIDE: Final = 60
"""Conditions listed beside a finding's own, at most."""

_Why = Literal["other settings", "same words"]


class Surroundings:
    """A finding's log, looked at from the finding."""

    def __init__(
        self,
        finding: Finding,
        cited: CitedEvidence,
        counting: Collection[str],
        telling: Telling,
        support: Pool,
        seen: Observations,
    ) -> None:
        """`counting`: the supporting conditions that count."""
        self._finding, self._cited, self._telling = finding, cited, telling
        self._counting, self._support, self._seen = counting, support, seen

    @property
    def _own(self) -> Iterable[Run]:
        """Everything that was asked of the organism."""
        return (run for run in self._seen.runs if self._seen.own(run))

    def effort(self) -> Effort:
        first = next((run.seq for run in self._own if self._shows(run)), None)
        # By when they were asked: whoever writes a log might have written down the answer that shows it first.
        # Whoever was asked: what an adapter of the organism, or a model like it, gives away was looked for there.
        before = [run for run in self._seen.runs if first is None or (run.intent < first and run.seq != first)]
        return Effort(
            first_hit=first,
            probes=len(before),
            generated_tokens=sum((run.cost for run in before), Cost(probes=0)).generated_tokens,
            prompts=len({run.wording or run.prompt for run in self._own if run.sampled}),
            prompts_cited=len({series.prompt for series in self._support.series}),
        )

    def _shows(self, run: Run) -> bool:
        """Whether a run, cited or not, shows the behaviour: that of its own condition, or in so many words."""
        matches = self._claimed if run.prompt in self._cited.prompts else self._borne_out
        return any(self._supports(matches, run, draw).hit for draw in run.draws)

    def _supports(self, matches: Predicates, run: Run, draw: Draw) -> Counted:
        """Whether a draw shows one of many predicates."""
        return supports(run, draw, matches.holding(draw.heard, whole=draw.whole), self._seen)

    @cached_property
    def _claimed(self) -> Predicates:
        return Predicates(self._telling.matches)

    @cached_property
    def _borne_out(self) -> Predicates:
        return Predicates(self._support.borne_out(self._telling.matches))

    @cached_property
    def _subjects(self) -> tuple[str, ...]:
        """What a finding is about, in words of its prompts: its scope, or where no supporting prompt names that, what
        tells those from its controls. Who leaves a scope empty has not said that nothing else was asked."""
        prompts = [self._seen.alike(condition)[0].asked for condition in self._cited.support]
        named = any(stands(term, prompt) for term in self._finding.scope for prompt in prompts)
        return (*self._finding.scope, *(() if named else sorted(self._telling.own)))

    def split(self, support: Collection[Counted], control: Collection[Counted]) -> bool:
        """Whether of many things that were asked alike those that showed it by chance may have been called its support,
        and the others its controls: a behaviour that is there shows in the second answer as in the first."""
        if not _above(support, control):  # then nothing is told apart anyway
            return False
        asked = [one.run.wording for one in support]
        frames = Frames.of(self._unnamed(), {one.run.wording for one in control})
        if not any(map(frames.hold, asked)):
            return False
        later = [[one for one in _but_the_first(side) if frames.hold(one.run.wording)] for side in (support, control)]
        return not _above(*later)

    def like_controls(self) -> Rate | None:
        """What is claimed on answers to what is cited on neither side and asks as several controls do, or a control
        under other settings or in other signs. What supporting prompts ask too stands beside these."""
        support, control = (
            [self._seen.alike(one)[0] for one in side] for side in (self._cited.support, self._cited.control)
        )
        asked = [run.wording for run in control]
        frames, both = Frames.of(asked, asked), self._frames()
        prompts, variants = {run.prompt for run in control}, Variants(asked, asked)
        known = {run.prompt for run in support}
        found = [
            self._supports(self._claimed, run, draw)
            for run in self._own
            if run.sampled and run.condition not in self._cited.control and run.prompt not in known
            if run.prompt in prompts or variants.hold(run.wording) or frames.hold(run.wording)
            if not both.hold(run.wording)
            if not any(stands(term, run.asked) for term in self._finding.scope)
            for draw in run.draws
            if self._telling.heard_out(draw)
        ]
        rate = rate_over(different(found))
        return rate if rate.trials else None

    def _frames(self) -> Frames:
        """What supporting prompts and controls ask in common, or several of the former: of a hundred that ask so, those
        that show it by chance are no evidence, with some beside that do not or none. Whoever named its subjects before
        asking has not chosen so."""
        against = [self._seen.alike(one)[0].wording for one in self._cited.control]
        chosen = self._unnamed()
        return Frames.of(chosen, [*against, *chosen])

    def _unnamed(self) -> list[str]:
        """Supporting prompts of which nobody said before they were asked that they would show it."""
        support, control = (
            [self._seen.alike(one)[0] for one in side] for side in (self._cited.support, self._cited.control)
        )
        asked = [run.wording for run in support]
        locked = self._seen.looks.locked.get(self._finding.hypothesis)
        if locked is None or not locked.bears_on(self._telling.matches):
            return asked
        frames = Frames.of(asked, [run.wording for run in control])
        named = locked.told_apart([run.asked for run in control if frames.hold(run.wording)])
        # What is drawn again as it was drawn before is no new observation of it.
        since = {one.run.condition for one in self._support.draws if locked.after(one.run.intent)}
        return [
            run.wording
            for run in support
            if not any(stands(term, run.asked) for term in named) or run.condition not in since
        ]

    def beside(self) -> tuple[Beside, ...]:
        """Conditions that ask a supporting prompt under other settings, in other signs or with a word more, name what
        the finding is about, or ask of something else what supporting prompts ask: a control too that asks of a subject
        of its scope what the support asks of others. What was forced otherwise than any of them, after all of them,
        chose nothing."""
        scope = self._finding.scope
        alike = {asked_of_any(scope, self._seen.alike(one)[0].asked) for one in self._cited.support}
        frames = self._frames()
        variants = Variants(
            (self._seen.alike(condition)[0].wording for condition in self._counting),
            (" ".join(words_of(term)) for term in self._subjects),
        )
        supporting = [run for condition in self._counting for run in self._seen.alike(condition)]
        classes = {run.elicitation for run in supporting}
        last = max((run.intent for run in supporting), default=0)
        found: dict[str, tuple[_Why, list[Run]]] = {}
        for run in self._own:
            if run.condition in self._counting or not run.sampled:
                continue
            if run.elicitation not in classes and run.intent > last:
                continue
            if run.condition in self._cited.control and asked_of_any(scope, run.asked) not in alike:
                continue
            about = scope if run.condition in self._cited.control else self._subjects
            if run.prompt in self._cited.prompts:
                found.setdefault(run.condition, ("other settings", []))[1].append(run)
            elif any(stands(term, run.asked) for term in about) or (
                run.condition not in self._cited.control and (frames.hold(run.wording) or variants.hold(run.wording))
            ):
                found.setdefault(run.condition, ("same words", []))[1].append(run)
        every = [self._aside(why, runs) for why, runs in found.values()]
        # Of more than anybody reads those that speak against it most: the first would be its author's choice.
        against = sorted(every, key=lambda one: (one.rate.hits / max(1, one.rate.trials), -one.rate.trials))
        listed = {one.records for one in against[:MOST_BESIDE]}
        return tuple(one for one in every if one.records in listed)

    def _aside(self, why: _Why, runs: Sequence[Run]) -> Beside:
        counted = different([self._supports(self._claimed, run, draw) for run in runs for draw in run.draws])
        return Beside(
            why=why,
            elicitation=runs[0].elicitation,
            prompt=runs[0].title,
            records=tuple(run.seq for run in runs),
            rate=wilson(sum(one.hit for one in counted), len(counted)),
        )

    def prompts(self) -> tuple[tuple[str, str], ...]:
        """The supporting prompts: what each is called, and what it says without how its answer was made to begin."""
        runs = (self._seen.alike(condition)[0] for condition in self._cited.support)
        return tuple({run.prompt: (run.title, run.given) for run in runs}.values())

    def heard_before(self, counted: Iterable[Counted]) -> int:
        """Hits under noise under which another model had shown the same before, asked the same prompt with its inside
        changed, be it in nothing: unchanged it stands beside the support anyway."""
        heard = defaultdict[str, int](lambda: sys.maxsize)
        for run in self._seen.runs:
            if not self._seen.own(run) and run.altered and run.prompt in self._cited.prompts:
                for draw in run.draws:
                    if self._supports(self._claimed, run, draw).hit:
                        heard[draw.noise_of_prompt] = min(run.intent, heard[draw.noise_of_prompt])
        return sum(one.hit and heard[one.draw.noise_of_prompt] < one.run.intent for one in counted)

    def shared_noise(self) -> tuple[str, ...]:
        """Supporting prompts, more than one of which drew from the same noise."""
        shared = {
            run.title
            for series in self._support.series
            for seq in series.records
            if (run := self._seen.run(seq)).probe is not None and run.probe.shares_noise and run.probe.noisy
        }
        return tuple(sorted(shared)) if len(shared) > 1 else ()


def _but_the_first(draws: Iterable[Counted]) -> Iterator[Counted]:
    """Draws without the first to each prompt."""
    known = set[str]()
    for one in sorted(draws, key=lambda one: (one.draw.seq, one.draw.index)):
        if one.run.prompt in known:
            yield one
        known.add(one.run.prompt)


def _above(some: Collection[Counted], others: Collection[Counted]) -> bool:
    """Whether some draws show it more often than others, by an interval that excludes zero."""
    rate, against = rate_over(some), rate_over(others)
    return bool(rate.trials and against.trials) and newcombe(rate, against).low > 0
