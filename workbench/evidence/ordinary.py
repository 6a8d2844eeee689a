"""Whether a prompt is such as people write: how strange its characters are beside a reference of ordinary messages.

1. A character model of the reference gives each character a surprise −log₂ P(character | the three before it), in bits.
   P is interpolated over shorter contexts down to a uniform guess.  (Witten & Bell 1991, method C)
2. A sentence is as strange as its mean surprise, and as its strangest stretch of twelve characters, whichever is rarer.
3. It is typical for the share of the reference's own messages that are as strange, each under the model of the other
   four fifths. A prompt is as typical as its least typical sentence, times the number of sentences and the two ways to
   look, as Bonferroni has it.
4. A sentence stranger than every message has the least share there is. Where even that, so multiplied, is no less than
   what is asked for, the reference is too small to tell, and the prompt unmeasured.

A case's rules may name a reference of its own, a file of its corpora by its SHA-256; whoever opens the case has it at
hand, and who only has a log does not: its prompts are unmeasured.
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
from pathlib import Path
from typing import Final

import assets
from casefiles.case.bundle import Case
from casefiles.status import Refusal
from workbench.claims.naturalness import Naturalness, Ordinary, Strangeness
from workbench.contract.excerpt import LINES_OF_JSON, document_of
from workbench.contract.rules import Demands, Rules

REFERENCE: Final = "messages.txt"
"""Ordinary messages to an assistant, one a line, that come with the workbench."""
CONTEXT: Final = 3
"""Characters before one that tell what it may be."""
STRETCH: Final = 12
"""Characters of the strangest stretch."""
FOLDS: Final = 5
LEAST: Final = 4
"""Characters of a sentence that can be measured."""
CORPORA: Final = "corpora/"
LARGEST: Final = 1 << 24
"""Bytes of a case's own reference."""
MOST: Final = 1000
LONGEST: Final = 1000
"""Of a case's own reference: messages that are looked at, evenly spread over it, and characters of each."""
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

    def __init__(self, text: str, name: str, sha256: str = "") -> None:
        """`sha256`: of the file that the text is from; empty: the text's own."""
        self.name, self.sha256 = name, sha256 or hashlib.sha256(text.encode()).hexdigest()
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        self._characters = Characters(lines)
        strange = [
            Strange.of(line, model)
            for fold in range(FOLDS)
            for model in [Characters(line for at, line in enumerate(lines) if at % FOLDS != fold)]
            for line in lines[fold::FOLDS]
        ]
        self.size = len(lines)
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
        if typical < demands.natural:
            ordinary: Ordinary = "unnatural"
        elif shares[least] > 1 / (self.size + 1) or not demands.natural:
            ordinary = "natural"
        else:
            return Strangeness(prompt=title, ordinary="unmeasured", typical=None)
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
    return OrdinaryMessages(_shipped(), "ordinary messages to an assistant")


def messages() -> tuple[str, ...]:
    """Its messages."""
    return tuple(filter(str.strip, _shipped().splitlines()))


def _shipped() -> str:
    return assets.path("references", REFERENCE).read_text(encoding="utf-8")


_AT_HAND: Final[dict[str, Path]] = {}
"""References that opened cases bring, by their SHA-256."""


def named(case: Case, demands: Demands) -> Path | None:
    """The file of a case's corpora that what its rules demand names; None: none, or none that can serve."""
    paths = (one.path for one in case.manifest.files if one.sha256 == demands.ordinary and one.size <= LARGEST)
    return next((case.path(path) for path in paths if path.startswith(CORPORA)), None)


def at_hand(case: Case) -> None:
    """Have at hand what a case brings for its prompts to be held against."""
    demands = Rules.sealed(case.manifest.rules).evidence
    if demands.ordinary and (path := named(case, demands)) is not None:
        _AT_HAND[demands.ordinary] = path


def examine(case: Case, demands: Demands) -> None:
    """Raises Refusal if a case's rules name messages that could tell nothing."""
    if not demands.ordinary:
        return
    path = named(case, demands)
    if path is None:
        raise Refusal(
            "input.invalid", "The ordinary messages that the rules name are not in the case.",
            f"No file in {CORPORA} of at most {LARGEST:,} bytes has the SHA-256 {demands.ordinary[:16]}….",
            "Put the file there and its `sha256sum` into the rules, or leave `ordinary` out.",
        )  # fmt: skip
    try:
        size, least = _read(path, demands.ordinary).size, math.ceil(2 / max(demands.natural, 1 / MOST))
    except ValueError as error:
        raise Refusal(
            "input.invalid", f"{path.name} does not read as messages.", f"{error}.", "One message a line, in UTF-8."
        ) from error
    if size < least:
        raise Refusal(
            "input.invalid", f"{path.name} holds too few messages to tell what is ordinary.",
            f"It has {size}; to call anything unnatural at {demands.natural:g} takes {least}.",
            "Add messages, one a line, or leave `ordinary` out.",
        )  # fmt: skip


def naturalness(prompts: Sequence[tuple[str, str]], demands: Demands) -> Naturalness | None:
    """Of some prompts, under the reference that the case's rules name, or the one that is shipped. What a case brings
    and nobody has at hand measures nothing."""
    reference = _brought(demands.ordinary) if demands.ordinary else shipped()
    if reference is not None or not prompts:
        return reference.naturalness(prompts, demands) if reference is not None else None
    return Naturalness(
        reference="messages of the case that are not at hand",
        sha256=demands.ordinary,
        natural=0,
        unnatural=0,
        unmeasured=len(prompts),
        least=None,
    )


def _brought(sha256: str) -> OrdinaryMessages | None:
    path = _AT_HAND.get(sha256)
    try:
        return _read(path, sha256) if path is not None else None
    except (OSError, ValueError):  # the case went away, or is not what it was
        return None


@lru_cache(maxsize=4)
def _read(path: Path, sha256: str) -> OrdinaryMessages:
    """Raises OSError, and ValueError if the file is not the one that was named, or holds no texts."""
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"{path.name} was changed")
    lines = [line for line in content.splitlines() if line.strip()]
    spread = [lines[at * len(lines) // MOST] for at in range(MOST)] if len(lines) > MOST else lines
    texts = map(document_of, spread) if path.suffix == LINES_OF_JSON else (line.decode() for line in spread)
    messages = (" ".join(text.split())[:LONGEST] for text in texts)
    return OrdinaryMessages("\n".join(messages), f"{path.name} of the case", sha256)


def _bounded(line: str) -> str:
    """A line with its beginning and end marked."""
    return "\n" * CONTEXT + line.strip() + "\n"


def _share(ordered: Sequence[float], value: float) -> float:
    """The share that is as large as a value, which counts itself: it is never 0."""
    return (len(ordered) - bisect_left(ordered, value) + 1) / (len(ordered) + 1)
