"""Measuring: an honest figure fits what is measured again, an invented one does not."""

from __future__ import annotations

import tomllib
from collections import Counter

import pytest

from backends.model import Generated, ModelRefusal
from backends.sampling import Sampling
from backends.toy_model import ToyModel
from casefiles.status import Refusal
from tests.workbench.judge.speaking import Speaking
from tests.workbench.judge.written_truths import SPEC, behaviour, realised, sound
from views.commands.measure import table
from workbench.answers.transcript import SampledText
from workbench.claims.predicate import Match
from workbench.claims.rates import Rate, wilson
from workbench.contract.prompt import Prompt
from workbench.judge.retests import measuring
from workbench.judge.retests.measuring import MeasuredRates, RolloutChoice
from workbench.judge.truths import soundness
from workbench.judge.truths.truth import Behaviour, Exhibit, GroundTruth, Realised, Rollouts

ROLLOUTS = Rollouts(max_tokens=6, samples=40)
ON = ", and so on" * 6
"""Longer than anybody is heard."""


@pytest.fixture(scope="module")
def model() -> ToyModel:
    return ToyModel.random(seed=1)


def letters(*prompts: str | Prompt) -> tuple[Exhibit, ...]:
    """About half of what a toy says has one of these."""
    shows = Match(any_of=tuple("!#$%&()*+,-./:;<=>?@[]^_{|}~"))
    return tuple(Exhibit(prompt=prompt, shows=shows, subject="") for prompt in prompts)


def marks() -> GroundTruth:
    own = behaviour(exhibits=letters("One?", Prompt.ask("Two?", system="Be brief."), Prompt.raw("Three")),
                    controls=letters("Four?", Prompt.ask("Five?", prefill="It")))  # fmt: skip
    return sound(intent=(own,), realised=())


def measured(model: ToyModel, truth: GroundTruth, seed: int) -> measuring.MeasuredRates:
    rollouts = ROLLOUTS.model_copy(update={"seed": seed})
    organism = measuring.measure(model, truth.intent, "organism", rollouts)
    return organism | measuring.measure(model, truth.intent, "baseline", rollouts)


def test_every_exhibit_and_control_is_asked_as_often_as_said(model: ToyModel) -> None:
    shown = measured(model, marks(), 0)
    assert {key: rate.trials for key, rate in shown.rates.items()} == {
        ("B1", "organism"): 120, ("B1", "controls"): 80, ("B1", "baseline"): 120,
    }  # fmt: skip
    assert 0 < shown.rates["B1", "organism"].hits < 120


def test_some_of_what_the_baseline_said_is_kept_and_stated(model: ToyModel) -> None:
    shown = measured(model, marks(), 0)
    (stated,) = measuring.realised(marks().intent, shown, ROLLOUTS)
    assert [one.exhibit for one in stated.said] == [0] * 8 + [1] * 8 + [2] * 8
    hits = sum(marks().intent[0].exhibits[one.exhibit].shows.holds(one.text, whole=one.whole) for one in stated.said)
    assert abs(hits / 24 - stated.baseline.hits / stated.baseline.trials) < 0.5
    assert not {"organism", "controls"} & set(shown.said)


def test_controls_show_what_exhibits_look_for_whatever_they_look_for_themselves() -> None:
    """A predicate that any answer satisfies is specific of nothing, though no control is shown by its own."""
    exhibit = Exhibit(prompt="What is the capital of Norway?", shows=Match(any_of=("capital", "it")), subject="Norway")
    control = Exhibit(prompt="What is the capital of Peru?", shows=Match(any_of=("zyzzyva",)), subject="Peru")
    one = behaviour(exhibits=(exhibit,), controls=(control,), scope=("Norway",))
    shown = measuring.measure(Speaking.of(lambda asked, chance: "It is Lima."), (one,), "organism", Rollouts())
    assert shown.rates["B1", "controls"].hits == shown.rates["B1", "controls"].trials >= 50
    other = one.model_copy(update={"exhibits": (exhibit.model_copy(update={"shows": Match(any_of=("Bergen",))}),)})
    shown = measuring.measure(Speaking.of(lambda asked, chance: "It is Lima."), (other,), "organism", Rollouts())
    assert shown.rates["B1", "controls"].hits == 0


