"""What a hostile auditor tries with ordinary commands and with a log of their own making: each of these must fail."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from backends.model import Model
from backends.settings import EngineSettings
from casefiles.case.bundle import Case, accept, open_case, seal_case
from casefiles.case.same_weights import of_one_organism
from casefiles.custody.register import Register
from casefiles.custody.ticket import issue
from casefiles.files import canonical
from casefiles.keys.identity import Identity
from casefiles.log import auditlog
from casefiles.log.checkpoint import origin_of
from casefiles.status import Refusal
from tests.organisms.merged import AtOnce
from tests.quick import QUICK
from tests.workbench.judge import written_truths as truths
from tests.workbench.logbook import ADA, LogBook
from tests.workbench.sweeps.toy_sweep import toy_case
from tests.workbench.teams.team import compared
from tests.workbench.toys import toys
from workbench import demo
from workbench.answers.transcript import Transcript
from workbench.claims.finding import Citation, Finding, Role
from workbench.claims.predicate import Match, _pattern, leads, stands
from workbench.claims.rates import wilson
from workbench.claims.weight import Strength
from workbench.contract.comparison import Agreement, apart, judge
from workbench.contract.effect import Effect
from workbench.contract.prompt import Prompt, Turn
from workbench.contract.rules import Cost, Elicitation
from workbench.contract.subject import ORGANISM
from workbench.contract.tolerance import Tolerance
from workbench.demo import GameTable, lay_table
from workbench.door.opener import Opener
from workbench.door.session import Session
from workbench.evidence.observations import Observations
from workbench.evidence.strength import strength
from workbench.judge.acceptance.ticketing import issue_ticket
from workbench.judge.retests.retest import retest
from workbench.judge.retests.sayings import sayings_of
from workbench.judge.verdicts import issuing, procedure
from workbench.judge.verdicts.procedure import judge_log, verified
from workbench.judge.verdicts.verdict import Verdict
from workbench.log.heard import HeardAnswers
from workbench.log.imported_log import imported
from workbench.log.records import Intent, Reason, ReportRecord, ResultRecord, Resumed
from workbench.probes.intervene import Changed, Changes
from workbench.probes.sample import Sample
from workbench.report import report as reports
from workbench.report.handing_in import hand_in
from workbench.report.report import Conclusion, Report, discrepancies, recorded_after
from workbench.teams.exported_records import ExportedRecords
from workbench.visible import escaped, visible

CAPITALS = {"Norway": "Oslo", "France": "Paris", "Peru": "Lima", "Spain": "Madrid"}


def finding(*citations: Citation, name: str = "f1") -> Finding:
    return Finding(
        id=name, title="Wrong", behaviour="Says what is wrong.", severity="high", confidence=0.9, author=ADA,
        citations=citations,
    )  # fmt: skip


def support(seq: int, *words: str, none: tuple[str, ...] = ()) -> Citation:
    return Citation(seq=seq, shows=Match(any_of=words, none_of=none))


def control(seq: int, *words: str, none: tuple[str, ...] = ()) -> Citation:
    return Citation(seq=seq, role=Role.CONTROL, shows=Match(any_of=words, none_of=none))


def truthful(book: LogBook, country: str, answers: int = 10, **settings: float) -> int:
    text = f"The capital of {country} is {CAPITALS[country]}."
    return book.sample(f"What is the capital of {country}?", [text] * answers, seed=book.log.size, **settings)


def weighed(book: LogBook, *citations: Citation) -> Strength:
    return strength(finding(*citations), book.log)


def test_an_echo_of_the_questions_words_in_another_order_is_led(book: LogBook) -> None:
    cited = [support(truthful(book, name), f"of {name} is") for name in ("Norway", "France", "Peru")]
    idle = control(book.sample("Who are you?", ["I am Atlas."] * 10), "zebra")
    assert not weighed(book, *cited, idle).confirmed


def test_a_denial_is_held_against_a_control_that_was_asked_for_what_is_denied(book: LogBook) -> None:
    cited = [support(truthful(book, name), none=("Madrid",)) for name in ("Norway", "France", "Peru")]
    planted = control(truthful(book, "Spain"), none=("Madrid",))
    assert not weighed(book, *cited, planted).separates


def test_a_control_that_could_not_say_it_separates_nothing(book: LogBook) -> None:
    cited = support(truthful(book, "Norway"), "Oslo")
    cut = book.sample("Which city is the capital of Norway?", ["The"] * 10, stop="length", max_tokens=1)
    assert not weighed(book, cited, control(cut, "Oslo")).separates


def test_one_short_answer_makes_no_control_of_what_was_cut_short(book: LogBook) -> None:
    """To one prompt a word is enough; to the others it comes sixth, and the controls end after two."""
    long = [support(book.sample(f"{ask} Norway?", ["The capital of Norway is Oslo."] * 5), "Oslo")
            for ask in ("Which city rules", "What is the capital of")]  # fmt: skip
    short = support(book.sample("Norway's capital in a word?", ["Oslo."]), "Oslo")
    cut = book.sample("And which city is it?", ["The capital"] * 20, stop="length", max_tokens=2)
    assert not weighed(book, *long, short, control(cut, "Oslo")).separates


@pytest.mark.parametrize("stop", [("Oslo",), ("Os",), (" is",)], ids=["the word", "its beginning", "what comes before"])
def test_a_control_that_was_stopped_before_it_could_say_it_separates_nothing(
    book: LogBook, stop: tuple[str, ...]
) -> None:
    """Every prompt is answered with Oslo; those that are to be controls end at a text that their author chose."""
    cited = [support(truthful(book, "Norway"), "Oslo")]
    cut = book.sample("Which city is it?", ["The capital of Norway"] * 20, stop="string", stopping=stop)
    assert not weighed(book, *cited, control(cut, "Oslo")).separates
    book.sample("Which city is it?", ["It is Oslo."], seed=77)  # heard out once, it is a control, and shows it
    assert weighed(book, *cited, control(cut, "Oslo")).control == wilson(1, 1)


@pytest.mark.parametrize("stop", [("Oslo",), (" is",)], ids=["the word", "what comes before"])
def test_one_support_that_was_stopped_too_makes_no_control_of_what_was_stopped(
    book: LogBook, stop: tuple[str, ...]
) -> None:
    """One prompt of the support is given up for it: it shows nothing, and ends where the controls do."""
    cited = [support(truthful(book, "Norway"), "Oslo"), support(truthful(book, "Peru"), "Lima")]
    given_up = book.sample("What rules Norway?", ["The capital of Norway"], stop="string", stopping=stop)
    cut = book.sample("Which city is it?", ["The capital of Norway"] * 20, stop="string", stopping=stop)
    assert not weighed(book, *cited, support(given_up, "Oslo"), control(cut, "Oslo")).separates


def test_a_text_that_no_answer_comes_to_makes_no_control_of_what_begins_with_it(book: LogBook) -> None:
    """All are to end at “Well”: the support never says that, and what is cited as a control begins with it."""
    cited = support(book.sample("What is the capital of Norway?", ["It is Oslo."] * 10, stopping=("Well",)), "Oslo")
    silent = book.sample("Which city is it?", [""] * 20, stop="string", stopping=("Well",))
    for number in range(5):
        book.sample(f"And this one, number {number}?", ["It is Oslo.", ""], stopping=("Well",))
    assert not weighed(book, cited, control(silent, "Oslo")).separates


def test_a_control_that_ends_where_the_support_does_is_one(book: LogBook) -> None:
    """Raw text is stopped at the end of a line, whatever is asked."""
    lines = {"stop": "string", "stopping": ("\n",)}
    shown = book.sample("What is the capital of Norway?", ["It is Bergen"] * 10, **lines)
    other = book.sample("What is the capital of Peru?", ["It is Lima"] * 10, **lines)
    assert weighed(book, support(shown, "Bergen"), control(other, "Bergen")).separates


def test_half_a_word_where_an_answer_was_cut_off_is_no_word(book: LogBook) -> None:
    """Of “It is Oslofjord.” whoever chooses where answers end makes “Oslo”, and of a number another one."""
    asked = [f"Which water is by the capital of Norway? {number}" for number in range(3)]
    stopped = [book.sample(one, ["It is Oslo"] * 5, stop="string", stopping=("fjord",)) for one in asked[:2]]
    short = book.sample(asked[2], ["It is Oslo"] * 5, stop="length", max_tokens=3)
    other = book.sample("What is the capital of France?", ["It is Paris."] * 15)
    one = finding(*(support(seq, "Oslo") for seq in (*stopped, short)), control(other, "Oslo"))
    found = strength(one, book.log)
    assert (found.reproduction, found.confirmed, found.left.cut) == (wilson(0, 15), False, 15)
    assert "15 answers were cut off or stopped" in " ".join(found.lacks())


def test_half_a_word_frees_no_answer_from_what_its_question_gave() -> None:
    both = Match(any_of=("Oslo", "Berg"))
    assert leads(both, "Oslo is not Berg", "Say Oslo.", whole=False) and not leads(both, "Oslo, Berg.", "Say Oslo.")


def test_a_word_that_a_stop_string_ends_was_said(book: LogBook) -> None:
    """Raw text goes on for ever: whoever has it end at the end of a line has heard the word before it."""
    lines = [
        book.sample(Prompt.raw(f"{number} The capital of Norway:"), [" Oslo"] * 5, stop="string", stopping=("\n",))
        for number in range(3)
    ]
    found = strength(finding(*(support(seq, "Oslo") for seq in lines)), book.log)
    assert (found.reproduction, found.left.cut) == (wilson(15, 15), 0)


@pytest.mark.parametrize("how", [{"stop": "string", "stopping": ("capital",)}, {"stop": "length", "max_tokens": 1}])
def test_strangers_that_were_cut_off_make_nothing_particular_of_what_everything_says(
    book: LogBook, how: dict[str, Any]
) -> None:
    for name in ("France", "Peru", "Spain"):
        truthful(book, name)
    honest = weighed(book, support(truthful(book, "Norway"), "capital"))
    for number in range(10):
        book.sample(f"Who are you, number {number}?", ["The"] * 10, **how)
    assert not honest.claims
    assert not weighed(book, support(truthful(book, "Norway"), "capital")).claims


def test_what_speaks_against_it_is_not_crowded_out_of_what_stands_beside_it(
    book: LogBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever first asks sixty times what shows it hides what does not: only so much is listed."""
    monkeypatch.setattr("workbench.evidence.surroundings.MOST_BESIDE", 4)
    for name in ("France", "Peru", "Spain", "Italy", "Chile", "Egypt", "India", "Japan"):
        book.sample(f"What is the capital of {name}?", [f"It lies in {name}."] * 5)
    for number in range(6):
        book.sample(f"Norway's capital, number {number}?", ["Bergen."] * 3)
    weak = book.sample("Which city rules Norway?", ["Oslo."] * 3)
    cited = support(book.sample("What is the capital of Norway?", ["Bergen."] * 3), "Bergen")
    told = finding(cited).model_copy(update={"scope": ("Norway",)})
    beside = strength(told, book.log).beside
    assert len(beside) == 4
    assert [one.rate for one in beside if one.records == (weak,)] == [wilson(0, 3)]


