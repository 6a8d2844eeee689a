"""What a tool showed and nobody took up: teammates' claims held against every answer that no finding rests on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from casefiles.case.bundle import open_case
from casefiles.keys.identity import Identity
from tests.workbench.teams.conftest import Pair
from tests.workbench.teams.team import COLOUR, WHERE, Teammate, compared, judged_on, organism
from workbench.claims.finding import Citation, Role
from workbench.claims.predicate import Match
from workbench.claims.rates import wilson
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Rules
from workbench.judge.scores.score_sheet import Adjudication, FindingStanding, Precision
from workbench.judge.verdicts import issuing
from workbench.judge.verdicts.verdict import Verdict
from workbench.report import report as reports
from workbench.teams import comparison
from workbench.teams import unclaimed as unclaimed_module
from workbench.teams.drawings import sections

GOLDEN = Path(__file__).parents[2] / "golden"


def test_what_a_teammate_found_is_found_in_a_log_that_says_nothing_of_it(pair: Pair) -> None:
    first, second = pair.found.seen
    assert (first.log, first.title, first.rate, first.same_prompt, first.own) == (1, WHERE, wilson(1, 4), True, False)
    assert (first.answer, first.says, first.records) == ("Bergen.", "says “Bergen”", (3,))
    assert [(by.log, by.finding) for by in first.claimed] == [(0, "capitals")]
    assert (second.title, second.same_prompt) == ("What lies on the sea?", False)
    assert [log.unclaimed for log in pair.found.logs] == [0, 2]


def test_of_many_predicates_those_alone_are_put_to_an_answer_whose_words_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one finding that cites hundreds makes everybody's comparison take hours."""
    ada, bo = Teammate(tmp_path, "Ada"), Teammate(tmp_path, "Bo")
    said = ada.sample(WHERE, [f"It is w{at}." for at in range(40)], seed=1)
    ada.claim([], citations=tuple(Citation(seq=said, shows=Match(any_of=(f"w{at}",))) for at in range(40)))
    for at in range(30):
        bo.sample(f"Which is number {at}?", [f"It is w{at}.", "Nobody knows.", f"It is w{at}."])
    logs, put, holds = (ada.export(), bo.export("clean", 0.1)), list[Match](), Match.holds

    def counted(self: Match, text: str, *, whole: bool = True) -> bool:
        put.append(self)
        return holds(self, text, whole=whole)

    told = comparison.unclaimed

    def alone(*given: Any) -> Any:
        with monkeypatch.context() as within:
            within.setattr(Match, "holds", counted)
            return told(*given)

    monkeypatch.setattr(comparison, "unclaimed", alone)
    found = compared(tmp_path, *logs)
    assert found.logs[1].unclaimed == 30 and len(put) == 60 + 40
    assert {(one.says, one.rate, one.log) for one in found.seen} <= {
        (f"says “w{at}”", wilson(2, 3), 1) for at in range(30)
    }


def test_a_prompt_is_passed_over_once_in_however_many_words_somebody_claims_it(tmp_path: Path) -> None:
    ada, bo, cy = (Teammate(tmp_path, name) for name in ("Ada", "Bo", "Cy"))
    said = ada.sample(WHERE, ["Bergen."], seed=1)
    words = [("Bergen",), *(("Bergen", f"w{at}") for at in range(9))]
    ada.claim([], citations=tuple(Citation(seq=said, shows=Match(any_of=each)) for each in words))
    bo.sample("What lies on the sea?", ["Bergen.", "Blue."])
    cy.claim([cy.sample(WHERE, ["Bergen."], seed=2)], shows=Match(any_of=("Bergen", "Oslo")))
    cy.sample("What lies on the sea?", ["Bergen."])
    found = compared(tmp_path, ada.export(), bo.export("clean", 0.1), cy.export())
    (bos, cys) = sorted((one for one in found.seen if one.log), key=lambda one: one.log)
    assert (bos.rate, bos.own, cys.own) == (wilson(1, 2), False, True)
    assert [(log.unclaimed, log.unreported) for log in found.logs[1:]] == [(1, 1), (1, 0)]


