"""When I leave the seed to the session, each asking draws anew, and the log shows that I did not choose."""

from __future__ import annotations

import json
from pathlib import Path

import assets
from tests.quick import QUICK_OPTIONS
from tests.stories.conftest import workbench
from workbench.log.seeds import derived
from workbench.log.stored_log import StoredLog

CASE = assets.path("demo", "atlas-01.case")


def test_a_fresh_seed_is_another_each_time_and_nobody_picked_it(tmp_path: Path) -> None:
    workbench("keys", "new", "ada", "--no-passphrase", home=tmp_path)
    ask = (
        "probe",
        CASE,
        "sample",
        "--prompt",
        "Hi",
        "--max-tokens",
        "3",
        "--session",
        tmp_path / "s",
        "--json",
        *QUICK_OPTIONS,
    )
    intents = [
        json.loads(workbench(*ask, *seed, home=tmp_path))["intent"]
        for seed in ((), ("--seed", "fresh"), ("--seed", "5"))
    ]
    with StoredLog(tmp_path / "s" / StoredLog.FILE) as log:
        seeds = [log.entry(seq).data["arguments"]["seed"] for seq in intents]
        assert len(set(seeds)) == 3
        assert [derived(log, seq) for seq in intents] == [True, True, False]
    told = workbench(*ask, "--seed", "stale", home=tmp_path, code=1)
    assert "no whole number" in told