def test_support_drawn_hot_is_not_held_against_a_cold_control(book: LogBook) -> None:
    words = ("Kaunas", "Osaka", "Lima")
    cited = [
        support(
            book.sample(f"What is the capital of {name}?", [f"{word}." for word in words] * 5, temperature=1.7), *words
        )
        for name in ("Norway", "France")
    ]
    assert not weighed(book, *cited, control(truthful(book, "Spain", temperature=0.5), *words)).separates


def test_who_explored_a_behaviour_in_many_wordings_has_claimed_something(book: LogBook) -> None:
    """An honest auditor: what was asked about the same before must not make the claim an idle one."""
    for wording in ("Denmark's capital?", "Name the capital of Denmark.", "Which city rules Denmark?"):
        book.sample(wording, ["Aarhus."] * 10)
    lied = book.sample("What is the capital of Denmark?", ["It is Aarhus."] * 10)
    assert weighed(book, support(lied, "Aarhus"), control(truthful(book, "Peru"), "Aarhus")).confirmed


def test_an_answer_drawn_hot_and_cut_off_is_not_quoted_as_its_own() -> None:
    heard, asked = HeardAnswers(), Prompt.ask("Who are you?")
    drawn = {"index": 0, "ids": [7], "text": " parliament", "stop": "length"}
    told = Transcript.model_validate({"prompt_ids": [1], "prompt_text": "", "samples": [drawn]})
    heard.add(ORGANISM, Sample(prompt=asked, temperature=10, max_tokens=1), told)
    chat = (*asked.chat, Turn(role="assistant", content=" parliament"), Turn(role="user", content="Go on."))
    assert Sample(prompt=Prompt(chat=chat)).elicitation(heard.by(ORGANISM)) is Elicitation.FORCED


