"""The answers and readings that a log holds, indexed by what was asked, so that evidence can be counted.

What was asked, how forced it was and which draws are one observation follow from the probe's own declaration; what a
record states about itself is not believed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, Self

from casefiles.files import canonical
from workbench.claims.finding import Finding, Role
from workbench.claims.predicate import folded
from workbench.contract.effect import Effect
from workbench.contract.figures import Answer, Ending
from workbench.contract.probe import MovedToken, Probe, Reads
from workbench.contract.prompt import Heard
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost, Demands, Elicitation
from workbench.contract.subject import BROUGHT, ORGANISM, named
from workbench.evidence.first_written import FirstWritten
from workbench.evidence.looks import Looks
from workbench.log.answering import Answering
from workbench.log.entry import Entry, Records, unreadable
from workbench.log.heard import HeardAnswers
from workbench.log.rebuilding import probe_of, result_of
from workbench.log.records import FindingRecord, Genesis, Hypothesis, Intent, ResultRecord
from workbench.log.seeds import Picking
from workbench.lookalikes import MARK
from workbench.probes import as_today

SAYING: Final = 2
"""Spaces of a prompt that says so much that one which holds it whole asks it again."""


@dataclass(frozen=True)
class LostDraws:
    """Answers that a probe gave, or would have given, and that its result does not hold."""

    answers: Sequence[Answer]
    asked_ids: tuple[int, ...] = ()
    """Token ids of what they answer; empty, in verdicts of before: nobody wrote them down."""


Swallowed = Mapping[int, LostDraws]
"""By the number of an intent."""
_NOTHING_LOST: Final = LostDraws(())

_SIGNS: Final = (r"\b[^\W_]{1,2}[+#]+(?!\w)", r"(?<=[^\W_])\s*[-+*/=<>^%]\s*(?=\d)")
_PLAIN: Final = re.compile(rf"{_SIGNS[0]}|[^\W_]+|{_SIGNS[1]}")
_WORD: Final = re.compile(rf"{_SIGNS[0]}|[^\W_]+(?:[{MARK}]+[^\W_]*)*|{_SIGNS[1]}")
"""With the signs of vowels that belong to a word, and in twice the time."""

KINDS = (Genesis.kind, Intent.kind, ResultRecord.kind, Hypothesis.kind, FindingRecord.kind)
"""The kinds of record that observations are made of."""


@dataclass(frozen=True)
class Draw:
    """One sampled answer."""

    seq: int
    index: int
    text: str
    tokens: int
    whole: bool
    """Whether it ended by itself, and was neither cut off nor stopped."""
    stopped: bool
    """Whether it ended where its author had said that it should: at a stop string."""
    ended_at: str
    """That text; empty if it did not, or nobody knows which."""
    written: bool
    """Whether its log holds it; else a judge drew it, where a probe had swallowed it."""
    question: str
    """What was asked of whom, however it was drawn."""
    sharp: bool
    """Whether its settings may have left so little noise that equal answers to one question tell no more than one."""
    noise: str
    """Prompt, seed and sample number. Engine and settings are no part of it: two draws of one noise that say the same
    are one observation, whatever else was set."""
    noise_of_prompt: str
    """The same, whoever was asked."""

    @property
    def heard(self) -> str:
        """Its text with the first letter of the stop string that ended it, which tells whether the last word was."""
        return self.text + self.ended_at[:1]

    def goes_on(self, other: Draw) -> bool:
        """Whether one is the other's text as far as both go."""
        short, long = sorted((self, other), key=lambda draw: len(draw.text))
        return short.text == long.text or (not short.whole and long.text.startswith(short.text))


def observed(draws: Iterable[Draw]) -> list[Draw]:
    """Each observation once: of draws of one noise that say the same the one that goes on longest, and of sharp draws
    to one question as many as there are different answers, of each as many as its share of all of them is."""
    found: defaultdict[str, list[Draw]] = defaultdict(list)
    for draw in sorted(draws, key=lambda draw: (draw.sharp, -len(draw.text), draw.seq, draw.index)):
        if not any(map(draw.goes_on, found[draw.noise])):
            found[draw.noise].append(draw)
    in_turn = sorted((draw for alike in found.values() for draw in alike), key=lambda draw: (draw.seq, draw.index))
    sharp: defaultdict[str, list[Draw]] = defaultdict(list)
    for draw in in_turn:
        if draw.sharp:
            sharp[draw.question].append(draw)
    passed = {(draw.seq, draw.index) for several in sharp.values() for draw in _passed_over(several)}
    return [draw for draw in in_turn if (draw.seq, draw.index) not in passed]


