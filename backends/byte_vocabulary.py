"""Bytes as a vocabulary, with a chat template of its own: what a model reads that has no tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from backends.chat import unknown_switch
from backends.model import Message, ModelRefusal, TemplateSwitch

BYTES: Final = 256
BEGIN, TURN, END = 256, 257, 258
"""Special ids, behind those of the bytes."""

_SPELLING: Final = {BEGIN: b"<|begin|>", TURN: b"<|turn|>", END: b"<|end|>"}


class ByteVocabulary:
    """Bytes as ids 0 … 255, then three special tokens; the chat template is `<|turn|>role\\ncontent<|end|>`."""

    size = 259
    begin_tokens: tuple[int, ...] = (BEGIN,)
    end_token = END

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        data = text.encode("utf-8", "surrogatepass")
        if not special:
            return list(data)
        ids: list[int] = []
        while data:
            found = next((i for i, spelling in _SPELLING.items() if data.startswith(spelling)), None)
            ids.append(data[0] if found is None else found)
            data = data[1 if found is None else len(_SPELLING[found]) :]
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        return b"".join(map(self.bytes_of, ids)).decode("utf-8", "replace")

    def pieces(self, ids: Sequence[int]) -> list[str]:
        return [self.bytes_of(i).decode("utf-8", "backslashreplace") for i in ids]

    def bytes_of(self, index: int) -> bytes:
        return bytes([index]) if 0 <= index < BYTES else _SPELLING.get(index, "\ufffd".encode())

    def render(self, messages: Sequence[Message], switches: Sequence[TemplateSwitch] = ()) -> list[int]:
        if switches:
            raise unknown_switch(switches[0].name, ())
        if not messages:
            raise ModelRefusal(
                "model.input", "The chat is empty.", "A template needs at least one turn.", "Add a user message."
            )
        ids = [BEGIN]
        for turn in messages:
            ids += [TURN, *self.encode(f"{turn.role}\n{turn.content}"), END]
        if messages[-1].role == "assistant":
            return ids[:-1]
        return [*ids, TURN, *self.encode("assistant\n")]