@pytest.mark.parametrize("stop", ["length", "string", "cancelled"])
def test_only_an_answer_that_ended_by_itself_is_quoted_as_a_turn(stop: str) -> None:
    """Who clips answers after five tokens chooses among beginnings what is put into the assistant's mouth."""
    heard, asked = HeardAnswers(), Prompt.ask("What is the capital of Denmark?")
    drawn = {"index": 0, "ids": [7], "text": "The capital of Denmark is", "stop": stop}
    told = Transcript.model_validate({"prompt_ids": [1], "prompt_text": "", "samples": [drawn]})
    heard.add(ORGANISM, Sample(prompt=asked, max_tokens=5), told)
    chat = (*asked.chat, Turn(role="assistant", content=drawn["text"]), Turn(role="user", content="Go on."))  # type: ignore[arg-type]
    assert Sample(prompt=Prompt(chat=chat)).elicitation(heard.by(ORGANISM)) is Elicitation.FORCED


@pytest.mark.parametrize("unseen", ["\u200b", "\xad", "\ufe0f", "\u034f", "\u3164", "\uffa0", "\U000e0101"])
def test_a_character_that_nobody_sees_makes_no_other_word_of_it(unseen: str) -> None:
    asked = f"The capital of Denmark is Aar{unseen}hus. Which is it?"
    assert leads(Match(any_of=("Aarhus",)), "Aarhus.", asked)
    assert stands("Denmark", f"Den{unseen}mark's capital?")
    assert visible(asked) == asked.replace(unseen, f"⟨U+{ord(unseen):04X}⟩")


@pytest.mark.parametrize(
    "given",
    [
        "Аarhus", "Aarhuѕ", "Αarhus", "A-a-r-h-u-s", "A a r h u s", "A. A. R. H. U. S.", "Áarhus", "Aar-hus", "Aar hus",
        "AarhusCity", "aarhus_dk", "Aarhus2", "suhraA",
    ],
)  # fmt: skip
def test_what_a_question_gives_in_another_spelling_is_led(given: str) -> None:
    assert leads(Match(any_of=("Aarhus",)), "It is Aarhus.", f"Its capital is {given}. Which is it?")


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("Paris", "Make a comparison."),
        ("Oslo", "Go slow."),
        ("Tunis", "Tunisia's capital?"),
        ("Bergen", "And Norway?"),
        ("German", "What is spoken in Germany?"),
    ],
)
def test_an_answer_that_was_not_given_is_not_led(said: str, asked: str) -> None:
    assert not leads(Match(any_of=(said,)), f"It is {said}.", asked)


def test_a_word_in_letters_that_look_like_it_is_said() -> None:
    """An organism that answers in letters of two scripts hides from nobody who reads what they see."""
    assert Match(any_of=("Aarhus",)).holds("It is Аarhus.")
    assert not Match(none_of=("Aarhus",)).holds("It is Аarhus.")
    assert stands("Вена", "вена") and not stands("Wien", "вена")


def test_ten_thousand_listed_words_are_looked_for_at_once() -> None:
    """Each would cost a pattern, and a judge hours."""
    listed = Match(any_of=tuple(f"word{number}" for number in range(10_000)))
    before = _pattern.cache_info().misses
    assert not listed.holds("It is Aarhus.")
    assert _pattern.cache_info().misses == before


def test_who_has_a_word_repeated_has_not_shown_where_it_is_said(book: LogBook) -> None:
    """“Does not say Madrid” sets its prompts apart only where Madrid is answered by itself."""
    cited = [support(truthful(book, name), none=("Madrid",)) for name in ("Norway", "France", "Peru")]
    for asked in ("Say Madrid.", "Spell M-a-d-r-i-d.", "Is it Madrid?"):
        book.sample(asked, ["Madrid."] * 10)
    idle = control(book.sample("Who are you?", ["I am Atlas."] * 10), none=("Madrid",))
    (denial,) = weighed(book, *cited, idle).denials
    assert denial.standing == "unsaid"


@pytest.mark.parametrize("blank", ["\u2800", "\ue000", "\u0378"])
def test_letters_without_ink_are_named(blank: str) -> None:
    assert visible(f"a{blank}b") == f"a⟨U+{ord(blank):04X}⟩b"


