"""From a model on disk to a case of it, in one step: its files sorted, sealed, tried, and told what they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.settings import EngineSettings
from casefiles.case.bundle import Case
from casefiles.keys.identity import Identity, PublicIdentity
from workbench.judge.acceptance.trial import TriedEngine
from workbench.listener import Listener
from workbench.making import written
from workbench.making.bringing import BroughtFiles
from workbench.making.inventory import ModelInventory, inventory
from workbench.making.sealing import Sealed, seal


@dataclass(frozen=True)
class Wanted:
    """Everything a case is made of; what is None is left to what stands beside it."""

    model: Path
    """A folder as Hugging Face saves one, or a .gguf."""
    spec: Path
    out: Path | None = None
    """None: the model's name with `.case`, where one works."""
    title: str | None = None
    """None: as its file is called."""
    rules: Path | None = None
    """None: everything that there is to be asked is allowed."""
    truth: Path | None = None
    """None: nobody is said to know what is in it."""
    judge: Path | None = None
    """Of the judge's public key; None: whoever seals it is its judge."""
    adapters: tuple[Path, ...] = ()
    dictionaries: tuple[Path, ...] = ()
    """In SAELens' layout."""
    corpora: tuple[Path, ...] = ()
    baseline: Path | None = None
    also: Path | None = None
    """The same model in another format."""
    engines: tuple[str, ...] = ()

    @property
    def place(self) -> Path:
        """Where the case will lie."""
        return self.out or Path(f"{self.model.resolve().name.removesuffix('.gguf')}.case")


@dataclass(frozen=True)
class MadeCase:
    """A case, and what it was made of."""

    sealed: Sealed
    model: ModelInventory
    left_out: tuple[str, ...]
    """What lies beside the model and nothing here reads."""

    @property
    def lines(self) -> Iterator[str]:
        """What it is, in words."""
        yield from self.model.lines
        if self.left_out:
            yield f"left out: {', '.join(self.left_out)}"
        if not self.sealed.case.has_truth:
            yield "no ground truth: a report on it is verified and replayed, not scored"


def make(wanted: Wanted, identity: Identity, settings: EngineSettings, listener: Listener) -> MadeCase:
    """Make the case. Raises Refusal, and leaves nothing, where something is not what it should be, no engine runs the
    model, or the listener has it stopped."""
    files = BroughtFiles.of(
        wanted.model, wanted.spec, adapters=wanted.adapters, dictionaries=wanted.dictionaries, corpora=wanted.corpora,
        baseline=wanted.baseline, also=wanted.also,
    )  # fmt: skip
    found: list[ModelInventory] = []

    def look(case: Case, tried: Sequence[TriedEngine], at: Listener) -> None:
        found.append(inventory(case, tried, settings, at))

    sealed = seal(
        files.parts,
        wanted.place,
        title=wanted.title or wanted.place.stem,
        rules=written.rules(wanted.rules) if wanted.rules else files.rules(),
        truth=written.truth(wanted.truth) if wanted.truth else None,
        attacker=identity,
        judge=PublicIdentity.load(wanted.judge) if wanted.judge else identity.public,
        settings=settings,
        engines=wanted.engines,
        listener=listener,
        look=look,
    )
    return MadeCase(sealed, found[0], files.left_out)
