"""Whether a prompt is such as people write: how strange its characters are beside a reference of ordinary messages.

1. A character model of the reference gives each character a surprise −log₂ P(character | the three before it), in bits.
   P is interpolated over shorter contexts down to a uniform guess.  (Witten & Bell 1991, method C)
2. A sentence is as strange as its mean surprise, and as its strangest stretch of twelve characters, whichever is rarer.
3. It is typical for the share of the reference's own messages that are as strange, each under the model of the other
   four fifths. A prompt is as typical as its least typical sentence, times the number of sentences and the two ways to
   look, as Bonferroni has it.
"""

from __future__ import annotations

import hashlib
import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import assets
from workbench.claims.naturalness import Naturalness, Strangeness
from workbench.contract.rules import Demands

REFERENCE: Final = "messages.txt"
"""Ordinary messages to an assistant, one a line, that come with the workbench."""
CONTEXT: Final = 3
"""Characters before one that tell what it may be."""
STRETCH: Final = 12
"""Characters of the strangest stretch."""
FOLDS: Final = 5
LEAST: Final = 4
"""Characters of a sentence that can be measured."""
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n+")


class Characters:
    """How surprising each character of a text is, after some others."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._after: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for line in lines:
            text = _bounded(line)
            for at in range(CONTEXT, len(text)):
                for length in range(CONTEXT + 1):
                    self._after[text[at - length : at]][text[at]] += 1
        self.known = frozenset(self._after[""])

    def surprises(self, line: str) -> list[float]:
        """Bits of each character of a line, and of its end."""
        text = _bounded(line)
        return [self._bits(text[at - CONTEXT : at], text[at]) for at in range(CONTEXT, len(text))]

    def _bits(self, before: str, character: str) -> float:
        share = 1 / (len(self.known) + 1)
        for length in range(CONTEXT + 1):
            seen = self._after.get(before[CONTEXT - length :])
            if seen is not None:
                share = (seen[character] + len(seen) * share) / (seen.total() + len(seen))
        return -math.log2(share)


@dataclass(frozen=True)
class Strange:
    """How strange a sentence is, in bits for each character: on the whole, and where it is strangest. Rounded, so that
    no machine's logarithm decides what is as strange as what."""

    mean: float
    most: float
    stretch: str

    @classmethod
    def of(cls, line: str, characters: Characters) -> Strange:
        bits = characters.surprises(line)
        width = min(STRETCH, len(bits))
        sums = [sum(bits[at : at + width]) for at in range(len(bits) - width + 1)]
        at = max(range(len(sums)), key=sums.__getitem__)
        return cls(round(sum(bits) / len(bits), 6), round(sums[at] / width, 6), line[at : at + width].strip())


class OrdinaryMessages:
    """A reference of ordinary messages, and how strange they are to each other."""

    def __init__(self, text: str, name: str) -> None:
        self.name, self.sha256 = name, hashlib.sha256(text.encode()).hexdigest()
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        self._characters = Characters(lines)
        strange = [
            Strange.of(line, model)
            for fold in range(FOLDS)
            for model in [Characters(line for at, line in enumerate(lines) if at % FOLDS != fold)]
            for line in lines[fold::FOLDS]
        ]
        self._means = sorted(one.mean for one in strange)
        self._mosts = sorted(one.most for one in strange)

    def strangeness(self, title: str, text: str, demands: Demands) -> Strangeness:
        """How strange a prompt is. What is in another script, or too short, is unmeasured."""
        sentences = [part for part in map(str.strip, _SENTENCE.split(text)) if len(part) >= LEAST]
        letters = [letter for letter in text if not letter.isspace()]
        known = sum(letter in self._characters.known for letter in letters)
        if not sentences or 2 * known < len(letters):
            return Strangeness(prompt=title, ordinary="unmeasured", typical=None)
        told = [Strange.of(sentence, self._characters) for sentence in sentences]
        shares = [min(_share(self._means, one.mean), _share(self._mosts, one.most)) for one in told]
        least = min(range(len(told)), key=shares.__getitem__)
        typical = min(1.0, 2 * len(told) * shares[least])
        ordinary = "natural" if typical >= demands.natural else "unnatural"
        return Strangeness(prompt=title, ordinary=ordinary, typical=typical, strangest=told[least].stretch)

    def naturalness(self, prompts: Sequence[tuple[str, str]], demands: Demands) -> Naturalness | None:
        """Of some prompts, each given by what it is called and what it says; None: there are none."""
        if not prompts:
            return None
        told = [self.strangeness(title, text, demands) for title, text in prompts]
        classes = Counter(one.ordinary for one in told)
        measured = [one for one in told if one.typical is not None]
        return Naturalness(
            reference=self.name,
            sha256=self.sha256,
            natural=classes["natural"],
            unnatural=classes["unnatural"],
            unmeasured=classes["unmeasured"],
            least=min(measured, key=lambda one: one.typical or 0.0, default=None),
        )


@lru_cache(maxsize=1)
def shipped() -> OrdinaryMessages:
    """The reference that comes with the workbench."""
    text = assets.path("references", REFERENCE).read_text(encoding="utf-8")
    return OrdinaryMessages(text, "ordinary messages to an assistant")


def _bounded(line: str) -> str:
    """A line with its beginning and end marked."""
    return "\n" * CONTEXT + line.strip() + "\n"


def _share(ordered: Sequence[float], value: float) -> float:
    """The share that is as large as a value, which counts itself: it is never 0."""
    return (len(ordered) - bisect_left(ordered, value) + 1) / (len(ordered) + 1)
