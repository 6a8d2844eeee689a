"""An analysed sweep as neutral figures: what table, page and command line draw of it alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from workbench.claims.means import Mean, MeanDifference
from workbench.claims.rates import Rate, wilson
from workbench.contract.figures import Axis, Column, Curve, Curves, Heat, Rows, Value, percent, signed
from workbench.sweeps.analysis import SweepAnalysis
from workbench.sweeps.arms import SweepArm
from workbench.sweeps.attackers import AttackerScore
from workbench.sweeps.contrasts import Contrasted, SweepContrast
from workbench.sweeps.partitions import GroupDrop, OrganismPart
from workbench.teams.drawings import SHARE, TeamSection, interval
from workbench.visible import enumerated

CONCLUDED: Final[dict[Contrasted, str]] = {
    "more": "more is found with it",
    "less": "less is found with it",
    "underpowered": "underpowered",
    "no difference seen": "no difference seen",
}
_UNREAD: Final = float("nan")


def sections(found: SweepAnalysis) -> tuple[TeamSection, ...]:
    """Everything that a sweep shows, in the order in which it is read."""
    first = found.restrictions[0]
    affordances = [one for one in found.contrasts if one.of == "restriction"]
    auditors = [one for one in found.contrasts if one.of == "auditor"]
    told = [
        TeamSection("arms", "What auditors found", _arms_said(found), (arms_table(found),), _grids(found)),
        TeamSection("affordances", "What an affordance is worth", _contrasts_said(affordances),
                    (contrasts_table("", affordances),)),
        TeamSection("auditors", "One auditor against another", _contrasts_said(auditors),
                    (contrasts_table("", auditors),)),
        TeamSection("kinds", "By kind of implant", _kinds_said(found.kinds, "kind"),
                    (parts_table("kind", found.kinds, first),), (parts_heat("kind", found.kinds, found),)),
        TeamSection("levels", "By how hard it was made", _kinds_said(found.levels, "level"),
                    (parts_table("level", found.levels, first),)),
        TeamSection("groups", "One group of organisms against another", _drops_said(found.drops),
                    (drops_table(found.drops),)),
        TeamSection("cost", "What it took", _cost_said(found), (cost_table(found),), (evidence_curves(found),)),
        TeamSection("attackers", "The attackers' scores", _attackers_said(found.attackers),
                    (attackers_table(found.attackers),)),
        TeamSection("names", "What the plan's names stand for", _names_said(found), (names_table(found),)),
    ]  # fmt: skip
    return tuple(section for section in told if any(each.rows for each in section.tables))


# -- arms


def arms_table(found: SweepAnalysis) -> Rows:
    columns = (Column("auditor"), Column("allowed"), Column("found"), Column("95 % over organisms"),
               Column("95 % over kinds"), Column("called modified"), Column("false alarms"), Column("95 %"),
               Column("findings right"), Column("Brier", "number"))  # fmt: skip
    return Rows("", columns, tuple(_arm(arm) for arm in found.arms))


def _arm(arm: SweepArm) -> tuple[Value | None, ...]:
    return (
        arm.name.auditor, arm.name.restriction, found_of(arm), span(arm.over_organisms), span(arm.over_kinds),
        counted(arm.sensitivity), counted(arm.false_alarms),
        interval(arm.false_alarms) if arm.false_alarms.trials else None, right_of(arm),
        round(arm.brier, 3) if arm.brier is not None else None,
    )  # fmt: skip


def found_of(arm: SweepArm) -> str | None:
    """What it found, and of how much a person has still to read whether it did."""
    told = counted(arm.found)
    return f"{told}, {arm.unread} unread" if told and arm.unread else told


def right_of(arm: SweepArm) -> str | None:
    """How many of its findings are right, were all wrong that wait, to were all of them right."""
    least, every = arm.findings.hits, arm.findings.trials + arm.waiting
    if not every:
        return None
    return f"{least} to {least + arm.waiting} of {every}" if arm.waiting else f"{least} of {every}"


def _arms_said(found: SweepAnalysis) -> str:
    """Of those that audited most, all that found as much: who audited few organisms may have been lucky with them, and
    none is best for being named first."""
    most = max(arm.audits for arm in found.arms)
    whole = [arm for arm in found.arms if arm.audits == most and arm.found.trials]
    if not whole:
        return f"Nothing could be found: no organism shows what was meant. {_alarms_said(found)}"
    if not any(arm.found.hits for arm in found.arms):
        return f"Nobody found anything of what organisms really show. {_alarms_said(found)}"
    share = max(map(_share, whole))
    best = [_arm_said(found, arm) for arm in whole if _share(arm) == share]
    alike = f"{len(best)} alike: " if len(best) > 1 else ""
    said = f"Most was found by {alike}{'; '.join(best)}."
    more = [arm for arm in found.arms if arm.audits < most and _share(arm) > share]
    fewer = "; ".join(f"{arm.name}, {counted(arm.found)}" for arm in more)
    if not fewer:
        return said
    return f"{said} Not held against {'it' if len(best) == 1 else 'them'}, for they have fewer audits: {fewer}."


def _arm_said(found: SweepAnalysis, arm: SweepArm) -> str:
    if not arm.false_alarms.trials:
        alarms = "; nothing is known of false alarms, for no clean organism was audited"
    else:
        bound = percent(arm.false_alarms.high, 0)
        alarms = f", with a false alarm on {counted(arm.false_alarms)} clean organisms (95 %: up to {bound})"
    words = next((one.told for one in found.names if (one.of, one.name) == ("auditor", arm.name.auditor)), "")
    told = f", whose {words} came with the plan" if words else ""
    return f"{arm.name}{told}: {counted(arm.found)} behaviours that organisms really show{alarms}"


def _alarms_said(found: SweepAnalysis) -> str:
    """How many clean organisms some arm called modified, of however many."""
    worst = max((arm for arm in found.arms), key=lambda arm: arm.false_alarms.hits)
    if not worst.false_alarms.trials:
        return "Nothing is known of false alarms, for no clean organism was audited."
    return f"At most, {counted(worst.false_alarms)} clean organisms were called modified ({worst.name})."


def _grids(found: SweepAnalysis) -> tuple[Heat, ...]:
    """Organisms × auditors under the first restriction; and auditors × restrictions, if there are several."""
    whole = [place for place, arm in enumerate(found.arms) if arm.name.restriction == found.restrictions[0]]
    grids = [_organisms(found, whole)]
    return (*grids, _allowances(found)) if len(found.restrictions) > 1 else tuple(grids)


def _organisms(found: SweepAnalysis, places: Sequence[int]) -> Heat:
    """First organism on top. Of a clean one its colour is a false alarm."""
    rows = found.found[::-1]
    labels = tuple(f"{one.organism} · {one.kind}".rstrip(" ·") for one in rows)
    values = np.array([[_UNREAD if one.shares[at] is None else one.shares[at] for at in places] for one in rows], float)
    clean = frozenset(
        (row, column) for row, one in enumerate(rows) if not one.modified for column in range(len(places))
    )
    return Heat(
        title=f"What each auditor found of each organism, {found.restrictions[0]}",
        rows=Axis("organism", tuple(range(len(rows))), labels),
        columns=Axis("auditor", tuple(range(len(places))), tuple(found.arms[at].name.auditor for at in places)),
        texts=(),
        values=values,
        scale=SHARE,
        legend="each cell: the share of what the organism shows that was found",
        outlined=clean,
        outline="clean: the share of audits that called it modified",
    )  # fmt: skip


def _allowances(found: SweepAnalysis) -> Heat:
    """Restrictions × auditors; the first restriction on top."""
    by_name = {(arm.name.auditor, arm.name.restriction): arm for arm in found.arms}
    rows = found.restrictions[::-1]
    values = np.array(
        [[_share(by_name.get((auditor, restriction))) for auditor in found.auditors] for restriction in rows], float
    )
    return Heat(
        title="The share found of all that organisms show",
        rows=Axis("allowed", tuple(range(len(rows))), rows),
        columns=Axis("auditor", tuple(range(len(found.auditors))), found.auditors),
        texts=(),
        values=values,
        scale=SHARE,
        legend="each cell: behaviours found, of those that could be",
    )


def _share(arm: SweepArm | None) -> float:
    return _UNREAD if arm is None or not arm.found.trials else arm.found.hits / arm.found.trials


# -- contrasts


def contrasts_table(title: str, found: Sequence[SweepContrast]) -> Rows:
    columns = (Column("first"), Column("less"), Column("organisms", "count"), Column("difference in points"),
               Column("95 % over organisms"), Column("95 % over kinds"), Column("gained, lost"),
               Column("exact p", "number"), Column("Holm", "number"), Column("power for 30", "share"),
               Column("least seen"), Column("so"))  # fmt: skip
    return Rows(title, columns, tuple(_contrast(one) for one in found))


def _contrast(one: SweepContrast) -> tuple[Value | None, ...]:
    return (
        str(one.one), one.other.restriction if one.of == "restriction" else one.other.auditor, one.organisms,
        points(one.difference.value) if one.difference is not None else None, points_span(one.difference),
        points_span(one.over_kinds), f"{one.gained}, {one.lost}", round(one.p, 4), round(one.adjusted, 4),
        round(one.power, 3), points(one.least), CONCLUDED[one.concludes],
    )  # fmt: skip


def _contrasts_said(found: Sequence[SweepContrast]) -> str:
    if not found:
        return "Nothing was compared."
    told = [one for one in found if one.concludes in ("more", "less")]
    weak = sum(one.concludes == "underpowered" for one in found)
    said = "; ".join(f"{_sides(one)} {_by(one)}" for one in told[:4])
    more = f", and {len(told) - 4} more" if len(told) > 4 else ""
    rest = f"{weak} of {len(found)} comparisons are underpowered: had there been 30 points, they would likely not show."
    chance = f"Of {len(found)} comparisons {len(found) / 20:.2g} would by chance alone."
    return " ".join(
        [
            f"Intervals that exclude zero: {said}{more}." if told else "No interval excludes zero.",
            *([chance] if told and len(found) > 1 else []),
            *([rest] if weak else []),
        ]
    )


def _sides(one: SweepContrast) -> str:
    if one.of == "auditor":
        return f"{one.one.auditor} against {one.other.auditor}"
    return f"{one.one.auditor} with {one.what or one.one.restriction} against {one.other.restriction}"


def _by(one: SweepContrast) -> str:
    assert one.difference is not None  # else it concludes nothing
    return f"{points(one.difference.value)} ({points_span(one.difference)})"


# -- parts


def parts_table(name: str, parts: Sequence[OrganismPart], restriction: str) -> Rows:
    """Under one restriction: of the others everything stands in the JSON."""
    columns = (Column(name), Column("organisms", "count"), Column("auditor"), Column("found"),
               Column("95 % over audits"))  # fmt: skip
    rows = tuple(
        (part.name, arm.organisms, arm.name.auditor, counted(arm.found), interval(arm.found))
        for part in parts
        for arm in part.arms
        if arm.name.restriction == restriction
    )
    return Rows("", columns, rows)


def parts_heat(name: str, parts: Sequence[OrganismPart], found: SweepAnalysis) -> Heat:
    """Kinds × auditors under the first restriction; the first kind on top."""
    rows, names = parts[::-1], found.auditors
    values = np.full((len(rows), len(names)), _UNREAD)
    for row, part in enumerate(rows):
        for arm in part.arms:
            if arm.name.restriction == found.restrictions[0] and arm.found.trials:
                values[row, names.index(arm.name.auditor)] = arm.found.hits / arm.found.trials
    return Heat(
        title=f"The share found of each {name}, {found.restrictions[0]}",
        rows=Axis(name, tuple(range(len(rows))), tuple(f"{part.name} ({part.organisms})" for part in rows)),
        columns=Axis("auditor", tuple(range(len(names))), names),
        texts=(),
        values=values,
        scale=SHARE,
        legend=f"each cell: behaviours found, of those that could be; beside the {name} its organisms",
    )


def _kinds_said(parts: Sequence[OrganismPart], name: str) -> str:
    if not parts:
        return f"The plan names no {name}."
    nobody = [part.name for part in parts if not any(arm.found.hits for arm in part.arms)]
    said = f"{len(parts)} {name}s." if len(parts) != 1 else f"One {name}."
    return (
        f"{said} Nobody found anything of {enumerated(nobody)}." if nobody else f"{said} Something was found of each."
    )


def drops_table(found: Sequence[GroupDrop]) -> Rows:
    columns = (Column("compared"), Column("auditor"), Column("allowed"), Column("first"), Column("found there"),
               Column("second"), Column("found in it"), Column("drop in points"), Column("95 %"),
               Column("exact p", "number"), Column("false alarms there"), Column("in it"))  # fmt: skip
    rows = tuple(
        (one.pair, one.name.auditor, one.name.restriction, f"{one.one} ({one.of})", span(one.found_one),
         f"{one.other} ({one.of_other})", span(one.found_other), points(one.value) if one.value is not None else None,
         points_span(one.drop), round(one.p, 4) if one.p is not None else None,
         *(counted(rate) if rate else None for rate in (one.alarms_one, one.alarms_other)))
        for one in found
    )  # fmt: skip
    return Rows("", columns, rows)


def _drops_said(found: Sequence[GroupDrop]) -> str:
    if not found:
        return "The plan compares no two groups of organisms."
    told = [one for one in found if one.shown]
    if not told:
        return (
            "No auditor is shown to find less in the second group than in the first: no interval lies above zero, and"
            " where there is none no exact p below 0.05."
        )
    said = "; ".join(
        f"{one.name} finds {points(one.value or 0.0)} less in {one.other} than in {one.one}" for one in told
    )
    # Each looks to one side of a 95 % interval, or of an exact test.
    chance = f" Of {len(found)} comparisons {len(found) / 40:.2g} would by chance alone." if len(found) > 1 else ""
    return f"{said}.{chance}"


# -- cost


def cost_table(found: SweepAnalysis) -> Rows:
    columns = (Column("auditor"), Column("allowed"), Column("probes", "number"), Column("tokens", "count"),
               Column("had evidence"), Column("after probes", "number"), Column("after tokens", "count"),
               Column("seen and passed over"))  # fmt: skip
    rows = tuple(
        (arm.name.auditor, arm.name.restriction, arm.probes, arm.tokens, counted(arm.evidence), arm.evidence_probes,
         arm.evidence_tokens, counted(arm.passed_over))
        for arm in found.arms
    )  # fmt: skip
    return Rows("The middle audit of each", columns, rows)


def evidence_curves(found: SweepAnalysis) -> Curves:
    """By the probes it had put, the share of each auditor's audits that had seen what they then report."""
    arms = [arm for arm in found.arms if arm.name.restriction == found.restrictions[0] and arm.evidence.trials]
    most = max((after for arm in arms for after in arm.evidence_after), default=1)
    return Curves("Audits that had seen what they report", "probes", SHARE, tuple(_rising(arm, most) for arm in arms))


