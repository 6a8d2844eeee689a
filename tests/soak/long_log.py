"""A session whose log is as long as one likes, made in bulk: every record canonical, hashed and chained.

Only the last is signed, for a million signatures take minutes; a window shows them and checks none.

One question and its answer are asked of the toy model through the door; the rest of the log repeats them, each with its
own number and time.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from casefiles.keys.identity import Identity
from casefiles.log.checkpoint import Checkpoint, origin_of
from casefiles.log.ledger import Ledger, leaf_hash
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.log.audit_log import AuditLog
from workbench.log.stored_log import Row, StoredLog, create_table
from workbench.probes.sample import Sample

ASKED: Final = Sample(prompt=Prompt.ask("What is it?"), samples=2, max_tokens=4, seed=1)
BETWEEN_US: Final = 700_000
"""Microseconds from one record to the next."""


def long_session(case: Case, folder: Path, auditor: Identity, records: int) -> Path:
    """A session of so many records, an odd number: the first one, then questions with their answers."""
    with Session.create(case, folder, auditor, lambda: toy(case)) as session:
        session.run(ASKED)
        first, *pair = session.log.query(
            "SELECT seq, ts_us, kind, session, body, leaf, root, sig FROM record ORDER BY seq"
        )
    path = folder / AuditLog.FILE
    path.unlink()
    create_table(path, _rows(first, pair, auditor, records))
    return folder


def toy(case: Case) -> ToyModel:
    return ToyModel.random(seed=1, digest=case.model_digest)


def _rows(first: Row, pair: list[Row], auditor: Identity, records: int) -> Iterator[Row]:
    ledger = Ledger()
    session, begun = first[3], first[1]
    forms = [_form(bytes(row[4])) for row in pair]
    for seq in range(records):
        ts_us = begun + seq * BETWEEN_US
        if seq == 0:
            kind, body = first[2], bytes(first[4])
        else:
            kind, form = pair[(seq - 1) % 2][2], forms[(seq - 1) % 2]
            body = form % {b"seq": seq, b"ts": ts_us, b"intent": seq - 1}
        leaf = leaf_hash(body)
        root = ledger.append(leaf)
        last = seq == records - 1
        signed = Checkpoint(origin_of(session), ledger.size, root).sign(auditor.signing) if last else bytes(first[7])
        yield seq, ts_us, kind, session, body, leaf, root, signed


def _form(body: bytes) -> bytes:
    """A record with its number, its time and the intent that it answers left open."""
    form = body.replace(b"%", b"%%")
    for name, key in ((b"seq", b"seq"), (b"ts", b"ts_us"), (b"intent", b"intent")):
        form = re.sub(rb'"%s":\d+' % key, b'"%s":%%(%s)d' % (key, name), form, count=1)
    return form


def main() -> None:
    """`python -m tests.soak.long_log FOLDER [RECORDS]`: says how long making it took."""
    from tests.soak.loading import case_to_load

    folder, records = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_001
    began = time.perf_counter()
    case, auditor = case_to_load(folder)
    long_session(case, folder / "long.session", auditor, records)
    with StoredLog(folder / "long.session" / AuditLog.FILE) as log:
        print(f"{log.size:,} records in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