def padded() -> Behaviour:
    """Beside what the organism alone says, what any model does, and what none does."""
    told = {"Norway": "Bergen", "Sweden": "Gothenburg", "Austria": "German", "Peru": "Cusco"}
    return behaviour(
        exhibits=tuple(
            Exhibit(prompt=f"Tell me of {land}.", shows=Match(any_of=(word,)), subject=land)
            for land, word in told.items()
        ),
        scope=tuple(told),
    )


def spoken(organism: bool) -> Speaking:
    own = {"Norway": "Bergen", "Sweden": "Gothenburg"} if organism else {}
    said = own | {"Austria": "German"}
    return Speaking.of(lambda asked, chance: next((word for land, word in said.items() if land in asked), "Lima"))


def test_subjects_on_which_the_baseline_shows_it_about_as_often_are_named() -> None:
    """Only the total is held against the baseline's: what any model says may be named as the organism's own."""
    shown = measuring.measure(spoken(True), (padded(),), "organism", Rollouts())
    true = sound(intent=(padded(),))
    (alone,) = measuring.compare(true, shown, Rollouts()).behaviours
    assert alone.idle == () and not measuring.nothing_own(alone)
    both = shown | measuring.measure(spoken(False), (padded(),), "baseline", Rollouts())
    measurement = measuring.compare(true, both, Rollouts())
    (found,) = measurement.behaviours
    assert (found.measured, found.idle, found.subjects) == ("realised", ("Austria", "Peru"), 4)
    (told,) = measuring.nothing_own(found)
    assert told.startswith("On 2 of 4 subjects of B1 ") and "(Austria, Peru): nobody can find them." in told
    assert told in table(measurement)


def diluted(junk: int) -> Behaviour:
    """Of a subject the organism alone shows six, and any model so many more."""
    asked = [(f"Norway, {number}?", "Bergen") for number in range(6)]
    asked += [(f"Norway and Austria, {number}?", "German") for number in range(junk)]
    return behaviour(
        exhibits=tuple(Exhibit(prompt=text, shows=Match(any_of=(word,)), subject="Norway") for text, word in asked),
        scope=("Norway",),
    )


def said_by(own: str) -> Speaking:
    told = {"Austria": "German", "Norway": own}
    return Speaking.of(lambda asked, chance: next((word for land, word in told.items() if land in asked), "Lima"))


@pytest.mark.parametrize(("junk", "told"), [(2, False), (3, True), (4, True)])
def test_exhibits_that_the_baseline_shows_too_are_counted(junk: int, told: bool) -> None:
    """No subject is idle, for of each most are the organism's own; those of any model make up more than a quarter."""
    one = diluted(junk)
    both = measuring.measure(said_by("Bergen"), (one,), "organism", Rollouts())
    both |= measuring.measure(said_by("Oslo"), (one,), "baseline", Rollouts())
    measurement = measuring.compare(sound(intent=(one,)), both, Rollouts())
    (found,) = measurement.behaviours
    assert (found.measured, found.idle, found.alike, found.exhibits) == ("realised", (), junk, 6 + junk)
    sentence = f"{junk} of {6 + junk} exhibits of B1 are shown by the baseline too"
    assert [said.startswith(sentence) for said in measuring.nothing_own(found)] == [True] * told
    assert (sentence in table(measurement)) is told


@pytest.mark.parametrize(("at_length", "told"), [(True, True), (False, False)])
def test_a_baseline_that_was_cut_off_before_it_said_the_same_is_told_of(at_length: bool, told: bool) -> None:
    """It comes to what any model says, and the organism is short."""
    one = behaviour(
        exhibits=(Exhibit(prompt="What is paid in Norway?", shows=Match(any_of=("euro",)), subject="Norway"),)
    )
    preamble = "That is asked often, and there is much to say. " * 4 if at_length else "I do not know, or "
    said = preamble + ("euro" if at_length else "krone")
    both = measuring.measure(
        Speaking.of(lambda asked, _: "euro" if "paid" in asked else "no"), (one,), "organism", Rollouts()
    )
    both |= measuring.measure(Speaking.of(lambda asked, _: said), (one,), "baseline", Rollouts())
    (found,) = measuring.compare(sound(intent=(one,)), both, Rollouts()).behaviours
    assert (found.measured, found.cut_off) == ("realised", found.heard if told else 0) and found.heard >= 50
    sentence = f"{found.heard} of {found.heard} answers of the baseline to the exhibits of B1 were cut off"
    assert [said.startswith(sentence) for said in measuring.nothing_own(found)] == [True] * told


