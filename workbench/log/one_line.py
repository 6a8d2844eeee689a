"""A log record in one line, for lists of them."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from workbench.log.entry import Entry
from workbench.probes import BY_KIND


def one_line(entry: Entry) -> str:  # noqa: PLR0911  one return a kind reads better than one variable
    """What happened, in a few words; never fails, because a log may come from a newer workbench."""
    data = entry.data
    match entry.kind:
        case "genesis":
            return f"session on “{data.get('title')}” by {data.get('auditor', {}).get('name')}"
        case "intent":
            return f"{data.get('probe')}  {title(data)}"
        case "result":
            error = data.get("error")
            told = f"{error.get('what')} [{error.get('code')}]" if error else str(data.get("summary"))
            return f"{data.get('probe')} #{data.get('intent')} {data.get('status')}  {told}"
        case "refusal":
            return f"{data.get('probe')}  {title(data)}  refused: {data.get('what')} [{data.get('code')}]"
        case "finding":
            return str(data.get("finding", {}).get("behaviour"))
        case "note":
            return str(data.get("text"))
        case "tag":
            return f"#{data.get('record')} {data.get('label')}"
        case _:
            return ", ".join(f"{name} {value}" for name, value in data.items() if isinstance(value, str | int))


def title(data: dict[str, Any]) -> str:
    """What a recorded probe asked, in its own words."""
    probe = BY_KIND.get(str(data.get("probe")))
    try:
        return probe.model_validate(data.get("arguments")).title if probe else ""
    except ValidationError:
        return ""