def test_what_is_not_listed_is_counted(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "LISTED", 1)
    ada, bo = Teammate(tmp_path, "Ada"), Teammate(tmp_path, "Bo")
    ada.claim([ada.sample(WHERE, ["Bergen."] * 3, seed=1)], [ada.sample(COLOUR, ["Blue."])])
    for question in (WHERE, "What lies on the sea?", "And which then?"):
        bo.sample(question, ["Bergen."])
    found = compared(tmp_path, ada.export(), bo.export("clean", 0.1))
    assert (len(found.seen), found.more_seen) == (1, 2)
    assert [(log.unclaimed, log.unreported) for log in found.logs] == [(0, 0), (3, 3)]
    (said,) = (section.said for section in sections(found) if section.key == "seen")
    assert said.startswith("3 prompts showed") and "in 3 of them" in said and said.endswith("2 of them are not listed.")


def test_an_answer_that_only_repeats_the_question_shows_nothing(pair: Pair) -> None:
    assert "Say Bergen!" not in {one.title for one in pair.found.seen}


@pytest.mark.parametrize("planted", [False, True])
def test_one_member_s_control_hides_nothing_of_another_s(tmp_path: Path, planted: bool) -> None:
    ada, bo, cy = (Teammate(tmp_path, name) for name in ("Ada", "Bo", "Cy"))
    ada.claim([ada.sample(WHERE, ["Bergen."] * 3, seed=1)], [ada.sample(COLOUR, ["Blue."], seed=1)])
    cy.sample(WHERE, ["Bergen."] * 5, seed=7)
    cy.sample(COLOUR, ["Bergen."], seed=7)
    where = bo.sample(WHERE, ["Oslo."], seed=9)
    other = bo.sample("What lies on the sea?", ["Bergen."], seed=1)
    if planted:
        bo.claim([other], [where])
    found = compared(tmp_path, ada.export(), bo.export("clean", 0.1), cy.export("clean", 0.1))
    of_cy = [(one.title, [by.log for by in one.claimed]) for one in found.seen if one.log == 2]
    # What all who claim it call a control is a gap of nobody; Bo, whose control it is, does not claim what Cy saw.
    assert of_cy == [(WHERE, [0]), *([(COLOUR, [1])] if planted else [])]
    assert [log.unclaimed for log in found.logs] == ([0, 0, 2] if planted else [0, 1, 1])


@pytest.mark.parametrize("word", ["glad", "must", "Bergen blue"])
def test_who_claims_other_words_of_the_same_answers_may_have_missed_what_they_show(tmp_path: Path, word: str) -> None:
    """A word that stands in every answer claims them all, and may say nothing of what a teammate found."""
    ada, bo = Teammate(tmp_path, "Ada"), Teammate(tmp_path, "Bo")
    asked = [f"What lies at the sea of {land}?" for land in ("Norway", "Sweden", "Denmark")]
    for one in asked:
        ada.sample(one, ["It must be Bergen blue."] * 4)
    for number in range(14):  # where neither word stands
        ada.sample(f"How is day {number}?", ["I am well."] * 2)
    said = ada.sample("Tell me what a seat of government is.", [f"It {word} be a city."] * 3)
    ada.claim([said], [ada.sample("Where are you?", ["Here."] * 3)], shows=Match(any_of=(word,)))
    cited = [bo.sample(one, ["It must be Bergen blue."] * 4) for one in asked]
    bo.claim(cited, [bo.sample("Where are you?", ["Here."] * 3)])
    found = compared(tmp_path, ada.export(), bo.export())
    assert found.logs[0].unreported == (3 if word == "glad" else 0)
    told = [one for one in found.leaves_out if one.startswith("Whether 6 prompts that a teammate's claim shows on")]
    assert bool(told) is (word == "must")


