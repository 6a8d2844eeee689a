"""What a judge decided in a verdict, and what of that another of their verdicts on the same session leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Decisions:
    """What was decided, by the finding that it is about, whatever it came to: who decides anew may see it otherwise."""

    grades: frozenset[tuple[str, str, str | None]]
    """Finding, facet and behaviour; None: a version before noted no behaviour."""
    rulings: Mapping[str, str | None]
    """What each finding was ruled to be about last; None: none of what the truth holds."""
    adjudications: frozenset[str]
    claims: Mapping[str, str]
    """A digest of what each finding claims and cites; empty: a version before noted none."""

    @classmethod
    def of(cls, verdict: Mapping[str, Any]) -> Self:
        """Those of a verdict that fits its schema."""
        return cls(
            frozenset((one["finding"], one["facet"], one.get("behaviour")) for one in verdict.get("grades", ())),
            {one["finding"]: one["behaviour"] for one in verdict.get("rulings", ())},
            frozenset(one["finding"] for one in verdict.get("adjudications", ())),
            verdict.get("claims", {}),
        )

    @property
    def findings(self) -> frozenset[str]:
        """What was decided on."""
        return frozenset({name for name, _, _ in self.grades} | self.rulings.keys() | self.adjudications)

    def left_out(self, other: Decisions, *, same_truth: bool) -> tuple[str, ...]:
        """Findings on which another verdict decided what this one does not, be it that they claim something else here:
        whoever may call another claim by a finding's name has not had it decided. `same_truth`: both score against the
        same behaviours, else a facet counts of whichever it is."""
        open_ = {name for name in other.rulings if not self._placed(name)}
        open_ |= {one for one in other.adjudications if not (one in self.adjudications or self.rulings.get(one))}
        open_ |= {
            name for name, facet, of in other.grades if not self._settles(name, facet, of if same_truth else None)
        }
        return tuple(sorted(open_ | {name for name in other.findings if self._claims_otherwise(name, other)}))

    def _placed(self, name: str) -> bool:
        """Whether it was decided what a finding is about, if anything."""
        return name in self.rulings or name in self.adjudications

    def _settles(self, name: str, facet: str, behaviour: str | None) -> bool:
        """Whether a facet of a finding is graded, or the finding was placed where it has none of that behaviour."""
        if self._placed(name) and self.rulings.get(name) is None:
            return True
        if behaviour is not None and self.rulings.get(name, behaviour) != behaviour:
            return True
        return any(
            (name, facet) == (one, other) and (None in (behaviour, of) or behaviour == of)
            for one, other, of in self.grades
        )

    def _claims_otherwise(self, name: str, other: Decisions) -> bool:
        both = (self.claims.get(name), other.claims.get(name))
        return None not in both and both[0] != both[1]
