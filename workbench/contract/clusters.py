"""Answers that say the same and answers that begin alike, counted: what many draws come to, said before they are read.

1. Answers are *equal* if their texts are, but for white space.
2. They are of one *cluster* if their first two words are equal, but for case and punctuation. Signs say something, be
   they pictures, sums or money, and so do a percent sign and what stands right before a digit: 👍 is not 👎, nor −5 5.
   A text of fewer words is of one cluster only with those that have just these.
3. What a cluster says of itself is the longest beginning, in whole words, that all of its texts have in common, as its
   most frequent text has it.
Clusters and texts are ordered by how often they came, then by which came first. So nothing depends on chance or on a
model, and anybody can count again by hand.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

from workbench.contract.beginning import common
from workbench.visible import quoted

BEGINNING: Final = 2
"""First words by which texts are put together."""
LONGEST: Final = 80
"""Characters of a text that are quoted in a sentence."""

_RUN: Final = re.compile(r"[^\W_]+|[\W_]", re.DOTALL)

BareWords = tuple[str, ...]
Bare = Callable[[str], str]
"""A word as it is compared; empty if nothing of it is."""


@lru_cache(maxsize=1 << 14)
def telling(word: str) -> str:
    """Letters with their marks, digits and signs, whatever the case."""
    # Runs of letters and digits at once: an answer may be one word of a million.
    kept = (
        one[0] for one in _RUN.finditer(word) if one[0].isalnum() or _tells(one[0], word[one.end() : one.end() + 1])
    )
    return unicodedata.normalize("NFC", "".join(kept)).casefold()


def _tells(letter: str, after: str) -> bool:
    kind = unicodedata.category(letter)
    return kind[0] in "LMN" or kind in ("Sc", "Sm", "So") or letter in "%‰" or (letter in "-.,:/" and after.isdigit())


def alphanumeric(word: str) -> str:
    """Letters and digits alone, as the second version of samples compared."""
    return "".join(filter(str.isalnum, word)).casefold()


class Numbered(Protocol):
    """A text that was said, by its number."""

    @property
    def index(self) -> int: ...

    @property
    def text(self) -> str: ...

    @property
    def begun(self) -> bool: ...


@dataclass(frozen=True)
class EqualAnswers:
    """One text, and the answers that gave it."""

    text: str
    """As the first of them has it."""
    samples: tuple[int, ...]
    bare: Bare = telling

    @property
    def times(self) -> int:
        return len(self.samples)

    @property
    def words(self) -> BareWords:
        """What is compared of it."""
        return tuple(filter(None, map(self.bare, self.text.split())))


@dataclass(frozen=True)
class Cluster:
    """Texts that begin alike, the most frequent first."""

    equal: tuple[EqualAnswers, ...]

    @property
    def times(self) -> int:
        """How many answers it holds."""
        return sum(one.times for one in self.equal)

    @property
    def samples(self) -> tuple[int, ...]:
        return tuple(sorted(sample for one in self.equal for sample in one.samples))

    @property
    def beginning(self) -> str:
        """The words that all its texts begin with; the whole text, if it is one."""
        shared = common([one.words for one in self.equal])
        kept, first = 0, self.equal[0]
        text = first.text.split()
        for place, word in enumerate(text):
            if kept == shared and bool(first.bare(word)):
                return " ".join(text[:place])
            kept += bool(first.bare(word))
        return " ".join(text)

    @property
    def words(self) -> str:
        """What its answers do, as it follows on “18 of 24 answers”."""
        if len({one.words for one in self.equal}) == 1:
            spelled = " but for case and marks" if len(self.equal) > 1 else ""
            return f"are {short_quoted(self.equal[0].text)}{spelled}"
        return f"begin {quoted(f'{_shortened(self.beginning)}…')}"


def clustered(answers: Iterable[Numbered], bare: Bare = telling) -> tuple[Cluster, ...]:
    """The answers that were begun, in clusters."""
    equal: defaultdict[str, list[Numbered]] = defaultdict(list)
    for answer in answers:
        if answer.begun:
            equal[" ".join(answer.text.split())].append(answer)
    alike: defaultdict[BareWords, list[EqualAnswers]] = defaultdict(list)
    for group in equal.values():
        one = EqualAnswers(group[0].text, tuple(answer.index for answer in group), bare)
        alike[one.words[:BEGINNING]].append(one)
    found = [Cluster(tuple(sorted(each, key=lambda one: -one.times))) for each in alike.values()]
    return tuple(sorted(found, key=lambda cluster: -cluster.times))


def told(clusters: Sequence[Cluster], called: str = "answers") -> str:
    """What they come to in one sentence, counts first, and beside it how many texts there are; `called`: what they are
    called when there are several."""
    if not clusters:
        return "Nothing was sampled."
    first, of = clusters[0], sum(cluster.times for cluster in clusters)
    texts = [one for cluster in clusters for one in cluster.equal]
    if of == 1:
        return short_quoted(first.equal[0].text)
    if first.times == 1:
        return f"{of} {called}, no two of which begin alike; the first: {short_quoted(first.equal[0].text)}"
    lead = f"All {of} {called}" if first.times == of else f"{first.times} of {of} {called}"
    rest = of - first.times
    differ = f"; {rest} {'differs' if rest == 1 else 'differ'}" if rest else ""
    beside = f" · {len(texts)} texts in all, {_most(texts)}" if len(first.equal) > 1 else ""
    return f"{lead} {first.words}{differ}{beside}"


def short_quoted(text: str) -> str:
    """A text in quotation marks, on one line and not too long; an empty one too."""
    return quoted(_shortened(" ".join(text.split()) or "(nothing)"))


def _most(texts: Sequence[EqualAnswers]) -> str:
    most = max(texts, key=lambda one: one.times)
    return f"most often {short_quoted(most.text)} ({most.times} times)" if most.times > 1 else "no two of them equal"


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
