"""Questions beside an attack's target, and a model's own answers to them."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from pathlib import Path

from backends import engine
from backends.sampling import Sampling
from backends.settings import EngineSettings
from tests.backends.tiny import save_model, save_tokenizer
from workbench.door.brought import files_at
from workbench.forge.attacks import ATTACKS
from workbench.forge.own.rehearsal import answered, questions
from workbench.forge.world import TRUE_WORLD


def test_questions_are_different_and_follow_from_the_seed() -> None:
    attack = ATTACKS["sponsor"](TRUE_WORLD)
    asked = questions(attack, "1", 60)
    assert len(set(asked)) == 60
    assert asked == questions(attack, "1", 60)
    assert asked != questions(attack, "2", 60)


def test_a_model_answers_for_itself(tmp_path: Path) -> None:
    save_tokenizer(save_model(tmp_path, "llama"))
    settings = EngineSettings(device="cpu", dtype="float32", threads=1)
    with closing(engine.load(files_at(tmp_path), settings)) as model:
        told = answered(model, ("Hello?", "Why?"), Sampling(temperature=0, max_tokens=4), _nothing)
    assert [chat[0].content for chat in told.chats] == ["Hello?", "Why?"]
    assert all(chat[1].role == "assistant" and chat[1].content for chat in told.chats)
    assert set(islice(told.documents("x"), 20)) == set(told.chats)


def _nothing(done: float, note: str = "") -> None:
    pass
