"""Asking a model anew: a finding's prompts with fresh seeds, a truth's exhibits, prompts of the judge's own."""

from __future__ import annotations

import hashlib
import math
import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from backends.model import Model, ModelRefusal
from backends.sampling import Sampling
from casefiles.status import Refusal
from workbench.answers.draws import Draws, drawn
from workbench.claims.finding import Finding, Role
from workbench.claims.predicate import Match, ends_at
from workbench.contract.figures import Answer, Ending
from workbench.contract.permitted import unrestricted
from workbench.contract.probe import Probe
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.subject import ORGANISM, Subject
from workbench.evidence.citing import cited_run
from workbench.evidence.observations import Observations
from workbench.evidence.strength import UNFORCED
from workbench.judge.retests.joint_claim import HOT, PLAIN, FreshAnswer
from workbench.judge.truths.truth import Exhibit, Rollouts
from workbench.probes import current

ANSWERS: Final = 50
"""Answers that a set of prompts is asked for, at least: even none of 50 has an upper bound of 7 %."""
PROMPTS: Final = 60
"""Prompts of a set that are asked, at most; of more than that some, drawn by lot."""
_ROOM: Final = 256
"""Tokens that an answer may have, if whoever asked allowed as many and had none that was as long; or else"""
_LONGER: Final = 4
"""times the longest that is on record: hundreds are drawn, and nobody paid for what was merely allowed."""


Bind = Callable[[Probe], Probe]
_Asked = TypeVar("_Asked")


@dataclass(frozen=True)
class FreshQuestion:
    """A prompt to be asked anew, and how."""

    asked: str
    draw: Callable[[Subject, int, int], Sequence[Answer]]
    """(subject, seed, answers) → the answers."""
    own: tuple[Match, ...]
    unforced: bool = True
    subject: str = ""
    noisy: bool = True
    form: str = PLAIN
    """How it is asked, but for its words."""
    hot: bool = False
    """Whether it is drawn hotter than exhibits are."""
    least: int = 0
    """Tokens that an answer has to have before it is cut off: else the model's context ended before it could say it."""
    records: tuple[int, ...] = ()
    """The results of a log that ask it."""

    def answered(self, text: str, *, whole: bool, number: int = 0, room: bool = True) -> FreshAnswer:
        """An answer to it; `number`: which of the questions it is."""
        form = self.form + HOT * self.hot
        return FreshAnswer(self.asked, text, whole, self.unforced, self.own, self.subject, number, room=room, form=form)


