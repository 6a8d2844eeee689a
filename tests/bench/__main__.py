"""Run every benchmark: `python -m tests.bench [NAME …]`. Each prints ratios measured side by side in one run."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main() -> None:
    here = Path(__file__).parent
    names = sys.argv[1:] or sorted(path.stem.removeprefix("bench_") for path in here.glob("bench_*.py"))
    sys.argv[1:] = []
    for name in names:
        module = importlib.import_module(f"tests.bench.bench_{name}")
        print(f"\n== {name}: {(module.__doc__ or '').splitlines()[0]}", flush=True)
        module.main()


if __name__ == "__main__":
    main()
