"""The vocabulary inside a GGUF file, for models that come without a tokenizer of their own."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from backends.chat import ChatTemplate
from backends.gguf.file import GgufFile
from backends.llama.library import Library
from backends.model import Message, ModelRefusal, TemplateSwitch
from backends.rendering import ChatRenderer, Control

_NO_VOCABULARY, _SENTENCEPIECE = 0, 1
_PIECE_BYTES = 1 << 12
_CONTROL, _USER_DEFINED, _STRIPS_LEFT, _STRIPS_RIGHT = 1 << 3, 1 << 4, 1 << 7, 1 << 8
"""Attributes of a token (`enum llama_token_attr`)."""


class TextCodec(Protocol):
    """What a model needs of a tokenizer; `backends.vocabulary.Vocabulary` is one, and `LlamaVocabulary` another."""

    size: int
    template: ChatTemplate | None

    @property
    def begin_tokens(self) -> tuple[int, ...]: ...

    @property
    def end_token(self) -> int | None: ...

    def encode(self, text: str, *, special: bool = False) -> list[int]: ...

    def render(self, messages: Sequence[Message], switches: Sequence[TemplateSwitch] = ()) -> list[int]: ...

    def decode(self, ids: Sequence[int]) -> str: ...

    def pieces(self, ids: Sequence[int]) -> list[str]: ...

    def bytes_of(self, index: int) -> bytes: ...


def has_tokenizer(folder: Path) -> bool:
    """Whether a folder holds tokenizer files of a kind that can be read."""
    return any((folder / name).is_file() for name in ("tokenizer.json", "tokenizer.model", "vocab.json"))


class LlamaVocabulary:
    """llama.cpp's own tokenizer for one loaded model."""

    def __init__(self, lib: Library, handle: Any, file: GgufFile) -> None:
        self._lib = lib
        self._vocab = lib.llama.llama_model_get_vocab(handle)
        if lib.llama.llama_vocab_type(self._vocab) == _NO_VOCABULARY:
            raise ModelRefusal(
                "model.unreadable",
                "There is no tokenizer.",
                "Neither the case nor the GGUF file holds one.",
                "The attacker must seal the tokenizer with the model.",
            )
        if not tokenises(lib, self._vocab, file):
            raise ModelRefusal(
                "model.unreadable",
                "The tokenizer in the GGUF file is incomplete.",
                "It falls back to single bytes, and does not have a token for each of them.",
                "The attacker must seal a complete tokenizer with the model.",
            )
        self.size: int = lib.llama.llama_vocab_n_tokens(self._vocab)
        source = file.text("tokenizer.chat_template")
        roles = {"bos_token": lib.llama.llama_vocab_bos, "eos_token": lib.llama.llama_vocab_eos}
        tokens = {role: ask(self._vocab) for role, ask in roles.items()}
        special = {role: self.bytes_of(token).decode(errors="replace") for role, token in tokens.items() if token >= 0}
        self._chat = ChatRenderer.of(source, special, "The GGUF file, which brings the tokenizer,")
        self.template = self._chat.template

    @cached_property
    def begin_tokens(self) -> tuple[int, ...]:
        begin = self._lib.llama.llama_vocab_bos(self._vocab)
        return (begin,) if begin >= 0 and self._lib.llama.llama_vocab_get_add_bos(self._vocab) else ()

    @property
    def end_token(self) -> int | None:
        end = int(self._lib.llama.llama_vocab_eos(self._vocab))
        return end if end >= 0 else None

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        try:
            encoded = text.encode()
        except UnicodeEncodeError as error:
            raise ModelRefusal(
                "model.input", "The text cannot be tokenised.", f"{error}.", "Remove unpaired surrogates."
            ) from error
        return tokenised(self._lib, self._vocab, encoded, special=special)

    def render(self, messages: Sequence[Message], switches: Sequence[TemplateSwitch] = ()) -> list[int]:
        return self._chat.ids(messages, switches, self)

    @cached_property
    def controls(self) -> Mapping[int, Control]:
        """The control tokens of the file, and the user-defined ones that the template writes."""
        found = {}
        for index in range(self.size):
            kind = self._lib.llama.llama_vocab_get_attr(self._vocab, index)
            if not kind & (_CONTROL | _USER_DEFINED):
                continue
            spelling = self.bytes_of(index).decode(errors="replace")
            if spelling.strip() and (kind & _CONTROL or spelling in self._chat.source):
                stripped = bool(kind & _STRIPS_LEFT), bool(kind & _STRIPS_RIGHT)
                found[index] = Control(spelling, *stripped, declared=bool(kind & _CONTROL))
        return found

    def encode_as_text(self, text: str, *, begins: bool) -> list[int]:
        """llama.cpp treats every part between two control tokens as it does the first."""
        return self.encode(text)

    def decode(self, ids: Sequence[int]) -> str:
        return b"".join(map(self.bytes_of, ids)).decode("utf-8", "replace")

    def pieces(self, ids: Sequence[int]) -> list[str]:
        return [self.bytes_of(index).decode("utf-8", "backslashreplace") for index in ids]

    def bytes_of(self, index: int) -> bytes:
        return piece(self._lib, self._vocab, index) if 0 <= index < self.size else "\ufffd".encode()


def piece(lib: Library, vocab: Any, token: int) -> bytes:
    """The bytes one id stands for."""
    buffer = ctypes.create_string_buffer(_PIECE_BYTES)
    length = lib.llama.llama_token_to_piece(vocab, token, buffer, _PIECE_BYTES, 0, True)
    if length < 0:
        buffer = ctypes.create_string_buffer(-length)
        length = lib.llama.llama_token_to_piece(vocab, token, buffer, -length, 0, True)
    return buffer.raw[: max(length, 0)]


def tokenises(lib: Library, vocab: Any, file: GgufFile) -> bool:
    """Whether llama.cpp can tokenise every text with this vocabulary; with some it would end the process."""
    kind = lib.llama.llama_vocab_type(vocab)
    return kind != _NO_VOCABULARY and (kind != _SENTENCEPIECE or file.spells_bytes)


def tokenised(lib: Library, vocab: Any, text: bytes, *, special: bool) -> list[int]:
    """Ids of UTF-8 text, without any that it doesn't spell."""
    room = len(text) + 8
    buffer = (lib.llama.llama_token * room)()
    count = lib.llama.llama_tokenize(vocab, text, len(text), buffer, room, False, special)
    if count < 0:  # normalising can lengthen a text; this is how much room it wants
        buffer = (lib.llama.llama_token * -count)()
        count = lib.llama.llama_tokenize(vocab, text, len(text), buffer, -count, False, special)
    return list(buffer[: max(count, 0)])
