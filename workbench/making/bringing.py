"""What is brought to make a case of: the model's files from wherever they lie, under the names that a case has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from casefiles.case import model_parts
from casefiles.case.manifest import SPECIFICATION
from casefiles.case.sealing import CaseParts
from casefiles.status import Refusal
from workbench.contract.rules import Affordance, Rules
from workbench.door.dictionaries import CONFIG, WEIGHTS
from workbench.door.dictionaries import FOLDER as DICTIONARIES
from workbench.door.dictionaries import read as read_dictionary
from workbench.door.subjects import ADAPTERS
from workbench.plans.folder import Folder

_FINDINGS: Final = 20


@dataclass(frozen=True)
class BroughtFiles:
    """The files of a case to be."""

    parts: CaseParts
    left_out: tuple[str, ...]
    """What lies beside the model and nothing here reads."""

    @classmethod
    def of(
        cls,
        model: Path,
        spec: Path,
        *,
        adapters: Sequence[Path] = (),
        dictionaries: Sequence[Path] = (),
        corpora: Sequence[Path] = (),
        baseline: Path | None = None,
        also: Path | None = None,
    ) -> Self:
        """Sort everything that is brought. Raises Refusal if something is not what it should be."""
        if not spec.is_file():
            raise Refusal(
                "input.missing", f"There is no specification {spec}.", "It says how the model should behave.",
                "`workbench case example DIR` writes one to begin with.",
            )  # fmt: skip
        found = model_parts.sort(model)
        parts = {SPECIFICATION: spec, **found.parts()}
        if also is not None:
            parts |= _other_format(found, also).parts()
        if baseline is not None:
            parts |= model_parts.sort(baseline).parts("baseline/")
        for number, folder in enumerate(adapters, 1):
            named = f"{ADAPTERS}/adapter-{number}"  # by its place, for a name of its own may give it away
            parts |= {f"{named}/{file}": path for file, path in model_parts.adapter(folder).items()}
        for number, folder in enumerate(dictionaries, 1):
            read_dictionary(folder)
            parts |= {f"{DICTIONARIES}/dictionary-{number}/{file}": folder / file for file in (CONFIG, WEIGHTS)}
        parts |= _texts(corpora)
        return cls(parts, found.left_out)

    def rules(self) -> Rules:
        """Rules that allow everything that there is to be asked."""
        there = {name.split("/")[0] for name in self.parts}
        absent = {Affordance.BASELINE: "baseline", Affordance.ADAPTER: ADAPTERS}
        allowed = frozenset(each for each in Affordance if absent.get(each, "weights") in there)
        return Rules(affordances=allowed, findings=_FINDINGS)


def _other_format(found: model_parts.ModelParts, also: Path) -> model_parts.ModelParts:
    other = model_parts.sort(also)
    if other.format == found.format:
        raise Refusal(
            "input.invalid", "A case brings one model in one format or in two.",
            f"Both {also.name} and the model are {found.format}.", "Name a GGUF beside safetensors, or leave it out.",
        )  # fmt: skip
    return other


def _texts(corpora: Sequence[Path]) -> CaseParts:
    """The texts of folders and files, by the names that they have there. Raises Refusal for what holds none."""
    parts: dict[str, Path] = {}
    for path in corpora:
        try:
            folder = Folder.from_text(str(path))
        except ValueError as error:
            raise Refusal(
                "input.invalid", f"{path} is no corpus.", f"{error}.", "Name texts, or a folder that holds some."
            ) from None
        found = {f"corpora/{file.path}": Path(folder.folder) / file.path for file in folder.files}
        if twice := sorted(parts.keys() & found.keys()):
            raise Refusal(
                "input.invalid", f"Two corpora hold a {twice[0].removeprefix('corpora/')}.",
                "In a case they lie in one folder.", "Put them into one folder, below names of their own.",
            )  # fmt: skip
        parts |= found
    return parts
