"""A model that answers as a test says, drawn from the sampler's seed alone: behaviour without weights."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

from backends.byte_vocabulary import END
from backends.model import FloatArray, Generated
from backends.sampling import Sampling
from backends.toy_model import ToyModel

Says = Callable[[str, random.Random], str]
"""(all that the model was given, as text; chance) → its answer."""


class Speaking(ToyModel):
    """A toy whose answers come from a function instead of its weights; everything else it does itself."""

    says: Says
    asked: int = 0

    @classmethod
    def of(cls, says: Says, digest: str = "0" * 64) -> Speaking:
        model = cls.random(seed=1, digest=digest)
        assert isinstance(model, Speaking)
        model.says = says
        return model

    def generate(self, ids: Any, sampling: Sampling, *, n: int = 1, **more: Any) -> list[Generated]:
        self.asked += n
        given = self.decode(ids)
        texts = [self.says(given, random.Random(f"{given}/{sampling.seed}/{index}")) for index in range(n)]
        return [self._said(text, sampling) for text in texts]

    def _said(self, text: str, sampling: Sampling) -> Generated:
        """It ends at a text where it is told to, and after as many tokens."""
        for at in range(len(text) + 1):
            if any(text[:at].endswith(stop) for stop in sampling.stop):
                return Generated(tokens=tuple(self.encode(text[:at])), stop="string")
        tokens = (*self.encode(text), END)
        if len(tokens) > sampling.max_tokens:
            return Generated(tokens=tokens[: sampling.max_tokens], stop="length")
        return Generated(tokens=tokens, stop="end")

    def continuations(self, ids: Any, continuations: Any, **more: Any) -> list[FloatArray]:
        """Logits that leave no choice but what it says, where it may say that."""
        given = self.decode(ids)
        may = {(*self.encode(self.says(given, random.Random(chance))), END) for chance in range(50)}
        found = []
        for tokens in continuations:
            logits = np.zeros((len(tokens), self.card.vocab), dtype=np.float32)
            if tuple(tokens) in may:
                logits[np.arange(len(tokens)), list(tokens)] = 1000
            found.append(logits)
        return found
