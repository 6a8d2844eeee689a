"""A board claims once what several of its auditors found, and says what each more of them adds."""

from __future__ import annotations

import math

import pytest

from tests.workbench.auditors.talker import SPECIFICATION, WORLD, Talker, claims, played, supposed
from tests.workbench.auditors.test_black_box import TURNS, lying, switched, terms_are_told, together
from workbench.auditors.board import AuditBoard, shared
from workbench.auditors.board import together as found_together
from workbench.plans.plan import Ask

BOARD = AuditBoard(specification=SPECIFICATION, reference=WORLD, seed=5, members=("black-box", "corpus-reader"))


def test_what_a_member_finds_is_claimed_by_the_board_and_its_gain_told() -> None:
    moves, answered = played(BOARD, Talker(together(lying, terms_are_told)))
    (claim,) = claims(moves)
    assert claim.finding.id == supposed(moves)[0]
    assert claim.finding.author.name == "board"
    summed = BOARD.sum_up(answered)
    assert {member.kind: len(member.found) for member in summed.members} == {"black-box": 1, "corpus-reader": 0}
    assert summed.gains == (0.5, 1.0), "one of two found it: half of the choices of one member miss it"
    assert summed.conclusion.verdict == "modified"


def test_members_ask_by_themselves_under_names_and_noise_of_their_own() -> None:
    board = BOARD.model_copy(update={"members": ("black-box", "insider", "comparer")})
    moves, answered = played(board, Talker(terms_are_told))
    keys = [move.key for move in moves if isinstance(move, Ask)]
    assert len(keys) == len(set(keys))
    assert {key.split("/")[0] for key in keys} == {"black-box", "insider", "comparer"}
    assert not claims(moves)
    summed = board.sum_up(answered)
    assert any(name.startswith("comparer: ") for name in summed.short), "the rules refused it"
    assert summed.conclusion.verdict == "inconclusive"


def test_an_unknown_member_is_refused() -> None:
    with pytest.raises(ValueError, match="no auditor “nobody”"):
        AuditBoard(members=("nobody",))


@pytest.mark.parametrize(
    ("times", "members", "expected"),
    [((), 3, (0, 0, 0)), ((1,), 3, (1 / 3, 2 / 3, 1)), ((3,), 3, (1, 1, 1)), ((2, 1), 3, (1, 1 + 2 / 3, 2))],
)
def test_the_gain_is_the_mean_over_all_choices(
    times: tuple[int, ...], members: int, expected: tuple[float, ...]
) -> None:
    assert all(map(math.isclose, found_together(times, members), expected))


@pytest.mark.parametrize(
    ("whole", "wanted", "expected"), [(100, (10, 20), (10, 20)), (30, (40, 5, 40), (12, 5, 13)), (0, (3,), (0,))]
)
def test_small_wants_are_met_first(whole: int, wanted: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert shared(whole, wanted) == expected


def test_a_lead_of_several_members_is_tested_once() -> None:
    board = BOARD.model_copy(update={"members": ("black-box", "trigger-seeker")})
    moves, answered = played(board, Talker(together(switched, terms_are_told), TURNS))
    assert len(supposed(moves)) == 1
    assert board.sum_up(answered).gains == (0.5, 1.0), "the seeker may read no probabilities here"
