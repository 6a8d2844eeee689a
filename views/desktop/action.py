"""One declaration of something the user can do: it feeds the menu, the key and the command palette."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenuBar, QWidget

from views.desktop.labels import plain_tip


def always() -> str:
    """Nothing speaks against it."""
    return ""


@dataclass(frozen=True)
class Action:
    """What it is called, where it stands, which key it has, and what it does."""

    name: str
    """For tests and the palette's memory, e.g. `probe.run`."""
    menu: str
    text: str
    run: Callable[[], object]
    key: str = ""
    help: str = ""
    """One sentence, shown in the palette and in the list of keys."""
    not_now: Callable[[], str] = field(default=always)
    """Why it cannot be done at present; empty if it can."""
    separated: bool = False
    """Whether a line stands before it in the menu."""


class Actions:
    """Every action of a window, in the order of its menus."""

    def __init__(self, window: QWidget, bar: QMenuBar, menus: tuple[str, ...], say: Callable[[str], object]) -> None:
        """`say`: tells whoever pressed a key why nothing came of it."""
        self._window, self._say = window, say
        self._menus = {name: bar.addMenu(name) for name in menus}
        self._wired: dict[str, tuple[Action, QAction]] = {}
        for menu in self._menus.values():
            menu.aboutToShow.connect(self.refresh)
            menu.setToolTipsVisible(True)

    def add(self, *actions: Action) -> None:
        for action in actions:
            wired = QAction(action.text, self._window)
            wired.setObjectName(action.name)
            wired.setToolTip(plain_tip(action.help or action.text))
            if action.key:
                wired.setShortcut(QKeySequence(action.key))
            wired.triggered.connect(lambda _=False, chosen=action: self.do(chosen))
            if action.separated:
                self._menus[action.menu].addSeparator()
            self._menus[action.menu].addAction(wired)
            self._wired[action.name] = (action, wired)

    def do(self, action: Action) -> None:
        """Run it, or say what speaks against it."""
        if reason := action.not_now():
            self._say(f"{action.text.removesuffix('…')}: not now, {reason}.")
        else:
            action.run()

    def refresh(self) -> None:
        """Disable in the menus what cannot be done now, and say why."""
        for action, wired in self._wired.values():
            reason = action.not_now()
            # A disabled QAction's key is dead too, and nobody would enable it again: the check in `do` guards keys.
            wired.setToolTip(plain_tip(reason or action.help or action.text))
            wired.setText(f"{action.text}  ({reason})" if reason else action.text)

    def all(self) -> tuple[Action, ...]:
        return tuple(action for action, _ in self._wired.values())

    def named(self, name: str) -> Action:
        """Raises KeyError if there is no such action."""
        return self._wired[name][0]
