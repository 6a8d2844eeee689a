"""On paper no row and no clause is cut, engines come last, and nothing that is quoted can act or reach anything.

The pages are laid out by a process of their own, `workbench/report/press.py`.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

import assets
from casefiles.status import Refusal
from tests.views.hostile import ALL
from tests.workbench.logbook import LogBook
from tests.workbench.report.test_html import MODIFIED, Page, cited, finding
from workbench.claims.finding import Citation
from workbench.claims.predicate import Match
from workbench.report import paper
from workbench.report import report as reports
from workbench.report.html import render
from workbench.report.paper import on_paper, ready, write_page

MADE_US = 1_795_862_257_094_824
STYLE = assets.path("report", "report.css").read_text(encoding="utf-8")


def drawn(body: str) -> str:
    return f"<!doctype html><html><head><style>{STYLE}</style></head><body>{body}</body></html>"


def sheets(pdf: bytes) -> list[str]:
    """The text of each sheet."""
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        return [" ".join(document[number].get_textpage().get_text_range().split()) for number in range(len(document))]


LONG = "W" * 200
"""As wide as any text without a space that a field takes."""


def at_its_size(page: str) -> bool:
    """Whether the sheets of a page are printed as they are: one that something is too wide for is made smaller, and its
    foot of 7.5 points with it."""
    pdf = on_paper(page, title="Paper", made_us=MADE_US)
    found: set[float] = set()
    for stream in re.finditer(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        with contextlib.suppress(zlib.error):  # a font
            text = zlib.decompress(stream[1])
            found |= {float(size) for size in re.findall(rb"([-\d.]+) 0 0 [-\d.]+ [-\d.]+ [-\d.]+ Tm", text)}
    assert found, "nothing was printed"
    return any(size == pytest.approx(7.5, abs=0.01) for size in found)


def on_sheets(body: str) -> list[str]:
    return sheets(on_paper(drawn(body), title="Paper", made_us=MADE_US))


def test_no_row_is_cut_and_its_headings_stand_on_every_sheet() -> None:
    rows = "".join(f"<tr><td>first{n}<br>second{n}<br>third{n}</td></tr>" for n in range(60))
    found = on_sheets(f"<table><thead><tr><th>Headings</th></tr></thead><tbody>{rows}</tbody></table>")
    assert len(found) > 2
    assert all("HEADINGS" in sheet for sheet in found)
    for n in range(60):
        assert [f"first{n} second{n} third{n}" in sheet for sheet in found].count(True) == 1


def test_no_clause_is_cut() -> None:
    clauses = "".join(f"<p>begins{n} {'It is told. ' * 40} ends{n}</p>" for n in range(30))
    found = on_sheets(f'<div class="spec pane">{clauses}</div>')
    assert len(found) > 2
    for n in range(30):
        assert [f"begins{n} " in sheet and f"ends{n}" in sheet for sheet in found].count(True) == 1


@pytest.mark.parametrize("filled", range(600, 1000, 40))
def test_no_heading_stands_alone_at_the_foot(filled: int) -> None:
    body = f'<div style="height:{filled}px">x</div><h4>Alone</h4><p class="quote">What follows it.</p>'
    assert [("ALONE" in sheet) == ("What follows" in sheet) for sheet in on_sheets(body)] == [True] * len(
        on_sheets(body)
    )


def test_every_sheet_names_its_document_and_its_number() -> None:
    pdf = on_paper(drawn("<p>one</p>" * 200), title='A "title"; } \\ ⟨ <b> \u202e', made_us=MADE_US)
    found = sheets(pdf)
    assert len(found) > 2
    for number, sheet in enumerate(found, 1):
        assert 'A"title";}\\⟨<b>⟨U+202E⟩' in sheet.replace(" ", "")
        assert f"{number} of {len(found)}" in sheet
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        assert document.get_metadata_dict()["CreationDate"].startswith("20261128103737")


def test_a_page_that_is_too_wide_is_known() -> None:
    assert at_its_size(drawn(f"<p>{LONG}</p>"))
    assert not at_its_size(drawn(f"<table><tr><td>{LONG}</td></tr></table>"))


@pytest.mark.parametrize(
    "long", [LONG, *(space.join("W" * (len(LONG) // 2)) for space in "\u00a0\u2007\u202f")], ids=ascii
)
def test_no_word_makes_a_report_wider_than_its_sheet(book: LogBook, long: str) -> None:
    """Nor do words between which no line may be broken."""
    seq = book.sample(long, [long] * 3)
    shows = Match(any_of=(long,))
    citations = (Citation(seq=seq, shows=shows, note=long), *cited(book))
    book.finding(finding(*citations, words=long, clause=long[:100]))
    report = reports.build(book.log, MODIFIED.model_copy(update={"summary": long}), witnessed=2, witnesses=[long])
    page = render(report, book.log, specification=f"# Spec\n\n**S1 {long}.** {long}\n")
    assert at_its_size(page)
    assert Page(page).text.count(" ".join(long.split())) > 8, "whoever copies it has it without breaks"


def test_a_report_ends_with_the_engines_it_ran_on(book: LogBook) -> None:
    book.finding(finding(*cited(book)))
    page = render(reports.build(book.log, MODIFIED), book.log, specification="# Spec\n\n**S1 Truth.** It is true.\n")
    text = " ".join(sheets(on_paper(page, title="Report", made_us=MADE_US)))
    places = [text.index(words) for words in ("Findings at a glance", "What was done", "Provenance", "How to read this",
                                              "The engines it ran on", "float64")]  # fmt: skip
    assert places == sorted(places)
    assert "What is the capital of Norway?" in text
    assert on_paper(page, title="Report", made_us=MADE_US) == on_paper(page, title="Report", made_us=MADE_US)


def test_what_is_quoted_reaches_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="9">SECRET</text></svg>')
    for place in (secret.as_uri(), "/etc/hostname", "http://127.0.0.1:9/x"):
        body = f'<p>before</p><img src="{place}"><link rel="stylesheet" href="{place}"><iframe src="{place}"></iframe>'
        (sheet,) = on_sheets(body + f'<div style="background:url({place})">after</div>')
        assert "before" in sheet
        assert "SECRET" not in sheet


def test_hostile_text_is_laid_out(book: LogBook) -> None:
    seq = book.sample("Where?", [ALL, "x" * 5000, "漢字" * 500])
    assert seq
    page = render(reports.build(book.log, MODIFIED), book.log, specification=f"# {ALL}")
    assert re.search("What was done", " ".join(sheets(on_paper(page, title=ALL, made_us=MADE_US))))


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(paper, "_START", "import os; os.abort()")
    yield


@pytest.mark.usefixtures("dying")
def test_a_renderer_that_dies_is_told_of_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        write_page(tmp_path / "page.pdf", drawn("x"), title="x", made_us=MADE_US)
    assert refused.value.code == "paper.failed"
    assert list(tmp_path.iterdir()) == []


def test_whoever_stops_it_ends_the_renderer_and_no_file_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[subprocess.Popen[bytes]] = []

    class Seen(subprocess.Popen[bytes]):
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            begun.append(self)

    def stop(done: float, note: str) -> None:
        heard.append(note)
        if len(heard) == 3:
            raise Refusal("interrupted", "Stopped.", "By whoever waits.", "Again.")

    heard: list[str] = []
    monkeypatch.setattr(paper, "_START", "import time; time.sleep(3600)")  # it does not even take the page
    monkeypatch.setattr(subprocess, "Popen", Seen)
    with pytest.raises(Refusal, match="Stopped"):
        write_page(tmp_path / "page.pdf", drawn("x" * 1_000_000), title="x", made_us=MADE_US, listener=stop)
    assert heard == ["laying out the sheets"] * 3
    assert [renderer.returncode for renderer in begun] == [-9]
    assert list(tmp_path.iterdir()) == []


def test_a_long_page_is_whole_however_often_somebody_asks_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    page = drawn("".join(f"<p>line {n}</p>" for n in range(8_000)))
    patient = on_paper(page, title="x", made_us=MADE_US)
    monkeypatch.setattr(paper, "_HEARS_EVERY", 0.001)
    heard: list[str] = []
    assert on_paper(page, title="x", made_us=MADE_US, listener=lambda _, note: heard.append(note)) == patient
    assert len(heard) > 3 and "line 7999" in sheets(patient)[-1]


def test_a_renderer_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "_START", "import time; time.sleep(3600)")
    monkeypatch.setattr(paper, "SECONDS", 0.2)
    with pytest.raises(Refusal) as refused:
        on_paper(drawn("x"), title="x", made_us=MADE_US)
    assert refused.value.code == "paper.failed" and "longer than 0.2 seconds" in refused.value.why


def test_without_the_renderer_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "PACKAGE", "no_such_renderer")
    with pytest.raises(Refusal) as refused:
        ready(tmp_path / "page.pdf")
    assert refused.value.code == "paper.missing"
    assert "audit-workbench[pdf]" in refused.value.try_this
    write_page(tmp_path / "page.html", drawn("x"), title="x", made_us=MADE_US)
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == drawn("x")


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "page.pdf").write_bytes(b"mine")
    with pytest.raises(Refusal) as refused:
        ready(tmp_path / "page.pdf")
    assert refused.value.code == "input.invalid"
    assert (tmp_path / "page.pdf").read_bytes() == b"mine"
