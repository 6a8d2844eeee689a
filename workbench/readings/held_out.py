"""Texts of which some are held out: one that stands twice would be judged by what was made of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pydantic import ValidationInfo

from workbench.document import RECORDED
from workbench.visible import quoted


def each_once(texts: Iterable[str], info: ValidationInfo) -> None:
    """Raises ValueError where a text stands twice; of records from before this was asked it is not."""
    twice = next((text for text, times in Counter(texts).items() if times > 1), None)
    if twice is not None and info.context != RECORDED:
        raise ValueError(f"{quoted(twice)} is there twice, and would be held out from itself; leave one of them out")
