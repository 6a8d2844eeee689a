"""Two results beside each other: what differs is found, marked and put first, whatever probe they are of."""

from __future__ import annotations

from workbench.contract.beside import DIFFERS, Named, asked_beside, differing, found_beside, sentence
from workbench.contract.figures import Answer, Answers, Column, Ending, Rows
from workbench.contract.prompt import Prompt
from workbench.probes.logit_lens import LogitLens
from workbench.probes.sample import Sample

SIDES = Named("#2", "#5")


def answers(*texts: str) -> Answers:
    return Answers("Answers", "", tuple(Answer(n, text, 3, Ending.ITSELF) for n, text in enumerate(texts)))


def test_what_was_asked_otherwise_comes_first() -> None:
    one = Sample(prompt=Prompt.ask("Norway?"), samples=4, seed=1)
    rows = asked_beside(one, one.model_copy(update={"prompt": Prompt.ask("Sweden?"), "seed": 2}), SIDES).rows
    assert [(row[0], row[1]) for row in rows[:3]] == [(DIFFERS, "Prompt"), (DIFFERS, "Seed"), ("", "probe")]
    assert rows[0][2:] == ("Norway?", "Sweden?")
    assert ("", "Samples", "4", "4") in rows
    lens = asked_beside(one, LogitLens(prompt=Prompt.ask("Norway?")), SIDES)
    assert (DIFFERS, "probe", "sample", "logit-lens") in lens.rows
    assert (DIFFERS, "Samples", "4", None) in lens.rows, "what only one of them has differs"
    assert ("", "Prompt", "Norway?", "Norway?") in lens.rows


def test_answers_are_counted_on_both_sides() -> None:
    (table,) = found_beside(
        (answers("Oslo.", "Oslo.", "Bergen."),), (answers("Oslo.", "Rome.", "Rome.", "Rome."),), SIDES
    )
    assert table.title == "1 of 3 texts were given on both sides (Answers)"
    assert table.rows == (  # by how far the shares lie apart: .75, .42, .33
        (DIFFERS, 0, 3, "Rome."),
        ("", 2, 1, "Oslo."),
        (DIFFERS, 1, 0, "Bergen."),
    )


def test_tables_are_held_against_each_other_row_by_row() -> None:
    columns = (Column("layer", "count"), Column("token", "token"), Column("logprob", "number", "nats"))
    left = Rows("Lens", columns, ((0, "a", -1.0), (1, "b", -2.0), (2, "c", -3.0)))
    right = Rows("Lens", columns, ((0, "a", -1.0), (1, "x", -0.5)))
    (table,) = found_beside((left,), (right,), SIDES)
    assert table.title == "2 of 3 rows differ (Lens)"
    assert [column.heading for column in table.columns] == [
        "", "layer", "token #2", "token #5", "logprob #2 (nats)", "logprob #5 (nats)", "difference (nats)",
    ]  # fmt: skip
    assert table.rows == (
        (DIFFERS, 1, "b", "x", -2.0, -0.5, 1.5),
        (DIFFERS, 2, "c", None, -3.0, None, None),
        ("", 0, "a", "a", -1.0, -1.0, 0.0),
    )
    other = Rows("Lens", columns[:2], ())
    assert "other columns" in found_beside((left,), (other,), SIDES)[0].title
    assert found_beside((left,), (answers("a"),), SIDES) == (), "figures of other types are not held together"


def test_the_words_that_differ_are_marked_where_they_stand() -> None:
    left, right = "The capital of Norway is Oslo.", "The capital of Sweden is Stockholm."
    spans = differing(left, right)
    assert [left[begin:end] for begin, end in spans[0]] == ["Norway", "Oslo"]
    assert [right[begin:end] for begin, end in spans[1]] == ["Sweden", "Stockholm"]
    assert differing("a b", "a b") == ((), ())
    assert differing("", "new") == ((), ((0, 3),))


def test_what_differs_is_said_first() -> None:
    one = Sample(prompt=Prompt.ask("Norway?"))
    same = asked_beside(one, one, SIDES)
    assert sentence(same, ()) == "Asked the same."
    other = asked_beside(one, one.model_copy(update={"seed": 9}), SIDES)
    found = found_beside((answers("a"),), (answers("b"),), SIDES)
    assert sentence(other, found) == "Asked with another seed. 0 of 2 texts were given on both sides (Answers)."