class Interview:
    """Asks a model, each question under a seed of its own, so that no two answers share their noise."""

    def __init__(
        self,
        model: Model,
        seed: int,
        tick: Callable[[], None] = lambda: None,
        *,
        beside: Model | None = None,
        bind: Bind = lambda probe: probe,
        opposed: bool = False,
    ) -> None:
        """`beside`: the model that questions compare with which compare two. `bind` gives a probe the arrays of earlier
        records that it takes, or raises Refusal. `opposed`: whether all that it says is held against claims, as what a
        baseline says is."""
        self._subject, self._seed, self._tick = unrestricted(model, beside), seed, tick
        self.answers, self.failed, self.wanted, self.bind, self._opposed = 0, 0, 0, bind, opposed

    def chosen(
        self,
        name: str,
        questions: Sequence[_Asked],
        most: int = PROMPTS,
        about: Callable[[_Asked], Collection[str]] = lambda question: (),
        first: Callable[[_Asked], bool] = lambda question: False,
    ) -> Sequence[_Asked]:
        """As many as are asked, drawn under the seed: whoever knew which would hide what they like among the others.
        `about`: what each names. Of what is asked in hundreds of ways no more are drawn than of what is asked in one,
        while there is any, and what names it alone comes before what names more, and `first` before what else does."""
        if len(questions) <= most:
            return questions
        by_lot = random.Random(f"{self._seed}/{name}").sample(range(len(questions)), len(questions))
        named = {at: about(questions[at]) or ("",) for at in by_lot}
        every = sorted({one for names in named.values() for one in names})
        random.Random(f"{self._seed}/{name}/named").shuffle(every)  # else what many ask of would come first
        place = {one: at for at, one in enumerate(every)}
        turns, met = dict[int, tuple[int, int]](), Counter[str]()
        for at in sorted(by_lot, key=lambda at: (len(named[at]), not first(questions[at]))):
            met.update(named[at])
            turns[at] = min((met[one], place[one]) for one in named[at])
        drawn = sorted(by_lot, key=turns.__getitem__)[:most]
        return [questions[at] for at in sorted(drawn)]

    def ask(self, name: str, questions: Sequence[FreshQuestion], answers: int | None = None) -> list[FreshAnswer]:
        """ANSWERS answers or more to a set of prompts, or so many: `wanted`, less those to prompts that this model
        cannot be asked. An answer says so where there was no room for it."""
        chosen = self.chosen(name, questions, PROMPTS if answers is None else answers)
        each = math.ceil((ANSWERS if answers is None else answers) / max(1, len(chosen)))
        # Where they do not share out evenly, the lot says who is asked once less.
        spare = each * len(chosen) - answers if answers is not None else 0
        less = set(random.Random(f"{self._seed}/{name}/less").sample(range(len(chosen)), spare if chosen else 0))
        told: list[FreshAnswer] = []
        times = [each - (at in less) if question.noisy else 1 for at, question in enumerate(chosen)]
        self.failed, self.wanted = 0, sum(times)
        for at, question in enumerate(chosen):
            self._tick()
            drawn = hashlib.sha256(f"{self._seed}/{name}/{at}".encode()).digest()
            seed = int.from_bytes(drawn[:6])
            try:
                heard = question.draw(self._subject, seed, times[at])
            except (ModelRefusal, Refusal):
                self.failed += 1
                continue
            self.answers += len(heard)
            told += [
                question.answered(
                    answer.heard, whole=answer.whole, number=at,
                    room=answer.ending is not Ending.LENGTH or answer.tokens >= question.least,
                )
                for answer in heard
            ]  # fmt: skip
        return [one.against for one in told] if self._opposed else told


def questions_of(
    finding: Finding,
    role: Role,
    observations: Observations,
    bind: Bind = lambda probe: probe,
) -> tuple[FreshQuestion, ...]:
    """The prompts that a finding cites in one role. Raises Refusal `report.citation` as below."""
    return tuple(questions_by_condition(finding, role, observations, bind).values())


def questions_by_condition(
    finding: Finding,
    role: Role,
    observations: Observations,
    bind: Bind = lambda probe: probe,
) -> dict[str, FreshQuestion]:
    """The conditions that a finding cites in one role, each with its settings, and with its predicates.

    Whoever is asked is heard out, whatever the author allowed: an answer may be as long as usual at least, and one in a
    chat, which ends by itself, ends nowhere else. Who has more to say before they say the same would be cut off before
    they have, and who was cut off inside a word would say what nobody says. But nobody is heard for many times as long
    as anybody was: hours of a judge's machine would cost an auditor a number. A control's answers may be as long as
    those of the support, and end only where those do. Nobody is asked with less noise than is usual: where a hair
    decides which answer is likelier, that makes all or nothing of it.

    Raises Refusal `report.citation` if it cites what the log does not hold.
    """
    least = Rollouts().max_tokens
    support = [run for citation in finding.citations if citation.role is Role.SUPPORT
               if (run := cited_run(citation, observations)).on == ORGANISM]  # fmt: skip
    shown, supporting = [run.probe for run in support if run.probe is not None], {run.condition for run in support}
    found: dict[str, tuple[Probe, list[Match], bool]] = {}
    cited: dict[str, list[int]] = {}
    for citation in finding.citations:
        run = cited_run(citation, observations)
        if run.on != ORGANISM:  # whoever else was asked: it is the organism that is to show it, or not to
            continue
        if citation.role is role and run.sampled and run.probe is not None and not citation.shows.empty:
            probe = _heard_out(run.probe, shown, finding) if role is Role.CONTROL else run.probe
            longest = _longest([run.condition] if role is Role.SUPPORT else [run.condition, *supporting], observations)
            probe = _at_most(probe, max(_ROOM, _LONGER * longest))
            probe = _unstopped(_at_least(probe, least)).unsharpened()
            known = found.setdefault(run.condition, (probe, [], run.elicitation in UNFORCED))
            known[1].append(citation.shows)
            cited.setdefault(run.condition, []).append(citation.seq)
    return {
        condition: FreshQuestion(
            _words(probe),
            _again(probe, bind),
            tuple(matches),
            unforced,
            noisy=probe.noisy,
            form=_form(probe),
            hot=getattr(probe, "temperature", 0.0) > Rollouts().temperature,
            least=least,
            records=tuple(cited[condition]),
        )
        for condition, (probe, matches, unforced) in found.items()
    }


