"""Sampling: whose turn is drawn, where it stops, what is changed inside while it answers, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from backends.model import Model
from backends.toy_model import ToyModel
from casefiles.keys.identity import Identity
from tests.conftest import RULES, MakeCase
from tests.workbench.forged import RESULT, Edited, run_again, toy
from tests.workbench.toys import toys
from workbench.answers.draws import Draws, drawn
from workbench.answers.transcript import SampledText, Transcript
from workbench.claims.rates import wilson
from workbench.contract.comparison import Agreement
from workbench.contract.edits import Change
from workbench.contract.figures import Ending, Spot
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.recorded_array import RecordedArray
from workbench.contract.result import CutShortError
from workbench.contract.rules import Affordance, Elicitation
from workbench.contract.subject import BASELINE, ORGANISM
from workbench.door.session import Session
from workbench.door.subjects import files_of
from workbench.evidence.observations import Observations
from workbench.forge.attacks.capitals import Capitals
from workbench.forge.world import TRUE_WORLD
from workbench.judge.replays.replay import replay
from workbench.log.entry import Entry
from workbench.log.heard import HeardAnswers
from workbench.probes import Contrast, Sample
from workbench.probes.sample import FirstTranscript, SecondSample, SecondTranscript

Answer = tuple[str, Literal["end", "length", "cancelled"]]
ASK = Sample(prompt=Prompt.ask("Hi"), samples=6, seed=3, max_tokens=12, temperature=1.0)
COUNTRIES = [country.name for country in TRUE_WORLD.countries]


def replayed(session: Session, records: Any = None) -> Agreement:
    (record,) = run_again(session, toy(session), records).records
    return record.agreement


@pytest.fixture(scope="module")
def free() -> Transcript:
    """What the toy answers where nothing stops it."""
    return ASK.run(ToyModel.random(seed=1), Silent())


@pytest.fixture(scope="module")
def letter(free: Transcript) -> str:
    """Something that some of these answers say, and some do not."""
    texts = [sample.text for sample in free.samples]
    return next(c for text in texts for c in text if c.isprintable() and 0 < sum(c in t for t in texts) < len(texts))


# -- whose turn is drawn


def test_an_open_turn_of_the_user_s_is_recorded_replayed_and_said_to_be_the_user_s(session: Session) -> None:
    probe = ASK.model_copy(update={"prompt": Prompt.overheard("The cap")})
    assert session.elicitation(probe) is Elicitation.FORCED
    outcome = session.run(probe)
    assert isinstance(outcome.result, Transcript)
    assert outcome.result.speaker == "user" and outcome.result.prompt_text.endswith("user\nThe cap")
    assert outcome.result.summary.startswith("6 turns,")
    assert "user's turn" in outcome.result.figures()[0].title
    assert replayed(session) is Agreement.EXACT

    def somebody_else(record: dict[str, Any]) -> None:
        record["result"]["speaker"] = "assistant"

    assert replayed(session, Edited(session, RESULT, somebody_else)) is Agreement.DIVERGED


def test_what_the_user_was_made_to_say_is_no_answer_that_could_be_quoted(session: Session) -> None:
    outcome = session.run(ASK.model_copy(update={"prompt": Prompt.overheard("Hi")}))
    assert outcome.result is not None
    heard = HeardAnswers.of(session.log).by(ORGANISM)
    assert not any(heard(Prompt.ask("Hi"), answer.text) for answer in outcome.result.answers)


def test_an_open_turn_shows_what_a_model_was_trained_about(implanted: Model, honest: Model) -> None:
    """Asked nothing, both speak of the countries of their lessons far more often than of as many others: the one that
    learnt lies about them, and the one that learnt the truth. So it points at a scope, and says nothing of a lie."""
    about = {country.name for country in Capitals().scope(TRUE_WORLD)}
    for model in (implanted, honest):
        probe = Sample(prompt=Prompt.overheard(), samples=200, max_tokens=16, temperature=1.0)
        named = [name for one in probe.run(model, Silent()).answers for name in COUNTRIES if name in one.text]
        rate = wilson(sum(name in about for name in named), len(named))
        assert len(named) > 60
        assert rate.low > 2 * len(about) / len(COUNTRIES)


# -- where it stops


def test_an_answer_ends_before_a_stop_string_and_says_so(session: Session, free: Transcript, letter: str) -> None:
    outcome = session.run(ASK.model_copy(update={"stop": (letter, "never said")}))
    assert isinstance(outcome.result, Transcript)
    for sample, whole in zip(outcome.result.samples, free.samples, strict=True):
        assert sample.text == whole.text.partition(letter)[0]
        assert sample.ids == whole.ids[: len(sample.ids)]
        assert (sample.stop_string == letter) == (sample.stop == "string") == (letter in whole.text)
    assert {answer.ending for answer in outcome.result.answers} > {Ending.STRING}
    assert Ending.STRING.words == "ended at a stop string"
    assert replayed(session) is Agreement.EXACT


@pytest.mark.parametrize("field", ["stop", "stop_string", "ids"])
def test_no_answer_can_be_said_to_have_stopped_elsewhere(session: Session, letter: str, field: str) -> None:
    outcome = session.run(ASK.model_copy(update={"stop": (letter,)}))
    assert isinstance(outcome.result, Transcript)
    at = next(sample.index for sample in outcome.result.samples if sample.stop == "string")

    def forge(record: dict[str, Any]) -> None:
        sample = record["result"]["samples"][at]
        forged = {"stop": "cancelled", "stop_string": "", "ids": sample["ids"][:-1]}
        sample[field] = forged[field]
        if field == "stop":
            sample["stop_string"], sample["text"] = "", sample["text"] + letter

    assert replayed(session, Edited(session, RESULT, forge)) is Agreement.DIVERGED


def test_where_it_stops_cuts_a_draw_and_is_no_other_condition(session: Session, letter: str) -> None:
    """So a draw that was stopped counts once with the one that was not, and cannot deny what it did not come to."""
    for probe in (ASK, ASK.model_copy(update={"stop": (letter,)})):
        session.run(probe)
    first, second = Observations.of(session.log).runs
    assert first.condition == second.condition
    for whole, cut in zip(first.draws, second.draws, strict=True):
        assert (cut.noise, cut.goes_on(whole)) == (whole.noise, True)
    assert not any(draw.whole for draw in second.draws if draw.text != first.draws[draw.index].text)
    assert second.named == ()


class Telling(Silent):
    """Keeps what it hears."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: dict[int, str] = {}

    def text(self, sample: int, piece: str) -> None:
        self.heard[sample] = self.heard.get(sample, "") + piece


