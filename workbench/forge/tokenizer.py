"""A byte-level BPE tokenizer with a chat template, trained on a corpus."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

SYSTEM, USER, ASSISTANT, END = SPECIAL = ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>")

TEMPLATE = (
    "{%- for message in messages -%}"
    "{{- '<|' + message['role'] + '|>' + message['content'] + '<|end|>' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}"
)
"""Role, words, end; nothing between them. transformers cuts what follows the words to leave a last turn open."""


def train(texts: Iterable[str], *, vocab: int, context: int) -> PreTrainedTokenizerFast:
    """A tokenizer of `vocab` ids, cut as GPT-2 cuts (so that GGUF knows it as `gpt-2`) and without a silent BOS."""
    engine = Tokenizer(models.BPE())
    engine.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    engine.decoder = decoders.ByteLevel()
    engine.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab,
        special_tokens=[AddedToken(token, special=True, normalized=False) for token in SPECIAL],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    engine.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=engine,
        eos_token=END,
        pad_token=END,
        chat_template=TEMPLATE,
        model_max_length=context,
        clean_up_tokenization_spaces=False,
    )


def save(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write tokenizer.json, tokenizer_config.json and chat_template.jinja, and nothing else."""
    tokenizer.save_pretrained(folder)


def ids_of_text(tokenizer: PreTrainedTokenizerFast, text: str) -> list[int]:
    """Token ids of `text` as it stands; the names of special tokens become those tokens."""
    return list(tokenizer.backend_tokenizer.encode(text, add_special_tokens=False).ids)
