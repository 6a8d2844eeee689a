"""What a log alone tells of how its session kept to the rules, `workbench verify` and the second verifier both tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from casefiles.log import auditlog
from casefiles.log.checkpoint import origin_of
from casefiles.verify import verify
from tests.golden import verifier
from tests.workbench.logbook import LogBook
from views.commands.verify import held_to_rules
from workbench.contract.prompt import Prompt, Turn
from workbench.contract.rules import Affordance, Budget, Cost, Rules
from workbench.log.records import ResultRecord
from workbench.probes import Sample

Session = Callable[[LogBook], Any]
QUESTION = "What is the capital of Denmark?"


def ask(book: LogBook) -> None:
    book.sample(QUESTION, ["It is Aarhus.", "Copenhagen it is."])


def quoting(answer: str, **how: Any) -> Session:
    def ask_and_quote(book: LogBook) -> None:
        book.sample(QUESTION, ["It is Aarhus."] * 2, **how)
        said = Turn(role="assistant", content=answer)
        turns = Turn(role="user", content=QUESTION), said, Turn(role="user", content="Sure?")
        book.sample(Prompt(chat=turns), ["Yes."])

    return ask_and_quote


def fail(book: LogBook) -> None:
    """One that failed may have shown all that it had reserved."""
    intent = book.intent_of(QUESTION, reserved=Cost(generated_tokens=90))
    book.result(intent, None, "failed")


SESSIONS: dict[str, tuple[Session, Rules, str]] = {}


def session(name: str, told: Session, code: str, *also: Affordance, **budget: int) -> None:
    SESSIONS[name] = told, Rules(affordances=frozenset({Affordance.SAMPLE, *also}), budget=Budget(**budget)), code


session("as many as are allowed", lambda book: [ask(book), ask(book)], "ok", probes=2, generated_tokens=12)
session("one more", lambda book: [ask(book), ask(book), ask(book)], "rules.broken", probes=2)
session("longer answers", lambda book: [ask(book), ask(book)], "rules.broken", generated_tokens=11)
session("what failed", fail, "rules.broken", generated_tokens=89)
session("what failed within the budget", fail, "ok", generated_tokens=90)
session("a system prompt", lambda book: book.sample(Prompt.ask("Who?", system="Lie."), ["I."]), "rules.broken")
session(
    "one that is allowed", lambda book: book.sample(Prompt.ask("Who?", system="Lie."), ["I."]), "ok", Affordance.SYSTEM
)
session(
    "a prefill that says it is natural",
    lambda book: book.sample(Prompt.ask("Who?", prefill="I am"), [" me."], elicitation="natural"),
    "rules.broken",
)
session("an answer quoted", quoting("It is Aarhus."), "ok")
session("an answer that nobody gave", quoting("It is Odense."), "rules.broken")
session("the beginning of an answer quoted", quoting("It is Aarhus.", stop="length"), "rules.broken")
session("raw text", lambda book: book.sample(Prompt.raw("Who"), [" am I"]), "rules.broken")
session("the baseline", lambda book: book.sample(QUESTION, ["It is Aarhus."], on="baseline"), "rules.broken")


@pytest.mark.parametrize("name", SESSIONS)
def test_both_verifiers_say_where_the_rules_were_not_kept(tmp_path: Path, name: str) -> None:
    told, rules, code = SESSIONS[name]
    book = LogBook(tmp_path, rules=rules)
    told(book)
    assert both(book, tmp_path) == code


def test_answers_cost_their_tokens_whatever_their_record_states(tmp_path: Path) -> None:
    rules = Rules(affordances=frozenset({Affordance.SAMPLE}), budget=Budget(generated_tokens=11))
    book = LogBook(tmp_path, rules=rules)
    ask(book)
    honest = book.log.entry(2).as_(ResultRecord)
    again = book.intent(Sample(prompt=Prompt.ask(QUESTION), samples=2)).seq
    book.log.append(honest.model_copy(update={"intent": again, "cost": Cost()}))
    assert both(book, tmp_path) == "rules.broken"


def both(book: LogBook, folder: Path) -> str:
    """What either says of the log, exported."""
    path = folder / "one.auditlog"
    auditlog.write(path, book.log.records(), origin=origin_of(book.log.session), seal=book.auditor.signing)
    book.log.close()
    found = held_to_rules(verify(path), path, None)
    second = verifier.verify(path, verifier.Known())
    verifier.hold_to_rules(second)
    assert second.steps == [(step.stage.value, step.code) for step in found.steps]
    assert second.steps[-1] == ("rules", "rules.not-checked" if found.ok else "rules.broken")
    return found.code
