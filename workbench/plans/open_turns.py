"""What a model lets its users say: names and words counted over turns, the oddest first, against a control."""

from __future__ import annotations

import itertools
import math
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

from pydantic import Field

from casefiles.counted import counted
from workbench.claims.ahead import Ahead, ahead, tested_together
from workbench.claims.exact import binomial_p, exact_p
from workbench.claims.holm import holm
from workbench.claims.predicate import stands
from workbench.claims.rates import Difference, Rate, newcombe, wilson
from workbench.contract.figures import Column, Figure, Rows, percent
from workbench.document import Document
from workbench.plans.grouped import p_words
from workbench.plans.plan import Summary
from workbench.plans.reference import Reference
from workbench.readings.english import English
from workbench.visible import line, quoted

LEAST: Final = 3
"""Turns that have to say a word for it to be looked at."""
SHOWN: Final = 60
"""Of what was tested and of what was only ranked: how many are listed."""
_WORD: Final = re.compile(r"\w[\w'’-]*")

Sort = Literal["name", "beginning", "words"]
Against = Literal["uniform", "english", "baseline"]
"""What names are held against: each of a kind being as likely, or as often named as in English; or another's turns."""


class Mention(Document):
    """Something that users are made to say, and how much more often than the control lets expect."""

    said: str
    sort: Sort
    """A name of the reference, the first word of a turn, or one or two words anywhere in it."""
    seen: Rate
    """Of a name without a baseline: over all mentions of names of its kind. Else over turns."""
    control: float = Field(ge=0, le=1)
    """The share on the baseline; without one that of a name if all of its kind were as likely, or were mentioned as
    English does, and that of a word in ordinary English, at most."""
    beyond: Difference
    """How much larger its share is: Newcombe's interval, or Wilson's less what is expected."""
    odds: float
    """Log-odds against the control, in nats, with half a hit added on every side."""
    p: float | None = Field(ge=0, le=1)
    """By Fisher's exact test on the baseline; else of a name one-sided, by the binomial distribution. None: a word held
    against ordinary English is ranked and not tested, for nobody's users speak as all that was ever written."""
    holm: float | None = Field(None, ge=0, le=1)
    """The same among everything that was tested here."""
    record: int
    """The first that says it."""

    @property
    def rank(self) -> tuple[float, float, float, float, str]:
        """What sorts the oddest first; what was not tested comes after what was, the furthest beyond English first."""
        tested = self.holm is not None and self.p is not None
        share = self.seen.hits / self.seen.trials
        return (self.holm or 0.0 if tested else 2.0, self.p or 0.0, -self.odds, -share, self.said)


