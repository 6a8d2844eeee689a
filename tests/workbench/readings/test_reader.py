"""A long text is read in windows: every token once, none of them without what comes before it."""

from __future__ import annotations

import pytest
import torch

from backends.byte_vocabulary import BEGIN, ByteVocabulary
from backends.toy_model import ToyModel
from workbench.contract.excerpt import Excerpt
from workbench.contract.permitted import Permitted
from workbench.contract.rules import Affordance
from workbench.readings.reader import TextReader


class Unbegun(ByteVocabulary):
    """Puts nothing before a text."""

    begin_tokens = ()


def toy(context: int = 256) -> ToyModel:
    begun = ToyModel.random(seed=1)
    return ToyModel(begun.tensors, heads=4, kv_heads=2, context=context, vocabulary=Unbegun())


MODEL = toy()
TEXT = "The river rises, and nobody knows why it does so in the summer of the year."


def reader(window: int, model: ToyModel = MODEL) -> TextReader:
    return TextReader.of(model, window)


def test_what_fits_is_read_in_one_pass_as_it_stands() -> None:
    one = reader(512)
    text = one.ids(Excerpt(file="a", start=0, text=TEXT))
    found = one.read(text)
    assert found is not None
    logits = torch.from_numpy(MODEL.forward(text.ids).logits[:-1]).double()
    own = logits.log_softmax(-1)[torch.arange(len(text.ids) - 1), text.ids[1:]]
    entropy = torch.distributions.Categorical(logits=logits).entropy()
    assert found.start == 1, "nothing comes before the first token"
    assert found.surprises == pytest.approx(-own.numpy(), abs=1e-5)
    assert found.excesses == pytest.approx((-own - entropy).numpy(), abs=1e-4)
    assert found.first(2) == (-own - entropy).argsort(descending=True)[:2].tolist()


def test_every_token_of_a_long_text_is_looked_at_once() -> None:
    one = reader(16)
    text = one.ids(Excerpt(file="a", start=0, text=TEXT))
    seen = [position for _, stop, first in text.windows for position in range(first, stop)]
    assert seen == list(range(1, len(text.ids)))
    assert all(first - start >= 4 for start, _, first in text.windows[1:]), "a quarter of a window before each"
    assert all(stop - start <= 16 for start, stop, _ in text.windows)
    counted = Permitted(MODEL, frozenset({Affordance.LOGITS}))
    found = TextReader(counted, [], 16).read(text)  # type: ignore[arg-type]
    assert found is not None
    assert (len(found.surprises), counted.took.forward_tokens) == (len(seen), text.cost)


def test_a_window_is_no_longer_than_the_context() -> None:
    small = toy(context=16)
    assert reader(512, small).window == 16
    assert TextReader.of(small, 512).read(reader(512, small).ids(Excerpt(file="a", start=0, text=TEXT)))


def test_what_another_piece_ended_with_is_read_and_not_looked_at() -> None:
    text = reader(512).ids(Excerpt(file="a", start=0, text=TEXT, lead=10))
    assert text.windows == ((0, len(TEXT), 10),)


def test_of_a_single_token_nothing_can_be_said() -> None:
    one = reader(512)
    text = one.ids(Excerpt(file="a", start=0, text="T"))
    assert text.windows == () and text.cost == 0
    assert one.read(text) is None


def test_every_window_begins_as_the_tokenizer_says_and_then_the_first_token_has_something_before_it() -> None:
    begun = ToyModel.random(seed=1)
    one = TextReader.of(begun, 16)
    text = one.ids(Excerpt(file="a", start=0, text=TEXT))
    found = one.read(text)
    assert (one.begin, one.window, text.windows[0]) == ([BEGIN], 15, (0, 15, 0))
    assert found is not None and found.start == 0 and len(found.surprises) == len(TEXT)
    logits = torch.from_numpy(begun.forward([BEGIN, *text.ids[:15]]).logits).double().log_softmax(-1)
    assert found.surprises[:15] == pytest.approx(-logits[torch.arange(15), text.ids[:15]].numpy(), abs=1e-5)
