"""The JSON Schemas of the documents people exchange, made from the models that write them.

    python -m workbench.schemas casefiles/schemas

A field that has a default need not be there: an older workbench may not have known it. One that is not named here must
not be there: it takes a newer workbench to know what it means.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from casefiles.files import canonical
from workbench.document import Document
from workbench.judge.scores.score_sheet import Adjudication
from workbench.judge.truths.addendum import Addendum
from workbench.judge.truths.truth import GroundTruth
from workbench.judge.verdicts.verdict import Verdict
from workbench.log.records import RECORDS
from workbench.report.report import Report
from workbench.teams.comparison import TeamComparison

DOCUMENTS: Final[Mapping[str, type[Document]]] = MappingProxyType(
    {
        "addendum": Addendum,
        "adjudication": Adjudication,
        "comparison": TeamComparison,
        "ground_truth": GroundTruth,
        "report": Report,
        "verdict": Verdict,
    }
)
PUBLISHED: Final = (*DOCUMENTS, "record")
"""Names of the files in `casefiles/schemas/` that are made here."""


def schema(name: str) -> dict[str, Any]:
    """The schema of one document as it is written."""
    body = record() if name == "record" else _document(DOCUMENTS[name])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:audit-workbench:schema:{name.replace('_', '-')}:1",
        **body,
    }


def _document(document: type[Document]) -> dict[str, Any]:
    body = document.model_json_schema(mode="serialization")
    if "format" in document.model_fields:  # has a default for whoever makes one, and stands in every file
        body["required"] = ["format", *body["required"]]
    return body


def record() -> dict[str, Any]:
    """One record of a log: what they all have, and what each kind says."""
    number = {"type": "integer", "minimum": 0, "maximum": canonical.SAFE_INTEGER}
    # As they are read: a field that is written no more may still stand in an older log.
    kinds = [(model, "validation") for model in RECORDS.values()]
    _, definitions = models_json_schema(kinds, ref_template="#/$defs/{model}")  # type: ignore[arg-type]
    return {
        "title": "Record",
        "description": (
            "The body of one record of an audit log: one line of records-*.ndjson, in the canonical spelling of "
            "RFC 8785. Its leaf in the ledger is SHA-256(0x00, line)."
        ),
        "type": "object",
        "additionalProperties": False,
        "required": ["v", "seq", "ts_us", "session", "kind", "data"],
        "properties": {
            "v": {"const": 1},
            "seq": {"description": "Its number, from 0 without a gap.", **number},
            "ts_us": {
                "description": "Microseconds since the epoch, UTC, by the auditor's clock, which may go backwards.",
                **number,
            },
            "session": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "kind": {"enum": list(RECORDS)},
            "data": {"type": "object"},
        },
        "anyOf": [
            {"properties": {"kind": {"const": kind}, "data": {"$ref": f"#/$defs/{model.__name__}"}}}
            for kind, model in RECORDS.items()
        ],
        "$defs": definitions["$defs"],
    }


def publish(folder: Path) -> None:
    """Write all schemas into a folder."""
    for name in PUBLISHED:
        text = json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"
        (folder / f"{name}.schema.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    publish(Path(sys.argv[1]))
