"""Rules and truths that somebody wrote: TOML, which may have comments, or JSON; what is wrong in them is named."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import ValidationError

from casefiles.files import canonical
from casefiles.files.disk import read_small
from casefiles.status import Refusal
from workbench.contract.rules import Rules
from workbench.judge.truths.truth import GroundTruth
from workbench.misfit import misfits
from workbench.written_json import toml_of

_RULES_LIMIT: Final = 1 << 20
_TRUTH_LIMIT: Final = 1 << 24


def rules(path: Path) -> Rules:
    """The rules of engagement in a file. Raises Refusal, which names every field that is wrong."""
    try:
        return Rules.model_validate_json(canonical.encode(_value(path, _RULES_LIMIT)))
    except ValidationError as error:
        raise Refusal(
            "input.invalid", f"{path.name} holds no rules of engagement.", misfits(error, Rules),
            "`workbench case example DIR` writes some that are valid, with a comment on every field.",
        ) from None  # fmt: skip


def truth(path: Path) -> GroundTruth:
    """The ground truth in a file. Raises Refusal, which names every field that is wrong."""
    return GroundTruth.read(canonical.encode(_value(path, _TRUTH_LIMIT)))


def _value(path: Path, limit: int) -> canonical.Json:
    data = read_small(path, limit)
    try:
        if path.suffix == ".toml":
            value: canonical.Json = toml_of(data.decode("utf-8"))
            canonical.encode(value)  # a date is TOML, and nothing that these documents hold
            return value
        return canonical.decode(data)
    except (ValueError, TypeError) as error:
        kind = "TOML" if path.suffix == ".toml" else "JSON"
        raise Refusal(
            "input.invalid", f"{path.name} cannot be read as {kind}.", f"{str(error)[:1].upper()}{str(error)[1:]}.",
            "Correct it there; `workbench case example DIR` writes files that are valid.",
        ) from None  # fmt: skip
