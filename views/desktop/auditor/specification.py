"""The specification to read, and the clauses a finding may name."""

from __future__ import annotations

from html import escape

from views.desktop import theme
from workbench.report.specification import Block, blocks, stated_clauses


def clause_names(markdown: str) -> tuple[str, ...]:
    """The clauses, each with the words it is known by: `S1 Truth`."""
    stated = {block.clause: block for block in reversed(blocks(markdown)) if block.clause}
    return tuple(_heading(stated[name]) for name in stated_clauses(markdown))


def _heading(block: Block) -> str:
    """Its name, and what stands beside it in the same face unless that is all of it."""
    named = block.runs[0].text if block.runs[0].face == "bold" or block.kind == "heading" else ""
    return f"{block.clause} {named.removeprefix(block.clause).strip(' .:–—-')}".rstrip()


def html(markdown: str) -> str:
    """The text as a page in the theme's colours. Everything in it is escaped: a case is hostile input."""
    t = theme.tokens()
    body = "".join(_html(block) for block in blocks(markdown))
    return f'<div style="color:{t.ink}">{body}</div>'


def _html(block: Block) -> str:
    faces = {"bold": "b", "code": "code", "plain": "span"}
    text = "".join(f"<{faces[run.face]}>{escape(run.text)}</{faces[run.face]}>" for run in block.runs)
    if block.kind == "heading":
        return f"<h{min(block.level + 1, 5)}>{text}</h{min(block.level + 1, 5)}>"
    return f"<p>{text}</p>" if block.kind == "paragraph" else f"<p>&nbsp;•&nbsp;{text}</p>"
