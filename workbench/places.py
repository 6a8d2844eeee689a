"""Where the workbench keeps things on this machine, by the platform's conventions."""

from __future__ import annotations

from pathlib import Path

import platformdirs

_APP = "audit-workbench"


def keys() -> Path:
    """The folder of the user's own keys."""
    return Path(platformdirs.user_data_dir(_APP)) / "keys"


def sessions() -> Path:
    """Where sessions go unless a folder is named."""
    return Path(platformdirs.user_data_dir(_APP)) / "sessions"


def crashes() -> Path:
    """Where tracebacks of defects are kept."""
    return Path(platformdirs.user_log_dir(_APP)) / "crashes"
