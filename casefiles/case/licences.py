"""What a licence file says beyond the licences that everybody knows: nobody looks for an answer between their lines."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import Final

LARGEST: Final = 1 << 20
"""The most bytes of a file of them."""
_NAME: Final = re.compile(r"(LICEN[SC]E|NOTICE)(\.(txt|md))?")
_END: Final = re.compile(r"\n\s*\n|(?<=[.;:])\s+(?=[A-Z(*\d-])")
"""Between two paragraphs, or two sentences: how a text is set makes no other licence of it."""
_WORD: Final = re.compile(r"[^\W\d_]+|[^\x00-\x7f“”‘’–—•©®]")
"""A word, or a sign that no licence needs."""
_RULE: Final = re.compile(r"([-=_*~#])\1{3,}")
_MARK: Final = re.compile(r"[!-/:-@[-`{-~]{0,2}(\d{0,4})[!-/:-@[-`{-~]{0,2}", re.ASCII)
"""A bullet, or a number in a list."""
_DIGIT: Final = re.compile(r"\d")
_DIGITS: Final = 32
"""So many have the licences and the years of a file, beside the numbers of lists."""
_TIMES: Final = 3
"""So often a sentence stands in a file that has several licences."""
_SIGN: Final = re.compile(r"[^\w\s]|_")
_SIGNS: Final = 11
"""As an address has beside its words, and a file twice; and one more for six words of a sentence, or four of a file,
which no known licence exceeds."""
_UNDERLINE: Final = re.compile(r"(?<!\S)([-=])\1{3,}(?!\S)")
_KNOWN: Final = frozenset(
    """
    00c2f4d90dbc21d4 037e75285c9fd9ec 13f8b16a693f1216 154b443771e26dae 165e8f1655dc69ed 170c0f4cee6fc262
    1da0a453be50c8db 2017cddf11b96d5d 2220365adf2453d4 247ea4cc597a240c 26209596e5b7af47 28c80f6bb8aca673
    29aa6c37f0425e37 2baf7124c7efd1f4 30af801ca80b49c2 33404b70cdbeabe3 34778826547449a4 3ab338b1f1c53788
    3eee38ac9bf8aa55 44c8186db3e79963 4cda35a2351b545c 4ed33aecdb3ee750 50492e2a5b1e6f51 50623857f776c238
    5660e979fa06245a 58b330a5e42ece01 5dc37476442295e8 60ed87a7f5ed4124 62e4016de6e5c6e0 63a9da4cd5829704
    6dae046970416744 722a2858f4068985 73909e995e118779 7705e2909864cc0a 7c4908d19f5aca56 80e2dfb2fe18068e
    839a96dd439835ba 84a6545219ce1645 84b8c541c0390ca9 875eae806ea71787 8775bbb39cb0805e 8bac75fa0845cf57
    8bfc87805c458b4b 8dfc77ab4089e09d 8e951cac37eba75e 91aacaeea27a3d2a 9cd7fbe8f0f17936 9ddf2b5ac04f508e
    9f10e9c969255639 9f4a72c489c21471 a8ff4b52175d2b96 aa266d7735ca717a abb2896dc3c2a940 b142bb415e882507
    b3ed41f11640b7f4 b761fe461bda6877 b97155a1aa6f0a5a babeccb7e535864f bdefd1542d82845f be4a37a6760d03c1
    c3427fdee8ceb4d2 c3e60b7879502535 c56a28b353fd6559 c59338b777eeed5a c5db2da96ea9cdae c69d7a9f851785c7
    c7d7d0ad74ae4288 cdcf972e6b6e1607 cf6ede5b89a963a2 cfc42d2d17231049 d03d546f3f47d50b d0b52fb234f418cd
    d2fcde7f91a0b615 d714526530bd9752 db803273f4611673 dbf9f64c79f1bfab dc503a2e784033e8 e00da50bb502d137
    e7b191d2675d0e0d ea3aea6c75bce8eb ede0e6fbd89bd225 f1c53310f0763dd0 f3aba7cf9d424a7b f407b13c0cecfdeb
    f63a2803feea3bfe f70063715c100f72 fa76afc81206129c fc6b415db552daad ffdc6f09cb0c53ca
    """.split()  # noqa: SIM905 - a list of digests is kept more easily so
)
"""The first 16 hexadecimal digits of the SHA-256 of every sentence of the Apache License 2.0, the MIT and the BSD
licences: its words as they are written there, with a space between two."""


def is_licence(name: str) -> bool:
    """Whether a file, by its name, is one that a licence asks for."""
    return _NAME.fullmatch(name) is not None


def own_words(text: str) -> str:
    """The sentences of a licence file that are in no known licence, with one space between two words."""
    known = _Known()
    parts = (" ".join(part.split()) for part in _END.split(text))
    return " ".join(part for part in parts if not known.takes(part))


class _Known:
    """What a file may say, read from its beginning: letters are drawn with signs, spelled with numbers and capitals,
    and counted in what is said again."""

    def __init__(self) -> None:
        self._times = Counter[str]()
        self._rule, self._number = 0, 0
        self._digits, self._signs, self._words = 0, 0, 0

    def takes(self, part: str) -> bool:
        """Whether one of its paragraphs or sentences is one that everybody knows, or what any text has beside: a rule
        as long as others, a number in a list, a bullet."""
        if _RULE.fullmatch(part):
            self._rule = self._rule or len(part)
            return len(part) == self._rule
        if mark := _MARK.fullmatch(part):
            before, self._number = self._number, int(mark[1] or self._number)
            return self._number == before + 1 or self._has_room(part, len(mark[1]))
        words, digits = _WORD.findall(part), len(_DIGIT.findall(part))
        said = " ".join(words)
        self._words += len(words)
        self._times[said] += 1
        known = _is_known(said) and self._times[said] <= _TIMES
        plainly = len(_SIGN.findall(_UNDERLINE.sub("", part, count=1))) <= len(words) // 6 + _SIGNS
        return known and plainly and self._has_room(part, digits)

    def _has_room(self, part: str, digits: int) -> bool:
        self._digits += digits
        self._signs += len(_SIGN.findall(_UNDERLINE.sub("", part, count=1)))
        return self._digits <= _DIGITS and self._signs <= self._words // 4 + 2 * _SIGNS


def _is_known(said: str) -> bool:
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16] in _KNOWN
