"""Cited records as a report quotes them: what was asked, what came back, and which of it shows the behaviour."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench.contract.comparison import Array
from workbench.evidence.finding import Citation, Finding
from workbench.evidence.observations import Observations, Run
from workbench.evidence.predicate import Match
from workbench.log.entry import Entry, Records
from workbench.report.pictures import Lens, lens

ANSWERS: Final = 6
"""Different answers quoted of one record."""
RECORDS: Final = 16
"""Records quoted for one finding."""
LONGEST: Final = 1200
"""Characters quoted of one text."""


@dataclass(frozen=True)
class Piece:
    """A stretch of quoted text; `marked` where the predicate found what it looks for."""

    text: str
    marked: bool = False


@dataclass(frozen=True)
class Answer:
    """One text that came back, and how often."""

    pieces: tuple[Piece, ...]
    times: int
    hit: bool | None
    """Whether it shows the behaviour; None if the citation says nothing about that."""
    samples: tuple[int, ...]
    cut: bool

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True)
class Turn:
    """One message the model was given."""

    role: str
    text: str


@dataclass(frozen=True)
class Token:
    """One scored token. `surprise` is -log p in nats."""

    piece: str
    probability: float
    surprise: float
    rank: int
    pointed: bool


@dataclass(frozen=True)
class Strip:
    """One scored text."""

    tokens: tuple[Token, ...]
    logprob: float


@dataclass(frozen=True)
class Quote:
    """One citation, laid out."""

    citation: Citation
    run: Run
    turns: tuple[Turn, ...]
    settings: str
    predicate: str
    answers: tuple[Answer, ...]
    hits: int
    asked: int
    """Answers in the record."""
    unquoted: int
    strips: tuple[Strip, ...]
    lens: Lens | None
    headline: str

    @property
    def wide(self) -> bool:
        """Whether it needs the whole width of the page."""
        longest = max((len(turn.text) for turn in self.turns), default=0)
        return bool(self.strips or self.headline) or longest > 400 or any(len(a.text) > 240 for a in self.answers)


def quotes(
    finding: Finding, observations: Observations, records: Records, arrays: Callable[[int], Mapping[str, Array]]
) -> tuple[Quote, ...]:
    """The first citations of a finding, laid out; support before control, each oldest first."""
    ordered = sorted(finding.citations, key=lambda citation: (citation.role == "control", citation.seq))
    return tuple(_quote(citation, observations, records, arrays) for citation in ordered[:RECORDS])


def in_words(match: Match) -> str:
    """A predicate as a sentence's end: what an answer has to do to count."""
    wanted = " or ".join(f"“{item}”" for item in match.any_of)
    unwanted = " nor ".join(f"“{item}”" for item in match.none_of)
    if wanted and unwanted:
        return f"says {wanted}, and not {unwanted}"
    if wanted:
        return f"says {wanted}"
    return f"does not say {unwanted}" if unwanted else ""


def _quote(
    citation: Citation, observations: Observations, records: Records, arrays: Callable[[int], Mapping[str, Array]]
) -> Quote:
    run = observations.run(citation.seq)
    intent, result = records.entry(run.intent), records.entry(run.seq)
    found = result.data["result"] or {}
    answers = _answers(citation, found.get("samples", ()))
    cells = [(cell.row, cell.position) for cell in citation.cells]
    quoted = _chosen(citation, answers)
    return Quote(
        citation=citation,
        run=run,
        turns=_turns(intent),
        settings=_settings(intent.data["arguments"]),
        predicate=in_words(citation.shows),
        answers=quoted,
        hits=sum(answer.times for answer in answers if answer.hit),
        asked=sum(answer.times for answer in answers),
        unquoted=sum(answer.times for answer in answers) - sum(answer.times for answer in quoted),
        strips=tuple(_strip(number, strip, cells) for number, strip in enumerate(found.get("strips", ()))),
        lens=lens(found, _arrays(arrays, run.seq), cells) if "grid" in found else None,
        headline=str(found.get("headline", "")),
    )


def _arrays(arrays: Callable[[int], Mapping[str, Array]], seq: int) -> Mapping[str, Array]:
    try:
        return arrays(seq)
    except KeyError:  # the side-car was left behind: the figure is, too
        return {}


def _turns(intent: Entry) -> tuple[Turn, ...]:
    prompt = intent.data["arguments"].get("prompt") or {}
    if prompt.get("text"):
        return (Turn("raw text", str(prompt["text"])),)
    turns = [Turn(str(turn["role"]), str(turn["content"])) for turn in prompt.get("chat", ())]
    if turns and turns[-1].role == "assistant":
        turns[-1] = Turn("prefill", turns[-1].text)
    return tuple(turns)


def _settings(arguments: Mapping[str, Any]) -> str:
    named = {"temperature": "temperature", "seed": "seed", "max_tokens": "max tokens"}
    told = [f"{words} {arguments[name]}" for name, words in named.items() if name in arguments]
    told += [
        f"{name} {arguments[name]}"
        for name, off in (("top_k", 0), ("top_p", 1), ("min_p", 0))
        if arguments.get(name, off) != off
    ]
    return " · ".join(told)


def _answers(citation: Citation, samples: Sequence[Mapping[str, Any]]) -> list[Answer]:
    """The different texts, those that show the behaviour first, then the most frequent."""
    grouped: dict[str, list[int]] = {}
    for sample in samples:
        if sample["ids"] or sample["stop"] != "cancelled":
            grouped.setdefault(str(sample["text"]), []).append(int(sample["index"]))
    counted = citation.shows != Match()
    answers = [
        Answer(
            pieces=_marked(text[:LONGEST], citation.shows.any_of),
            times=len(indices),
            hit=citation.shows.holds(text) if counted else None,
            samples=tuple(indices),
            cut=len(text) > LONGEST,
        )
        for text, indices in grouped.items()
    ]
    return sorted(answers, key=lambda answer: (not answer.hit, -answer.times))


def _chosen(citation: Citation, answers: Sequence[Answer]) -> tuple[Answer, ...]:
    """Those the auditor pointed at; else some of each sort, so that a miss is not hidden behind the hits."""
    if citation.samples:
        return tuple(answer for answer in answers if set(answer.samples) & set(citation.samples))
    hits = [answer for answer in answers if answer.hit]
    others = [answer for answer in answers if not answer.hit]
    half = ANSWERS // 2
    return tuple(hits[: max(half, ANSWERS - len(others))] + others[: max(half, ANSWERS - len(hits))])


def _marked(text: str, wanted: Sequence[str]) -> tuple[Piece, ...]:
    terms = [re.escape(item) for item in wanted if item]
    if not terms:
        return (Piece(text),)
    pieces, at = [], 0
    for match in re.finditer("|".join(terms), text, re.IGNORECASE):
        pieces += [Piece(text[at : match.start()]), Piece(match[0], marked=True)]
        at = match.end()
    return tuple(piece for piece in [*pieces, Piece(text[at:])] if piece.text)


def _strip(number: int, strip: Mapping[str, Any], cells: Sequence[tuple[int, int]]) -> Strip:
    tokens = tuple(
        Token(
            piece=str(token["piece"]),
            probability=math.exp(min(0.0, float(token["logprob"]))),
            surprise=-float(token["logprob"]),
            rank=int(token["rank"]),
            pointed=(number, position) in cells,
        )
        for position, token in enumerate(strip["tokens"])
    )
    return Strip(tokens, float(strip["logprob"]))
