"""Chat templates: what a Jinja comment says never reaches the model, only whoever opens the file; and what a template
does that usual ones do not, such as counting far, looking for a word, or saying something of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from casefiles.case import known_fields

# At the top level a tag, an output or a comment begins; inside a tag or output a string may hold what looks like one.
_OPENING: Final = re.compile(r"\{[{%#]")
_CLOSING: Final = {"{{": re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^"'])*?\}\}""", re.DOTALL),
                   "{%": re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^"'])*?%\}""", re.DOTALL)}  # fmt: skip
_STRING: Final = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", re.DOTALL)
_COMPARED: Final = re.compile(
    rf"({_STRING.pattern})\s*(?:(?:not\s+)?in\b|[=!]=)|[=!]=\s*({_STRING.pattern})|"
    rf"\b(?:startswith|endswith|find|index|count|split)\(\s*({_STRING.pattern})",
    re.DOTALL,
)
_NUMBER: Final = re.compile(r"(?<![\w.])\d+(?![\w.])")
_WORD: Final = re.compile(r"(?:^|\s)[^\W\d_]{2,}(?=[\s.,;:!?]|$)")
FAR: Final = 1000
"""No chat needs a number like that."""
SAYING: Final = 4
"""So many words are something said."""
_CHAT_WORDS: Final = known_fields.listed(
    """
    arguments assistant audio bos call calls channel content conversations custom developer documents end eos file
    final function functions generation human id im image input ipython json message messages model name none object
    output parameters prompt properties reasoning required response result role s start string system text think
    thinking token tool tools type url user video
    """
)
"""What templates ask of a message or a tool."""
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


def remarks(template: str) -> tuple[str, ...]:
    """What a person should look at, as phrases."""
    code = " ".join(_tags(template))
    bare = _STRING.sub("''", code)
    far = [number for number in _NUMBER.findall(bare) if int(number) >= FAR]
    tests = list(_looked_for(code))
    said = [text for text in (*_outside(template), *_strings(code)) if len(_WORD.findall(text)) >= SAYING]
    found = []
    if far:
        found.append(f"it counts as far as {max(map(int, far))}, which may take long")
    if bare.count("range") > 1 or re.search(r"\brecursive\b", bare):
        found.append("it loops within loops, which may take long")
    if tests:
        found.append(f"it looks for {', '.join(map(repr, dict.fromkeys(tests)))}")
    if said:
        found.append(f"it says of its own {', '.join(repr(' '.join(text.split())[:80]) for text in said[:3])}")
    return tuple(found)


def _looked_for(code: str) -> Iterator[str]:
    """Texts that code compares with or searches for, but for those of chats themselves."""
    for found in _COMPARED.finditer(code):
        text = next(group for group in found.groups() if group)[1:-1]
        words = [word.lower() for word in re.findall(r"[A-Za-z]+", text)]
        if words and not all(word in _CHAT_WORDS for word in words):
            yield text[:80]


def _strings(code: str) -> Iterator[str]:
    return (found[0][1:-1] for found in _STRING.finditer(code))


def _outside(template: str) -> Iterator[str]:
    """What stands outside of tags, outputs and comments, and so is said as it stands."""
    at = 0
    while opening := _OPENING.search(template, at):
        yield template[at : opening.start()]
        closing = _end(template, opening)
        at = len(template) if closing is None else closing
    yield template[at:]


def _tags(template: str) -> Iterator[str]:
    """The inside of each tag and output."""
    at = 0
    while opening := _OPENING.search(template, at):
        closing = _end(template, opening)
        at = len(template) if closing is None else closing
        if opening[0] != "{#":
            yield template[opening.end() : at - 2]


def _end(template: str, opening: re.Match[str]) -> int | None:
    """Where a tag, output or comment ends."""
    if opening[0] == "{#":
        end = template.find("#}", opening.end())
        return end + 2 if end >= 0 else None
    closing = _CLOSING[opening[0]].match(template, opening.end())
    return closing.end() if closing else None


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
