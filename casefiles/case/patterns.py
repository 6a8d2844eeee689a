"""What regular expressions of tokenizers say to whoever reads them: they look for kinds of letters, and for hardly a
letter by itself."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

ENOUGH: Final = 12
"""So many letters of their own no usual tokenizer looks for."""
_COMMENT: Final = re.compile(r"\(\?#|\(\?[a-wyz]*x")
"""A comment, or the mode in which there are some."""
_LONG: Final = 4096
"""Letters of a regular expression; the longest in use has some hundreds."""
_WORD: Final = re.compile(r"[^\W\d_]{4,}+")
_SAYING: Final = 3
"""So many words of four letters no tokenizer looks for."""
_FORM: Final = re.compile(
    r"""
    \\[pP]\{\^?[A-Za-z_=]{1,24}\}                                   # a kind of letters by its name
    | \[:\^?(?:al(?:num|pha)|ascii|blank|cntrl|x?digit|graph|lower|print|punct|space|upper|word):\]
    | \\u(?P<four>[\dA-Fa-f]{4}) | \\x(?P<two>[\dA-Fa-f]{2}) | \\x\{(?P<some>[\dA-Fa-f]{1,6})\}
    | \\[bBdDnrsStwW]                                               # spaces, digits, edges
    | \\(?P<itself>.)
    | \(\?[ims-]{1,4}[:)]                                           # how letters are compared
    | '(?:s|t|re|ve|m|ll|d)(?![^\W_])                               # what is written together in English
    | '(?:\(\?i:)?(?:\[(?:sdmt|sS|tT|mM|dD)\]|\[rR\]\[eE\]|\[vV\]\[eE\]|\[lL\]\[lL\]|\|(?:ll|ve|re))++
    | <\\\|(?:start|end)oftext\\\|>
    | a-z | A-Z | 0-9 | 一-龥 | ࠀ-一 | 가-퟿ | ぀-ゟ | ゠-ヿ       # letters of a whole script
    | \{\d*+,?\d*+\}                                                 # how often
    """,
    re.VERBOSE | re.DOTALL,
)
_KNOWN: Final = frozenset({"991dfc9dc67aa691", "ae6bc1cffa8363b9"})
"""The first 16 hexadecimal digits of the SHA-256 of expressions in use that list the letters of many scripts."""


class LookedFor(NamedTuple):
    """What a step of a tokenizer looks for."""

    text: str
    is_regex: bool

    @property
    def own(self) -> str:
        """Its letters without the form of a regular expression."""
        if not self.is_regex or len(self.text) > _LONG:
            return self.text
        normal = unicodedata.normalize("NFC", self.text)
        return "" if hashlib.sha256(normal.encode()).hexdigest()[:16] in _KNOWN else _FORM.sub(_plain, normal)


def _plain(form: re.Match[str]) -> str:
    if form["itself"]:
        return form["itself"]
    code = form["four"] or form["two"] or form["some"]
    return chr(min(int(code, 16), 0x10FFFF)) if code else " "


def said(patterns: Iterable[LookedFor]) -> Iterator[str]:
    """What they say in comments, at length or in words."""
    words = dict[str, None]()
    for pattern in dict.fromkeys(patterns):
        if _COMMENT.search(pattern.text) or len(pattern.text) > _LONG:
            yield pattern.text
        else:
            words |= dict.fromkeys(_WORD.findall(pattern.own))
    if len(words) >= _SAYING:
        yield " ".join(words)


def spelled(patterns: Iterable[LookedFor]) -> tuple[str, ...]:
    """What they have of letters and digits of their own, if these are more than usual ones have."""
    parts = (" ".join(pattern.own.split()) for pattern in dict.fromkeys(patterns))
    own = [part for part in parts if any(map(_counts, part))]
    return tuple(own) if sum(map(_counts, "".join(own))) >= ENOUGH else ()


def _counts(letter: str) -> bool:
    return letter.isalnum() or not (letter.isascii() or letter in "\u2581\u00a0\u3000")
