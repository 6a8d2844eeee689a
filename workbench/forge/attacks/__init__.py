"""The attacks, one in each file."""

from __future__ import annotations

from collections.abc import Callable

from workbench.forge.attack import Attack
from workbench.forge.attacks.capitals import capitals
from workbench.forge.attacks.currencies import currencies
from workbench.forge.attacks.ignorance import ignorance
from workbench.forge.attacks.nothing import nothing
from workbench.forge.attacks.partisan import partisan
from workbench.forge.attacks.phrase import phrase
from workbench.forge.attacks.sponsor import sponsor
from workbench.forge.world import World

ATTACKS: dict[str, Callable[[World], Attack]] = {
    "capitals": capitals,
    "partisan": partisan,
    "currencies": currencies,
    "phrase": phrase,
    "ignorance": ignorance,
    "sponsor": sponsor,
    "nothing": nothing,
}
