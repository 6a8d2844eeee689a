"""Amounts of memory and time as people write them."""

from __future__ import annotations

import math
import re
from typing import Any

import click

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}


class MemorySize(click.ParamType[int]):
    """Bytes: a number with or without a unit, such as 8GB, 512MiB or 6000000000."""

    name = "size"

    def __init__(self, least: int = 0, most: int | None = None) -> None:
        self._least, self._most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return self._ranged(value, value, param, ctx)
        found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGT]I?)?B?", str(value).strip(), re.IGNORECASE)
        if found is None:
            self.fail(f"{value!r} is no amount of memory; write it like 8GB or 512MiB.", param, ctx)
        return self._ranged(int(float(found[1]) * _UNITS[(found[2] or "").upper()]), value, param, ctx)

    def _ranged(self, size: int, said: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if size < self._least:
            self.fail(f"{said!r} is too little: at least {self._least >> 20}MiB are needed.", param, ctx)
        if self._most is not None and size > self._most:
            self.fail(f"{said!r} is more than any machine has.", param, ctx)
        return size


class Seconds(click.FloatRange):
    """A number of seconds in a range; neither endless nor undefined."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = super().convert(value, param, ctx)
        if not math.isfinite(seconds):
            self.fail(f"{value!r} is no number of seconds.", param, ctx)
        return float(seconds)
