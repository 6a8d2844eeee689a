"""Codes read from pictures of them, and pictures that hold none."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
import segno

from casefiles.status import Refusal
from views.scanning import is_picture, scanned

CODE = "AWQ1\n" + "\n".join("0D3KX-9G2MB-0D3KX-9G2MB-0D3KX-9G2MB-0D3KX-9G2MB" for _ in range(20))


def drawn(text: str, scale: int = 3) -> bytes:
    buffer = io.BytesIO()
    segno.make_qr(text).save(buffer, kind="png", scale=scale)
    return buffer.getvalue()


@pytest.mark.parametrize("turned", [0, 90, 7])
def test_a_code_is_read_as_it_was_written(turned: int, tmp_path: Path) -> None:
    from PySide6.QtGui import QImage, QTransform

    picture = QImage.fromData(drawn(CODE)).convertToFormat(QImage.Format.Format_RGB32)
    assert picture.transformed(QTransform().rotate(turned)).save(str(tmp_path / "photo.jpg"), quality=60)  # type: ignore[call-overload]
    for data in (drawn(CODE), (tmp_path / "photo.jpg").read_bytes()):
        assert is_picture(data)
        assert scanned(data, tmp_path / "photo") == CODE


@pytest.mark.parametrize("size", [1, 3])
def test_a_picture_full_of_corners_of_codes_is_searched_in_few_points(size: int, tmp_path: Path) -> None:
    """Of 8,000 points a side the search takes minutes, and nobody can break it off."""
    from PySide6.QtCore import QBuffer
    from PySide6.QtGui import QBrush, QColor, QImage, QPainter

    corner = QImage(8 * size, 8 * size, QImage.Format.Format_RGB32)
    corner.fill(QColor("white"))
    with QPainter(corner) as painter:
        for side, colour in ((7, "black"), (5, "white"), (3, "black")):
            at = (7 - side) * size // 2
            painter.fillRect(at, at, side * size, side * size, QColor(colour))
    tiled = QImage(8000, 8000, QImage.Format.Format_Mono)
    tiled.fill(1)
    with QPainter(tiled) as painter:
        painter.fillRect(tiled.rect(), QBrush(corner))
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    assert tiled.save(buffer, "PNG")  # type: ignore[call-overload]
    began = time.process_time()
    with pytest.raises(Refusal) as refused:
        scanned(buffer.data().data(), tmp_path / "corners.png")
    assert refused.value.code == "receipt.mistyped" and time.process_time() - began < 30


def test_a_code_in_a_large_photo_is_read(tmp_path: Path) -> None:
    from PySide6.QtCore import QBuffer
    from PySide6.QtGui import QColor, QImage, QPainter

    code, photo = QImage.fromData(drawn(CODE, scale=8)), QImage(4000, 3000, QImage.Format.Format_RGB32)
    photo.fill(QColor("lightgrey"))
    with QPainter(photo) as painter:
        painter.drawImage(900, 700, code)
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    assert photo.save(buffer, "PNG")  # type: ignore[call-overload]
    assert scanned(buffer.data().data(), tmp_path / "photo.png") == CODE


def test_text_is_no_picture() -> None:
    assert not is_picture(CODE.encode()) and not is_picture(b"")


@pytest.mark.parametrize("kind", ["half", "nothing", "two"])
def test_a_picture_that_does_not_hold_one_code_is_refused(kind: str, tmp_path: Path) -> None:
    from PySide6.QtCore import QBuffer
    from PySide6.QtGui import QColor, QImage, QPainter

    data = drawn(CODE)
    if kind == "half":
        data = data[: len(data) // 2]
    elif kind == "nothing":
        data = data[:8]
    else:
        first, second = (QImage.fromData(drawn(text)) for text in ("ONE", "TWO"))
        both = QImage(first.width() * 2 + 40, first.height(), QImage.Format.Format_RGB32)
        both.fill(QColor("white"))
        painter = QPainter(both)
        painter.drawImage(0, 0, first)
        painter.drawImage(first.width() + 40, 0, second)
        painter.end()
        buffer = QBuffer()
        buffer.open(QBuffer.OpenModeFlag.WriteOnly)
        assert both.save(buffer, "PNG")  # type: ignore[call-overload]
        data = buffer.data().data()
    with pytest.raises(Refusal) as refused:
        scanned(data, tmp_path / "photo.png")
    assert refused.value.code == "receipt.mistyped"
