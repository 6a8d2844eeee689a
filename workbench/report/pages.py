"""What every page is drawn with: the templates, their filters, and the one way in which text is made harmless."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

import assets
from workbench.claims.rates import Rate
from workbench.contract.figures import percent
from workbench.contract.subject import spoken
from workbench.report.plots import Interval
from workbench.visible import quoted, visible


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


@cache
def environment() -> jinja2.Environment:
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
