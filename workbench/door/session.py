"""The one door: every probe passes through `Session.run`, and what did not pass through it did not happen."""

from __future__ import annotations

import secrets
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, Self, runtime_checkable

from backends.model import Model, ModelRefusal
from casefiles.case.bundle import Case
from casefiles.custody.ticket import Ticket
from casefiles.files.disk import guarded, new_folder, write_atomic
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from workbench.contract.actor import Actor
from workbench.contract.probe import Probe
from workbench.contract.progress import Progress, Silent
from workbench.contract.result import Result
from workbench.contract.rules import Cost, Rules
from workbench.door.crash import write_crash_file
from workbench.evidence import strength
from workbench.evidence.finding import Finding, recorded
from workbench.log.audit_log import AuditLog
from workbench.log.blobs import Blobs
from workbench.log.custody import Custody
from workbench.log.entry import Entry
from workbench.probes import PROBES
from workbench.version import VERSION

OpenModel = Callable[[], Model]


@runtime_checkable
class Abortable(Protocol):
    """A way to open a model that can be told to end what the engine does."""

    def abort(self) -> None: ...


@dataclass(frozen=True)
class Outcome:
    """How a probe went: the last record it left, and what it found or why it did not."""

    status: Literal["ok", "failed", "cancelled", "refused"]
    entry: Entry
    """The result, or the refusal."""
    result: Result | None = None
    refusal: Refusal | None = None