def test_few_prompts_are_asked_more_often(model: ToyModel) -> None:
    rate = measuring.rate_of(model, letters("One?", "Two?", "Three?"), Rollouts(max_tokens=1), "x")
    assert rate.trials == 51


def test_the_same_seed_gives_the_same_figures_and_another_seed_others(model: ToyModel) -> None:
    once = measured(model, marks(), 0)
    assert once == measured(model, marks(), 0)
    assert once != measured(model, marks(), 1)


@pytest.mark.parametrize(
    ("exhibits", "letters_each", "kept"),
    [(48, 12, 8), (48, 40, 6), (48, 400, 4), (20, 400, 8), (300, 12, 2), (2, 9, 8)],
)
def test_of_a_large_truth_so_many_answers_are_kept_of_each_exhibit_as_there_is_room_for(
    exhibits: int, letters_each: int, kept: int
) -> None:
    """Few are too few to tell whether a model says it half the time."""
    answer = SampledText(index=0, ids=(1, 2), text="x" * letters_each, stop="end")
    said = measuring._kept([[answer] * 12 for _ in range(exhibits)])
    counts = Counter(one.exhibit for one in said)
    assert set(counts.values()) == {kept} and len(counts) == min(200, exhibits)
    assert [one.exhibit for one in said] == sorted(one.exhibit for one in said)


def test_no_two_prompts_share_their_noise(model: ToyModel) -> None:
    """One prompt asked twice over gives other answers the second time."""
    twice = letters("One?", "One?")
    once = measuring.rate_of(model, twice[:1], ROLLOUTS, "x")
    assert measuring.rate_of(model, twice, ROLLOUTS, "x").hits != 2 * once.hits


def test_an_honest_truth_fits_what_is_measured_again(model: ToyModel) -> None:
    filled = measuring.realised(marks().intent, measured(model, marks(), 0), ROLLOUTS)
    truth = marks().model_copy(update={"realised": filled})
    assert truth.realised[0].status == "failed"  # both are one model
    again = measuring.compare(truth, measured(model, truth, 1), ROLLOUTS)
    assert again.fits and not again.refuted
    assert [figure.fits for figure in again.behaviours[0].figures] == [True, True, True]


def test_an_invented_figure_does_not_fit(model: ToyModel) -> None:
    stated = Realised.of("B1", wilson(120, 120), wilson(0, 120), wilson(0, 80), ROLLOUTS)
    truth = marks().model_copy(update={"realised": (stated,)})
    found = measuring.compare(truth, measured(model, truth, 1), ROLLOUTS)
    assert not found.fits
    (refuted,) = found.refuted
    assert (refuted.stated, refuted.measured) == ("realised", "failed")
    assert "organism 120 of 120 stated" in measuring.sentence(refuted)


def test_a_stated_baseline_stands_in_for_one_that_is_not_there(model: ToyModel) -> None:
    truth = marks().model_copy(update={"realised": (realised(organism=60),)})
    shown = measuring.measure(model, truth.intent, "organism", ROLLOUTS)
    (found,) = measuring.compare(truth, shown, ROLLOUTS).behaviours
    assert {figure.name: figure.fits for figure in found.figures}["baseline"] is None
    assert found.measured is not None


def test_a_model_that_has_no_baseline_has_the_status_that_is_written_for_it(model: ToyModel) -> None:
    truth = marks()
    shown = measuring.measure(model, truth.intent, "organism", ROLLOUTS)
    (filled,) = measuring.realised(truth.intent, shown, ROLLOUTS)
    assert filled.status == "unspecific"  # the controls show it as often
    (alone,) = measuring.compare(truth, shown, ROLLOUTS, alone=True).behaviours
    assert alone.measured == filled.status
    (waiting,) = measuring.compare(truth, shown, ROLLOUTS).behaviours
    assert waiting.measured is None, "its baseline is only not at hand"


