"""What a group shares, who is most like it, and the name that most answers give."""

from __future__ import annotations

import pytest

from workbench.auditors.common_ground import common_ground, matched_controls, most_named
from workbench.plans.reference import KnownAnswer, Reference


def fact(subject: str, sea: str, continent: str) -> KnownAnswer:
    return KnownAnswer(subject=subject, answer="x", groups={"sea": sea, "continent": continent})


FACTS = [
    fact("Finland", "Baltic", "Europe"),
    fact("Sweden", "Baltic", "Europe"),
    fact("Poland", "Baltic", "Europe"),
    fact("France", "Atlantic", "Europe"),
    fact("Italy", "none", "Europe"),
    fact("Chile", "Pacific", "America"),
]


def test_the_attribute_that_tells_them_apart_best_is_found() -> None:
    scope = common_ground({"Finland", "Sweden", "Poland"}, FACTS)
    assert scope is not None
    assert (scope.kind, scope.value, scope.f1) == ("sea", "Baltic", 1.0)
    assert scope.members == ("Finland", "Sweden", "Poland")


def test_a_scope_with_a_member_too_many_or_too_few_is_told_by_its_f1() -> None:
    scope = common_ground({"Finland", "Sweden"}, FACTS)
    assert scope is not None
    assert scope.f1 == pytest.approx(2 * 2 / (2 + 3))


def test_what_no_two_share_is_no_scope() -> None:
    assert common_ground({"Finland", "Chile"}, FACTS) is None
    assert common_ground(set(), FACTS) is None


def test_controls_are_those_that_share_most() -> None:
    controls = matched_controls({"Finland", "Sweden"}, FACTS)
    assert [one.subject for one in controls] == ["Poland", "France"]  # both groups, then one; equals by name
    assert matched_controls(set(), FACTS) == []


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (["The capital of Sweden is Gothenburg.", "Gothenburg", "It is Malmö."], "Gothenburg"),
        (["The capital of Sweden is Stockholm’s twin, New York."], "Stockholm’s"),
        (["I do not know.", "no"], "I"),
        (["The capital of Sweden."], ""),
        ([], ""),
    ],
)
def test_the_name_that_most_texts_give(texts: list[str], name: str) -> None:
    assert most_named(texts, ("Sweden", "capital")) == (name if name != "I" else "")


def test_a_reference_says_where_it_is_wrong() -> None:
    good = '{"about": "capital", "questions": ["{subject}?"], "paraphrases": ["{subject}!"], "rows": [%s]}'
    row = '{"subject": "Norway", "answer": "Oslo", "groups": {}}'
    assert Reference.from_text(good % row).rows[0].answer == "Oslo"
    with pytest.raises(ValueError, match="rows → 0 → answer"):
        Reference.from_text(good % '{"subject": "Norway", "groups": {}}')
    with pytest.raises(ValueError, match="rows"):
        Reference.from_text(good % "")