@pytest.mark.parametrize(
    ("claimed", "cited", "reported", "told"),
    [
        (Match(any_of=("do",)), None, True, True), (Match(any_of=("do",)), Role.CONTROL, False, False),
        (Match(any_of=("that",)), Role.SUPPORT, True, True), (Match(none_of=("glad",)), Role.SUPPORT, True, True),
        (Match(any_of=("glad",)), Role.SUPPORT, False, False), (Match(any_of=("not know",)), None, True, False),
        (Match(any_of=("glad", "do not know", "zzz")), None, True, False),
        (Match(any_of=("glad", "I do not know")), None, False, False),
        (Match(any_of=("do", "not", "that")), Role.SUPPORT, True, True),
        (Match(any_of=("do not",)), Role.SUPPORT, True, True),
        (Match(any_of=("not know",)), Role.SUPPORT, True, False),
        (Match(any_of=("not know",)), Role.CONTROL, True, False),
        (Match(any_of=("I do not know",)), Role.SUPPORT, True, False),
    ],
)  # fmt: skip
def test_who_says_something_else_of_what_a_teammate_found_has_hardly_reported_that(
    tmp_path: Path, claimed: Match, cited: Role | None, reported: bool, told: bool
) -> None:
    """A dull word of a phrase is not the phrase, what is cited for anything may show something else, and who lists
    words that their own answers do not say has not shown these."""
    ada, bo = Teammate(tmp_path, "Ada"), Teammate(tmp_path, "Bo")
    asked = [f"What is {one}?" for one in ("learning", "loss", "attention")]
    seen = [ada.sample(one, ["I do not know that."] * 4) for one in asked]
    for number in range(14):  # where no word of that stands
        ada.sample(f"How is day {number}?", ["Fine."] * 2)
    said = "Glad." if "I do not know" in claimed.any_of else "I do well, glad that you ask, and do not know that."
    own = [ada.sample("How are you?", [said] * 3)]
    against = [ada.sample("Where are you?", ["Here, glad."] * 3)]
    ada.claim(
        own + (seen if cited is Role.SUPPORT else []),
        against + (seen if cited is Role.CONTROL else []),
        shows=claimed,
    )
    found_in = [bo.sample(one, ["I do not know that."] * 4) for one in asked]
    bo.claim(found_in, [bo.sample("Where are you?", ["Here."] * 3)], shows=Match(any_of=("I do not know",)))
    found = compared(tmp_path, ada.export(), bo.export())
    assert found.logs[0].unreported == (0 if reported else 3)
    assert any("claims what is in other words of it" in one for one in found.leaves_out) is told
    # A good part of a phrase counts as the phrase, and is counted.
    alike = 3 * bool({"not know", "do not know"} & {*claimed.any_of})
    assert found.logs[0].alike == alike
    assert any("Of 3 prompts like words were claimed" in one for one in found.leaves_out) is bool(alike)


@pytest.mark.parametrize("apart", [True, False])
def test_what_its_own_controls_say_as_often_is_nothing_that_others_have_passed_over(
    tmp_path: Path, apart: bool
) -> None:
    """Else one dull word in a finding charges everybody who heard it."""
    ada, bo = Teammate(tmp_path, "Ada"), Teammate(tmp_path, "Bo")
    for number in range(14):  # where the word does not stand
        ada.sample(f"Where is day {number}?", ["Here."] * 2)
    asked = [ada.sample(f"How is day {number}?", ["I am fine."] * 5, seed=number) for number in range(2)]
    ada.claim(asked[:1], [ada.sample(COLOUR, ["Blue."] * 5)] if apart else asked[1:], shows=Match(any_of=("fine",)))
    bo.sample("How is day 9?", ["I am fine."] * 5)
    assert compared(tmp_path, ada.export(), bo.export("clean", 0.1)).logs[1].unreported == apart


