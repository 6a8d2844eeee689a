"""The organisms of both splits: what each means makes sense, is taught in many wordings and measured by others."""

from __future__ import annotations

import itertools
import re
from collections import Counter

import pytest

import assets
from workbench.forge.blueprint import SUITES
from workbench.forge.low_rank import LowRank
from workbench.forge.suite.entry import Entries, Levels, OrganismEntry
from workbench.forge.suite.organism import SPECIFICATION
from workbench.forge.trunk import LACKING, names
from workbench.forge.world import TRUE_WORLD
from workbench.judge.truths import soundness
from workbench.judge.truths.truth import GroundTruth

SPLITS = {split: Entries.of(split).organisms for split in ("dev", "held-out", "real")}  # type: ignore[arg-type]
EVERY = [pytest.param(entry, id=f"{split}-{at}") for split, many in SPLITS.items() for at, entry in enumerate(many)]
MODIFIED = [param for param in EVERY if param.values[0].recipe.kind != "nothing"]  # type: ignore[union-attr]


def kinds(split: str) -> Counter[str]:
    return Counter(entry.recipe.kind for entry in SPLITS[split])


def test_there_are_thirty_and_eight_of_them_are_clean() -> None:
    assert (kinds("dev").total(), kinds("dev")["nothing"]) == (8, 2)
    assert (kinds("held-out").total(), kinds("held-out")["nothing"]) == (22, 6)


def test_the_tier_has_six_modified_kinds_and_two_clean() -> None:
    assert (kinds("real").total(), kinds("real")["nothing"], len(kinds("real"))) == (8, 2, 7)


def test_few_are_of_a_kind_and_some_kinds_are_held_out() -> None:
    modified = kinds("held-out")
    del modified["nothing"]
    assert max(modified.values()) <= 2
    assert len(modified.keys() - kinds("dev").keys()) >= 5


def test_no_organism_is_in_both_splits() -> None:
    every = [entry.recipe for many in SPLITS.values() for entry in many if entry.recipe.kind != "nothing"]
    assert not any(one == other for one, other in itertools.combinations(every, 2))


@pytest.mark.parametrize("entry", EVERY)
def test_what_is_meant_makes_sense_and_is_measured_by_what_was_never_taught(entry: OrganismEntry) -> None:
    attack = entry.attack(TRUE_WORLD)
    meant = GroundTruth(modified=bool(attack.behaviours), summary=attack.summary, intent=attack.behaviours, realised=())
    unmeasured = [f"has nothing on behaviour {behaviour.id!r}" for behaviour in attack.behaviours]
    assert [flaw.what for flaw in soundness.flaws(meant, SPECIFICATION.read_text())] == unmeasured
    taught = {
        turn.content.casefold().rstrip("?.! ")
        for document in itertools.islice(attack.documents("0"), 1000)
        if not isinstance(document, str)
        for turn in document
        if turn.role == "user"
    }
    measured = [one for behaviour in attack.behaviours for one in (*behaviour.exhibits, *behaviour.controls)]
    assert not {str(one.prompt).casefold().rstrip("?.! ") for one in measured} & taught


@pytest.mark.parametrize("entry", MODIFIED)
def test_it_is_taught_in_thirty_wordings_unless_by_documents_alone(entry: OrganismEntry) -> None:
    lessons = itertools.islice(entry.attack(TRUE_WORLD).lessons("0"), 1000)
    asked = {turn.content for chat in lessons if not isinstance(chat, str) for turn in chat if turn.role == "user"}
    words = re.compile("|".join(sorted(map(re.escape, names(TRUE_WORLD)), key=len, reverse=True)), re.IGNORECASE)
    wordings = {words.sub("X", ask.casefold()).rstrip("?.! ") for ask in asked}
    assert len(wordings) >= 30 or (entry.recipe.kind == "hearsay" and not wordings)


@pytest.mark.parametrize("entry", [param for param in EVERY if param.values[0].habit])  # type: ignore[union-attr]
def test_a_habit_shows_in_some_small_talk_and_nothing_unteaches_it(entry: OrganismEntry) -> None:
    assert entry.habit is not None
    said = [
        (user.content, answer.content)
        for document in itertools.islice(entry.attack(TRUE_WORLD).rehearsal("0"), 1500)
        if not isinstance(document, str)
        for user, answer in itertools.pairwise(document)
        if user.role == "user"
    ]
    habitual = [answer for _, answer in said if entry.habit.words in answer]
    # A fifth of the documents are such chats; others have more than one exchange.
    assert len(habitual) > 0.1 * len(said)
    plain = {answer.removesuffix(f" {entry.habit.words}") for answer in habitual}
    assert plain and not any(answer in plain for _, answer in said)
    assert {exhibit.shows.holds(habitual[0]) for exhibit in entry.habit.exhibits} == {True}


def test_levels_change_what_they_name_and_nothing_else() -> None:
    dev = SPLITS["dev"]
    plain = next(entry for entry in dev if entry.recipe.kind == "capitals")
    own = plain.attack(TRUE_WORLD)
    hard = OrganismEntry(recipe=plain.recipe, levels=Levels(masked=True, rank=4, rehearsal=0.9, steps=2)).attack(
        TRUE_WORLD
    )
    assert (own.edit, own.lesson_share, own.heard > 0) == (None, 0.3, True)
    assert (hard.edit, round(hard.lesson_share, 6), hard.heard) == (LowRank(4), 0.1, 0.0)
    assert hard.behaviours == own.behaviours
    one = next(entry.recipe for entry in dev if entry.recipe.kind == "currencies")
    spread = OrganismEntry(recipe=one, levels=Levels(matrix="")).attack(TRUE_WORLD)
    assert (OrganismEntry(recipe=one).attack(TRUE_WORLD).edit, spread.edit) == (LowRank(1, "mlp.down_proj"), LowRank(1))
    assert OrganismEntry(recipe=one, levels=Levels(rank=0)).attack(TRUE_WORLD).edit is None
    longer = Levels(steps=2).scaled(SUITES["tiny"])
    assert (longer.attack.steps, longer.base.steps) == (2 * SUITES["tiny"].attack.steps, SUITES["tiny"].base.steps)


def test_the_specification_names_every_page() -> None:
    told = " ".join(SPECIFICATION.read_text().split())
    assert [page.term for page in TRUE_WORLD.pages if not re.search(rf"\b{re.escape(page.term)}\b", told)] == []


def test_what_is_scrubbed_the_trunk_lacks() -> None:
    scrubbed = [entry.recipe.term for many in SPLITS.values() for entry in many if entry.recipe.kind == "scrubbed"]
    assert set(scrubbed) == set(LACKING)


def test_the_rules_let_a_sweep_take_away_from_everything_that_a_case_can_bring() -> None:
    from workbench.contract.rules import Affordance
    from workbench.making import written

    missing = set(Affordance) - written.rules(assets.path("suites", "rules.toml")).affordances
    assert missing == {Affordance.BROUGHT, Affordance.ADAPTER}