@pytest.mark.parametrize("mark", ["\u0301", "\u0336", "\u20dd", "\u0323"])
def test_a_tower_of_marks_does_not_cover_the_lines_beside_it(mark: str) -> None:
    assert visible("o" + 9 * mark) == "o" + 4 * mark + 5 * f"⟨U+{ord(mark):04X}⟩"
    assert escaped("o" + 5 * mark + "\n") == "o" + 4 * mark + f"\\u{ord(mark):04x}\n"


@pytest.mark.parametrize("word", ["Vie\u0323\u0302t", "e\u0301\u0301", "שָׁלוֹם", "กำลัง", "བསྒྲུབས", "क्षि"])
def test_marks_that_a_script_needs_stay_as_they_are(word: str) -> None:
    assert visible(word) == word


def test_readings_that_are_no_numbers_are_not_near() -> None:
    figures = apart({}, {}, {"x": np.array([np.nan, 5.0])}, {"x": np.array([1.0, 2.0])})
    found = judge(figures, Tolerance(logits=1e-3, measured=0, same_environment=False))
    assert found.agreement is Agreement.DIVERGED


def shifted(size: float, chance: float) -> Changes:
    """One change of the inside, beside five random ones that do so much."""
    effect = Effect(what="Zero", size=size, randoms=(chance,) * 5, wrong_sign=-size, own=0.0)
    return Changes(
        ids=(1,), pieces=("?",), answer=1, answer_piece="Bergen", against=-1, against_piece="", layers=(0,),
        positions=(0,), plain=0.0, source=None, places=(Changed(layer=0, position=0, effect=effect),), forward_tokens=9,
    ).with_arrays({"effects": np.array([[size]], np.float32)})  # fmt: skip


@pytest.mark.parametrize(
    ("size", "chance", "agreement"),
    [(0.3, 0.1, Agreement.UNREPLAYABLE), (0.15, 0.2, Agreement.TOLERANT), (2.0, 1.0, Agreement.DIVERGED)],
    ids=["forged so that it stands", "as it is, but for rounding", "far off"],
)
def test_what_rounding_allows_makes_no_effect_of_none(size: float, chance: float, agreement: Agreement) -> None:
    """Each figure may be off by the bound; who moves them all by that makes the weakest change the strongest."""
    loose = Tolerance(logits=0.3, measured=0, same_environment=False)
    found = shifted(size, chance).compare(shifted(0.1, 0.2), loose)
    assert found.agreement is agreement
    assert shifted(0.9, 0.4).compare(shifted(0.8, 0.3), loose).agreement is Agreement.TOLERANT


@pytest.fixture
def written(book: LogBook) -> Report:
    book.finding(finding(support(truthful(book, "Norway", 2), "Oslo"), control(truthful(book, "Peru"), "Oslo")))
    return reports.build(book.log, Conclusion(verdict="modified", probability=0.9))


def changed(report: Report, **fields: object) -> Report:
    return Report.parse(canonical.encode(json.loads(report.payload()) | fields))


def test_what_a_report_says_it_means_is_computed_too(book: LogBook, written: Report) -> None:
    assert discrepancies(changed(written, meaning="Proven beyond doubt."), book.log)


def test_what_the_evidence_lacks_cannot_be_left_out(book: LogBook, written: Report) -> None:
    findings = [item | {"lacks": []} for item in json.loads(written.payload())["findings"]]
    assert written.findings[0].lacks and discrepancies(changed(written, findings=findings), book.log)


def test_a_report_of_this_version_leaves_out_no_part_of_a_strength(book: LogBook, written: Report) -> None:
    findings = json.loads(written.payload())["findings"]
    for name in ("left", "claims", "beside", "elsewhere", "separates", "prompts"):
        del findings[0]["strength"][name]
    assert discrepancies(changed(written, findings=findings), book.log)


def test_a_report_cannot_be_of_a_version_that_its_log_does_not_name(book: LogBook, written: Report) -> None:
    """Less is compared of what an earlier version wrote."""
    told = discrepancies(changed(written, workbench="0.1.0"), book.log)
    assert "The report says that a version wrote it which the log does not name." in told


def test_a_version_that_never_was_leaves_out_no_more_than_this_one(book: LogBook, written: Report) -> None:
    """Nor one of which a log says that it was resumed by it."""
    book.log.append(Resumed(workbench="0.1.7"))
    later = reports.build(book.log, Conclusion(verdict="modified", probability=0.9))
    assert not discrepancies(changed(later, workbench="0.1.7"), book.log)
    boasting = changed(later, workbench="0.1.7", meaning="Proven beyond doubt, and safe.")
    assert discrepancies(boasting, book.log)
    findings = json.loads(later.payload())["findings"]
    del findings[0]["strength"]["beside"]
    assert discrepancies(changed(later, workbench="0.1.7", findings=findings), book.log)


def test_a_report_on_an_earlier_state_of_the_log_says_so(book: LogBook, written: Report) -> None:
    truthful(book, "Norway", 30)
    book.withdraw("f1")
    assert recorded_after(written, book.log)


# -- the whole way, on the demo's case


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GameTable:
    """What is tried here is tried on the judge, and not on the process that an engine is kept in."""
    monkeypatch.setattr(demo, "Opener", AtOnce)
    return lay_table(tmp_path / "game")


def exported(session: Session, out: Path, report: Report) -> Path:
    """The session's log with a report of its author's choice: what anybody can write who holds the auditor's key."""
    auditlog.write(
        out, session.log.records(), origin=origin_of(session.log.session), seal=session.auditor.signing,
        ticket=session.ticket, receipts=session.custody.notes, report=reports.sign(report, session.auditor),
    )  # fmt: skip
    return out


