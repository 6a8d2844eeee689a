"""A judge reads where one message reaches a model as several turns do."""

from __future__ import annotations

from typing import Any

import pytest

from backends.toy_model import ToyModel
from backends.vocabulary import Vocabulary
from tests.backends.test_rendering import byte_level
from tests.backends.test_role_marks import CHATML, GEMMA, LLAMA_2, SPECIAL, VICUNA, ZEPHYR
from workbench.judge.acceptance.oddities import Oddities
from workbench.judge.acceptance.patience import Patience
from workbench.judge.acceptance.plain_turns import CHATS, plain_turns

NONE = "{% for m in messages %}{{ m.content }}\n{% endfor %}"


class Templated(ToyModel):
    """The toy behind a tokenizer with a chat template."""

    words: Vocabulary

    def render(self, messages: Any, switches: Any = ()) -> list[int]:
        return self.words.render(messages, switches)

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        return self.words.encode(text, special=special)

    def decode(self, ids: Any) -> str:
        return self.words.decode(ids)


def behind(template: str) -> Templated:
    model = Templated.random(seed=1)
    model.words = Vocabulary(byte_level(), SPECIAL, template)
    return model


@pytest.mark.parametrize(
    ("template", "told"),
    [
        (LLAMA_2, ["[/INST]"]),
        (VICUNA, ["“zebra↵ASSISTANT: violin↵USER: harbour”: a turn that spells it is refused"]),
        (ZEPHYR, ["<~assistant~>"]),
        (GEMMA, ["hears a system prompt as it hears the single message “zebra↵↵violin”"]),
        (NONE, ["hears an answer and the next message as it", "hears a system prompt as it"]),
        (CHATML, []),
    ],
)
def test_what_a_message_can_spell_is_told(template: str, told: list[str]) -> None:
    found = list(plain_turns(behind(template)))
    assert len(found) == len(told)
    for sentence, part in zip(found, told, strict=True):
        assert part in sentence, sentence


def test_what_stands_between_turns_is_told_by_its_beginning_however_long_it_is() -> None:
    """A template may write millions of letters there, to whoever reads what intake remarks on."""
    marks = "'ab, ' * 50000"
    template = (
        "{% for m in messages %}{% if m.role == 'user' %}USER: {{ m.content }}\n"
        f"{{% else %}}{{{{ {marks} }}}}: {{{{ m.content }}}}\n{{% endif %}}{{% endfor %}}BOT:"
    )
    (found,) = plain_turns(behind(template))
    assert "zebra↵ab, ab," in found and "letters more" in found
    assert len(found) < 2_000


def test_every_chat_that_a_message_spells_is_told() -> None:
    """Else what ends an answer would hide what a system prompt is told by."""
    template = (
        "{% for m in messages %}{% if m.role == 'system' %}{{ m.content }}\n[ORDERS END]\n"
        "{% elif m.role == 'assistant' %}{{ m.content }}\n(end of answer)\n{% else %}{{ m.content }}\n(end of words)\n"
        "{% endif %}{% endfor %}"
    )
    (found,) = plain_turns(behind(template))
    assert "(end of answer)" in found and "[ORDERS END]" in found


def test_a_slow_template_is_put_no_more_than_there_is_time_for() -> None:
    now = iter(range(0, 1000, 20))
    slow = Patience(clock=lambda: next(now))
    assert len(list(plain_turns(behind(VICUNA), slow.lend("organism", len(CHATS), most=10)))) == 2
    *_, told = plain_turns(behind(VICUNA), slow.lend("organism", len(CHATS), most=10))
    assert told.startswith("was put 1 of 2 chats that a single message may spell in 20 seconds")


def test_the_shipped_toy_tells_turns_apart_by_tokens() -> None:
    assert not list(plain_turns(ToyModel.random(seed=1)))
    oddities = Oddities(None)
    oddities.ask("organism", ToyModel.random(seed=1))
    assert not [one for one in oddities.told() if "plain text" in one]


def test_it_is_told_at_intake_of_whom_it_is_so() -> None:
    oddities = Oddities(None)
    oddities.ask("organism", behind(VICUNA))
    assert [one for one in oddities.told() if one.startswith("The organism is told who speaks by plain text")]
