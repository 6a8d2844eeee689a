"""What is told beside the rates is told line by line, with how good it is."""

from __future__ import annotations

import pytest

from tests.workbench.evidence.told import FRANCE, NORWAY, control, finding, support
from tests.workbench.logbook import LogBook
from workbench.claims.confirmation import AmongAll
from workbench.claims.measures import measures
from workbench.evidence.strength import strength


def test_each_measure_says_how_good_it_is(book: LogBook) -> None:
    seq, other = book.sample("xq7 zzfr !!kkp 0x9f", ["Bergen."] * 4), book.sample(FRANCE, ["Paris."] * 4)
    book.sample("xq7 zzfr !!kkp 0x9f", ["Oslo."] * 4, on="baseline")
    told = measures(strength(finding(support(seq), control(other)), book.log), AmongAll(p=0.03, looked=4, holm=0.12))
    assert [(one.name, one.figure, one.tone) for one in told] == [
        ("Over prompts", "p 1", "warn"),
        ("Among all claims", "p 0.12", "warn"),
        ("Baseline, same prompts", "0/4", "ok"),
        ("Naturalness", "unnatural", "plain"),
    ]


def test_a_p_that_is_the_best_of_many_is_lacking(book: LogBook) -> None:
    seqs = [book.sample(f"{NORWAY} {n}", ["Bergen."] * 4) for n in range(4)]
    others = [book.sample(f"{FRANCE} {n}", ["Paris."] * 4) for n in range(4)]
    found = strength(finding(*map(support, seqs), *map(control, others)), book.log)
    assert found.p == pytest.approx(2 / 70)
    assert found.lacks() == found.lacks(AmongAll(p=2 / 70, looked=1, holm=2 / 70)) == ()
    (lack,) = found.lacks(AmongAll(p=2 / 70, looked=3, holm=6 / 70))
    assert (
        lack
        == "It may be the best of many: among the 3 claims that were looked at its p of 0.029 becomes 0.086 (Holm)."
    )