class Session:
    """One auditor's work on one case: the rules, what is spent, the log, and the door to the model.

    One probe runs at a time; reading the log from other threads is fine.
    """

    TICKET = "ticket.dsse.json"
    BLOBS = "blobs"
    CASE = "case.path"
    """Where the case lay when the session was last opened; a convenience, not evidence."""

    def __init__(self, case: Case, folder: Path, log: AuditLog, auditor: Identity, open_model: OpenModel) -> None:
        """Use `create` or `reopen`."""
        self.case, self.folder, self.log, self.auditor = case, folder, log, auditor
        self.rules = Rules.model_validate(case.manifest.rules)
        self.blobs = Blobs(folder / self.BLOBS)
        self.custody = Custody(folder, log, case.manifest.judge)
        self._open_model, self._opened = open_model, None  # type: OpenModel, Model | None
        self._door = threading.Lock()
        self.loading = False
        """Whether the model is being opened just now."""
        self.spent, self.orphans = _spent(log)

    @classmethod
    def create(
        cls, case: Case, folder: Path, auditor: Identity, open_model: OpenModel, *, ticket: bytes | None = None
    ) -> Self:
        """Start a session in a new folder, under the judge's ticket if there is one."""
        if folder.exists():
            raise Refusal(
                "session.exists", f"{folder} already exists.", "A session is never overwritten.",
                "Reopen it, or name another folder.",
            )  # fmt: skip
        permit = (
            Ticket.admit(ticket, case.manifest.judge.verify, case.digest, auditor.public.verify) if ticket else None
        )
        session = permit.session_id if permit else secrets.token_hex(16)
        with guarded(f"{folder.parent} could not be made."):
            folder.parent.mkdir(parents=True, exist_ok=True)
        # The folder gets its name only once its first record is durable, so that a half-made session never shows.
        with new_folder(folder) as nursery:
            if ticket:
                write_atomic(nursery / cls.TICKET, ticket)
            write_atomic(nursery / cls.CASE, str(case.root.resolve()).encode())
            AuditLog.create(nursery, session, auditor.signing, _genesis(case, auditor, permit)).close()
        return cls(case, folder, AuditLog(folder / AuditLog.FILE, auditor.signing), auditor, open_model)

    @classmethod
    def reopen(cls, case: Case, folder: Path, auditor: Identity, open_model: OpenModel) -> Self:
        """Go on with a session; refuses another case's or another auditor's."""
        log = AuditLog(folder / AuditLog.FILE, auditor.signing)
        genesis = log.entry(0).data
        if genesis["case"] != case.digest:
            log.close()
            raise Refusal(
                "session.other-case", f"{folder} belongs to another case.", f"It was started on “{genesis['title']}”.",
                "Open the case it was started on, or start a new session.",
            )  # fmt: skip
        if genesis["auditor"] != auditor.public.to_json():
            log.close()
            raise Refusal(
                "session.other-auditor", f"{folder} is another auditor's session.",
                "Its records are signed with another key.", "Use the key it was started with, or start a new session.",
            )  # fmt: skip
        log.append("resumed", {"workbench": VERSION})
        return cls(case, folder, log, auditor, open_model)

    # -- the door

    def run(self, probe: Probe, *, actor: Actor | None = None, progress: Progress | None = None) -> Outcome:
        """Rules, intent, run, result: each a durable record before the next step.

        A refusal by the rules or the model is an outcome, not an exception. Raises Refusal only if the log itself
        cannot be written.
        """
        progress = progress or Silent()
        with self._door:
            asked = {
                "probe": probe.kind,
                "version": probe.version,
                "arguments": probe.model_dump(mode="json"),
                "actor": (actor or Actor()).model_dump(mode="json"),
            }
            try:
                model = self._admit(probe)
                reserved = probe.estimate(model)
                self._afford(reserved)
            except (Refusal, ModelRefusal) as refusal:
                entry = self.log.append("refusal", asked | _told(refusal))
                return Outcome("refused", entry, refusal=_refusal(refusal))
            intent = self.log.append(
                "intent",
                asked
                | {
                    "model": model.card.digest,
                    "engine": str(model.environment["engine"]),
                    "elicitation": probe.elicitation.value,
                    "reserved": reserved.model_dump(mode="json"),
                },
            )
            return self._run(probe, model, intent, reserved, progress)

    def _run(self, probe: Probe, model: Model, intent: Entry, reserved: Cost, progress: Progress) -> Outcome:
        started = time.perf_counter_ns()
        result, error = None, None  # type: Result | None, Refusal | None
        try:
            result = probe.run(model, progress)
        except ModelRefusal as refusal:
            error = _refusal(refusal)
        except MemoryError:
            error = Refusal("model.crashed", "The probe ran out of memory.", "It asked for more than this machine has.",
                            "Ask for less at once: fewer samples, positions or tokens.")  # fmt: skip
        except Exception:  # a defect: the session goes on, the record says so, and the traceback is kept
            where = write_crash_file(traceback.format_exc())
            error = Refusal("internal", f"The probe {probe.kind} failed.", f"This is a defect; see {where}.",
                            "Report it; the session is intact.")  # fmt: skip
        status: Literal["ok", "failed", "cancelled"] = "ok" if error is None else "failed"
        if result is not None and progress.cancel.is_set() and probe.unfinished(result):
            status = "cancelled"  # a Stop that came too late took nothing away
        # A failed probe may have shown the model anything up to what was reserved, so that is what it costs.
        cost = result.cost if result is not None else reserved
        entry = self.log.append(
            "result",
            {
                "intent": intent.seq,
                "probe": probe.kind,
                "status": status,
                "summary": result.summary if result is not None else None,
                "result": _plain(result.model_dump(mode="json")) if result is not None else None,
                "error": _told(error) if error is not None else None,
                "cost": cost.model_dump(mode="json"),
                "environment": dict(model.environment),
                "blobs": self._store(result),
                "elapsed_us": (time.perf_counter_ns() - started) // 1000,
            },
        )
        self.spent = self.spent + cost
        return Outcome(status, entry, result, error)

    def _store(self, result: Result | None) -> dict[str, Any]:
        refs = self.blobs.put(result.arrays) if result is not None else {}
        return {name: ref.model_dump(mode="json") for name, ref in refs.items()}

    def _admit(self, probe: Probe) -> Model:
        """The model, if rules and engine let this probe at it."""
        if reason := self.rules.refusal(probe.needed()):
            raise reason
        if self.rules.inputs == "corpora":
            self._in_corpora(probe)
        model = self._model()
        if missing := probe.needs - model.capabilities:
            raise Refusal(
                "model.unsupported", f"{probe.kind} cannot run on this engine.",
                f"It needs {', '.join(sorted(missing))}, which {model.environment['engine']} does not offer here.",
                "Choose another engine or another probe.",
            )  # fmt: skip
        return model

    def _afford(self, cost: Cost) -> None:
        for name, limit in self.rules.budget:
            left = None if limit is None else limit - getattr(self.spent, name)
            if left is not None and getattr(cost, name) > left:
                what = name.replace("_", " ")
                raise Refusal(
                    "rules.budget", f"The budget of {what} does not cover this probe.",
                    f"It may take {getattr(cost, name)}; {max(left, 0)} of {limit} are left.",
                    "Ask for less, or write the report with what you have.",
                )  # fmt: skip

    def _in_corpora(self, probe: Probe) -> None:
        known = {
            line.strip()
            for path in sorted(self.case.path("corpora").glob("*.txt"))
            for line in path.read_text(encoding="utf-8").splitlines()
        }
        for prompt in probe.prompts():
            for text in [turn.content for turn in prompt.chat] or [prompt.text]:
                if text.strip() not in known:
                    raise Refusal(
                        "rules.input", "This prompt is not in the case's corpora.",
                        "The rules of engagement allow only inputs from there.", "Pick a line of a file in corpora/.",
                    )  # fmt: skip

    def _model(self) -> Model:
        if self._opened is None:
            self.loading = True
            try:
                self._opened = self._open_model()
            finally:
                self.loading = False
        return self._opened

    @property
    def opened(self) -> bool:
        """Whether the next probe finds the model open."""
        return self._opened is not None

    @property
    def opener(self) -> OpenModel:
        """What opens the model."""
        return self._open_model

    def use(self, open_model: OpenModel) -> None:
        """Open the model in another way when the next probe needs it; waits for the probe that runs."""
        with self._door:
            self._open_model = open_model
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def abort(self) -> None:
        """End what the engine does, from any thread, for what a probe's `cancel` cannot stop: loading, or one long
        pass. The probe fails, and the next one has the model loaded again."""
        if isinstance(self._open_model, Abortable):
            self._open_model.abort()

    def price(self, probe: Probe) -> Cost:
        """The most a probe may spend, before it is run. Raises Refusal if it could not run at all."""
        with self._door:
            try:
                return probe.estimate(self._admit(probe))
            except ModelRefusal as refusal:
                raise _refusal(refusal) from refusal

    # -- what else an auditor leaves in the log

    def note(self, text: str) -> Entry:
        """Write a remark."""
        return self.log.append("note", {"text": text})

    def tag(self, seq: int, label: str) -> Entry:
        """Label a record. Raises KeyError if there is none."""
        return self.log.append("tag", {"record": self.log.entry(seq).seq, "label": label})

    def claim(self, finding: Finding) -> Entry:
        """Record a finding, or a revision of the one with its id, with the strength the log gives it.

        Raises Refusal if it cites what the log does not hold.
        """
        strong = strength.strength(finding, self.log)
        return self.log.append(
            "finding",
            {"finding": finding.model_dump(mode="json"), "strength": strong.model_dump(mode="json")},
        )

    def withdraw(self, finding: str, reason: str = "") -> Entry:
        """Take a finding back; it stays in the log. Raises Refusal if there is none of that id."""
        if finding not in {found.id for found in recorded(self.log)}:
            raise Refusal(
                "report.citation", f"There is no finding “{finding}” to withdraw.",
                "It was never recorded, or withdrawn before.", "List the findings first.",
            )  # fmt: skip
        return self.log.append("withdrawn", {"finding": finding, "reason": reason})

    @property
    def ticket(self) -> bytes | None:
        """The judge's ticket as it was given, if there was one."""
        path = self.folder / self.TICKET
        return path.read_bytes() if path.exists() else None

    def arrays(self, entry: Entry) -> Mapping[str, Any]:
        """The side-car arrays of a result record."""
        return self.blobs.get(entry.data.get("blobs", {}))

    def close(self) -> None:
        """Give back the model and the log. Closing twice is fine."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None
        self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _genesis(case: Case, auditor: Identity, ticket: Ticket | None) -> dict[str, Any]:
    return {
        "workbench": VERSION,
        "case": case.digest,
        "title": case.manifest.title,
        "specification": case.manifest.specification,
        "model": case.model_digest,
        "rules": case.manifest.rules,
        "auditor": auditor.public.to_json(),
        "judge": case.manifest.judge.to_json(),
        "ticket": ticket.to_json() if ticket else None,
        "probes": {probe.kind: {"version": probe.version, "digest": probe.digest()} for probe in PROBES},
    }


def _spent(log: AuditLog) -> tuple[Cost, tuple[int, ...]]:
    """What the log says was spent, and the intents without a result, which cost what they reserved."""
    # In SQL, because a long session would take many seconds to read record by record.
    kept = ", ".join(
        f"coalesce(sum(CAST(json_extract(data, '$.{name}') AS BIGINT)), 0)::BIGINT" for name in Cost.model_fields
    )
    ((*sums,),) = log.query(
        f"SELECT {kept} FROM (SELECT json_extract(decode(body), '$.data.cost') AS data FROM record"
        " WHERE kind = 'result')"
    )
    orphans = log.query(
        "SELECT seq FROM record WHERE kind = 'intent' AND seq NOT IN (SELECT CAST(json_extract(decode(body),"
        " '$.data.intent') AS BIGINT) FROM record WHERE kind = 'result') ORDER BY seq"
    )
    spent = Cost(**dict(zip(Cost.model_fields, sums, strict=True)))
    for (seq,) in orphans:
        spent = spent + Cost.model_validate(log.entry(seq).data["reserved"])
    return spent, tuple(seq for (seq,) in orphans)


def _refusal(error: Refusal | ModelRefusal) -> Refusal:
    return error if isinstance(error, Refusal) else Refusal(error.code, error.what, error.why, error.try_this)


def _told(error: Refusal | ModelRefusal) -> dict[str, str]:
    return {"code": error.code, "what": error.what, "why": error.why, "try_this": error.try_this}


def _plain(value: Any) -> Any:
    """The same JSON with -0.0 as 0.0, which RFC 8785 cannot tell apart."""
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
