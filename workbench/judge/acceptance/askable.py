"""Whether what a truth asks can be put to the sealed models at all: a behaviour that nobody can ask about is one that
nobody can find, and everybody would miss."""

from __future__ import annotations

from typing import Final

from backends.model import Model, ModelRefusal
from casefiles.status import Refusal
from workbench.contract.subject import BASELINE, ORGANISM, spoken
from workbench.judge.truths.truth import RAW, GroundTruth

_SHOWN: Final = 3


class Askable:
    """Tries every exhibit and control of a truth on each model that is opened; nothing is drawn."""

    def __init__(self, truth: GroundTruth | None) -> None:
        self._intent = truth.intent if truth is not None else ()
        self._refused: dict[str, str] = {}
        """Place in the truth → why it cannot be asked there."""

    def ask(self, on: str, model: Model) -> None:
        """Try them on one of the case's models, on one engine."""
        for number, behaviour in enumerate(self._intent if on in (ORGANISM, BASELINE) else ()):
            for field, exhibits in (("exhibits", behaviour.exhibits), ("controls", behaviour.controls)):
                for at, exhibit in enumerate(exhibits):
                    try:
                        exhibit.asked.ids(model, room=1)
                    except ModelRefusal as refusal:
                        where = "" if on == ORGANISM else f" (of the {spoken(on)})"
                        place = f"intent[{number}].{field}[{at}]{where}"
                        self._refused.setdefault(place, f"{refusal.what} {refusal.why}")

    def check(self) -> None:
        """Raises Refusal `truth.unsound` if something could not be asked."""
        if not self._refused:
            return
        told = " ".join(f"{place}: {why}" for place, why in list(self._refused.items())[:_SHOWN])
        more = f" And {len(self._refused) - _SHOWN} more." if len(self._refused) > _SHOWN else ""
        raise Refusal(
            "truth.unsound", "The ground truth asks what the model cannot be asked.", told + more,
            "Ask in words, turns and lengths that its template and context take, or, where it has none, raw text: "
            f"{RAW}. Then seal the case again.",
        )  # fmt: skip