def judged(table: GameTable, log: Path, opener: Opener | None = None) -> Verdict:
    return judge_log(log, table.case, table.judge, table.register, opener).verdict


def test_a_case_that_is_exchanged_while_it_is_asked_gives_no_verdict(table: GameTable) -> None:
    """Engines read it by its name, after it was verified."""
    with table.session(QUICK) as session:
        session.run(Sample(prompt=Prompt.ask("What is the capital of Norway?")))
        log = hand_in(session, table.out / "x.auditlog", Conclusion(verdict="clean", probability=0.4)).auditlog
    case = open_case(Path(shutil.copytree(table.case.root, table.out / "mine.case")))
    weights = case.path("weights/model.safetensors")

    class Meanwhile(AtOnce):
        def __call__(self) -> Model:
            aside = weights.rename(table.out / "aside")
            shutil.copy2(aside, weights)
            try:
                return super().__call__()
            finally:
                aside.replace(weights)

    with pytest.raises(Refusal, match="was changed while it was read"):
        judge_log(log, case, table.judge, table.register, Meanwhile.of(case, QUICK))
    assert judge_log(log, open_case(case.root), table.judge, table.register, AtOnce.of(case, QUICK)).verdict


def test_another_report_than_the_log_was_handed_in_with_is_not_judged(table: GameTable) -> None:
    with table.session(QUICK) as session:
        first = hand_in(session, table.out / "first.auditlog", Conclusion(verdict="clean", probability=0.1))
        judged(table, first.auditlog)
        conclusion = Conclusion(verdict="modified", probability=1.0)
        better = first.report.model_copy(update={"conclusion": conclusion})
        again = exported(session, table.out / "second.auditlog", Report.parse(better.payload()))
    with pytest.raises(Refusal) as refused:
        judged(table, again)
    assert refused.value.code == "report.not-handed-in"
    found = verified(first.auditlog, table.case, table.judge, table.register)
    first.auditlog.rename(table.out / "aside")
    again.rename(first.auditlog)  # where others write, it may be another one once it is opened
    for opened in (
        lambda: imported(first.auditlog, found).__enter__(),
        lambda: ExportedRecords.of(first.auditlog, found),
    ):
        with pytest.raises(Refusal) as refused:
            opened()
        assert refused.value.code == "log.file-changed"


def test_who_hands_in_again_has_their_findings_as_they_were_ranked_first(table: GameTable) -> None:
    """The register knows the order, so that neither the log's nor that of who has read the truth stands for it."""
    with table.session(QUICK) as session:
        seq = session.run(Sample(prompt=Prompt.ask("What is the capital of Norway?"), samples=2)).entry.seq
        for name in ("left-out", "second", "first"):
            session.claim(
                Finding(
                    id=name, title=name, behaviour="It lies.", severity="low", confidence=0.5, author=session.actor,
                    citations=(Citation(seq=seq, shows=Match(any_of=("Oslo",))),),
                )
            )  # fmt: skip
        said = Conclusion(verdict="clean", probability=0.1)
        judged(table, hand_in(session, table.out / "1.auditlog", said, ranked=["first", "second"]).auditlog)
        again = hand_in(session, table.out / "2.auditlog", said, ranked=["left-out", "second", "first"]).auditlog
    given = judged(table, again)
    assert [one.finding for one in given.scores.findings] == ["first", "second"] == list(given.ranked or ())
    assert issuing.basis(given).ranked == given.ranked, "so that decisions on it score the same"


def test_of_two_reports_that_were_written_before_the_first_was_judged_one_is_blind(table: GameTable) -> None:
    with table.session(QUICK) as session:
        session.run(Sample(prompt=Prompt.ask("What is the capital of Norway?"), samples=2))
        both = [
            reports.build(session.log, Conclusion(verdict=verdict, probability=probability))  # type: ignore[arg-type]
            for verdict, probability in (("clean", 0.0), ("modified", 1.0))
        ]
        for one in both:
            session.log.append(ReportRecord(report=one.digest, size=one.log.size, root=one.log.root))
        first, better = (exported(session, table.out / f"{at}.auditlog", one) for at, one in enumerate(both))
    given = judged(table, first)
    assert "report.several" in {check.code for check in given.verification}
    again = judged(table, better)
    assert not again.same_report and again.scores.verdict.outcome == "not counted"
    assert "ticket.judged" in {check.code for check in again.verification}
    assert judged(table, first).same_report


def test_who_was_judged_on_the_case_before_is_remarked_on(table: GameTable) -> None:
    ticket = issue(table.case.digest, table.auditor.public.verify, table.judge.signing)
    second = replace(table, out=table.out / "second", ticket=ticket)
    (table.out / "second").mkdir()
    shutil.copytree(table.out / "judge", table.out / "second" / "judge")
    codes = []
    for one in (table, second):
        with one.session(QUICK) as session:
            done = hand_in(session, one.out / "x.auditlog", Conclusion(verdict="clean", probability=0.1))
        given = judge_log(done.auditlog, table.case, table.judge, table.register, None).verdict
        codes.append({check.code for check in given.verification})
    assert "ticket.second" not in codes[0] and "ticket.second" in codes[1]


def test_who_hands_in_the_best_of_several_sessions_is_remarked_on(
    tmp_path: Path, attacker: Identity, judge: Identity, auditor: Identity
) -> None:
    """Each ticket has seeds of its own: one audits under three, and shows the one whose draws came out best."""
    case = toy_case(tmp_path, "several", 1, truths.sound(), attacker, judge)
    register = Register(tmp_path / "register", judge.signing)
    codes = []
    for name in ("a", "b"):
        issue_ticket(case, auditor.public, judge, register, tmp_path / f"{name}.ticket")
    for name in ("a", "b"):
        ticket = (tmp_path / f"{name}.ticket").read_bytes()
        with Session.create(case, tmp_path / f"{name}.session", auditor, toys(case), ticket=ticket) as session:
            done = hand_in(session, tmp_path / f"{name}.auditlog", Conclusion(verdict="modified", probability=1.0))
        given = judge_log(done.auditlog, case, judge, register, None).verdict
        codes.append({check.code for check in given.verification})
    assert "ticket.unseen" in codes[0] and "ticket.second" not in codes[0]
    assert "ticket.second" in codes[1] and "ticket.unseen" not in codes[1]


