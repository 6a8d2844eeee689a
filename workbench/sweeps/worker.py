"""A worker of a sweep in a process of its own: `python -m workbench.sweeps.worker`, with its order on standard input.

The order is one line of JSON. It holds the judge's keys, which stand on no command line and in no file of the sweep:
a worker ends when its standard input does, so that none goes on with them when whoever gave the order is gone.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

from backends.process.lifeline import end_with
from backends.settings import EngineSettings
from casefiles.keys.identity import Identity, SealingKey, SigningKey
from casefiles.status import Refusal
from workbench.document import Document
from workbench.sweeps.grid import SweepGrid
from workbench.sweeps.lending import Lending
from workbench.sweeps.work import work


class WorkOrder(Document):
    """What a worker is to do."""

    plan: str
    suites: tuple[str, ...]
    out: str
    shard: tuple[int, int]
    settings: dict[str, Any]
    judge: str
    signing: str
    sealing: str

    @classmethod
    def of(
        cls,
        plan: Path,
        out: Path,
        shard: tuple[int, int],
        settings: EngineSettings,
        judge: Identity,
        suites: Sequence[Path] = (),
    ) -> Self:
        return cls(
            plan=str(plan.absolute()),
            suites=tuple(str(suite.absolute()) for suite in suites),
            out=str(out.absolute()),
            shard=shard,
            settings=settings.to_json(),
            judge=judge.name,
            signing=base64.b64encode(judge.signing.seed).decode(),
            sealing=judge.sealing.text,
        )

    @property
    def identity(self) -> Identity:
        return Identity(self.judge, SigningKey(base64.b64decode(self.signing)), SealingKey(self.sealing))


def main() -> None:
    """Carry an order out; a refusal is said in one line on standard error."""
    order = WorkOrder.model_validate_json(sys.stdin.readline())
    end_with(sys.stdin.fileno())
    try:
        grid = SweepGrid.of(Path(order.plan), suites=[Path(suite) for suite in order.suites]).shard(*order.shard)
        work(grid, Path(order.out), order.identity, partial(Lending, EngineSettings(**order.settings)))
    except Refusal as refusal:
        sys.stderr.write(f"{refusal.what} {refusal.why} [{refusal.code}]\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
