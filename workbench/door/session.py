"""The one door: every probe passes through `Session.run`, and what did not pass through it did not happen."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from backends.model import ModelRefusal
from backends.model_files import ModelFiles
from casefiles.case.bundle import Case
from casefiles.custody.ticket import Ticket, refused, verified
from casefiles.files.disk import make_folder, new_folder, read_small, write_atomic
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from workbench.claims.finding import Finding
from workbench.contract.actor import Actor
from workbench.contract.permitted import unrestricted
from workbench.contract.probe import Probe
from workbench.contract.progress import Progress, Silent
from workbench.contract.prompt import Heard, Prompt
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
from workbench.door.beginning import check_belongs, first_record, holder, spent_in
from workbench.door.brought import Shelf, TrainingData, against, folder_of, weigh
from workbench.door.corpora import Corpora
from workbench.door.dictionaries import with_case
from workbench.door.running import IntendedRun, Outcome, spoken_refusal
from workbench.door.subjects import Opened, OpenModel, OpenSubjects, absent, files_of, offered
from workbench.evidence import ordinary, strength
from workbench.evidence.standing import recorded
from workbench.listener import Listener, silent
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
    FindingRecord,
    Genesis,
    Hypothesis,
    Intent,
    Note,
    Permit,
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
from workbench.probes import current
from workbench.version import VERSION
from workbench.visible import quoted
from workbench.whole_text import refuse_halves


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
        genesis = log.entry(0).read(Genesis)
        self.rules = genesis.in_force
        """What this session is held to: the case's rules, or the narrower ones it was begun under."""
        self.permit = genesis.ticket
        """What the judge's ticket says that it was begun under, if there was one."""
        self.actor = holder(auditor)
        """Whoever does something here and is not named."""
        ordinary.at_hand(case)
        self.blobs = Blobs(folder / self.BLOBS)
        self.custody = Custody(folder, log, case.manifest.judge)
        self._subjects = OpenSubjects(open_model, self._files_of)
        self._shelf = Shelf(folder)
        self._door = threading.Lock()
        self._seeds, self._seeds_read = Seeds(), 0
        self.orphans = log.orphans()
        self.spent = spent_in(log, self.orphans)

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
        genesis = first_record(case, auditor, permit, restriction, actor)
        make_folder(folder.parent)
        # The folder gets its name only once its first record is durable, so that a half-made session never shows.
        with new_folder(folder) as nursery:
            if ticket:
                write_atomic(nursery / cls.TICKET, ticket)
            write_atomic(nursery / cls.CASE, os.fsencode(case.root.resolve()))
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
            check_belongs(genesis, case, auditor, folder)
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
        if outcome.status != "ok" or named(on)[0] != ADAPTER:
            return outcome
        if self._doubled(current(probe), on):
            self._ask(probe, ORGANISM, beside, actor or self.actor, Silent(), None)
        return replace(outcome, alone=self._alone(current(probe)))

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
                told = spoken_refusal(refusal)
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
            run = IntendedRun(probe, opened, self._heard_from(on), intent, reserved)
            outcome = run.into(self.log, self.blobs, progress)
            self.spent = self.spent + outcome.cost
            return outcome

    def _doubled(self, probe: Probe, on: str) -> bool:
        """Whether it goes to the organism under an adapter, and was never put to the organism alone."""
        return named(on)[0] == ADAPTER and next(self._put_alone(probe), None) is None

    def _put_alone(self, probe: Probe) -> Iterator[int]:
        """The intents by which it was put to the organism alone."""
        arguments = probe.model_dump(mode="json")
        for entry in self.log.entries((Intent.kind,)):
            if entry.data["arguments"] == arguments:
                intent = entry.read(Intent)
                if intent.on == ORGANISM and (intent.probe, intent.version) == (probe.kind, probe.version):
                    yield entry.seq

    def _alone(self, probe: Probe) -> Entry | None:
        """The last result of it that the organism gave alone."""
        intents, found = frozenset(self._put_alone(probe)), None
        for entry in self.log.entries((ResultRecord.kind,)):
            found = entry if entry.data["intent"] in intents and entry.data["status"] == "ok" else found
        return found

    def _admit(self, probe: Probe, on: str, beside: str | None, progress: Progress) -> Opened:
        """Whoever is to be asked, if rules and engine let this probe at them, and nobody has stopped it by then."""
        if reason := self.forbids(probe, on, beside):
            raise reason
        if not Corpora.of(self.case).admit(probe, self.rules):
            raise Refusal(
                "rules.input", "What this probe gives the model is not in the case's corpora.",
                "The rules of engagement allow only texts from there, controls and answers included.",
                "Pick lines of a file in corpora/, for the control too (one that nobody names is made up), or read "
                "the files there by the plan corpus.",
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

        def heard(before: Prompt, text: str) -> bool:
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

    def seeded(self, probe: Probe, on: str, fresh: Collection[str]) -> Probe:
        """The same question with seeds that nobody picked for the arguments named in `fresh`."""
        return probe.model_copy(update={name: self.fresh_seed(probe, on) for name in fresh})

    def price(self, probe: Probe, on: str = ORGANISM, beside: str | None = None) -> Cost:
        """The most a probe may spend, before it is run, as it is asked today. Raises Refusal if it could not run at
        all."""
        probe = current(probe)
        with self._door:
            try:
                opened = self._admit(probe, on, probe.compared_with(beside), Silent())
                probe = bound(probe, self.log, with_case(self.case, self.arrays))
                cost = probe.estimate(unrestricted(opened.model, opened.beside))
                # The same question without an adapter is asked beside, and costs as much.
                return cost + cost if self._doubled(probe, on) else cost
            except ModelRefusal as refusal:
                raise spoken_refusal(refusal) from refusal

    def prepare(self) -> dict[str, Any]:
        """Have the organism open for the first probe; gives its environment. Raises Refusal if it cannot be opened."""
        with self._door:
            try:
                return dict(self._subjects.open(ORGANISM).model.environment)
            except ModelRefusal as refusal:
                raise spoken_refusal(refusal) from refusal

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
        self,
        path: Path,
        name: str,
        provenance: str,
        data: Path | None = None,
        actor: Actor | None = None,
        listener: Listener = silent,
    ) -> Entry:
        """Take a model into the session that the auditor brought or trained, under the rules' limits. Raises Refusal.

        `data`: what it was trained on, a file or folder. `listener` hears how far it is; where it raises, nothing is
        recorded and nothing left.
        """
        listener(0.0, "reading the files")
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
        self._shelf.take(files, listener)
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
                "report.citation", f"There is no finding {quoted(finding)} to withdraw.",
                "It was never recorded, or withdrawn before.", "List the findings first.",
            )  # fmt: skip
        return self.log.append(Withdrawn(finding=finding, reason=reason, actor=actor or self.actor))

    def take_in(self, path: Path, note: str = "", actor: Actor | None = None) -> Entry:
        """Record that a file or an exported log from elsewhere was taken into this session.

        Raises Refusal if it cannot be read, or is an exported log, report or verdict that does not verify.
        """
        refuse_halves([path.name, note])
        return self.log.append(described(path, note=note, actor=actor or self.actor))

    @property
    def ticket(self) -> bytes | None:
        """The judge's ticket as it was given, if there was one. Raises Refusal if the file is not that ticket."""
        path = self.folder / self.TICKET
        if self.permit is None and not path.exists():
            return None
        data = read_small(path, 1 << 20)
        if Permit.of(verified(data, self.case.manifest.judge.verify)) != self.permit:
            raise refused("ticket.mismatch", f"Put the ticket that the session was begun under at {path}.")
        return data

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


def _fields(document: Document) -> dict[str, Any]:
    """The fields of a document as they are, for a larger one that has them too."""
    return {name: getattr(document, name) for name in type(document).model_fields}
