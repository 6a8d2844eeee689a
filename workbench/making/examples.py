"""Examples of the files that a case is made of, valid as they stand, to begin one's own with."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import MappingProxyType
from typing import Final

import assets
from casefiles.files.disk import make_folder, new_folder

EXAMPLES: Final = MappingProxyType(
    {
        "spec.md": "how the model should behave, for everybody to read",
        "rules.toml": "what an auditor may do with it",
        "truth-modified.toml": "what was done to a model, sealed for the judge",
        "truth-clean.toml": "that nothing was done to it, sealed in the same way",
        "README.md": "what to do with them, and with a model of which nobody knows what is in it",
    }
)
"""File → what it is."""


def write(folder: Path) -> dict[str, str]:
    """Copy them into a new folder; what each is."""
    make_folder(folder.parent)
    with new_folder(folder) as building:
        for name in EXAMPLES:
            shutil.copyfile(assets.path("examples", name), building / name)
    return dict(EXAMPLES)
