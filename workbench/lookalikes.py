"""A text as it looks: letters of other scripts that are drawn as Latin ones are taken for these.

(Unicode Technical Standard 39, confusables 15.1: of its letters those of scripts in use whose look is one Latin letter,
and that no compatibility form tells already; small capitals, and white ones in a dark circle or square.)
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from string import ascii_uppercase
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
_SMALL: Final = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡ\0ʏᴢ"
"""Small capitals from A to Z; of X there is none."""
_ENCLOSED: Final = (0x1F150, 0x1F170)
"""Where capitals from A to Z begin that stand white in a dark circle, and in a dark square."""
_SCRIPTS: Final = (range(0x900, 0x1C00), range(0xA800, 0xAC00))
"""Where scripts of India and of South-East Asia are, but for ancient ones, with which a pattern takes long."""
_PLACED: Final = (1, *range(10, 37), *range(200, 255))
"""Classes of marks that stand upon a letter, above it or below, and change no word: accents, and vowels that Hebrew and
Arabic leave out. (Unicode Standard, 4.3)"""
MARKS: Final = frozenset(
    letter
    for letter in (chr(code) for codes in _SCRIPTS for code in codes)
    if unicodedata.category(letter) in ("Mc", "Mn") and unicodedata.combining(letter) not in _PLACED
)
"""Vowel signs, and others that are part of the word before them and that a pattern takes for no letters."""
MARK: Final = "".join(sorted(MARKS))
"""The same as a class of a pattern."""
_LATIN: Final = {
    **{ord(letter): latin for latin, letters in _DRAWN_AS.items() for letter in letters},
    **{ord(small): latin for small, latin in zip(_SMALL, ascii_uppercase, strict=True) if small != "\0"},
    **{first + at: latin for first in _ENCLOSED for at, latin in enumerate(ascii_uppercase)},
}


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
