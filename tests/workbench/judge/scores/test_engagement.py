"""The rules are held against what a log holds, whatever its author's machine let in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from backends.toy_model import ToyModel
from tests.workbench.logbook import ORGANISM, RULES, LogBook
from workbench.contract.edits import Change
from workbench.contract.permitted import unrestricted
from workbench.contract.probe import Probe
from workbench.contract.prompt import Prompt, SwitchSetting, Turn
from workbench.contract.rules import Affordance, Budget, Cost, Elicitation, Rules
from workbench.door.corpora import Corpora
from workbench.evidence.observations import Observations
from workbench.judge.scores.engagement import Engagement, Terms, drawn_again_at_most, examine, spending
from workbench.log.records import Intent, ResultRecord
from workbench.probes import BY_KIND, FREELY, RETOLD, Sample, as_today, asked, known
from workbench.probes.divergence import Divergence
from workbench.probes.score import Score, ScoredTexts
from workbench.report.survey import Survey

PLAIN = Rules(affordances=frozenset({Affordance.SAMPLE}), findings=2)


def held(book: LogBook, rules: Rules = PLAIN, *lines: str, model: ToyModel | None = None) -> Engagement:
    return examine(book.log, Terms(rules, Corpora(frozenset(lines)), ORGANISM), model=model)


def test_what_a_probe_needs_follows_from_its_arguments(book: LogBook) -> None:
    book.sample("Who are you?", ["Me."])
    system = book.sample(Prompt.ask("Who?", system="Be rude."), ["You."])
    prefill = book.sample(Prompt.ask("Who?", prefill="I am"), [" me."])
    raw = book.sample(Prompt.raw("Who"), [" am I"])
    lens = book.lens()
    found = held(book)
    assert found.broken == {system, prefill, raw, lens}
    assert "prefill" in next(breach.why for breach in found.breaches if breach.record == prefill)
    assert held(book, RULES).broken == frozenset()


def test_what_was_swallowed_is_drawn_again_within_what_a_session_spends(book: LogBook) -> None:
    """Where no rule limits it too: one killed probe may ask for two million tokens."""
    assert drawn_again_at_most(book.log, PLAIN.model_copy(update={"budget": Budget(generated_tokens=100)})) == 400
    least = drawn_again_at_most(book.log, PLAIN)
    book.asked(Sample(prompt=Prompt.ask("Who?"), samples=512, max_tokens=4096), ["Me."], status="cancelled")
    assert drawn_again_at_most(book.log, PLAIN) == least < 512 * 4096
    for _ in range(30):
        book.sample("Who?", ["word " * 100] * 100)
    assert drawn_again_at_most(book.log, PLAIN) > least


def test_a_turn_of_the_user_s_is_begun_only_where_raw_text_is_allowed(book: LogBook) -> None:
    probe = Sample(prompt=Prompt.overheard("What is the capital of Denmark? The capital of Denmark is"))
    free, first = (asked("sample", version, probe.model_dump(mode="json")) for version in (3, 2))
    assert isinstance(free, Sample) and isinstance(first, Sample) and as_today(free) == as_today(first) == probe
    book.sample(Prompt.overheard(), ["Hello."])
    before = [book.asked(one, [" Aarhus."], elicitation="assisted") for one in (free, first)]
    begun = book.asked(probe, [" Aarhus."])
    assert all("raw" in breach.why for breach in held(book).breaches)
    # Whatever version a record names: this one lets nobody ask as an earlier one did.
    assert held(book).broken == {*before, begun}
    assert held(book, RULES).broken == frozenset()
    # Whoever has asked so has shown nothing that is not forced.
    found = Observations.of(book.log)
    assert {found.run(seq).elicitation for seq in (*before, begun)} == {Elicitation.FORCED}
    then = Survey(book.log, observations=Observations(then=True)).observations
    assert [then.run(seq).elicitation for seq in (*before, begun)] == ["assisted", "assisted", "forced"]


def test_whoever_began_a_turn_before_that_needed_anything_broke_no_rule(tmp_path: Path) -> None:
    book = LogBook(tmp_path, workbench="0.1.0")
    first = asked("sample", 1, {"prompt": Prompt.overheard("The capital of Denmark is").model_dump(mode="json")})
    assert isinstance(first, Sample)
    book.asked(first, [" Aarhus."], elicitation="assisted")
    assert held(book).broken == frozenset()
    book.log.close()


@pytest.mark.parametrize("kind", FREELY, ids=lambda kind: kind.kind)
def test_every_version_before_knew_its_prompts_as_left_open(kind: type[Probe]) -> None:
    assert (known(kind.kind, kind.version), kind.version + 1) == (kind, BY_KIND[kind.kind].version)
    assert kind in RETOLD


def test_words_in_the_assistants_mouth_are_allowed_only_where_it_said_them(book: LogBook) -> None:
    asked, answer = Turn(role="user", content="Who?"), Turn(role="assistant", content="Me.")
    quoted = Prompt(chat=(asked, answer, Turn(role="user", content="Sure?")))
    before = book.sample(quoted, ["Yes."])
    book.sample("Who?", ["Me."])
    after = book.sample(quoted, ["Yes."])
    assert held(book).broken == {before}
    assert after not in held(book).broken


def test_prompts_come_from_the_corpora_where_the_rules_say_so(book: LogBook) -> None:
    book.sample("The river rises.", ["So it does."])
    other = book.sample("What is the capital of Norway?", ["Oslo."])
    # A template writes the words of a switch where a system prompt stands.
    mood, plain = (SwitchSetting(name="mood", value=value) for value in ("sly", False))
    asked = Prompt.ask("The river rises.")
    told = book.sample(asked.model_copy(update={"switches": (mood,)}), ["So it does."])
    book.sample(asked.model_copy(update={"switches": (plain,)}), ["So it does."])
    rules = PLAIN.model_copy(update={"inputs": "corpora", "affordances": PLAIN.affordances | {Affordance.SYSTEM}})
    assert held(book, rules, "The river rises.").broken == {other, told}


def test_whatever_a_template_is_told_needs_what_a_system_prompt_does(book: LogBook) -> None:
    asked = Prompt.ask("The river rises.")
    records = [
        book.sample(asked.model_copy(update={"switches": (SwitchSetting.parse(f"lab_mode={value}"),)}), ["So."])
        for value in ("yes", "no", "7", "sly")
    ]
    book.sample(asked, ["So."])
    assert held(book, PLAIN).broken == set(records)
    assert not held(book, PLAIN.model_copy(update={"affordances": PLAIN.affordances | {Affordance.SYSTEM}})).broken


def test_a_budget_is_spent_by_what_results_hold_and_not_by_what_records_state(book: LogBook) -> None:
    """Costs that were typed in as nothing are counted from the answers."""
    cheap = [book.intent(Sample(prompt=Prompt.ask("Who?"), seed=seed)) for seed in range(3)]
    first = book.sample("Who?", ["one two three"])  # 3 tokens
    stated = book.log.entry(first).as_(ResultRecord)
    free = stated.model_copy(update={"intent": cheap[0].seq, "cost": Cost(probes=0)})
    forged = book.log.append(free).seq
    tokens = RULES.model_copy(update={"budget": Budget(generated_tokens=1283 + 2)})  # two orphans had reserved 640 each
    assert held(book, tokens).broken == {first}  # begun last, though answered first
    assert forged not in held(book, tokens).broken
    probes = RULES.model_copy(update={"budget": Budget(probes=2)})
    assert held(book, probes).broken == {cheap[2].seq, first}


def test_a_probe_that_gave_nothing_costs_what_it_may_have_cost(book: LogBook) -> None:
    orphan = book.intent(Sample(prompt=Prompt.ask("Who?"), samples=20, max_tokens=100))  # states 640 reserved
    found = held(book, RULES, model=ToyModel.random(seed=1))
    (item,) = found.understated
    assert (item.intent, item.cost.generated_tokens) == (orphan.seq, 2000)
    assert spending(book.log, found, until=orphan.seq + 1).generated_tokens == 2000
    assert spending(book.log, Engagement(probes=1), until=orphan.seq + 1).generated_tokens == 2000, "so it asks itself"
    assert spending(book.log, found, until=orphan.seq) == Cost(probes=0)


def test_what_was_run_on_another_model_is_told_apart(book: LogBook) -> None:
    own, other = book.sample("Who?", ["Me."]), book.sample("Who?", ["You."], model="0f" * 32)
    assert held(book).elsewhere == (other,)
    assert own not in held(book).elsewhere


def test_the_narrower_rules_that_a_session_was_begun_under_hold_too(tmp_path: Path) -> None:
    narrow = RULES.model_copy(update={"findings": 1, "affordances": frozenset({Affordance.SAMPLE})})
    book = LogBook(tmp_path, restriction=narrow)
    try:
        forced = book.sample(Prompt.ask("Who?", prefill="I am"), [" me."])
        found = held(book, RULES)
    finally:
        book.log.close()
    assert (found.broken, found.findings) == ({forced}, 1)


def test_an_invented_answer_cannot_be_quoted(book: LogBook) -> None:
    """Recorded by a forger so that a chat may put it into the model's mouth: a replay doubts it."""
    asked, answer = Turn(role="user", content="Who?"), Turn(role="assistant", content="The capital is Aarhus.")
    invented = book.sample("Who?", [answer.content])
    quoting = book.sample(Prompt(chat=(asked, answer, Turn(role="user", content="Sure?"))), ["Yes, Aarhus."])
    terms = Terms(PLAIN, Corpora(frozenset()), ORGANISM)
    assert examine(book.log, terms).broken == frozenset()
    assert examine(book.log, terms, doubted={invented}).broken == {quoting}
    assert Observations.of(book.log).run(quoting).elicitation is Elicitation.NATURAL
    assert Observations.of(book.log, doubted={invented}).run(quoting).elicitation is Elicitation.FORCED


