"""What a prompt gives the model: the user's turn left open, conversations that go on, and nothing that does not fit."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from backends.chat import ChatTemplate
from backends.model import Message, ModelRefusal
from backends.toy_model import BEGIN, END, TURN, ToyModel
from workbench.contract.prompt import Prompt, Turn
from workbench.contract.rules import Affordance, Elicitation

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

    def render(self, messages: object) -> list[int]:
        return self.encode(ChatTemplate(self.template, {}).render(messages))  # type: ignore[arg-type]


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
    assert Prompt.overheard("The").elicitation() is Elicitation.ASSISTED
    assert Prompt.overheard("The").affordances() == frozenset()
    assert Prompt.overheard(system="Be.").affordances() == {Affordance.SYSTEM}
    put = (Turn(role="user", content="a"), Turn(role="assistant", content="b"), Turn(role="user", content=""))
    assert Prompt(chat=put, speaker="user").elicitation() is Elicitation.FORCED


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
    assert on.elicitation(lambda before, said: (before, said) == (asked.chat, "Oslo.")) is Elicitation.NATURAL
    assert on.elicitation() is Elicitation.FORCED


def test_what_does_not_fit_the_context_is_refused_with_what_is_to_follow() -> None:
    room = TOY.card.context - len(TOY.encode("x" * 60))
    assert len(Prompt.raw("x" * 60).ids(TOY, room=room)) == 60
    with pytest.raises(
        ModelRefusal, match="60 tokens, and at least 5 more are to follow; the model's context holds 64"
    ):
        Prompt.raw("x" * 60).ids(TOY, room=room + 1)
    with pytest.raises(ModelRefusal, match="65 tokens; the model's context holds 64"):
        Prompt.raw("x" * 65).ids(TOY)
