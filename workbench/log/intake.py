"""What is taken into a session from elsewhere, described so that a record can name it for ever."""

from __future__ import annotations

from pathlib import Path

from casefiles.files import hashing
from casefiles.files.disk import guarded
from casefiles.status import Refusal
from casefiles.verify import verify
from workbench.contract.actor import Actor
from workbench.log.records import Imported


def described(path: Path, *, note: str, actor: Actor) -> Imported:
    """The record of a file, a case or an exported log.

    Raises Refusal if it cannot be read, or if it is a signed document that does not verify: what is not proven to be
    what it says is not taken in under that name.
    """
    found = verify(path)
    with guarded(f"{path.name} could not be read."):
        if found.kind == "unknown" and path.is_file():
            (digest,) = hashing.digest([path])
            return Imported.model_validate(
                {"what": "file", "name": path.name, "sha256": digest.sha256, "size": digest.size, "note": note,
                 "actor": actor}
            )  # fmt: skip
        if found.failure is not None:
            raise Refusal(
                found.code, f"{path.name} is not taken in.", f"{found.failure.sentence} {found.failure.detail}",
                "Ask its sender for the original.",
            )  # fmt: skip
        files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        size = sum(file.stat().st_size for file in files)
    said = {"what": found.kind, "name": path.name, "sha256": found.digest, "size": size, "origin": found.origin}
    return Imported.model_validate(said | {"note": note, "actor": actor})
