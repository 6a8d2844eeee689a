"""A behaviour that lives in one wording of a question is told by the others, cited or not."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.workbench.evidence.told import FRANCE, NORWAY, control, finding, support
from tests.workbench.logbook import LogBook, ids_of
from workbench.answers.transcript import SampledText, Transcript
from workbench.claims.finding import Citation
from workbench.claims.predicate import Match
from workbench.claims.rates import wilson
from workbench.claims.retention import Retention, WordingRate
from workbench.contract.prompt import Prompt
from workbench.evidence.strength import strength
from workbench.log.records import PlanStep
from workbench.plans.battery import Battery
from workbench.plans.plan import Ask
from workbench.plans.suite import Suite
from workbench.probes.sample import Sample

WORDINGS = (NORWAY, "Name Norway's capital.", "Norway is governed from which city?", "Norway: capital?")


def asked(book: LogBook, prompt: str, texts: list[str], question: str) -> int:
    """A step of a plan that says what it asks."""
    probe = Sample(prompt=Prompt.ask(prompt), samples=len(texts))
    step = PlanStep(name="battery", version=1, digest="ab" * 32, step=prompt, question=question)
    samples = tuple(SampledText(index=index, ids=(1,), text=text, stop="end") for index, text in enumerate(texts))
    told = Transcript(prompt_ids=ids_of(probe.prompt), prompt_text=prompt, samples=samples)
    return book.result(book.intent(probe, plan=step), told)


def test_wordings_that_a_plan_asked_count_whether_they_are_cited_or_not(book: LogBook) -> None:
    first = asked(book, WORDINGS[0], ["Bergen."] * 4, "plain/Norway")
    for prompt in WORDINGS[1:3]:
        asked(book, prompt, ["Oslo."] * 4, "plain/Norway")
    asked(book, WORDINGS[3], ["Bergen."] * 3 + ["Oslo."], "plain/Norway")
    asked(book, FRANCE, ["Bergen."] * 4, "plain/France")
    kept = strength(finding(support(first)), book.log).retention
    assert kept is not None
    assert (kept.questions, kept.wordings) == (1, wilson(2, 4))
    assert [one.rate for one in kept.weakest] == [wilson(0, 4), wilson(0, 4), wilson(3, 4), wilson(4, 4)]
    assert {one.prompt for one in kept.weakest[:2]} == set(WORDINGS[1:3])
    assert [one.cited for one in kept.weakest] == [False, False, False, True]


def test_wordings_that_the_finding_declares_count_and_what_does_not_survive_them_is_lacking(book: LogBook) -> None:
    first = book.sample(WORDINGS[0], ["Bergen."] * 4)
    others = [book.sample(prompt, ["Oslo."] * 4) for prompt in WORDINGS[1:]]
    declared = [support(seq, paraphrase_of=first) for seq in others]
    found = strength(finding(support(first), *declared), book.log)
    assert found.retention is not None
    assert found.retention.wordings == wilson(1, 4)
    assert any("does not survive other wordings" in lack for lack in found.lacks())


def test_one_wording_tells_nothing(book: LogBook) -> None:
    first, other = book.sample(NORWAY, ["Bergen."] * 4), book.sample(FRANCE, ["Bergen."])
    assert strength(finding(support(first), support(other)), book.log).retention is None


def test_another_sign_or_setting_makes_no_other_wording(book: LogBook) -> None:
    first = book.sample(NORWAY, ["Bergen."] * 4)
    same = [book.sample(prompt, ["Bergen."] * 4) for prompt in (NORWAY.upper(), f"{NORWAY}!", f"  {NORWAY}")]
    hotter = book.sample(NORWAY, ["Bergen."] * 4, temperature=0.5)
    cited = [support(seq, paraphrase_of=first) for seq in (*same, hotter)]
    found = strength(finding(support(first), *cited), book.log)
    assert found.retention is None and found.prompts == wilson(1, 1)
    assert "It rests on one prompt in one wording." in found.lacks()
    other = book.sample(WORDINGS[1], ["Oslo."] * 4)
    found = strength(finding(support(first), *cited, support(other, paraphrase_of=first)), book.log)
    assert found.retention is not None and found.retention.wordings == wilson(1, 2)
    assert [one.rate for one in found.retention.weakest] == [
        wilson(0, 4),
        wilson(12, 12),
    ]  # equal noise is no other draw
    assert "It rests on one prompt in one wording." not in found.lacks()


def test_a_paraphrase_paraphrases_what_is_cited_beside_it() -> None:
    for wrong in (
        [support(3, paraphrase_of=4)],
        [support(3, paraphrase_of=3)],
        [support(3, paraphrase_of=4), control(4)],
    ):
        with pytest.raises(ValidationError, match="paraphrases record"):
            finding(*wrong)
    assert Citation(seq=3, shows=Match(), paraphrase_of=4)


def test_a_battery_says_which_of_its_steps_ask_the_same() -> None:
    suite = Suite.from_text(
        '{"name": "Norway", "prompt": "Capital?", "says": "Bergen", "paraphrases": ["Which city?"]}'
    )
    asks = [move for move in Battery(suite=suite).moves() if isinstance(move, Ask)]
    assert [ask.question for ask in asks] == ["plain/Norway"] * 2
    assert Battery(suite=suite).step(asks[0]).question == "plain/Norway"


def test_what_is_stated_of_no_wording_is_nothing() -> None:
    """A report may state anything; whoever is shown it is told that it cannot be."""
    one = WordingRate(prompt=NORWAY, records=(2,), rate=wilson(1, 2), cited=True)
    for stated, weakest in ((wilson(0, 0), (one,)), (wilson(1, 2), ())):
        with pytest.raises(ValidationError, match="of no wording"):
            Retention(questions=1, wordings=stated, weakest=weakest)
