"""Where a chat template looks at what messages say, or changes it: told by following what may hold their words through
its names, one symbol after another.

Who writes what they are told as it is, but for white space at its ends, needs none of it. A template that does may
write short messages otherwise than long ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise
from typing import Final

from casefiles.case import known_fields

_BLANK: Final = re.compile(r"(?:\s|\\[nrt])*")
_CHANGES: Final = known_fields.listed(
    """
    capitalize casefold center e escape expandtabs forceescape format indent ljust lower partition replace rjust
    rpartition striptags swapcase title translate truncate upper urlencode urlize wordwrap zfill
    """
)
"""What changes a text by itself."""
_CUTS: Final = known_fields.listed("lstrip removeprefix removesuffix rstrip strip trim")
"""What takes off white space, or what it is told to."""
_NO_CONTENT: Final = known_fields.listed("arguments function id name parameters required role tool tools type")
"""What usual templates write in another case: who speaks, and what tools are told."""
_FIELDS: Final = known_fields.listed(
    "arguments function id image image_url name role tool_call_id tool_calls tools type video"
)
"""Of a message, or a part of one, that is none of its words."""
_PASSED: Final = known_fields.listed("append d default extend get items safe string")
"""What hands on a text as it is."""
_SEARCHED: Final = known_fields.listed("endswith split startswith")
"""What families look for their own marks with."""
_PICKED: Final = known_fields.listed("d default first last list rejectattr reverse selectattr")
"""What gives some of the messages."""
_ASKED: Final = known_fields.listed("rejectattr selectattr")
"""What asks for some by one of their fields."""
_COUNTED: Final = known_fields.listed("count length")
_READS: Final = known_fields.listed("get items keys map values")
"""What gives what a message holds."""
_STATES: Final = known_fields.listed("boolean callable defined false iterable mapping none number sequence string true")
"""What families ask of a message's words, whatever they say."""
_LITERALS: Final = known_fields.listed("False None True false none true")
_OPERATORS: Final = known_fields.listed(
    "and block call elif else endfor endif filter for if in is macro not or recursive set with"
)
_COMPARED: Final = known_fields.listed("== != in < > * % /")
_ALIKE: Final = known_fields.listed("== != in")
_CLOSINGS: Final = (")", "]", "}")
_FIRST: Final = 3
"""Symbols of what is in brackets that are kept: a name, or a number with its sign, and whether there are more."""
_ROUNDS: Final = 8
"""Of handing words on from name to name, at most."""


class _Bears(IntEnum):
    """What a value may bear of messages."""

    NOTHING = 0
    MESSAGES = 1
    """Whole ones, or one."""
    WORDS = 2


_KNOWN: Final = {
    "messages": _Bears.MESSAGES, "message": _Bears.MESSAGES, "previtem": _Bears.MESSAGES, "nextitem": _Bears.MESSAGES,
    "content": _Bears.WORDS, "caller": _Bears.WORDS, "self": _Bears.WORDS, "varargs": _Bears.WORDS,
    "kwargs": _Bears.WORDS,
}  # fmt: skip


