"""The published JSON Schemas, enforced: what is documented for others is what is checked here."""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any

from casefiles.files.canonical import Json


def check(name: str, value: Json) -> None:
    """ValueError, saying where and what, unless the value fits the schema `schemas/NAME.schema.json`."""
    error = next(_validator(name).iter_errors(value), None)
    if error is not None:
        where = error.json_path.removeprefix("$").lstrip(".") or "the document"
        raise ValueError(f"{where}: {_shortened(error.message)}{_hint(error)}")


def load(name: str) -> dict[str, Any]:
    """The schema itself."""
    text = resources.files("casefiles").joinpath("schemas", f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@functools.cache
def _validator(name: str) -> Any:
    import jsonschema  # takes a tenth of a second, which `--help` need not pay

    return jsonschema.Draft202012Validator(load(name))


def _hint(error: Any) -> str:
    """Why a field may be there that is not known: documents grow, and an older reader cannot know what was added."""
    return "; a newer workbench may have written it" if error.validator == "additionalProperties" else ""


def _shortened(message: str) -> str:
    # a hostile document may quote a megabyte of itself into the message
    return message if len(message) <= 200 else f"{message[:120]} … {message[-60:]}"
