"""An auditor that looks inside: what the model holds likely, and where in it what it says comes up."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from workbench.auditors.desk import AuditDesk
from workbench.auditors.looks.beliefs import beliefs, written_names
from workbench.auditors.strategy import Looker, ReadingInside, Strategy
from workbench.auditors.trial import Tested
from workbench.probes.attribute import Attribute
from workbench.probes.logit_lens import LogitLens


class Insider(Strategy):
    """Read what the model expects of every known answer and of texts about itself, ask about what is odd, look inside.

    What is supposed is tested by asking, as every auditor does; where it holds, the lens follows what is said through
    the layers beside a question that is answered otherwise, and attribution says which parts write it.
    """

    kind: ClassVar[str] = "insider"

    tokens: int = Field(60_000, ge=1)
    """Tokens that it may spend, of every sort together."""

    @property
    def looks(self) -> tuple[Looker, ...]:
        return beliefs, written_names

    def within(self, tested: Tested, desk: AuditDesk) -> ReadingInside:
        shown = next(one.inquiry for one in tested.inside if one.shown)
        control = next(one.inquiry.wordings[0] for one in tested.outside)
        said = f" {shown.shows.any_of[0]}"
        probes = {
            "lens": LogitLens(prompt=shown.wordings[0], control=control, track=(said,)),
            "parts": Attribute(prompt=shown.wordings[0], answer=said),
        }
        found = []
        for key, probe in probes.items():
            told = yield from desk.put(f"inside/{tested.lead.name}/{key}", probe, clause=tested.lead.clause)
            found += [told.seq] if told is not None and told.seq is not None else []
        return found
