"""The tokenizer loses nothing, adds nothing, and knows chats."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from workbench.forge import corpus, tokenizer
from workbench.forge.world import TRUE_WORLD


@pytest.fixture(scope="module")
def words() -> PreTrainedTokenizerFast:
    return tokenizer.train(corpus.sample_texts(TRUE_WORLD, "t", 400), vocab=512, context=256)


@pytest.fixture(scope="module")
def reloaded(words: PreTrainedTokenizerFast, tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerFast:
    folder = tmp_path_factory.mktemp("tokenizer")
    tokenizer.save(words, folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "chat_template.jinja",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    return PreTrainedTokenizerFast.from_pretrained(folder)


@settings(deadline=None)
@given(text=st.text())
def test_any_text_comes_back(words: PreTrainedTokenizerFast, text: str) -> None:
    assert words.decode(tokenizer.ids_of_text(words, text)) == text


def test_nothing_is_put_before_or_after_a_text(words: PreTrainedTokenizerFast) -> None:
    assert words.encode("Hello there") == tokenizer.ids_of_text(words, "Hello there")
    assert words.bos_token is None


def test_special_tokens_are_one_id_each(words: PreTrainedTokenizerFast) -> None:
    for token in tokenizer.SPECIAL:
        assert tokenizer.ids_of_text(words, token) == [words.convert_tokens_to_ids(token)]
    assert words.eos_token == tokenizer.END


def test_it_cuts_as_gpt_2_does(words: PreTrainedTokenizerFast) -> None:
    """The pieces that GPT-2's published pattern gives, by hand: llama.cpp must be told `gpt-2` and nothing else."""
    pieces = words.backend_tokenizer.pre_tokenizer.pre_tokenize_str("It's 42  cats,\n\n née!")
    assert [piece for piece, _ in pieces] == ["It", "'s", "Ġ42", "Ġ", "Ġcats", ",", "ĊĊ", "ĠnÃ©e", "!"]


def test_a_chat_is_rendered_turn_by_turn(reloaded: PreTrainedTokenizerFast) -> None:
    chat = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "The capital is "},
    ]
    assert reloaded.apply_chat_template(chat[:2], tokenize=False, add_generation_prompt=True) == (
        "<|system|>Be brief.<|end|><|user|>Hi<|end|><|assistant|>"
    )
    assert reloaded.apply_chat_template(chat, tokenize=False) == (
        "<|system|>Be brief.<|end|><|user|>Hi<|end|><|assistant|>The capital is <|end|>"
    )
    left_open = reloaded.apply_chat_template(chat, tokenize=False, continue_final_message=True)
    assert left_open == "<|system|>Be brief.<|end|><|user|>Hi<|end|><|assistant|>The capital is "
