"""What steps of a tokenizer change in words and signs: usual ones know spaces alone."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any, Final

from casefiles.case import character_maps

REWRITING: Final = frozenset({"Replace", "Prepend", "Metaspace", "Strip"})
"""Those that hold what is written or left out, which is no token of its own."""
MANY: Final = 32
"""More than a tokenizer has: each may hold a sign."""
MAPS: Final = 3
"""More character maps than a tokenizer has: each takes its time too."""
_SPACES: Final = re.compile(r"[\s▁]*")
"""White space, or a tokenizer's mark for it."""
_SPACES_SOUGHT: Final = re.compile(
    r"(?:\(\?:|[\s▁|()^$+*?]|\\[ snrt]|\[(?:[\s▁]|\\[snrt])+\]|\\p\{[ZM]\w?\}|\{\d*+,?\d*+\})*+"
)
"""A regular expression of nothing but white space and accents."""
_QUOTES: Final = {"``": '"', "''": '"'}
"""What tokenizers as ALBERT's make one sign of."""


def changes(step: dict[str, Any]) -> Iterator[str]:
    """What a step changes in plain words and signs before the model hears them, or after it said them, as phrases."""
    match step:
        case {"type": "Precompiled", "precompiled_charsmap": str(written)}:
            try:
                yield from character_maps.told(base64.b64decode(written, validate=True))
            except ValueError:
                yield "nobody knows what, for its character map is not base64"
        case {"type": "CharDelimiterSplit", "delimiter": str(sign)} if _is_more_than_spaces(sign):
            yield f"{sign!r} becomes ''"
        case {"type": "Metaspace", "replacement": str(sign)} if _is_more_than_spaces(sign):
            yield f"' ' becomes {sign!r}"
        case {"type": "Strip", "content": str(sign)} if _is_more_than_spaces(sign):
            yield f"{sign!r} is left out at an end"
        case {"type": "Punctuation", "behavior": "Removed"}:
            yield "signs become ''"
        case {"type": "Prepend", "prepend": str(sign)} if _is_more_than_spaces(sign):
            yield f"{sign!r} goes before what is said"
        case {"type": "Split", "behavior": "Removed", "invert": True}:
            yield "all but what it looks for becomes ''"
        case {"type": "Replace"} | {"type": "Split", "behavior": "Removed"}:
            yield from _replaced(step.get("pattern") or "", str(step.get("content") or ""))


def _replaced(pattern: Any, content: str) -> Iterator[str]:
    kind, looked_for = next(iter(pattern.items()), ("", "")) if isinstance(pattern, dict) else ("String", pattern)
    sought = _SPACES_SOUGHT if kind == "Regex" else _SPACES
    usual = kind == "String" and content and _QUOTES.get(str(looked_for)) == content
    if not usual and (_is_more_than_spaces(content) or sought.fullmatch(str(looked_for)) is None):
        yield f"{looked_for!r} becomes {content!r}"


def _is_more_than_spaces(text: str) -> bool:
    return _SPACES.fullmatch(text) is None