def looks(tags: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """What is done with words, `look` or `change`, and by which filter, method or sign; of the symbols of each tag and
    output."""
    names = dict[str, _Bears](_KNOWN)
    for _ in range(_ROUNDS):
        before = dict(names)
        for tag in tags:
            for name, bears in _bound(tag, names):
                names[name] = max(bears, names.get(name, _Bears.NOTHING))
        if names == before:
            break
    else:
        names |= {name: _Bears.WORDS for tag in tags for name, _ in _bound(tag, names)}
    letters = set[str]()
    for tag in tags:
        reading = _Reading(tag, names)
        yield from reading.told
        if _head(tag) == "for" and reading.bears is _Bears.WORDS:
            letters.update(name for name, _ in _bound(tag, names))
    if letters and any(name in letters for tag in tags for name in _whole(tag)):
        yield "look", "for"


def _bound(tag: Sequence[str], names: Mapping[str, _Bears]) -> Iterator[tuple[str, _Bears]]:
    """The names that a tag gives something, and what that may bear."""
    head, symbols = _head(tag), [symbol for symbol in tag if symbol not in "+-"]
    given = [one for one, other in pairwise(symbols) if other == "=" and _is_name(one)]
    if head in ("macro", "call"):
        yield from ((symbol, _Bears.WORDS) for symbol in symbols[1:] if _is_name(symbol))
    if head == "set" and "=" not in symbols:
        yield from ((symbol, _Bears.WORDS) for symbol in symbols[1:] if _is_name(symbol))
    if head == "set" and "=" in symbols and "," in (told := symbols[1 : symbols.index("=")]):
        given += [symbol for symbol in told if _is_name(symbol)]
    if head == "for" and "in" in symbols:
        given += [symbol for symbol in symbols[1 : symbols.index("in")] if _is_name(symbol)]
    if given:
        bears = _Reading(tag, names).bears
        yield from ((name, bears) for name in given)


def _head(tag: Sequence[str]) -> str:
    return next((symbol for symbol in tag if symbol not in "+-"), "")


def _whole(tag: Sequence[str]) -> Iterator[str]:
    """The names that stand for a whole value in a tag, not for what they have a part of."""
    begin = tag.index("in") + 1 if _head(tag) == "for" and "in" in tag else 0
    around = ["", "", *tag[begin:], ""]
    for at, name in enumerate(around[:-1]):
        asked = around[at - 1] == "in" and _is_text(around[at - 2])
        if name and _is_name(name) and around[at - 1] != "." and around[at + 1] not in (".", "[", "is") and not asked:
            yield name


def _is_name(symbol: str) -> bool:
    return (symbol[0].isalpha() or symbol[0] == "_") and symbol not in _OPERATORS


def _is_text(symbol: str) -> bool:
    return symbol[:1] in ("'", '"')


@dataclass
class _Value:
    """What stands before the next symbol."""

    bears: _Bears
    name: str = ""
    parts: bool = False
    """Whether a mark parts it, so that one of its parts is whole."""
    literal: bool = False


@dataclass
class _Bracket:
    """One that is open."""

    of: _Value | None
    """What is called, or looked up in."""
    applied: str = ""
    """The filter or method that is called."""
    left: tuple[str, _Value] | None = None
    """What a comparison around it compares, and how."""
    bears: _Bears = _Bears.NOTHING
    """Of all in it."""
    inside: list[str] = field(default_factory=list)
    """Its first symbols."""
    sliced: bool = False


class _Reading:
    """One tag or output, read once."""

    def __init__(self, symbols: Sequence[str], names: Mapping[str, _Bears]) -> None:
        self._symbols = [*symbols, "", "", ""]
        self._names = names
        self.told: list[tuple[str, str]] = []
        self._open = [_Bracket(None)]
        self._value: _Value | None = None
        self._left: tuple[str, _Value] | None = None
        self._head = _head(symbols)
        self._looped = self._head != "for"
        for at in range(len(symbols)):
            self._read(at)

    @property
    def bears(self) -> _Bears:
        """What all of it may bear."""
        return max(bracket.bears for bracket in self._open)

    def _read(self, at: int) -> None:
        symbol, before = self._symbols[at], self._symbols[at - 1] if at else ""
        if len(self._open[-1].inside) < _FIRST and symbol not in _CLOSINGS:
            self._open[-1].inside.append(symbol)
        if symbol in ("(", "[", "{"):
            self._opened(symbol, at)
        elif symbol in _CLOSINGS:
            self._closed(symbol, at)
        elif symbol in (".", "|") and self._value is not None:
            pass
        elif before == "." and self._value is not None and _is_name(symbol):
            if self._symbols[at + 1] == "(":
                self._applied(symbol, at)
            else:
                self._value = self._part(symbol)
            self._ended(at)
        elif _is_name(symbol) and before in ("|", "filter"):
            if self._value is None:
                self._value = _Value(_Bears.WORDS)
            self._applied(symbol, at)
            self._ended(at)
        elif _is_text(symbol) or symbol[0].isdigit() or symbol in _LITERALS:
            self._value = _Value(_Bears.NOTHING, symbol, literal=True)
            self._ended(at)
        elif _is_name(symbol):
            self._value = _Value(self._names.get(symbol, _Bears.NOTHING), symbol)
            self._ended(at)
        else:
            self._operator(symbol, at)

    def _part(self, name: str) -> _Value:
        """A field of what stands before it."""
        assert self._value is not None
        of, bears = self._value.bears, self._names.get(name, _Bears.NOTHING)
        if of and (name in _READS or "\\" in name):  # what is spelled in numbers may be any name
            bears = _Bears.WORDS
        elif name not in _FIELDS and of is _Bears.WORDS:
            bears = of
        return _Value(bears, name)

    def _applied(self, name: str, at: int) -> None:
        """A filter or a method."""
        assert self._value is not None
        of, arguments = self._value, self._arguments(at + 1)
        bears, first = of.bears, arguments[0] if arguments else ""
        blank = bool(arguments) and all(_is_text(one) and _BLANK.fullmatch(one[1:-1]) for one in arguments)
        usual = name in _CUTS and (blank or not arguments)
        marked = _is_text(first) and len(first) > 2
        if name in _CHANGES | _CUTS:
            if not usual and (bears is _Bears.WORDS or of.name.strip("\"'") not in _NO_CONTENT):
                self.told.append(("change", name))
        elif bears is _Bears.WORDS:
            picked = name in _ASKED and marked
            if not (name in _PASSED or picked or (name in _SEARCHED and marked) or (of.parts and name in _PICKED)):
                self.told.append(("look", name))
        elif bears is _Bears.MESSAGES and name == "tojson":
            self.told.append(("look", name))
        if bears is _Bears.MESSAGES:
            bears = self._of_messages(name, arguments)
        elif name in _COUNTED or (name in _SEARCHED and name != "split"):
            bears = _Bears.NOTHING
        self._value = _Value(bears, name, parts=name == "split" and marked)

    def _of_messages(self, name: str, arguments: Sequence[str]) -> _Bears:
        """What a filter or method of messages gives."""
        texts = [one[1:-1] for one in arguments if _is_text(one)]
        told = bool(texts) and texts[0] in _FIELDS
        if name in _COUNTED or (told and name in ("get", "map")):
            return _Bears.NOTHING
        return _Bears.MESSAGES if name in _PICKED and (told or name not in _ASKED) else _Bears.WORDS

    def _arguments(self, at: int) -> list[str]:
        """What stands in brackets that open there, but for commas, up to the first that is no text."""
        found: list[str] = []
        if self._symbols[at] != "(":
            return found
        for place in range(at + 1, len(self._symbols)):
            symbol = self._symbols[place]
            if symbol == ")":
                break
            if symbol != ",":
                found.append(symbol)
            if not (symbol in (",", "=") or _is_text(symbol) or self._symbols[place + 1] == "="):
                break
        return found

    def _opened(self, symbol: str, at: int) -> None:
        of = self._value if symbol != "{" else None
        before = self._symbols[at - 1] if at else ""
        called = of is not None and symbol == "(" and at > 1 and self._symbols[at - 2] in (".", "|")
        self._open.append(_Bracket(of, before if called else "", self._left))
        self._value, self._left = None, None

    def _closed(self, symbol: str, at: int) -> None:
        if len(self._open) == 1:
            return
        bracket = self._open.pop()
        of = bracket.of
        if of is None:
            value = _Value(bracket.bears)
        elif symbol == "]":
            value = self._looked_up(of, bracket, at)
        else:
            value = self._called(of, bracket)
        self._value, self._left = value, bracket.left
        self._ended(at)

    def _looked_up(self, of: _Value, bracket: _Bracket, at: int) -> _Value:
        """A part, by its name or number."""
        inside = bracket.inside
        if len(inside) == 1 and _is_text(inside[0]):
            self._value = of
            return self._part(inside[0][1:-1])
        counted = "".join(inside).lstrip("-").isdigit()
        if of.bears is _Bears.WORDS and not (of.parts and not bracket.sliced):
            further = self._symbols[at + 1 : at + 3]
            if bracket.sliced or not ((further[0] == "[" and _is_text(further[1])) or further[0] == "."):
                self.told.append(("look", "[:]" if bracket.sliced else "[…]"))
        kept = bracket.sliced or counted or of.bears is not _Bears.MESSAGES
        return _Value(of.bears if kept else _Bears.WORDS, of.name)

    def _called(self, of: _Value, bracket: _Bracket) -> _Value:
        given = bracket.bears is _Bears.WORDS and of.bears is not _Bears.WORDS  # else it is told already
        if given and bracket.applied and bracket.applied not in _PASSED | _CHANGES | _CUTS:
            self.told.append(("look", bracket.applied))
        bears = _Bears.WORDS if bracket.bears else _Bears.NOTHING
        return _Value(max(of.bears, bears), of.name, parts=of.parts)

    def _operator(self, symbol: str, at: int) -> None:
        value, self._value = self._value, None
        if symbol == "not" or (value is None and symbol in ("=", "*", "/")):  # of a sign of two
            self._value = value
            return
        if symbol == ":":
            self._open[-1].sliced = True
        if symbol == "is" and value is not None and value.bears is _Bears.WORDS:
            asked = self._symbols[at + 1] if self._symbols[at + 1] != "not" else self._symbols[at + 2]
            if asked not in _STATES:
                self.told.append(("look", f"is {asked}"))
        if symbol == "in" and not self._looped:
            self._looped = True
            self._open[-1].bears = _Bears.NOTHING
            return
        self._left = (symbol, value) if symbol in _COMPARED and value is not None else None

    def _ended(self, at: int) -> None:
        """What follows from a value that nothing is done with any further."""
        assert self._value is not None
        if self._symbols[at + 1] in (".", "|", "[") or (self._symbols[at + 1] == "(" and not self._value.literal):
            return
        value = self._value
        self._open[-1].bears = max(self._open[-1].bears, value.bears)
        if self._left is None:
            return
        (sign, left), self._left = self._left, None
        words = max(left.bears, value.bears) is _Bears.WORDS
        if words and (sign not in _ALIKE or not (left.literal or value.literal)):
            self.told.append(("look", sign))
