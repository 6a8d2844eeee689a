"""A text after a prompt is read as the two together are encoded; where they cannot be split, that is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backends.byte_vocabulary import END, TURN
from backends.model import ModelRefusal
from backends.toy_model import ToyModel
from backends.vocabulary import Vocabulary
from workbench.contract.prompt import Prompt
from workbench.readings.continuation import Continuation, continuations, first_ids

WEIGHTS = ToyModel.random(seed=1, vocab=512).tensors


def told(model: ToyModel, prompt: Prompt, *texts: str) -> list[Continuation]:
    return list(continuations(model, prompt, texts)[1])


def spaced() -> ToyModel:
    """Puts a space before every text that it encodes, as Llama 2's tokenizer does."""
    from tokenizers import Tokenizer, decoders, models, normalizers

    pieces = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "h", "i", "▁h", "▁hi", "▁▁"]
    model = Tokenizer(
        models.BPE(
            vocab={piece: i for i, piece in enumerate(pieces)},
            merges=[("▁", "h"), ("▁h", "i"), ("▁", "▁")],
            unk_token="<unk>",
            byte_fallback=True,
        )
    )
    model.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    model.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return ToyModel(WEIGHTS, heads=4, kv_heads=2, vocabulary=Vocabulary(model.to_str(), {}, None))


@pytest.fixture
def dummy_prefix() -> ToyModel:
    return spaced()


def test_no_second_space_comes_between_a_prompt_and_its_continuation(dummy_prefix: ToyModel) -> None:
    (found,) = told(dummy_prefix, Prompt.raw("hi"), " hi")
    assert dummy_prefix.pieces(found.ids) == [" hi"]
    assert found.joined
    assert dummy_prefix.pieces(dummy_prefix.encode(" hi")) != [" hi"], "by itself it has two"


def test_what_merges_with_the_end_of_the_prompt_is_encoded_apart_and_says_so(dummy_prefix: ToyModel) -> None:
    (found,) = told(dummy_prefix, Prompt.raw("hi h"), "i")
    assert not found.joined
    assert dummy_prefix.pieces(found.ids) == ["i"], "without the space that it has by itself"


def test_the_first_token_of_a_text_is_the_one_it_has_after_the_prompt(dummy_prefix: ToyModel) -> None:
    """By themselves " hi" and " h" both begin with the space that is put before every text."""
    firsts = first_ids(dummy_prefix, Prompt.raw("hi"), [" hi", " h"])
    assert dummy_prefix.pieces(firsts) == [" hi", " h"]
    alone = {dummy_prefix.encode(text)[0] for text in (" hi", " h")}
    assert dummy_prefix.pieces(sorted(alone)) == [" "]


def test_a_chat_is_answered_with_the_text(dummy_prefix: ToyModel) -> None:
    toy = ToyModel.random(seed=1)
    before, each = continuations(toy, Prompt.ask("Who?"), ["Me.", " Me."])
    assert before == Prompt.ask("Who?").ids(toy)
    assert [one.ids for one in each] == [list(b"Me."), list(b" Me.")]
    (found,) = told(toy, Prompt.ask("Who?", prefill="It is"), " me")
    assert found == Continuation(list(b" me"), joined=True)
    (found,) = told(toy, Prompt.overheard("Where is"), " it")
    assert found == Continuation(list(b" it"), joined=True)
    assert END not in found.ids and TURN not in found.ids


def test_a_template_that_trims_what_is_said_does_not_change_what_is_read(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    vocab = {character: i for i, character in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    template = "{% for m in messages %}{{ m.role }}:{{ m.content | trim }}\n{% endfor %}"
    opened = "{% if add_generation_prompt %}assistant:{% endif %}"
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": template + opened}))
    model = ToyModel(WEIGHTS, heads=4, kv_heads=2, vocabulary=Vocabulary.open(tmp_path))
    found = told(model, Prompt.ask("Where?"), "Oslo", " Oslo")
    assert [model.decode(one.ids) for one in found] == ["Oslo", " Oslo"]


def test_a_text_that_is_no_token_is_refused() -> None:
    with pytest.raises(ModelRefusal, match="no token"):
        told(ToyModel.random(seed=1), Prompt.raw("Who"), "")
