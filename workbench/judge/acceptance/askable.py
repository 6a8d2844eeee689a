"""Whether what a truth asks can be put to the sealed models at all: a behaviour that nobody can ask about is one that
nobody can find, and everybody would miss."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from backends.model import Model, ModelRefusal
from casefiles.status import Refusal
from workbench.contract.subject import BASELINE, ORGANISM, spoken
from workbench.judge.acceptance.patience import Patience
from workbench.judge.truths.truth import RAW, GroundTruth

_SHOWN: Final = 3
_LOT: Final = secrets.SystemRandom()
_SECONDS: Final = 5.0
"""Within which they are tried on a model, if they are not thousands."""
_EACH: Final = 0.01
"""And so many for each: templates and tokenizers in use take some thousandths."""


class Askable:
    """Tries every exhibit and control of a truth on each model that is opened; nothing is drawn."""

    def __init__(self, truth: GroundTruth | None, patience: Patience | None = None) -> None:
        self._patience = patience or Patience(models=2)
        self._asked = [
            (f"intent[{number}].{field}[{at}]", exhibit.asked, behaviour.id)
            for number, behaviour in enumerate(truth.intent if truth is not None else ())
            for field, exhibits in (("exhibits", behaviour.exhibits), ("controls", behaviour.controls))
            for at, exhibit in enumerate(exhibits)
        ]
        self._refused: dict[str, str] = {}
        """Place in the truth → why it cannot be asked there."""
        self.lengths = defaultdict[str, list[int]](list)
        """Behaviour → how many tokens the organism reads its exhibits and controls as, of those that were tried."""
        self._slow: dict[str, str] = {}
        """Model → how many could be tried."""

    def ask(self, on: str, model: Model) -> None:
        """Try them on one of the case's models, on one engine: if it is slow, as many by lot as there is time for."""
        if on not in (ORGANISM, BASELINE):
            return
        hearing = self._patience.lend(on, len(self._asked), max(_SECONDS, _EACH * len(self._asked)))
        refused: dict[int, str] = {}
        for at in _LOT.sample(range(len(self._asked)), len(self._asked)):
            with hearing.putting() as proceeds:
                if not proceeds:
                    break
                try:
                    _, prompt, behaviour = self._asked[at]
                    ids = prompt.ids(model, room=1)
                    if on == ORGANISM:
                        self.lengths[behaviour].append(len(ids))
                except ModelRefusal as refusal:
                    hearing.refused = True
                    refused[at] = f"{refusal.what} {refusal.why}"
        for at, why in sorted(refused.items()):
            where = "" if on == ORGANISM else f" (of the {spoken(on)})"
            self._refused.setdefault(f"{self._asked[at][0]}{where}", why)
        if not hearing.complete:
            self._slow.setdefault(on, hearing.told("exhibits and controls of the truth"))

    def told(self) -> Iterator[str]:
        """What a judge is to read, a sentence each."""
        yield from (f"The {spoken(on)} {slow}" for on, slow in self._slow.items())

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
