"""Which tokens end a generation, as the folder of a model says: the same for every engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from backends.model import ModelRefusal


def stated_ends(folder: Path) -> tuple[int, ...]:
    """The end tokens of generation_config.json, else of config.json; none where neither says. Raises ModelRefusal."""
    for name in ("generation_config.json", "config.json"):
        try:
            read = json.loads((folder / name).read_text("utf-8"))
            if not isinstance(read, dict):
                raise ValueError("it is not a JSON object")
        except FileNotFoundError:
            continue
        except (OSError, ValueError, RecursionError) as error:
            raise ModelRefusal(
                "model.unreadable", f"{name} cannot be read.", f"{error}.",
                "Verify the case; if it verifies, ask the judge for a repaired one.",
            ) from error  # fmt: skip
        text = read.get("text_config")
        for held in (read, text if isinstance(text, dict) else {}):
            if ids := ids_of(held.get("eos_token_id")):
                return ids
    return ()


def ids_of(setting: Any) -> tuple[int, ...]:
    """The ids in a setting that is one, a list of them or nothing; each once."""
    listed = setting if isinstance(setting, list | tuple) else [setting]
    return tuple(dict.fromkeys(i for i in listed if isinstance(i, int) and not isinstance(i, bool)))