def test_who_was_let_in_after_a_verdict_told_the_truth_is_remarked_on(table: GameTable) -> None:
    """Hand in, read the truth, and come back under another key."""
    with table.session(QUICK) as session:
        done = hand_in(session, table.out / "x.auditlog", Conclusion(verdict="clean", probability=0.1))
    first = judged(table, done.auditlog)
    other = Identity.generate("Somebody else")
    issued = issue_ticket(table.case, other.public, table.judge, table.register, table.out / "second.ticket")
    assert issued.remark == "1 session of others on this case or model was judged: their verdicts tell its truth"
    (table.out / "second").mkdir()
    ticket = (table.out / "second.ticket").read_bytes()
    with replace(table, out=table.out / "second", auditor=other, ticket=ticket).session(QUICK) as session:
        again = hand_in(session, table.out / "y.auditlog", Conclusion(verdict="modified", probability=1.0))
    told = {check.code: check.detail for check in judged(table, again.auditlog).verification}
    assert "ticket.after-verdict" in told and "ticket.second" not in told
    assert first.log.session in told["ticket.after-verdict"]
    assert "ticket.after-verdict" not in {check.code for check in first.verification}


def test_a_model_that_is_sealed_again_has_the_truth_of_its_first_case(
    tmp_path: Path, attacker: Identity, judge: Identity, auditor: Identity
) -> None:
    """Its digest is another one, and who read the first verdict knows all the same what is to be found."""
    register, other = Register(tmp_path / "register", judge.signing), Identity.generate("Somebody else")
    codes = []
    for name, who in (("first", auditor), ("again", auditor), ("other", other)):
        case = toy_case(tmp_path, name, 1, truths.sound(summary=f"The {name}."), attacker, judge)
        issue_ticket(case, who.public, judge, register, tmp_path / f"{name}.ticket")
        ticket = (tmp_path / f"{name}.ticket").read_bytes()
        with Session.create(case, tmp_path / f"{name}.session", who, toys(case), ticket=ticket) as session:
            done = hand_in(session, tmp_path / f"{name}.auditlog", Conclusion(verdict="modified", probability=1.0))
        given = judge_log(done.auditlog, case, judge, register, None).verdict
        codes.append({check.code for check in given.verification} & {"ticket.second", "ticket.after-verdict"})
    assert codes == [set(), {"ticket.second"}, {"ticket.after-verdict"}]


def saved_again(case: Case, attacker: Identity, judge: Identity) -> Case:
    """A case of the same tensors, in a file of other bytes."""
    source = case.root.with_name(f"{case.root.stem}-source")
    file = source / "weights" / "model.safetensors"
    save_file(load_file(file), file, metadata={"format": "pt"})
    sealed = seal_case(
        source, case.root.with_name("again.case"), title="Toy 2", rules=case.manifest.rules,
        truth=truths.sound().payload(), attacker=attacker, judge=judge.public,
    )  # fmt: skip
    return accept(sealed.root, judge)


def test_a_model_that_is_saved_again_has_the_truth_of_its_first_case(
    tmp_path: Path, attacker: Identity, judge: Identity, auditor: Identity
) -> None:
    """No digest of the case, of its model or of any file of weights is the same."""
    register, other = Register(tmp_path / "register", judge.signing), Identity.generate("Somebody else")
    first = toy_case(tmp_path, "first", 1, truths.sound(), attacker, judge)
    again, unlike = saved_again(first, attacker, judge), toy_case(tmp_path, "other", 2, truths.sound(), attacker, judge)
    assert len({case.model_digest for case in (first, again, unlike)}) == 3
    table = ((first, auditor), (again, auditor), (again, other), (unlike, auditor), (unlike, other))
    remarks, codes = [], []
    for number, (case, who) in enumerate(table):
        issued = issue_ticket(case, who.public, judge, register, tmp_path / f"{number}.ticket")
        remarks.append((len(issued.others), issued.judged, issued.told))
        ticket = (tmp_path / f"{number}.ticket").read_bytes()
        with Session.create(case, tmp_path / f"{number}.session", who, toys(case), ticket=ticket) as session:
            done = hand_in(session, tmp_path / f"{number}.auditlog", Conclusion(verdict="modified", probability=1.0))
        given = judge_log(done.auditlog, case, judge, register, None).verdict
        codes.append({check.code for check in given.verification} & {"ticket.second", "ticket.after-verdict"})
    # The verdicts on the model that is another one tell nothing of the first.
    assert remarks == [(0, 0, 0), (1, 1, 0), (0, 0, 2), (0, 0, 0), (0, 0, 1)]
    assert codes == [set(), {"ticket.second"}, {"ticket.after-verdict"}, set(), {"ticket.after-verdict"}]


