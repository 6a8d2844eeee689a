"""The rules of engagement, held once more against what was asked and what came of it.

The auditor's machine is not believed: what a probe needs follows from its arguments and from the answers recorded
before it, what it cost from its result, and what a failed or unanswered one may have cost from what it asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from backends.model import Model, ModelRefusal
from casefiles.case.bundle import Case
from casefiles.status import Refusal
from workbench.contract.permitted import unrestricted
from workbench.contract.probe import Probe
from workbench.contract.rules import Affordance, Budget, Cost, Rules
from workbench.contract.subject import BROUGHT, ORGANISM, named, needs_of
from workbench.document import Document
from workbench.door.brought import against, weigh
from workbench.door.corpora import Corpora
from workbench.door.subjects import files_of, offered
from workbench.evidence.observations import spent
from workbench.log.entry import Entry, Records
from workbench.log.heard import HeardAnswers
from workbench.log.rebuilding import probe_of, result_of
from workbench.log.records import Brought, Genesis, Intent, ResultRecord
from workbench.log.releases import StatedReleases
from workbench.version import VERSION
from workbench.visible import quoted

_TIMES: Final = 4
"""So often what the rules allow a session is drawn, at most, of what its probes swallowed; where they set no limit,
what is on record of it, or"""
_LEAST: Final = 50_000
"""so many tokens."""


class Breach(Document):
    """A probe that the rules did not allow."""

    record: int
    """Its result, or its intent if it has none."""
    why: str


class Understated(Document):
    """A probe without a result, or that failed or was stopped, whose record states less than it could have cost."""

    intent: int
    cost: Cost


class StoppedBeyond(Document):
    """A limit that stopped probes may have gone beyond: what they had shown when they were stopped is their auditor's
    word."""

    limit: str
    """Its name in the budget."""
    spent: int
    stopped: int
    """What they asked for beyond what they are on record with."""
    allowed: int


class Engagement(Document):
    """How a session kept to the rules of its case."""

    probes: int
    breaches: tuple[Breach, ...] = ()
    understated: tuple[Understated, ...] = ()
    findings: int | None = None
    """How many findings the rules allow."""
    stopped: tuple[Understated, ...] = ()
    """Probes that were stopped and had asked for more than they are on record with."""
    beyond: tuple[StoppedBeyond, ...] = ()
    elsewhere: tuple[int, ...] = ()
    """Results that state another model than the case's: nobody here can say what it was."""

    @property
    def broken(self) -> frozenset[int]:
        """The records of probes that the rules did not allow: they count for nothing."""
        return frozenset(breach.record for breach in self.breaches)


@dataclass(frozen=True)
class Terms:
    """What a session on a case is held to, whatever its own log says."""

    rules: Rules
    corpora: Corpora | None
    """None: they are not at hand."""
    model: str
    """Digest of the organism."""
    others: Mapping[str, str] = field(default_factory=dict)
    """Other subjects that the case brings → digest."""
    weights: int = 0
    """How many the organism has."""
    weighed: Mapping[str, int] = field(default_factory=dict)
    """Digest of a brought model whose files were handed in → how many weights it has; the others' word is taken."""

    @classmethod
    def of(cls, case: Case) -> Terms:
        others = {on: files.digest for on in offered(case) if (files := files_of(case, on)) is not None}
        rules = Rules.sealed(case.manifest.rules)
        weights = weigh(case.path("weights")).weights if Affordance.BROUGHT in rules.affordances else 0
        return cls(rules, Corpora.of(case), case.model_digest, others, weights)

    @classmethod
    def stated(cls, genesis: Genesis) -> Terms:
        """What a log itself says of its case, for a reader without the case: nobody can say then what its corpora hold,
        nor that a brought model is too large. Raises Refusal if its rules cannot be read."""
        return cls(Rules.sealed(genesis.rules), None, genesis.model, weights=2**53)

    def digest_of(self, on: str) -> str | None:
        """The digest that a subject must have; None: there is no such subject."""
        sort, which = named(on)
        if sort == BROUGHT:
            return which
        return self.model if on == ORGANISM else self.others.get(on)


