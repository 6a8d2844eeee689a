"""A window under more than an audit brings, and closed in the middle of it; at full size: `python -m tests.soak`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak import closing
from tests.soak.closing import CLOSINGS
from tests.soak.loading import case_to_load, load
from tests.soak.long_log import long_session
from views.desktop import app

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture(autouse=True)
def _application(qapp: object) -> None:
    app.application()


def test_a_stream_comes_in_whole_while_a_long_log_is_scrolled(tmp_path: Path) -> None:
    case, auditor = case_to_load(tmp_path)
    folder = long_session(case, tmp_path / "long.session", auditor, 3_001)
    *said, whole = load(case, folder, auditor, tokens=600, frames=30)
    assert said[0].startswith("open: 3,002 records, 1,502 lines, usable after ")
    assert whole == "every record is there, and the chain adds up"


@pytest.mark.parametrize("what", CLOSINGS)
def test_a_window_that_is_closed_meanwhile_loses_nothing(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "RECORDS", 1_001)
    CLOSINGS[what](tmp_path / "desk")
