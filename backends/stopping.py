"""Where a sample ends by what it says: at a token that ends a text, or once a stop string is complete.

A stop string is complete with the first token whose text, behind that of the tokens before it, holds it whole. That
token may say more than the string, and begin before it: it is the sample's last one all the same, and the sample's text
ends before the string.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Literal

from backends.model import Generated

Decode = Callable[[Sequence[int]], str]


class Ends:
    """Told of every token of the samples of one call, it says which of them are a sample's last."""

    def __init__(self, end_tokens: Collection[int], stop: Sequence[str], decode: Decode) -> None:
        self._ends, self._stop, self._decode = frozenset(end_tokens), tuple(stop), decode
        # So many tokens, each of a byte at least, hold a string that ends in the last of them.
        self._window = 1 + max((len(text.encode("utf-8", "surrogatepass")) for text in stop), default=0)
        self._latest: defaultdict[int, list[int]] = defaultdict(list)
        self._stopped: set[int] = set()

    def at(self, sample: int, token: int) -> bool:
        """Whether a sample ends with this token, its next one."""
        if token in self._ends:
            return True
        if not self._stop:
            return False
        latest = self._latest[sample] = [*self._latest[sample], token][-self._window :]
        if not found(self._decode(latest), self._stop):
            return False
        self._stopped.add(sample)
        return True

    def generated(self, sample: int, tokens: Sequence[int], *, cancelled: bool) -> Generated:
        """A sample as it stands, and why it went no further."""
        why: Literal["end", "string", "cancelled", "length"] = "cancelled" if cancelled else "length"
        if sample in self._stopped:
            why = "string"
        elif tokens and tokens[-1] in self._ends:
            why = "end"
        return Generated(tuple(tokens), why)


def found(text: str, stop: Sequence[str]) -> str:
    """The stop string that a text holds: the one that begins first, and of those the longest; empty if none."""
    held = [(text.index(string), -len(string), string) for string in stop if string in text]
    return min(held)[2] if held else ""


def complete(ids: Sequence[int], stop: Sequence[str], decode: Decode) -> int | None:
    """After how many tokens a stop string is complete; None if the text of all of them holds none."""
    if not stop or not found(decode(ids), stop):
        return None
    return bisect_left(range(len(ids) + 1), True, key=lambda count: bool(found(decode(ids[:count]), stop)))
