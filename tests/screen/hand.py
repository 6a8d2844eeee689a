"""A hand at an X display: moves its pointer and presses its buttons and keys, as the server's XTEST extension has it.

What arrives is an event like any other: Qt hears it from the X server and not from the test.
"""

from __future__ import annotations

import ctypes
from ctypes.util import find_library
from typing import Final

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QWidget

_SHIFTED: Final = '~!@#$%^&*()_+{}|:"<>?ABCDEFGHIJKLMNOPQRSTUVWXYZ'
"""What takes Shift on the server's US keyboard."""
_NAMED: Final = {"\n": "Return", "\t": "Tab", " ": "space"}


def lacking() -> tuple[str, ...]:
    """What of it this machine does not have."""
    return tuple(name for name in ("X11", "Xtst") if find_library(name) is None)


class Hand:
    """One pointer and one keyboard."""

    def __init__(self, display: str) -> None:
        self._x, self._test = ctypes.CDLL(find_library("X11")), ctypes.CDLL(find_library("Xtst"))
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._x.XStringToKeysym.restype = ctypes.c_ulong
        opened = self._x.XOpenDisplay(display.encode())
        if not opened:
            raise OSError(f"no display {display}")
        self._display = ctypes.c_void_p(opened)

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """On the middle of a widget, or at a place in it."""
        place = widget.mapToGlobal(at or widget.rect().center())
        self._test.XTestFakeMotionEvent(self._display, -1, place.x(), place.y(), ctypes.c_ulong(0))
        for down in (1, 0):
            self._test.XTestFakeButtonEvent(self._display, 1, down, ctypes.c_ulong(0))
        self._x.XFlush(self._display)

    def click_in(self, widget: QWidget, rect: QRect) -> None:
        """On the middle of a part of a widget."""
        self.click(widget, rect.center())

    def press(self, *names: str) -> None:
        """Keys together, such as `Control_L`, `e`: the names of X keysyms."""
        codes = [self._code(name) for name in names]
        for code in codes:
            self._key(code, down=True)
        for code in reversed(codes):
            self._key(code, down=False)
        self._x.XFlush(self._display)

    def type(self, text: str) -> None:
        """Letter by letter."""
        for letter in text:
            name = _NAMED.get(letter) or (letter if letter.isalnum() else _keysym(letter))
            self.press(*(["Shift_L"] if letter in _SHIFTED else []), name)

    def _code(self, name: str) -> int:
        symbol = self._x.XStringToKeysym(name.encode())
        code = int(self._x.XKeysymToKeycode(self._display, ctypes.c_ulong(symbol)))
        if not code:
            raise ValueError(f"no key for {name}")
        return code

    def _key(self, code: int, *, down: bool) -> None:
        self._test.XTestFakeKeyEvent(self._display, code, int(down), ctypes.c_ulong(0))


def _keysym(letter: str) -> str:
    """X's name of a sign."""
    return {
        "/": "slash", ".": "period", ",": "comma", "-": "minus", "_": "underscore", "?": "question", ":": "colon",
        "=": "equal", "'": "apostrophe", '"': "quotedbl", "(": "parenleft", ")": "parenright", "|": "bar", "+": "plus",
        "%": "percent", "!": "exclam", "\\": "backslash", ";": "semicolon", "~": "asciitilde", "@": "at",
    }[letter]  # fmt: skip
