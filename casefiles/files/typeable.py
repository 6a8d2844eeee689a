"""Bytes as a code a person can read aloud, type or scan across an air gap.

    AWR1 0D3KX-9G2MB-…   the prefix names the kind; then groups of five of Crockford's base32 (no I, L, O, U),
                         eight groups a line. The last character of a line checks that line, so that a mistyped
                         line is named; the last four characters before it check the whole.

Lower case, missing dashes, other line breaks, and O for 0 or I or L for 1 are all forgiven, and so is what a command
prints before and after a code. The alphabet is within that of a QR code's alphanumeric mode.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LONGEST: Final = 1 << 13
"""Letters of a code, at most: of all there are a request whose proof is as long as any has half of that."""
GROUP: Final = 5
LINE: Final = 40
_VALUES: Final = {letter: value for value, letter in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_WHOLE: Final = 4
_AFTER: Final = "NEXT:"
"""How a line begins that is no part of a code."""


def encode(prefix: str, payload: bytes) -> str:
    """The code of some bytes: the prefix on the first line, then lines of groups."""
    letters = _letters(payload) + _check(prefix, payload)
    lines = []
    for number, start in enumerate(range(0, len(letters), LINE - 1)):
        line = letters[start : start + LINE - 1]
        lines.append(_grouped(line + _line_check(prefix, number, line)))
    return "\n".join([prefix, *lines])


def decode(prefix: str, text: str) -> bytes:
    """The bytes of the code in a text; ValueError says, for a person, what to look at again."""
    code, whole = _passages(prefix, text)
    try:
        return _decoded(prefix, code)
    except ValueError as error:
        try:
            return _decoded(prefix, whole)
        except ValueError as other:
            apart = _compact(code) == prefix  # every line of it stands by itself
            raise (other if apart else error) from None


def holds(prefix: str, text: str) -> bool:
    """Whether a line of a text begins as such a code does."""
    return any(_compact(line).startswith(prefix) for line in text.splitlines())


def _passages(prefix: str, text: str) -> tuple[str, str]:
    """From the line that begins with the prefix, if one does: up to an empty line, and all there is."""
    lines = text.splitlines()
    begin = next((number for number, line in enumerate(lines) if _compact(line).startswith(prefix)), 0)
    after = (number for number, line in enumerate(lines) if number > begin and _compact(line).startswith(_AFTER))
    lines = lines[begin : next(after, None)]
    empty = next((number for number, line in enumerate(lines) if number and not line.strip()), None)
    return "\n".join(lines[:empty]), "\n".join(lines)


def _decoded(prefix: str, text: str) -> bytes:
    typed = _compact(text)
    if not typed.startswith(prefix):
        raise ValueError(f"the code does not start with {prefix}")
    if len(typed) > LONGEST:
        raise ValueError(f"the code has {len(typed):,} letters, and none has more than {LONGEST:,}")
    letters = ""
    try:
        for number, start in enumerate(range(len(prefix), len(typed), LINE)):
            letters += _checked_line(prefix, number, typed[start : start + LINE])
    except ValueError as error:
        raise _unlike_typed(prefix, text) or error from None
    payload = _bytes(letters[:-_WHOLE])
    if len(letters) < _WHOLE or letters[-_WHOLE:] != _check(prefix, payload):
        raise ValueError("the code is incomplete, or its lines are not in order")
    return payload


def _unlike_typed(prefix: str, text: str) -> ValueError | None:
    """What is wrong by the lines as they were typed: after a letter too many or too few, all lines that are cut to
    length are wrong. None if nothing is, or the text has other lines than a code has."""
    typed = [_compact(line) for line in text.strip().splitlines()]
    lines = [line for line in (typed[0].removeprefix(prefix), *typed[1:]) if line]
    if len(lines) < 2 or sum(len(line) == LINE for line in lines[:-1]) * 2 < len(lines) - 1:
        return None
    for number, line in enumerate(lines):
        if number < len(lines) - 1 and len(line) != LINE:
            return ValueError(f"line {number + 1} of the code ({_grouped(line)}) has {len(line)} letters, not {LINE}")
        try:
            _checked_line(prefix, number, line)
        except ValueError as error:
            return error
    return None


def _compact(text: str) -> str:
    return "".join(text.upper().replace("-", " ").split())


def _checked_line(prefix: str, number: int, typed: str) -> str:
    unknown = sorted({letter for letter in typed if letter not in _VALUES})
    if unknown:
        raise ValueError(f"line {number + 1} of the code holds {unknown[0]!r}, which no code does")
    line = "".join(ALPHABET[_VALUES[letter]] for letter in typed)
    if line[-1] != _line_check(prefix, number, line[:-1]):
        raise ValueError(f"line {number + 1} of the code was mistyped: {_grouped(typed)}")
    return line[:-1]


def _grouped(line: str) -> str:
    return "-".join(line[i : i + GROUP] for i in range(0, len(line), GROUP))


def _letters(payload: bytes) -> str:
    """Base32, five bits a letter, the last letter padded with zero bits."""
    count = -(-len(payload) * 8 // 5)
    number = int.from_bytes(payload) << (count * 5 - len(payload) * 8)
    return "".join(ALPHABET[number >> shift & 31] for shift in range((count - 1) * 5, -1, -5))


def _bytes(letters: str) -> bytes:
    size = len(letters) * 5 // 8
    number = 0
    for letter in letters:
        number = number << 5 | _VALUES[letter]
    spare = len(letters) * 5 - size * 8
    if spare >= 5 or number & ((1 << spare) - 1):
        raise ValueError("the code is incomplete, or its lines are not in order")
    return (number >> spare).to_bytes(size)


def _check(prefix: str, payload: bytes) -> str:
    return _letters(sha256(prefix.encode() + b"\x00" + payload).digest())[:_WHOLE]


def _line_check(prefix: str, number: int, line: str) -> str:
    return ALPHABET[sha256(f"{prefix} {number} {line}".encode()).digest()[0] & 31]
