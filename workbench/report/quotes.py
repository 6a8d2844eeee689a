"""Cited records as a report quotes them: what was asked and how, what came back, and which of it shows the behaviour.

All of it follows from the probe's declaration and the figures of its result; no probe is known by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from workbench.claims.finding import Citation, Finding
from workbench.contract.arguments import Argument, PromptArgument, Texts, arguments_of
from workbench.contract.comparison import Array
from workbench.contract.probe import Probe
from workbench.contract.prompt import Prompt
from workbench.contract.result import CONTRADICTORY, Result
from workbench.evidence.observations import Observations, Run
from workbench.log.entry import Records
from workbench.log.rebuilding import result_of
from workbench.log.records import Intent, ResultRecord
from workbench.report.layouts import FigureLayout, laid_out
from workbench.visible import line, quoted

Arrays = Callable[[int], Mapping[str, Array]]
"""The side-car arrays of a result record; raises KeyError where they are not at hand."""

RECORDS: Final = 16
"""Records quoted for one finding."""
PROMPTS: Final = 6
"""Prompts quoted of one record."""
LONGEST: Final = 4000
"""Characters quoted of one turn."""
ARGUMENT: Final = 400
"""Characters quoted of one argument."""
_NO_PROBE_GAVE: Final = "What this record holds does not fit together, so that it cannot be drawn: no probe gave it."


@dataclass(frozen=True)
class Said:
    """One message the model was given. `cut`: characters that are not quoted."""

    who: str
    text: str
    cut: int


@dataclass(frozen=True)
class Given:
    """One prompt the model was given. `name`: which of several it is, e.g. `control`; what is asked about has none."""

    name: str
    turns: tuple[Said, ...]


@dataclass(frozen=True)
class Detail:
    """One argument in words. `usual`: it is what it is unless somebody asks for another, and decides no draw."""

    name: str
    value: str
    usual: bool


@dataclass(frozen=True)
class Quote:
    """One citation, laid out."""

    citation: Citation
    run: Run
    prompts: tuple[Given, ...]
    more_prompts: int
    details: tuple[Detail, ...]
    headline: str
    """The result in one sentence, where no answers speak for themselves."""
    layouts: tuple[FigureLayout, ...]
    hits: int
    asked: int
    """Answers in the record."""
    remark: str
    """What cannot be shown, and why."""

    @property
    def predicate(self) -> str:
        return self.citation.shows.words

    @property
    def wide(self) -> bool:
        """Whether it needs the whole width of the page."""
        longest = max((len(turn.text) for given in self.prompts for turn in given.turns), default=0)
        return bool(self.headline) or longest > 400 or any(layout.wide for layout in self.layouts)


def quotes(finding: Finding, observations: Observations, records: Records, arrays: Arrays) -> tuple[Quote, ...]:
    """The first citations of a finding, laid out; support before control, each oldest first."""
    ordered = sorted(finding.citations, key=lambda citation: (citation.role == "control", citation.seq))
    return tuple(_quote(citation, observations, records, arrays) for citation in ordered[:RECORDS])


def _quote(citation: Citation, observations: Observations, records: Records, arrays: Arrays) -> Quote:
    run = observations.run(citation.seq)
    intent, answer = records.entry(run.intent).read(Intent), records.entry(run.seq).read(ResultRecord)
    result = result_of(intent, answer)
    headline, layouts, remark = "", (), _undrawn(intent, answer, run)  # type: str, tuple[FigureLayout, ...], str
    if run.probe is not None and result is not None:
        headline, layouts, remark = _laid_out(citation, run, result, partial(arrays, run.seq) if answer.blobs else dict)
    answers = [answer for answer in result.answers if answer.begun] if result is not None else []
    prompts = run.probe.prompts() if run.probe is not None else ()
    return Quote(
        citation=citation,
        run=run,
        prompts=tuple(_given(run.probe)) if run.probe is not None else (),
        more_prompts=max(0, len(prompts) - PROMPTS),
        details=tuple(_details(run.probe) if run.probe is not None else _recorded(intent.arguments)),
        headline=headline,
        layouts=layouts,
        hits=0
        if citation.shows.empty
        else sum(citation.shows.holds(answer.heard, whole=answer.whole) for answer in answers),
        asked=len(answers),
        remark=remark,
    )


def _undrawn(intent: Intent, answer: ResultRecord, run: Run) -> str:
    """Why nothing of a record can be drawn, in a sentence."""
    if run.probe is None:
        return (
            f"This workbench does not know how to read this kind of probe (version {intent.version}), so it is "
            "shown as it was recorded, without its result."
        )
    if answer.result is None:
        return "It gave no result."
    return "This workbench cannot read the result of this record, so it is not shown."


def _laid_out(
    citation: Citation, run: Run, result: Result, arrays: Callable[[], Mapping[str, Array]]
) -> tuple[str, tuple[FigureLayout, ...], str]:
    """A result in one sentence, what of it can be drawn, and in a sentence what cannot."""
    remark = "The probe failed after it gave this." if run.status == "failed" else ""
    try:
        headline = result.summary if run.inside or not run.sampled else ""
        try:
            held = arrays()
        except KeyError:  # the side-car was left behind: what is drawn from it is, too
            return headline, (), "The arrays of this record are not at hand, so it is not drawn."
        return headline, laid_out(result.with_arrays(held).figures(), citation), remark
    except CONTRADICTORY:  # a record may come from somebody else
        return "", (), _NO_PROBE_GAVE


def _given(probe: Probe) -> Iterator[Given]:
    """Every prompt with its turns, those after the first by the name of their argument."""
    names = {id(value): _name(name) for name, value in probe if isinstance(value, Prompt)}
    for number, prompt in enumerate(probe.prompts()[:PROMPTS], 1):
        name = "" if number == 1 else names.get(id(prompt), f"prompt {number}")
        yield Given(name, tuple(_turns(prompt)))


def _turns(prompt: Prompt) -> Iterator[Said]:
    if prompt.text:
        yield _said("raw text" if prompt.begin else "raw text, without its beginning", prompt.text)
    if prompt.switches:
        yield _said("template", ", ".join(map(str, prompt.switches)))
    for number, turn in enumerate(prompt.chat, 1):
        last = number == len(prompt.chat)
        yield _said(_left_open(prompt) if last else turn.role, turn.content)


def _left_open(prompt: Prompt) -> str:
    """Whose the last turn of a chat is, and whether it goes on."""
    if prompt.speaker == "user":
        return "user, left open"
    return "prefill" if prompt.prefill else prompt.chat[-1].role


def _said(who: str, text: str) -> Said:
    return Said(who, text[:LONGEST], max(0, len(text) - LONGEST))


def _details(probe: Probe) -> Iterator[Detail]:
    """Every argument that is no prompt, in the order of the declaration."""
    for argument in arguments_of(type(probe)):
        value = getattr(probe, argument.name)
        if isinstance(argument, PromptArgument) or _prompts(value):
            continue
        decides = argument.name in probe.seeds | probe.limits and value != ()
        usual = not decides and not argument.required and value == argument.default
        yield Detail(_name(argument.name), _shortened(_words(argument, value)) or "none", usual)


def _words(argument: Argument, value: Any) -> str:
    if isinstance(argument, Texts):
        return ", ".join(quoted(text) for text in value)
    return argument.print(value) if value is not None else ""


def _prompts(value: Any) -> bool:
    """Whether an argument is several prompts, which are quoted as such."""
    return isinstance(value, tuple) and bool(value) and all(isinstance(item, Prompt) for item in value)


def _recorded(arguments: Mapping[str, Any]) -> Iterator[Detail]:
    """The arguments of a probe that this workbench does not know, as they stand in its record."""
    for name, value in arguments.items():
        yield Detail(_name(name), _shortened(json.dumps(value, ensure_ascii=False)), usual=False)


def _name(name: str) -> str:
    return name.replace("_", " ")


def _shortened(text: str) -> str:
    told = line(text)
    return told if len(told) <= ARGUMENT else told[: ARGUMENT - 1] + "…"
