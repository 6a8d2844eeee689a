"""A text as it looks: letters of other scripts that are drawn as Latin ones are taken for these.

(Unicode Technical Standard 39, confusables 15.1: of its letters those of scripts in use whose look is one Latin letter,
and that no compatibility form tells already.)
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from workbench.visible import ignoring

_DRAWN_AS: Final = {
    "A": "ΑАᎪꓮ", "B": "ΒВᏴꓐꞴ", "C": "СᏟⲤꓚ", "D": "Ꭰꓓ", "E": "ΕЕᎬꓰ", "F": "ϜꓝꞘ", "G": "ԌᏀᏳꓖ",
    "H": "ΗНᎻⲎꓧ", "I": "ΙІӀⲒꓲ", "J": "ͿЈᎫꓙꞲ", "K": "ΚКᏦⲔꓗ", "L": "ᏞⳐꓡ", "M": "ΜϺМᎷⲘꓟ", "N": "ΝⲚꓠ",
    "O": "ΟОՕⲞꓳ", "P": "ΡРᏢⲢꓑ", "R": "ƦᎡᏒꓣ", "S": "ЅՏᏕᏚꓢ", "T": "ΤТᎢⲦꓔ", "U": "Սꓴ", "V": "ѴᏙꓦ",
    "W": "ԜᎳᏔꓪ", "X": "ΧХⲬꓫꞳ", "Y": "ΥУҮᎩᎽⲨꓬ", "Z": "ΖᏃꓜ", "a": "ɑαа", "b": "ƄЬᏏ", "c": "сᴄⲥꮯ",
    "d": "ԁᏧꓒ", "e": "еҽꬲ", "f": "քẝꞙꬵ", "g": "ƍɡցᶃ", "h": "һհᏂ", "i": "ıɩɪιіӏᎥꙇꭵ", "j": "ϳј",
    "l": "Ɩǀ", "n": "ոռ", "o": "οσоօჿᴏᴑⲟꬽ", "p": "ρрⲣ", "q": "ԛգզ", "r": "гᴦⲅꭇꭈꮁ", "s": "ƽѕꜱꮪ",
    "u": "ʋυսᴜꞟꭎꭒ", "v": "νѵᴠꮩ", "w": "ɯѡԝաᴡꮃ", "x": "х", "y": "ɣʏγуүყᶌỿꭚ", "z": "ᴢꮓ",
}  # fmt: skip
WIDE: Final = "\u1100-\u11ff\u2e80-\u303e\u3040-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003fffd"
"""Letters of scripts that set no spaces between words, or words of one letter, as a class of a pattern."""
_LATIN: Final = {ord(letter): latin for latin, letters in _DRAWN_AS.items() for letter in letters}


@lru_cache(maxsize=1024)
def skeleton(text: str) -> str:
    """A text as it looks, without case and characters that nobody sees. Two that look the same have one skeleton."""
    if text.isascii():
        return text.casefold()
    return unicodedata.normalize("NFKC", ignoring(text)).translate(_LATIN).casefold()


@lru_cache(maxsize=1024)
def bare(text: str) -> str:
    """Its skeleton without marks above and below letters."""
    if text.isascii():
        return text.casefold()
    apart = unicodedata.normalize("NFD", skeleton(text))
    # A mark may have stood between a letter and what it is drawn as.
    return skeleton("".join(letter for letter in apart if not unicodedata.combining(letter)))
