"""Amounts of memory as people write them."""

from __future__ import annotations

import re
from typing import Any

import click

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}


class Size(click.ParamType):
    """Bytes: a number with or without a unit, such as 8GB, 512MiB or 6000000000."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGT]I?)?B?", str(value).strip(), re.IGNORECASE)
        if found is None:
            self.fail(f"{value!r} is no amount of memory; write it like 8GB or 512MiB.", param, ctx)
        return int(float(found[1]) * _UNITS[(found[2] or "").upper()])
