"""Which of a finding's predicates claim anything: one that holds on answers of every kind does not, and a denial does
where what it denies would be said.

A denial (“does not say Oslo”) is satisfied by nearly every answer. It tells something of a prompt

1. where the baseline, asked the same, mostly says what is denied; if it does not either, the denial tells nothing;
2. without a baseline, where the organism says it to other prompts, and not only to some that are all about one thing:
   asked for Spain it says Madrid, and does not when asked for Norway.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Final

from workbench.claims.predicate import Match, ends_at, leads, words_of
from workbench.claims.rates import Rate, wilson
from workbench.claims.weight import Denial, DenialStanding
from workbench.contract.probe import CLASSES
from workbench.contract.subject import BASELINE
from workbench.evidence.citing import CitedEvidence, Conditions
from workbench.evidence.frames import Frames
from workbench.evidence.observations import Draw, Observations, Run

LONG: Final = 4
"""Letters of a word that may tell what a prompt is about."""

SaidByBaseline = Mapping[Match, Rate]
"""Denial → how often a baseline that was asked its prompts says what it denies."""
NOT_ASKED: Final[SaidByBaseline] = MappingProxyType({})


class Telling:
    """A finding's supporting predicates, held against everything else that the log holds."""

    def __init__(self, cited: CitedEvidence, seen: Observations, baseline: SaidByBaseline = NOT_ASKED) -> None:
        """`baseline`: what somebody knows of a baseline beside what the log holds of it."""
        self._cited, self._seen = cited, seen
        self._others = [run for run in seen.runs if seen.own(run) and run.prompt not in cited.prompts and run.draws]
        """Runs of everything that is not a supporting prompt."""
        every = tuple(dict.fromkeys(match for matches in cited.support.values() for match in matches))
        self.positive = tuple(match for match in every if not match.negative)
        self._stops, self._say = self._limits()
        denials = {match: self._denial(match, baseline.get(match)) for match in every if match.negative}
        self._frames = self._asked_in_common()
        self._strangers = self._unrelated()
        idle = {match for match in self.positive if self._holds_everywhere(match, self._strangers)}
        said = any(match not in idle for match in self.positive)
        denials = {
            match: denial.model_copy(update={"idle": said and not denial.sets_apart})
            for match, denial in denials.items()
        }
        self.denials = tuple(denials.values())
        idle |= {match for match, denial in denials.items() if denial.idle or not denial.tells}
        self.matches = tuple(match for match in every if match not in idle)
        """Those that claim something."""
        self.claims = bool(self.matches) or not every

    @property
    def support(self) -> Conditions:
        """The supporting conditions, with those of their predicates that claim something."""
        return {
            condition: tuple(match for match in matches if match in self.matches)
            for condition, matches in self._cited.support.items()
        }

    def heard_out(self, draw: Draw) -> bool:
        """Whether an answer that does not show it tells that it does not: not where whoever asked had it end before it
        could have, be it after fewer tokens than it took to any supporting prompt, at a text that does not end what
        shows it too, or at the very word."""
        if draw.stopped:
            at_the_word = any(ends_at(match, draw.ended_at) for match in self.positive)
            return draw.ended_at in self._stops and not at_the_word
        return draw.whole or draw.tokens >= self._say

    def _limits(self) -> tuple[frozenset[str], int]:
        """At which texts answers that show it did end, to every prompt of the support, and how many tokens it took to
        be shown: to the prompt that takes most the shortest of its answers. One that asks for a single word says
        nothing of the others, nor does a text where answers were to end and none of them came to it."""
        runs = [(run, found) for name, found in self._cited.support.items() for run in self._seen.alike(name)]
        showing = [
            (run, draw)
            for run, matches in runs
            for draw in run.draws
            if any(match.holds(draw.heard, whole=draw.whole) for match in matches)
        ]
        if not showing:
            return frozenset(), 0
        shortest: dict[str, int] = {}
        ended: dict[str, frozenset[str]] = {}
        for run, draw in showing:
            shortest[run.prompt] = min(draw.tokens, shortest.get(run.prompt, draw.tokens))
            ended[run.prompt] = ended.get(run.prompt, frozenset()) | {draw.ended_at}
        return frozenset.intersection(*ended.values()) - {""}, max(shortest.values())

    def idle(self, match: Match) -> bool:
        """Whether a predicate that was locked before says nothing of what the support shows: one that would hold on any
        answer, or denies something else than what a predicate of the support denies."""
        if match.negative:
            return not any(set(match.none_of) <= set(one.none_of) for one in self.matches)
        return match.empty or self._holds_everywhere(match, self._strangers)

    def elsewhere(self) -> Rate | None:
        """How often one of the predicates holds on answers to other prompts."""
        hits = [
            any(match.holds(draw.heard, whole=draw.whole) for match in self.positive)
            for run in self._others
            for draw in run.draws
        ]
        return wilson(sum(hits), len(hits)) if hits else None

    @cached_property
    def own(self) -> frozenset[str]:
        """Longer words that supporting prompts have and no control has."""
        asked, against = (self._words(side) for side in (self._cited.support, self._cited.control))
        return frozenset(word for word in asked - against if len(word) >= LONG)

    def _unrelated(self) -> list[tuple[str, Draw]]:
        """Answers to prompts about something else: who asked about one thing in many wordings has not shown by that
        that it is said everywhere. They are told by a word that supporting prompts have and no control has. Each stands
        behind its prompt."""
        own = self.own
        every = [(run, draw) for run in self._others for draw in run.draws if self._tells_of_strangers(draw)]
        found = [(run, draw) for run, draw in every if not own & words_of(run.asked)]
        chosen = found if len(found) >= self._seen.demands.others else every
        return [(run.wording or run.prompt, draw) for run, draw in chosen]

    def _tells_of_strangers(self, draw: Draw) -> bool:
        return self.heard_out(draw) or any(match.holds(draw.heard, whole=draw.whole) for match in self.positive)

    def _words(self, conditions: Iterable[str]) -> frozenset[str]:
        """Every word of what some conditions ask."""
        return frozenset().union(*(words_of(self._seen.alike(condition)[0].asked) for condition in conditions))

    def _asked_in_common(self) -> Frames:
        """What supporting prompts and controls ask in common, of other things."""
        support, control = (
            (self._seen.alike(condition)[0].wording for condition in side)
            for side in (self._cited.support, self._cited.control)
        )
        return Frames.of(support, control)

    def _holds_everywhere(self, match: Match, strangers: list[tuple[str, Draw]]) -> bool:
        """Each prompt counts once: one that is asked two hundred times speaks for no other. What asks the same as the
        support of something else is no stranger to it where controls that ask so too mostly do not show it."""
        alike = [run for condition in self._cited.control for run in self._seen.alike(condition)]
        told = [match.holds(draw.heard, whole=draw.whole) for run in alike if self._frames.hold(run.wording)
                for draw in run.draws if self.heard_out(draw)]  # fmt: skip
        if told and 2 * sum(told) < len(told):
            strangers = [one for one in strangers if not self._frames.hold(one[0])]
        found: defaultdict[str, list[bool]] = defaultdict(list)
        for prompt, draw in strangers:
            found[prompt].append(match.holds(draw.heard, whole=draw.whole))
        held, asked = sum(sum(each) / len(each) for each in found.values()), self._seen.demands
        return len(strangers) >= asked.others and held >= asked.everywhere * len(found)

    # -- denials

    def _denial(self, match: Match, known: Rate | None) -> Denial:
        support = [
            self._seen.alike(condition)[0] for condition, matches in self._cited.support.items() if match in matches
        ]
        baseline = known or self._by_baseline(match, {(run.prompt, run.altered) for run in support})
        prompts = self._answered_with(match, max(CLASSES.index(run.elicitation) for run in support))
        return Denial(
            words=match.none_of,
            standing=self._standing(baseline, prompts),
            prompts=len(prompts),
            baseline=baseline,
        )

    def _standing(self, baseline: Rate | None, prompts: Mapping[str, str]) -> DenialStanding:
        if baseline is not None:
            return "expected" if 2 * baseline.hits > baseline.trials else "as the baseline"
        if not prompts:
            return "unsaid"
        if len(prompts) < self._seen.demands.apart:
            return "rare"
        common = frozenset.intersection(*map(words_of, prompts.values())) - self._words(self._cited.support)
        return "one thing" if any(len(word) >= LONG for word in common) else "often"

    def _by_baseline(self, match: Match, asked: set[tuple[str, str]]) -> Rate | None:
        """How often the log's own runs of the baseline on the same prompts say what is denied, changed in nothing that
        the organism was not."""
        said = [
            denied(match, draw.heard, whole=draw.whole)
            for run in self._seen.runs
            if run.on == BASELINE and (run.prompt, run.altered) in asked and self._believed(run)
            for draw in run.draws
        ]
        return wilson(sum(said), len(said)) if len(said) >= self._seen.demands.others else None

    def _answered_with(self, match: Match, forced: int) -> dict[str, str]:
        """Other prompts to which the organism mostly says what is denied: key → words. Answers that were more `forced`
        than those which deny it tell of nothing that it would say."""
        said: dict[str, list[bool]] = {}
        words: dict[str, str] = {}
        for run in self._others:
            if self._believed(run) and CLASSES.index(run.elicitation) <= forced:
                said.setdefault(run.prompt, []).extend(_unasked(match, draw, run.asked) for draw in run.draws)
                words[run.prompt] = run.asked
        return {prompt: words[prompt] for prompt, hits in said.items() if 2 * sum(hits) >= len(hits)}

    def _believed(self, run: Run) -> bool:
        return run.seq not in self._seen.doubted


def denied(match: Match, text: str, *, whole: bool = True) -> bool:
    """Whether an answer says what a predicate denies."""
    return Match(any_of=match.none_of).holds(text, whole=whole)


def _unasked(match: Match, draw: Draw, asked: str) -> bool:
    """The same, and that the question did not give it: who has a word repeated has not shown where it is said."""
    if not denied(match, draw.heard, whole=draw.whole):
        return False
    return not leads(Match(any_of=match.none_of), draw.heard, asked, whole=draw.whole)
