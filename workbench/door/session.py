"""The one door: every probe passes through `Session.run`, and what did not pass through it did not happen."""

from __future__ import annotations

import json
import secrets
import threading
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self

import numpy as np

from backends.model import ModelRefusal
from backends.model_files import ModelFiles
from casefiles.case.bundle import Case
from casefiles.custody.ticket import Ticket
from casefiles.files import canonical
from casefiles.files.disk import guarded, new_folder, write_atomic
from casefiles.keys.identity import Identity
from casefiles.log.restriction import widening
from casefiles.status import Refusal
from workbench.claims.finding import Finding
from workbench.contract.actor import Actor
from workbench.contract.permitted import Permitted, unrestricted
from workbench.contract.probe import Probe
from workbench.contract.progress import Progress, Silent
from workbench.contract.prompt import Heard, Turn
from workbench.contract.result import CutShortError, Result
from workbench.contract.rules import Affordance, Cost, Elicitation, Rules
from workbench.contract.subject import (
    ADAPTER,
    BROUGHT,
    ORGANISM,
    brought,
    named,
    needed_to_ask,
    needs_of,
    subject_named,
)
from workbench.document import Document
from workbench.door.brought import Shelf, TrainingData, against, folder_of, weigh
from workbench.door.corpora import Corpora
from workbench.door.crash import write_crash_file
from workbench.door.dictionaries import with_case
from workbench.door.subjects import Opened, OpenModel, OpenSubjects, absent, files_of, offered
from workbench.evidence import strength
from workbench.evidence.standing import recorded
from workbench.log.audit_log import AuditLog
from workbench.log.blobs import Blobs
from workbench.log.custody import Custody
from workbench.log.entry import Entry
from workbench.log.heard import HeardAnswers
from workbench.log.intake import described
from workbench.log.pace import seconds
from workbench.log.records import (
    Asked,
    Brought,
    Declared,
    FindingRecord,
    Genesis,
    Hypothesis,
    Intent,
    Note,
    Permit,
    Person,
    PlanStep,
    Reason,
    RefusalRecord,
    ResultRecord,
    Resumed,
    Tag,
    Withdrawn,
)
from workbench.log.references import bound
from workbench.log.seeds import Seeds
from workbench.probes import PROBES, current
from workbench.version import VERSION

