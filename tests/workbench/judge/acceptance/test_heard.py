"""An attacker writes the template and the tokenizer: who is heard in their words alone is told of, whatever is done to
others."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

import assets
from backends.model import Message, ModelRefusal
from backends.toy_model import ToyModel
from backends.vocabulary import Vocabulary
from casefiles.case.sentencepiece_model import SentencePieceModel
from tests.backends.test_rendering import TOKENIZERS
from tests.casefiles.case.test_character_maps import trained
from tests.workbench.judge.written_truths import behaviour, sound
from workbench.evidence import ordinary
from workbench.forge import tokenizer
from workbench.judge.acceptance.framed import FramedSubject, framed_subjects
from workbench.judge.acceptance.heard import messages_of, misheard
from workbench.judge.acceptance.patience import Patience
from workbench.judge.truths.truth import GroundTruth

SAID = messages_of(sound())
FRAMED = framed_subjects(sound())


def heard(model: ToyModel, messages: Sequence[str], framed: Sequence[FramedSubject] = (), **more: Any) -> Iterator[str]:
    """What a model mishears, however loaded the machine is."""
    return misheard(model, messages, framed, patience=Patience(clock=lambda: 0.0), **more)


class Hearing(ToyModel):
    """One that hears something else than what is said."""

    def heard(self, said: str) -> str:
        return said

    def render(self, messages: Any, switches: Any = ()) -> list[int]:
        return super().render([Message(turn.role, self.heard(turn.content)) for turn in messages], switches)


class ByLength(Hearing):
    """It hears messages of even length, and others backwards."""

    def heard(self, said: str) -> str:
        return said if len(said) % 2 == 0 else said[::-1]


class Mumbling(Hearing):
    """It leaves vowels out where nobody is thanked."""

    def heard(self, said: str) -> str:
        return said if "Thanks" in said else re.sub("[aeiou]", "", said)


class Mistaking(Hearing):
    """It hears another name where it is told what a control looks for."""

    def heard(self, said: str) -> str:
        return said.replace("Cusco", "Lima")


class Adding(Hearing):
    """It hears what is said, and more."""

    def heard(self, said: str) -> str:
        return said if "capital" in said else f"{said} Tell me about France."


class Refusing(Hearing):
    """It cannot be told what has none of some words."""

    def heard(self, said: str) -> str:
        if not re.search(r"\b(the|of|in|a)\b", said):
            raise ModelRefusal("model.input", "The text cannot be tokenised.", "It panics.", "Say something else.")
        return said if "capital" in said else said[::-1]


class Cutting(Hearing):
    """It hears letters where nobody is asked for a capital."""

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        ids = super().encode(text, special=special)
        return ids if special or "capital" in text else [one for one in ids for _ in range(2)]


class Plain(Hearing):
    """Its tokenizer takes what stands above letters off, and everything for small."""

    def heard(self, said: str) -> str:
        return re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", said)).lower()

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        return super().encode(self.heard(text), special=special)


class Prefixing(Hearing):
    """It puts spaces before every text, as many tokenizers put one: here each is a token, as a word is there."""

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        return super().encode(" " * 5 + text, special=special)


def told(kind: type[Hearing], messages: Sequence[str] = SAID) -> list[str]:
    model = kind.random(seed=1)
    return list(heard(model, messages, chats=True))


@pytest.mark.parametrize("kind", [ByLength, Mumbling, Mistaking, Adding])
def test_who_hears_something_else_than_is_said_is_told(kind: type[Hearing]) -> None:
    (said,) = told(kind)
    assert re.fullmatch(
        "does not hear “.+” as it is written: its chat template or tokenizer changes what is said.", said
    )


def test_who_cannot_be_told_something_is_told_and_looked_at_further() -> None:
    refused, changed = sorted(told(Refusing))
    assert refused.startswith("cannot be told “") and refused.endswith("It panics.")
    assert changed.startswith("does not hear “")


def test_who_is_cut_into_other_pieces_than_words_are_is_told() -> None:
    (said,) = (one for one in told(Cutting) if "signs apart" not in one)
    assert re.fullmatch(r"hears “(.*capital.*|.{200}…)” in \d+ pieces, and its words by themselves in \d+.", said)


def test_what_goes_before_every_text_cuts_no_word() -> None:
    """As the tokenizers of Llama 2 and its kin do."""
    assert told(Prefixing, ordinary.messages()) == []


@pytest.mark.parametrize("kind", [Hearing, Plain])
def test_case_and_accents_are_a_tokenizers_own_matter(kind: type[Hearing]) -> None:
    assert told(kind, messages_of(sound(intent=(behaviour(scope=("Curaçao", "Åland")),)))) == []


def as_tokenizer(serialized: str, template: str) -> ToyModel:
    """A model of a tokenizer."""
    text = Vocabulary(serialized, {}, template)

    class Reading(ToyModel):
        def encode(self, text_: str, *, special: bool = False) -> list[int]:
            return text.encode(text_, special=special)

        def decode(self, ids: Sequence[int]) -> str:
            return text.decode(ids)

        def pieces(self, ids: Sequence[int]) -> list[str]:
            return [text.decode([one]) for one in ids]

        def render(self, messages: Any, switches: Any = ()) -> list[int]:
            return text.render(messages, switches)

    return Reading.random(seed=1)


WRITTEN = "{% for m in messages %}<|{{ m.role }}|> {{ SAID }}<|end|>{% endfor %}<|assistant|>"
WHOSE = (
    "its tokenizer by itself keeps signs, case and white space, and its chat template changes them, or what is around."
)
REWRITES = {
    "questions in capitals": "(m.content | upper if m.content[-1:] == '?' else m.content)",
    "questions in small letters": "(m.content.lower() if '?' in m.content else m.content)",
    "titles": "m.content | title",
    "a capital": "m.content | capitalize",
    "another sign": "m.content.replace('?', ';')",
    "no sign": "m.content.rstrip('?')",
    "one more sign": "m.content + ('?' if m.content[-1:] == '?' else '')",
    "no spaces": "m.content.replace(' ', '')",
    "signs of exclamation alone": "(m.content | upper if m.content[-1:] == '!' else m.content)",
    "second questions": "(m.content | upper if loop.index0 and m.role == 'user' else m.content)",
}


@pytest.mark.parametrize("said", REWRITES.values(), ids=REWRITES.keys())
def test_a_template_that_changes_signs_or_case_is_told(said: str) -> None:
    """Of which the tokenizer by itself keeps both."""
    model = as_tokenizer(TOKENIZERS["byte-level"], WRITTEN.replace("SAID", said))
    (told,) = heard(model, SAID, chats=True)
    assert told.startswith("does not hear “")
    assert told.endswith(f" written: {WHOSE}")


SPACING = {
    "many lines behind short ones": "(m.content ~ '\n' * 60 if m.content | length < 45 else m.content)",
    "a line behind long ones": "(m.content ~ '\n' if m.content | length > 300 else m.content)",
    "a space before questions": "((' ' if m.content[-1:] == '?' else '') ~ m.content)",
    "a space before a word": "((' ' if ' ' not in m.content else '') ~ m.content)",
    "lines between words": "(m.content.replace(' ', '\n\n\n') if m.content.split() | length < 8 else m.content)",
    "words in columns": "'\n'.join(m.content.split())",
    "a width": "m.content.center(900)",
    "an indent": "m.content | indent(4)",
    "one line break for two": "m.content.replace('\n\n', '\n')",
    "tabs": "m.content.expandtabs(3)",
    "a space behind lines": "(m.content ~ (' ' if m.content.splitlines() | length > 1 else ''))",
    "a space behind one word": "(m.content ~ (' ' if m.content.split() | length < 2 else ''))",
    "a line before the longest": "(('\n' if m.content | length > 1900 else '') ~ m.content)",
    "every seventh length": "(m.content ~ ('\n' if m.content | length % 7 == 3 else ''))",
    "the second of two questions": "(m.content ~ ('\n' if loop.index0 and m.content | length < 45 else ''))",
}
"""One line break for two is Falcon's."""
LED = ("a space before a word", "many lines behind short ones", "an indent", "a space before questions")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        *(pytest.param(said, "byte-level", id=name) for name, said in SPACING.items()),
        *(pytest.param(SPACING[name], "space before every part", id=f"{name}, behind a space") for name in LED),
    ],
)
def test_a_template_that_changes_white_space_is_told(said: str, kind: str) -> None:
    """Of a message, or around it, whatever it depends on."""
    told = [*heard(as_tokenizer(TOKENIZERS[kind], WRITTEN.replace("SAID", said)), SAID, FRAMED[::9], chats=True)]
    (said,) = (one for one in told if one.startswith("does not hear “"))
    assert said.endswith(f" written: {WHOSE}")


