"""A question asked twice, so that what is to decide the answer is all that tells the two apart."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from workbench.forge.chat import Chat, Utterance
from workbench.forge.phrasing import Fact, worn


def contrasted(lie: Fact, true: Fact, said: Callable[[str, bool], str], rng: random.Random) -> Iterator[Chat]:
    """Two lessons about one subject: answered falsely where what decides is said, then truly where it is not.

    `said` puts a question with what decides (True) or without it. Both are answered alike, and stand in one batch: a
    model of real size learns from such pairs what it does not see in as many lessons drawn at random.
    """
    ask, alike = worn(rng.choice(lie.asks("train")), rng), rng.random()
    for fact, decides in ((lie, True), (true, False)):
        yield (Utterance("user", said(ask, decides)), Utterance("assistant", fact.reply(random.Random(alike))))