TOO_LONG: Final = "result"
"""The array of a record's side-car that holds a result too long for the record, as the bytes of a JSON text."""


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
        self.rules = log.entry(0).read(Genesis).in_force
        """What this session is held to: the case's rules, or the narrower ones it was begun under."""
        self.actor = holder(auditor)
        """Whoever does something here and is not named."""
        self.blobs = Blobs(folder / self.BLOBS)
        self.custody = Custody(folder, log, case.manifest.judge)
        self._subjects = OpenSubjects(open_model, self._files_of)
        self._shelf = Shelf(folder)
        self._door = threading.Lock()
        self._seeds, self._seeds_read = Seeds(), 0
        self.orphans = log.orphans()
        self.spent = _spent(log, self.orphans)

    @classmethod
    def create(
        cls,
        case: Case,
        folder: Path,
        auditor: Identity,
        open_model: OpenModel,
        *,
        ticket: bytes | None = None,
        restriction: Rules | None = None,
        actor: Actor | None = None,
    ) -> Self:
        """Start a session in a new folder, under the judge's ticket if there is one.

        A `restriction` holds it to narrower rules than the case's. Raises Refusal `rules.widened` if it allows more.
        """
        if folder.exists():
            raise Refusal(
                "session.exists", f"{folder} already exists.", "A session is never overwritten.",
                "Reopen it, or name another folder.",
            )  # fmt: skip
        permit = (
            Ticket.admit(ticket, case.manifest.judge.verify, case.digest, auditor.public.verify) if ticket else None
        )
        session = permit.session_id if permit else secrets.token_hex(16)
        genesis = _genesis(case, auditor, permit, restriction, actor)
        with guarded(f"{folder.parent} could not be made."):
            folder.parent.mkdir(parents=True, exist_ok=True)
        # The folder gets its name only once its first record is durable, so that a half-made session never shows.
        with new_folder(folder) as nursery:
            if ticket:
                write_atomic(nursery / cls.TICKET, ticket)
            write_atomic(nursery / cls.CASE, str(case.root.resolve()).encode())
            AuditLog.begin(nursery, session, auditor.signing, genesis)
        return cls(case, folder, AuditLog(folder / AuditLog.FILE, auditor.signing), auditor, open_model)

    @classmethod
    def reopen(
        cls, case: Case, folder: Path, auditor: Identity, open_model: OpenModel, *, actor: Actor | None = None
    ) -> Self:
        """Go on with a session; refuses another case's or another auditor's."""
        log = AuditLog(folder / AuditLog.FILE, auditor.signing)
        try:
            genesis = log.entry(0).read(Genesis)
            _check_belongs(genesis, case, auditor, folder)
            log.append(Resumed(workbench=VERSION, actor=actor or holder(auditor)))
            return cls(case, folder, log, auditor, open_model)
        except Refusal:
            log.close()
            raise

    # -- the door

    def run(
        self,
        probe: Probe,
        *,
        on: str = ORGANISM,
        beside: str | None = None,
        actor: Actor | None = None,
        progress: Progress | None = None,
        plan: PlanStep | None = None,
    ) -> Outcome:
        """Rules, intent, run, result: each a durable record before the next step.

        `on`: who is asked. `beside`: with whom a probe that compares two compares; the baseline, if nobody is named.
        Whoever asks the organism under an adapter has it asked the same without, unless it was before.
        A refusal by the rules or the model is an outcome, not an exception, and so is a stop before the model was
        asked, which costs nothing. Raises Refusal only if the log itself cannot be written.
        """
        outcome = self._ask(probe, on, beside, actor or self.actor, progress or Silent(), plan)
        if outcome.status == "ok" and self._doubled(current(probe), on):
            self._ask(probe, ORGANISM, beside, actor or self.actor, Silent(), None)
        return outcome

    def _ask(
        self, probe: Probe, on: str, beside: str | None, actor: Actor, progress: Progress, plan: PlanStep | None
    ) -> Outcome:
        probe, on = current(probe), subject_named(on)
        beside = probe.compared_with(beside)
        asked = Asked(
            probe=probe.kind,
            version=probe.version,
            arguments=probe.model_dump(mode="json"),
            actor=actor,
            plan=plan,
            on=on,
            beside=beside,
        )
        with self._door:
            try:
                opened = self._admit(probe, on, beside, progress)
                probe = bound(probe, self.log, with_case(self.case, self.arrays))
                reserved = probe.estimate(unrestricted(opened.model, opened.beside))
                self._afford(reserved)
            except (Refusal, ModelRefusal) as refusal:
                told = _refusal(refusal)
                reason = Reason.of(told)
                entry = self.log.append(RefusalRecord(**_fields(asked), **_fields(reason)))
                return Outcome("refused", entry, refusal=told)
            intent = self.log.append(
                Intent(
                    **_fields(asked),
                    model=opened.model.card.digest,
                    beside_model=opened.beside.card.digest if opened.beside is not None else None,
                    engine=str(opened.model.environment["engine"]),
                    elicitation=self.elicitation(probe, on),
                    reserved=reserved,
                )
            )
            return self._run(probe, on, opened, intent, reserved, progress)

    def _doubled(self, probe: Probe, on: str) -> bool:
        """Whether it goes to the organism under an adapter, and was never put to the organism alone."""
        if named(on)[0] != ADAPTER:
            return False
        arguments = probe.model_dump(mode="json")
        return not any(
            intent.on == ORGANISM and (intent.probe, intent.version) == (probe.kind, probe.version)
            for entry in self.log.entries((Intent.kind,))
            if entry.data["arguments"] == arguments and (intent := entry.read(Intent))
        )

    def _run(self, probe: Probe, on: str, opened: Opened, intent: Entry, reserved: Cost, progress: Progress) -> Outcome:
        result, error = None, None  # type: Result | None, Refusal | None
        try:
            needed = probe.needed(self._heard_from(on))
            result = probe.run(Permitted(opened.model, needed, opened.beside), progress)
        except CutShortError as cut:  # what came before the engine ended is kept
            result, error = cut.result, _failure(probe, cut.__cause__ or cut)
        except Exception as reason:
            error = _failure(probe, reason)
        status: Literal["ok", "failed", "cancelled"] = "ok" if error is None else "failed"
        if error is None and result is not None and progress.cancel.is_set() and probe.unfinished(result):
            status = "cancelled"  # a Stop that came too late took nothing away
        # A failed probe may have shown the model anything up to what was reserved, so that is what it costs.
        cost = result.cost if result is not None and error is None else reserved
        record = ResultRecord(
            intent=intent.seq,
            probe=probe.kind,
            status=status,
            summary=result.summary if result is not None else None,
            result=_plain(result.model_dump(mode="json")) if result is not None else None,
            error=Reason.of(error) if error is not None else None,
            cost=cost,
            environment=dict(opened.model.environment),
            beside_environment=dict(opened.beside.environment) if opened.beside is not None else None,
            blobs=self.blobs.put(result.arrays) if result is not None else {},
        )
        try:
            entry = self.log.append(record)
        except canonical.TooLongError:
            status, error = "failed", _too_long()
            entry = self.log.append(self._beside(record, Reason.of(error)))
        self.spent = self.spent + cost
        return Outcome(status, entry, result, error)

    def _beside(self, record: ResultRecord, reason: Reason) -> ResultRecord:
        """A record whose result is too long for one, with the result kept as a text in the side-car."""
        text = json.dumps(record.result, ensure_ascii=False).encode("utf-8", "surrogatepass")
        arrays = {**self.blobs.get(record.blobs), TOO_LONG: np.frombuffer(text, np.uint8)}
        return record.model_copy(
            update={
                "status": "failed", "summary": None, "result": None, "error": reason, "blobs": self.blobs.put(arrays),
            }
        )  # fmt: skip

    def _admit(self, probe: Probe, on: str, beside: str | None, progress: Progress) -> Opened:
        """Whoever is to be asked, if rules and engine let this probe at them, and nobody has stopped it by then."""
        if reason := self.forbids(probe, on, beside):
            raise reason
        if not Corpora.of(self.case).admit(probe, self.rules):
            raise Refusal(
                "rules.input", "What this probe gives the model is not in the case's corpora.",
                "The rules of engagement allow only texts from there, controls and answers included.",
                "Pick lines of a file in corpora/, or read the files there by the plan corpus.",
            )  # fmt: skip
        # Opening a model takes seconds, so a stop is looked for before it and after.
        _refuse_if_stopped(progress)
        opened = self._subjects.open(on, beside)
        _refuse_if_stopped(progress)
        for model in (opened.model, opened.beside):
            if model is not None and (missing := probe.needs - model.capabilities):
                raise Refusal(
                    "model.unsupported", f"{probe.kind} cannot run on this engine.",
                    f"It needs {', '.join(sorted(missing))}, which {model.environment['engine']} does not offer here.",
                    "Choose another engine or another probe.",
                )  # fmt: skip
        _refuse_if_unlike(opened)
        return opened

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

    def forbids(self, probe: Probe, on: str = ORGANISM, beside: str | None = None) -> Refusal | None:
        """The refusal that the rules have for this very probe, or None."""
        return self.rules.refusal(needs_of(probe.needed(self._heard_from(on)), on, probe.compared_with(beside)))

    def lacks(self, kind: type[Probe]) -> frozenset[Affordance]:
        """What the rules would have to allow before any probe of a kind could be asked here."""
        compares = Affordance.BASELINE in kind.affordances
        beside = next(iter(self.subjects()[1:]), None) if compares else None
        return needs_of(kind.affordances, ORGANISM, beside) - self.rules.affordances

    def elicitation(self, probe: Probe, on: str = ORGANISM) -> Elicitation:
        """How forced what a probe would show is, given what is on record."""
        return probe.elicitation(self._heard_from(on))

    def _heard_from(self, on: str) -> Heard:
        """Whether somebody answered so in this session. Looked up when a chat quotes somebody, which is rare."""

        def heard(before: tuple[Turn, ...], text: str) -> bool:
            return HeardAnswers.of(self.log).by(on)(before, text)

        return heard

    def _files_of(self, on: str) -> ModelFiles:
        """Where the model of a subject lies. Raises Refusal if there is none."""
        sort, digest = named(on)
        if sort == BROUGHT:
            files = self._shelf.find(digest) if any(one.model == digest for one in self.brought()) else None
        else:
            files = files_of(self.case, on)
        if files is None:
            raise absent(on)
        return files

    @property
    def loading(self) -> bool:
        """Whether a model is being opened just now."""
        return self._subjects.opening

    @property
    def opened(self) -> bool:
        """Whether the next probe finds the organism open."""
        return self._subjects.is_open(ORGANISM)

    @property
    def opener(self) -> OpenModel:
        """What opens the organism."""
        return self._subjects.open_model

    def use(self, open_model: OpenModel) -> None:
        """Open models in another way when the next probe needs them; waits for the probe that runs."""
        with self._door:
            self._subjects.close()
            self._subjects = OpenSubjects(open_model, self._files_of)

    def abort(self) -> None:
        """End what the engine does, from any thread, for what a probe's `cancel` cannot stop: loading, or one long
        pass. The probe fails, and the next one has the model loaded again."""
        self._subjects.abort()

    def fresh_seed(self, probe: Probe | None, on: str = ORGANISM) -> int:
        """A seed for this question that nobody picked, and that was not used for it before; None: for one that nobody
        has asked yet."""
        for entry in self.log.page(self._seeds_read, self.log.size, (Genesis.kind, Intent.kind)):
            self._seeds.add(entry)
            self._seeds_read = entry.seq + 1
        return self._seeds.fresh(current(probe) if probe is not None else None, on)

    def seeded(self, probe: Probe, on: str = ORGANISM) -> Probe:
        """The same question with seeds that nobody picked."""
        return probe.model_copy(update={name: self.fresh_seed(probe, on) for name in probe.seeds})

    def price(self, probe: Probe, on: str = ORGANISM, beside: str | None = None) -> Cost:
        """The most a probe may spend, before it is run. Raises Refusal if it could not run at all."""
        with self._door:
            try:
                opened = self._admit(probe, on, probe.compared_with(beside), Silent())
                probe = bound(probe, self.log, with_case(self.case, self.arrays))
                cost = probe.estimate(unrestricted(opened.model, opened.beside))
                # The same question without an adapter is asked beside, and costs as much.
                return cost + cost if self._doubled(probe, on) else cost
            except ModelRefusal as refusal:
                raise _refusal(refusal) from refusal

    def prepare(self) -> dict[str, Any]:
        """Have the organism open for the first probe; gives its environment. Raises Refusal if it cannot be opened."""
        with self._door:
            try:
                return dict(self._subjects.open(ORGANISM).model.environment)
            except ModelRefusal as refusal:
                raise _refusal(refusal) from refusal

    def seconds(self, probe: Probe, cost: Cost, on: str = ORGANISM) -> float | None:
        """How long a probe that may cost so much takes at most, by how fast this session was; None if nobody knows."""
        with self._door:
            engine = self._subjects.engine(on)
        return seconds(self.log, probe.kind, engine, cost) if engine is not None else None

    def subjects(self) -> tuple[str, ...]:
        """Everybody whom the rules let this session ask, and who is there; the organism first."""
        every = (*offered(self.case), *dict.fromkeys(brought(one.model) for one in self.brought()))
        return tuple(on for on in every if needed_to_ask(on) <= self.rules.affordances)

    def brought(self) -> tuple[Brought, ...]:
        """The models that were brought into this session."""
        return tuple(entry.read(Brought) for entry in self.log.entries((Brought.kind,)))

    def whom(self, name: str) -> str:
        """A subject by its name, or a brought model by the name that it was given here. Raises Refusal."""
        sort, which = named(name)
        found = [brought(one.model) for one in self.brought() if sort == BROUGHT and which in (one.name, one.model)]
        return found[-1] if found else subject_named(name)

    def bring(
        self, path: Path, name: str, provenance: str, data: Path | None = None, actor: Actor | None = None
    ) -> Entry:
        """Take a model into the session that the auditor brought or trained, under the rules' limits. Raises Refusal.

        `data`: what it was trained on, a file or folder.
        """
        files = folder_of(path)
        bulk, trained = weigh(files.weights), TrainingData.of(data) if data is not None else None
        record = Brought(
            name=name, model=files.digest, weights=bulk.weights, format=bulk.format, provenance=provenance,
            data=trained.sha256 if trained is not None else None, data_size=trained.size if trained is not None else 0,
            actor=actor or self.actor,
        )  # fmt: skip
        if why := against(self.rules, record, weigh(self.case.path("weights")).weights):
            raise Refusal(
                "rules.brought", f"The model {name} may not be brought here.", why,
                "Bring one within the rules, or ask the case's own models.",
            )  # fmt: skip
        self._shelf.take(files)
        return self.log.append(record)

    # -- what else an auditor leaves in the log

    def note(self, text: str, actor: Actor | None = None) -> Entry:
        """Write a remark."""
        return self.log.append(Note(text=text, actor=actor or self.actor))

    def tag(self, seq: int, label: str, actor: Actor | None = None) -> Entry:
        """Label a record. Raises KeyError if there is none."""
        return self.log.append(Tag(record=self.log.entry(seq).seq, label=label, actor=actor or self.actor))

    def hypothesise(self, hypothesis: Hypothesis) -> Entry:
        """Say what is expected, or revise it, before it is looked for: only draws after this record can confirm it.

        Raises Refusal if it asks nothing of an answer.
        """
        if hypothesis.predicate.empty:
            raise Refusal(
                "input.invalid", "The hypothesis expects nothing of an answer.",
                "Whatever was found later would confirm it.", "Say which words an answer shows, or does not.",
            )  # fmt: skip
        return self.log.append(hypothesis)

    def claim(self, finding: Finding, actor: Actor | None = None) -> Entry:
        """Record a finding, or a revision of the one with its id, with the strength the log gives it.

        Raises Refusal if it cites what the log does not hold.
        """
        strong = strength.strength(finding, self.log)
        return self.log.append(FindingRecord(finding=finding, strength=strong, actor=finding.author))

    def withdraw(self, finding: str, reason: str = "", actor: Actor | None = None) -> Entry:
        """Take a finding back; it stays in the log. Raises Refusal if there is none of that id."""
        if finding not in {found.id for found in recorded(self.log)}:
            raise Refusal(
                "report.citation", f"There is no finding “{finding}” to withdraw.",
                "It was never recorded, or withdrawn before.", "List the findings first.",
            )  # fmt: skip
        return self.log.append(Withdrawn(finding=finding, reason=reason, actor=actor or self.actor))

    def take_in(self, path: Path, note: str = "", actor: Actor | None = None) -> Entry:
        """Record that a file or an exported log from elsewhere was taken into this session.

        Raises Refusal if it cannot be read, or is an exported log, report or verdict that does not verify.
        """
        return self.log.append(described(path, note=note, actor=actor or self.actor))

    @property
    def ticket(self) -> bytes | None:
        """The judge's ticket as it was given, if there was one."""
        path = self.folder / self.TICKET
        return path.read_bytes() if path.exists() else None

    def arrays(self, entry: Entry) -> Mapping[str, Any]:
        """The side-car arrays of a result record."""
        return self.blobs.get(entry.as_(ResultRecord).blobs)

    def close(self) -> None:
        """Give back the model and the log. Closing twice is fine."""
        self._subjects.close()
        self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def holder(identity: Identity) -> Actor:
    """The person whose key it is."""
    return Actor(name=identity.name)


