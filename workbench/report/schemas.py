"""The JSON Schemas of the documents people exchange, made from the models that write them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from workbench.document import Document
from workbench.judge.score_sheet import Adjudication
from workbench.judge.truth import GroundTruth
from workbench.judge.verdict import Verdict
from workbench.report.report import Report

PUBLISHED: Final[Mapping[str, type[Document]]] = MappingProxyType(
    {"adjudication": Adjudication, "ground_truth": GroundTruth, "report": Report, "verdict": Verdict}
)
"""Name of the file in `casefiles/schemas/` → what it describes."""


def schema(name: str) -> dict[str, Any]:
    """The schema of one document as it is written: every field is there, and no other."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:audit-workbench:schema:{name.replace('_', '-')}:1",
        **PUBLISHED[name].model_json_schema(mode="serialization"),
    }


def publish(folder: Path) -> None:
    """Write all schemas into a folder."""
    for name in PUBLISHED:
        text = json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"
        (folder / f"{name}.schema.json").write_text(text, encoding="utf-8")
