"""What is kept from a judge who wants to judge blind: who did it, and with which instruments."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, Protocol, TypeVar, cast, get_args, get_origin, get_type_hints

from casefiles.counted import counted
from casefiles.status import STATUS
from workbench.claims.predicate import bounded
from workbench.contract.actor import Actor
from workbench.contract.figures import Axis, Heat, Line, Rows, Scale
from workbench.document import Document
from workbench.visible import cell, line, quoted

T = TypeVar("T")

HIDDEN: Final = "●●●"
"""What stands in the place of a name."""
_LEFT: Final = (
    "You judge blind: names are hidden wherever they are written, but not one that is spelled otherwise or only hinted"
    " at."
)
_NAMES: Final = 32
"""So many act in an audit; whoever writes a log gives names as they like, and each is looked for in all there is."""
_WORDS: Final = 6
"""And so many words has what somebody is called."""
_FINGERPRINT: Final = re.compile(r"\b(?:[0-9a-f]{2}:){7}[0-9a-f]{2}\b")
_WORD: Final = re.compile(r"\w+")
_PART: Final = re.compile(r"[^\W_]+")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_USUAL: Final = frozenset(word for said in STATUS.values() for word in _WORD.findall(said.casefold()))
"""Words of our own sentences, which say something without whoever is called so."""
_SHORT: Final = 3
"""Letters that a name has at least which is one in whatever case, or is one of several."""
_NOBODY: Final = frozenset({"", Actor.model_fields["name"].default})


@dataclasses.dataclass(frozen=True)
class _Place:
    """Where a name stands: in sentences of ours, and in what others wrote."""

    ours: re.Pattern[str]
    theirs: re.Pattern[str]

    @classmethod
    def of(cls, name: str) -> _Place:
        """One that is a usual word is a name in ours only where it was filled in. Several words are one however they
        are parted."""
        words, usual = _PART.findall(name), name.casefold() in _USUAL
        flags = re.NOFLAG if usual or len(name) < _SHORT else re.IGNORECASE
        ways = [_bounded([name])] + ([_bounded(words)] if len(words) > 1 else [])
        whole = "|".join(ways)
        filled = rf"\A(?:{whole})\Z|(?<=“)(?:{whole})(?=”)"
        return cls(re.compile(filled if usual else whole, flags), re.compile(whole, flags))


def _bounded(words: Sequence[str]) -> str:
    """A pattern of words that nothing goes on beside: in scripts that part none, anything may stand there."""
    inside = r"[\W_]*".join(map(re.escape, words))
    return f"{_edge(words[0][0], '<')}{inside}{_edge(words[-1][-1], '')}"


def _edge(letter: str, side: str) -> str:
    if not letter.isalnum() or not bounded(letter):
        return ""
    return rf"(?{side}!\d)" if letter.isdigit() else rf"(?{side}![^\W\d_])"


def _called(word: str) -> bool:
    """Whether a word of a name is one by itself: such as people have."""
    return len(word) >= _SHORT and not word[0].islower() and not word.isdigit() and word.casefold() not in _USUAL


def _words(key: str) -> list[str]:
    """The words in what a key is called, which people write as it comes: `lovelace` of `a.lovelace42`. Short ones are
    names with a capital alone."""
    words = _LETTERS.findall(_HUMP.sub(" ", key))
    own = [word for word in words if len(word) > 1 and word.casefold() not in _USUAL]
    return [word if len(word) >= _SHORT else word.capitalize() for word in own]


@cache
def _written(kind: Any) -> tuple[str, ...]:
    """The fields of a document or figure that hold what people write, and no words of which there are but a few."""
    hints = get_type_hints(kind)
    names = kind.model_fields if issubclass(kind, Document) else [one.name for one in dataclasses.fields(kind)]
    return tuple(name for name in names if not _chosen(hints[name]))


def _chosen(hint: Any) -> bool:
    return get_origin(hint) is Literal or any(map(_chosen, get_args(hint)))


class Blindfolded(Protocol):
    """What shows something that a blindfold may have to hide."""

    def refresh(self) -> None:
        """Show it as it may be shown now; nothing that was typed is lost."""


class Blindfold:
    """Takes names out of whatever is shown while it is on. All that a pane shows of a log passes it: sentences of ours
    by `words`, what others wrote by `theirs`, and documents and figures by `over`."""

    def __init__(self, on: bool = False) -> None:
        self.on = on
        self._places: dict[str, _Place] = {}
        self._names: dict[str, None] = {}
        self._shown = 0

    @property
    def left(self) -> str:
        """What it cannot take away, for whoever wears it."""
        more = f" {counted(self._shown, 'more name')} that the log gives stay{'s' * (self._shown == 1)} as they are."
        return _LEFT + (more if self._shown else "")

    def hide(self, names: Iterable[str], *, of_keys: bool = False) -> None:
        """From now on these are names, however they are spelled where they are shown, and so is each word of theirs
        that has a capital; of those of keys each that is no word of ours. Of more than any audit has the first ones."""
        told = [name for name in dict.fromkeys(names) if name not in _NOBODY and name not in self._names]
        taken = told[: max(0, _NAMES - len(self._names))]
        self._names |= dict.fromkeys(taken)
        self._shown += len(told) - len(taken)
        parts = [word for name in taken for word in _PART.findall(name)[:_WORDS] if _called(word)]
        parts += [word for name in taken if of_keys for word in _words(name)[:_WORDS]]
        for name in dict.fromkeys((*taken, *parts)):
            for shown in (name, line(name), cell(name), quoted(name)[1:-1]):
                for spelled in {shown, *(unicodedata.normalize(form, shown) for form in ("NFC", "NFD"))} - {""}:
                    self._places.setdefault(spelled, _Place.of(spelled))

    def hide_file(self, path: Path) -> None:
        """What a file is called says whose it is; without its ending that is a word like others."""
        for name in {str(path), str(path.absolute()), path.name}:
            self._places.setdefault(name, _Place.of(name))

    def words(self, text: str) -> str:
        """A sentence of ours as it may be shown, whatever it tells."""
        return self._taken([text], theirs=False)[0]

    def theirs(self, text: str) -> str:
        """What somebody else wrote, as it may be shown."""
        return self._taken([text], theirs=True)[0]

    def _taken(self, pieces: Sequence[str], *, theirs: bool) -> tuple[str, ...]:
        """Pieces of one text, such as tokens; a name that several have together stands in the first of them."""
        if not self.on:
            return tuple(pieces)
        text = "".join(pieces)
        patterns = [_FINGERPRINT, *(one.theirs if theirs else one.ours for one in self._places.values())]
        spans = sorted(found.span() for pattern in patterns for found in pattern.finditer(text))
        shown, at, begins = [], 0, 0
        for piece in pieces:
            ends, told = begins + len(piece), ""
            for first, last in spans:
                if first < ends and last > max(at, begins):
                    told += text[max(at, begins) : first] + (HIDDEN if first >= max(at, begins) else "")
                    at = last
            shown.append(told + text[max(at, begins) : ends])
            begins = ends
        return tuple(shown)

    def over(self, value: T) -> T:
        """A document or a figure as it may be shown."""
        return cast("T", self._over(value)) if self.on else value

    def _over(self, value: Any) -> Any:
        if type(value) is str:
            return self.theirs(value)
        if type(value) in (tuple, frozenset):
            return type(value)(map(self._over, value))
        if type(value) is dict:
            return {key: self._over(item) for key, item in value.items()}
        if isinstance(value, Document):
            return value.model_copy(update=self._fields(value))
        if dataclasses.is_dataclass(value) and not isinstance(value, (type, Scale)):
            return dataclasses.replace(value, **(self._fields(value) | self._of_pieces(value)))
        return value

    def _fields(self, value: Any) -> dict[str, Any]:
        kind: Any = type(value)
        return {name: self._over(getattr(value, name)) for name in _written(kind)}

    def _of_pieces(self, value: Any) -> dict[str, Any]:
        """What of a figure is a text in pieces, and what is read of it only when somebody points at it."""
        if isinstance(value, Line):
            pieces = self._taken([token.piece for token in value.tokens], theirs=True)
            tokens = zip(self._over(value.tokens), pieces, strict=True)
            return {"tokens": tuple(dataclasses.replace(token, piece=piece) for token, piece in tokens)}
        if isinstance(value, Axis) and value.tokens:
            return {"labels": self._taken(value.labels, theirs=True)}
        if isinstance(value, Heat):
            texts = tuple(self._taken(row, theirs=True) for row in value.texts)
            return {"texts": texts, "bars": lambda row, column: self._over(value.bars(row, column))}
        if isinstance(value, Rows) and value.rows:
            columns = [
                self._taken([str(one) for one in each], theirs=True) if kind.kind == "token" else map(self._over, each)
                for kind, each in zip(value.columns, zip(*value.rows, strict=True), strict=True)
            ]
            return {"rows": tuple(zip(*columns, strict=True))}
        return {}