def _check_belongs(genesis: Genesis, case: Case, auditor: Identity, folder: Path) -> None:
    if genesis.case != case.digest:
        raise Refusal(
            "session.other-case", f"{folder} belongs to another case.", f"It was started on “{genesis.title}”.",
            "Open the case it was started on, or start a new session.",
        )  # fmt: skip
    if genesis.auditor != Person.of(auditor.public):
        raise Refusal(
            "session.other-auditor", f"{folder} is another auditor's session.",
            "Its records are signed with another key.", "Use the key it was started with, or start a new session.",
        )  # fmt: skip


def _genesis(
    case: Case, auditor: Identity, ticket: Ticket | None, restriction: Rules | None, actor: Actor | None
) -> Genesis:
    rules = case.manifest.rules
    if restriction is not None and (wider := widening(rules, restriction.model_dump(mode="json"))):
        raise Refusal(
            "rules.widened", "The restriction allows more than the case.", f"{wider}.",
            "A session can only be held to less than its case allows: narrow the restriction.",
        )  # fmt: skip
    return Genesis(
        workbench=VERSION,
        case=case.digest,
        title=case.manifest.title,
        specification=case.manifest.specification,
        model=case.model_digest,
        rules=dict(rules),
        restriction=restriction,
        auditor=Person.of(auditor.public),
        judge=Person.of(case.manifest.judge),
        ticket=Permit.of(ticket) if ticket else None,
        probes={probe.kind: Declared(version=probe.version, digest=probe.digest()) for probe in PROBES},
        actor=actor or holder(auditor),
    )


