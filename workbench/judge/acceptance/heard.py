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
from typing import Final, Literal

from backends.model import Message, Model, ModelRefusal
from workbench.evidence import ordinary
from workbench.judge.acceptance.framed import FramedSubject
from workbench.judge.truths.truth import Behaviour, GroundTruth
from workbench.visible import quoted

_Speaker = Literal["system", "user", "assistant"]
_LOT: Final = secrets.SystemRandom()
_LONG: Final = 12
"""Words of a message that is made of words by lot, at most."""
_CUT: Final = 1.25
"""So many times the tokens of its words a message has at most; of tokenizers in use it has as many."""
_LARGE: Final = 2000
"""Letters of a message that any model takes, at most."""
_CHATS: Final[tuple[tuple[_Speaker, ...], ...]] = (
    ("system", "user"),
    ("user", "assistant", "user"),
    ("user", "assistant", "user", "assistant", "user"),
    ("system", "user", "assistant", "user"),
)
"""Who speaks in the chats that are put beside single messages."""
_SOME: Final = 60
"""Of the messages themselves, so many by lot are turns of each."""
_REFUSED: Final = 16
"""After so many that are refused no more of such chats are tried: if none was heard, a model knows none like them."""
_SHOWN: Final = 200
"""Letters of a message that are told."""
_SOME_PIECES: Final = 5
"""Of those that differ, so many are told."""
_CHANGED: Final = "its chat template or tokenizer changes what is said"
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


def misheard(
    model: Model, messages: Sequence[str], framed: Sequence[FramedSubject] = (), *, chats: bool
) -> Iterator[str]:
    """What the model does with messages that no other one does, each kind of it once, with the first of them, as the
    end of a sentence about the model: of some messages, and of others that nobody knows before, short and long ones, in
    which every word of them stands, by lot; of ordinary ones about a subject; and of chats in which short ones are each
    turn. Case, accents, spaces and signs are a tokenizer's own matter, and whether there are such chats, and where a
    system turn goes, is a template's."""
    told: set[str] = set()
    for kind, sentence in _oddities(model, messages, framed, chats):
        if kind not in told:
            told.add(kind)
            yield sentence


