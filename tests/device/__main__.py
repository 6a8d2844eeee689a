"""What the engines do on an NVIDIA GPU, beside the processor and beside others: `python -m tests.device`.

Needs the CUDA build of torch and some 20 GB of the card's memory; takes minutes, and ends in 1 where a bound is missed.
`--rehearse` goes through all of it on the processor, with a small shape and nothing to be learnt from its figures.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import torch

from backends.model import ModelRefusal
from tests.device import agreement, speed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rehearse", action="store_true", help="on the processor, with a small shape")
    rehearse = parser.parse_args().rehearse
    if not rehearse and not torch.cuda.is_available():
        print(f"No CUDA device here for torch {torch.__version__}: nothing was run.", file=sys.stderr)
        return 2
    device = "cpu" if rehearse else "cuda"
    named = "the processor (a rehearsal)" if rehearse else torch.cuda.get_device_name()
    print(f"{named}, torch {torch.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        missed = [row for row in agreement.rows(Path(folder), device) if not row.shown()]
        if torch.cuda.device_count() > 1:
            print("The layers shared out over two cards:")
            missed += [row for row in agreement.rows(Path(folder) / "two", "cuda:0,cuda:1") if not row.shown()]
        else:
            print("The layers shared out over two cards: not run, for there are not two here.")
        try:
            missed += [row for row in agreement.offloaded(Path(folder) / "llama.cpp", device) if not row.shown()]
        except (ImportError, ModelRefusal) as error:
            print(f"llama.cpp: not run. {getattr(error, 'why', error)}")
        speed.show(Path(folder), device, small=rehearse)
    print(f"{len(missed)} bounds were missed." if missed else "Every bound holds.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
