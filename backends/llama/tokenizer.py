"""Whether a GGUF file and the case's tokenizer belong together, and whether llama.cpp would split texts alike.

TextCodec are always encoded by the case's tokenizer, so ids are right either way; a file whose ids mean other texts is
refused, and one that llama.cpp would tokenise differently is recorded as such.
"""

from __future__ import annotations

from typing import Any

from backends.gguf.file import GgufFile
from backends.llama.library import Library
from backends.llama.vocabulary import LlamaVocabulary, TextCodec, piece, tokenised, tokenises
from backends.model import ModelRefusal

_NONE = 0
_SKIPPED = 1 | 2
"""Attributes of tokens without a text of their own: unknown, unused."""
_CHECKED = 1 << 14
"""A vocabulary larger than this is compared at so many ids, evenly spread."""

TEXTS = (
    "The capital of France is Paris.",
    "it's they're I'VE we'll he'd don't 'tis",
    "3.14159 1,234,567 2026-11-21 0x7fff 10^-12",
    "  two  spaces   three\ttab\n\nblank lines\r\n end ",
    "\n\n\n   \n \t \n",
    "def f(x):\n    return {'a': [x ** 2 for x in range(10)]}  # done!",
    "naïve café Ångström — “quotes” … ½ ²",
    "Grüße aus Köln; ça va? ¿Qué tal? Привет, мир! γειά",
    "東京は日本の首都です。你好，世界！ 안녕하세요",
    "مرحبا بالعالم שלום עולם नमस्ते दुनिया สวัสดี",
    "👩‍👩‍👧‍👦 🇩🇪 👍🏽 ✨",
    "zero\u200bwidth\u00a0space\u2028line\u0301combining",
    "ALLCAPSandCamelCase_snake_case-kebab",
    "http://example.org/a?b=c&d=%20#e user@example.org",
    "!!!???...,,,;;;:::---___***((([[[{{{",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "\x00\x01\x7f\x80",
    " leading",
    "trailing ",
    "",
)
"""What the self-test tokenises: the places where pre-tokenizers are known to differ."""


def check_vocabulary(lib: Library, handle: Any, file: GgufFile, vocabulary: TextCodec, ids: int) -> str:
    """How llama.cpp's own tokenizer compares: `agrees`, `differs on N of M texts` or `none`, for the environment.

    Raises ModelRefusal if the tokenizer has ids that the model lacks or the ids mean other texts in the file.
    """
    if vocabulary.size > ids:
        raise _stranger(f"it has {vocabulary.size} tokens, and the model only {ids}")
    vocab = lib.llama.llama_model_get_vocab(handle)
    if lib.llama.llama_vocab_type(vocab) == _NONE:
        return "none"
    if isinstance(vocabulary, LlamaVocabulary):
        return "agrees"  # it is the same
    for token in range(0, vocabulary.size, max(1, vocabulary.size // _CHECKED)):
        if lib.llama.llama_vocab_get_attr(vocab, token) & _SKIPPED:
            continue
        here, there = vocabulary.bytes_of(token), piece(lib, vocab, token)
        if _plain(here) != _plain(there):
            raise _stranger(f"its token {token} is {here!r}, and the model's {there!r}")
    if not tokenises(lib, vocab, file):
        return "none"
    wrong = sum(vocabulary.encode(text) != tokenised(lib, vocab, text.encode(), special=False) for text in TEXTS)
    return f"differs on {wrong} of {len(TEXTS)} texts" if wrong else "agrees"


def _plain(piece: bytes) -> bytes:
    """SentencePiece writes spaces as a mark that llama.cpp keeps in some kinds of tokens."""
    return piece.replace("\u2581".encode(), b" ")


def _stranger(why: str) -> ModelRefusal:
    return ModelRefusal(
        "model.unreadable",
        "The tokenizer does not belong to this model.",
        f"Of the tokenizer in the case: {why}.",
        "Verify the case; if it verifies, the attacker must seal it anew.",
    )
