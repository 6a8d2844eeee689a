"""Verdicts in words for a terminal, and what a judge does next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from casefiles.counted import counted
from casefiles.documents.verdict_chain import LeftOut, VerdictChains, names
from views import console
from workbench.contract.clusters import short_quoted
from workbench.visible import cell, line, lines, quoted


def text(done: Any) -> str:
    """A verdict for people."""
    scores = done.scores
    said = scores.verdict
    brier = "" if said.brier is None else f"  (Brier {said.brier:.3f})"
    if done.addendum is not None:
        told = [
            f"auditor said {said.said}, known issues {said.truth}: {said.outcome}{_why_not(done)}{brier}",
            f"known issues: {done.addendum.summary}",
        ]
    elif done.truth is None:
        told = [f"auditor said {said.said}; the case has no ground truth: verified, and not scored"]
    else:
        told = [
            f"auditor said {said.said}, truth {said.truth}: {said.outcome}{_why_not(done)}{brier}",
            f"truth: {done.truth.summary}",
        ]
    if scores.status == "provisional":
        told.append("provisional: nothing was replayed, so nothing is earned")
    if scores.recall.overall is not None:
        facets = " · ".join(f"{name} {value:.2f}" for name, value in scores.recall.facets.items())
        realised = f"{scores.recall.behaviours} realised behaviour{'' if scores.recall.behaviours == 1 else 's'}"
        told.append(f"recall over {realised}: {scores.recall.overall:.2f}  ({facets})")
    for behaviour in scores.behaviours:  # on what these figures rest
        told += [
            f"  {line(behaviour.behaviour)}, {facet.name}: {line(facet.note)}"
            for facet in behaviour.facets
            if facet.note and facet.how != "ungraded"
        ]
    for item in scores.findings:
        told.append(f"finding {item.rank} {quoted(item.title)}: {item.standing}")
        if item.shown is not None and item.shown.lacks:
            told.append(f"  no credit: {line(item.shown.lacks)}")
    if scores.first_correct is not None:
        cost = scores.first_correct.to_finding
        gone = scores.first_correct.given_up
        beside = f", with {counted(gone, 'other finding')} given up" if gone else ""
        told.append(
            f"first correct finding after {cost.probes} probes, {cost.generated_tokens} generated tokens{beside}"
        )
        if scores.first_correct.asked:
            told.append(f"  first seen in {scores.first_correct.evidence}: {short_quoted(scores.first_correct.asked)}")
        if scores.first_correct.without is not None:
            told.append(f"  {scores.first_correct.without.of_one}")
    told += [f"to grade: {line(item)}" for item in scores.ungraded]
    replay = done.replay
    if replay.status == "replayed":
        counts = {name: getattr(replay, name) for name in ("exact", "tolerant", "diverged", "unreplayable")}
        told.append("replay: " + " · ".join(f"{count} {name}" for name, count in counts.items() if count))
    failed = [check for check in done.verification if check.code != "ok"]
    told += [f"{check.stage}: {check.sentence} [{check.code}]" for check in failed]
    return lines(told)


def _why_not(done: Any) -> str:
    """Why what the auditor said does not count; empty where it does."""
    if done.scores.verdict.outcome != "not counted":
        return ""
    if done.scores.status == "provisional":
        return ", for nothing was replayed"
    if not done.same_report:
        return ", for the session was judged before"
    if done.scores.verdict.truth == "modified":
        return ", for nothing that was intended shows"
    return ", for what was found speaks against a truth that says clean"


def claim_text(counts: Any) -> str:
    """How often a claim showed, in a table."""
    rows = [("", "shows it", "95 %"), ("organism", *_cells(counts.support))]
    rows += [
        (name, *_cells(rate)) for name, rate in (("baseline", counts.baseline), ("controls", counts.control)) if rate
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.append(counts.separation)
    return "\n".join(lines)


def _cells(rate: Any) -> tuple[str, str]:
    return f"{rate.hits} of {rate.trials}", f"{rate.low:.0%}–{rate.high:.0%}"


def next_lines(out: Path, done: Any) -> list[str]:
    """What a judge does next, as commands."""
    from workbench.judge.verdicts.verdict_page import next_steps

    return [f"next: {step.replace('VERDICT', console.typed(out), 1)}" for step in next_steps(done.scores)]


def listed(path: Path, done: Any, every: Sequence[tuple[Path, Any]], chains: VerdictChains) -> dict[str, Any]:
    """A verdict as a line: whose it is, and what it remarks on, go with its figures, which are left out where they
    contradict each other. `every`: those that lie beside it, one of which may follow it, as `chains` know them."""
    flaw, named = done.contradiction, (path, done.digest, done.judge.key)
    rivals, left = chains.rivals(*named), chains.left_out(*named)
    remarks = [one.code for one in done.verification if one.code != "ok"]
    after = (name for name, one in every if one.previous == done.digest and one.judge.key == done.judge.key)
    follower = next(after, None)
    return {
        "file": str(path),
        "case": done.case.title,
        "auditor": done.auditor.name,
        "judge": f"{done.judge.name} ({done.judge.fingerprint})",
        "session": done.log.session,
        "outcome": None if flaw else done.scores.verdict.outcome,
        "recall": None if flaw else done.scores.recall.overall,
        "status": done.scores.status,
        "digest": done.digest,
        "remarks": list(dict.fromkeys(["verdict.inconsistent", *remarks] if flaw else remarks)),
        "previous": done.previous,
        "followed_by": str(follower) if follower is not None else None,
        "forked": [str(one) for one in rivals],
        "leaves_out": [{"file": str(one.path), "findings": list(one.findings)} for one in left],
        "ungraded": list(done.scores.ungraded),
        "unadjudicated": [one.finding for one in done.scores.findings if one.standing == "unadjudicated"],
        "next": [] if follower is not None or flaw or rivals else next_lines(path, done),
    }


def list_text(sessions: list[dict[str, Any]], verdicts: list[dict[str, Any]], judge: str) -> str:
    """`judge`: whose register it is; a verdict of anybody else says whose it is."""
    told = ["tickets and logs" if sessions else "The register knows no ticket and no log yet."]
    for one in sessions:
        handed = f"handed in with {counted(one['handed_in'], 'record')}" if one["handed_in"] else "not handed in"
        under = f"ticket {one['ticket'][:8]}…" if one["ticket"] else "no ticket"
        told.append(
            f"  session {one['session'][:8]}…  {under}  {one['auditor']}"
            f"  witnessed here to {one['witnessed']}, {handed}"
        )
    told += ["", "verdicts" if verdicts else "There is no verdict in this folder."]
    for one in verdicts:
        recall = "recall –" if one["recall"] is None else f"recall {one['recall']:.2f}"
        told.append(
            f"  {cell(one['file'])}  {quoted(cell(one['case']))}, {quoted(cell(one['auditor']))}:"
            f" {one['outcome'] or 'no outcome'}, {recall}  session {cell(one['session'][:8])}…"
            + ("  provisional" if one["status"] == "provisional" else "")
            + _place(one)
            + ("" if one["judge"] == judge else f"  not yours: {quoted(cell(one['judge']))} signed it")
        )
        told += [f"    remarks on {', '.join(one['remarks'])}"] if one["remarks"] else []
        told += [f"    leaves out what its judge decided in {_left_out(left)}" for left in one["leaves_out"]]
        if one["followed_by"] is None:
            told += [f"    to grade: {item}" for item in one["ungraded"]]
            told += [f"    to rule on: {name}" for name in one["unadjudicated"]]
    return lines([*told, *_next_of([one for one in verdicts if one["judge"] == judge])])


def _place(one: dict[str, Any]) -> str:
    """Where a verdict stands among those that follow one another."""
    if one["followed_by"] is not None:
        return f"  followed by {quoted(Path(one['followed_by']).name)}"
    if one["forked"]:
        named = names(map(Path, one["forked"]))
        return f"  holds only once its judge says which does, {named}, and moves the others to another folder"
    return "  follows an earlier one, the last" if one["previous"] else ""


def _left_out(left: dict[str, Any]) -> str:
    return LeftOut(Path(left["file"]), tuple(left["findings"])).told


def _next_of(verdicts: list[dict[str, Any]]) -> list[str]:
    """What is left to do with a judge's verdicts: of the first that leaves something open, else to read the last."""
    last = [one for one in verdicts if one["followed_by"] is None]
    if not last:
        return ["next: workbench judge verdict LOG CASE OUT"]
    steps = next((one["next"] for one in last if one["next"]), None)
    return steps or [f"next: workbench show {console.typed(last[-1]['file'])}"]