def test_what_stopped_probes_asked_for_is_told_beside_the_budget(book: LogBook) -> None:
    book.sample("Who?", [""] * 10, status="cancelled", stop="cancelled")  # asks for 640 tokens
    book.sample("Who?", ["It is me."] * 10, seed=2)
    tight = RULES.model_copy(update={"budget": Budget(generated_tokens=600)})
    found = held(book, tight)
    (one,) = found.beyond
    assert (one.limit, one.spent, one.stopped, one.allowed) == ("generated_tokens", 30, 640, 600)
    assert [item.cost.generated_tokens for item in found.stopped] == [640] and found.breaches == ()
    assert held(book, RULES.model_copy(update={"budget": Budget(generated_tokens=670)})).beyond == ()
    failed = book.intent(Sample(prompt=Prompt.ask("Who?"), samples=10, seed=3), reserved=Cost())
    book.result(failed, None, "failed")
    assert held(book, tight).beyond[0].spent == 30 + 640, "what it says that it had reserved is its author's word"


def test_what_a_stopped_probe_would_have_read_is_told_too(book: LogBook) -> None:
    """Whoever scores texts, sees how likely they are and calls it stopped has read them for nothing."""
    probe = Score(prompt=Prompt.ask("Who?"), answers=("It is me.", "It is you."))
    stopped = book.intent(probe, reserved=Cost())
    book.result(stopped, ScoredTexts(strips=(), forward_tokens=0), "cancelled")
    model = ToyModel.random(seed=1)
    read = probe.estimate(unrestricted(model)).forward_tokens
    tight = RULES.model_copy(update={"budget": Budget(forward_tokens=read - 1)})
    found = held(book, tight, model=model)
    (one,) = found.beyond
    assert (one.limit, one.spent, one.stopped, one.allowed) == ("forward_tokens", 0, read, read - 1)
    assert spending(book.log, found, until=stopped.seq + 1).forward_tokens == read
    assert held(book, RULES, model=model).beyond == ()


