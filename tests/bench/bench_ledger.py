"""Verifying a log of a million records, against no more than decompressing it and hashing its lines.

Both sides run in this process, one after the other, several times; the table shows the best of each and their ratio.

    python tests/bench/bench_ledger.py [records]
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import zstandard

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from casefiles.files import canonical
from casefiles.keys.identity import SigningKey
from casefiles.log import auditlog
from casefiles.log.auditlog import Record
from casefiles.log.checkpoint import Checkpoint, origin_of
from casefiles.log.ledger import Ledger, leaf_hash
from casefiles.verify import verify

KEY = SigningKey(bytes([1]) * 32)
SESSION = "0123456789abcdef" * 2
TEXT = "the auditor asked what lies behind the model’s answer to a question about rivers and towns in France"
WORDS = TEXT.split()
ROUNDS = 3


def bodies(count: int) -> Iterator[bytes]:
    """Records as a session makes them: intents and results with text, tokens and log-probabilities."""
    draw = random.Random(1)

    def body(seq: int, kind: str, data: dict[str, canonical.Json]) -> bytes:
        ts_us = 1_795_000_000_000_000 + seq * 1000
        return canonical.encode(
            {"v": 1, "seq": seq, "ts_us": ts_us, "session": SESSION, "kind": kind, "data": data}
        )  # fmt: skip

    yield body(0, "genesis", {"case": "ab" * 32, "auditor": {"verify": KEY.public.text}, "ticket": None})
    shapes = [_shape(draw) for _ in range(64)]
    for seq in range(1, count):
        arguments, answer = shapes[draw.randrange(64)]
        if seq % 2:
            data: dict[str, canonical.Json] = {"probe": "sample", "version": 1, "arguments": arguments, "reserved": {}}
            yield body(seq, "intent", data)
        else:
            tokens: list[canonical.Json] = [draw.randrange(32_000) for _ in range(60)]
            logprobs: list[canonical.Json] = [round(-5 * draw.random(), 6) for _ in range(20)]
            result: canonical.Json = {"text": answer, "tokens": tokens, "logprobs": logprobs}
            yield body(seq, "result", {"intent": seq - 1, "status": "ok", "result": result, "blobs": {}})


def _shape(draw: random.Random) -> tuple[dict[str, canonical.Json], str]:
    prompt = " ".join(draw.choices(WORDS, k=40))
    return {"prompt": {"chat": [{"role": "user", "content": prompt}]}, "temperature": 0.7}, " ".join(
        draw.choices(WORDS, k=60)
    )


def records(count: int) -> Iterator[Record]:
    """Records whose signature is true at the end of each file, where the default verification looks; else filler."""
    ledger, origin, size = Ledger(), origin_of(SESSION), 0
    pending = 0
    for number, body in enumerate(bodies(count), 1):
        leaf = leaf_hash(body)
        root = ledger.append(leaf)
        size, pending = size + len(body) + 1, pending + 1
        sig = bytes(64)
        if auditlog.segment.ends(pending, size) or number == count:
            sig, size, pending = Checkpoint(origin, number, root).sign(KEY), 0, 0
        yield Record(body, leaf, root, sig)


def plain(folder: Path) -> bytes:
    """Decompress, divide into lines, hash each as a leaf, and compute the root: nothing is parsed or compared."""
    ledger = Ledger()
    for path in sorted(folder.glob("records-*")):
        text = zstandard.ZstdDecompressor().decompress(path.read_bytes())
        ledger.extend(hashlib.sha256(b"\x00" + line).digest() for line in text.split(b"\n")[:-1])
    return ledger.root


def flat(folder: Path) -> bytes:
    """Decompress, and hash the text in one go: what `zstd -d | sha256sum` does."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("records-*")):
        digest.update(zstandard.ZstdDecompressor().decompress(path.read_bytes()))
    return digest.digest()


def whole(folder: Path) -> bytes:
    return _verified(folder, 1)


def side_by_side(folder: Path) -> bytes:
    return _verified(folder, os.cpu_count() or 1)


def _verified(folder: Path, processes: int) -> bytes:
    found = verify(folder, processes=processes)
    assert found.ok, found.steps
    return bytes.fromhex(found.root)


def seconds() -> tuple[float, float]:
    """Wall clock, and processor time of this process and of those it has waited for."""
    times = os.times()
    return time.perf_counter(), times.user + times.system + times.children_user + times.children_system


def side(works: dict[str, Callable[[Path], bytes]], folder: Path) -> dict[str, tuple[float, float]]:
    """The least wall and processor time of each; in turns, so that a busy machine is as unkind to all."""
    least = dict.fromkeys(works, (float("inf"), float("inf")))
    for _ in range(ROUNDS):
        for name, work in works.items():
            before = seconds()
            work(folder)
            taken = [now - then for now, then in zip(seconds(), before, strict=True)]
            least[name] = min(least[name][0], taken[0]), min(least[name][1], taken[1])
    return least


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "bench.auditlog"
        auditlog.write(folder, records(count), origin=origin_of(SESSION), seal=KEY)
        packed = sum(path.stat().st_size for path in folder.glob("records-*"))
        signed = sum(path.stat().st_size for path in folder.glob("signatures-*"))
        assert plain(folder) == whole(folder)
        print(f"{count} records, {packed / count:.0f} bytes each compressed, {signed / count:.0f} for its signature")
        works: dict[str, Callable[[Path], bytes]] = {
            "decompress + hash lines + root": plain,
            "decompress + one hash": flat,
            "verify, one process": whole,
            f"verify, {os.cpu_count()} processes": side_by_side,
        }
        taken = side(works, folder)
        base = next(iter(taken.values()))
        print(f"{'':32} {'wall':>18} {'processor':>18}")
        for name, (wall, cpu) in taken.items():
            print(f"{name:32} {wall:8.2f} s {wall / base[0]:6.2f}× {cpu:8.2f} s {cpu / base[1]:6.2f}×")


if __name__ == "__main__":
    main()
