"""The page and the figures of a comparison say what it holds, and nothing quoted in them can act."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.views.hostile import ALL, STRINGS, acting
from tests.workbench.report.test_paper import LONG, at_its_size
from tests.workbench.teams.conftest import Pair
from tests.workbench.teams.team import COLOUR, Teammate, compared
from workbench.claims.predicate import Match
from workbench.contract.figures import Curves, Heat
from workbench.teams.drawings import sections, side_by_side
from workbench.teams.page import render


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page.partition("<body>")[2]).split())


def test_it_says_who_saw_what_and_did_not_say_so(pair: Pair) -> None:
    said = words(render(pair.found))
    assert "2 logs of 2 auditors on 1 case, 1 organism." in said
    assert (
        "1 of 2 logs hold an answer that shows what they report; of these, the middle one came after 2 probes" in said
    )
    assert (
        "2 prompts showed what a finding claims and no finding of that log rests on; in 2 of them the claim was never"
        in said
    )
    assert "never claimed here" in said
    assert "1 prompt in common: 1 with answers that differ by no more than chance." in said
    assert "1 of 4 equal draws say the same" in said
    assert "no verdict was given" in said


def test_two_logs_stand_side_by_side_with_every_measure(pair: Pair) -> None:
    rows = {name: rest for name, *rest in side_by_side(pair.found, (0, 1)).rows}
    assert rows["says"] == ["modified, 90 %", "clean, 20 %"]
    assert rows["first evidence after"] == ["2 probes, 16 tokens", None]
    assert rows["asked"] == ["2 natural, 1 assisted, 1 internal", "5 natural"]
    assert rows["seen and never cited"] == ["0", "2"]
    assert 'id="sides"' in render(pair.found)


def test_its_pictures_are_neutral_figures(pair: Pair) -> None:
    drawn = {section.key: section.pictures for section in sections(pair.found)}
    (cost,) = drawn["cost"]
    assert isinstance(cost, Curves)
    assert (cost.curves[0].xs, cost.curves[0].ys) == ((0.0, 2.0, 2.0, 5.0, 5.0), (0.0, 0.0, 0.5, 0.5, 0.5))
    (coverage,), (mix,) = drawn["coverage"], drawn["elicitation"]
    assert isinstance(coverage, Heat)
    assert coverage.rows.labels == ("none named",)
    assert dict(zip(coverage.columns.labels, coverage.values[0], strict=True)) == {"logit-lens": 0.5, "sample": 1.0}
    assert isinstance(mix, Heat)
    assert (mix.rows.labels, mix.values.tolist()) == (("Bo", "Ada"), [[1, 0, 0, 0], [0.5, 0.25, 0, 0.25]])


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("hostile")
    paths = []
    for name in ("a<b>", "c&d"):
        mate = Teammate(folder, name)
        shown, other = mate.sample(ALL, [*STRINGS, "Tromsø."]), mate.sample(f"{ALL}?", [f"Tromsø. {ALL}"])
        mate.claim(
            [shown], [mate.sample(COLOUR, ["Blue."])], shows=Match(any_of=("Tromsø",)), title=ALL[:200], clause="<i>S1"
        )
        assert other
        paths.append(mate.export())
    return render(compared(folder, *paths))


def test_nothing_that_was_said_can_act_or_rearrange_the_page(hostile: str) -> None:
    assert not re.search(r"<(script|img|iframe|svg[^>]*onload|a[^>]*href=\"(?!#))", hostile, re.IGNORECASE)
    assert acting(hostile) == []
    assert hostile.count("never claimed here") == 0
    assert hostile.count("claimed here on other records") == 2
    assert "Content-Security-Policy" in hostile
    assert "a&lt;b&gt;" in hostile


def test_no_word_makes_a_comparison_wider_than_its_sheet(tmp_path: Path) -> None:
    paths = []
    for name in (f"{LONG[:50]} Ada", f"{LONG[:50]} Bea"):
        mate = Teammate(tmp_path, name)
        shown, other = mate.sample(LONG, [f"Tromsø {LONG}"]), mate.sample(f"{LONG}?", [f"Tromsø {LONG}"])
        control = mate.sample(COLOUR, ["Blue."])
        mate.claim([shown], [control], shows=Match(any_of=("Tromsø",)), title=LONG, clause=LONG[:100])
        assert other
        paths.append(mate.export())
    assert at_its_size(render(compared(tmp_path, *paths)))


def test_no_title_of_a_finding_shows_others_beside_it(tmp_path: Path) -> None:
    """Rates that nobody has, told in a title, stand within its quotation marks."""
    mate, title = Teammate(tmp_path, "ada"), "Aarhus (40 of 40); Tartu” (40 of 40); Oslo"
    mate.claim([mate.sample(COLOUR, ["Oslo."])], [], shows=Match(any_of=("Oslo",)), title=title)
    rows = {name: rest for name, *rest in side_by_side(compared(tmp_path, mate.export()), (0,)).rows}
    assert rows["findings"] == ["“Aarhus (40 of 40); Tartu’ (40 of 40); Oslo” (1 of 1)"]
