"""What stands around a finding in its log: what it took, what was asked in the same words, what read the inside."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import Final, Literal

from workbench.claims.finding import Finding, Role
from workbench.claims.inside import CitedEffect
from workbench.claims.predicate import Match, Predicates, stands
from workbench.claims.rates import wilson
from workbench.claims.weight import Beside, Effort
from workbench.contract.rules import Cost
from workbench.contract.subject import ORGANISM
from workbench.evidence.citing import CitedEvidence
from workbench.evidence.frames import Frames
from workbench.evidence.observations import Draw, Observations, Run, asked_of_any
from workbench.evidence.pool import Counted, Pool, different, supports
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
        """What the predicates say, with those of their words alone that the support shows: another one may stand in a
        predicate so that something early on says it."""
        shown = [one.draw for one in self._support.draws if one.hit]
        found = []
        every = tuple({word for match in self._telling.matches for word in match.any_of})
        heard = {word for draw in shown for word in Match(any_of=every).said(draw.heard, whole=draw.whole)}
        for match in self._telling.matches:
            said = heard.intersection(match.any_of)
            words = tuple(word for word in match.any_of if word in said)
            found += [match.model_copy(update={"any_of": words})] if words else []
        return Predicates(found)

    @cached_property
    def _subjects(self) -> tuple[str, ...]:
        """What a finding is about, in words of its prompts: its scope, or where no supporting prompt names that, what
        tells those from its controls. Who leaves a scope empty has not said that nothing else was asked."""
        prompts = [self._seen.alike(condition)[0].asked for condition in self._cited.support]
        named = any(stands(term, prompt) for term in self._finding.scope for prompt in prompts)
        return (*self._finding.scope, *(() if named else sorted(self._telling.own)))

    def _frames(self) -> Frames:
        """What supporting prompts and controls ask in common, or several of the former: of a hundred that ask so, those
        that show it by chance are no evidence, with some beside that do not or none. Whoever named its subjects before
        asking has not chosen so."""
        support, control = (
            [self._seen.alike(one)[0] for one in side] for side in (self._cited.support, self._cited.control)
        )
        against = [run.wording for run in control]
        asked = [run.wording for run in support]
        locked = self._seen.looks.locked.get(self._finding.hypothesis)
        if locked is None:
            return Frames.of(asked, [*against, *asked])
        frames = Frames.of(asked, against)
        named = locked.told_apart([run.asked for run in control if frames.hold(run.wording)])
        # What is drawn again as it was drawn before is no new observation of it.
        since = {one.run.condition for one in self._support.draws if locked.after(one.run.intent)}
        chosen = [
            run.wording
            for run in support
            if not any(stands(term, run.asked) for term in named) or run.condition not in since
        ]
        return Frames.of(chosen, [*against, *chosen])

    def beside(self) -> tuple[Beside, ...]:
        """Conditions that ask a supporting prompt under other settings, name what the finding is about, or ask of
        something else what supporting prompts ask: a control too that asks of a subject of its scope what the support
        asks of others. What was forced otherwise than any of them, after all of them, chose nothing."""
        scope = self._finding.scope
        alike = {asked_of_any(scope, self._seen.alike(one)[0].asked) for one in self._cited.support}
        frames = self._frames()
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
                run.condition not in self._cited.control and frames.hold(run.wording)
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

    def mechanistic(self) -> tuple[int, ...]:
        """Cited readings of the inside that count: on what the finding is about, with a control beside, and of changes
        of the inside those whose effect stands."""
        standing = {effect.record for effect in self.effects() if effect.stands}
        return tuple(
            sorted(run.seq for run in self._read() if (run.seq in standing if run.effects else run.controlled))
        )

    def effects(self) -> tuple[CitedEffect, ...]:
        """What cited changes of the inside did: of each record its strongest effect. Of many places one would stand
        among a few random changes by chance, so that it is held against those at every place that was looked at, and
        against those of every record that asked the same under another seed."""
        randoms = self._seen.demands.randoms
        found = []
        for run in sorted(self._read(), key=lambda run: run.seq):
            if run.effects:
                best = max(run.effects, key=lambda one: abs(one.size))
                best = best.model_copy(update={"randoms": self._randoms(run)})
                stands = best.stands_among(randoms) and not run.random
                found.append(CitedEffect(record=run.seq, effect=best, rank=best.rank, stands=stands))
        return tuple(found)

    def _randoms(self, run: Run) -> tuple[float, ...]:
        alike = (other for other in self._own if other.change == run.change)
        return tuple(random for other in alike for effect in other.effects for random in effect.randoms)

    def _read(self) -> list[Run]:
        """Cited readings of the inside that are on what the finding is about and stand: each once. Of its prompts, or
        of others that name what it is about, where they look for what it says or find it: what else is read of the
        same subject says nothing of the claim."""
        about = (*self._finding.scope, *(series.prompt for series in self._support.series))
        words = [word for match in self._telling.matches for word in (*match.any_of, *match.none_of)]

        wordings = {self._seen.alike(condition)[0].wording for condition in self._cited.support}

        def on_claim(run: Run) -> bool:
            told = any(stands(word, text) for word in words for text in run.looked_for)
            return told or not words or run.wording in wordings

        return list(
            {
                run.seq: run
                for citation, run in self._cited.runs
                if citation.role is Role.SUPPORT and run.on == ORGANISM and run.inside
                if run.seq not in self._seen.doubted
                if any(stands(term, run.asked) for term in about) and on_claim(run)
            }.values()
        )

    def prompts(self) -> tuple[tuple[str, str], ...]:
        """The supporting prompts: what each is called, and what it says without how its answer was made to begin."""
        runs = (self._seen.alike(condition)[0] for condition in self._cited.support)
        return tuple({run.prompt: (run.title, run.given) for run in runs}.values())

    def shared_noise(self) -> tuple[str, ...]:
        """Supporting prompts, more than one of which drew from the same noise."""
        shared = {
            run.title
            for series in self._support.series
            for seq in series.records
            if (run := self._seen.run(seq)).probe is not None and run.probe.shares_noise and run.probe.noisy
        }
        return tuple(sorted(shared)) if len(shared) > 1 else ()