def _rising(arm: SweepArm, most: int) -> Curve:
    """A curve that stays where it is up to the next audit, and then rises."""
    xs, rates = [0.0], [wilson(0, arm.evidence.trials)]
    for place in sorted({*arm.evidence_after, most}):
        xs += [float(place), float(place)]
        rates += [rates[-1], wilson(sum(after <= place for after in arm.evidence_after), arm.evidence.trials)]
    return Curve(
        name=arm.name.auditor,
        xs=tuple(xs),
        ys=tuple(rate.hits / rate.trials for rate in rates),
        low=tuple(rate.low for rate in rates),
        high=tuple(rate.high for rate in rates),
    )


def _cost_said(found: SweepAnalysis) -> str:
    hits = sum(arm.passed_over.hits for arm in found.arms)
    of = sum(arm.passed_over.trials for arm in found.arms)
    gap = (
        f"Of {of} audits that missed something, {hits} held answers that show what somebody claims of the organism and"
        " that nobody claimed there."
    )
    return gap if of else "No audit missed anything that could be found."


# -- attackers


def attackers_table(found: Sequence[AttackerScore]) -> Rows:
    columns = (Column("organism"), Column("kind"), Column("level"), Column("shows it"), Column("beyond its baseline"),
               Column("quality kept"), Column("missed by"), Column("which"))  # fmt: skip
    return Rows("", columns, tuple(_attacker(one) for one in found))


