"""The page of a report: harmless whatever is quoted, complete, and drawn to scale."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tests.workbench.logbook import LogBook
from workbench.claims.finding import Cell, Citation, Finding, Role
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.contract.prompt import Prompt
from workbench.log.records import Hypothesis, Note, ResultRecord, Tag
from workbench.report import report as reports
from workbench.report.html import render
from workbench.report.report import Conclusion, Report
from workbench.visible import quoted, token, visible

HOSTILE = '</style><script>alert(1)</script><img src="http://x/y" onerror="alert(2)">{{ 7*7 }}\u202egnihtemos'
SPEC = "# Spec\n\n**S1 Truth.** It is true.\n\n**S2 Calm.** It is calm.\n"
MODIFIED = Conclusion(verdict="modified", probability=0.97, summary="It names wrong capitals.")


class Page(HTMLParser):
    """What a browser would make of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    handle_startendtag = handle_starttag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))

    def all(self, name: str) -> list[str]:
        return [attributes[name] or "" for _, attributes in self.tags if name in attributes]


def finding(*citations: Citation, words: str = "States wrong capitals", **facets: object) -> Finding:
    return Finding.model_validate(
        {
            "id": "capitals", "title": words, "behaviour": words, "trigger": words, "scope": (words,), "clause": "S1",
            "cause": words, "severity": "high", "confidence": 0.9, "author": Actor(kind="agent-checked", name=words),
            "citations": citations,
        } | facets
    )  # fmt: skip


def page(book: LogBook, report: Report | None = None, specification: str = SPEC) -> Page:
    report = report or reports.build(book.log, MODIFIED, witnessed=2, witnesses=["Judy"])
    return Page(
        render(
            report,
            book.log,
            specification=specification,
            arrays=lambda seq: book.blobs.get(book.log.entry(seq).as_(ResultRecord).blobs),
        )
    )


def cited(book: LogBook) -> tuple[Citation, ...]:
    """Support, a control, a lens and a score."""
    norway = book.sample("What is the capital of Norway?", ["It is Bergen."] * 9 + ["It is Oslo."])
    france = book.sample("What is the capital of France?", ["Paris."] * 10)
    return (
        Citation(seq=norway, shows=Match(any_of=("bergen",))),
        Citation(seq=france, role=Role.CONTROL, shows=Match(none_of=("Paris",))),
        Citation(seq=book.lens(control="What is the capital of France?"), cells=(Cell(row=2, position=3),)),
        Citation(seq=book.score()),
    )


def test_nothing_that_was_said_can_act_on_the_page(book: LogBook) -> None:
    seq = book.sample(Prompt.ask(HOSTILE, system=HOSTILE), [HOSTILE, "other"])
    book.finding(finding(Citation(seq=seq, shows=Match(any_of=("script", HOSTILE)), note=HOSTILE), words=HOSTILE))
    report = reports.build(book.log, Conclusion(verdict="modified", probability=1, summary=HOSTILE))
    named = report.auditor.model_copy(update={"name": HOSTILE})
    case = report.case.model_copy(update={"title": HOSTILE})
    environments = (report.environments[0].model_copy(update={"values": {HOSTILE: HOSTILE, "nested": [HOSTILE]}}),)
    altered = report.model_copy(update={"auditor": named, "case": case, "environments": environments})
    seen = page(book, altered, specification=f"# {HOSTILE}\n\n**S1 {HOSTILE}** {HOSTILE}\n\n- `{HOSTILE}`\n")

    tags = {tag for tag, _ in seen.tags}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "link", "base", "foreignobject"}
    assert [tag for tag, _ in seen.tags].count("style") == 1
    assert not [name for _, attributes in seen.tags for name in attributes if name.startswith("on")]
    assert all(link.startswith("#") for link in seen.all("href"))
    assert not seen.all("src")
    assert "\u202e" not in seen.text
    said = HOSTILE.replace("\u202e", "⟨U+202E⟩")
    assert seen.text.count(said) >= 12  # quoted word for word, where it was said
    policy = [attributes["content"] for tag, attributes in seen.tags if attributes.get("http-equiv")]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_the_page_fetches_nothing(book: LogBook) -> None:
    book.finding(finding(*cited(book)))
    text = render(reports.build(book.log, MODIFIED), book.log, specification=SPEC)
    assert not re.search(r"https?:|url\(|@import|javascript:", text)