def examine(
    records: Records,
    terms: Terms,
    *,
    until: int | None = None,
    model: Model | None = None,
    others: Mapping[str, Model] = MappingProxyType({}),
    doubted: Collection[int] = (),
    bind: Callable[[Probe], Probe] = lambda probe: probe,
) -> Engagement:
    """Hold the first `until` records of a log, or all, against the rules of the case and those it was begun under.

    With the model, and those of `others`, it is known what a probe that left no result, or was stopped, could have
    cost; `bind` gives it the arrays that it takes. Answers in `doubted` results were never given, so that quoting them
    in a chat is putting words into the assistant's mouth.
    """
    genesis = records.entry(0).read(Genesis)
    held = [terms.rules, *([genesis.restriction] if genesis.restriction is not None else [])]
    brought = {entry.data.get("model"): entry for entry in records.entries((Brought.kind,))}
    breaches, elsewhere = list[Breach](), list[int]()
    understated, stopped = list[Understated](), list[Understated]()
    total, asked_for, probes = Cost(probes=0), Cost(probes=0), 0
    broken: set[int] = set()
    for step in admitted(records, until=until, doubted=doubted):
        probes += 1
        cost = step.cost
        asked = others.get(step.intent.on, model)
        open_ended = step.stopped or not step.came_to_an_end
        beside = model if step.intent.beside == ORGANISM else others.get(step.intent.beside or "")
        most = _most(step.most, step.probe, asked, beside, bind) if open_ended and asked is not None else step.most
        if step.probe is None:
            most = _all_there_is(most, held)
        if most != cost:
            (stopped if step.stopped else understated).append(Understated(intent=step.intent_seq, cost=most))
        if not step.stopped or step.probe is None:
            cost = most
        total, asked_for = total + cost, asked_for + most
        if step.foreign(terms):
            elsewhere.append(step.record)
        if why := _breach(step, held, terms, total, brought) or _taken(step, broken):
            breaches.append(Breach(record=step.record, why=why))
            broken.add(step.record)
    return Engagement(
        probes=probes,
        breaches=tuple(breaches),
        understated=tuple(understated),
        findings=min(rules.findings for rules in held),
        stopped=tuple(stopped),
        beyond=tuple(_beyond(held, total, asked_for)) if stopped else (),
        elsewhere=tuple(elsewhere),
    )


def _all_there_is(stated: Cost, held: Sequence[Rules]) -> Cost:
    """What a probe may have cost of which nobody knows what it was: all that the rules let anybody spend."""
    most = {
        name: max(getattr(stated, name), limit)
        for name, limit in (limited for rules in held for limited in rules.budget)
        if limit is not None and name != "probes"
    }
    return stated.model_copy(update=most)


def _beyond(held: Sequence[Rules], spent: Cost, asked_for: Cost) -> Iterator[StoppedBeyond]:
    for name in Budget.model_fields:
        limits = [limit for rules in held if (limit := getattr(rules.budget, name)) is not None]
        total, most = getattr(spent, name), getattr(asked_for, name)
        if limits and most > max(total, min(limits)):
            yield StoppedBeyond(limit=name, spent=total, stopped=most - total, allowed=min(limits))


def drawn_again_at_most(records: Records, rules: Rules) -> int:
    """How many tokens a judge draws at most of what a session's probes swallowed: what asks for millions, and was
    killed, would keep its judge busy for days."""
    on_record = sum(step.cost.generated_tokens for step in admitted(records) if step.came_to_an_end)
    return _TIMES * (rules.budget.generated_tokens or max(_LEAST, on_record))


def spending(records: Records, engagement: Engagement, *, until: int) -> Cost:
    """What was spent at most by the probes that were let in before record `until`: when one was stopped is its
    auditor's word, and so what it had not yet shown."""
    known = {item.intent: item.cost for item in (*engagement.understated, *engagement.stopped)}
    costs = (known.get(step.intent_seq, step.most) for step in admitted(records) if step.intent_seq < until)
    return sum(costs, Cost(probes=0))


@dataclass(frozen=True)
class AdmittedProbe:
    """One probe that was let in, and what came of it."""

    intent_seq: int
    record: int
    intent: Intent
    probe: Probe | None
    needed: frozenset[Affordance]
    cost: Cost
    came_to_an_end: bool
    """Whether what it cost stands in its result: one that its auditor stopped has shown no more than that."""
    stopped: bool = False

    @property
    def most(self) -> Cost:
        """What it may have cost, as far as its arguments alone tell."""
        if self.came_to_an_end and not self.stopped:
            return self.cost
        asked = max(self.cost.generated_tokens, self.probe.generates() if self.probe is not None else 0)
        return self.cost.model_copy(update={"generated_tokens": asked})

    def foreign(self, terms: Terms) -> bool:
        """Whether it was asked of a model that is not the one its subject's name means."""
        beside = self.intent.beside
        if self.probe is not None and (self.probe.compared_with() is None) != (beside is None):
            return True  # it compares two and names one, or the other way round
        compared = None if beside is None else terms.digest_of(beside)
        return self.intent.model != terms.digest_of(self.intent.on) or self.intent.beside_model != compared


