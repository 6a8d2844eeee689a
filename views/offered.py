"""Commands that a result offers to run next, made whole: with the case and the session that it came from."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from workbench.contract.figures import Figure, Rows, Value

_BEGUN: Final = "workbench probe CASE "
_OFFERING: Final = frozenset({"next", "ask about it"})
"""Where a plan offers commands. What a model says may begin like one, and is none."""


@dataclass(frozen=True)
class Offered:
    """Where commands that are offered are to be run."""

    case: Path
    session: Path | None
    """None: the case's usual one."""

    def figures(self, figures: Iterable[Figure]) -> tuple[Figure, ...]:
        """The same figures with whole commands in their tables."""
        return tuple(self._rows(figure) if isinstance(figure, Rows) else figure for figure in figures)

    def told(self, value: Any) -> Any:
        """The same JSON with whole commands."""
        if isinstance(value, dict):
            return {
                name: self._whole(part) if name in _OFFERING and isinstance(part, str) else self.told(part)
                for name, part in value.items()
            }
        return [self.told(part) for part in value] if isinstance(value, list) else value

    def _rows(self, rows: Rows) -> Rows:
        offering = [column.name in _OFFERING for column in rows.columns]
        return replace(rows, rows=tuple(tuple(map(self._cell, row, offering)) for row in rows.rows))

    def _cell(self, value: Value | None, offered: bool) -> Value | None:
        return self._whole(value) if offered else value

    def _whole(self, value: Value | None) -> Value | None:
        """A command with the case's path in its place, and the session's after all else."""
        if not isinstance(value, str) or not value.startswith(_BEGUN):
            return value
        session = f" --session {shlex.quote(str(self.session))}" if self.session is not None else ""
        return f"workbench probe {shlex.quote(str(self.case))} {value.removeprefix(_BEGUN)}{session}"
