"""What a draw costs with noise that is keyed by the prompt, against noise that is not.

python -m tests.bench.bench_noise
"""

from __future__ import annotations

import numpy as np

from backends.noise import ALGORITHM, FIRST
from backends.sampling import Sampler, Sampling
from tests.bench.bench_engines import medians, say

DRAWS, ROUNDS = 64, 15
PROMPT = range(400)


def main() -> None:
    for vocab in (1_024, 32_000, 262_144):
        rows = (np.random.default_rng(0).standard_normal((DRAWS, vocab)) * 3).astype(np.float32)
        samplers = {name: Sampler(Sampling(seed=1, algorithm=name), PROMPT) for name in (FIRST, ALGORITHM)}

        def drawn(name: str, rows: np.ndarray = rows, samplers: dict[str, Sampler] = samplers) -> None:
            samplers[name].choose_many(rows, range(DRAWS), range(DRAWS))

        def begun(name: str) -> None:
            for _ in range(DRAWS):
                Sampler(Sampling(seed=1, algorithm=name), PROMPT)

        taken = medians(
            ROUNDS,
            {
                "first": lambda: drawn(FIRST),
                "second": lambda: drawn(ALGORITHM),
                "beginning": lambda: begun(ALGORITHM),
            },
        )
        second, beginning = taken["second"] / DRAWS * 1e6, taken["beginning"] / DRAWS * 1e6
        say(
            f"a draw from {vocab} tokens: keyed by the prompt / not",
            taken["second"] / taken["first"],
            detail=f"{second:.0f} µs; once for each prompt {beginning:.0f} µs",
        )


if __name__ == "__main__":
    main()
