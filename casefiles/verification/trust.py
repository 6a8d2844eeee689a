"""What a reader knows already, from elsewhere than the document that is verified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casefiles.case.manifest import Manifest
from casefiles.custody.register import Register
from casefiles.keys.identity import VerifyKey
from casefiles.status import Refusal


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
    manifest: Manifest | None = None
    """What that case says of itself: whatever a document says of it is held against that."""

    @property
    def all_witnesses(self) -> tuple[VerifyKey, ...]:
        return (*self.witnesses, *([self.judge] if self.judge else []))

    def check_about(self, named: Mapping[str, Any]) -> None:
        """Raises Refusal if a document is about another case than the one at hand, or says otherwise of it than it does
        itself. `named`: `digest`, `title`, `specification` and `model`, as the document has them."""
        if self.case is not None and named["digest"] != self.case:
            raise Refusal(
                "report.other-case", "It is another case's.", f"It is about {named['digest']}.", "Name its case."
            )
        if self.manifest is not None and (told := self.manifest.misnamed(named)):
            raise Refusal("case.misnamed", "It says otherwise of its case.", told, "Ask for the original.")
