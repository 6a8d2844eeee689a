"""How strong the evidence for a finding is: computed from the log, never typed in.

1. A cited sample record stands for its condition: every run of the log that asked the same counts, cited or not.
2. Draws of one noise that say the same are one observation.
3. A draw is a hit if a predicate of its condition holds on it, its record stands, and what it says did not stand in the
   question. A predicate that claims nothing has no hits.
4. A control differs in what is asked. A draw of it counts against the finding if its own predicate holds, or one of the
   support's, or if its record is doubted.
5. What others than the organism say is never pooled with it: in support it counts nothing, and as a control each of
   them stands by itself. The baseline may be asked the very prompts of the support.
6. What a locked hypothesis confirms are draws asked for after its record, with noise that none had before. Tests are
   over prompts, one question is counted wording by wording, and no prompt is natural that was not measured.
7. Effort, first hit and what was left uncited are looked for in the whole log, as far as the organism was asked.
"""

from __future__ import annotations

from typing import Final, Literal

from workbench.claims.finding import Finding
from workbench.claims.predicate import Match
from workbench.claims.rates import Rate, newcombe
from workbench.claims.weight import COUNTING, Counterpart, Share, Strength, above
from workbench.contract.rules import Elicitation
from workbench.contract.subject import BASELINE, ORGANISM
from workbench.evidence.cited_readings import CitedReadings
from workbench.evidence.citing import CitedEvidence
from workbench.evidence.locking import confirmed
from workbench.evidence.observations import Observations
from workbench.evidence.ordinary import naturalness
from workbench.evidence.over_prompts import fisher, same_prompts
from workbench.evidence.pool import Counted, contradicting, supporting
from workbench.evidence.rewording import retention
from workbench.evidence.surroundings import Surroundings
from workbench.evidence.telling import NOT_ASKED, SaidByBaseline, Telling
from workbench.log.entry import Records

UNFORCED: Final = frozenset({Elicitation.NATURAL, Elicitation.ASSISTED})
"""Classes in which an answer is the organism's own doing and may earn credit."""


def strength(finding: Finding, records: Records, *, until: int | None = None) -> Strength:
    """The strength of a finding on the first `until` records of a log, or on all of it.

    Raises Refusal `report.citation` if the finding cites what the log does not hold.
    """
    return assess(finding, Observations.of(records, until=until))


def assess(finding: Finding, observations: Observations, baseline: SaidByBaseline = NOT_ASKED) -> Strength:
    """The same on observations at hand, which a live view keeps as the log grows.

    `baseline`: what a judge's own baseline says of what is denied.
    """
    cited = CitedEvidence.of(finding, observations)
    telling = Telling(cited, observations, baseline)
    support = supporting(cited, telling, observations)
    control = contradicting(cited.control, cited, telling, observations)
    others = {on: contradicting(told, cited, telling, observations) for on, told in cited.others.items()}
    pools = (support, control, *others.values())
    unforced, everything, against = support.rate(UNFORCED), support.rate(), control.rate()
    classes = UNFORCED if unforced.trials else frozenset(Elicitation)
    counting = cited.supporting(classes, observations)
    around = Surroundings(finding, cited, counting, telling, support, observations)
    readings = CitedReadings(finding, cited, telling, support, observations)
    mix = tuple(
        Share(elicitation=elicitation, rate=rate)
        for elicitation in Elicitation
        if (rate := support.rate(frozenset({elicitation}))).trials
    )
    reproduction = unforced if unforced.trials else everything
    contrast = newcombe(reproduction, against) if reproduction.trials and against.trials else None
    counterparts = tuple(_counterpart(on, pool.rate(), reproduction, cited) for on, pool in others.items())
    base = next((one for one in counterparts if one.on == BASELINE), None)
    alike_drawn = cited.alike_drawn(ORGANISM) and (base is None or base.alike_drawn)
    apart = all(denial.sets_apart for denial in telling.denials if denial.tells and not denial.idle)
    mechanistic = readings.mechanistic()
    counted = support.of(classes)
    beside = control.draws or (pools[2].draws if others.keys() == {BASELINE} else ())
    locked = observations.looks.locked.get(finding.hypothesis)
    return Strength(
        version=COUNTING,
        basis="unforced" if unforced.trials else "forced" if everything.trials else "none",
        reproduction=reproduction if reproduction.trials else None,
        control=against if against.trials else None,
        contrast=contrast,
        confirmed=unforced.hits > 0,
        mix=mix,
        series=tuple(series for pool in pools for series in pool.series),
        repeats=sum(pool.repeats for pool in pools),
        effort=around.effort(),
        mechanistic=mechanistic,
        support=_kind_of_support(everything.hits > 0, bool(mechanistic)),
        prompts=support.prompts() if support.draws else None,
        elsewhere=telling.elsewhere(),
        claims=telling.claims,
        separates=above(contrast, base) and alike_drawn and apart,
        alike_drawn=alike_drawn,
        left=support.left,
        beside=around.beside(),
        like_controls=around.like_controls(),
        split=around.split(counted, control.draws),
        heard_before=around.heard_before(counted),
        shared_noise=around.shared_noise(),
        denials=telling.denials,
        failed=sum(pool.failed for pool in pools),
        counterparts=counterparts,
        foreign=cited.foreign,
        demands=observations.demands,
        confirmation=confirmed(locked, cited, counting, telling, observations, counted, beside) if locked else None,
        test=fisher(counted, control.draws),
        retention=retention(cited, telling, observations, classes),
        same_prompts=same_prompts(cited, telling, observations, support),
        naturalness=naturalness(around.prompts(), observations.demands),
        effects=readings.effects(),
        unlocked=finding.hypothesis if locked is None else "",
        unheard=sum(one.hit and not one.draw.whole for one in counted),
    )


def _counterpart(on: str, rate: Rate, reproduction: Rate, cited: CitedEvidence) -> Counterpart:
    contrast = newcombe(reproduction, rate) if reproduction.trials and rate.trials else None
    return Counterpart(on=on, rate=rate, contrast=contrast, alike_drawn=cited.alike_drawn(on))


def supporting_draws(
    finding: Finding, observations: Observations, baseline: SaidByBaseline = NOT_ASKED
) -> tuple[Counted, ...]:
    """Every different draw of the conditions that a finding cites in support."""
    cited = CitedEvidence.of(finding, observations)
    return supporting(cited, Telling(cited, observations, baseline), observations).draws


def telling(finding: Finding, observations: Observations, baseline: SaidByBaseline = NOT_ASKED) -> tuple[Match, ...]:
    """The predicates of a finding's support that claim something."""
    return Telling(CitedEvidence.of(finding, observations), observations, baseline).matches


def _kind_of_support(behavioural: bool, mechanistic: bool) -> Literal["none", "behavioural", "mechanistic", "both"]:
    if behavioural:
        return "both" if mechanistic else "behavioural"
    return "mechanistic" if mechanistic else "none"
