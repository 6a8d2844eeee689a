"""A piece of a text file: what it says, and where it stands, so that whoever has the file can look it up."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import Field

from workbench.document import Document
from workbench.visible import quoted
from workbench.written_json import value_of

LINES_OF_JSON: Final = ".jsonl"
"""Files that hold one document a line, as an object with its text in the field TEXT."""
KNOWN: Final = (".txt", ".md", LINES_OF_JSON)
"""Endings of the files that are read as texts."""
TEXT: Final = "text"


class Excerpt(Document):
    """A piece of a file of texts."""

    file: str = Field(min_length=1, max_length=1000)
    """Its path below the folder of the corpus, with forward slashes."""
    start: int = Field(ge=0, lt=2**53)
    """The byte of the file with which it begins; in lines of JSON, the byte with which its line begins."""
    text: str = Field(min_length=1)
    lead: int = Field(0, ge=0)
    """Characters at its beginning that the piece before it ends with: they are read, and not looked at again."""

    @property
    def place(self) -> str:
        """Where it stands, in a few words."""
        return f"{self.file} from byte {self.start:,}"

    def stands_in(self, folder: Path) -> bool:
        """Whether the file in the folder says so at that place. The path is taken as it is: look at it before."""
        try:
            with (folder / self.file).open("rb") as file:
                file.seek(self.start)
                if self.file.endswith(LINES_OF_JSON):
                    return self.text in document_of(file.readline())
                said = self.text.encode()
                return file.read(len(said)) == said
        except (OSError, ValueError):
            return False


def document_of(line: bytes) -> str:
    """The text of one line of JSON. Raises ValueError if it holds none."""
    value = value_of(line)
    found = value.get(TEXT) if isinstance(value, dict) else value
    if not isinstance(found, str):
        raise ValueError(f"a line holds no {quoted(TEXT)}")
    return found