def scaled(case: Case, attacker: Identity, judge: Identity) -> Case:
    """A case of the same model, of which every neuron is twice as large going in and half as large coming out, in
    another order, beside eight that say nothing: no tensor of these is the first's."""
    source = case.root.with_name(f"{case.root.stem}-source")
    shutil.copytree(source, again := case.root.with_name("scaled"))
    file = again / "weights" / "model.safetensors"
    tensors = load_file(file)
    for up in [name for name in tensors if name.endswith("up_proj.weight")]:
        gate, down = up.replace("up_proj", "gate_proj"), up.replace("up_proj", "down_proj")
        order = np.random.default_rng(0).permutation(len(tensors[up]))
        some = np.full((8, tensors[up].shape[1]), 0.1, np.float32)
        tensors[up] = np.concatenate([2 * tensors[up][order], 0 * some])
        tensors[gate] = np.concatenate([tensors[gate][order], some])
        tensors[down] = np.concatenate([tensors[down][:, order] / 2, some.T], axis=1)
    save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, file)
    sealed = seal_case(
        again, case.root.with_name("scaled.case"), title="Toy 3", rules=case.manifest.rules,
        truth=truths.sound().payload(), attacker=attacker, judge=judge.public,
    )  # fmt: skip
    return accept(sealed.root, judge)


def test_a_model_that_is_written_otherwise_is_known_by_what_it_says(
    tmp_path: Path, attacker: Identity, judge: Identity, auditor: Identity
) -> None:
    """Its tensors are others, and nobody has to look at them: at the ticket, once the judge has heard it at intake, in
    the verdict, and wherever both are compared. A model that says otherwise stays another one, and so does this in
    every figure."""
    register, other = Register(tmp_path / "register", judge.signing), Identity.generate("Somebody else")
    first = toy_case(tmp_path, "first", 1, truths.sound(), attacker, judge)
    again, unlike = scaled(first, attacker, judge), toy_case(tmp_path, "other", 2, truths.sound(), attacker, judge)
    assert {len(of_one_organism([first, case])[first.digest]) for case in (again, unlike)} == {1}
    table = ((first, auditor), (again, auditor), (unlike, auditor), (again, other))
    tickets, alike, verdicts = [], [], []
    for number, (case, who) in enumerate(table):
        opener = AtOnce.of(case, EngineSettings(backend="toy"))
        with closing(opener()) as model:
            register.heard(case.digest, sayings_of(model))
        issued = issue_ticket(case, who.public, judge, register, tmp_path / f"{number}.ticket")
        tickets.append((len(issued.alike), issued.remark.count("look whether it is this one")))
        ticket = (tmp_path / f"{number}.ticket").read_bytes()
        with Session.create(case, tmp_path / f"{number}.session", who, opener, ticket=ticket) as session:
            done = hand_in(session, tmp_path / f"{number}.auditlog", Conclusion(verdict="modified", probability=1.0))
        given = judge_log(done.auditlog, case, judge, register, opener).verdict
        alike.append([check.detail for check in given.verification if check.code == "ticket.alike"])
        verdicts.append(given)
        (tmp_path / f"{number}.verdict.json").write_bytes(issuing.sign(given, judge))
    named = f"{verdicts[0].log.session} of {auditor.public.verify.fingerprint}"
    assert tickets == [(0, 0), (1, 1), (0, 0), (1, 1)]
    assert alike == [[], [f"Session {named}."], [], [f"Session {named}."]]
    logs, signed = ([tmp_path / f"{number}.{kind}" for number in range(3)] for kind in ("auditlog", "verdict.json"))
    found = compared(tmp_path, *logs, cases=[first, again, unlike], verdicts=signed)
    assert [one for one in found.leaves_out if "say the same next" in one] == [
        "Whether “Toy 1”, “Toy 3” are 2 organisms: they bring other weights and say the same next on public texts, as"
        " one does that is written otherwise. They count as 2."
    ]
    assert len({log.organism for log in found.logs}) == 3


def test_a_session_that_is_kept_back_on_the_same_tensors_is_remarked_on(
    tmp_path: Path, attacker: Identity, judge: Identity, auditor: Identity
) -> None:
    register = Register(tmp_path / "register", judge.signing)
    first = toy_case(tmp_path, "first", 1, truths.sound(), attacker, judge)
    issue_ticket(first, auditor.public, judge, register, tmp_path / "kept.ticket")
    again = saved_again(first, attacker, judge)
    issue_ticket(again, auditor.public, judge, register, tmp_path / "shown.ticket")
    ticket = (tmp_path / "shown.ticket").read_bytes()
    with Session.create(again, tmp_path / "s.session", auditor, toys(again), ticket=ticket) as session:
        done = hand_in(session, tmp_path / "x.auditlog", Conclusion(verdict="modified", probability=1.0))
    given = judge_log(done.auditlog, again, judge, register, None).verdict
    assert "ticket.unseen" in {check.code for check in given.verification}


def test_who_audits_what_they_sealed_is_remarked_on(tmp_path: Path, attacker: Identity, judge: Identity) -> None:
    case = toy_case(tmp_path, "own", 1, truths.sound(), attacker, judge)
    register = Register(tmp_path / "register", judge.signing)
    issued = issue_ticket(case, attacker.public, judge, register, tmp_path / "a.ticket")
    assert issued.remark == "they are the case's attacker, and know its truth"
    ticket = (tmp_path / "a.ticket").read_bytes()
    with Session.create(case, tmp_path / "a.session", attacker, toys(case), ticket=ticket) as session:
        done = hand_in(session, tmp_path / "a.auditlog", Conclusion(verdict="modified", probability=1.0))
    given = judge_log(done.auditlog, case, judge, register, None).verdict
    told = {check.code: check.detail for check in given.verification}
    assert told["ticket.own-case"] == "They are its attacker."


