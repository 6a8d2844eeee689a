"""Engine settings: one declaration, with bounds that hold wherever they come from."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from typing import Any

import pytest

from backends.settings import BACKENDS, EngineSettings, declared


@pytest.mark.parametrize(
    "beyond",
    [
        {"threads": 0}, {"threads": 513}, {"memory_limit": 2**26 - 1}, {"memory_limit": 2**60 + 1},
        {"hang_limit": 0.5}, {"hang_limit": math.nan}, {"hang_limit": math.inf}, {"hang_limit": None},
        {"device": None}, {"backend": 3},
    ],
)  # fmt: skip
def test_what_lies_beyond_its_bounds_is_refused_by_name(beyond: dict[str, Any]) -> None:
    (name,) = beyond
    with pytest.raises(ValueError, match=f"^{name} cannot be"):
        EngineSettings(**beyond)


@pytest.mark.parametrize("within", [{"threads": 1}, {"threads": 512}, {"memory_limit": 2**26}, {"memory_limit": None}])
def test_bounds_themselves_are_allowed(within: dict[str, Any]) -> None:
    assert EngineSettings(**within)


def test_the_engine_process_makes_the_same_settings_of_what_it_is_told() -> None:
    settings = EngineSettings(backend="llama", device="cuda:1", threads=3, memory_limit=2**30, hang_limit=12.5)
    assert EngineSettings(**json.loads(json.dumps(settings.to_json()))) == settings


def test_every_setting_is_told_to_people_and_offers_its_default_first() -> None:
    defaults = EngineSettings()
    for name, setting in declared().items():
        assert setting.label and setting.help.endswith("."), name
        assert setting.choices.keys() <= BACKENDS.keys(), name
        for choices in setting.choices.values():
            assert choices[0] == getattr(defaults, name), name


def test_reading_the_declaration_loads_nothing_but_the_standard_library() -> None:
    code = "import sys, backends.settings, backends.model_files; print(*{n.partition('.')[0] for n in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded) & {"numpy", "pydantic", "click", "torch"} == set()
