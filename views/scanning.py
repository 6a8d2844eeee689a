"""Read a code from a picture of it: what a phone or a screenshot carries across the air gap."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from casefiles.files.disk import read_small
from casefiles.status import Refusal

_PICTURES: Final = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"BM", b"GIF8")
"""How the files begin that are taken for pictures: PNG, JPEG, BMP, GIF."""
_SIDE: Final = 1600
"""Points a side in which a code is looked for, nine for each of the largest: in a picture full of corners of codes the
search takes longer than the square of them."""


def code_in(path: Path) -> str:
    """The code that a file holds, as text or as a picture. Raises Refusal."""
    data = read_small(path, 1 << 26)
    return scanned(data, path) if is_picture(data) else data.decode("utf-8", "replace")


def is_picture(data: bytes) -> bool:
    return data.startswith(_PICTURES)


def scanned(data: bytes, path: Path) -> str:
    """The text of the one QR code in a picture. Raises Refusal if there is none, or more than one."""
    try:
        import zxingcpp
        from PySide6.QtCore import Qt
        from PySide6.QtGui import QImage
    except ImportError as error:  # a server without the graphics libraries that Qt needs
        raise _unread(path, f"Pictures cannot be read on this machine: {error}.") from None
    picture = QImage.fromData(data)
    if picture.isNull():
        raise _unread(path, "It is no picture that can be read.")
    if max(picture.width(), picture.height()) > _SIDE:
        smooth = Qt.TransformationMode.SmoothTransformation
        picture = picture.scaled(_SIDE, _SIDE, Qt.AspectRatioMode.KeepAspectRatio, smooth)
    grey = picture.convertToFormat(QImage.Format.Format_Grayscale8)
    found = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormat.QRCode)
    texts = {str(code.text) for code in found if code.valid}
    if len(texts) != 1:
        raise _unread(path, "No QR code can be made out in it." if not texts else "It shows more than one QR code.")
    return texts.pop()


def _unread(path: Path, why: str) -> Refusal:
    return Refusal(
        "receipt.mistyped", f"No code could be read from {path.name}.", why,
        "Take the picture again, straight and near; or type the code, or name a file with its text.",
    )  # fmt: skip
