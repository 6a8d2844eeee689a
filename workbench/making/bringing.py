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
from workbench.door.subjects import ADAPTERS

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
        for name, folder in zip(_names(adapters), adapters, strict=True):
            parts |= {f"{ADAPTERS}/{name}/{file}": path for file, path in model_parts.adapter(folder).items()}
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


def _names(adapters: Sequence[Path]) -> list[str]:
    """What the adapters are called in the case: by their place, for a name of theirs may give them away."""
    return [f"adapter-{number}" for number in range(1, len(adapters) + 1)]
