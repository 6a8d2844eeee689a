"""What every page is drawn with: the templates, their filters, and the one way in which text is made harmless."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import jinja2
from markupsafe import Markup

import assets
from workbench.claims.rates import Rate
from workbench.contract.figures import percent
from workbench.contract.subject import spoken
from workbench.report.plots import Interval
from workbench.visible import quoted, visible

_APART: Final = re.compile(
    r"(<style\b.*?</style>|<svg\b.*?</svg>|<title>.*?</title>|<code>.*?</code>|<[^>]*>)", re.DOTALL
)
"""What is no text, or is cut and broken by rules of its own: tags, pictures, and digests."""
_PARTING: Final = r" \t\n\r\f\u1680\u2000-\u2006\u2008-\u200a\u205f\u3000"
"""Where a browser breaks lines by itself: no space that is said not to break is one of these."""
_LONG: Final = re.compile(f"[^{_PARTING}]{{25,}}")
"""No word, and no code of ours."""
_PIECE: Final = re.compile(rf"(?:&\w+;|&#\w+;|[^{_PARTING}&]){{4}}(?=[^{_PARTING}])")


def _rate(rate: Rate | None) -> str:
    return "not shown" if rate is None else f"{rate.hits} of {rate.trials}"


def _percent(share: float) -> str:
    return percent(share, digits=0)


def _span(rate: Rate) -> str:
    return f"{_percent(rate.low)} to {_percent(rate.high)}"


def _moment(us: int) -> str:
    return datetime.fromtimestamp(us / 1e6, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _clock(us: int) -> str:
    return datetime.fromtimestamp(us / 1e6, UTC).strftime("%b %d, %H:%M:%S")


def _shortened(text: str, length: int = 90) -> str:
    words = " ".join(text.split())
    return words if len(words) <= length else words[: length - 1] + "…"


def _harmless(value: Any) -> Any:
    """What every printed expression passes through before it is escaped."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def drawn(template: str, **told: Any) -> str:
    """A page of a template in `assets/report`; no unbroken text makes it, or a table on it, wider than its sheet."""
    page = _environment().get_template(template).render(**told)
    parts = _APART.split(page)
    parts[::2] = (_LONG.sub(_breakable, text) for text in parts[::2])
    return "".join(parts)


def _breakable(found: re.Match[str]) -> str:
    """A word with places to break it at: a table asks only for those how narrow it may be, whatever its style says."""
    return f'<span class="long">{_PIECE.sub(lambda piece: f"{piece[0]}<wbr>", found[0])}</span>'


@cache
def _environment() -> jinja2.Environment:
    """Made once: compiling its templates takes longer than drawing a page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(assets.path("report")),
        autoescape=True,
        finalize=_harmless,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": _percent,
        "rate": _rate,
        "spoken": spoken,
        "span": _span,
        "moment": _moment,
        "clock": _clock,
        "shortened": _shortened,
        "quoted": quoted,
        "thousands": lambda number: f"{number:,}".replace(",", "\u202f"),
    }
    environment.globals |= {"interval": Interval.of}
    return environment
