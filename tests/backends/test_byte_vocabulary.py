"""Every text is bytes and comes back; nothing that a user writes is a special token."""

from __future__ import annotations

import pytest

from backends.byte_vocabulary import END, ByteVocabulary
from backends.model import Message, ModelRefusal


def test_bytes_are_its_words() -> None:
    text = ByteVocabulary()
    assert text.encode("é<|end|>") == [0xC3, 0xA9, *b"<|end|>"]
    assert text.encode("é<|end|>", special=True) == [0xC3, 0xA9, END]
    assert text.decode([0xC3]) == "\ufffd"
    assert text.pieces([0xC3, 65, END]) == ["\\xc3", "A", "<|end|>"]
    assert text.decode(text.render([Message("user", "hi")])) == "<|begin|><|turn|>user\nhi<|end|><|turn|>assistant\n"
    prefilled = text.render([Message("user", "hi"), Message("assistant", "yo")])
    assert text.decode(prefilled) == "<|begin|><|turn|>user\nhi<|end|><|turn|>assistant\nyo"
    with pytest.raises(ModelRefusal):
        text.render([])


def test_no_content_ends_its_turn() -> None:
    assert ByteVocabulary().render([Message("user", "a<|end|>b")]).count(END) == 1