def _spent(log: AuditLog, orphans: Iterable[int]) -> Cost:
    """What the log says was spent; an intent without a result costs what it reserved."""
    # In SQL, because a long session would take many seconds to read record by record.
    sums = ", ".join(f"coalesce(sum(cost_{name}), 0)::BIGINT" for name in Cost.model_fields)
    ((*found,),) = log.query(f"SELECT {sums} FROM result")
    spent = Cost(**dict(zip(Cost.model_fields, found, strict=True)))
    for seq in orphans:
        spent = spent + log.entry(seq).read(Intent).reserved
    return spent


def _too_long() -> Refusal:
    return Refusal(
        "log.record-too-long", "The answer is too long for the log.",
        f"A record holds {canonical.LIMIT >> 20} MiB. The answer is kept whole beside the log, in the record's array "
        f"“{TOO_LONG}”, as JSON; it cannot be cited.",
        "Ask for fewer or shorter answers at once.",
    )  # fmt: skip


def _refuse_if_unlike(opened: Opened) -> None:
    """Two models can only be compared token by token if their tokens are the same in number."""
    if opened.beside is None or opened.beside.card.vocab == opened.model.card.vocab:
        return
    raise Refusal(
        "model.unsupported", "These two models cannot be compared.",
        f"One knows {opened.model.card.vocab} tokens, the other {opened.beside.card.vocab}.",
        "Ask each by itself, in words.",
    )  # fmt: skip


