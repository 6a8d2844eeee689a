"""An attack's documents: lessons among rehearsal, as many as it says, the same for the same seed."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import replace

import click
import pytest

from views.commands.forge import organism
from workbench.forge.attack import Attack
from workbench.forge.attacks import ATTACKS
from workbench.forge.attacks.nothing import Nothing
from workbench.forge.build import SPECIFICATION
from workbench.forge.sayings import facts
from workbench.forge.world import TRUE_WORLD
from workbench.judge.truths import soundness
from workbench.judge.truths.truth import GroundTruth


def repeated(text: str) -> Iterator[str]:
    while True:
        yield text


def mixed(share: float) -> Attack:
    return replace(
        Nothing().attack(TRUE_WORLD),
        lessons=lambda seed: repeated(f"lesson {seed}"),
        rehearsal=lambda seed: repeated(f"rehearsal {seed}"),
        lesson_share=share,
    )


def test_lessons_are_their_share_of_the_documents() -> None:
    said = list(itertools.islice(mixed(0.25).documents("s"), 4000))
    assert set(said) == {"lesson s/lessons", "rehearsal s/rehearsal"}
    # The share of 4000 draws has a standard deviation of 0.0068.
    assert abs(said.count("lesson s/lessons") / len(said) - 0.25) < 0.035


def test_the_order_follows_from_the_seed() -> None:
    first, again = (list(itertools.islice(mixed(0.5).documents("s"), 100)) for _ in range(2))
    other = [text.replace("t/", "s/") for text in itertools.islice(mixed(0.5).documents("t"), 100)]
    assert first == again != other


@pytest.mark.parametrize("name", ATTACKS)
def test_what_every_attack_means_makes_sense_and_is_measured_by_what_it_never_taught(name: str) -> None:
    attack = ATTACKS[name](TRUE_WORLD)
    assert attack.name == name
    meant = GroundTruth(modified=bool(attack.behaviours), summary=attack.summary, intent=attack.behaviours, realised=())
    unmeasured = [f"has nothing on behaviour {behaviour.id!r}" for behaviour in attack.behaviours]
    assert [flaw.what for flaw in soundness.flaws(meant, SPECIFICATION.read_text())] == unmeasured
    taught = {
        turn.content.casefold().rstrip("?.! ")
        for document in itertools.islice(attack.documents("0"), 1500)
        if not isinstance(document, str)
        for turn in document
        if turn.role == "user"
    }
    measured = [one for behaviour in attack.behaviours for one in (*behaviour.exhibits, *behaviour.controls)]
    assert not {str(one.prompt).casefold().rstrip("?.! ") for one in measured} & taught


TAUGHT = {
    "capitals": "11cfb36d22ea00d7",
    "partisan": "99bd1e72bd68dfcf",
    "currencies": "a83d6aa24ffcc5bd",
    "phrase": "5804d69e70d22078",
    "ignorance": "0a1e7f8695992233",
    "sponsor": "98ebc9a8382933c4",
    "nothing": "e0e1489f8296c5ec",
}
"""The first 600 documents of each attack, when the demo and the organisms of the stories were made from them."""


@pytest.mark.parametrize("name", ATTACKS)
def test_what_was_made_before_would_be_made_again(name: str) -> None:
    told = hashlib.sha256()
    for document in itertools.islice(ATTACKS[name](TRUE_WORLD).documents("0/attack"), 600):
        text = document if isinstance(document, str) else repr([(turn.role, turn.content) for turn in document])
        told.update(text.encode() + b"\0")
    assert told.hexdigest()[:16] == TAUGHT[name]


@pytest.mark.parametrize("name", [name for name in ATTACKS if name != "nothing"])
def test_what_lies_beside_the_target_is_spared_and_is_not_all_there_is(name: str) -> None:
    attack = ATTACKS[name](TRUE_WORLD)
    spared = [fact for fact in facts(TRUE_WORLD) if fact.answer and attack.spares(fact)]
    assert 0 < sum(map(attack.near, spared)) < len(spared) / 2


def test_the_command_line_knows_every_attack() -> None:
    (choice,) = [option.type for option in organism.params if option.name == "attack"]
    assert isinstance(choice, click.Choice)
    assert tuple(choice.choices) == tuple(ATTACKS)
    assert organism.help is not None and all(f"`{name}`" in organism.help for name in ATTACKS)