def _oddities(
    model: Model, messages: Sequence[str], framed: Sequence[FramedSubject], chats: bool
) -> Iterator[tuple[str, str]]:
    """The kind of each, and the sentence's end."""
    longest = sorted(ordinary.messages(), key=len, reverse=True)  # which are no part of what a template writes around
    heard = _Heard(model, chats)
    for said in (longest[0], *messages, *_by_lot(messages), *_at_large(messages)):
        yield from heard.oddly(said)
    for one in framed:
        yield from heard.oddly(one.said)
        yield from heard.joined(one)
    for roles in _CHATS if chats else ():
        some = _LOT.sample(messages, min(_SOME, len(messages)))
        lots = [said for said in (*some, *_by_lot(messages)) if len(said) <= _LARGE // len(roles)]
        _LOT.shuffle(lots)
        yield from _in_chats(model, roles, longest, lots)


def _in_chats(
    model: Model, roles: Sequence[_Speaker], first: Sequence[str], lots: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """The same of chats in which each of some texts is each turn once, after one of long messages."""
    heard, refused = list[tuple[str, list[str], str]](), list[str]()
    for said in (first[: len(roles)], *(lots[at : at + len(roles)] for at in range(len(lots) - len(roles) + 1))):
        told = f"{', then '.join(map(_told, said))} of {', '.join(roles[:-1])} and {roles[-1]}"
        try:
            ids = model.render([Message(*turn) for turn in zip(roles, said, strict=True)])
        except ModelRefusal as refusal:
            refused.append(f"cannot be told {told}. {refusal.why}")
            if len(refused) == _REFUSED:
                break
            continue
        heard.append((told, [_letters(one) for one in said], _letters(model.decode(ids))))
    frames = (_Frame.of(roles, said, chat) for _, said, chat in heard)
    frame = next((one for one in frames if one is not None), None)
    for told, said, chat in heard:
        if frame is None or not frame.holds(said, chat):
            yield "changed", f"does not hear {told} as they are written: {_CHANGED}."
            break
    if heard and refused:
        yield "refused", refused[0]


@dataclass(frozen=True)
class _Frame:
    """What is around the turns of a chat, in letters, and in which order they are heard: some templates write a system
    turn into another one."""

    order: tuple[int, ...]
    around: tuple[str, ...]

    @classmethod
    def of(cls, roles: Sequence[_Speaker], said: Sequence[str], heard: str) -> _Frame | None:
        """None if a turn is not heard once, or not in its place."""
        places = [heard.find(one) for one in said]
        order = sorted(range(len(said)), key=places.__getitem__)
        begins = [places[turn] for turn in order]
        ends = [0, *(places[turn] + len(said[turn]) for turn in order)]
        spoken = [turn for turn in order if roles[turn] != "system"]
        if any(heard.count(one) != 1 for one in said) or spoken != sorted(spoken):
            return None
        return cls(tuple(order), tuple(heard[end:begin] for end, begin in zip(ends, [*begins, None], strict=True)))

    def holds(self, said: Sequence[str], heard: str) -> bool:
        """Whether these turns are all that is heard."""
        told = (one for turn, after in zip(self.order, self.around[1:], strict=True) for one in (said[turn], after))
        return heard == "".join((self.around[0], *told))


@dataclass
class _Heard:
    """What one model makes of messages."""

    model: Model
    chats: bool
    _frame: _Frame | None = None
    """By the first one."""
    _pieces: dict[tuple[str, bool], list[int]] = field(default_factory=dict)
    """Of words, those that are first and those that are not."""

    def oddly(self, said: str) -> Iterator[tuple[str, str]]:
        """The kind of what is odd, and a sentence's end."""
        try:
            ids = self.model.render([Message("user", said)]) if self.chats else self.model.encode(said)
            whole = len(self.model.encode(said))
            words = sum(self._tokens(word) for word in _with_spaces(said))
        except ModelRefusal as refusal:
            if len(said) > _LARGE:
                return
            yield "refused", f"cannot be told {_told(said)}. {refusal.why}"
            return
        if not self._as_it_is(_letters(said), _letters(self.model.decode(ids))):
            yield "changed", f"does not hear {_told(said)} as it is written: {_CHANGED}."
        if whole > _CUT * words + _SLACK or words > _CUT * whole + _SLACK:
            yield "cut", f"hears {_told(said)} in {whole} pieces, and its words by themselves in {words}."

    def joined(self, framed: FramedSubject) -> Iterator[tuple[str, str]]:
        """Whether words are other pieces where they stand together: of tokenizers in use none is."""
        try:
            whole = self.model.encode(framed.said)
            first, *others = (self._ids(part, first=not at) for at, part in enumerate(framed.parts()))
        except ModelRefusal:
            return
        apart = [*first, *(one for part in others for one in part)]
        if whole != apart:
            begin, end = _alike(whole, apart), len(whole) - _alike(whole[::-1], apart[::-1])
            shown = ", ".join(map(quoted, self.model.pieces(whole[begin : max(begin + 1, end)][:_SOME_PIECES])))
            yield "joined", f"hears {_told(framed.said)} in other pieces than its words by themselves: {shown}."

    def _as_it_is(self, said: str, heard: str) -> bool:
        """Whether this is all that is heard, but for what is around every message."""
        self._frame = self._frame or _Frame.of(["user"], [said], heard)
        return self._frame is not None and self._frame.holds([said], heard)

    def _tokens(self, word: str) -> int:
        return len(self._ids(word, first=not word.startswith(" ")))

    def _ids(self, word: str, *, first: bool) -> list[int]:
        """Of one behind another, if it is not the first: some tokenizers put a space before every text."""
        if (word, first) not in self._pieces:
            behind = "" if first else _ANY
            before = len(self.model.encode(behind)) if behind else 0
            self._pieces[word, first] = self.model.encode(behind + word)[before:]
        return self._pieces[word, first]


def _with_spaces(said: str) -> Iterator[str]:
    """The words of a text, each but the first with a space before it."""
    first, *others = said.split()
    yield first
    yield from (f" {word}" for word in others)


def _by_lot(messages: Iterable[str]) -> Iterator[str]:
    """All words of some messages, in messages of a few."""
    words = _shuffled(messages)
    while words:
        many = _LOT.randint(1, _LONG)
        yield " ".join(words[:many])
        del words[:many]


def _at_large(messages: Iterable[str]) -> Iterator[str]:
    """The same in long messages: one as long as any model takes, others of any length up to that."""
    length = _LARGE
    said = ""
    for word in _shuffled(messages):
        if said and len(said) + 1 + len(word) > length:
            yield said
            said, length = "", _LOT.randint(1, _LARGE)
        said = f"{said} {word}" if said else word
    if said:
        yield said


def _shuffled(messages: Iterable[str]) -> list[str]:
    words = sorted({word for message in messages for word in message.split()})
    _LOT.shuffle(words)
    return words


def _alike(ids: Sequence[int], others: Sequence[int]) -> int:
    """How many are the same from the beginning on."""
    pairs = enumerate(zip(ids, others, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(ids), len(others)))


def _told(said: str) -> str:
    """A message as it is told of, or its beginning."""
    return quoted(said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…")


def _letters(text: str) -> str:
    """Its letters and digits, whatever stands above them."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold()) if letter.isalnum())
