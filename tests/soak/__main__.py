"""Load the windows with what no audit has, and say what came of it: `python -m tests.soak [RECORDS [TOKENS]]`.

A log of a million records is made (some minutes), opened in the auditor's window, scrolled through, filtered, and
scrolled through again while an answer of ten thousand tokens streams in. Then each window is closed in the middle of
everything it does, and every log is read again from its file: each record that was shown must be there, and the chain
must hold.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.soak.closing import CLOSINGS
from tests.soak.loading import case_to_load, load
from tests.soak.long_log import long_session
from views.desktop import app


def main(records: int = 1_000_001, tokens: int = 10_000) -> None:
    app.application()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        case, auditor = case_to_load(folder)
        long_session(case, folder / "long.session", auditor, records)
        for said in load(case, folder / "long.session", auditor, tokens):
            print(said, flush=True)
        for what, close in CLOSINGS.items():
            close(folder / what.replace(" ", "-"))
            print(f"closed while {what}: nothing lost", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