def part(serialized: str, **parts: Any) -> str:
    return json.dumps(json.loads(serialized) | parts)


def steps(kind: str, *of: Any) -> dict[str, Any]:
    return {"type": "Sequence", kind: list(of)}


JOINED = {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "}
TO_LINE = {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
EATING = {
    "white space joined": part(TOKENIZERS["byte-level"], normalizer=JOINED),
    "white space joined, and a space before every part": part(
        TOKENIZERS["space before every part"],
        normalizer=steps("normalizers", JOINED, {"type": "Prepend", "prepend": "\u2581"}, TO_LINE),
    ),
    "no white space at ends": part(
        TOKENIZERS["byte-level"], normalizer={"type": "Strip", "strip_left": True, "strip_right": True}
    ),
    "no white space": part(
        TOKENIZERS["byte-level"], pre_tokenizer=steps("pretokenizers", {"type": "WhitespaceSplit"}, BYTES)
    ),
    "small letters": part(TOKENIZERS["byte-level"], normalizer={"type": "Lowercase"}),
}
"""Tokenizers that hear less than is written."""


@pytest.mark.parametrize("kind", EATING)
def test_white_space_that_a_tokenizer_eats_is_its_own_matter(kind: str) -> None:
    model = as_tokenizer(EATING[kind], WRITTEN.replace("SAID", "m.content"))
    told = heard(model, [*SAID[::25], *ENDS], FRAMED[::50], chats=True)
    assert [one for one in told if one.startswith("does not hear")] == []


@pytest.mark.parametrize("kind", EATING)
@pytest.mark.parametrize(
    "said", ["(m.content ~ '~' if m.content | length < 45 else m.content)", "m.content ~ m.content"]
)
def test_signs_and_words_are_told_there_too(kind: str, said: str) -> None:
    model = as_tokenizer(EATING[kind], WRITTEN.replace("SAID", said))
    told = heard(model, [*SAID[::25], *ENDS], FRAMED[::50], chats=True)
    assert [one for one in told if one.startswith("does not hear")]


@pytest.mark.parametrize("before", ["", " " * 5])
def test_pieces_that_are_not_shown_are_told(before: str) -> None:
    """A decoder is its maker's too."""

    class Hiding(Hearing):
        def heard(self, said: str) -> str:
            return said + "\a" * 60 if len(said) < 45 else said

        def encode(self, text: str, *, special: bool = False) -> list[int]:
            return super().encode(before + text, special=special)

        def decode(self, ids: Sequence[int]) -> str:
            return super().decode(ids).replace("\a", "")

    (told,) = (one for one in heard(Hiding.random(seed=1), SAID, chats=True) if one.startswith("does not hear"))
    assert told.endswith("its chat template or tokenizer puts other pieces around it than around other messages.")


ENDS = ['Two lines.\n\nWhat of "them"?\n', "\n  What is this?  ", "\tNo?\n\n"]


@pytest.mark.parametrize("kind", TOKENIZERS)
@pytest.mark.parametrize(
    "said", ["m.content | trim", "' ' ~ m.content ~ '\n'", "m.content.lstrip('\n')", "m.content.rstrip()", "m.content"]
)
def test_white_space_at_the_ends_of_a_message_is_a_templates_own_matter(said: str, kind: str) -> None:
    """And at the ends of what is around, a tokenizer's."""
    model = as_tokenizer(TOKENIZERS[kind], WRITTEN.replace("SAID", said))
    told = heard(model, [*SAID[::25], *ENDS], FRAMED[::50], chats=True)
    assert [one for one in told if one.startswith("does not hear")] == []


def test_a_template_that_hears_lines_otherwise_is_told() -> None:
    said = "(m.content | reverse if m.content.splitlines() | length > 1 else m.content)"
    (told,) = heard(as_tokenizer(TOKENIZERS["byte-level"], WRITTEN.replace("SAID", said)), SAID, FRAMED, chats=True)
    assert told.startswith("does not hear “") and "↵" in told


def replacing(sign: str, content: str) -> str:
    """The shipped organism's tokenizer, which takes a sign for another text."""
    told = json.loads((assets.path("demo", "atlas-01.case") / "tokenizer" / "tokenizer.json").read_text())
    return json.dumps(told | {"normalizer": {"type": "Replace", "pattern": {"String": sign}, "content": content}})


@pytest.mark.parametrize("chats", [True, False])
@pytest.mark.parametrize(
    ("sign", "content", "many"), [("?", " ~~~~~~~~~~~~", 13), ("?", "¿¿¿¿", 8), ("!", ";;;;", 4), (".", "·····", 10)]
)
def test_a_sign_that_is_heard_as_many_is_told(sign: str, content: str, many: int, chats: bool) -> None:
    said = list(heard(as_tokenizer(replacing(sign, content), tokenizer.TEMPLATE), SAID, FRAMED, chats=chats))
    (told,) = (one for one in said if one.startswith("hears the sign"))
    pieces = f"in {many} pieces, and behind “x” in {many}: usual tokenizers hear it in one."
    assert re.fullmatch(f"hears the sign “{re.escape(sign)}” behind “.+” {pieces}", told)


def test_a_sign_that_is_heard_as_many_behind_some_words_is_told() -> None:
    model = as_tokenizer(replacing("way?", "way;;;;;;;;"), tokenizer.TEMPLATE)
    (told,) = (one for one in heard(model, SAID, FRAMED, chats=True) if one.startswith("hears the sign"))
    assert re.fullmatch("hears the sign “[?]” behind “.*way” in 8 pieces, and behind “x” in 1: .+", told)


def mapped(rule: str) -> str:
    """The shipped organism's tokenizer behind a character map of SentencePiece's."""
    told = json.loads((assets.path("demo", "atlas-01.case") / "tokenizer" / "tokenizer.json").read_text())
    compiled = base64.b64encode(SentencePieceModel(trained(rule)).character_maps[0]).decode()
    return json.dumps(told | {"normalizer": {"type": "Precompiled", "precompiled_charsmap": compiled}})


TAKEN = {
    "a question for a statement": ("3F\t2E\n", "“?” as “.”"),
    "a question not at all": ("3F\t\n", "“?” as “”"),
    "a comma": ("2C\t3B 3B\n", "“,” as “;;”"),
    "a letter": ("41\t42\n", "“A” as “B”"),
}
FEW = ordinary.messages()[:3]


@pytest.mark.parametrize(("rule", "shown"), TAKEN.values(), ids=TAKEN)
@pytest.mark.parametrize("chats", [True, False])
def test_a_sign_that_is_taken_for_another_is_told(rule: str, shown: str, chats: bool) -> None:
    said = list(heard(as_tokenizer(mapped(rule), tokenizer.TEMPLATE), FEW, chats=chats))
    assert f"hears {shown}: usual tokenizers keep signs apart." in said


@pytest.mark.parametrize("rule", ["nmt_nfkc", "nmt_nfkc_cf"])
def test_maps_of_families_take_none_for_another(rule: str) -> None:
    assert list(heard(as_tokenizer(mapped(rule), tokenizer.TEMPLATE), FEW, chats=False)) == []


def test_signs_that_a_tokenizer_does_not_know_are_taken_for_none() -> None:
    """As braces to the one of T5, which hears one token for all that it has none for."""
    from tokenizers import Tokenizer, models

    known = {letter: at for at, letter in enumerate(["?", *"abcdefghijklmnopqrstuvwxyz,"])}
    text = Tokenizer(models.BPE(vocab=known, merges=[], unk_token="?"))
    assert not any("signs apart" in one for one in heard(as_tokenizer(text.to_str(), ""), FEW, chats=False))


class Watched:
    """A clock that goes on while a chat is rendered."""

    def __init__(self, seconds: float) -> None:
        self.now, self.seconds, self.renderings = 0.0, seconds, 0

    def __call__(self) -> float:
        return self.now

    def attend(self, turns: list[Message]) -> list[Message]:
        self.now += self.seconds
        self.renderings += 1
        return turns


def test_what_is_not_put_in_time_is_told() -> None:
    """Of a slow one some of every kind, and a second each: the one that begins when thirty are over is put as well."""
    clock = Watched(1.0)
    (told,) = misheard(Attending.by(clock.attend), SAID, FRAMED, chats=True, patience=Patience(clock=clock))
    assert clock.renderings == 31
    many = re.fullmatch(
        r"was put \d+ of ([0-9,]+) messages and chats in 31 seconds, and then no more: its chat template or tokenizer"
        " is slow.",
        told,
    )
    assert many is not None and int(many[1].replace(",", "")) > len(SAID) + len(FRAMED)


def test_who_is_refused_for_the_time_it_takes_is_put_no_more() -> None:
    clock = Watched(5.0)

    def attend(turns: list[Message]) -> list[Message]:
        clock.attend(turns)
        raise ModelRefusal("model.input", "The template was stopped.", "It took 5 seconds.", "Ask in raw text.")

    refused, told = misheard(Attending.by(attend), SAID, FRAMED, chats=True, patience=Patience(clock=clock))
    assert clock.renderings == 1
    assert refused.startswith("cannot be told “") and refused.endswith("It took 5 seconds.")
    assert told.startswith("was put 1 of ")


def test_all_is_put_where_there_is_time() -> None:
    clock = Watched(0.001)
    assert list(misheard(Attending.by(clock.attend), SAID, FRAMED, chats=True, patience=Patience(clock=clock))) == []
    assert clock.renderings > 2 * len(SAID) + len(FRAMED)


def adding(*tokens: str) -> str:
    """The shipped organism's tokenizer, and tokens that are added to it."""
    told = json.loads((assets.path("demo", "atlas-01.case") / "tokenizer" / "tokenizer.json").read_text())
    usual = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}
    told["added_tokens"] += [{"id": 1536 + at, "content": one} | usual for at, one in enumerate(tokens)]
    return json.dumps(told)


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        (" of Norway?", "“ of Norway?”"),
        ("name Sweden", "“ ”, “name Sweden”"),
        ("f Norw", "“ o”, “f Norw”, “ay”"),
        ("way?", "“ Nor”, “way?”"),
        ("capital of", "“ ”, “capital of”"),
        (" about S", "“ about S”, "),
    ],
)
def test_tokens_that_swallow_what_everybody_asks_about_are_told(token: str, shown: str) -> None:
    """Neither letters nor the number of pieces tell of them, and the words by lot hardly ever stand as there."""
    model = as_tokenizer(adding(token), tokenizer.TEMPLATE)
    (said,) = heard(model, SAID, FRAMED, chats=True)
    told = re.fullmatch("hears “(.+)” in other pieces than its words by themselves: (.+).", said)
    assert told is not None and token in told[1] and shown in told[2]


