"""Text is told as it is completed: no half characters, pieces that together are what all reads as, sample by sample."""

from __future__ import annotations

from backends.byte_vocabulary import ByteVocabulary
from backends.streaming import listener


def told(*calls: tuple[int, list[int]]) -> list[tuple[int, str]]:
    vocabulary, heard = ByteVocabulary(), []
    listen = listener(lambda sample, ids, text: heard.append((sample, text)), vocabulary.decode, {258})
    assert listen is not None
    for sample, ids in calls:
        listen(sample, ids)
    return heard


def test_a_character_is_told_once_it_is_whole() -> None:
    first, second, third = "€".encode()
    assert told((0, [97]), (0, [first]), (0, [second]), (0, [third]), (0, [98])) == [
        (0, "a"), (0, ""), (0, ""), (0, "€"), (0, "b"),
    ]  # fmt: skip


def test_samples_do_not_mix() -> None:
    first, *rest = "é".encode()
    assert told((0, [first]), (1, [65]), (0, rest)) == [(0, ""), (1, "A"), (0, "é")]


def test_bytes_that_never_become_text_are_told_with_what_follows() -> None:
    heard = told(*[(0, [255]) for _ in range(8)], (0, [97]))
    assert [text for _, text in heard] == [*[""] * 8, "\ufffd" * 8 + "a"]


def test_a_character_after_bytes_that_are_none_is_whole_all_the_same() -> None:
    ids = [192, 192, *"\U00035d4b".encode(), 255, 97]
    assert "".join(text for _, text in told(*[(0, [one]) for one in ids])) == ByteVocabulary().decode(ids)


def test_what_ends_a_text_is_no_part_of_it() -> None:
    assert told((0, [97, 258])) == [(0, "a")]


def test_half_a_character_is_told_when_the_text_ends() -> None:
    first, second, _ = "€".encode()
    assert told((0, [97, first]), (0, [second]), (0, [258])) == [(0, ""), (0, ""), (0, "a\ufffd")]


def test_nobody_listening_costs_nothing() -> None:
    assert listener(None, ByteVocabulary().decode, ()) is None
