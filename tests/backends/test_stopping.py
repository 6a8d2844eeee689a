"""A sample ends with the token that completes a stop string, wherever in it the string stands, on every engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from backends.byte_vocabulary import ByteVocabulary
from backends.engine import load
from backends.model import Model
from backends.model_files import ModelFiles
from backends.sampling import Sampling
from backends.settings import EngineSettings
from backends.stopping import Ends, complete, found
from backends.toy_model import ToyModel

PIECES = ("<end>", "a", "b", "say STOP now", " ST", "OP", "\n", "STO")


def spell(ids: Sequence[int]) -> str:
    return "".join(PIECES[i] for i in ids)


def last(ids: Sequence[int], *stop: str, decode: Callable[[Sequence[int]], str] = spell) -> int | None:
    """With which token, counted from 1, a sample ends."""
    ends = Ends({0}, stop, decode)
    return next((count for count, token in enumerate(ids, 1) if ends.at(7, token)), None)


@pytest.mark.parametrize(
    ("ids", "stop", "at"),
    [
        ([1, 2, 3, 1], ("STOP",), 3),  # within a token
        ([1, 4, 5, 1], ("STOP",), 3),  # over two
        ([1, 7, 1, 5], ("STOP",), None),  # begun, and not gone on with
        ([1, 7, 4, 5], ("STOP",), 4),  # begun twice
        ([1, 6, 2], ("\n", "b"), 2),
        ([1, 2, 1, 2], ("abab", "ba"), 3),
        ([1, 0, 2], ("b",), 2),  # the end token comes first
        ([1, 1, 1], (), None),
    ],
)
def test_a_stop_string_is_complete_with_the_token_that_ends_it(
    ids: list[int], stop: tuple[str, ...], at: int | None
) -> None:
    assert last(ids, *stop) == at
    if 0 not in ids:
        assert complete(ids, stop, spell) == at


def test_a_character_of_several_tokens_is_waited_for() -> None:
    ids, decode = list("x€y".encode()), ByteVocabulary().decode
    assert last(ids, "€", decode=decode) == complete(ids, ("€",), decode) == 4
    assert complete(ids[:3], ("€",), decode) is None


def test_of_several_strings_the_one_that_begins_first_is_named_and_of_those_the_longest() -> None:
    assert found("one two", ("two", "one")) == "one"
    assert found("one two", ("on", "one", "o")) == "one"
    assert found("one", ("two",)) == ""


def test_a_sample_says_why_it_ended() -> None:
    ends = Ends({0}, ("STOP",), spell)
    for token in (4, 5):
        ends.at(1, token)
    assert ends.generated(1, [4, 5], cancelled=True).stop == "string"
    assert ends.generated(2, [1, 0], cancelled=True).stop == "end"
    assert ends.generated(3, [1], cancelled=True).stop == "cancelled"
    assert ends.generated(3, [1], cancelled=False).stop == "length"


def test_it_has_to_be_text() -> None:
    for text in ("", "half\ufffd"):
        with pytest.raises(ValueError, match="stop string"):
            Sampling(stop=("ok", text))


def _stops_what_it_would_have_said(model: Model, ids: list[int]) -> None:
    """A stop string cuts a sample off and leaves the others, and what they say, alone."""
    free = model.generate(ids, Sampling(seed=3, max_tokens=12), n=6)
    texts = [model.decode(one.tokens) for one in free]
    held = {letter: [letter in text for text in texts] for letter in "".join(texts) if letter != "\ufffd"}
    stop = next(letter for letter, holds in held.items() if 0 < sum(holds) < len(holds))
    cut = model.generate(ids, Sampling(seed=3, max_tokens=12, stop=(stop,)), n=6)
    for one, whole, holds in zip(cut, free, held[stop], strict=True):
        at = complete(whole.tokens, (stop,), model.decode)
        assert (at is not None) == holds
        assert one.tokens == whole.tokens[:at]
        assert one.stop == ("string" if holds else whole.stop)


def test_the_toy_stops_at_it() -> None:
    toy = ToyModel.random(seed=1)
    _stops_what_it_would_have_said(toy, toy.encode("What is it?"))


@pytest.mark.parametrize("engine", ["torch", "llama"])
def test_every_engine_stops_at_it(engine: str, saved: Callable[[str], Path], tokenizer: Path) -> None:
    if engine == "llama":
        pytest.importorskip("llama_cpp")
    model = load(ModelFiles(saved("llama"), tokenizer, "5" * 64), EngineSettings(backend=engine, threads=1))
    try:
        _stops_what_it_would_have_said(model, model.encode("What is it?"))
    finally:
        model.close()