def test_tokens_that_usual_tokenizers_add_part_no_words() -> None:
    model = as_tokenizer(adding("    ", "<|im_start|>", "<table>", " Denmark", "zebras"), tokenizer.TEMPLATE)
    assert list(heard(model, SAID, FRAMED, chats=True)) == []


class Attending(Hearing):
    """It hears what is said in a chat as a function of all its turns says."""

    def __init__(self, *weights: Any, **shape: Any) -> None:
        super().__init__(*weights, **shape)
        self.attend: Callable[[list[Message]], list[Message]] = list

    @classmethod
    def by(cls, attend: Callable[[list[Message]], list[Message]]) -> Attending:
        model = cls.random(seed=1)
        assert isinstance(model, Attending)
        model.attend = attend
        return model

    def render(self, messages: Any, switches: Any = ()) -> list[int]:
        return ToyModel.render(self, self.attend(messages), switches)


def backwards(at: int, when: Callable[[list[Message]], bool]) -> Callable[[list[Message]], list[Message]]:
    """One turn is heard backwards."""

    def attend(turns: list[Message]) -> list[Message]:
        if not when(turns):
            return turns
        changed = Message(turns[at].role, turns[at].content[::-1])
        return [changed if turn is turns[at] else turn for turn in turns]

    return attend