def admitted(records: Records, *, until: int | None = None, doubted: Collection[int] = ()) -> Iterator[AdmittedProbe]:
    """Every probe of a log in the order in which they were let in."""
    found: dict[int, AdmittedProbe] = {}
    heard, releases = HeardAnswers(), StatedReleases(records)
    for entry in records.entries((Intent.kind, ResultRecord.kind)):
        if until is not None and entry.seq >= until:
            break
        if entry.kind == Intent.kind:
            found[entry.seq] = _let_in(entry, heard, here=releases.of(entry.seq) == VERSION)
            continue
        answer = entry.read(ResultRecord)
        asked = found.get(answer.intent)
        if asked is None or asked.record != asked.intent_seq:
            continue  # it answers nothing that was let in, or what was answered before
        result = result_of(asked.intent, answer)
        cost, ended = spent(asked.intent, answer, result), answer.result is not None and answer.status != "failed"
        stopped = answer.status == "cancelled"
        found[answer.intent] = replace(asked, record=entry.seq, cost=cost, came_to_an_end=ended, stopped=stopped)
        if asked.probe is not None and entry.seq not in doubted:
            heard.add(asked.intent.on, asked.probe, result)
    yield from found.values()


def _let_in(entry: Entry, heard: HeardAnswers, *, here: bool) -> AdmittedProbe:
    """`here`: this version of the workbench is said to have written it, which lets nobody do what an earlier one did,
    whatever version of a probe the record names."""
    intent = entry.read(Intent)
    probe, known = probe_of(intent), heard.by(intent.on)
    needed = probe.needed(known) if probe is not None else frozenset()
    if probe is not None and here:
        needed = needed.union(*(prompt.affordances(known) for prompt in probe.chosen()))
    needed = needs_of(needed, intent.on, intent.beside)
    return AdmittedProbe(entry.seq, entry.seq, intent, probe, needed, intent.reserved, came_to_an_end=False)


def _breach(step: AdmittedProbe, held: list[Rules], terms: Terms, total: Cost, brought: Mapping[object, Entry]) -> str:
    """Why the rules did not allow a probe, in a sentence; empty if they did."""
    if step.probe is None:
        kind = f"probe {quoted(step.intent.probe)} of version {step.intent.version} with such arguments"
        return f"No {kind} is known here: nobody can say what it asked."
    for on in (step.intent.on, step.intent.beside or ORGANISM):
        sort, digest = named(on)
        if sort == BROUGHT and (why := _unfit(brought.get(digest), step, held, terms)):
            return why
    for rules in held:
        if missing := step.needed - rules.affordances:
            return f"It needs {', '.join(sorted(missing))}, which the rules do not allow."
        if step.probe is not None and terms.corpora is not None and not terms.corpora.admit(step.probe, rules):
            return "What it gives the model is not in the case's corpora."
        for name, limit in rules.budget:
            if limit is not None and getattr(total, name) > limit:
                return f"With it {getattr(total, name)} {name.replace('_', ' ')} are spent, of {limit}."
    return ""


def _taken(step: AdmittedProbe, broken: Collection[int]) -> str:
    """Whether a probe takes an array that the rules did not allow anybody to have, in a sentence; empty if not."""
    references = step.probe.references() if step.probe is not None else ()
    taken = next((one.record for one in references if one.record in broken), None)
    return "" if taken is None else f"It takes an array of record {taken}, which the rules did not allow."


def _unfit(entry: Entry | None, step: AdmittedProbe, held: list[Rules], terms: Terms) -> str:
    """Why a brought model may not be asked, in a sentence; empty if it may."""
    if entry is None or entry.seq > step.intent_seq:
        return "It was asked of a model that had not been brought."
    record = entry.read(Brought)
    record = record.model_copy(update={"weights": terms.weighed.get(record.model, record.weights)})
    return next((why for rules in held if (why := against(rules, record, terms.weights))), "")


def _most(
    stated: Cost, probe: Probe | None, model: Model, beside: Model | None, bind: Callable[[Probe], Probe]
) -> Cost:
    """The most that a probe may have cost which did not come to its end. `beside`: the model that it compares with. One
    that cannot be run as it is written down, or whose arrays the log does not hold, was run otherwise if it was, and
    read its prompts at least."""
    if probe is None:
        return stated
    subject = unrestricted(model, beside)
    try:
        try:
            found = bind(probe).estimate(subject)
        except (Refusal, LookupError):
            found = Probe.estimate(probe, subject)
    except (ModelRefusal, LookupError):  # of what it was asked otherwise nothing is known
        return stated
    return Cost(**{name: max(getattr(stated, name), getattr(found, name)) for name in Cost.model_fields})
