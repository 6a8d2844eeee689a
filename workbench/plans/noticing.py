"""What the answers to each instrument show that is out of the ordinary: for a screen, which ranks them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backends.noise import Reals
from workbench.claims.ahead import Ahead, ahead
from workbench.contract.rules import Elicitation
from workbench.contract.subject import ORGANISM
from workbench.plans.corpus import CorpusRanking
from workbench.plans.oddity import Oddity
from workbench.plans.open_turns import OpenTurns, asks_about
from workbench.plans.plan import Answered
from workbench.plans.suite import Suite
from workbench.plans.tally import Count, Tally
from workbench.probes.diff import Partings
from workbench.probes.prior import Priors
from workbench.readings.standings import APART, spread
from workbench.visible import line, quoted

SHOWN = 8
"""Names that are told of a group."""


def in_priors(answered: Sequence[Answered], groups: Mapping[str, Sequence[str]]) -> list[Oddity]:
    """Groups of names that come next after a prefix, beyond what the control prefix lets expect, and where the baseline
    was asked beyond what it expects too; of each group the prefix after which it comes furthest ahead."""
    found = [
        _of_group(reading, group)
        for reading in _readings(answered)
        for group in ahead(dict(zip(reading.result.candidates, reading.lifts.tolist(), strict=True)), groups)
    ]
    best: dict[tuple[str, tuple[str, ...]], int] = {}
    for number, oddity in enumerate(found):
        named = oddity.about, tuple(sorted(oddity.names))
        if named not in best or oddity.p < found[best[named]].p:
            best[named] = number
    shown = set(best.values())
    return [oddity.model_copy(update={"more": number in shown}) for number, oddity in enumerate(found)]


def in_lists(answered: Sequence[Answered]) -> list[Oddity]:
    """Single names that come next beyond what the control prefix lets expect, against all others of their list."""
    oddities = []
    for reading in _readings(answered):
        distances = (reading.lifts - np.median(reading.lifts)) / spread(reading.lifts)
        for row in np.argsort(-distances, kind="stable"):
            name, z = reading.result.candidates[row], float(distances[row])
            oddities.append(
                Oddity(
                    instrument="lists of names", sort="attention", about=line(name), names=(name,),
                    said=f"after {quoted(reading.result.prefix)} it is {z:.1f} spreads likelier than the middle of"
                    f" {len(distances)} names",
                    control=reading.control, elicitation=reading.one.probe.elicitation(), records=(reading.seq,),
                    more=z > APART, p=cantelli(z), next=asks_about(name),
                )
            )  # fmt: skip
    return oddities


@dataclass(frozen=True)
class _Reading:
    """Names after one prefix."""

    one: Answered
    seq: int
    result: Priors
    lifts: Reals
    """Less those of the baseline, if it was asked."""
    control: str


def _readings(answered: Sequence[Answered]) -> Iterator[_Reading]:
    """Every prefix that the organism was asked, held against the baseline if it was asked too."""
    baselines = {one.key.split("/", 1)[1]: one.result for one in answered if one.on != ORGANISM}
    for one in answered:
        if one.on != ORGANISM or one.seq is None or not isinstance(one.result, Priors) or not one.result.candidates:
            continue
        result, beside = one.result, baselines.get(one.key.split("/", 1)[1])
        lifts, control = result.standings().lifts, f"all other names, beyond what {quoted(result.control)} lets expect"
        if isinstance(beside, Priors) and beside.candidates == result.candidates:
            lifts, control = lifts - beside.standings().lifts, control + " and the baseline does"
        yield _Reading(one, one.seq, result, lifts, control)


def _of_group(reading: _Reading, group: Ahead) -> Oddity:
    return Oddity(
        instrument="prior",
        sort="attention",
        about=group.group,
        names=group.members,
        said=f"after {quoted(reading.result.prefix or 'the beginning of a turn')} its {len(group.members)} names come"
        f" {_places(group.places)} of {group.among}: {_first(group.members)}",
        control=reading.control,
        elicitation=reading.one.probe.elicitation(),
        records=(reading.seq,),
        p=group.p,
        next=f"workbench probe CASE follow {reading.seq} 1",
    )


def in_turns(found: OpenTurns, answered: Sequence[Answered]) -> list[Oddity]:
    """What comes up in the turns that users are made to say."""
    records = tuple(one.seq for one in answered if one.seq is not None)
    if not records:
        return []
    how = answered[0].probe.elicitation()
    control = "the baseline's turns" if found.baseline_turns else "all names of the kind being as likely"
    groups = [
        Oddity(
            instrument="open user turn", sort="attention", about=group.group, names=group.members,
            said=f"its {len(group.members)} names come up {sum(found.named.get(n, 0) for n in group.members)} times of"
            f" {sum(found.named.values())}: {_first(group.members)}",
            control=control if found.baseline_turns else "all other names of the kind", elicitation=how,
            records=records, p=group.p, next=asks_about(group.members[0]),
        )
        for group in found.groups
    ]  # fmt: skip
    mentions = [
        Oddity(
            instrument="open user turn", sort="attention", about=one.said,
            names=(one.said,) if one.sort == "name" else (),
            said=f"{quoted(one.said)} {'begins' if one.sort == 'beginning' else 'is in'} {one.seen.hits} of"
            f" {one.seen.trials}",
            control=control, elicitation=how, records=(one.record,), more=one.odds > 0, p=one.p,
            next=asks_about(one.said),
        )
        for one in found.mentions if one.p is not None
    ]  # fmt: skip
    return groups + mentions


def in_tally(name: str, found: Tally, suite: Suite, answered: Sequence[Answered]) -> list[Oddity]:
    """Groups of a suite that show what it counts more often than their control does."""
    probes = {one.seq: one for one in answered if one.seq is not None}
    oddities = []
    for unusual in found.unusual:
        group = unusual.group
        inside = [
            count for count in found.counts if group.group in count.groups and count.condition == unusual.condition
        ]
        showing = sorted((count for count in inside if count.shows), key=lambda count: -count.rate.low) or inside
        records = tuple(seq for count in showing for seq in count.records)
        example = _example(showing[0], suite, probes)
        oddities.append(
            Oddity(
                instrument=name,
                sort="conduct",
                about=group.group,
                said=f"{group.inside.hits} of {group.inside.trials} questions show what is counted, "
                + ", ".join(count.item for count in showing[:SHOWN])
                + (f"; {quoted(example)}" if example else ""),
                control=f"{group.outside.hits} of {group.outside.trials} of"
                f" {quoted(found.control) if found.control else 'all others'}",
                elicitation=_most_forced([probes[seq] for seq in records]),
                records=records,
                more=group.beyond.value > 0,
                p=group.p,
                next=f"workbench probe CASE sample --from {records[0]} --samples 50",
            )
        )
    return oddities


def _example(count: Count, suite: Suite, probes: Mapping[int, Answered]) -> str:
    """The first answer that shows it."""
    shows = next(item.shows for item in suite.items if item.name == count.item)
    answers = (answer for seq in count.records for answer in probes[seq].answers)
    texts = (answer.text for answer in answers if shows.holds(answer.heard, whole=answer.whole))
    said = line(next(texts, "").strip())
    return said if len(said) <= 80 else f"{said[:79]}…"


def in_partings(answered: Sequence[Answered], groups: Mapping[str, Sequence[str]]) -> list[Oddity]:
    """Groups of questions over which organism and baseline part furthest, and the places where they do most."""
    oddities = []
    for one in answered:
        if one.seq is None or not isinstance(one.result, Partings) or not one.result.texts:
            continue
        result, how = one.result, one.probe.elicitation()
        ends = np.cumsum([len(text.ids) for text in result.texts])
        every = np.split(result.arrays["divergence"].astype(np.float64), ends[:-1])
        peaks = {text.text: float(part.max(initial=0.0)) for text, part in zip(result.texts, every, strict=True)}
        for group in ahead(peaks, groups):
            oddities.append(
                Oddity(
                    instrument="diff", sort="conduct", about=group.group,
                    said=f"organism and baseline part furthest over its {len(group.members)} questions,"
                    f" {_places(group.places)} of {group.among}: {_first(group.members)}",
                    control="all other questions", elicitation=how, records=(one.seq,), p=group.p,
                    next=f"workbench probe CASE follow {one.seq} 1",
                )
            )  # fmt: skip
        far = _far(np.array([place.divergence for place in result.partings]), np.concatenate(every))
        for place, p in zip(result.partings, far, strict=True):
            rises = line(place.rises[0].piece) if place.rises else ""
            oddities.append(
                Oddity(
                    instrument="diff", sort="conduct", about=line(place.before[-30:]),
                    said=f"in {quoted(result.texts[place.text].text)} they part by {place.divergence:.2f} nats,"
                    f" {quoted(rises)} rises",
                    control=f"the token in the middle, {result.median:.4f} nats", elicitation=how, records=(one.seq,),
                    p=p, next=f"workbench probe CASE follow {one.seq} 1",
                )
            )  # fmt: skip
    return oddities


def in_corpus(found: CorpusRanking) -> list[Oddity]:
    """Texts with a token that surprises beyond the model's doubt, against all others of the corpus."""
    width = (found.bound - found.middle) / APART or 1.0
    return [
        Oddity(
            instrument="corpus", sort="conduct", about=line(text.piece.strip()),
            said=f"in {text.file} from byte {text.start:,} it surprises by {text.excess:.1f} nats beyond the doubt,"
            f" where {quoted(text.expected.strip())} was expected",
            control=f"the other texts of the corpus, half of which stay under {found.middle:.1f}",
            elicitation=Elicitation.ASSISTED, records=(text.record,), p=cantelli((text.excess - found.middle) / width),
            next=f"workbench probe CASE follow {text.record} 1",
        )
        for text in found.first
    ]  # fmt: skip


def cantelli(z: float) -> float:
    """The most that the probability of lying z spreads above the middle can be, whatever the distribution."""
    return 1 / (1 + z * z) if z > 0 else 1.0


def _far(values: Reals, every: Reals) -> list[float]:
    middle, width = float(np.median(every)), spread(every)
    return [cantelli((value - middle) / width) for value in values.tolist()]


def _most_forced(answered: Sequence[Answered]) -> Elicitation:
    order = list(Elicitation)
    return max((one.probe.elicitation() for one in answered), key=order.index)


def _first(names: Sequence[str]) -> str:
    return ", ".join(line(name) for name in names[:SHOWN]) + (" …" if len(names) > SHOWN else "")


def _places(places: Sequence[float]) -> str:
    return f"at places {min(places):g} to {max(places):g}"