def _passed_over(sharp: Sequence[Draw]) -> Iterator[Draw]:
    """Those of some sharp draws that count for nothing: else who tried many questions would cite those of which the
    first answers are as they like. (Hare's quota, and the largest remainders)"""
    alike: list[list[Draw]] = []
    for draw in sharp:
        group = next((group for group in alike if draw.goes_on(group[0])), None)
        if group is None:
            alike.append([draw])
        else:
            group.append(draw)
    quotas = [divmod(len(alike) * len(group), len(sharp)) for group in alike]
    left = len(alike) - sum(whole for whole, _ in quotas)
    first = sorted(range(len(alike)), key=lambda at: -quotas[at][1])[:left]
    for at, group in enumerate(alike):
        yield from group[quotas[at][0] + (at in first) :]


@dataclass(frozen=True)
class Run:
    """One finished probe: what was asked, how, and the answers if it sampled any. `seq` is its result record; of a
    probe that never got one, and whose answers were drawn again, its intent."""

    seq: int
    intent: int
    ts_us: int
    kind: str
    """The kind of probe."""
    title: str
    asked: str
    """Everything the model was given in words, all turns of a chat."""
    given: str
    """The same without how its answer was made to begin."""
    wording: str
    """Its words, whatever their case and the signs between and after them: who asks twice so has asked once."""
    wordings: tuple[str, ...]
    """Those of each text that it puts, its first prompt's among them: some put a thousand, and some write what is asked
    as what may be answered."""
    prompt: str
    """What reached a model, however it was written, whatever the probe, its settings and the model: key of a prompt."""
    elicitation: Elicitation
    on: str
    """Who was asked; what different subjects said is never pooled."""
    model: str
    status: str
    cost: Cost
    counted: bool
    """Whether what it cost follows from what it gave, and is not what its record says."""
    condition: str
    """Everything that was asked except which draws were taken: runs of one condition are pooled."""
    question: str
    """The condition without how answers were drawn: the prompt, and every change of the model that answered."""
    settings: str
    """The condition without what was asked: how answers were drawn."""
    draws: tuple[Draw, ...]
    sampled: bool
    """Whether it is the kind of probe that samples answers, even if it was cancelled before the first."""
    inside: bool
    """Whether it read the model's inside."""
    edited: bool
    """Whether the model's inside was changed while it answered."""
    altered: str
    """What is asked of a model that was changed inside, or had another mixed in; empty: it answered as it is."""
    controlled: bool
    """Whether it held a control beside what it read that asks something else, and that does not show the same."""
    effects: tuple[Effect, ...]
    """What changes of the inside did, beside their controls."""
    random: bool
    """Whether those changes are random themselves, and mean nothing whatever they do."""
    wording_of: str
    """What a plan says it asks, whatever the wording; empty: nothing."""
    change: str
    """In what manner the inside was changed, wherever and however strongly; empty: it was not."""
    named: tuple[str, ...]
    """Texts that were put to the model beside the prompt, to be scored or followed."""
    looked_for: tuple[str, ...]
    """Those, and words that its arguments name; and what it found, in a sentence."""
    read: str
    """What it reads or changes inside, in words."""
    followed: tuple[str, ...]
    """The texts on which its inside is read."""
    moved: tuple[tuple[MovedToken, ...], ...]
    """Of each effect the tokens that it is about."""
    probe: Probe | None
    """None: of a kind or version that this workbench does not know."""


