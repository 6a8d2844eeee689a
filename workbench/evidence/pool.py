"""Everything a log holds for the conditions that a finding cites, counted: each different draw once.

Runs that were not cited count too, or asking again until it shows and citing that would raise a rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from workbench.claims.finding import Role
from workbench.claims.predicate import Match, leads
from workbench.claims.rates import Rate, wilson
from workbench.claims.weight import Left, Series
from workbench.contract.rules import Elicitation
from workbench.evidence.citing import CitedEvidence, Conditions
from workbench.evidence.observations import Draw, Observations, Run, observed
from workbench.evidence.telling import Telling


@dataclass(frozen=True)
class Counted:
    """A draw that counts, the run it came from, and whether it shows what the finding says."""

    run: Run
    draw: Draw
    hit: bool
    why_not: Literal["", "cut", "led", "echoed", "doubted"] = ""
    """Why it cannot be a hit, whatever it says: it is a trial all the same."""

    @property
    def missed(self) -> Counted:
        """The same as a miss."""
        return replace(self, hit=False)


@dataclass(frozen=True)
class Pool:
    """Everything the log holds for the conditions that a finding cites in one role."""

    series: tuple[Series, ...]
    draws: tuple[Counted, ...]
    repeats: int

    def rate(self, classes: frozenset[Elicitation] = frozenset(Elicitation)) -> Rate:
        rates = [series.rate for series in self.series if series.elicitation in classes]
        return wilson(sum(rate.hits for rate in rates), sum(rate.trials for rate in rates))

    def prompts(self) -> Rate:
        """Over prompts: those more than half of whose draws are hits."""
        return rate_of(shown_by_prompt(self.draws))

    def of(self, classes: frozenset[Elicitation]) -> tuple[Counted, ...]:
        """Its draws of some classes."""
        return tuple(counted for counted in self.draws if counted.run.elicitation in classes)

    def borne_out(self, matches: Iterable[Match]) -> list[Match]:
        """What predicates say, with those of their words alone that its hits show: another one may stand in a predicate
        so that something early on says it."""
        matches = tuple(matches)
        every = tuple({word for match in matches for word in match.any_of})
        heard = {
            word
            for one in self.draws
            if one.hit
            for word in Match(any_of=every).said(one.draw.heard, whole=one.draw.whole)
        }
        found = []
        for match in matches:
            words = tuple(word for word in match.any_of if word in heard)
            found += [match.model_copy(update={"any_of": words})] if words else []
        return found

    @property
    def left(self) -> Left:
        reasons = [counted.why_not for counted in self.draws]
        return Left(
            cut=reasons.count("cut"),
            led=reasons.count("led"),
            echoed=reasons.count("echoed"),
            doubted=reasons.count("doubted"),
        )

    @property
    def failed(self) -> int:
        """How many of its draws were given by probes that failed after that."""
        return sum(counted.run.status == "failed" for counted in self.draws)


def shown_by_prompt(draws: Iterable[Counted]) -> dict[str, bool]:
    """Whether more than half of a prompt's draws are hits, prompt by prompt; one that only ends with another sign is
    the same."""
    by_prompt: dict[str, list[bool]] = {}
    for counted in draws:
        by_prompt.setdefault(counted.run.wording or counted.run.prompt, []).append(counted.hit)
    return {prompt: 2 * sum(hits) > len(hits) for prompt, hits in by_prompt.items()}


def rate_over(draws: Iterable[Counted]) -> Rate:
    """How many draws are hits."""
    hits = [counted.hit for counted in draws]
    return wilson(sum(hits), len(hits))


def rate_of(shown: Mapping[str, bool]) -> Rate:
    """How many show it."""
    return wilson(sum(shown.values()), len(shown))


def supporting(cited: CitedEvidence, telling: Telling, seen: Observations) -> Pool:
    """The draws of the supporting conditions."""
    return _pool(
        Role.SUPPORT, telling.support, cited, seen, lambda run, draw, matches: supports(run, draw, matches, seen)
    )


def contradicting(controls: Conditions, cited: CitedEvidence, telling: Telling, seen: Observations) -> Pool:
    """The draws of a subject's controls. One that was cut off before it could have said it tells nothing."""

    def count(run: Run, draw: Draw, matches: Sequence[Match]) -> Counted | None:
        shown = any(match.holds(draw.text) for match in (*matches, *telling.positive))
        if not shown and not telling.heard_out(draw):
            return None
        return Counted(run, draw, hit=shown or run.seq in seen.doubted)

    return _pool(Role.CONTROL, controls, cited, seen, count)


def supports(run: Run, draw: Draw, matches: Sequence[Match], seen: Observations) -> Counted:
    """Whether a draw shows what some predicates ask for."""
    if run.seq in seen.doubted:
        # A trial without a hit: leaving it out would reward who spoils the records that do not fit.
        return Counted(run, draw, hit=False, why_not="doubted")
    holding = [match for match in matches if match.holds(draw.heard, whole=draw.whole)]
    if any(not leads(match, draw.heard, run.asked, whole=draw.whole) for match in holding):
        return Counted(run, draw, hit=True)
    if holding:
        asked = all(leads(match, draw.heard, run.given, whole=draw.whole) for match in holding)
        return Counted(run, draw, hit=False, why_not="led" if asked else "echoed")
    cut = not draw.whole and any(match.holds(draw.text) for match in matches)
    return Counted(run, draw, hit=False, why_not="cut" if cut else "")


def different(every: Sequence[Counted]) -> tuple[Counted, ...]:
    """Each observation once."""
    told = {(counted.draw.seq, counted.draw.index): counted for counted in every}
    return tuple(told[draw.seq, draw.index] for draw in observed(counted.draw for counted in every))


def _pool(
    role: Role,
    conditions: Conditions,
    cited: CitedEvidence,
    seen: Observations,
    count: Callable[[Run, Draw, Sequence[Match]], Counted | None],
) -> Pool:
    """All runs of some conditions; what `count` leaves out is none of them."""
    every = [
        counted
        for condition, matches in conditions.items()
        for run in seen.alike(condition)
        for draw in run.draws
        if (counted := count(run, draw, matches)) is not None
    ]
    kept, chosen = different(every), cited.cited(role)
    series = []
    for condition in conditions:
        runs = seen.alike(condition)
        hits = [counted.hit for counted in kept if counted.run.condition == condition]
        series.append(
            Series(
                role=role,
                elicitation=runs[0].elicitation,
                prompt=runs[0].title,
                records=tuple(run.seq for run in runs),
                cited=tuple(run.seq for run in runs if run.seq in chosen),
                rate=wilson(sum(hits), len(hits)),
                on=runs[0].on,
            )
        )
    return Pool(tuple(series), kept, len(every) - len(kept))