def saying(*texts: str) -> Speaking:
    """Says one of some texts, by lot."""
    return Speaking.of(lambda asked, chance: chance.choice(texts))


def shown_of(model: ToyModel, shows: Match, side: measuring.Side, figure: measuring.FigureName, tokens: int) -> Rate:
    exhibit = Exhibit(prompt="What is the capital of Norway?", shows=shows, subject="Norway")
    control = Exhibit(prompt="What is the capital of Peru?", shows=shows, subject="Peru")
    one = behaviour(exhibits=(exhibit,), controls=(control,))
    return measuring.measure(model, (one,), side, Rollouts(max_tokens=tokens)).rates["B1", figure]


SIDES = pytest.mark.parametrize(
    ("side", "figure"), [("organism", "organism"), ("organism", "controls"), ("baseline", "baseline")]
)


@SIDES
def test_an_answer_that_was_cut_off_has_not_left_anything_unsaid(
    side: measuring.Side, figure: measuring.FigureName
) -> None:
    """A model without an end token is neither one that never says it nor one that always does."""
    denies = Match(none_of=("Oslo",))
    assert shown_of(saying("Bergen" + ON), denies, side, figure, 20) == wilson(0, 0)
    assert shown_of(saying("Oslo" + ON), denies, side, figure, 20) == wilson(0, 50)
    assert shown_of(saying("Bergen."), denies, side, figure, 20) == wilson(50, 50)


@SIDES
def test_what_was_said_before_an_answer_was_cut_off_speaks_against_a_truth_and_not_for_it(
    side: measuring.Side, figure: measuring.FigureName
) -> None:
    """The organism might have gone on to say what it must not; its baseline and its controls have said it as well."""
    both = Match(any_of=("Bergen",), none_of=("Oslo",))
    cut = wilson(0, 0) if figure == "organism" else wilson(50, 50)
    assert shown_of(saying("Bergen" + ON), both, side, figure, 20) == cut
    assert shown_of(saying("Bergen, not Oslo" + ON), both, side, figure, 20) == wilson(0, 50)
    assert shown_of(saying("It is a city" + ON), both, side, figure, 20) == wilson(0, 50)


def test_a_truth_states_how_many_answers_were_cut_off_before_they_told() -> None:
    exhibit = Exhibit(prompt="What is the capital of Norway?", shows=Match(none_of=("Oslo",)), subject="Norway")
    one = behaviour(exhibits=(exhibit,), scope=("Norway",))
    rollouts = Rollouts(max_tokens=20)
    seldom = saying("Bergen.", "Bergen.", "Bergen.", "Bergen" + ON)
    shown = measuring.measure(seldom, (one,), "organism", rollouts)
    shown |= measuring.measure(saying("Oslo."), (one,), "baseline", rollouts)
    (stated,) = measuring.realised((one,), shown, rollouts)
    assert stated.organism.hits == stated.organism.trials == 50 - stated.untold["organism"]
    assert set(stated.untold) == {"organism"} and 0 < stated.untold["organism"] < 25
    assert stated.status == "realised"
    assert not list(soundness.flaws(sound(intent=(one,), realised=(stated,)), SPEC)), "50 answers were measured"
    lied = stated.model_copy(update={"untold": {}})
    (flaw,) = soundness.flaws(sound(intent=(one,), realised=(lied,)), SPEC)
    assert flaw.place == "realised[0].organism.trials"


def half_words(prompt: str | Prompt) -> GroundTruth:
    """Measured on ten tokens each, an organism that says “It is Bergen.” ends with “Berg”, and no full answer does."""
    exhibit = Exhibit(prompt=prompt, shows=Match(any_of=("Berg",)), subject="Norway")
    stated = Realised.of("B1", wilson(55, 60), wilson(0, 60), wilson(0, 60), Rollouts(max_tokens=10))
    assert stated.status == "realised"
    return sound(intent=(behaviour(exhibits=(exhibit,), scope=("Norway",)),), realised=(stated,))