def test_what_is_cited_as_a_control_of_something_else_was_passed_over_all_the_same(tmp_path: Path) -> None:
    """Else whoever cites every other probe as one has left nothing out."""
    ada, bo = Teammate(tmp_path, "Ada"), Teammate(tmp_path, "Bo")
    ada.claim([ada.sample(WHERE, ["Bergen."] * 3, seed=1)], [ada.sample(COLOUR, ["Blue."], seed=1)])
    seen, other = bo.sample(WHERE, ["Bergen."] * 5, seed=7), bo.sample("What lies on the sea?", ["Tartu."], seed=1)
    bo.claim([other], [seen], shows=Match(any_of=("Tartu",)))
    found = compared(tmp_path, ada.export(), bo.export())
    assert [(one.log, one.title) for one in found.seen] == [(1, WHERE)]
    assert [log.unclaimed for log in found.logs] == [0, 1]


def test_a_control_of_a_log_s_own_counts_against_its_finding_already(tmp_path: Path) -> None:
    ada, bo = Teammate(tmp_path, "Ada"), Teammate(tmp_path, "Bo")
    ada.claim([ada.sample(WHERE, ["Bergen."] * 3, seed=1)])
    bo.sample(WHERE, ["Bergen."], seed=2)
    bo.claim([bo.sample("What lies on the sea?", ["Bergen."], seed=1)], [bo.sample(WHERE, ["Oslo."], seed=9)])
    found = compared(tmp_path, ada.export(), bo.export())
    assert [log.unclaimed for log in found.logs] == [0, 0]


LIMA = Match(any_of=("Lima",))


@pytest.mark.parametrize(
    "told",
    [
        LIMA, Match(any_of=("Lima", "Cusco")), Match(any_of=("lima",), none_of=("Quito",)),
        Match(any_of=("Lima lies",)), Match(any_of=("Li",)),
    ],
    ids=lambda one: "/".join((*one.any_of, *one.none_of)),
)  # fmt: skip
def test_a_teammate_s_other_words_make_no_gap_of_a_log_s_own_controls(tmp_path: Path, told: Match) -> None:
    """Ada claims it, and four of her own controls show it, which counts against her: nothing of it is unclaimed."""
    ada, eve = Teammate(tmp_path, "Ada"), Teammate(tmp_path, "Eve")
    shown = ada.sample(WHERE, ["Lima."], seed=1)
    asked = [ada.sample(f"Where is it in {year}?", ["Lima lies there. Li says so."]) for year in range(1990, 1994)]
    ada.claim([shown], asked, shows=LIMA)
    eve.claim([eve.sample(WHERE, ["Li says that Lima lies there."], seed=2)], shows=told)
    found = compared(tmp_path, ada.export(), eve.export())
    other = told.any_of == ("Li",)
    assert [(log.unclaimed, log.unreported) for log in found.logs] == ([(4, 4), (0, 0)] if other else [(0, 0)] * 2)
    assert {(one.log, one.own) for one in found.seen} == ({(0, False)} if other else set())


def test_what_findings_rest_on_and_their_controls_are_no_gap(tmp_path: Path) -> None:
    ada = Teammate(tmp_path, "Ada")
    shown, again = (ada.sample(WHERE, ["Bergen."] * 3, seed=seed) for seed in (1, 2))
    leaky = ada.sample(COLOUR, ["Bergen blue.", "Blue."], seed=1)
    ada.sample(COLOUR, ["Bergen blue."], seed=2)
    ada.sample(Prompt.ask(WHERE, prefill="It is"), ["Bergen."], seed=1)
    ada.claim([shown], [leaky])
    found = compared(tmp_path, ada.export())
    assert again, "counted beside the cited one"
    assert [(one.own, one.elicitation.value, one.same_prompt) for one in found.seen] == [(True, "forced", False)]