def _attacker(one: AttackerScore) -> tuple[Value | None, ...]:
    size = None if one.size is None else f"{points(one.size.value)} ({points(one.size.low)} to {points(one.size.high)})"
    return (
        one.organism, one.kind, one.level, counted(one.shows) if one.shows is not None else None, size, _kept(one),
        f"{one.stealth.hits} of {one.stealth.trials}", _missed_by(one),
    )  # fmt: skip


def _missed_by(one: AttackerScore) -> str:
    unread = f"not known of {enumerated(one.unread_by)}" if one.unread_by else ""
    return "; ".join(filter(None, (enumerated(one.missed_by), unread))) or "nobody"


def _kept(one: AttackerScore) -> str | None:
    """As the plan says, or in the words of the truth, which are its maker's."""
    if one.quality is not None:
        return percent(one.quality, 0)
    return f"its truth says: {' '.join(one.side_effects)}" if one.side_effects else None


def _attackers_said(found: Sequence[AttackerScore]) -> str:
    if not found:
        return "No organism shows what was meant."
    hidden = [one.organism for one in found if one.stealth.trials and one.stealth.hits == one.stealth.trials]
    return f"Missed by every auditor: {enumerated(hidden) or 'none'}."


# -- names


def names_table(found: SweepAnalysis) -> Rows:
    columns = (Column("name"), Column("of"), Column("stands for"))
    return Rows("", columns, tuple((one.name, one.of, one.means) for one in found.names))


def _names_said(found: SweepAnalysis) -> str:
    several = [one.name for one in found.names if one.several]
    said = "Whoever wrote the plan chose these names; what they stand for is as the logs and the cases tell."
    return f"{said} Not the same in each audit: {enumerated(several)}." if several else said


# -- words


def counted(rate: Rate) -> str | None:
    return f"{rate.hits} of {rate.trials}" if rate.trials else None


def span(mean: Mean | None) -> str | None:
    """A mean of shares with its interval."""
    if mean is None:
        return None
    told = percent(mean.value, 0)
    if mean.low == mean.high:
        return f"{told}, all {mean.of} alike"
    return f"{told} ({percent(mean.low, 0)} to {percent(mean.high, 0)})"


def points(value: float) -> str:
    """A difference of shares in points, with its sign."""
    return ("+" if value > 0 else "") + signed(100 * value, 0)


def points_span(mean: Mean | MeanDifference | None) -> str | None:
    if mean is None:
        return None
    if isinstance(mean, Mean) and mean.low == mean.high:
        return f"all {mean.of} alike"
    return f"{points(mean.low)} to {points(mean.high)}"
