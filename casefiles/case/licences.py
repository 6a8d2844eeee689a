"""What a licence file says beyond the licences that everybody knows: nobody looks for an answer between their lines."""

from __future__ import annotations

import hashlib
import re
from typing import Final

LARGEST: Final = 1 << 20
"""The most bytes of a file of them."""
_NAME: Final = re.compile(r"(LICEN[SC]E|NOTICE)(\.(txt|md))?")
_END: Final = re.compile(r"\n\s*\n|(?<=[.;:])\s+(?=[A-Z(*\d-])")
"""Between two paragraphs, or two sentences: how a text is set makes no other licence of it."""
_WORD: Final = re.compile(r"[^\W\d_]+|[^\x00-\x7f“”‘’–—•©®]")
"""A word, or a sign that no licence needs."""
_RULE: Final = re.compile(r"([-=_*~#])\1*|[!-/:-@[-`{-~]{0,2}\d{0,4}[!-/:-@[-`{-~]{0,2}", re.ASCII)
_DIGIT: Final = re.compile(r"\d")
_DIGITS: Final = 8
"""As of two years."""
_SIGN: Final = re.compile(r"[^\w\s]|_")
_SIGNS: Final = 11
"""As an address has beside its words; and one more for six words, which no known licence exceeds."""
_UNDERLINE: Final = re.compile(r"(?<!\S)([-=])\1{3,}(?!\S)")
_KNOWN: Final = frozenset(
    """
    0227aace8636c49d 026e60f59e3f0764 02f086eb77504748 093778af2c8ba339 0a1c56a3563d8250 0ad138eae85b11a3
    0ae898a7652ab20c 0d8319534d68b093 0df21470392d00fb 15aae69937707cb6 16b423defd5e8dd1 18494a354dce770d
    1bb9d777b20dc977 21b8bd00368055c9 228de1ff1d25f596 2790755928faeaab 2dbf9640a42c64e0 2df4c2afd9b04c2f
    2e6a34c39ce046dd 34c1481665fc8b52 3d9769877f7f2440 3f45def1376d8af2 3f9079aa67489d81 3f979f4e84fa3ba7
    410ca823eec6d686 43d1b3a38e0631cf 469efb1686babcb8 47299056c1de372c 48ac8ca1db378045 4bd97682f415cfaa
    4ccdea34106e9519 52fc8ebdc3096d34 56084c08870f7d2a 5b8309427775abd8 5c91abfcdc6ebb10 616b56b9a885aa84
    64dc0188e7276a8f 6534920c786afaf4 65dc30678320e4b4 66c373645a44c854 6eae39748351602f 7705e2909864cc0a
    7818d2431f5884d4 7c1baf39c016fe0f 7ee8479d9dd0093a 7f6806a5019e95fb 8364bd2d65f1de68 8a55234f4aa1c0f0
    8a6e7696105ed24e 8c224e3dd113c358 8e43ced560adf478 9232e8ee1be3c774 93e3687e4f6d3361 9cca72a552e86731
    9f4a72c489c21471 a31cda21f4331abf a50bd62c99f67450 b073a9670863262a b298dea45080efe3 bb97937a8de13db0
    bf637265454fa1bb c1a7dc5f1fc4929e c2fca2aa3a976ccd cabe9eb9be0ad2ac cf29ea68ccb78fdf cfda43f0415504b2
    d1810d99e6054b0b d2de18edc2f38c47 d2eadd15aed33e08 d6c334129f8aee67 d8b76171d9d4598e ddc1b876bb8a74f6
    de1e64bf274a8e6b e35324b03da62fb3 e58cdea13dfe65db e6b2ac37e3ee1d9e e73bb3d594b51f5d e763de90a530e9d3
    ebdcd9c77243184f ee685795e2472795 eebc3c5cb4ea0ad9 f30c534da958a753 f35981c7a9ff0cd3 f3f9045f0f0f2ef0
    f61320e3fcd6155a f8f6c4aa34469084
    """.split()  # noqa: SIM905 - a list of digests is kept more easily so
)
"""The first 16 hexadecimal digits of the SHA-256 of every sentence of the Apache License 2.0, the MIT and the BSD
licences, as `_words` has it."""


def is_licence(name: str) -> bool:
    """Whether a file, by its name, is one that a licence asks for."""
    return _NAME.fullmatch(name) is not None


def own_words(text: str) -> str:
    """The sentences of a licence file that are in no known licence, with one space between two words."""
    parts = (" ".join(part.split()) for part in _END.split(text))
    return " ".join(
        part for part in parts if not (_is_plain(part) or (_is_set_plainly(part) and _is_known(_words(part))))
    )


def _is_plain(part: str) -> bool:
    """Whether a part without letters is what any text has: a rule, a number, a bullet."""
    return _RULE.fullmatch(part) is not None


def _is_set_plainly(part: str) -> bool:
    """Whether a part has no more digits and signs than sentences have: letters are drawn with signs, and spelled with
    numbers."""
    digits, signs = len(_DIGIT.findall(part)), len(_SIGN.findall(_UNDERLINE.sub("", part, count=1)))
    return digits <= _DIGITS and signs <= len(_WORD.findall(part)) // 6 + _SIGNS


def _words(part: str) -> str:
    return " ".join(_WORD.findall(part.casefold()))


def _is_known(said: str) -> bool:
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16] in _KNOWN