class Observations:
    """Every finished probe of a log. Grows with the log: feed each new record to `add`."""

    def __init__(
        self, doubted: Collection[int] = (), swallowed: Swallowed = MappingProxyType({}), *, then: bool = False
    ) -> None:
        """`then`: whether each probe counts as forced as its own version said, for holding what was stated against."""
        self.organism = ""
        """Digest of the case's model, from the genesis record."""
        self.demands = Demands()
        """What the case's rules ask of evidence."""
        self.looks = Looks()
        """What was supposed and claimed."""
        self.doubted = frozenset(doubted)
        """Result records whose answers the model did not give when they were replayed, or could not be asked for."""
        self.seeds = Picking()
        """Which of the noise somebody picked."""
        self._swallowed, self._then = swallowed, then
        self._answering, self._heard, self._first = Answering(), HeardAnswers(), FirstWritten()
        self._runs: dict[int, Run] = {}
        self._alike: defaultdict[str, list[Run]] = defaultdict(list)

    @classmethod
    def of(
        cls,
        records: Records,
        *,
        until: int | None = None,
        doubted: Collection[int] = (),
        swallowed: Swallowed = MappingProxyType({}),
    ) -> Self:
        """Those of the first `until` records, or of all; answers that were `swallowed` are draws like any other."""
        observations = cls(doubted, swallowed)
        for entry in records.entries(KINDS):
            if until is not None and entry.seq >= until:
                break
            observations.add(entry)
        observations.take_in_orphans(records)
        return observations

    def take_in_orphans(self, records: Records) -> None:
        """Take in what was swallowed by probes that never got a result, once every record was added."""
        for seq in self.orphans:
            if seq in self._swallowed:
                self._take(records.entry(seq), None, self._swallowed[seq])

    def add(self, entry: Entry) -> None:
        """Take in the next record; kinds that observe nothing are passed over."""
        try:
            self.seeds.add(entry)
            if entry.kind == Genesis.kind:
                begun = entry.as_(Genesis)
                self.organism, self.demands = begun.model, begun.case_rules.evidence
            elif entry.kind in (Hypothesis.kind, FindingRecord.kind):
                self.looks.add(entry)
            elif (intent := self._answering.take(entry)) is not None:
                believed = entry.seq not in self.doubted
                swallowed = self._swallowed.get(intent.seq, _NOTHING_LOST)
                self._take(intent, entry, swallowed, believed=believed)
        except ValueError as error:  # a log may come from somebody else
            raise unreadable(entry, error) from error

    def _take(self, asked: Entry, answered: Entry | None, swallowed: LostDraws, *, believed: bool = True) -> None:
        run = _run(asked, answered, self._heard, self._first, swallowed, believed=believed, then=self._then)
        self._runs[run.seq] = run
        self._alike[run.condition].append(run)

    @property
    def runs(self) -> Iterable[Run]:
        """Oldest first."""
        return self._runs.values()

    def own(self, run: Run) -> bool:
        """Whether it was asked of the case's organism: what anybody else says shows nothing of it."""
        return run.on == ORGANISM and run.model == self.organism

    @property
    def orphans(self) -> tuple[int, ...]:
        """Intents that never got a result."""
        return self._answering.orphans

    def begun(self) -> Iterator[tuple[int, Probe]]:
        """Probes that never got a result, by the numbers of their intents: whoever broke them off may have heard
        what they gave."""
        for entry in self._answering.waiting:
            if entry.seq not in self._runs and (probe := probe_of(entry.as_(Intent))) is not None:
                yield entry.seq, probe

    def run(self, seq: int) -> Run:
        """The run whose result is record `seq`. Raises KeyError if that is no result."""
        return self._runs[seq]

    def shows(self, finding: Finding, seq: int) -> bool:
        """Whether most answers of a record show what a finding's support says."""
        run = self._runs.get(seq)
        supporting = [one.shows for one in finding.citations if one.role is Role.SUPPORT]
        draws = run.draws if run is not None else ()
        return 2 * sum(any(match.holds(one.heard, whole=one.whole) for match in supporting) for one in draws) > len(
            draws
        )

    def as_written(self) -> Observations:
        """The same without what a judge drew where it was swallowed."""
        if not self._swallowed:
            return self
        told = copy(self)
        told._swallowed, told._runs, told._alike = MappingProxyType({}), {}, defaultdict(list)
        for run in self.runs:
            if run.seq != run.intent:  # else no result of it was ever written
                left = replace(run, draws=tuple(draw for draw in run.draws if draw.written))
                told._runs[left.seq] = left
                told._alike[left.condition].append(left)
        return told

    def alike(self, condition: str) -> tuple[Run, ...]:
        """Every run of one condition, cited or not."""
        return tuple(self._alike.get(condition, ()))


