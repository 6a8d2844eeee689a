"""The noise that decides draws: numbers that anybody can compute again from prompt, seed, sample and step.

Two ways to key it, by name (recorded cases depend on both: neither ever changes). r_i, the noise of id i for sample s
and step t (all from 0), is word (i mod 4) of Philox4x64-10 (Salmon et al. 2011) at counter (1 + floor(i/4), t, s, 0)
under a key of two words; words are listed from the least significant. The key is

- `gumbel-philox-1`: (seed, 0x617564697420_7631). Draws of different prompts under one seed share their noise, so that
  what one prompt is unlucky in, all are: samples of the same number are no independent observations.
- `gumbel-philox-2`: the first two words (little-endian) of the SHA-256 of the bytes `gumbel-philox-2`, the seed, and
  each of the prompt's ids, every number as eight bytes (little-endian). Draws of two prompts are independent, as are
  those of two seeds.

u_i = ((r_i >> 11) | 1) · 2**-53, which is in (0, 1), symmetric about 1/2 and exact; g_i = -log(-log(u_i)) is a
standard Gumbel variate.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

FIRST: Final = "gumbel-philox-1"
ALGORITHM: Final = "gumbel-philox-2"
"""What draws are made with; the first one is for records made with it."""
ALGORITHMS: Final = (FIRST, ALGORITHM)

Words = npt.NDArray[np.uint64]
Reals = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

_TAG = 0x6175646974207631


class Noise:
    """The noise of every sample and step after one prompt, under one seed."""

    def __init__(self, algorithm: str, seed: int, prompt: Sequence[int]) -> None:
        """`algorithm`: one of ALGORITHMS."""
        self._key = (seed, _TAG) if algorithm == FIRST else _digest(seed, prompt)

    def bits(self, sample: int, step: int, count: int) -> Words:
        """r_i for i < count."""
        raw: Words = self._generator(sample, step).random_raw(count)
        return raw

    def bits_of(self, sample: int, step: int, ids: Ids) -> Words:
        """r_i for some ids in ascending order: block by block where they are few and far between."""
        last = int(ids[-1])
        if len(ids) * 500 > last:
            return self.bits(sample, step, last + 1)[ids]
        generator = self._generator(sample, step)
        state: Any = generator.state
        counter = state["state"]["counter"]
        raw = np.empty(len(ids), dtype=np.uint64)
        for at, token in enumerate(ids.tolist()):
            counter[0] = token // 4
            generator.state = state
            raw[at] = generator.random_raw(token % 4 + 1)[-1]
        return raw

    def _generator(self, sample: int, step: int) -> np.random.Philox:
        """Standing at id 0: numpy advances the counter before it uses it. Good until this thread's next call."""
        state = _GENERATORS.state
        state["state"]["key"][:] = self._key
        state["state"]["counter"][:] = 0, step, sample, 0
        _GENERATORS.philox.state = state
        return _GENERATORS.philox


def gumbel(raw: Words) -> Reals:
    """g_i for r_i."""
    u = ((raw >> np.uint64(11)) | np.uint64(1)).astype(np.float64) * 2.0**-53
    g: Reals = -np.log(-np.log(u))
    return g


def _digest(seed: int, prompt: Sequence[int]) -> tuple[int, int]:
    told = np.array([seed, *prompt], dtype="<i8").tobytes()
    found = hashlib.sha256(ALGORITHM.encode() + told).digest()
    return int.from_bytes(found[:8], "little"), int.from_bytes(found[8:16], "little")


class _Generators(threading.local):
    """One generator for each thread: making one takes longer than setting it, and as long as drawing from it."""

    def __init__(self) -> None:
        self.philox = np.random.Philox(0)
        self.state: Any = self.philox.state


_GENERATORS = _Generators()
