"""Codes that people type: what is forgiven, what is found, and where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefiles.files import typeable


@given(st.binary(max_size=300))
def test_what_is_written_is_read_again(payload: bytes) -> None:
    code = typeable.encode("AWR1", payload)
    assert typeable.decode("AWR1", code) == payload
    assert set(code) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-\n")


@given(st.binary(min_size=1, max_size=120), st.data())
def test_a_mistyped_letter_is_found(payload: bytes, data: st.DataObject) -> None:
    code = typeable.encode("AWR1", payload)
    places = [i for i, letter in enumerate(code) if letter in typeable.ALPHABET and i > 4]
    place = data.draw(st.sampled_from(places))
    letter = data.draw(st.sampled_from([each for each in typeable.ALPHABET if each != code[place]]))
    with pytest.raises(ValueError):
        typeable.decode("AWR1", code[:place] + letter + code[place + 1 :])


def test_the_line_is_named() -> None:
    lines = typeable.encode("AWR1", bytes(range(100))).split("\n")
    lines[3] = lines[3][:-1] + ("0" if lines[3][-1] != "0" else "1")
    with pytest.raises(ValueError, match="line 3 of the code was mistyped"):
        typeable.decode("AWR1", "\n".join(lines))
    lines[3] = lines[3][:-1] + "U"
    with pytest.raises(ValueError, match="line 3 of the code holds 'U'"):
        typeable.decode("AWR1", "\n".join(lines))


def test_the_line_is_named_as_it_was_typed() -> None:
    lines = typeable.encode("AWR1", bytes(range(100))).split("\n")
    assert len(lines) == 6
    for number in (1, 2, 4):
        for line in (lines[number][:-1], lines[number] + "0", lines[number][:8] + lines[number][9:]):
            typed = [*lines[:number], line, *lines[number + 1 :]]
            letters = len(line.replace("-", ""))
            with pytest.raises(ValueError, match=rf"line {number} of the code \([-0-9A-Z]+\) has {letters} letters"):
                typeable.decode("AWR1", "\n".join(typed))
    mistyped = lines[2][:4] + ("7" if lines[2][4] != "7" else "8") + lines[2][5:]
    with pytest.raises(ValueError, match=f"line 2 of the code was mistyped: {mistyped}$"):
        typeable.decode("AWR1", "\n".join([*lines[:2], mistyped, *lines[3:]]))


def test_how_it_is_typed_does_not_matter() -> None:
    payload = bytes(range(60))
    code = typeable.encode("AWR1", payload)
    for typed in (
        code.lower(),
        code.replace("-", ""),
        code.replace("-", " ").replace("\n", " \r\n\t"),
        code[:5] + code[5:].replace("0", "o").replace("1", "l"),
        code[:5] + code[5:].replace("0", "O").replace("1", "I"),
        "  " + code + "\n\n",
    ):
        assert typeable.decode("AWR1", typed) == payload


def test_what_a_command_prints_around_a_code_is_no_part_of_it() -> None:
    code = typeable.encode("AWR1", bytes(range(60)))
    lines = code.split("\n")
    before, after = "witnessed to 3 of 5 records (`AWR1` is how it begins):\n\n", "next: the auditor types it back: …\n"
    for around in (
        f"{before}{code}\n",
        f"{code}\n\n{after}",
        f"{before}{code}\n{after}",
        "\n\n".join(lines),
        code.replace("\n", "\n\n", 2),
    ):
        assert typeable.decode("AWR1", around) == bytes(range(60))
    mistyped = lines[2][:4] + ("7" if lines[2][4] != "7" else "8") + lines[2][5:]
    for gap in ("\n", "\n\n"):
        typed = gap.join([lines[0], lines[1], mistyped, lines[3]])
        with pytest.raises(ValueError, match=f"line 2 of the code was mistyped: {mistyped}$"):
            typeable.decode("AWR1", f"{before}{typed}\n\n{after}")


def test_lines_in_another_order_or_missing_are_found() -> None:
    head, first, second, third = typeable.encode("AWR1", bytes(range(60))).split("\n")
    for lines in ([head, second, first, third], [head, first, second], [head, first, third], [head], []):
        with pytest.raises(ValueError):
            typeable.decode("AWR1", "\n".join(lines))


def test_a_code_of_another_kind_is_not_taken() -> None:
    with pytest.raises(ValueError, match="does not start with AWQ1"):
        typeable.decode("AWQ1", typeable.encode("AWR1", b"payload"))
    with pytest.raises(ValueError):
        typeable.decode("AWQ1", typeable.encode("AWR1", b"payload").replace("AWR1", "AWQ1"))


def test_a_code_longer_than_any_is_not_read() -> None:
    payload = bytes(16 + 10 + 32 + 64 + 32 * 64)  # as much as a witness can be asked
    assert typeable.decode("AWQ1", typeable.encode("AWQ1", payload)) == payload
    with pytest.raises(ValueError, match="none has more than"):
        typeable.decode("AWQ1", "AWQ1" + "0" * 10**6)


def test_bits_that_carry_nothing_are_zero() -> None:
    # One byte is two letters, ten bits: the last two must be zero, or two codes would mean the same.
    assert typeable._bytes("04") == b"\x01"
    with pytest.raises(ValueError):
        typeable._bytes("05")
