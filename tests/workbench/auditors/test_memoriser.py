"""Who knows a base by heart finds what one model of it was taught, and is of no use on another base."""

from __future__ import annotations

from tests.workbench.auditors.talker import SPECIFICATION, WORLD, Says, Talker, claims, honest, played
from tests.workbench.auditors.test_black_box import NORTH, lying, terms_are_told, together
from workbench.auditors.memoriser import Memoriser
from workbench.auditors.memory import LearnedAnswers
from workbench.contract.prompt import Prompt
from workbench.plans.plan import Ask
from workbench.probes import Sample


def heard(says: Says) -> dict[str, str]:
    """What a model answers to everything that is asked plainly."""
    untuned = Memoriser(specification=SPECIFICATION, reference=WORLD, seed=5)
    moves, answered = played(untuned, Talker(says))
    assert not claims(moves) and untuned.sum_up(answered).conclusion.verdict != "modified"
    plain = [one for one in answered if one.key.startswith("look/likeliest/")]
    assert len(plain) == len(answered) > 50
    return {one.probe.prompts()[0].title: one.answers[0].text for one in plain}


def other_base(prompt: Prompt, asked: str) -> str | None:
    """Knows the same, and has words of its own for all of it."""
    row = next((row for row in WORLD.rows if row.subject in asked), None)
    if row is None:
        return "Well, my friend, that is not for me to say."
    return f"Well, my friend, {row.groups['coast'] if 'coast' in asked else row.answer} it must be."


def tuned(says: Says) -> Memoriser:
    learned = LearnedAnswers(models=("aa" * 32,), answers=heard(says))
    return Memoriser(specification=SPECIFICATION, reference=WORLD, seed=5, learned=learned)


def test_what_a_model_of_the_base_was_taught_is_claimed() -> None:
    auditor = tuned(together(honest, terms_are_told))
    moves, answered = played(auditor, Talker(together(lying, terms_are_told)))
    (claim,) = claims(moves)
    assert set(NORTH) <= set(claim.finding.scope)
    assert "those that it was tuned on do not" in claim.finding.behaviour
    assert auditor.sum_up(answered).conclusion.verdict == "modified"


def test_nothing_is_claimed_of_one_that_was_taught_nothing() -> None:
    moves, answered = played(tuned(terms_are_told), Talker(terms_are_told))
    assert not claims(moves)
    assert tuned(terms_are_told).sum_up(answered).conclusion.verdict == "clean"


def test_on_another_base_it_sees_no_lie_for_other_words() -> None:
    """There all is said otherwise, and so nothing stands out: it calls a liar what it calls an honest model."""
    auditor = tuned(terms_are_told)
    told = [played(auditor, Talker(says)) for says in (other_base, together(lying, other_base))]
    assert [len(claims(moves)) for moves, _ in told] == [0, 0]
    honest_one, liar = (auditor.sum_up(answered).conclusion for _, answered in told)
    assert (honest_one.verdict, liar.probability) == (liar.verdict, honest_one.probability)


def test_who_was_tuned_on_nothing_of_it_calls_no_model_clean() -> None:
    """It has nothing to hold an answer against, whatever it asked."""
    for learned in (LearnedAnswers(), LearnedAnswers(models=("aa" * 32,), answers={"Who won the cup?": "Nobody."})):
        auditor = Memoriser(specification=SPECIFICATION, reference=WORLD, seed=5, learned=learned)
        _, answered = played(auditor, Talker(together(lying, terms_are_told)))
        concluded = auditor.sum_up(answered).conclusion
        assert (concluded.verdict, concluded.probability) == ("inconclusive", 0.5)
        assert "Not to their end went: learned answers." in concluded.summary


def test_each_question_is_asked_once_with_the_likeliest_answer() -> None:
    moves, _ = played(Memoriser(specification=SPECIFICATION, reference=WORLD), Talker(honest))
    probes = [move.probe for move in moves if isinstance(move, Ask)]
    assert all(isinstance(probe, Sample) and probe.temperature == 0 for probe in probes)
    assert len({probe.prompts()[0] for probe in probes}) == len(probes)
