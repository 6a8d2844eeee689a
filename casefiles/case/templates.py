"""Chat templates: what a Jinja comment says never reaches the model, only whoever opens the file; and what a template
does that usual ones do not, such as counting far, looking for a word, or saying something of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from casefiles.case import known_fields, template_words

# At the top level a tag, an output or a comment begins; inside a tag or output a string may hold what looks like one.
_OPENING: Final = re.compile(r"\{[{%#]")
_CLOSING: Final = {"{{": "}}", "{%": "%}"}
_STRING: Final = re.compile(r"""(?:"(?:[^"\\]+|\\.)*+"|'(?:[^'\\]+|\\.)*+')""", re.DOTALL)
_NESTING: Final = re.compile(rf"{_STRING.pattern}|[\"']|\}}\}}|%\}}|[(\[{{]|[)\]}}]", re.DOTALL)
"""What decides where a tag or an output ends."""
_SYMBOL: Final = re.compile(rf"{_STRING.pattern}|\w+|[=!]=|\S", re.DOTALL)
_EQUAL: Final = ("==", "!=")
_SEARCHES: Final = frozenset(["startswith", "endswith", "find", "index", "count", "split"])
_NUMBER: Final = re.compile(r"(?<![\w.])\d+(?![\w.])")
_WORD: Final = re.compile(r"(?:^|\s)[^\W\d_]{2,}(?=[\s.,;:!?]|$)")
LONGEST: Final = 256 * 1024
"""Letters of a template, at most: the longest of any family has some tens of thousands."""
FAR: Final = 1000
"""No chat needs a number like that."""
_DIGITS: Final = 20
"""Of a number that is told, at most."""
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
_SAID: Final = "said"
"""The kind of what is said as it stands: it is outside of tags, outputs and comments, or called raw."""
_COMMENT: Final = "{#"
_UNREAD: Final = "unread"
_RAW: Final = re.compile(r"\{%[-+]?\s*raw\s*[-+]?%\}")
_END_RAW: Final = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")


def comments(template: str) -> tuple[str, ...]:
    """What the comments of a template say, those left out that say nothing. Raises ValueError: it is too long."""
    said = (template[start:end].strip("-+ \t\r\n") for start, end in _comments(template))
    return tuple(text for text in said if text)


def without_comments(template: str) -> str:
    """The template with its comments emptied: they stay where they are, so that white space is cut where it was. Raises
    ValueError: it is too long."""
    kept, at = [], 0
    for start, end in _comments(template):
        inside = template[start:end]
        before = inside[0] if inside[:1] in ("-", "+") else ""
        after = inside[-1] if len(inside) > len(before) and inside[-1] in "-+" else ""
        kept += [template[at:start], before, " ", after]
        at = end
    return "".join([*kept, template[at:]])


def remarks(template: str) -> tuple[str, ...]:
    """What a person should look at, as phrases. Raises ValueError: it is too long."""
    pieces = [(kind, template[start:end]) for kind, start, end in _pieces(template)]
    tags = [_SYMBOL.findall(text) for kind, text in pieces if kind in _CLOSING]
    code = " ".join(text for kind, text in pieces if kind in _CLOSING)
    outside = [text for kind, text in pieces if kind == _SAID]
    symbols = [symbol for tag in tags for symbol in tag]
    bare = _STRING.sub("''", code)
    far = [number for number in _NUMBER.findall(bare) if len(number) > _DIGITS or int(number) >= FAR]
    tests = list(_looked_for(symbols))
    strings = [symbol[1:-1] for symbol in symbols if symbol[0] in "\"'"]
    said = [text for text in (*outside, *strings) if len(_WORD.findall(text)) >= SAYING]
    found = []
    if far:
        longest = max(far, key=lambda number: (len(number), number))
        told = longest if len(longest) <= _DIGITS else f"{longest[:_DIGITS]}…"
        found.append(f"it counts as far as {told}, which may take long")
    if bare.count("range") > 1 or re.search(r"\brecursive\b", bare):
        found.append("it loops within loops, which may take long")
    if tests:
        found.append(f"it looks for {', '.join(map(repr, dict.fromkeys(tests)))}")
    done = dict.fromkeys(template_words.looks(tags))
    if changes := [by for kind, by in done if kind == "change"]:
        found.append(f"it changes texts by {', '.join(map(repr, changes))}")
    if looks := [by for kind, by in done if kind == "look"]:
        found.append(f"it looks at what is said by {', '.join(map(repr, looks))}")
    if said:
        found.append(f"it says of its own {', '.join(repr(' '.join(text.split())[:80]) for text in said[:3])}")
    if rest := [text for kind, text in pieces if kind == _UNREAD]:
        found.append(f"nothing closes what begins with {' '.join(rest[0].split())[:80]!r}")
    return tuple(found)


def _looked_for(symbols: Sequence[str]) -> Iterator[str]:
    """Texts that code compares with or searches for, but for those of chats themselves."""
    around = ["", "", *symbols, "", ""]
    for at, symbol in enumerate(symbols, start=2):
        if symbol[0] not in "\"'":
            continue
        before, after = around[at - 2 : at], around[at + 1 : at + 3]
        contained = after[0] == "in" or after == ["not", "in"]
        searched = before[0] in _SEARCHES and before[1] == "("
        if contained or searched or before[1] in _EQUAL or after[0] in _EQUAL:
            text = symbol[1:-1]
            words = [word.lower() for word in re.findall(r"[A-Za-z]+", text)]
            signs = text and not words
            if signs or not all(word in _CHAT_WORDS for word in words):
                yield text[:80]


def _comments(template: str) -> Iterator[tuple[int, int]]:
    """Where each comment's inside begins and ends."""
    return ((start, end) for kind, start, end in _pieces(template) if kind == _COMMENT)


def _pieces(template: str) -> Iterator[tuple[str, int, int]]:
    """The kind of each piece, a tag's or output's being how it opens, and where its inside begins and ends. Where
    nothing closes what opens there is one more, the rest: no engine reads such a template, and who looked for an end
    behind every opening might be looking for hours. Raises ValueError: the template is too long."""
    if len(template) > LONGEST:
        raise ValueError(f"its chat template has {len(template):,} letters, and no family's has more than {LONGEST:,}")
    at = 0
    while opening := _OPENING.search(template, at):
        yield _SAID, at, opening.start()
        kind, begins, raw = opening[0], opening.end(), _RAW.match(template, opening.start())
        if raw:
            closing = _END_RAW.search(template, raw.end())
            kind, begins = _SAID, raw.end()
            ends, at = closing.span() if closing else (-1, -1)
        else:
            ends = template.find("#}", begins) if kind == _COMMENT else _end(template, _CLOSING[kind], begins)
            at = ends + 2
        if ends < 0:
            yield _UNREAD, opening.start(), len(template)
            return
        yield kind, begins, ends
    yield _SAID, at, len(template)


def _end(template: str, closing: str, at: int) -> int:
    """Where the closing of a tag or an output begins, whose inside begins at `at`; -1 if there is none. In brackets, as
    in a dictionary in a dictionary, nothing closes it."""
    depth = 0
    while found := _NESTING.search(template, at):
        at = found.end()
        if not depth and found[0] == closing:
            return found.start()
        if found[0] in ("}}", "%}"):  # in brackets the first sign stands for itself
            at = found.start() + 1
            depth -= found[0] == "}}"
        elif found[0] in ("(", "[", "{"):
            depth += 1
        elif found[0] in (")", "]", "}"):
            depth -= 1
        elif len(found[0]) == 1:  # a quote that nothing closes
            return -1
        if depth < 0:
            return -1
    return -1