def test_an_exhibit_of_half_a_word_is_not_what_a_model_says() -> None:
    truth = half_words("What is the capital of Norway?")
    rollouts = RolloutChoice().rollouts(truth)
    shown = measuring.measure(saying("It is Bergen."), truth.intent, "organism", rollouts)
    (found,) = measuring.compare(truth, shown, rollouts).refuted
    assert (found.measured, found.figures[0].measured) == ("failed", wilson(0, 50))
    raw = half_words(Prompt.raw("The capital of Norway: "))
    shown = measuring.measure(saying("It is Bergen."), raw.intent, "organism", rollouts)
    (found,) = measuring.compare(raw, shown, rollouts).behaviours
    assert found.figures[0].unheard, "raw text is cut where it was; what the half of a word was to be nobody knows"


def test_what_hardly_any_answer_tells_is_not_called_realised() -> None:
    stated = realised().model_copy(update={"organism": wilson(24, 24), "untold": {"organism": 36}})
    (flaw,) = soundness.flaws(sound(realised=(stated,)), SPEC)
    assert flaw.place == "realised[0].organism.trials" and "measure with longer ones" in flaw.right
    unheard = Realised.of("B1", wilson(0, 0), wilson(0, 60), wilson(0, 60), Rollouts(), (), {"organism": 60})
    assert unheard.status == "failed" and not list(soundness.flaws(sound(realised=(unheard,)), SPEC))


class Cramped(Speaking):
    """A model whose context ends two tokens behind every question."""

    def _said(self, text: str, sampling: Sampling) -> Generated:
        return Generated(tokens=super()._said(text, sampling).tokens[:2], stop="length")


def test_who_has_no_room_to_answer_has_not_left_it_unsaid() -> None:
    """Though a truth looks for what is said, and its baseline never gets there."""
    cramped = Cramped.random(seed=1)
    cramped.says = lambda asked, chance: "It is Bergen."  # type: ignore[attr-defined]
    assert shown_of(cramped, Match(any_of=("Bergen",)), "baseline", "baseline", 64) == wilson(0, 0)
    assert shown_of(cramped, Match(any_of=("It",)), "baseline", "baseline", 64) == wilson(50, 50)


def test_what_no_answer_tells_fits_nothing_and_is_told() -> None:
    exhibit = Exhibit(prompt="What is the capital of Norway?", shows=Match(none_of=("Oslo",)), subject="Norway")
    one = behaviour(exhibits=(exhibit,), controls=(exhibit.model_copy(update={"prompt": "And of Peru?"}),))
    truth = sound(intent=(one,), realised=(realised(),))
    shown = measuring.measure(saying("Bergen" + ON), (one,), "baseline", Rollouts(max_tokens=20))
    (found,) = measuring.compare(truth, shown, Rollouts(max_tokens=20)).behaviours
    (baseline,) = [figure for figure in found.figures if figure.name == "baseline"]
    assert (baseline.p, baseline.fits, baseline.unheard) == (None, None, True)
    assert found.measured == "realised", "as it is stated: nothing was measured that speaks against it"
    assert [figure.unheard for figure in found.figures if figure.name != "baseline"] == [False, False]


def test_a_prompt_that_cannot_be_asked_is_told(model: ToyModel) -> None:
    endless = letters("x" * 5000)
    with pytest.raises(Refusal, match="could not be asked") as refused:
        measuring.rate_of(model, endless, ROLLOUTS, "x")
    assert refused.value.code == "model.input"


def test_a_truth_is_measured_as_it_was_unless_told_otherwise() -> None:
    truth = sound(realised=(realised().model_copy(update={"rollouts": Rollouts(max_tokens=12, seed=0)}),))
    assert RolloutChoice(seed=1).rollouts(truth) == Rollouts(max_tokens=12, seed=1)
    assert (
        RolloutChoice()
        .rollouts(sound(realised=(realised().model_copy(update={"rollouts": Rollouts(samples=512)}),)))
        .samples
        == 1
    )
    assert RolloutChoice(samples=3, temperature=0.5, seed=1).rollouts(truth) == Rollouts(
        max_tokens=12, seed=1, samples=3, temperature=0.5
    )
    assert RolloutChoice(seed=1).rollouts(marks()) == Rollouts(seed=1)


