"""What a reader knows already, from elsewhere than the document that is verified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casefiles.custody.register import Register
from casefiles.keys.identity import VerifyKey


@dataclass(frozen=True)
class Trust:
    """What a reader knows from elsewhere. Whatever is left out cannot be checked, and is remarked upon."""

    auditors: Sequence[VerifyKey] | None = None
    """Whose logs to accept; None: anybody's, for integrity alone."""
    judge: VerifyKey | None = None
    witnesses: Sequence[VerifyKey] = ()
    """Besides the judge."""
    register: Register | None = None
    """The reader's own memory of tickets and of logs seen before."""
    case: str | None = None
    """The digest of the case that was to be audited."""
    rules: Mapping[str, Any] | None = None
    """The rules of engagement that stand in its manifest."""

    @property
    def all_witnesses(self) -> tuple[VerifyKey, ...]:
        return (*self.witnesses, *([self.judge] if self.judge else []))
