"""Every drawing is made by a dressed application."""

from __future__ import annotations

import pytest

from views.desktop import app


@pytest.fixture(autouse=True)
def _application(qapp: object) -> None:
    app.application()
