"""An organism whose process the system ends, as for want of memory."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class DoomedOrder:
    """As much of an order as whoever hands orders out looks at."""

    done: bool = False


def dies(order: DoomedOrder) -> str:
    os._exit(9)
