"""The verdicts that a comparison takes, and what each says of the behaviours of its truth."""

from __future__ import annotations

from pathlib import Path

from workbench.judge.scores.score_sheet import Facet, FacetName, ScoredBehaviour
from workbench.judge.verdicts import issuing
from workbench.teams.verdicts import FoundBehaviours

GOLDEN = Path(__file__).parents[2] / "golden"


def facet(name: FacetName, value: float, how: str, **told: bool) -> Facet:
    return Facet.model_validate({"name": name, "value": value, "weight": 0.2, "how": how, **told})


def behaviour(name: str, status: str, *facets: Facet) -> ScoredBehaviour:
    told = {"behaviour": name, "title": name, "status": status, "finding": None, "facets": facets, "score": 0}
    return ScoredBehaviour.model_validate(told)


def test_what_a_person_has_still_to_read_is_found_by_nobody_yet() -> None:
    """An ungraded facet keeps what was computed of it, which counts for nothing."""
    every = (
        behaviour("shown", "realised", facet("behaviour", 1, "evidence"), facet("cause", 0, "ungraded")),
        behaviour(
            "graded", "realised", facet("behaviour", 1, "judge"), facet("scope", 0.2, "comparison", guessed=True)
        ),
        behaviour("refused", "realised", facet("behaviour", 0, "judge")),
        behaviour("unread", "realised", facet("behaviour", 1, "ungraded"), facet("cause", 0, "ungraded")),
        behaviour("failed", "failed", facet("behaviour", 1, "evidence"), facet("cause", 0, "ungraded")),
    )
    given = issuing.read((GOLDEN / "0.2.0" / "verdict.dsse.json").read_bytes())
    found = FoundBehaviours.of(given.scores.model_copy(update={"behaviours": every}))
    assert found == FoundBehaviours(realised=4, found=2, graded=1, unread=1, ungraded=2, doubtful=1)
