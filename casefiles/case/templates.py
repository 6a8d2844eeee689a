"""Chat templates: what a Jinja comment says never reaches the model, only whoever opens the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

# At the top level a tag, an output or a comment begins; inside a tag or output a string may hold what looks like one.
_OPENING: Final = re.compile(r"\{[{%#]")
_CLOSING: Final = {"{{": re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^"'])*?\}\}""", re.DOTALL),
                   "{%": re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^"'])*?%\}""", re.DOTALL)}  # fmt: skip
_RAW: Final = re.compile(r"\{%[-+]?\s*raw\s*[-+]?%\}")
_END_RAW: Final = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")


def comments(template: str) -> tuple[str, ...]:
    """What the comments of a template say, those left out that say nothing."""
    said = (template[start:end].strip("-+ \t\r\n") for start, end in _comments(template))
    return tuple(text for text in said if text)


def without_comments(template: str) -> str:
    """The template with its comments emptied: they stay where they are, so that white space is cut where it was."""
    kept, at = [], 0
    for start, end in _comments(template):
        inside = template[start:end]
        before = inside[0] if inside[:1] in ("-", "+") else ""
        after = inside[-1] if len(inside) > len(before) and inside[-1] in "-+" else ""
        kept += [template[at:start], before, " ", after]
        at = end
    return "".join([*kept, template[at:]])


def _comments(template: str) -> Iterator[tuple[int, int]]:
    """Where each comment's inside begins and ends."""
    at = 0
    while opening := _OPENING.search(template, at):
        at = opening.end()
        if opening[0] == "{#":
            end = template.find("#}", at)
            if end < 0:
                return
            yield at, end
            at = end + 2
        elif raw := _RAW.match(template, opening.start()):
            closing = _END_RAW.search(template, raw.end())
            at = closing.end() if closing else len(template)
        elif closing := _CLOSING[opening[0]].match(template, at):
            at = closing.end()
