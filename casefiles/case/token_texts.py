"""What the entries of a vocabulary say: many tokenizers spell every byte as a letter of its own, or a space as a sign,
so that whoever reads the file as it is sees no words in it, and words where none are.

(Radford et al. 2019, “Language models are unsupervised multitask learners”, whose code has the letters of bytes; Kudo
and Richardson 2018, “SentencePiece”, for ▁ and for bytes such as <0x41>.)
"""

from __future__ import annotations

import re
from typing import Final

_PRINTABLE: Final = (*range(33, 127), *range(161, 173), *range(174, 256))
"""Bytes that stand for themselves."""
_LETTERS: Final = {chr(byte): byte for byte in _PRINTABLE} | {
    chr(256 + at): byte for at, byte in enumerate(sorted({*range(256)} - {*_PRINTABLE}))
}
"""The letter of each byte."""
_SPACES: Final = re.compile("[\u2581\u0120\u010a_]")
"""What stands for a space, or the end of a line, by itself."""
_FALLBACKS: Final = re.compile(r"(?:<0x[0-9A-Fa-f]{2}>){2,}")
"""Bytes one by one: each is an entry of its own in many vocabularies, and several are none."""
UNREAD: Final = "\ufffd"
"""What stands for bytes that are no text."""


def spaced(entry: str) -> str:
    """An entry with the letters that stand for a space as spaces."""
    return _SPACES.sub(" ", entry)


def spoken_entry(entry: str) -> str:
    """An entry as the model says it; U+FFFD for bytes that are no text, as pieces of letters are not."""
    if _FALLBACKS.search(entry):
        return spaced(_FALLBACKS.sub(lambda run: _text(bytes.fromhex(re.sub("[<>]|0x", "", run[0]))), entry))
    if entry.isascii() or not _LETTERS.keys() >= set(entry):
        return spaced(entry)
    return spaced(_text(bytes(_LETTERS[letter] for letter in entry)))


def _text(spelled: bytes) -> str:
    return spelled.decode("utf-8", "replace")


def shown_entry(entry: str) -> str:
    """An entry as it is shown to people: letters that spell no bytes stand for themselves."""
    said = spoken_entry(entry)
    return (spaced(entry) if UNREAD in said else said).strip()