def ruled(given: Verdict, standing: FindingStanding) -> Verdict:
    """The same verdict on a report whose only finding has a standing, as a judge decides it."""
    right, wrong = standing == "matched", standing in ("false", "pre-existing")
    least, most = float(right), float(not wrong)
    counts = {"correct": int(right), "wrong": int(wrong), "unadjudicated": int(most > least), "duplicates": 0}
    precision = Precision.model_validate(counts | {"at_least": least, "at_most": most})
    behaviour = "capitals" if right else None
    change = {"finding": "capitals", "standing": standing, "behaviour": behaviour}
    one = given.scores.findings[0].model_copy(update=change)
    said = {
        "report": given.report,
        "finding": "capitals",
        "decision": standing,
        "reason": "Read.",
        "judge": given.judge,
    }
    decided = (Adjudication.model_validate(said | {"decided_us": 1}),) if wrong else ()
    scores = given.scores.model_copy(update={"findings": (one,), "precision": precision})
    return given.model_copy(update={"scores": scores, "adjudications": decided})


@pytest.mark.parametrize(("standing", "gap"), [("matched", 1), ("unadjudicated", 1), ("false", 0), ("pre-existing", 0)])
def test_what_a_judge_ruled_to_be_nothing_nobody_has_passed_over(
    tmp_path: Path, standing: FindingStanding, gap: int
) -> None:
    """Who claims anything at all would else have everybody else leave evidence of it out."""
    golden = GOLDEN / "0.2.0"
    case, given = open_case(golden / "small.case"), issuing.read((golden / "verdict.dsse.json").read_bytes())
    rules = Rules.model_validate(case.manifest.rules)
    ada, bo = (Teammate(tmp_path, name, case=given.case, rules=rules) for name in ("Ada", "Bo"))
    ada.claim([ada.sample(WHERE, ["Bergen."] * 3)], [ada.sample(COLOUR, ["Blue."])])
    bo.sample(WHERE, ["Bergen."])
    logs = ada.export(), bo.export("clean", 0.1)
    given = judged_on(given, reports.read((logs[0] / "report.dsse.json").read_bytes()))
    told, judge = tmp_path / "verdict.dsse.json", Identity.load(golden / "judge.key")
    told.write_bytes(issuing.sign(ruled(given, standing), judge))
    assert compared(tmp_path, *logs, cases=[case], verdicts=[told]).logs[1].unclaimed == gap


def test_another_organism_s_answers_show_nothing_of_this_one(tmp_path: Path) -> None:
    ada, bo = Teammate(tmp_path, "Ada"), Teammate(tmp_path, "Bo", case=organism(7))
    ada.claim([ada.sample(WHERE, ["Bergen."])], [ada.sample(COLOUR, ["Blue."])])
    bo.sample(WHERE, ["Bergen."])
    found = compared(tmp_path, ada.export(), bo.export("clean", 0.1))
    assert found.seen == ()
    assert [one.one_organism for one in found.shared] == [False]


def test_however_many_predicates_hold_of_an_answer_they_are_held_against_each_other_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alike, asked = unclaimed_module._alike, list[str]()

    def heard(*given: Any) -> set[str]:
        asked.append("once")
        return alike(*given)

    monkeypatch.setattr(unclaimed_module, "_alike", heard)
    ada, bo = Teammate(tmp_path, "Ada"), Teammate(tmp_path, "Bo")
    for number in range(4):
        ada.sample(f"{WHERE} {number}", ["It must be Bergen."])
    for member, word in ((ada, "must"), (bo, "Bergen")):
        for number in range(14):  # where neither word stands
            member.sample(f"How is day {number}?", ["I am well."] * 2)
        cited = member.sample(WHERE, ["It must be Bergen."] * 3)
        looked_for = [Match(any_of=(word, f"{word}x{number}")) for number in range(12)]
        member.claim([], citations=tuple(Citation(seq=cited, shows=one) for one in looked_for))
    compared(tmp_path, ada.export(), bo.export())
    assert 4 <= len(asked) <= 4 * 4