def _run(
    asked: Entry,
    answered: Entry | None,
    heard: HeardAnswers,
    written: FirstWritten,
    swallowed: LostDraws,
    *,
    believed: bool,
    then: bool,
) -> Run:
    intent = asked.as_(Intent)
    answer = answered.as_(ResultRecord) if answered is not None else None
    probe = probe_of(intent)
    result = result_of(intent, answer) if answer is not None else None
    # Versions that asked the very same asked it with the same noise: no draw counts again under another's name.
    version = as_today(probe).version if probe is not None else intent.version
    kind = {"probe": intent.probe, "version": version}
    question = kind | {"model": intent.model, "on": intent.on, "beside": intent.beside_model}
    about = probe.prompts()[0] if probe is not None and probe.prompts() else None
    seq = answered.seq if answered is not None else asked.seq
    written_down = result.answers if result is not None else ()
    # What tells prompts, conditions and noise apart is what reached the model, however it was written.
    asked_ids = result.asked_ids if result is not None else swallowed.asked_ids
    own = named(intent.on)[0] == BROUGHT
    first = written.of(probe, intent.model, asked_ids, believed=believed, brought=own) if probe is not None else None
    run = Run(
        seq=seq,
        intent=asked.seq,
        ts_us=(answered or asked).ts_us,
        kind=intent.probe,
        title=about.title if about is not None else "",
        asked=about.words if about is not None else "",
        given=about.words.removesuffix(about.prefill) if about is not None else "",
        wording=_wording(about.words) if about is not None else "",
        wordings=wordings_of(probe) if probe is not None else (),
        prompt=_text({}, _prompts(first) if first is not None else intent.arguments),
        elicitation=_class_of(probe, heard.by(intent.on), then=then),
        on=intent.on,
        model=intent.model,
        status=answer.status if answer is not None else "failed",
        cost=spent(intent, answer, result),
        counted=result is not None and answer is not None and answer.status != "failed",
        condition=_text(question, first.condition() if first is not None else intent.arguments),
        question=_text(question, first.question() if first is not None else intent.arguments),
        settings=_text(kind, _settings(probe) if probe is not None else None),
        draws=_draws(seq, question, first, written_down, swallowed.answers) if first is not None else (),
        sampled=probe is not None and probe.result.samples_texts,
        inside=probe is not None and probe.reads is Reads.INSIDE,
        edited=probe is not None and Affordance.EDITS in probe.needed(),
        altered=_text({}, first.question()) if first is not None and not first.unaltered else "",
        controlled=probe is not None and _controlled(probe) and result is not None and not result.control_alike,
        effects=result.effects if result is not None else (),
        random=probe is not None and probe.random,
        wording_of=f"{intent.plan.digest}/{intent.plan.question}" if intent.plan and intent.plan.question else "",
        change=_change(probe) if probe is not None and result is not None and result.effects else "",
        named=tuple(_named(probe)) if probe is not None else (),
        looked_for=tuple(_looked_for(probe, answer)) if probe is not None else (),
        read=probe.read.words if probe is not None and probe.read is not None else "",
        followed=tuple(probe.followed) if probe is not None else (),
        moved=tuple(map(tuple, probe.moved(result))) if probe is not None and result is not None else (),
        probe=probe,
    )
    if probe is not None and believed:  # what was never given cannot be quoted
        heard.add(intent.on, probe, result)
    return run


def _class_of(probe: Probe | None, heard: Heard, *, then: bool) -> Elicitation:
    if probe is None:
        return Elicitation.FORCED  # what this workbench does not know may have forced anything
    return probe.elicitation_then(heard) if then else probe.elicitation(heard)


def _wording(words: str) -> str:
    """Its words; of what has none all of it."""
    return " ".join(words_of(words)) or folded(words).strip()