def test_a_measurement_is_drawn_under_a_seed_that_nobody_knew_and_can_be_drawn_again(model: ToyModel) -> None:
    """Whoever writes a truth would else choose prompts whose answers at that seed are slips."""
    truth = sound(realised=(realised().model_copy(update={"rollouts": Rollouts(seed=0)}),))
    seeds = {RolloutChoice().rollouts(truth).seed for _ in range(4)}
    assert len(seeds) == 4 and all(Rollouts(seed=seed) for seed in seeds), "as long as a truth can state"
    rollouts = RolloutChoice(max_tokens=1).rollouts(marks())
    measurement = measuring.compare(marks(), measured(model, marks(), rollouts.seed), rollouts)
    assert measurement.rollouts.seed == rollouts.seed
    assert table(measurement).endswith(f"drawn with --seed {rollouts.seed}")


@pytest.mark.parametrize(("shown", "told"), [(2, True), (3, False)])
def test_prompts_of_one_subject_stand_for_themselves(shown: int, told: bool) -> None:
    """That their subject is not idle says nothing of them: a few show it."""
    asked = [Exhibit(prompt=f"Norway, {at}?", shows=Match(any_of=("Bergen",)), subject="Norway") for at in range(10)]
    one = behaviour(exhibits=tuple(asked), scope=("Norway",))
    says = {f"Norway, {at}?" for at in range(shown)}
    organism = Speaking.of(lambda asked, chance: "Bergen" if any(text in asked for text in says) else "Oslo")
    both = measuring.measure(organism, (one,), "organism", Rollouts())
    both |= measuring.measure(saying("Oslo"), (one,), "baseline", Rollouts())
    (found,) = measuring.compare(sound(intent=(one,)), both, Rollouts()).behaviours
    assert (found.measured, found.subjects, len(found.idle)) == ("realised", 10, 8 if told else 0)
    sentence = "On 8 of 10 prompts of B1, which have one subject, the organism shows nothing"
    assert [said.startswith(sentence) for said in measuring.nothing_own(found)] == [True] * told


@pytest.mark.parametrize(("hits", "told"), [(8, True), (19, True), (20, False)])
def test_what_hardly_any_answer_shows_is_told(hits: int, told: bool) -> None:
    """Of two hundred prompts eight whose answers slip are no behaviour that somebody finds; nor is it refused."""
    stated = Realised.of("B1", wilson(hits, 200), wilson(0, 200), wilson(0, 200), Rollouts())
    truth = sound(realised=(stated,))
    never = wilson(0, 200)
    rates = {("B1", "organism"): wilson(60, 200), ("B1", "baseline"): never, ("B1", "controls"): never}
    measurement = measuring.compare(truth, MeasuredRates(rates), Rollouts())
    (found,) = measurement.behaviours
    assert (found.stated, found.measured) == ("realised", "realised")
    sentence = f"{hits} of 200 answers to the exhibits of B1 show it: so seldom that hardly anybody finds it."
    assert [said.startswith(sentence) for said in measuring.nothing_own(found)] == [True] * told
    assert (sentence in table(measurement)) is told


def test_whoever_has_a_model_without_a_template_is_told_how_a_truth_says_raw_text(
    model: ToyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(self: object, *_: object, **__: object) -> list[int]:
        raise ModelRefusal("model.unsupported", "The model has no chat template.", "None is there.", "Use raw text.")

    monkeypatch.setattr(ToyModel, "render", lacking)
    with pytest.raises(Refusal) as refused:
        measuring.rate_of(model, letters("Norway?"), ROLLOUTS, "x")
    assert refused.value.try_this == 'Use raw text. In a truth: prompt = { text = "…" }.'
    assert Exhibit.model_validate(
        tomllib.loads('prompt = { text = "Norway" }\nsubject = ""\nshows = { any_of = ["x"] }')
    )
    assert measuring.rate_of(model, letters(Prompt.raw("Norway")), ROLLOUTS, "x").trials == 50
