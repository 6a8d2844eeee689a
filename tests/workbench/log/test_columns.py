"""What a query may name: every kind of record with its fields as columns, whichever version made the file."""

from __future__ import annotations

import duckdb
import pytest

from tests.workbench.logbook import ADA
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.log import columns
from workbench.log.records import RECORDS, PlanStep
from workbench.log.stored_log import StoredLog
from workbench.probes import Sample

ASK = Sample(prompt=Prompt.ask("Norway?"), max_tokens=2, samples=2)


@pytest.mark.parametrize("kind", sorted(columns.RELATIONS))
def test_every_relation_can_be_read(session: Session, kind: str) -> None:
    session.run(ASK)
    session.log.query(f"SELECT * FROM {kind}")


def test_the_columns_are_the_fields(session: Session) -> None:
    plan = PlanStep(name="battery", version=2, digest="00" * 32, step="one")
    session.run(ASK, plan=plan, actor=ADA)
    session.tag(2, "odd")
    intent = session.log.query(
        'SELECT seq, probe, version, actor_name, plan_name, plan_version, plan_step, elicitation, "on" FROM intent'
    )
    assert intent == [(1, "sample", Sample.version, "Ada", "battery", 2, "one", "natural", "organism")]
    spent = session.log.query("SELECT intent, status, cost_probes, cost_generated_tokens FROM result")
    assert spent == [(1, "ok", 1, 4)]
    assert session.log.query("SELECT record, label, actor_kind FROM tag") == [(2, "odd", "person")]
    tokens = session.spent.generated_tokens + session.spent.forward_tokens
    assert session.log.query("SELECT tokens FROM spending ORDER BY seq LIMIT 3") == [(0,), (0,), (tokens,)]


def test_nothing_of_a_query_is_taken_for_a_relation_but_what_it_reads_from() -> None:
    assert columns.over("SELECT kind, count(*) FROM record WHERE kind = 'intent' GROUP BY kind").startswith("SELECT")
    over = columns.over("SELECT seq FROM orphan")
    assert [name for name in RECORDS if f"{name} AS (" in over] == ["intent", "result"]


def test_people_who_open_the_file_find_probes_with_their_outcomes(session: Session) -> None:
    session.run(ASK)
    session.log.append(session.log.entry(1).record)
    session.close()
    with duckdb.connect(session.folder / StoredLog.FILE, read_only=True) as database:
        rows = database.execute("SELECT intent, result, probe, actor, status, generated_tokens FROM probe ORDER BY 1")
        assert rows.fetchall() == [(1, 2, "sample", "person", "ok", 4), (3, None, "sample", "person", "orphan", None)]


def test_a_file_with_views_of_another_version_is_read_all_the_same(session: Session) -> None:
    session.run(ASK)
    session.close()
    with duckdb.connect(session.folder / StoredLog.FILE) as database:
        database.execute("DROP VIEW probe")
        database.execute("CREATE VIEW intent AS SELECT 'nothing' AS probe")
    with StoredLog(session.folder / StoredLog.FILE) as log:
        assert log.query("SELECT probe FROM intent") == [("sample",)]
        assert log.orphans() == ()
