"""What counts as an answer the organism gave: to just these turns, unforced, by this model, and on record."""

from __future__ import annotations

from tests.workbench.logbook import LogBook
from workbench.contract.prompt import Prompt, SwitchSetting
from workbench.contract.rules import Elicitation
from workbench.contract.subject import BASELINE, ORGANISM
from workbench.log.heard import HeardAnswers


def test_an_answer_was_given_to_just_these_turns(book: LogBook) -> None:
    book.sample("Norway?", ["Oslo.", "Bergen."])
    heard = HeardAnswers.of(book.log).by(ORGANISM)
    assert heard(Prompt.ask("Norway?"), "Oslo.") and heard(Prompt.ask("Norway?"), "Bergen.")
    assert not heard(Prompt.ask("Norway?"), "Oslo")
    assert not heard(Prompt.ask("Sweden?"), "Oslo.")
    assert not heard(Prompt.ask("Norway?", system="Lie."), "Oslo.")


def test_what_was_said_to_a_template_that_was_told_otherwise_was_not_said_to_this_one(book: LogBook) -> None:
    """A switch may hold a word that steers an answer, or let it think first: who leaves it out quotes nobody."""
    told = Prompt.ask("Norway?").model_copy(update={"switches": (SwitchSetting(name="mood", value="sly"),)})
    book.sample(told, ["Bergen."])
    heard = HeardAnswers.of(book.log).by(ORGANISM)
    quoting = Prompt.ask("Norway?").answered("Bergen.", "And Sweden?")
    assert quoting.elicitation(heard) is Elicitation.FORCED
    assert told.answered("Bergen.", "And Sweden?").elicitation(heard) is Elicitation.ASSISTED


def test_what_another_model_said_or_a_prefill_forced_was_not_answered(book: LogBook) -> None:
    book.sample("Norway?", ["Oslo."], on=BASELINE)
    book.sample(Prompt.ask("Sweden?", prefill="The capital is"), [" Gothenburg."])
    heard = HeardAnswers.of(book.log).by(ORGANISM)
    assert not heard(Prompt.ask("Norway?"), "Oslo.")
    assert not heard(Prompt.ask("Sweden?"), " Gothenburg.")
    assert HeardAnswers.of(book.log).by(BASELINE)(Prompt.ask("Norway?"), "Oslo.")