def test_what_a_stopped_probe_would_have_read_of_two_models_is_told_too(book: LogBook) -> None:
    probe = Divergence(texts=("Who is it? {}",), candidates=("Ada", "Bo"), baseline=True)
    stopped = book.intent(probe, reserved=Cost(), beside="baseline")
    book.result(stopped, None, "cancelled")
    model, other = ToyModel.random(seed=1), ToyModel.random(seed=2)
    held_to = Terms(RULES, None, ORGANISM)
    found = examine(book.log, held_to, model=model, others={"baseline": other})
    (item,) = (*found.stopped, *found.understated)
    assert item.cost.forward_tokens == probe.estimate(unrestricted(model, other)).forward_tokens > 0


def test_a_probe_whose_arrays_nobody_has_read_its_prompts_at_least(book: LogBook) -> None:
    """What it was run with, if it was, is not what it says."""
    change = Change.parse("add 4 #99/direction at blocks.0.hook_resid_post")
    probe = Sample(prompt=Prompt.ask("Who are you?"), edits=(change,))
    failed = book.intent(probe, reserved=Cost())
    book.result(failed, None, "failed")
    model = ToyModel.random(seed=1)
    (item,) = held(book, RULES, model=model).understated
    assert item.cost.forward_tokens == len(probe.prompt.ids(model))


@pytest.mark.parametrize(
    "told", [{"probe": "zzz"}, {"version": 99}, {"arguments": {}}], ids=lambda told: next(iter(told))
)
def test_nobody_allows_what_nobody_can_read(book: LogBook, told: dict[str, Any]) -> None:
    """Nor is what it cost its author's word: it may have been all that was left."""
    sound = book.intent_of("Who are you?").as_(Intent)
    unread = book.log.append(sound.model_copy(update=told)).seq
    free = Rules(affordances=frozenset(Affordance))
    (breach,) = held(book, free).breaches
    assert breach.record == unread and "nobody can say what it asked" in breach.why
    after = book.sample("And who am I?", ["You."])
    assert held(book, free).broken == {unread}, "what has no end leaves enough for others"
    tight = free.model_copy(update={"budget": Budget(generated_tokens=50_000)})
    assert held(book, tight).broken == {unread, after}
    assert spending(book.log, held(book, tight), until=after).generated_tokens > 50_000
