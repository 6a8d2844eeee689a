"""What stands around a finding in its log: what it took, what was asked in the same words, what read the inside."""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, Literal

from workbench.claims.finding import Finding, Role
from workbench.claims.inside import CitedEffect
from workbench.claims.predicate import Match, Predicates, standing, stands
from workbench.claims.rates import Rate, newcombe, wilson
from workbench.claims.weight import Beside, Effort
from workbench.contract.effect import Effect
from workbench.contract.probe import MovedToken
from workbench.contract.rules import Cost
from workbench.contract.subject import ORGANISM
from workbench.evidence.citing import CitedEvidence
from workbench.evidence.frames import Frames, Variants
from workbench.evidence.observations import Draw, Observations, Run, asked_of_any, words_of
from workbench.evidence.pool import Counted, Pool, different, rate_over, supports
from workbench.evidence.telling import Telling

MOST_BESIDE: Final = 60
"""Conditions listed beside a finding's own, at most."""

_TOLD: Final = 3
"""Letters of a word's beginning that tell it."""

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
        self._pools = dict[tuple[str, frozenset[str]], list[float]]()

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
        return Predicates(self._shown)

    @cached_property
    def _shown(self) -> list[Match]:
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
        return found

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

    def mechanistic(self) -> tuple[int, ...]:
        """Cited readings of the inside that count: on what the finding is about, with a control beside, and of changes
        of the inside those whose effect stands."""
        standing = {effect.record for effect in self.effects() if effect.stands}
        return tuple(
            sorted(run.seq for run in self._read() if (run.seq in standing if run.effects else run.controlled))
        )

    def effects(self) -> tuple[CitedEffect, ...]:
        """What cited changes of the inside did to what the finding says: of each record the strongest effect. Of many
        that are tried one would stand among a few random changes by chance, so that it is held against those of every
        change in that manner of which it could have been cited."""
        randoms = self._seen.demands.randoms
        found = []
        for run in sorted(self._read(), key=lambda run: run.seq):
            if run.effects:
                best = max(self._on_claim(run), key=lambda one: abs(one.size))
                sizes = self._sizes(run)
                found.append(
                    CitedEffect(
                        record=run.seq,
                        effect=best,
                        rank=best.rank_among(sizes),
                        among=len(sizes),
                        largest=sizes[-1] if sizes else 0.0,
                        stands=best.stands_among(randoms, sizes) and not run.random,
                    )
                )
        return tuple(found)

    def _sizes(self, run: Run) -> Sequence[float]:
        """What random changes did, the smallest first, wherever it was tried on the same, or for the same words:
        whatever place, strength, source, wording and seed each try names. Many that are cited are held against the
        same."""
        key = run.change, self._touched(run)
        if key not in self._pools:
            tried = {other.seq: other for about in key[1] for other in self._tried[run.change, about]}
            every = (random for other in tried.values() for one in other.effects for random in one.randoms)
            self._pools[key] = sorted(map(abs, every))
        return self._pools[key]

    @cached_property
    def _tried(self) -> Mapping[tuple[str, str], Sequence[Run]]:
        """Changes of the inside by their manner and each thing that they are on, or word that they are about."""
        found = defaultdict[tuple[str, str], list[Run]](list)
        for run in self._own:
            for key in self._touched(run) if run.effects else ():
                found[run.change, key].append(run)
        return found

    def _touched(self, run: Run) -> frozenset[str]:
        moved = {one for several in run.moved for one in several}
        begun = (self._beginnings.begun_by(one) for one in moved)
        return frozenset(standing(self._about, run.read)).union(*begun)

    @cached_property
    def _beginnings(self) -> _Beginnings:
        return _Beginnings((*self._words, *self._denied))

    @cached_property
    def _about(self) -> tuple[str, ...]:
        """What the finding is about: its scope, and its prompts."""
        return tuple(dict.fromkeys((*self._finding.scope, *(series.prompt for series in self._support.series))))

    @cached_property
    def _words(self) -> tuple[str, ...]:
        """What the finding says, in words that its support shows where it shows any: another one may stand there so
        that something else tells of it."""
        borne_out = dict.fromkeys(word for match in self._shown for word in match.any_of)
        return tuple(borne_out or dict.fromkeys(word for match in self._telling.matches for word in match.any_of))

    @cached_property
    def _denied(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(word for match in self._telling.matches for word in match.none_of))

    def _on_claim(self, run: Run) -> list[Effect]:
        """Those effects of a change of the inside that are about what the finding says: of one that chose by itself
        what it is about, in the words that are claimed, and nowhere in what it was given."""
        given = " ".join(prompt.words for prompt in run.probe.prompts()) if run.probe is not None else ""
        words = (*self._words, *self._denied)
        known = frozenset(standing(words, given))
        return [
            effect
            for effect, moved in zip(run.effects, run.moved, strict=True)
            if not words or any(self._beginnings.begun_by(one) - known for one in moved)
        ]

    def _read(self) -> list[Run]:
        """Cited readings of the inside that are on what the finding is about and stand: each once. Of its prompts, or
        of others that name what it is about, where they look for what it says or find it: what else is read of the
        same subject says nothing of the claim."""
        words = tuple(word for match in self._telling.matches for word in (*match.any_of, *match.none_of))
        wordings = {self._seen.alike(condition)[0].wording for condition in self._cited.support}

        def on_claim(run: Run) -> bool:
            if run.effects:
                return bool(self._on_claim(run))
            if words and run.followed:
                return any(self._beginnings.begun_by(MovedToken(text, text)) for text in run.followed)
            told = any(standing(words, text) for text in run.looked_for)
            return told or not words or run.wording in wordings

        return list(
            {
                run.seq: run
                for citation, run in self._cited.runs
                if citation.role is Role.SUPPORT and run.on == ORGANISM and run.inside
                if run.seq not in self._seen.doubted
                if standing(self._about, run.read) and on_claim(run)
            }.values()
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


class _Beginnings:
    """Which of some words tokens begin to say."""

    def __init__(self, words: Iterable[str]) -> None:
        told = ((" ".join(words_of(word)), word) for word in dict.fromkeys(words))
        self._said = sorted(one for one in told if one[0])
        self._whole = defaultdict[str, set[str]](set)
        for said, word in self._said:
            self._whole[said].add(word)

    def begun_by(self, moved: MovedToken) -> frozenset[str]:
        """Those that a token begins to say: it begins a text that says one first, or three letters of it."""
        if not (piece := moved.piece.strip()) or not moved.text.strip().startswith(piece):
            return frozenset()
        several = words_of(moved.text)
        text = " ".join(several)
        found = {word for end in range(len(several)) for word in self._whole.get(" ".join(several[: end + 1]), ())}
        if len(text) >= _TOLD:
            begin, end = (bisect_left(self._said, (one,)) for one in (text, text + chr(sys.maxunicode)))
            found.update(word for _, word in self._said[begin:end])
        return frozenset(found)


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