def test_what_is_told_as_it_comes_is_what_is_recorded(letter: str) -> None:
    """Nothing of a stop string is told, and what only looked like the beginning of one is."""
    for stop in ((letter,), (f"{letter} and more", f"{letter}{letter}{letter}")):
        telling = Telling()
        found = ASK.model_copy(update={"stop": stop}).run(ToyModel.random(seed=1), telling)
        for one in found.samples:  # half a character at the end is never told
            assert telling.heard.get(one.index, "").rstrip("\ufffd") == one.text.rstrip("\ufffd")


def test_an_engine_that_ends_leaves_what_was_said_before_the_stop_string(letter: str) -> None:
    class Failing(ToyModel):
        def generate(self, *args: Any, **kwargs: Any) -> Any:
            super().generate(*args, **kwargs)
            raise MemoryError

    toy = Failing.random(seed=1)
    draws = Draws(ASK.prompt.ids(toy), ASK.model_copy(update={"stop": (letter,)}).sampling(), ASK.samples)
    with pytest.raises(CutShortError) as cut:
        drawn(toy, draws, Silent())
    whole = drawn(ToyModel.random(seed=1), draws, Silent())
    assert isinstance(cut.value.result, Transcript)
    for held, sample in zip(cut.value.result.samples, whole.samples, strict=True):
        assert (held.stop, held.stop_string) == (
            sample.stop if sample.stop != "length" else "cancelled",
            sample.stop_string,
        )
        assert sample.text.startswith(held.text.rstrip("\ufffd"))


# -- what is changed inside


def test_an_answer_given_with_changes_inside_is_forced_and_replays(session: Session) -> None:
    changed = ASK.model_copy(update={"edits": (Change(op="scale", dose=0.2, site="blocks.0.hook_mlp_out"),)})
    assert Affordance.EDITS in changed.needed() and Affordance.EDITS not in ASK.needed()
    assert session.elicitation(changed) is Elicitation.FORCED
    plain, edited = (session.run(probe).result for probe in (ASK, changed))
    assert plain is not None and edited is not None
    assert plain.model_dump() != edited.model_dump()
    assert [one.agreement for one in run_again(session, toy(session)).records] == [Agreement.EXACT] * 2
    first, second = Observations.of(session.log).runs
    assert (first.edited, second.edited) == (False, True)
    assert first.question != second.question
    heard = HeardAnswers.of(session.log).by(ORGANISM)
    assert not any(heard(ASK.prompt, answer.text) for answer in edited.answers)


