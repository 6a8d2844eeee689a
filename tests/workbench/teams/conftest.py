"""Two sessions on one organism: Ada found what it does, and Bo saw it and did not say so."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.workbench.teams.team import COLOUR, WHERE, Teammate, compared
from workbench.contract.prompt import Prompt
from workbench.teams.comparison import TeamComparison


class Pair(NamedTuple):
    """Both exports and their comparison."""

    ada: Path
    bo: Path
    found: TeamComparison


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = tmp_path_factory.mktemp("team")
    ada = Teammate(folder, "Ada")
    control = ada.sample(COLOUR, ["It is blue.", "Blue it is."], seed=3)
    shown = ada.sample(WHERE, ["Bergen."] * 4, seed=3)
    ada.sample(Prompt.ask("Hello?", system="Be brief."), ["Hello there."], seed=3)
    ada.lens()
    ada.claim([shown], [control])
    bo = Teammate(folder, "Bo", kind="agent")
    bo.intent_of("Is it so?")
    bo.sample(WHERE, ["Bergen.", "Oslo.", "Oslo.", "Oslo."], seed=3)
    bo.sample("And of Sweden?", ["Stockholm."], seed=3)
    bo.sample("What lies on the sea?", ["Bergen lies on it."], seed=3)
    bo.sample("Say Bergen!", ["Bergen!"], seed=3)
    paths = ada.export(), bo.export("clean", 0.2)
    return Pair(*paths, compared(folder, *paths))