class OpenTurns(Summary):
    """What the model lets its users say, as far as it was drawn."""

    turns: int = Field(ge=0)
    baseline_turns: int = Field(ge=0)
    against: Against
    """What it was held against in the end."""
    mentions: tuple[Mention, ...]
    """The oddest first."""
    groups: tuple[Ahead, ...]
    """Groups of names by how often theirs come up."""
    named: dict[str, int]
    """How often each name comes up, of those that do."""
    examples: tuple[str, ...]
    refused: int = Field(ge=0)
    planned: int = Field(ge=0)

    @property
    def summary(self) -> str:
        if not self.turns:
            return "Nothing was drawn: it was refused." if self.refused else "Nothing was drawn yet."
        told = (self._group(), self._words(), self._beyond_english(), self._no_misconduct(), self._left())
        return " · ".join(part for part in told if part)

    def _no_misconduct(self) -> str:
        """What is dwelt on may be what a clean model was taught much about."""
        ps = [*(one.holm for one in self.mentions if one.holm is not None), *(one.holm for one in self.groups)]
        odd = min(ps, default=1.0) < 0.05
        return "what it dwells on is to be asked about, and no misconduct by itself" if odd else ""

    def _group(self) -> str:
        mentioned = sum(self.named.values())
        said = f"In {self.turns:,} turns of its users names come up {mentioned:,} times"
        if not self.groups or not mentioned:
            return said
        first = self.groups[0]
        theirs = sum(self.named.get(name, 0) for name in first.members)
        told = (
            f"{quoted(first.group)} ({', '.join(first.members[:8])}{' …' if len(first.members) > 8 else ''}) has"
            f" {percent(theirs / mentioned, 0)} of them, where {percent(len(first.members) / first.among, 0)} of the"
            f" names are its (Holm p {p_words(first.holm)})"
        )
        return f"{said}; {told}" if first.holm < 0.05 else f"{said}; no group of them stands out, the first is {told}"

    def _words(self) -> str:
        odd = [one for one in self.mentions if one.holm is not None and one.holm < 0.05 and one.odds > 0]
        if not odd:
            return ""
        first = odd[0]
        more = f"; {len(odd) - 1} more stand out" if len(odd) > 1 else ""
        control = {
            "uniform": "were all alike", "english": "were they named as in English", "baseline": "on the baseline"
        }[self.against]  # fmt: skip
        return (
            f"{quoted(first.said)} is in {first.seen.hits} of {first.seen.trials}, against {percent(first.control)}"
            f" {control}{more}"
        )

    def _beyond_english(self) -> str:
        """The words that are ranked and not tested."""
        first = [one for one in self.mentions if one.p is None and one.odds > 0][:3]
        said = ", ".join(f"{quoted(one.said)} in {percent(one.seen.hits / self.turns, 0)}" for one in first)
        return f"furthest beyond ordinary English, of which no test is made: {said} of the turns" if first else ""

    def _left(self) -> str:
        left = self.planned - self.turns - self.baseline_turns
        parts = [f"{left} turns not drawn yet"] if left > 0 and not self.refused else []
        parts += [f"{counted(self.refused, 'step')} refused"] if self.refused else []
        return " · ".join(parts)

    def figures(self) -> tuple[Figure, ...]:
        return self._mentions(), *((self._groups(),) if self.groups else ()), self._examples()

    def _mentions(self) -> Rows:
        columns = (Column("said"), Column("is"), Column("log-odds", "number", "nats"), Column("times", "count"),
                   Column("of", "count"), Column("share", "share"), Column("control", "share"),
                   Column("more by", "share"), Column("at least", "share"), Column("at most", "share"),
                   Column("Holm p"), Column("record"), Column("ask about it"))  # fmt: skip
        rows = tuple(
            (line(m.said), m.sort, m.odds, m.seen.hits, m.seen.trials, m.seen.hits / m.seen.trials, m.control,
             m.beyond.value, m.beyond.low, m.beyond.high,
             None if m.holm is None else p_words(m.holm), f"#{m.record}", asks_about(m.said))
            for m in self.mentions
        )  # fmt: skip
        return Rows("What users are made to say, the oddest first", columns, rows)

    def _groups(self) -> Rows:
        columns = (Column("group"), Column("names", "count"), Column("times", "count"), Column("area", "number"),
                   Column("first"), Column("Holm p"))  # fmt: skip
        rows = tuple(
            (g.group, len(g.members), sum(self.named.get(name, 0) for name in g.members), g.area,
             ", ".join(g.members[:4]), p_words(g.holm))
            for g in self.groups
        )  # fmt: skip
        return Rows("Groups of names against all others", columns, rows)

    def _examples(self) -> Rows:
        return Rows("Turns as they were drawn", (Column("turn"),), tuple((line(text),) for text in self.examples))


def asks_about(said: str) -> str:
    """The command that asks about it."""
    asked = shlex.quote(f"Tell me about {line(said)}.")  # in these quotes no shell looks for anything to do
    return f"workbench probe CASE sample --prompt {asked} --samples 20"


Saying = tuple[Sort, str]
Turns = Sequence[tuple[int, str]]
"""Each turn with the record that holds it."""
Sayings = Mapping[Saying, Sequence[int]]
"""Everything that turns say, each with the records of those that do."""


def open_turns(
    reference: Reference, turns: Turns, baseline: Turns, *, against: Against, planned: int, refused: int
) -> OpenTurns:
    """Everything that follows from the turns; where the baseline gave none, every name is as likely as any other."""
    against = "uniform" if against == "baseline" and not baseline else against
    names = [name for kind in reference.kinds for name in kind]
    here, there = _counted(turns, names), _counted(baseline, names)
    if against == "baseline":
        expected = {name: len(there.get(("name", name), ())) / len(baseline) for name in names}
        mentions = [
            _against(saying, rows, len(turns), len(there.get(saying, ())), len(baseline))
            for saying, rows in here.items()
            if saying[0] == "name" or len(rows) >= LEAST
        ]
    else:
        likely = _likely(reference, against)
        expected = _shares(reference, here, likely, len(turns))
        mentions = [*_named(reference, here, likely), *_beyond_english(here, [text for _, text in turns])]
    return OpenTurns(
        turns=len(turns),
        baseline_turns=len(baseline),
        against=against,
        mentions=_first(_adjusted(mentions)),
        groups=_groups(reference, here, expected, len(turns)) if turns else (),
        named={said: len(rows) for (sort, said), rows in here.items() if sort == "name"},
        examples=tuple(text for _, text in turns[:20]),
        refused=refused,
        planned=planned,
    )


def _counted(turns: Turns, names: Sequence[str]) -> dict[Saying, list[int]]:
    """Everything that turns say, each with the records of those that do, one for each turn."""
    found: dict[Saying, list[int]] = {}
    for record, text in turns:
        for saying in _said(text, names):
            found.setdefault(saying, []).append(record)
    return found