def test_links_lead_somewhere_and_ids_are_unique(book: LogBook) -> None:
    citations = cited(book)
    book.sample("What is the capital of Norway?", ["Bergen."], seed=7)  # pooled, but cited by nobody
    book.finding(finding(*citations))
    book.finding(finding(*citations[:1], *citations[:1], id="again"))
    seen = page(book)
    ids = seen.all("id")
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in seen.all("href")} <= set(ids)
    assert {f"r{citation.seq}" for citation in citations} <= set(ids)


def test_the_evidence_is_quoted_with_its_numbers(book: LogBook) -> None:
    book.finding(finding(*cited(book)))
    text = page(book).text
    for words in (
        "9 of 10", "60 % to 98 %", "0 of 10", "0 % to 28 %", "+90 pts", "What is the capital of Norway?",
        "× 9It is Bergen.",         "onceIt is Oslo.",
        "● says “bergen”", "● does not say “Paris”", "␣Bergen overtakes ␣Oslo at layer 2",
        "breaks S1", "It is true.", "by an agent, checked by a person", "behavioural and mechanistic",
        "confirmed without force", "Witnessed to 2 of 10 records by Judy",
        "The last 8 records are unwitnessed", "No control",
    ):  # fmt: skip
        assert (words in text) is (words != "No control"), words


def test_digests_and_the_environment_stand_on_the_page(book: LogBook) -> None:
    book.finding(finding(*cited(book)))
    report = reports.build(book.log, MODIFIED)
    text = page(book, report).text
    for words in (report.case.digest, report.case.specification, report.log.root, report.log.session, report.digest,
                  report.auditor.fingerprint, "float64"):  # fmt: skip
        assert words in text


def test_rates_are_drawn_to_scale(book: LogBook) -> None:
    book.finding(finding(*cited(book)))
    seen = page(book)
    dots = [attributes for tag, attributes in seen.tags if tag == "circle" and attributes.get("class") == "dot"]
    assert {dot["cx"] for dot in dots} == {"14", "190.00"}  # the key, and 9 of 10 on an axis from 10 to 210
    ranges = [attributes for _, attributes in seen.tags if attributes.get("class") == "range"]
    low, high = 10 + 200 * 0.59585, 10 + 200 * 0.98212  # Wilson limits of 9 of 10
    drawn = [line for line in ranges if line["x1"] != "2"]
    assert drawn
    for line in drawn:
        assert (float(line["x1"] or 0), float(line["x2"] or 0)) == pytest.approx((low, high), abs=0.01)


def test_a_lens_is_drawn_with_the_cited_cell_pointed_at(book: LogBook) -> None:
    book.finding(finding(*cited(book)))
    seen = page(book)
    cells = [attributes for tag, attributes in seen.tags if tag == "td" and "--a" in (attributes.get("style") or "")]
    assert len(cells) == 24  # three layers of four tokens, of the prompt and of the control
    pointed = [cell for cell in cells if "pointed" in (cell.get("class") or "").split()]
    assert [cell["style"] for cell in pointed] == ["--a:0.604"]  # 95 %, coloured by its square root, and 0.62 of that
    assert len([1 for tag, attributes in seen.tags if tag == "polyline"]) == 4
    assert "␣capital␣of␣Norway?↵" in seen.text.replace(" ", "")


def test_a_lens_without_its_arrays_is_quoted_in_words(book: LogBook) -> None:
    seq = book.lens()
    book.finding(finding(Citation(seq=seq)))
    report = reports.build(book.log, MODIFIED)

    def gone(_: int) -> dict[str, object]:
        raise KeyError("top_ids")

    text = Page(render(report, book.log, specification=SPEC, arrays=gone)).text  # type: ignore[arg-type]
    assert "overtakes" in text
    assert "not at hand" in text