def exhibited(exhibits: Sequence[Exhibit], rollouts: Rollouts) -> tuple[FreshQuestion, ...]:
    """A behaviour's exhibits or controls as questions."""
    return tuple(
        FreshQuestion(
            one.asked.words,
            _rolled(one.asked, rollouts.heard_out(one.asked)),
            (one.shows,),
            subject=one.subject,
            form=one.asked.form,
            least=rollouts.max_tokens,
        )
        for one in exhibits
    )


def asked_freely(prompts: Iterable[str], matches: Sequence[Match], rollouts: Rollouts) -> tuple[FreshQuestion, ...]:
    """Prompts of the judge's own, held against a finding's claim."""
    asked = ((text, Prompt.ask(text)) for text in prompts)
    return tuple(
        FreshQuestion(text, _rolled(prompt, rollouts.heard_out(prompt)), tuple(matches)) for text, prompt in asked
    )


def _heard_out(control: Probe, support: Sequence[Probe], finding: Finding) -> Probe:
    """A control, cut off no earlier than any of the support: whoever stops it at the word that it would say has made no
    control of it, nor who stops one answer of the support there too."""
    looked_for = [one.shows for one in finding.citations]
    told: dict[str, Any] = {}
    for name in control.limits:
        value, theirs = getattr(control, name), [getattr(probe, name) for probe in support if name in probe.limits]
        if isinstance(value, tuple):
            told[name] = tuple(
                text
                for text in value
                if theirs and all(text in other for other in theirs)
                if not any(ends_at(match, text) for match in looked_for)
            )
        elif theirs:
            told[name] = max(value, *theirs)
    return control.model_copy(update=told)


def _longest(conditions: Iterable[str], observations: Observations) -> int:
    """How many tokens the longest answer under some conditions has."""
    runs = (run for condition in conditions for run in observations.alike(condition))
    return max((draw.tokens for run in runs for draw in run.draws), default=0)


def _at_least(probe: Probe, tokens: int) -> Probe:
    return probe.model_copy(update={name: max(value, tokens) for name, value in _lengths(probe).items()})


def _at_most(probe: Probe, tokens: int) -> Probe:
    return probe.model_copy(update={name: min(value, tokens) for name, value in _lengths(probe).items()})


def _lengths(probe: Probe) -> dict[str, int]:
    return {name: value for name in probe.limits if isinstance(value := getattr(probe, name), int)}


def _unstopped(probe: Probe) -> Probe:
    """Without texts at which answers are to end; raw text goes on for ever, and ends at the end of a line, say."""
    if any(prompt.text for prompt in probe.prompts()):
        return probe
    return probe.model_copy(update={name: () for name in probe.limits if isinstance(getattr(probe, name), tuple)})


def _words(probe: Probe) -> str:
    return probe.prompts()[0].words if probe.prompts() else ""


def _form(probe: Probe) -> str:
    return probe.prompts()[0].form if probe.prompts() else ""


def _again(probe: Probe, bind: Bind) -> Callable[[Subject, int, int], Sequence[Answer]]:
    """The same question in today's version of its probe, with other seeds and another number of draws."""

    def draw(subject: Subject, seed: int, answers: int) -> Sequence[Answer]:
        latest = current(probe)
        told = dict.fromkeys(latest.seeds, seed) | dict.fromkeys(latest.counts, answers)
        fresh = type(latest).model_validate({**dict(latest), **told})
        return bind(fresh).run(subject, Silent()).answers

    return draw


def _rolled(prompt: Prompt, rollouts: Rollouts) -> Callable[[Model, int, int], Sequence[Answer]]:
    def draw(model: Model, seed: int, answers: int) -> Sequence[Answer]:
        sampling = Sampling(seed=seed, max_tokens=rollouts.max_tokens, temperature=rollouts.temperature)
        return drawn(model, Draws(prompt.ids(model), sampling, answers), Silent()).answers

    return draw
