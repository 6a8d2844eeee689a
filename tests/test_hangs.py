"""A test that hangs ends by itself and fails, whatever it hangs in, and the tests after it still run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

CONFTEST = """
import tests.views.conftest
from tests.views.conftest import no_endless_loop
tests.views.conftest.LONGEST_WAIT = 0.5
"""

HANGS = """
import threading
from PySide6.QtCore import QEventLoop, QSemaphore, QTimer
from PySide6.QtWidgets import QDialog

def test_hangs_in_a_loop(qapp):
    QEventLoop().exec()

def test_hangs_in_a_dialog(qtbot):
    dialog = QDialog()
    qtbot.addWidget(dialog)
    dialog.exec()

def test_a_dialog_is_answered(qtbot):
    dialog = QDialog()
    qtbot.addWidget(dialog)
    QTimer.singleShot(10, dialog.accept)
    assert dialog.exec() == QDialog.DialogCode.Accepted

def test_hangs_in_python():
    threading.Event().wait()

def test_hangs_where_no_signal_is_heard():
    QSemaphore().acquire()

def test_comes_after_all_of_them():
    pass
"""


def test_whatever_a_test_hangs_in_it_fails_alone(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_some.py").write_text(HANGS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "--rootdir", tmp_path, "-n", "1", "-rA",
         "-p", "no:cacheprovider", "-o", "timeout=2", "-o", "faulthandler_timeout=4", tmp_path],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    names = re.findall(r"^(PASSED|FAILED) .*::test_(\w+)", done.stdout, re.MULTILINE)
    assert {name: how for how, name in names} == {
        "hangs_in_a_loop": "FAILED",
        "hangs_in_a_dialog": "FAILED",
        "a_dialog_is_answered": "PASSED",
        "hangs_in_python": "FAILED",
        "hangs_where_no_signal_is_heard": "FAILED",
        "comes_after_all_of_them": "PASSED",
    }, done.stdout + done.stderr
    assert done.stdout.count("The test still waited in Qt's loop") >= 2
    assert "in test_hangs_where_no_signal_is_heard" in done.stderr  # the stack of the process that was ended