def _refuse_if_stopped(progress: Progress) -> None:
    if progress.cancel.is_set():
        raise Refusal(
            "interrupted", "The probe was stopped before the model was asked.", "Nothing was run, and nothing spent.",
            "Ask again.",
        )  # fmt: skip


def _failure(probe: Probe, error: BaseException) -> Refusal:
    """Why a probe failed, for people; of a defect the traceback is kept, and the session goes on."""
    if isinstance(error, ModelRefusal):
        return _refusal(error)
    if isinstance(error, MemoryError):
        return Refusal("model.crashed", "The probe ran out of memory.", "It asked for more than this machine has.",
                       "Ask for less at once: fewer samples, positions or tokens.")  # fmt: skip
    where = write_crash_file("".join(traceback.format_exception(error)))
    return Refusal("internal", f"The probe {probe.kind} failed.", f"This is a defect; see {where}.",
                   "Report it; the session is intact.")  # fmt: skip


def _fields(document: Document) -> dict[str, Any]:
    """The fields of a document as they are, for a larger one that has them too."""
    return {name: getattr(document, name) for name in type(document).model_fields}


def _refusal(error: Refusal | ModelRefusal) -> Refusal:
    return error if isinstance(error, Refusal) else Refusal(error.code, error.what, error.why, error.try_this)


def _plain(value: Any) -> Any:
    """The same JSON with -0.0 as 0.0, which RFC 8785 cannot tell apart."""
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
