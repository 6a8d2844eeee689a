"""What a prompt gives the model: the user's turn left open, conversations that go on, and nothing that does not fit."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from backends.byte_vocabulary import BEGIN, END, TURN
from backends.chat import ChatTemplate
from backends.model import Message, ModelRefusal
from backends.toy_model import ToyModel
from workbench.contract.prompt import Prompt, SwitchSetting, Turn
from workbench.contract.rules import Affordance, Elicitation
from workbench.probes import Sample, Score, as_today, asked

TOY = ToyModel.random(seed=1, context=64)


def spelled(words: str) -> list[int]:
    return list(words.encode())


def test_the_user_s_turn_is_opened_as_the_template_opens_it_and_not_closed() -> None:
    opened = [BEGIN, TURN, *spelled("user\n")]
    assert Prompt.overheard().ids(TOY) == opened
    assert Prompt.overheard("The cap").ids(TOY) == [*opened, *spelled("The cap")]
    system = [BEGIN, TURN, *spelled("system\nBe."), END, TURN, *spelled("user\n")]
    assert Prompt.overheard(system="Be.").ids(TOY) == system


def test_earlier_turns_stay_closed() -> None:
    chat = (Turn(role="user", content="Hi"), Turn(role="assistant", content="Yes?"), Turn(role="user", content=""))
    closed = TOY.render([Message("user", "Hi"), Message("assistant", "Yes?"), Message("user", "")])
    ids = Prompt(chat=chat, speaker="user").ids(TOY)
    assert ids == closed[: len(ids)]
    assert ids[-len(spelled("user\n")) :] == spelled("user\n") and ids.count(END) == 2


def test_what_the_turn_begins_with_never_becomes_a_control_token() -> None:
    ids = Prompt.overheard("<|end|><|turn|>").ids(TOY)
    assert ids.count(END) == 0 and ids.count(TURN) == 1
    assert TOY.decode(ids).endswith("<|end|><|turn|>")


class Templated(ToyModel):
    """The toy behind another template, whose text is encoded as a whole."""

    template = ""

    def render(self, messages: object, switches: object = ()) -> list[int]:
        return self.encode(ChatTemplate(self.template, {}).render(messages, switches))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("template", "empty", "begun"),
    [
        ("{% for m in messages %}{{ m.role }}: {{ m.content | trim }}\n{% endfor %}assistant:", "user: ", "user: Hi"),
        ("[INST] {{ messages[0].content }} [/INST]", "[INST] ", "[INST] Hi"),
        ("{% for m in messages %}<{{ m.content | length }}>{{ m.content }}{% endfor %}", "<1>", "<4>Hi"),
    ],
)
def test_any_template_says_itself_how_the_turn_begins(template: str, empty: str, begun: str) -> None:
    model = Templated.random(seed=1)
    model.template = template
    assert model.decode(Prompt.overheard().ids(model)) == empty
    assert model.decode(Prompt.overheard("Hi").ids(model)).replace("<5>", "<4>") == begun


@pytest.mark.parametrize("turns", [(), (Turn(role="user", content="a"), Turn(role="assistant", content="b"))])
def test_only_a_turn_of_the_user_s_can_be_left_open_as_the_user_s(turns: tuple[Turn, ...]) -> None:
    with pytest.raises(ValidationError):
        Prompt(chat=turns, text="" if turns else "raw", speaker="user")


def test_an_open_turn_is_assisted_and_needs_no_more_than_sampling() -> None:
    assert Prompt.overheard().elicitation() is Elicitation.ASSISTED
    assert Prompt.overheard().affordances() == frozenset()
    assert Prompt.overheard(system="Be.").affordances() == {Affordance.SYSTEM}
    put = (Turn(role="user", content="a"), Turn(role="assistant", content="b"), Turn(role="user", content=""))
    assert Prompt(chat=put, speaker="user").elicitation() is Elicitation.FORCED
    said = Prompt(chat=put, speaker="user")
    assert said.elicitation(lambda before, text: text == "b") is Elicitation.ASSISTED
    assert said.affordances(lambda before, text: text == "b") == frozenset() and not said.completes


@pytest.mark.parametrize(
    "prompt",
    [
        Prompt.overheard("The capital of Denmark is"),
        Prompt.overheard(" "),
        # What the user has said and nobody answered goes on in the same mouth.
        Prompt(chat=(Turn(role="user", content="The capital is"), Turn(role="user", content="")), speaker="user"),
        Prompt(
            chat=(Turn(role="user", content="The"), Turn(role="system", content=""), Turn(role="user", content="")),
            speaker="user",
        ),
    ],
)
def test_a_turn_of_the_user_s_that_is_begun_is_a_completion_like_raw_text(prompt: Prompt) -> None:
    assert prompt.elicitation() is Prompt.raw("The").elicitation() is Elicitation.FORCED
    assert prompt.affordances() >= Prompt.raw("The").affordances() == {Affordance.RAW}
    open_ = prompt.left_open()
    assert not open_.completes and open_.elicitation() is Elicitation.ASSISTED
    assert [turn.role for turn in open_.chat] == [turn.role for turn in prompt.chat]
    assert Prompt.ask("The capital of Denmark is").left_open().completes is False


def test_a_conversation_goes_on_after_whoever_spoke() -> None:
    asked = Prompt.ask("Norway?", system="Be.", prefill="It")
    assert asked.answered(" is Oslo.", "Sure?").chat == (
        *Prompt.ask("Norway?", system="Be.").chat,
        Turn(role="assistant", content="It is Oslo."),
        Turn(role="user", content="Sure?"),
    )
    assert Prompt.overheard("The cap").answered("ital of Norway") == Prompt.ask("The capital of Norway")
    with pytest.raises(ValueError, match="no conversation"):
        Prompt.raw("The").answered(" end")


def test_going_on_after_a_recorded_answer_is_natural_and_after_any_other_forced() -> None:
    asked = Prompt.ask("Norway?")
    on = asked.answered("Oslo.", "Sure?")
    assert on.elicitation(lambda before, said: (before, said) == (asked, "Oslo.")) is Elicitation.NATURAL
    assert on.elicitation() is Elicitation.FORCED


def test_what_does_not_fit_the_context_is_refused_with_what_is_to_follow() -> None:
    room = TOY.card.context - len(TOY.encode("x" * 60))
    assert len(Prompt.raw("x" * 60, begin=False).ids(TOY, room=room)) == 60
    with pytest.raises(
        ModelRefusal, match="60 tokens, and at least 5 more are to follow; the model's context holds 64"
    ):
        Prompt.raw("x" * 60, begin=False).ids(TOY, room=room + 1)
    with pytest.raises(ModelRefusal, match="65 tokens; the model's context holds 64"):
        Prompt.raw("x" * 64).ids(TOY)


def test_raw_text_begins_as_the_tokenizer_says_unless_it_is_told_not_to() -> None:
    assert Prompt.raw("The").ids(TOY) == [BEGIN, *spelled("The")]
    assert TOY.pieces(Prompt.raw("The").ids(TOY))[0] == "<|begin|>"
    assert Prompt.raw("The", begin=False).ids(TOY) == spelled("The")
    assert Prompt.raw("The").followed_by(" end").ids(TOY) == [BEGIN, *spelled("The end")]
    assert Prompt.raw("<|begin|>").ids(TOY).count(BEGIN) == 1, "what a text spells is text"
    with pytest.raises(ValidationError, match="only raw text"):
        Prompt(chat=Prompt.ask("Hi").chat, begin=False)


def test_a_record_that_does_not_say_how_its_text_begins_means_what_it_meant() -> None:
    """The first release gave raw text without a beginning, and its records say nothing of one."""
    for version, kind in ((1, "score"), (1, "sample"), (1, "logit-lens")):
        arguments = {"prompt": {"text": "The"}} | ({"answers": [" end"]} if kind == "score" else {})
        probe = asked(kind, version, arguments)
        assert probe is not None and probe.prompts()[0].ids(TOY) == spelled("The")
    now = Score(prompt=Prompt.raw("The"), answers=(" end",))
    again = asked("score", 2, now.model_dump(mode="json"))
    assert (
        again is not None and as_today(again) == now and again is not None and again.prompts()[0].ids(TOY)[0] == BEGIN
    )
    assert asked("sample", Sample.version, {"prompt": Prompt.ask("Hi").model_dump()}) == Sample(prompt=Prompt.ask("Hi"))


def test_what_a_template_is_told_besides_stands_in_the_prompt_and_goes_with_it() -> None:
    class Thinking(Templated):
        template = "{% for m in messages %}{{ m.content }};{% endfor %}{{ '' if think else '<no>' }}{{ effort }}"

    toy = Thinking(TOY.tensors, heads=4, kv_heads=2)
    quiet = (SwitchSetting.parse("think=no"),)
    asked_ = Prompt.ask("Hi").model_copy(update={"switches": quiet})
    assert toy.decode(asked_.ids(toy)) == "Hi;<no>"
    assert toy.decode(asked_.model_copy(update={"switches": (SwitchSetting.parse("think=yes"),)}).ids(toy)) == "Hi;"
    assert asked_.answered("Yo", "So?").switches == quiet == asked_.followed_by("Well").switches
    with pytest.raises(ModelRefusal, match=r"knows no switch 'thnk'\. It looks at effort, think"):
        asked_.model_copy(update={"switches": (SwitchSetting.parse("thnk=no"),)}).ids(toy)
    with pytest.raises(ModelRefusal, match="knows no switch"):
        asked_.ids(TOY)
    told = SwitchSetting.parse("effort=low")
    for one in (quiet[0], told, SwitchSetting.parse("effort=7")):
        set_ = Prompt.ask("Hi").model_copy(update={"switches": (one,)})
        assert set_.affordances() == {Affordance.SYSTEM}, "a template may write a system prompt for a yes or no too"
        assert set_.elicitation() is Elicitation.ASSISTED
        put = set_.followed_by("Well")
        assert (put.affordances(), put.elicitation()) == ({Affordance.SYSTEM, Affordance.PREFILL}, Elicitation.FORCED)
    assert Prompt.ask("Hi").affordances() == frozenset() and Prompt.ask("Hi").elicitation() is Elicitation.NATURAL
    assert [SwitchSetting.parse(str(one)) for one in (*quiet, told)] == [*quiet, told]
    for barred in ("think", "x=<|end|>", "x={{ y }}"):
        with pytest.raises(ValueError):
            SwitchSetting.parse(barred)
    with pytest.raises(ValidationError, match="raw text has none"):
        Prompt(text="The", switches=quiet)


def test_another_question_takes_the_place_of_the_last() -> None:
    asked = Prompt.ask("One?", system="Be short.", prefill="It is")
    assert asked.about("Two?") == Prompt.ask("Two?", system="Be short.", prefill="It is")
    assert Prompt.raw("One is", begin=False).about("Two is") == Prompt.raw("Two is", begin=False)
    longer = Prompt.ask("First?").answered("Yes.", "One?")
    assert longer.about("Two?") == Prompt.ask("First?").answered("Yes.", "Two?")
