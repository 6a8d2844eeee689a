"""The attacker's last step: an organism and its truth are sealed as a case, if a judge could accept it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from backends.settings import EngineSettings
from casefiles.case import leaks
from casefiles.case.bundle import Case, seal_case
from casefiles.case.leaks import Leak
from casefiles.case.manifest import SPECIFICATION
from casefiles.files.disk import read_small
from casefiles.keys.identity import Identity, PublicIdentity
from workbench.contract.rules import Rules
from workbench.judge import hints, soundness, trial
from workbench.judge.truth import GroundTruth

_SPECIFICATION_LIMIT = 1 << 20


@dataclass(frozen=True)
class Sealed:
    """A case, and what its files told about their making."""

    case: Case
    leaks: tuple[Leak, ...]


def seal(
    source: Path,
    out: Path,
    *,
    title: str,
    rules: Rules,
    truth: GroundTruth | None,
    attacker: Identity,
    judge: PublicIdentity,
    settings: EngineSettings,
) -> Sealed:
    """Seal a folder as a case after the checks that the judge's intake makes too, all but the measuring. `truth`: None
    of a model of which nobody knows what is in it.

    Raises Refusal, and leaves nothing: the truth is unsound, title or files give it away, or no engine runs the model.
    """
    if truth is not None:
        if (spec := source / SPECIFICATION).is_file():  # a folder without one is refused by the sealing itself
            soundness.check(truth, read_small(spec, _SPECIFICATION_LIMIT).decode("utf-8", "replace"))
        hints.check_title(title, truth)
    found = leaks.lint(source) if source.is_dir() else ()
    case = seal_case(
        source,
        out,
        title=title,
        rules=rules.model_dump(mode="json"),
        truth=truth.payload() if truth is not None else None,
        attacker=attacker,
        judge=judge,
    )
    try:  # what is tried is what was sealed, stripped as it is
        trial.check_case(case, settings)
    except BaseException:
        shutil.rmtree(out)
        raise
    return Sealed(case, found)
