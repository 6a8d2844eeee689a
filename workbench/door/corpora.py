"""The corpora of a case: where its rules may say that every text has to come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from pathlib import Path

from casefiles.case.bundle import Case
from workbench.contract.excerpt import KNOWN, LINES_OF_JSON, Excerpt, document_of
from workbench.contract.probe import Probe, Reads
from workbench.contract.rules import Rules


class Corpora:
    """The texts that a case brings in `corpora/`, a closed list of files whose digests its manifest states."""

    def __init__(self, lines: Iterable[str] = (), folder: Path | None = None) -> None:
        """`lines`: besides those of the files in the folder."""
        self._given, self._folder = frozenset(lines), folder

    @classmethod
    def of(cls, case: Case) -> Corpora:
        """Those of a case, read once however many probes are asked."""
        return _opened(case.path("corpora"), case.digest)

    @cached_property
    def _files(self) -> frozenset[str]:
        """The files by their paths below the folder."""
        if self._folder is None:
            return frozenset()
        paths = (path for path in self._folder.rglob("*") if path.is_file() and path.suffix.lower() in KNOWN)
        return frozenset(path.relative_to(self._folder).as_posix() for path in paths)

    @cached_property
    def _lines(self) -> frozenset[str]:
        """Every line, and of lines of JSON every text: read when a probe first gives the model what is no excerpt."""
        texts = (line for name in self._files for line in _texts(Path(self._folder or ""), name))
        return self._given | {text.strip() for text in texts}

    def admit(self, probe: Probe, rules: Rules) -> bool:
        """Whether the rules let a probe give the model what it gives it."""
        if rules.inputs == "free" or (rules.synthetic and probe.reads is Reads.INSIDE):
            return True
        return self.hold(probe)

    def hold(self, probe: Probe) -> bool:
        """Whether all that a probe gives the model stands here: excerpts where they say, any other text as a line."""
        if not all(map(self._stands, probe.given())):
            return False
        # A turn that is left open and empty says nothing.
        return all(text.strip() in self._lines for text in probe.inputs() if text)

    def _stands(self, excerpt: Excerpt) -> bool:
        return self._folder is not None and excerpt.file in self._files and excerpt.stands_in(self._folder)


@lru_cache(maxsize=4)
def _opened(folder: Path, case: str) -> Corpora:
    return Corpora(folder=folder)


def _texts(folder: Path, name: str) -> Iterator[str]:
    with (folder / name).open("rb") as file:
        for line in file:
            if not name.endswith(LINES_OF_JSON):
                yield line.decode("utf-8", "replace")
            elif line.strip():
                yield document_of(line)
