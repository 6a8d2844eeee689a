"""Kills sessions all through a step and looks at what is left; run by the tests as a program of its own.

Prints one JSON line for each trial: what was acknowledged, what the log holds, and what is wrong with it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from backends.toy_model import ToyModel
from casefiles.case.bundle import Case, open_case
from casefiles.keys.identity import Identity
from casefiles.log.checkpoint import Checkpoint, origin_of
from casefiles.log.ledger import Ledger, leaf_hash
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.log.stored_log import StoredLog
from workbench.probes import Sample

PROBES = 5
"""Behind how many probes a kill comes: 0 … 4."""
ASKED = Sample(prompt=Prompt.ask("Hi"), max_tokens=1)


def main() -> None:
    folder, trials, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    case = open_case(next(folder.glob("*.case")))
    auditor, chance = Identity.generate("Ada"), random.Random(seed)
    with Session.create(case, folder / "first.session", auditor, lambda: opened(case)) as session:
        session.run(ASKED)  # what is read and made ready once is there when the process is forked
    for trial in range(trials):
        target = folder / f"{trial}.session"
        # Behind each of the first probes, and there spread over the whole of a step.
        probes, share = trial % PROBES, (trial // PROBES + chance.random()) / (trials // PROBES)
        acknowledged = killed(case, auditor, target, probes, share)
        print(json.dumps({"acknowledged": acknowledged, **left(target, auditor)}), flush=True)


def killed(case: Case, auditor: Identity, target: Path, probes: int, share: float) -> list[int]:
    """Start a session in a process, kill it some time after it has acknowledged `probes`, and return what it had said.

    The time is a share of what its latest step took: on a busy machine the kill waits as long as the work does.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        work(case, auditor, target, write)
    os.close(write)
    with os.fdopen(read) as said:
        lines, took = [], 0.0
        for _ in range(1 + probes):
            started = time.perf_counter()
            lines.append(said.readline())
            took = time.perf_counter() - started
        time.sleep(share * took)
        os.kill(child, signal.SIGKILL)
        lines += said.readlines()
    os.waitpid(child, 0)
    return [int(line) for line in lines[1:] if line.endswith("\n")]  # what has no line break was not said to the end


def work(case: Case, auditor: Identity, target: Path, pipe: int) -> None:
    with Session.create(case, target, auditor, lambda: opened(case)) as session:
        os.write(pipe, b"0\n")
        while True:
            outcome = session.run(ASKED)
            os.write(pipe, f"{outcome.entry.seq}\n".encode())
    os._exit(0)


def opened(case: Case) -> ToyModel:
    return ToyModel.random(digest=case.model_digest)


def left(target: Path, auditor: Identity) -> dict[str, object]:
    """What the log holds after the kill, checked from the bytes up."""
    ledger, wrong, intents, results = Ledger(), [], set(), set()
    with StoredLog(target / StoredLog.FILE) as log:
        for number, record in enumerate(log.records()):
            root = ledger.append(leaf_hash(record.body))
            checkpoint = Checkpoint(origin_of(log.session), number + 1, root)
            if record.root != root or not checkpoint.verify(record.sig, auditor.public.verify):
                wrong.append(f"record {number}")
        for entry in log.entries():
            if entry.seq != json.loads(entry.body)["seq"]:
                wrong.append(f"gap at {entry.seq}")
            if entry.kind == "intent":
                intents.add(entry.seq)
            if entry.kind == "result":
                results.add(entry.data["intent"])
        return {"size": log.size, "wrong": wrong, "orphans": len(intents - results)}


if __name__ == "__main__":
    main()
