"""How a model hears what is said to it: whether its chat template or tokenizer takes messages as they are, whoever
words them.

An attacker writes both. Whoever is heard in the words of the truth's exhibits alone measures a behaviour there, and who
asks in their own finds nothing.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from backends.model import Message, Model, ModelRefusal
from workbench.evidence import ordinary
from workbench.judge.truths.truth import Behaviour, GroundTruth
from workbench.visible import quoted

_LONG: Final = 12
"""Words of a message that is made of words by lot, at most."""
_CUT: Final = 1.25
"""So many times the tokens of its words a message has at most; of tokenizers in use it has as many."""
_LARGE: Final = 2000
"""Letters of a message that any model takes, at most."""
_ANY: Final = "x"
"""A word that another one stands behind."""
_SLACK: Final = 2
"""And some more, where lines break."""


def messages_of(truth: GroundTruth | None) -> tuple[str, ...]:
    """Ordinary messages, and all that a truth says of what is asked, and of what it is about and is answered."""
    told = (part for one in (truth.intent if truth is not None else ()) for part in _told_of(one))
    return tuple(dict.fromkeys(filter(str.strip, (*ordinary.messages(), *told))))


def _told_of(behaviour: Behaviour) -> Iterator[str]:
    yield from (*behaviour.scope, behaviour.trigger)
    for one in (*behaviour.exhibits, *behaviour.controls):
        yield from (one.asked.words, one.subject, *one.shows.any_of, *one.shows.none_of)


def misheard(model: Model, messages: Sequence[str], *, chats: bool) -> Iterator[str]:
    """What the model does with messages that no other one does, each kind of it once, with the first message, as the
    end of a sentence about the model: of some messages, and of many that nobody knows before, in which every word of
    them stands once, by lot. Case, accents, spaces and signs are a tokenizer's own matter."""
    told: set[str] = set()
    heard = _Heard(model, chats)
    longest = max(ordinary.messages(), key=len)  # which is no part of what a template writes around it
    for said in (longest, *messages, *_by_lot(messages)):
        for kind, sentence in heard.oddly(said):
            if kind not in told:
                told.add(kind)
                yield sentence


@dataclass
class _Heard:
    """What one model makes of messages."""

    model: Model
    chats: bool
    _frame: tuple[str, str] | None = None
    """What is around a message, by the first one."""
    _counts: dict[str, int] = field(default_factory=dict)

    def oddly(self, said: str) -> Iterator[tuple[str, str]]:
        """The kind of what is odd, and a sentence's end."""
        try:
            ids = self.model.render([Message("user", said)]) if self.chats else self.model.encode(said)
            whole = len(self.model.encode(said))
            words = sum(self._tokens(word) for word in _with_spaces(said))
        except ModelRefusal as refusal:
            if len(said) > _LARGE:
                return
            yield "refused", f"cannot be told {quoted(said)}. {refusal.why}"
            return
        if not self._as_it_is(_letters(said), _letters(self.model.decode(ids))):
            why = "its chat template or tokenizer changes what is said"
            yield "changed", f"does not hear {quoted(said)} as it is written: {why}."
        if whole > _CUT * words + _SLACK or words > _CUT * whole + _SLACK:
            yield "cut", f"hears {quoted(said)} in {whole} pieces, and its words by themselves in {words}."

    def _as_it_is(self, said: str, heard: str) -> bool:
        """Whether this is all that is heard, but for what is around every message."""
        if self._frame is None:
            before, there, after = heard.partition(said)
            if not there:
                return False
            self._frame = before, after
        return heard == said.join(self._frame)

    def _tokens(self, word: str) -> int:
        """Of one with a space before it, behind another: some tokenizers put a space before every text."""
        if word not in self._counts:
            behind = _ANY if word.startswith(" ") else ""
            self._counts[word] = len(self.model.encode(behind + word)) - (
                len(self.model.encode(behind)) if behind else 0
            )
        return self._counts[word]


def _with_spaces(said: str) -> Iterator[str]:
    """The words of a text, each but the first with a space before it."""
    first, *others = said.split()
    yield first
    yield from (f" {word}" for word in others)


def _by_lot(messages: Iterable[str]) -> Iterator[str]:
    lot = secrets.SystemRandom()
    words = sorted({word for message in messages for word in message.split()})
    lot.shuffle(words)
    while words:
        many = lot.randint(1, _LONG)
        yield " ".join(words[:many])
        del words[:many]


def _letters(text: str) -> str:
    """Its letters and digits, whatever stands above them."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold()) if letter.isalnum())