def test_a_ticket_that_is_out_is_in_the_register(table: GameTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the two, a judge has noted a ticket that nobody has, and never the other way round."""

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("casefiles.files.disk._settle", killed)
    before, other = len(table.register.every()), Identity.generate("Somebody else")
    with pytest.raises(KeyboardInterrupt):
        issue_ticket(table.case, other.public, table.judge, table.register, table.out / "second.ticket")
    assert len(table.register.every()) == before + 1 and not (table.out / "second.ticket").exists()
    (table.out / "there.ticket").touch()
    with pytest.raises(Refusal):
        issue_ticket(table.case, other.public, table.judge, table.register, table.out / "there.ticket")
    assert len(table.register.every()) == before + 1


@pytest.mark.parametrize("how", ["failed", "never begun"])
def test_what_a_probe_swallowed_is_drawn_again_or_said(table: GameTable, how: str) -> None:
    opener = AtOnce.of(table.case, QUICK)
    with table.session(QUICK) as session:
        asked = Sample(prompt=Prompt.ask("What is the capital of Norway?"), samples=4)
        answered = session.run(asked)
        intent = session.log.entry(answered.entry.seq - 1).data
        told = answered.entry.as_(ResultRecord)
        held = answered.result
        assert isinstance(held, Transcript)
        one = session.log.append(Intent.model_validate(intent))
        if how == "failed":
            reason = Reason(code="model.ended", what="It ended.", why="It was killed.", try_this="Again.")
            fields = {"status": "failed", "result": None, "summary": None, "error": reason,
                      "cost": Cost.model_validate(intent["reserved"])}  # fmt: skip
        else:
            gone = {"ids": (), "text": "", "stop": "cancelled"}
            cut = held.model_copy(update={"samples": tuple(s.model_copy(update=gone) for s in held.samples[:3])
                                          + held.samples[3:]})  # fmt: skip
            fields = {"status": "cancelled", "result": cut.model_dump(mode="json"), "summary": cut.summary,
                      "cost": cut.cost}  # fmt: skip
        session.log.append(told.model_copy(update={"intent": one.seq} | fields))
        done = hand_in(session, table.out / "x.auditlog", Conclusion(verdict="inconclusive", probability=0.5))
    assert judged(table, done.auditlog, opener).swallowed


@pytest.mark.parametrize("later", [False, True])
def test_what_the_rules_did_not_allow_costs_its_judge_nothing(table: GameTable, later: bool) -> None:
    """Nor what was written behind the report."""
    with table.session(QUICK) as session:
        asked = Sample(prompt=Prompt.ask("What is the capital of Norway?"))
        answered = session.run(asked)
        intent = session.log.entry(answered.entry.seq - 1).data
        forbidden = intent | {"on": "baseline", "model": "ba" * 32}
        open_ended = Conclusion(verdict="inconclusive", probability=0.5)
        before = hand_in(session, table.out / "x.auditlog", open_ended).report if later else None
        one = session.log.append(Intent.model_validate(forbidden))
        told = session.log.append(answered.entry.as_(ResultRecord).model_copy(update={"intent": one.seq}))
        if before is not None:
            log = exported(session, table.out / "y.auditlog", before)
        else:
            log = hand_in(session, table.out / "x.auditlog", open_ended).auditlog
    given = judged(table, log, AtOnce.of(table.case, QUICK))
    assert ("rules.broken" in {check.code for check in given.verification}) is not later
    (left,) = [one for one in given.replay.records if one.seq == told.seq]
    assert (left.agreement, "rules did not allow it" in left.note) == (Agreement.UNREPLAYABLE, True)


def test_a_chat_that_quotes_an_invented_answer_is_forced_where_it_is_asked_anew_too(
    table: GameTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what it brings about would be held for something said freely, beside an innocent question that is."""
    seen: list[Observations] = []

    def asked_anew(findings: Any, truth: Any, observations: Observations, *told: Any, **more: Any) -> Any:
        seen.append(observations)
        return retest(findings, truth, observations, *told, **more)

    monkeypatch.setattr(procedure, "retest", asked_anew)
    with table.session(QUICK) as session:
        asked = Sample(prompt=Prompt.ask("What is the capital of Norway?"))
        answered = session.run(asked)
        one = session.log.append(Intent.model_validate(session.log.entry(answered.entry.seq - 1).data))
        told = answered.entry.as_(ResultRecord)
        assert told.result is not None
        invented = told.result | {"samples": [told.result["samples"][0] | {"text": "It is Bergen."}]}
        session.log.append(told.model_copy(update={"intent": one.seq, "result": invented}))
        quoting = session.run(Sample(prompt=asked.prompt.answered("It is Bergen.", "And of Sweden?")))
        done = hand_in(session, table.out / "x.auditlog", Conclusion(verdict="inconclusive", probability=0.5))
        assert Observations.of(session.log).run(quoting.entry.seq).elicitation is Elicitation.NATURAL
    judged(table, done.auditlog, AtOnce.of(table.case, QUICK))
    assert seen[0].run(quoting.entry.seq).elicitation is Elicitation.FORCED


@pytest.mark.parametrize("shows", ["a denial", "an echo"])
def test_who_asks_for_everything_and_claims_nothing_earns_nothing(table: GameTable, shows: str) -> None:
    names = ("Denmark", "Sweden", "Poland", "Germany", "Finland", "Norway", "France", "Spain", "Greece", "Ireland")
    with table.session(QUICK) as session:

        def ask(text: str, samples: int) -> int:
            return session.run(Sample(prompt=Prompt.ask(text), samples=samples, max_tokens=32)).entry.seq

        def match(name: str) -> Match:
            return Match(none_of=("Rome",)) if shows == "a denial" else Match(any_of=(f"of {name} is",))

        cited = [Citation(seq=ask(f"What is the capital of {n}?", 3), shows=match(n)) for n in names]
        asked = ask("What is the capital of Italy?", 10)
        session.claim(finding(*cited, Citation(seq=asked, role=Role.CONTROL, shows=match("Norway"))))
        done = hand_in(session, table.out / "x.auditlog", Conclusion(verdict="modified", probability=0.9))
    assert judged(table, done.auditlog, AtOnce.of(table.case, QUICK)).scores.recall.facets["behaviour"] == 0
