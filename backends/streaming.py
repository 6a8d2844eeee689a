"""Tell a listener what is being generated, as ids and as the text they complete."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence

from backends.model import TokenListener

IdListener = Callable[[int, Sequence[int]], None]

_LONGEST_CHARACTER = 4
"""Bytes of the longest UTF-8 character, so the most tokens that one can be spread over."""


class _Text:
    """Turns the tokens of one sample into text as they come, holding back half a character."""

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._shown: list[int] = []
        self._pending: list[int] = []

    def take(self, new: Sequence[int], *, last: bool) -> str:
        self._pending += new
        # However long it goes on: bytes that are told too early could not become the character they began.
        if not last and self._decode(self._pending[-_LONGEST_CHARACTER:]).endswith("\ufffd"):
            return ""
        # Decoded after the token before, because some tokenizers drop a space at the start of a text.
        before = self._decode(self._shown[-1:])
        after = self._decode(self._shown[-1:] + self._pending)
        self._shown, self._pending = (self._shown + self._pending)[-1:], []
        return after[len(before) :]


def listener(
    on_tokens: TokenListener | None, decode: Callable[[Sequence[int]], str], ends: Collection[int]
) -> IdListener | None:
    """What an engine calls with new ids, so that `on_tokens` hears their text too; ids that end a text have none."""
    if on_tokens is None:
        return None
    texts: defaultdict[int, _Text] = defaultdict(lambda: _Text(decode))

    def heard(sample: int, ids: Sequence[int]) -> None:
        words = [token for token in ids if token not in ends]
        on_tokens(sample, ids, texts[sample].take(words, last=len(words) < len(ids)))

    return heard
