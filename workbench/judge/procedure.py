"""The judge's whole way through a handed-in log: verify → replay → reveal → score → verdict."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from backends.model import ModelRefusal
from casefiles.case.bundle import Case
from casefiles.custody.register import Register
from casefiles.keys.identity import Identity, VerifyKey
from casefiles.log.checkpoint import Checkpoint
from casefiles.status import Refusal
from casefiles.verification.steps import Stage
from casefiles.verify import verify
from workbench.door.session import OpenModel
from workbench.judge import issuing
from workbench.judge.engines import Portion, RecordedEngines
from workbench.judge.replay import Replayed, replay
from workbench.judge.verdict import Replay, Verdict
from workbench.listener import Listener
from workbench.log.imported_log import ImportedLog, imported
from workbench.report import report as reports
from workbench.report.report import Report


def judge_log(
    path: Path,
    case: Case,
    judge: Identity,
    register: Register,
    open_model: OpenModel | None,
    listener: Listener = lambda done, note: None,
) -> Verdict:
    """The verdict on an exported log; without `open_model` nothing is replayed, and the verdict says so.

    Raises Refusal if the log does not verify: what is not proven to be the auditor's is not scored.
    """
    listener(0.0, "verifying")
    public = judge.public.verify
    found = verify(
        path,
        judge=public,
        witnesses=[public],
        register=register,
        case=case.digest,
        rules=case.manifest.rules,
        every_signature=True,
    )
    with imported(path, found) as log:
        report = _report(log)
        replayed = replay_log(log, open_model, listener) if open_model is not None else None
        listener(0.95, "scoring")
        given = issuing.verdict(
            case,
            report,
            log,
            judge,
            # The verdict has words of its own on what verifying files alone leaves open.
            verification=[
                *(step for step in found.steps if step.stage not in (Stage.REPLAY, Stage.COMMITMENT)),
                *log.remarks,
            ],
            replay=_summary(replayed) if replayed is not None else None,
            witnessed=found.witnessed,
            witnesses=[judge.name] if found.witnessed else [],
        )
        register.received([_begun(log), log.checkpoint()], VerifyKey.parse(report.auditor.key))
    return given


def replay_log(log: ImportedLog, open_model: OpenModel, listener: Listener = lambda done, note: None) -> Replayed:
    """Replay every result of an imported log, on the engines it was recorded on if they are known. Raises Refusal if a
    model does not run."""
    total = sum(1 for _ in log.entries({"result"}))
    one = Portion(open_model, lambda environment: True)
    portions = open_model.portions(log) if isinstance(open_model, RecordedEngines) else (one,)
    parts: list[Replayed] = []

    def hear(done: int) -> None:
        done += sum(len(part.records) for part in parts)
        listener(done / max(1, total), f"replaying {done} of {total}")

    try:
        for portion in portions:
            with closing(portion.open_model()) as model:
                parts.append(replay(log, model, log.arrays, made=portion.made, progress=hear))
        return Replayed.joined(parts)
    except ModelRefusal as error:
        raise Refusal(error.code, error.what, error.why, error.try_this) from error


def _begun(log: ImportedLog) -> Checkpoint:
    """The log after its first record, which no two logs have in common."""
    root = log.root_at(1)
    assert root is not None  # a log that verifies is not empty
    return Checkpoint(log.checkpoint().origin, 1, root)


def _report(log: ImportedLog) -> Report:
    if log.report is None:
        raise Refusal(
            "report.malformed", "There is no report in this log.", "It was exported without one.",
            "Ask the auditor to hand in the report.",
        )  # fmt: skip
    return reports.read(log.report)


def _summary(replayed: Replayed) -> Replay:
    counts = {agreement.value: count for agreement, count in replayed.counts.items()}
    places = (
        f"{where.get('engine')}, {where.get('device', 'cpu')}, {where.get('dtype')}" for where in replayed.environments
    )
    note = f"On {'; '.join(places)}."
    return Replay(status="replayed", **counts, note=note, records=replayed.records)