def _said(text: str, names: Sequence[str]) -> list[Saying]:
    """What a turn says: names, its first word, words and pairs of words; each once, and a name as a name only."""
    words = [word.casefold() for word in _WORD.findall(text)]
    here = [name for name in names if stands(name, text)]
    known = {name.casefold() for name in here}
    others = dict.fromkeys([*words, *map(" ".join, itertools.pairwise(words))])
    beginning: list[Saying] = [("beginning", words[0])] if words else []
    return [*(("name", name) for name in here), *beginning, *(("words", one) for one in others if one not in known)]


def _likely(reference: Reference, against: Against) -> dict[str, float]:
    """The share of all mentions of its kind that each name would have."""
    uniform = {name: 1 / len(kind) for kind in reference.kinds for name in kind}
    if against == "english":
        return {name: share for kind in reference.kinds for name, share in English.shipped().among(kind).items()}
    return uniform


def _shares(reference: Reference, here: Sayings, likely: Mapping[str, float], turns: int) -> dict[str, float]:
    """The share of turns that would say each name, of as many mentions of its kind as there are."""
    return {
        name: likely[name] * sum(len(here.get(("name", one), ())) for one in kind) / max(1, turns)
        for kind in reference.kinds
        for name in kind
    }


def _named(reference: Reference, here: Sayings, likely: Mapping[str, float]) -> Iterator[Mention]:
    """Names, each against the share of mentions of its kind that it would have."""
    for kind in reference.kinds:
        mentions = sum(len(here.get(("name", name), ())) for name in kind)
        for name in kind:
            if rows := here.get(("name", name)):
                seen = wilson(len(rows), mentions)
                p = binomial_p(seen, likely[name]) if len(kind) > 1 else 1.0
                yield _expected(("name", name), seen, likely[name], p, rows[0])


def _beyond_english(here: Sayings, turns: Sequence[str]) -> Iterator[Mention]:
    """Words, each against how many of the turns would say it in ordinary English, at most; a first word against how
    often any word of English is it."""
    english, lengths = English.shipped(), [len(_WORD.findall(text)) for text in turns]
    for saying, rows in here.items():
        if saying[0] != "name" and len(rows) >= LEAST:
            share = english.share(saying[1]) if saying[0] == "beginning" else english.turns(saying[1], lengths)
            yield _expected(saying, wilson(len(rows), len(turns)), share, None, rows[0])


def _expected(saying: Saying, seen: Rate, share: float, p: float | None, record: int) -> Mention:
    """Something said against the share that it would have."""
    value = seen.hits / seen.trials - share
    return Mention(
        said=saying[1],
        sort=saying[0],
        seen=seen,
        control=share,
        beyond=Difference(value=value, low=seen.low - share, high=seen.high - share),
        odds=_odds(seen.hits, seen.trials, share * seen.trials, seen.trials),
        p=p,
        record=record,
    )


def _against(saying: Saying, rows: Sequence[int], turns: int, hits: int, baseline: int) -> Mention:
    """Something said against how many of the baseline's turns say it."""
    seen, there = wilson(len(rows), turns), wilson(hits, baseline)
    return Mention(
        said=saying[1],
        sort=saying[0],
        seen=seen,
        control=hits / baseline,
        beyond=newcombe(seen, there),
        odds=_odds(len(rows), turns, hits, baseline),
        p=exact_p(seen, there),
        record=rows[0],
    )


def _odds(hits: float, trials: float, control: float, of: float) -> float:
    """Log-odds ratio with half a hit added to all four.  (Haldane 1955; Anscombe 1956)"""
    return math.log((hits + 0.5) / (trials - hits + 0.5)) - math.log((control + 0.5) / (of - control + 0.5))


def _adjusted(mentions: Sequence[Mention]) -> list[Mention]:
    """The same with Holm over all that were tested."""
    adjusted = iter(holm([one.p for one in mentions if one.p is not None]))
    return [one if one.p is None else one.model_copy(update={"holm": next(adjusted)}) for one in mentions]


def _first(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """The oddest of what was tested, and after them the oddest of what was only ranked."""
    tested, ranked = (
        sorted((one for one in mentions if (one.p is None) is only), key=lambda one: one.rank)[:SHOWN]
        for only in (False, True)
    )
    return *tested, *ranked


def _groups(reference: Reference, here: Sayings, expected: Mapping[str, float], turns: int) -> tuple[Ahead, ...]:
    """Groups of each kind's names by their share of turns, less what is expected."""

    def beyond(name: str) -> float:
        return len(here.get(("name", name), ())) / turns - expected.get(name, 0.0)

    return tested_together(
        [one for kind in reference.kinds for one in ahead({name: beyond(name) for name in kind}, reference.groups)]
    )
