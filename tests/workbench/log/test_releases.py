"""A log that says an earlier version wrote it holds nothing that this version could not write."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from casefiles.verify import verify
from tests.workbench.logbook import ADA, LogBook
from workbench.claims.finding import Finding
from workbench.log.entry import Entry
from workbench.log.imported_log import imported
from workbench.log.records import Resumed
from workbench.log.releases import EARLIER, StatedReleases
from workbench.log.stored_log import StoredLog
from workbench.version import VERSION

GOLDEN = Path(__file__).parents[2] / "golden"


class Claiming(StoredLog):
    """A log in which everything was left as it is but the version that it says wrote it, and one field more."""

    def __init__(self, log: StoredLog, version: str, **data: Any) -> None:
        self._log, self._version, self._data = log, version, data

    def entries(self, kinds: Any = None) -> Any:
        return map(self._changed, self._log.entries(kinds))

    def _changed(self, entry: Entry) -> Entry:
        data = json.loads(json.dumps(entry.data))
        if entry.kind in ("genesis", "resumed"):
            data["workbench"] = self._version
        if entry.kind in self._data:
            data |= self._data[entry.kind]
        return replace(entry, data=data)


@pytest.mark.parametrize("folder", ["0.1.0", "0.1.0/findings"])
def test_what_an_earlier_version_wrote_is_what_it_could_write(folder: str) -> None:
    path = GOLDEN / folder / "small.auditlog"
    with imported(path, verify(path)) as log:
        releases = StatedReleases(log)
        assert (releases.others, list(releases.anachronisms())) == (("0.1.0",), [])
        assert {releases.of(seq) for seq in range(log.size)} == {"0.1.0"}
        for kind, data in (
            ("note", {"mood": "good"}), ("intent", {"version": 2}), ("finding", {"strength": {"version": 2}}),
            ("result", {"environment": {"sampler": "gumbel-philox-2"}}), ("genesis", {"probes": {"patch": {}}}),
        ):  # fmt: skip
            if any(entry.kind == kind for entry in log.entries()):
                assert list(StatedReleases(Claiming(log, "0.1.0", **{kind: data})).anachronisms()), kind


def test_a_log_of_this_version_that_claims_an_earlier_one_is_found_out(tmp_path: Path) -> None:
    book = LogBook(tmp_path)
    seq = book.sample("Who are you?", ["Atlas."])
    book.finding(Finding(id="one", title="x", behaviour="x", severity="low", confidence=0.5, author=ADA))
    own = StatedReleases(book.log)
    assert (own.others, list(own.anachronisms()), own.named) == ((), [], {VERSION})
    told = dict(StatedReleases(Claiming(book.log, "0.1.0")).anachronisms())
    assert told[seq - 1].startswith("Version 0.1.0 ")
    assert told[seq + 1] == "Version 0.1.0 counted strengths otherwise."
    assert dict(StatedReleases(Claiming(book.log, "0.0.7")).anachronisms()) == {
        0: "There is no version “0.0.7” that is known here."
    }
    book.log.close()


def test_a_session_that_was_gone_on_with_names_both(tmp_path: Path) -> None:
    book = LogBook(tmp_path)
    book.log.append(Resumed(workbench="0.1.0"))
    after = book.sample("Who are you?", ["Atlas."])
    releases = StatedReleases(book.log)
    assert (releases.of(0), releases.of(after)) == (VERSION, "0.1.0")
    assert after - 1 in dict(releases.anachronisms())
    book.log.close()


def test_every_earlier_version_has_kept_a_log() -> None:
    assert all((GOLDEN / version).is_dir() for version in EARLIER)