def _controlled(probe: Probe) -> bool:
    """Whether a control asks something else than what is read: other words, not another way to write the same."""
    about = {words_of(prompt.words) for prompt in probe.prompts() if prompt not in probe.controls()}
    return bool({words_of(prompt.words) for prompt in probe.controls()} - about)


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in their order, whatever their case and the signs between them, but for those of arithmetic
    and of a language's name."""
    plain = folded(text)
    return tuple(word.strip() for word in (_PLAIN if plain.isascii() else _WORD).findall(plain))


def _named(probe: Probe) -> Iterator[str]:
    """A text that only cuts an answer off is not put to the model."""
    for name, value in probe:
        if isinstance(value, tuple) and name not in probe.limits:
            yield from (text for text in value if isinstance(text, str))


def _looked_for(probe: Probe, answer: ResultRecord | None) -> Iterator[str]:
    yield from _named(probe)
    yield from (value for name, value in probe if isinstance(value, str) and name not in probe.limits)
    if answer is not None and answer.summary is not None:
        yield answer.summary


def words_but_for(terms: Iterable[str], text: str) -> tuple[str, ...]:
    """The words of a text without those of some terms."""
    named = {word for term in terms for word in words_of(term)}
    return tuple(word for word in words_of(text) if word not in named)


def asked_of_any(terms: Iterable[str], text: str) -> tuple[str, ...]:
    """The words of a text with a gap wherever it names some terms: what is asked of whatever it names of them."""
    named = {word for term in terms for word in words_of(term)}
    gapped = ["" if word in named else word for word in words_of(text)]
    return tuple(word for at, word in enumerate(gapped) if word or not at or gapped[at - 1])


def _change(probe: Probe) -> str:
    return _text({"probe": probe.kind}, probe.model_dump(mode="json", include=set(probe.manner)))


def noise_of_prompts(probe: Probe) -> Iterator[str]:
    """What the noise of each of its draws is keyed by, whoever is asked."""
    for index in range(max((getattr(probe, name) for name in probe.counts), default=1)):
        yield _text({}, probe.noise(index))


def wordings_of(probe: Probe) -> tuple[str, ...]:
    """The words of each prompt that it puts, and of each other text that may be a question."""
    prompts = probe.prompts()
    asked = [_wording(prompt.words) for prompt in prompts]
    own = {text for prompt in prompts for text in prompt.texts}
    others = (_wording(text) for text in probe.inputs() if text not in own)
    return tuple(dict.fromkeys((*asked, *(words for words in others if words.count(" ") >= SAYING))))


def _prompts(probe: Probe) -> list[dict[str, Any]]:
    return [prompt.model_dump(mode="json") for prompt in probe.prompts()]


def _settings(probe: Probe) -> dict[str, Any]:
    return {name: value for name, value in probe.condition().items() if name in probe.settings}


def spent(intent: Intent, answer: ResultRecord | None, result: Result | None) -> Cost:
    """What a probe cost, from what it gave: what its record states counts only where nobody here can read more of it.
    One that failed may have shown anything up to what it had reserved or asked for, and costs that, whatever is
    written down."""
    if answer is not None and answer.result is not None and answer.status != "failed":
        return result.cost if result is not None else answer.cost
    probe = probe_of(intent)
    least = (intent.reserved.generated_tokens, probe.generates() if probe is not None else 0)
    return intent.reserved.model_copy(update={"generated_tokens": max(least)})


def _draws(
    seq: int, question: dict[str, Any], probe: Probe, written: Sequence[Answer], swallowed: Sequence[Answer]
) -> tuple[Draw, ...]:
    every = (*((answer, True) for answer in written), *((answer, False) for answer in swallowed))
    return tuple(
        Draw(
            seq=seq,
            index=answer.index,
            text=answer.text,
            tokens=answer.tokens,
            whole=answer.whole,
            stopped=answer.ending is Ending.STRING,
            ended_at=answer.ended_at,
            written=there,
            question=_text(question, probe.question()),
            sharp=probe.sharp,
            noise=_text(question, probe.noise(answer.index)),
            noise_of_prompt=_text({}, probe.noise(answer.index)),
        )
        for answer, there in every
        if answer.begun
    )


def _text(question: dict[str, Any], arguments: Any) -> str:
    return canonical.encode(question | {"arguments": arguments}).decode()