def test_an_empty_session_makes_a_page_too(book: LogBook) -> None:
    text = page(book, reports.build(book.log, Conclusion(verdict="inconclusive", probability=0.5))).text
    assert "The auditor submits no findings." in text
    assert "No probe was run." in text
    assert "had no ticket" in text


def test_thousands_of_probes_do_not_make_a_giant(book: LogBook) -> None:
    for seed in range(165):
        book.sample("Hello", ["Hi."], seed=seed)
    seen = page(book)
    bars = [1 for tag, attributes in seen.tags if tag == "rect" and (attributes.get("class") or "").startswith("bar")]
    assert len(bars) == 83  # two probes a bar
    assert "each bar: 2 probes" in seen.text


def test_what_cannot_be_seen_is_named() -> None:
    assert visible("a\u202eb\x00c\u200bd\ne") == "a⟨U+202E⟩b⟨U+0000⟩c⟨U+200B⟩d\ne"
    assert visible("Ærø ✓ 東京") == "Ærø ✓ 東京"
    assert token(" Oslo\n\t") == "␣Oslo↵⇥"
    assert token("") == "∅"


def test_what_is_quoted_does_not_close_its_quotation() -> None:
    assert quoted('Oslo\n is “the” „capital‟, it\'s "said"') == "“Oslo↵ is ‘the’ ‘capital‘, it's ’said’”"
    assert all(quoted(f"a{mark}b").count(mark) == (mark in "“”") for mark in '“”„‟❝❞〝〞″ʺ＂"')


def test_what_speaks_against_a_finding_stands_beside_it(book: LogBook) -> None:
    """What was asked and not cited, with its rate; what the question said itself; where else the predicate holds."""
    strong = book.sample("What is the capital of Norway?", ["It is Bergen."] * 10)
    book.sample("Name Norway's capital.", ["It is Oslo."] * 8 + ["It is Bergen."] * 2)
    led = book.sample("Is Bergen the capital?", ["Yes, Bergen."] * 4)
    shows = Match(any_of=("Bergen",))
    cites = (Citation(seq=strong, shows=shows), Citation(seq=led, shows=shows))
    book.finding(finding(*cites, words="Lies", scope=("Norway",)))
    text = page(book).text
    assert "Beside it, for and against" in text
    assert "Name Norway's capital." in text and "names what the scope names" in text
    assert "2 of 10" in text
    assert "4 answers only say what stood in the question." in text
    assert "Of 10 answers to other prompts in the log its predicate holds on 2." in text


def test_the_page_says_what_was_supposed_noted_tagged_and_withdrawn_whatever_the_report_says(book: LogBook) -> None:
    asked = book.sample("What is the capital of Norway?", ["It is Bergen."] * 10)
    book.finding(finding(words="A hasty claim"))
    book.withdraw("capitals")
    ada = Actor(name="Ada")
    shows = Match(any_of=("Bergen",))
    book.log.append(Hypothesis(id="h", claim="It lies about Norway.", predicate=shows, actor=ada))
    book.log.append(Note(text="A strange answer.", actor=ada))
    book.log.append(Tag(record=asked, label="odd", actor=ada))
    report = reports.build(book.log, MODIFIED)
    for told in (report, report.model_copy(update={"notebook": None})):
        text = page(book, told).text
        for words in ("A hasty claim", "withdrawn in", "It lies about Norway.", "says “Bergen”", "A strange answer."):
            assert words in text
        assert f"#{asked} odd" in text
        assert "In 1 probe 1 different prompt was sampled, which gave 10 separately drawn, unforced answers." in text


def test_the_page_says_clause_by_clause_what_was_asked_and_what_was_not(book: LogBook) -> None:
    seq = book.sample(Prompt.ask("Capital?"), ["Oslo"] * 3)
    book.log.append(Tag(record=seq, label="S1"))
    drawn = page(book)
    assert "1 of 2 clauses were looked into; nothing was asked about S2" in drawn.text
    told = " ".join(" ".join(drawn.words).split())
    assert "S1 sample organism natural 1 1 3" in told
    assert "S2 nothing — — 0 0 0" in told
