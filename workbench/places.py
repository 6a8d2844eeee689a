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


def menus() -> Path:
    """Below which the desktops of Linux look for what their menus show, and for its icons."""
    return Path(platformdirs.user_data_dir())


def desk(name: str) -> Path:
    """The file in which a desk of the desktop keeps how it is furnished."""
    return Path(platformdirs.user_config_dir(_APP)) / f"{name}.json"


def draft(session: str) -> Path:
    """The file in which the desktop keeps what was written in a session and is not on record."""
    return Path(platformdirs.user_state_dir(_APP)) / "drafts" / f"{session}.json"


def crashes() -> Path:
    """Where tracebacks of defects are kept."""
    return Path(platformdirs.user_log_dir(_APP)) / "crashes"