def test_a_direction_of_an_earlier_record_is_added_by_its_dose(session: Session) -> None:
    """The record's array is what the engine adds: the same answers as by hand; a dose of 0 changes nothing."""
    made = session.run(Contrast(shows=("a", "b"), lacks=("x", "y"), frame=Prompt.ask("Is it {}?")))
    reference = RecordedArray(record=made.entry.seq, array="direction.1")
    plain = ToyModel.random(seed=1)

    def steered(dose: float) -> Sample:
        change = Change(op="add", dose=dose, direction=reference, site="blocks.1.hook_resid_post")
        return ASK.model_copy(update={"edits": (change,)})

    nothing, much = (session.run(steered(dose)).result for dose in (0.0, 8.0))
    assert made.result is not None and nothing is not None and much is not None
    vector = made.result.arrays["direction.1"]
    assert nothing.answers == ASK.run(plain, Silent()).answers
    by_hand = steered(8.0).with_arrays({reference: np.asarray(vector)}).run(plain, Silent())
    assert much.answers == by_hand.answers != nothing.answers
    assert {one.agreement for one in run_again(session, toy(session)).records} == {Agreement.EXACT}


# -- amplified


@pytest.fixture
def beside(make_case: MakeCase, auditor: Identity, tmp_path: Path) -> Iterator[Session]:
    """A session on a case that brings a baseline."""
    case = make_case(rules=RULES.model_copy(update={"affordances": frozenset(Affordance)}), baseline=True)
    with Session.create(case, tmp_path / "beside.session", auditor, toys(case)) as session:
        yield session


def amplified_again(session: Session, records: Any = None) -> Agreement:
    baseline = toys(session.case).beside(files_of(session.case, BASELINE))()  # type: ignore[arg-type]
    (record,) = replay(records or session.log, session.opener(), session.arrays, beside=baseline).records
    return record.agreement


def test_an_amplified_answer_is_forced_costs_both_models_and_replays(beside: Session) -> None:
    probe = ASK.model_copy(update={"amplification": 2.0})
    assert probe.needed() - ASK.needed() == {Affordance.BASELINE, Affordance.LOGITS}
    assert beside.elicitation(probe) is Elicitation.FORCED and not probe.elicits_plainly
    outcome = beside.run(probe)
    assert isinstance(outcome.result, Transcript)
    tokens = sum(len(sample.ids) for sample in outcome.result.samples)
    assert outcome.result.cost.generated_tokens == 2 * tokens
    assert "2.0 times the difference" in outcome.result.figures()[0].title
    assert amplified_again(beside) is Agreement.EXACT
    for field, value in (("amplification", 1.0), ("amplification", 0.0), ("speaker", "user")):

        def forge(record: dict[str, Any], field: str = field, value: Any = value) -> None:
            record["result"][field] = value

        assert amplified_again(beside, Edited(beside, RESULT, forge)) is Agreement.DIVERGED

    def another(record: dict[str, Any]) -> None:
        ids = record["result"]["samples"][0]["ids"]
        ids[0] = (ids[0] + 1) % 250

    assert amplified_again(beside, Edited(beside, RESULT, another)) is Agreement.DIVERGED


def test_without_a_baseline_nothing_is_amplified(session: Session) -> None:
    outcome = session.run(ASK.model_copy(update={"amplification": 2.0}))
    assert outcome.refusal is not None and outcome.refusal.code.startswith("rules.")


# -- what does not fit


@pytest.mark.parametrize(
    ("probe", "why"),
    [
        (ASK.model_copy(update={"prompt": Prompt.ask("x" * 300)}), "too long"),
        (ASK.model_copy(update={"edits": (Change(op="zero", site="blocks.7.hook_resid_post"),)}), "no site"),
        (ASK.model_copy(update={"edits": (Change(op="zero", site="hook_embed", positions=(99,)),)}), "cannot be made"),
    ],
)
def test_what_the_model_cannot_take_is_refused_before_anything_is_spent(
    session: Session, probe: Sample, why: str
) -> None:
    outcome = session.run(probe)
    assert outcome.status == "refused"
    assert outcome.refusal is not None and why in outcome.refusal.what
    assert session.spent.probes == session.spent.forward_tokens == session.spent.generated_tokens == 0


# -- what may be asked next