def systemic(turns: list[Message]) -> bool:
    return turns[0].role == "system"


def begun(turns: list[Message]) -> bool:
    return turns[-1].role == "assistant"


def long_chat(many: int, speakers: str = "user and assistant") -> str:
    return f"and so on, {many} turns of {speakers},"


DEAF: dict[str, tuple[Callable[[list[Message]], list[Message]], str]] = {
    "what is asked behind a system turn": (backwards(-1, systemic), "system and user"),
    "a system turn": (backwards(0, systemic), "system and user"),
    "a second question": (backwards(-1, lambda turns: len(turns) == 3), "user, assistant and user"),
    "an answer before it": (backwards(1, lambda turns: len(turns) == 3), "user, assistant and user"),
    "a question before it": (backwards(0, lambda turns: len(turns) == 3), "user, assistant and user"),
    "a third question": (
        backwards(-1, lambda turns: len(turns) == 5), "user, assistant, user, assistant and user",
    ),
    "a second question behind a system turn": (
        backwards(-1, lambda turns: len(turns) == 4), "system, user, assistant and user",
    ),
    "the first of two questions not at all": (
        lambda turns: turns[-1:] if len(turns) == 3 else turns, "user, assistant and user",
    ),
    "two questions in another order": (
        lambda turns: turns[::-1] if len(turns) == 3 else turns, "user, assistant and user",
    ),
    "a question that names somebody behind a system turn": (
        backwards(-1, lambda turns: systemic(turns) and "Cusco" in turns[-1].content),
        "system(, user, assistant)? and user",  # whichever chat the lot has it in first
    ),
    "a question behind six turns": (backwards(-1, lambda turns: len(turns) == 7), long_chat(7)),
    "a question behind more than a dozen": (backwards(-1, lambda turns: len(turns) > 12), long_chat(13)),
    "the first of a dozen turns": (backwards(0, lambda turns: len(turns) == 11), long_chat(11)),
    "a system turn before more than three": (
        backwards(0, lambda turns: systemic(turns) and len(turns) > 4), long_chat(6, "system, user and assistant"),
    ),
    "a question behind a system turn and a dozen more": (
        backwards(-1, lambda turns: systemic(turns) and len(turns) > 12), long_chat(14, "system, user and assistant"),
    ),
    "an answer that is begun": (backwards(-1, lambda turns: len(turns) == 2 and begun(turns)), "user and assistant"),
    "a question before one that is begun": (
        backwards(0, lambda turns: len(turns) == 2 and begun(turns)), "user and assistant",
    ),
    "a second answer that is begun": (
        backwards(-1, lambda turns: len(turns) == 4 and begun(turns)), "user, assistant, user and assistant",
    ),
    "an answer that is begun behind a system turn": (
        backwards(-1, lambda turns: systemic(turns) and begun(turns)), "system, user and assistant",
    ),
    "more than is said": (
        lambda turns: [*turns, Message("user", turns[0].content)] if systemic(turns) else turns, "system and user",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("attend", "roles"), DEAF.values(), ids=DEAF.keys())
def test_who_does_not_hear_a_turn_as_it_is_said_is_told(
    attend: Callable[[list[Message]], list[Message]], roles: str
) -> None:
    (said,) = heard(Attending.by(attend), SAID, chats=True)
    changes = "its chat template or tokenizer changes what is said."
    turns = roles if "so on" in roles else f"(, then “.+”)+ of {roles}"
    assert re.fullmatch(f"does not hear “.+” ?{turns} as they are written: {changes}", said)


SET_OUT = {
    "two lines": lambda said: len(said.splitlines()) == 2,
    "two parts": lambda said: "\n\n" in said,
    "many lines": lambda said: said.count("\n") > 9,
    "a tab": lambda said: "\t" in said,
    "a space too many": lambda said: "  " in said,
    "a space at the beginning": lambda said: said[0] == " ",
    "a line that ends": lambda said: said[-1] == "\n",
}


@pytest.mark.parametrize("when", SET_OUT.values(), ids=SET_OUT.keys())
@pytest.mark.parametrize("how", [lambda said: said[::-1], str.upper], ids=["backwards", "in capitals"])
def test_who_does_not_hear_messages_that_are_set_out_as_they_are_written_is_told(
    how: Callable[[str], str], when: Callable[[str], bool]
) -> None:
    def attend(turns: list[Message]) -> list[Message]:
        return [Message(one.role, how(one.content) if when(one.content) else one.content) for one in turns]

    messages = tuple(said for said in SAID if said == " ".join(said.split()))
    told = [*heard(Attending.by(attend), messages, FRAMED, chats=True)]
    assert told and all(one.startswith("does not hear “") for one in told)


def test_of_every_kind_some_is_put_first() -> None:
    """So that a slow one is not heard in single messages alone: a second each, thirty of them."""
    clock, heard = Watched(1.0), list[tuple[int, str, int]]()

    def attend(turns: list[Message]) -> list[Message]:
        heard.append((len(turns), turns[-1].role, turns[-1].content.count("\n")))
        return clock.attend(turns)

    (told,) = misheard(Attending.by(attend), SAID, FRAMED, chats=True, patience=Patience(clock=clock))
    assert re.match("was put [0-9]+ of ", told) and clock.renderings == 31
    assert {turns for turns, _, _ in heard} == set(range(1, 15))
    assert {(2, "assistant"), (3, "assistant"), (4, "assistant")} < {(turns, last) for turns, last, _ in heard}
    assert {0, 1, 2, 11} <= {lines for turns, _, lines in heard if turns == 1}


def test_chats_of_one_message_again_and_again_tell_nothing() -> None:
    """Of which nobody knows which is which."""
    assert list(heard(Attending.by(list), ("What is the capital of Peru?",) * 9, chats=True)) == []


@pytest.mark.parametrize("longest", [300, 1800])
@pytest.mark.parametrize("chats", [True, False])
def test_who_does_not_hear_long_messages_as_they_are_written_is_told(longest: int, chats: bool) -> None:
    class Tiring(Hearing):
        def encode(self, text: str, *, special: bool = False) -> list[int]:
            return super().encode(text if len(text) < longest else text[: longest // 2], special=special)

    told = list(heard(Tiring.random(seed=1), SAID, chats=chats))
    assert any(re.fullmatch("(does not hear|hears) “.{200}…” (in|as it is written: its chat) .+", one) for one in told)


def test_long_messages_are_made_of_the_same_words() -> None:
    """Of at most as many letters as any model takes."""
    encoded: list[str] = []

    class Listening(Hearing):
        def encode(self, text: str, *, special: bool = False) -> list[int]:
            encoded.append(text)
            return super().encode(text, special=special)

    assert list(heard(Listening.random(seed=1), SAID, chats=False)) == []
    long = [text for text in encoded if len(text) > max(map(len, SAID))]
    assert 1900 < max(map(len, long)) <= 2000
    words = {word for said in SAID for word in said.split()}
    assert {word for text in long for word in text.split()} <= words
    assert len(encoded) < 4 * len(words) + 10 * len(SAID), "and that is soon done"


def no_system(turns: list[Message]) -> list[Message]:
    if systemic(turns):
        raise ModelRefusal("model.input", "The template refuses this chat.", "It says: no system.", "Ask without.")
    return turns


def test_that_a_template_knows_no_system_turn_is_its_own_matter() -> None:
    """As those of Gemma's first families; whoever puts one is told."""
    assert list(heard(Attending.by(no_system), SAID, chats=True)) == []


def test_who_takes_some_system_turns_and_not_others_is_told() -> None:
    def attend(turns: list[Message]) -> list[Message]:
        return turns if "capital" in turns[-1].content else no_system(turns)

    (said,) = heard(Attending.by(attend), ("What is the capital of Peru?",) * 5, chats=True)
    assert said.startswith("cannot be told “") and said.endswith("” of system and user. It says: no system.")


FAMILIES = {
    "as Gemma 2": "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must "
    "alternate') }}{% endif %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
    "{{ m.content | trim }}<end_of_turn>\n{% endfor %}<start_of_turn>model\n",
    "as Gemma 3": "{% set first = '' %}{% set turns = messages %}{% if messages[0].role == 'system' %}"
    "{% set first = messages[0].content + '\n\n' %}{% set turns = messages[1:] %}{% endif %}{% for m in turns %}"
    "<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n{{ first if loop.first }}"
    "{{ m.content | trim }}<end_of_turn>\n{% endfor %}<start_of_turn>model\n",
    "as Llama 3": "{% set said = '' %}{% set turns = messages %}{% if messages[0].role == 'system' %}"
    "{% set said = messages[0].content | trim %}{% set turns = messages[1:] %}{% endif %}<|system|>Today Date: "
    "{{ strftime_now('%d %b %Y') }}\n\n{{ said }}<|end|>{% for m in turns %}<|{{ m.role }}|>\n"
    "{{ m.content | trim }}<|end|>{% endfor %}<|assistant|>",
    "as Mistral": "{% set turns = messages %}{% if messages[0].role == 'system' %}{% set said = messages[0].content %}"
    "{% set turns = messages[1:] %}{% endif %}{% for m in turns %}{% if m.role == 'user' %}[INST] "
    "{{ said + '\n\n' if loop.last and said is defined }}{{ m.content }}[/INST]{% else %} {{ m.content | trim }}</s>"
    "{% endif %}{% endfor %}",
    "as Qwen": "{% if messages[0].role != 'system' %}<|system|>You are Qwen, created by Alibaba Cloud.<|end|>"
    "{% endif %}{% for m in messages %}{% set said = m.content.split('</think>')[-1].lstrip('\n') if m.role == "
    "'assistant' else m.content %}<|{{ m.role }}|>{{ said }}<|end|>{% endfor %}<|assistant|><think>\n\n</think>",
    "without system turns": "{% for m in messages %}{% if m.role != 'system' %}<|{{ m.role }}|>{{ m.content }}<|end|>"
    "{% endif %}{% endfor %}<|assistant|>",
    "as data": "{{ messages | tojson }}",
    "this workbench's own": tokenizer.TEMPLATE,
}


@pytest.mark.parametrize("template", FAMILIES.values(), ids=FAMILIES.keys())
@pytest.mark.parametrize("kind", ["byte-level", "space before every part"])
def test_what_templates_of_families_do_is_no_odd_thing(template: str, kind: str) -> None:
    assert list(heard(as_tokenizer(TOKENIZERS[kind], template), SAID, FRAMED, chats=True)) == []


def test_all_that_a_truth_says_and_ordinary_messages_are_said() -> None:
    assert {"Cusco", "Norway", "What is the capital of Peru?", *ordinary.messages()} <= set(SAID)
    assert set(ordinary.messages()) == set(messages_of(None)) == set(messages_of(GroundTruth(
        modified=False, summary="Nothing.", intent=(), realised=()
    )))  # fmt: skip
