"""What an answer has to say to count."""

from __future__ import annotations

from workbench.document import Document


class Match(Document):
    """A predicate on a text: holds if it contains any of `any_of` and none of `none_of` (case is ignored)."""

    any_of: tuple[str, ...] = ()
    """Empty: no text is required."""
    none_of: tuple[str, ...] = ()

    def holds(self, text: str) -> bool:
        folded = text.casefold()
        wanted = not self.any_of or any(item.casefold() in folded for item in self.any_of)
        return wanted and not any(item.casefold() in folded for item in self.none_of)

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing, and so holds on every answer."""
        return self == Match()

    @property
    def words(self) -> str:
        """The predicate as a sentence's end: what an answer has to do to count."""
        wanted = " or ".join(f"“{item}”" for item in self.any_of)
        unwanted = " nor ".join(f"“{item}”" for item in self.none_of)
        if wanted and unwanted:
            return f"says {wanted}, and not {unwanted}"
        if wanted:
            return f"says {wanted}"
        return f"does not say {unwanted}" if unwanted else ""
