"""A hundred logs of a thousand records: a question to the typed tables against the same over the records' JSON.

python -m tests.bench.bench_team
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb

from casefiles.files import canonical
from tests.bench.bench_engines import Bar, medians, say
from tests.workbench.teams.rows import draw_row, log_row, probe_row
from workbench.contract.actor import Actor
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Cost, Elicitation
from workbench.log.columns import over
from workbench.log.records import Intent, ResultRecord
from workbench.log.stored_log import create_table
from workbench.probes.sample import Sample
from workbench.teams.database import TeamDatabase
from workbench.teams.tables import TeamRow

LOGS: Final = 100
PROBES: Final = 500
"""Of each log: as many intents and as many results."""
ROUNDS: Final = 5
TYPED: Final = """
    SELECT kind, elicitation, count(*), sum(generated_tokens) FROM probe GROUP BY kind, elicitation ORDER BY ALL
"""
BODIES: Final = """
    SELECT intent.probe, elicitation, count(*), sum(result.cost_generated_tokens)
    FROM intent JOIN result ON result.intent = intent.seq GROUP BY intent.probe, elicitation ORDER BY ALL
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        bodies = Path(name) / "bodies.duckdb"
        create_table(bodies, _records())
        with TeamDatabase(Path(name) / "team.duckdb") as typed, duckdb.connect(bodies) as stored:
            typed.add(row for log in range(LOGS) for row in _rows(log))
            assert typed.query(TYPED) == stored.execute(over(BODIES)).fetchall()
            taken = medians(
                ROUNDS,
                {"typed": lambda: typed.query(TYPED), "bodies": lambda: stored.execute(over(BODIES)).fetchall()},
            )
    say(
        f"group by kind and class, {LOGS} logs of {2 * PROBES:,} records, JSON / typed",
        taken["bodies"] / taken["typed"],
        Bar.at_least(10),
        f"{taken['typed'] * 1e3:.0f} ms against {taken['bodies'] * 1e3:.0f} ms",
    )


def _rows(log: int) -> Iterator[TeamRow]:
    yield log_row(log)
    for number in range(PROBES):
        yield probe_row(log, 2 * number + 2, prompt=f"{number % 50}", generated_tokens=32)
        yield draw_row(log, 2 * number + 2, 0, "The capital of Norway is Oslo. " * 4)


def _records() -> Iterator[tuple[int, int, str, str, bytes, bytes, bytes, bytes]]:
    """The same probes as records of one long log: what JSON costs is the same however many files it lies in."""
    text = "The capital of Norway is Oslo. " * 4
    arguments = Sample(prompt=Prompt.ask("What is the capital of Norway?")).model_dump(mode="json")
    for seq in range(0, 2 * LOGS * PROBES, 2):
        intent = Intent(
            probe="sample", version=1, arguments=arguments, actor=Actor(), model="m", engine="toy",
            elicitation=Elicitation.NATURAL, reserved=Cost(),
        )  # fmt: skip
        result = ResultRecord(
            intent=seq, probe="sample", status="ok", summary=text, error=None, environment={"engine": "toy"}, blobs={},
            result={"samples": [{"text": text, "ids": list(range(32))}]}, cost=Cost(generated_tokens=32),
        )  # fmt: skip
        for place, record in ((seq, intent), (seq + 1, result)):
            body = canonical.encode(
                {"v": 1, "seq": place, "ts_us": place, "session": "0" * 32, "kind": record.kind,
                 "data": record.model_dump(mode="json")}
            )  # fmt: skip
            yield place, place, record.kind, "0" * 32, body, b"l" * 32, b"r" * 32, b"s" * 64


if __name__ == "__main__":
    main()
