"""The audit log: a durable append against SQLite's WAL in FULL mode, and a million records."""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from casefiles.files import canonical
from casefiles.keys.identity import Identity, SigningKey
from casefiles.log.checkpoint import Checkpoint, origin_of
from casefiles.log.ledger import Ledger, leaf_hash
from tests.workbench.logbook import genesis
from workbench.contract.rules import Cost
from workbench.log.audit_log import AuditLog
from workbench.log.records import ResultRecord
from workbench.log.stored_log import Row, StoredLog, create_table

SESSION = "0" * 32
RESULT = ResultRecord(
    intent=1, probe="sample", status="ok", summary="one answer", error=None, cost=Cost(), environment={}, blobs={},
    result={"samples": [{"text": "The capital of Norway is Oslo. " * 20}]}, elapsed_us=1000,
)  # fmt: skip
ROUNDS, BATCH = 8, 40
RECORDS = 1_000_000


def timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def appends(folder: Path) -> None:
    """Alternating batches on the same disk; medians of single appends."""
    ada = Identity.generate("Ada")
    log = AuditLog.create(folder, SESSION, ada.signing, genesis(ada))
    peer = sqlite3.connect(folder / "peer.sqlite", isolation_level=None)
    peer.execute("PRAGMA journal_mode = WAL")
    peer.execute("PRAGMA synchronous = FULL")
    peer.execute("CREATE TABLE record (seq, ts_us, kind, session, body, leaf, root, sig)")
    body = canonical.encode(
        {"v": 1, "seq": 1, "ts_us": 1, "session": SESSION, "kind": RESULT.kind, "data": RESULT.model_dump(mode="json")}
    )
    row = (1, 1, "result", SESSION, body, b"l" * 32, b"r" * 32, b"s" * 64)
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(ROUNDS):
        ours += [timed(lambda: log.append(RESULT)) for _ in range(BATCH)]
        theirs += [
            timed(lambda: peer.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)) for _ in range(BATCH)
        ]
    log.close()
    peer.close()
    for name, of in (("p50", statistics.median), ("p95", lambda times: statistics.quantiles(times, n=20)[18])):
        mine, peers = of(ours), of(theirs)
        print(f"append {name}: {mine * 1e3:.2f} ms, SQLite WAL FULL {peers * 1e3:.2f} ms, ratio {mine / peers:.2f}")


def million(folder: Path, count: int) -> None:
    """Opening, grouping and paging a log of that many records."""
    path = folder / StoredLog.FILE
    create_table(path, _rows(count))
    print(f"{count} records: {path.stat().st_size / 1e6:.0f} MB")
    opened = [timed(lambda: StoredLog(path).close()) for _ in range(5)]
    with StoredLog(path) as log:
        log.query("SELECT count(*) FROM record")
        grouped = [timed(lambda: log.query("SELECT kind, count(*) FROM record GROUP BY kind")) for _ in range(5)]
        paged = [timed(lambda: list(log.page(count // 2, count // 2 + 100))) for _ in range(5)]
    for name, times in (("open", opened), ("group by kind", grouped), ("a page of 100", paged)):
        print(f"{name}: {statistics.median(times) * 1e3:.1f} ms")


def _rows(count: int) -> Iterator[Row]:
    """Rows with true leaves and roots; one signature for all, which nobody checks here."""
    ledger, signature = Ledger(), SigningKey.generate().sign(Checkpoint(origin_of(SESSION), 0, b"0" * 32).body())
    kinds = ("intent", "result", "note", "tag")
    for seq in range(count):
        kind = kinds[seq % 4]
        body = b'{"data":{"text":"%d"},"kind":"%s","seq":%d,"session":"%s","ts_us":%d,"v":1}' % (
            seq, kind.encode(), seq, SESSION.encode(), seq,
        )  # fmt: skip
        leaf = leaf_hash(body)
        yield seq, seq, kind, SESSION, body, leaf, ledger.append(leaf), signature


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    with tempfile.TemporaryDirectory() as folder:
        appends(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        million(Path(folder), count)


if __name__ == "__main__":
    main()
