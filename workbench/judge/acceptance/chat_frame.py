"""What stands around the turns of a chat, which is the same whatever they say: in letters, in signs, case and white
space, and in the number of pieces.

Case, accents, spaces and signs are a tokenizer's own matter, so that a turn may be heard as the tokenizer by itself
hears its text. A template may take white space off its ends, and nothing else.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, product
from typing import Final

from backends.model import Model, ModelRefusal

_CHANGED: Final = "its chat template or tokenizer changes what is said"
_WRITTEN: Final = (
    "its tokenizer by itself keeps signs, case and white space, and its chat template changes them, or what is around"
)
_PIECES: Final = "its chat template or tokenizer puts other pieces around it than around other messages"
_ANY: Final = "x"
_TRIMS: Final = ("", "\n", None)
"""What templates take off an end of a turn: nothing, line breaks, or all white space."""
_NO_LETTER: Final = re.compile(r"[\W_]+")
_EDGES: Final = 2
"""Pieces that more or fewer words may be at the ends of a turn, where a tokenizer does not give back what it is
given."""


class ChatFrame:
    """What one model puts around the turns of chats of some speakers, learnt from the first in which each is found;
    around a text, if it is told no chats."""

    def __init__(self, model: Model, roles: Sequence[str], *, chats: bool = True) -> None:
        self._model, self._roles, self._chats = model, roles, chats
        self._lettered: _Frame | None = None
        self._written: _Frame | None = None
        self._ends: tuple[str, str] | None = None
        """What the tokenizer puts around every text."""
        self._beyond: int | None = None
        """Pieces that are heard beyond those of the same text by itself."""
        self._exact = False
        """Whether the tokenizer makes of what is heard the same pieces."""

    def learn(self, said: Sequence[str], ids: Sequence[int]) -> None:
        """What is around, of a chat that is heard as these ids; nothing if it is known."""
        if self._lettered is not None and self._written is not None:
            return
        heard = self._model.decode(ids)
        if self._lettered is None:
            self._lettered = _Frame.of(self._roles, [_lettered(one) for one in said], letters(heard))
        if self._written is None:
            self._written = _Frame.of(self._roles, [[*_spelled(one), self._alone(one)] for one in said], heard)

    def changed(self, said: Sequence[str], ids: Sequence[int]) -> str:
        """In which way these turns are not heard as they are written; empty if they are."""
        heard = self._model.decode(ids)
        spelled = [{one: one for one in _lettered(turn)} for turn in said]
        if self._lettered is None or self._lettered.found(spelled, letters(heard)) is None:
            return _CHANGED
        if not self._chats:
            return ""
        if self._written is None:
            return _WRITTEN
        turns = self._written.found([_trimmed(one, one) for one in said], heard)
        if turns is None:
            turns = self._written.found([_trimmed(one, self._alone(one)) for one in said], heard)
        if turns is None:
            return _WRITTEN
        return "" if self._as_many(said, self._written.text(turns), ids) else _PIECES

    def _alone(self, said: str) -> str:
        """What the tokenizer by itself hears of a text, but for what it puts around every text: around a turn that is
        part of what stands there."""
        try:
            if self._ends is None:
                before, _, after = self._model.decode(self._model.encode(_ANY)).partition(_ANY)
                self._ends = before, after
            heard = self._model.decode(self._model.encode(said))
        except ModelRefusal:
            return said
        return heard.removeprefix(self._ends[0]).removesuffix(self._ends[1])

    def _as_many(self, said: Sequence[str], text: str, ids: Sequence[int]) -> bool:
        """Whether no more pieces are heard than of any other chat: what a tokenizer shows of them is its maker's."""
        try:
            alone = self._model.encode(text, special=True)
        except ModelRefusal:
            return False
        beyond = len(ids) - len(alone)
        if self._beyond is None:
            self._beyond, self._exact = beyond, list(ids) == list(alone)
        if list(ids) == list(alone) if self._exact else abs(beyond - self._beyond) <= _EDGES * len(said):
            return True
        encode = self._model.encode  # what a turn spells stays text in a chat, and is none by itself
        return any(encode(one, special=True) != encode(one) for one in said)


@dataclass(frozen=True)
class _Frame:
    """What is around the turns of a chat, and in which order they are heard: some templates write a system turn into
    another one."""

    order: tuple[int, ...]
    around: tuple[str, ...]

    @classmethod
    def of(cls, roles: Sequence[str], said: Sequence[Sequence[str]], heard: str) -> _Frame | None:
        """By the first of the ways of the turns in which all are found once, and in their places; None if there is
        none."""
        ways = zip(*said, strict=True)
        return next((frame for turns in ways if (frame := cls._by(roles, turns, heard)) is not None), None)

    @classmethod
    def _by(cls, roles: Sequence[str], said: Sequence[str], heard: str) -> _Frame | None:
        places = [heard.find(one) for one in said]
        order = sorted(range(len(said)), key=places.__getitem__)
        begins = [places[turn] for turn in order]
        ends = [0, *(places[turn] + len(said[turn]) for turn in order)]
        spoken = [turn for turn in order if roles[turn] != "system"]
        if any(heard.count(one) != 1 for one in said) or spoken != sorted(spoken):
            return None
        return cls(tuple(order), tuple(heard[end:begin] for end, begin in zip(ends, [*begins, None], strict=True)))

    def found(self, said: Sequence[Mapping[str, str]], heard: str) -> list[str] | None:
        """Which text each turn is heard as in the order in which they are, if they are all that is heard within this
        frame: of the ways of each, by what is heard."""
        places = {len(self.around[0]): list[str]()} if heard.startswith(self.around[0]) else {}
        for turn, after in zip(self.order, self.around[1:], strict=True):
            further: dict[int, list[str]] = {}
            for at, told in places.items():
                for way, text in said[turn].items():
                    if heard.startswith(way, at) and heard.startswith(after, at + len(way)):
                        further.setdefault(at + len(way) + len(after), [*told, text])
            places = further
        return places.get(len(heard))

    def text(self, turns: Sequence[str]) -> str:
        """The chat with these turns, in the order in which they are heard."""
        return self.around[0] + "".join(chain.from_iterable(zip(turns, self.around[1:], strict=True)))


def _spelled(said: str) -> list[str]:
    """A text as it is, and as JSON spells it: some templates write a chat as data."""
    return [said, json.dumps(said, ensure_ascii=False)[1:-1]]


def _lettered(said: str) -> list[str]:
    return [letters(one) for one in _spelled(said)]


def _trimmed(said: str, alone: str) -> dict[str, str]:
    """What may be heard of a text without white space at an end, or at both, and which text it is: `alone` is what the
    tokenizer by itself hears."""
    trimmed = dict.fromkeys(
        (said.lstrip(left).rstrip(right), alone.lstrip(left).rstrip(right)) for left, right in product(_TRIMS, _TRIMS)
    )
    ways: dict[str, str] = {}
    for text, heard in trimmed:
        _, as_json = _spelled(text)
        for way, told in ((text, text), (heard, text), (as_json, as_json)):
            ways.setdefault(way, told)
    return ways


def letters(text: str) -> str:
    """Its letters and digits, whatever stands above them."""
    return _NO_LETTER.sub("", unicodedata.normalize("NFKD", text.casefold()))
