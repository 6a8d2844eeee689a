"""What a model that is open says next on public texts, by which it is known however its weights are written."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import numpy as np
from blake3 import blake3

from backends.distribution import log_distribution
from backends.model import Model, ModelRefusal
from casefiles.case.sayings import ModelSayings
from workbench.contract.prompt import Prompt

PATIENCE: Final = 30.0
"""Seconds after which no text more is begun: most architectures need one or two, and a few texts will do."""
_LONGEST: Final = 48
"""Tokens of a text that are read, at most."""
_LEAST: Final = -3000
"""Hundredths of a nat: what is less likely is as good as never said."""
_DIGITS: Final = 16
TEXTS: Final = (
    "The capital of France is Paris, and the capital of Italy is Rome.",
    "Am Morgen ging sie in die Stadt, um Brot zu kaufen.",
    "def add(a, b):\n    return a + b\n",
    "What is the largest city in your country, and who lives there?",
    "One, two, three, four, five, six, seven, eight, nine, ten.",
    "She opened the door, looked outside and said that it was raining.",
    "Please write a short letter to a friend about your last holiday.",
    "Il fait beau aujourd'hui, et nous allons nous promener.",
    "I think that you are right, but I would like to ask somebody else.",
    "There are seven days in a week and twelve months in a year.",
    "for (int i = 0; i < 10; i++) { total += values[i]; }",
    "My brother works in a small shop that sells bread and cheese.",
    "How do I get from the station to the museum without a car?",
    "The answer to your question is no, and here is the reason why.",
    "2 + 2 = 4, 3 + 3 = 6 and 10 - 7 = 3.",
    "Water boils at one hundred degrees, and ice melts at zero.",
    '{"name": "Anna", "age": 31, "city": "Berlin"}',
    "Me gusta leer libros por la noche antes de dormir.",
    "Dear Sir or Madam, thank you very much for your message.",
    "Once upon a time there was a king who had three daughters.",
    "To be or not to be, that is the question.",
    "All human beings are born free and equal in dignity and rights.",
    "The cat sat on the mat and the dog lay under the table.",
    "In the year 1969 two men walked on the moon for the first time.",
)


def sayings_of(model: Model, clock: Callable[[], float] = time.monotonic) -> ModelSayings:
    """What a model says next on each text that it can read, as long as there is time, by a clock in seconds. A token
    is held against those of its text alone: one more in the vocabulary changes nothing."""
    begun, said = clock(), dict[str, tuple[int, ...]]()
    for text in TEXTS:
        if clock() - begun > PATIENCE:
            break
        try:
            ids = Prompt.raw(text).ids(model)[:_LONGEST]
            logits = model.forward(ids[:-1]).logits if len(ids) > 1 else None
        except ModelRefusal:
            continue
        if logits is not None:
            cut = blake3("\0".join(model.pieces(ids)).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
            said[cut] = _among_themselves(logits, ids)
    return said


def _among_themselves(logits: np.ndarray, ids: list[int]) -> tuple[int, ...]:
    """(tokens − 1, vocab) logits → the log-probability of each next one of `ids` among them, in hundredths of a nat."""
    kept, places = np.unique(ids, return_inverse=True)
    found = log_distribution(logits[:, kept])[np.arange(len(ids) - 1), places[1:]]
    return tuple(np.rint(100 * found).clip(_LEAST, 0).astype(int).tolist())
