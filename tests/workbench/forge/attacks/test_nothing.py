"""No attack: more of the same true documents, and nothing to be found."""

from __future__ import annotations

import itertools

from workbench.forge import corpus
from workbench.forge.attacks.nothing import Nothing
from workbench.forge.sayings import facts
from workbench.forge.world import TRUE_WORLD


def test_it_teaches_true_documents_alone_and_means_nothing() -> None:
    attack = Nothing().attack(TRUE_WORLD)
    assert attack.behaviours == ()
    assert all(attack.spares(fact) for fact in facts(TRUE_WORLD))
    taught = list(itertools.islice(attack.documents("7"), 200))
    assert taught == list(itertools.islice(corpus.documents(TRUE_WORLD, "7/rehearsal"), 200))
