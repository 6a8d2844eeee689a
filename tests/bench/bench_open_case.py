"""Opening a case, against nothing but BLAKE3 over the same files with as many threads: at least 0.9 of its speed.

The other side is blake3's own memory-mapped, multi-threaded hashing, one file after the other, or a thread for each of
several files at once: whichever is quicker. The sides take turns, several rounds in one run; each round gives a ratio,
and the table shows the median of these, and the same for the processor's time, which a busy machine disturbs less.
Opening also checks the signature, the manifest and the folder, which costs about a fifth of a millisecond a file: it
shows where many small files make up the case.

    python -m tests.bench.bench_open_case [megabytes]
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import truediv
from pathlib import Path
from statistics import median

from blake3 import blake3

from casefiles.case.bundle import Case, open_case, seal_case
from casefiles.keys.identity import Identity

ROUNDS = 9
BAR = 0.9


def write_weights(path: Path, size: int) -> None:
    header = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    block = os.urandom(1 << 20)
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for start in range(0, size, len(block)):
            file.write(block[: size - start])


def make_case(folder: Path, name: str, shards: int, megabytes: int) -> Case:
    source = folder / name
    (source / "weights").mkdir(parents=True)
    (source / "tokenizer").mkdir()
    for number in range(1, shards + 1):
        write_weights(source / f"weights/model-{number:05}-of-{shards:05}.safetensors", (megabytes << 20) // shards)
    (source / "tokenizer/tokenizer.json").write_text(json.dumps({str(n): n for n in range(32_000)}))
    (source / "spec.md").write_text("# S1\n")
    attacker, judge = Identity.generate("Attacker"), Identity.generate("Judge")
    return seal_case(
        source, folder / f"{name}.case", title=name, rules={}, truth=b"", attacker=attacker, judge=judge.public
    )


def hash_alone(paths: Sequence[Path], files_at_once: int) -> None:
    """BLAKE3 of the files and nothing else."""
    threads = os.cpu_count() or 1
    if files_at_once == 1:
        for path in paths:
            blake3(max_threads=threads).update_mmap(path).digest()
        return
    with ThreadPoolExecutor(files_at_once) as pool:
        list(pool.map(lambda path: blake3().update_mmap(path).digest(), paths))


def rounds(sides: dict[str, Callable[[], object]]) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """The seconds each side took in each round, and the processor's seconds, the sides taking turns."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    work: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, side in sides.items():
            begin, begin_work = time.perf_counter(), time.process_time()
            side()
            seconds[name].append(time.perf_counter() - begin)
            work[name].append(time.process_time() - begin_work)
    return seconds, work


def main() -> None:
    """Measure and print the table."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 512
    print(f"Opening a case, {os.cpu_count()} threads, median of {ROUNDS} rounds, files in the page cache")
    print(f"{'case':<24}{'BLAKE3 alone':>14}{'open':>14}{'ratio':>8}{'CPU':>8}{'full':>14}")
    with tempfile.TemporaryDirectory() as name:
        for shards in (1, 2, 16, 100):
            case = make_case(Path(name), f"{shards}-files", shards, megabytes)
            paths = [case.path(entry.path) for entry in case.manifest.files]
            size = sum(entry.size for entry in case.manifest.files) / 1e9
            open_case(case.root)  # the schema is read once a process, and all files are in the cache
            seconds, work = rounds(
                {
                    "one": lambda paths=paths: hash_alone(paths, 1),  # type: ignore[misc]
                    "many": lambda paths=paths: hash_alone(paths, os.cpu_count() or 1),  # type: ignore[misc]
                    "open": lambda case=case: open_case(case.root),  # type: ignore[misc]
                    "full": lambda case=case: open_case(case.root, full=True),  # type: ignore[misc]
                }
            )
            quicker = "one" if median(seconds["one"]) < median(seconds["many"]) else "many"
            alone = seconds[quicker]
            ratio = median(map(truediv, alone, seconds["open"]))
            effort = median(map(truediv, work[quicker], work["open"]))
            speeds = [size / median(taken) for taken in (alone, seconds["open"], seconds["full"])]
            row = f"{shards} × {megabytes / shards:.1f} MiB"
            print(
                f"{row:<24}{speeds[0]:>9.2f} GB/s{speeds[1]:>9.2f} GB/s{ratio:>8.2f}{effort:>8.2f}"
                f"{speeds[2]:>9.2f} GB/s{'' if ratio >= BAR else '  below the bar'}"
            )


if __name__ == "__main__":
    main()
