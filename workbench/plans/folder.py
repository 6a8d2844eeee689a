"""A folder of texts of any size, as it was when it was digested: its files, and the pieces that they are read in."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Literal, Self

from pydantic import Field

from casefiles.files import canonical
from casefiles.status import Refusal
from workbench.contract.excerpt import KNOWN, LINES_OF_JSON, Excerpt, document_of
from workbench.document import Document, Sha256
from workbench.visible import quoted

LONGEST: Final = 20_000
"""Bytes of a piece, at most about: a longer document comes in several."""
LEAD: Final = 1_000
"""Bytes that a piece of a longer document has in common with the one before it."""

Pieces = Literal["file", "paragraph", "line"]


class TextFile(Document):
    """One file of a folder."""

    path: str
    """Below the folder, with forward slashes."""
    size: int = Field(ge=0)
    sha256: Sha256


class Folder(Document):
    """The text files of a folder, or a single one."""

    folder: str
    """Where it lies on this machine."""
    files: tuple[TextFile, ...] = Field(min_length=1)
    left_out: int = Field(0, ge=0)
    """Files of it that are no texts in UTF-8 with a known ending."""

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Digest what lies at a path. Raises ValueError if nothing there can be read."""
        if text.startswith("{"):
            return cls.model_validate_json(text)
        path = Path(text).expanduser()
        if not path.exists():
            raise ValueError(f"there is no file or folder {quoted(text)}")
        base = path if path.is_dir() else path.parent
        found = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
        files = [file for one in found if (file := _digested(one, base)) is not None]
        if not files:
            raise ValueError(f"{quoted(text)} holds no text in UTF-8; files end in {', '.join(KNOWN)}")
        return cls(folder=str(base.resolve()), files=tuple(files), left_out=len(found) - len(files))

    @property
    def digest(self) -> str:
        """SHA-256 of the list of files with their digests, wherever they lie."""
        return hashlib.sha256(canonical.encode([file.model_dump(mode="json") for file in self.files])).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    def excerpts(self, pieces: Pieces) -> Iterator[tuple[Excerpt, int]]:
        """Piece after piece, and how many bytes of the folder lie before it. Raises Refusal if a file is gone."""
        before = 0
        for file in self.files:
            try:
                with (Path(self.folder) / file.path).open("rb") as opened:
                    for excerpt in _pieces_of(file.path, opened, pieces):
                        yield excerpt, before + min(excerpt.start, file.size)
            except OSError as error:
                raise Refusal(
                    "input.invalid", f"{file.path} cannot be read.", f"{error.strerror or error}.",
                    f"Put the corpus back where it was: {self.folder}.",
                ) from None  # fmt: skip
            before += file.size


def _digested(path: Path, base: Path) -> TextFile | None:
    """A file as it is, in one pass; None if it is no text that could be read."""
    if path.suffix.lower() not in KNOWN:
        return None
    digest, decoder, size = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), 0
    try:
        with path.open("rb") as file:
            for block in file if path.suffix == LINES_OF_JSON else iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
                size += len(block)
                decoder.decode(block)
                if path.suffix == LINES_OF_JSON and block.strip():
                    document_of(block)
            decoder.decode(b"", final=True)
    except (OSError, ValueError):
        return None
    return TextFile(path=path.relative_to(base).as_posix(), size=size, sha256=digest.hexdigest())


def _pieces_of(name: str, file: BinaryIO, pieces: Pieces) -> Iterator[Excerpt]:
    if name.endswith(LINES_OF_JSON):
        return _lines_of_json(name, file)
    ends: dict[Pieces, Callable[[bytes], bool]] = {"file": lambda _: False, "paragraph": lambda line: not line.strip()}
    if pieces == "line":
        return (piece for start, line in _lines(file) for piece in _cut(name, iter([(start, line)]), lambda _: False))
    return _cut(name, _lines(file), ends[pieces])


def _lines_of_json(name: str, file: BinaryIO) -> Iterator[Excerpt]:
    start = 0
    for line in file:
        text = document_of(line) if line.strip() else ""
        for at in range(0, len(text), LONGEST):
            lead = min(at, LEAD)
            if text[at : at + LONGEST].strip():
                yield Excerpt(file=name, start=start, text=text[at - lead : at + LONGEST], lead=lead)
        start += len(line)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Lines with the byte they begin with; one that is too long comes in several, none of which ends in a character."""
    start = 0
    while line := file.readline(LONGEST):
        if len(line) == LONGEST and not line.endswith(b"\n"):
            line = _whole(line)
            file.seek(start + len(line))
        yield start, line
        start += len(line)


def _cut(name: str, lines: Iterator[tuple[int, bytes]], ends: Callable[[bytes], bool]) -> Iterator[Excerpt]:
    """Lines joined to documents, each of which ends before a line that `ends` it; too long ones in several pieces."""
    held, lead, start = b"", b"", 0
    for at, line in lines:
        if ends(line):
            yield from _piece(name, start, held, lead)
            held = lead = b""
            continue
        if held and len(held) - len(lead) + len(line) > LONGEST:
            yield from _piece(name, start, held, lead)
            lead = _begun(held[-LEAD:])
            held, start = lead, at - len(lead)
        start = start if held else at
        held += line
    yield from _piece(name, start, held, lead)


def _piece(name: str, start: int, held: bytes, lead: bytes) -> Iterator[Excerpt]:
    if held[len(lead) :].strip():
        yield Excerpt(file=name, start=start, text=held.decode().rstrip("\r\n"), lead=len(lead.decode()))


def _whole(line: bytes) -> bytes:
    """Without the beginning of a character at its end."""
    for back in range(1, min(4, len(line)) + 1):
        if line[-back] & 0xC0 != 0x80:  # the byte that a character begins with
            needs = 1 if line[-back] < 0x80 else 2 if line[-back] < 0xE0 else 3 if line[-back] < 0xF0 else 4
            return line if back == needs else line[:-back]
    return line


def _begun(tail: bytes) -> bytes:
    """Without the end of a character at its beginning."""
    return tail[next((at for at in range(min(4, len(tail))) if tail[at] & 0xC0 != 0x80), 0) :]
