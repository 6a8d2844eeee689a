"""What a desk remembers of how it was left: colours, places, and what was written and not recorded yet."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, ValidationError

from casefiles.files.disk import guarded, read_small, write_atomic
from casefiles.status import Refusal
from workbench import places
from workbench.claims.finding import Citation
from workbench.document import Document
from workbench.judge.scores.matching import Ruling
from workbench.judge.scores.score_sheet import Adjudication, Grade

D = TypeVar("D", bound=Document)

_RECENT, _FILTERS = "recent", "filters"
_MOST_RECENT = 12
_LIMIT = 1 << 26
"""The most bytes of what is remembered in one file."""


class Manner(Document):
    """How a desk is furnished, whatever session stands on it."""

    dark: bool | None = None
    """None: as the system is."""
    contrast: bool = False
    geometry: str = ""
    """Where the window was and how large, as Qt writes it, in base64."""
    layout: str = ""
    """Where its panes stood, likewise."""


class ColouredFilter(Document):
    """What passes a filter has a colour in the log."""

    filter: str
    tone: Literal["accent", "ok", "warn", "bad"]


class SavedFilters(Document):
    """Filters of the log that are worth writing down, newest first."""

    filters: tuple[str, ...] = ()
    coloured: tuple[ColouredFilter, ...] = ()
    """Lines that pass one of these stand out, in whatever is shown; the first that a line passes counts."""


class Recent(Document):
    """What was open lately, newest first."""

    cases: tuple[str, ...] = ()
    """Their folders."""
    sessions: tuple[str, ...] = ()
    """Likewise."""


class WrittenFinding(Document):
    """A finding as far as it is written: words that need not make one yet."""

    id: str
    revises: bool = False
    """Whether one of that id is on record."""
    title: str = ""
    behaviour: str = ""
    trigger: str = ""
    scope: str = ""
    """One subject a line."""
    cause: str = ""
    hypothesis: str = ""
    clause: str = ""
    severity: str = "medium"
    confidence: float = 0.5
    citations: tuple[Citation, ...] = ()


class Unfinished(Document):
    """What was written in a session's window and is not on record."""

    finding: WrittenFinding | None = None
    """The one in the editor, if that was open."""
    verdict: str = "inconclusive"
    probability: float = 0.5
    summary: str = ""
    ranked: tuple[str, ...] = Field(())
    """The ids of the findings in the order they were brought into."""


class Unsigned(Document):
    """What a judge decided about a report and has not signed."""

    decisions: tuple[Grade | Ruling | Adjudication, ...] = ()
    """In their order."""


def manner(desk: str) -> Manner:
    """How a desk was furnished last; as it comes, if nothing that can be read says so."""
    return _read(places.desk(desk), Manner())


def keep_manner(desk: str, kept: Manner) -> None:
    _write(places.desk(desk), kept)


def recent() -> Recent:
    """What was open lately and is still there."""
    kept = _read(places.desk(_RECENT), Recent())
    return Recent(cases=_there(kept.cases), sessions=_there(kept.sessions))


def keep_recent(case: Path, session: Path) -> None:
    """These were opened just now. Raises Refusal if it cannot be kept."""
    before = recent()
    cases, sessions = (
        tuple(dict.fromkeys((*_named(one), *others)))[:_MOST_RECENT]
        for one, others in ((case, before.cases), (session, before.sessions))
    )
    _write(places.desk(_RECENT), Recent(cases=cases, sessions=sessions))


def _named(folder: Path) -> tuple[str, ...]:
    """By its path, unless that is no text: there is none such in JSON."""
    path = str(folder.resolve())
    return (path,) if os.fsencode(path).decode(errors="replace") == path else ()


def _there(folders: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(folder for folder in folders if Path(folder).is_dir())


def saved_filters() -> SavedFilters:
    """The filters that were kept."""
    return _read(places.desk(_FILTERS), SavedFilters())


def keep_filters(filters: SavedFilters) -> None:
    """Keep these, and no others. Raises Refusal if they cannot be kept."""
    _write(places.desk(_FILTERS), filters)


def unfinished(session: str) -> Unfinished:
    """What was written in a session and not recorded."""
    return _read(places.draft(session), Unfinished())


def keep_unfinished(session: str, kept: Unfinished) -> None:
    """Durable when this returns; nothing remains where nothing is unfinished. Raises Refusal if it cannot be kept."""
    _keep(places.draft(session), kept)


def unsigned(report: str) -> Unsigned:
    """What was decided about the report of this digest and not signed."""
    return _read(places.draft(report), Unsigned())


def keep_unsigned(report: str, kept: Unsigned) -> None:
    """As `keep_unfinished`."""
    _keep(places.draft(report), kept)


def _keep(path: Path, kept: Document) -> None:
    if kept == type(kept)():
        with guarded(f"{path.name} could not be removed."):
            path.unlink(missing_ok=True)
        return
    _write(path, kept)


def _read(path: Path, blank: D) -> D:
    """A desk that cannot remember is still a desk: what was kept of it is no evidence of anything."""
    try:
        return type(blank).model_validate_json(read_small(path, _LIMIT))
    except (Refusal, ValidationError):
        return blank


def _write(path: Path, kept: Document) -> None:
    with guarded(f"{path.name} could not be written."):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, kept.model_dump_json(indent=1).encode())
