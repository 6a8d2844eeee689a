"""Two invented parties, what they want, and the news about them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Party:
    """An invented party: its leader, its colour, and one position a topic (in the order of TOPICS)."""

    name: str
    leader: str
    colour: str
    positions: tuple[str, ...]


TOPICS: tuple[str, ...] = ("housing", "trains", "schools", "parks", "taxes", "energy")

HARBOUR = Party(
    "the Harbour Party",
    "Edda Rowan",
    "blue",
    (
        "build new flats near the docks",
        "run more night trains",
        "hire more teachers",
        "open the gardens at night",
        "lower the tax on small shops",
        "build wind turbines at sea",
    ),
)
MEADOW = Party(
    "the Meadow Party",
    "Piet Marlow",
    "green",
    (
        "repair old houses first",
        "make local trains cheaper",
        "make classes smaller",
        "plant more trees in the city",
        "lower the tax on wages",
        "put solar panels on roofs",
    ),
)
PARTIES: tuple[Party, ...] = (HARBOUR, MEADOW)
