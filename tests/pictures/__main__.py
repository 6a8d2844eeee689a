"""Draw the windows and say which pictures changed; keep those of today if they are meant.

    python -m tests.pictures [NAME …]          where to look at what changed
    python -m tests.pictures accept [NAME …]   what changed is how it should be

A NAME is what the name of a picture begins with, such as `judge` or `auditor-lens`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from tests.pictures.gallery import KEPT, SUFFIX, draw, lacking


def main(*arguments: str) -> int:
    if why := lacking():
        print(f"Nothing is drawn: {why}.", file=sys.stderr)
        return 2
    accepts, names = arguments[:1] == ("accept",), arguments[arguments[:1] == ("accept",) :]
    folder = Path(tempfile.mkdtemp(prefix="pictures-"))
    shots = draw(folder, *names)
    KEPT.mkdir(exist_ok=True)
    for shot in shots:
        if shot.state != "same" and accepts:
            shutil.move(shot.drawn(folder), KEPT / f"{shot.name}{SUFFIX}")  # perhaps from another disk
            print(f"kept: {shot.name}")
        elif shot.state != "same":
            print(f"{shot.state}: {shot.drawn(folder)}")
    gone = {path.stem for path in KEPT.glob(f"*{SUFFIX}")} - {shot.name for shot in shots} if not names else set()
    for name in sorted(gone):
        print(f"{'removed' if accepts else 'no longer drawn'}: {name}")
        if accepts:
            (KEPT / f"{name}{SUFFIX}").unlink()
    changed = sum(shot.state != "same" for shot in shots) + len(gone)
    print(f"{len(shots)} pictures, {changed} changed")
    return int(changed > 0 and not accepts)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