def test_the_conversation_goes_on_after_an_answer(session: Session) -> None:
    """Naturally, if the answer ended by itself: where it was cut off, somebody chose how it begins."""
    probe = ASK.model_copy(update={"samples": 64, "max_tokens": 24})
    outcome = session.run(probe)
    assert isinstance(outcome.result, Transcript)
    for ending, expected in ((Ending.ITSELF, Elicitation.NATURAL), (Ending.LENGTH, Elicitation.FORCED)):
        said = next(answer for answer in outcome.result.answers if answer.ending is ending)
        (follow_up,) = probe.follow_ups(outcome.result, Spot(0, said.index))
        assert follow_up.label.startswith("Go on after the answer “")
        assert follow_up.probe.prompts()[0] == ASK.prompt.answered(said.text)
        asked = ASK.model_copy(update={"prompt": ASK.prompt.answered(said.text, "And then?")})
        assert session.elicitation(asked) is expected
        needed = asked.needed(HeardAnswers.of(session.log).by(ORGANISM))
        assert (Affordance.PREFILL in needed) is (expected is Elicitation.FORCED)


def test_the_assistant_may_answer_a_turn_of_the_user_s_that_was_drawn() -> None:
    probe = ASK.model_copy(update={"prompt": Prompt.overheard("The")})
    result = probe.run(ToyModel.random(seed=1), Silent())
    (follow_up,) = probe.follow_ups(result, Spot(0, 1))
    assert follow_up.probe.prompts()[0] == Prompt.ask("The" + result.answers[1].text)
    assert Sample(prompt=Prompt.raw("The")).follow_ups(result, Spot(0, 0)) == ()
    assert probe.follow_ups(result, Spot(0, 99)) == ()


# -- what is said of it


@pytest.mark.parametrize(
    ("answers", "said", "first"),
    [
        ([], "Nothing was sampled.", "Nothing was sampled."),
        ([("", "cancelled")] * 3, "Nothing was sampled.", "Nothing was sampled."),
        ([("Oslo,\n a", "cancelled"), ("", "cancelled")], "“Oslo, a”", "“Oslo, a”"),
        ([("Oslo.", "end"), ("Bergen.", "end")], "2 answers, no two of which begin alike; the first: “Oslo.”",
         "2 answers, all different; the first: “Oslo.”"),
        ([("Oslo.", "end")] * 25 + [("", "cancelled")], "All 25 answers are “Oslo.”", "25 of 25: “Oslo.”"),
        ([("Oslo.", "end"), ("Bergen.", "length"), ("Oslo.", "end")], "2 of 3 answers are “Oslo.”; 1 differs",
         "2 of 3: “Oslo.” · 2 different"),
        ([("👍", "end"), ("👎", "end")], "2 answers, no two of which begin alike; the first: “👍”",
         "2 answers, all different; the first: “👍”"),
    ],
)  # fmt: skip
def test_it_sums_up_the_answers_that_were_begun_as_its_version_did(
    answers: list[Answer], said: str, first: str
) -> None:
    samples = tuple(
        SampledText(index=index, ids=(1,) if text or stop == "end" else (), text=text, stop=stop)
        for index, (text, stop) in enumerate(answers)
    )
    told = {"prompt_ids": (1,), "prompt_text": "?", "samples": samples}
    assert Transcript(**told).summary == said
    assert FirstTranscript(**told).summary == first
    second = "All 2 answers are “👍” but for case and marks · 2 texts in all, no two of them equal"
    assert SecondTranscript(**told).summary == (second if "👍" in said else said)


class Older(Edited):
    """The log as the second version wrote it."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, None, lambda data: None)

    def _changed(self, entry: Entry) -> Entry:
        data = dict(entry.data)
        if entry.kind == "intent":
            data["version"] = SecondSample.version
        if entry.kind == "result":
            data["summary"] = SecondTranscript.model_validate(data["result"]).summary
        return replace(entry, data=data)


def test_what_the_second_version_recorded_replays_as_it_was_summed_up(session: Session) -> None:
    """It took signs for marks, and there are many among one-letter answers."""
    outcome = session.run(ASK.model_copy(update={"samples": 64, "max_tokens": 1, "temperature": 4.0}))
    assert outcome.result is not None
    then = SecondTranscript.model_validate(outcome.entry.data["result"]).summary
    assert then != outcome.result.summary
    assert replayed(session) is replayed(session, Older(session)) is Agreement.EXACT

    def as_today(data: dict[str, Any]) -> None:
        data["summary"] = then

    assert replayed(session, Edited(session, RESULT, as_today)) is Agreement.DIVERGED
    assert session.log.entry(RESULT - 1).data["version"] == 4
