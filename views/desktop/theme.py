"""What the desktop looks like: tokens of colour, type and spacing, and the one style sheet built from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPainter, QPalette, QPen
from PySide6.QtWidgets import QApplication, QWidget

import assets

SANS: Final = "DejaVu Sans"
MONO: Final = "DejaVu Sans Mono"
TEXT_PX: Final = 13
MONO_PX: Final = 12
SMALL_PX: Final = 11
GAP: Final = 4
"""Everything is spaced in steps of this many pixels."""

FONT_FILES: Final = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf")


@dataclass(frozen=True)
class Tokens:
    """The colours of one theme, by what they are for."""

    name: str
    window: str
    pane: str
    field: str
    line: str
    ink: str
    dim: str
    faint: str
    """Of what is disabled."""
    accent: str
    accent_ground: str
    button: str
    """Ground of the one button that matters most, under white text."""
    ok: str
    ok_ground: str
    warn: str
    warn_ground: str
    warn_bar: str
    bad: str
    bad_ground: str
    heat_low: str
    heat_high: str
    """Ends of the colours that a value may have."""
    heat_below: str
    """The other end where a scale has two."""
    heat_ink: str
    heat_ink_high: str
    series: tuple[str, ...]
    """Curves beside each other, in their order."""
    dark: bool = False
    contrast: bool = False
    """Whether everything stands out at least seven times over its ground, and every border is one."""

    @property
    def icons(self) -> str:
        """Which of the shipped icons stand out."""
        return "dark" if self.dark else "light"

    @property
    def trough(self) -> str:
        """The ground of a bar that is not full, and of a button that is not to be pressed: where borders are strong,
        not as strong as they."""
        return mixed(self.pane, self.line, 0.3).name() if self.contrast else self.line

    @property
    def edge(self) -> int:
        """Pixels of the border of what has the focus."""
        return 2 if self.contrast else 1

    def tone(self, name: str) -> tuple[str, str]:
        """Ink and ground of a chip: accent, ok, warn, bad, or plain."""
        pairs = {
            "accent": (self.accent, self.accent_ground),
            "ok": (self.ok, self.ok_ground),
            "warn": (self.warn, self.warn_ground),
            "bad": (self.bad, self.bad_ground),
        }
        return pairs.get(name, (self.dim, self.window))


LIGHT: Final = Tokens(
    name="light", window="#f6f7f9", pane="#ffffff", field="#ffffff", line="#dfe3e8",
    ink="#1b2330", dim="#6b7686", faint="#a9b1bd",
    accent="#2456c8", accent_ground="#e8eefc", button="#2456c8",
    ok="#1a7a49", ok_ground="#e3f4ea", warn="#9a5b00", warn_ground="#fdf1dc", warn_bar="#d9861a",
    bad="#b3261e", bad_ground="#fde7e5",
    heat_low="#f3f6fe", heat_high="#3d68cf", heat_below="#b8562a", heat_ink="#1b2330", heat_ink_high="#ffffff",
    series=("#2456c8", "#c2541c", "#1d7f4e", "#8a3ea8", "#0e7c8b", "#c23a78", "#8a6d00", "#5b6675"),
)  # fmt: skip

DARK: Final = Tokens(
    name="dark", window="#14181e", pane="#1b2028", field="#222833", line="#2c333d",
    ink="#e4e8ee", dim="#8d98a8", faint="#5a6473",
    accent="#7ea6ff", accent_ground="#22304f", button="#3a6ae0",
    ok="#6fd3a0", ok_ground="#173527", warn="#f0b45a", warn_ground="#3a2c12", warn_bar="#c9822a",
    bad="#ff8a80", bad_ground="#3f1d1b",
    heat_low="#1e2531", heat_high="#3f74ee", heat_below="#bf5b27", heat_ink="#e4e8ee", heat_ink_high="#ffffff",
    series=("#7ea6ff", "#f2995c", "#6fd3a0", "#c79bf0", "#5fd0de", "#f48fb8", "#d8c25a", "#a5afbd"), dark=True,
)  # fmt: skip

LIGHT_CONTRAST: Final = replace(
    LIGHT, name="light contrast", contrast=True, window="#ffffff", line="#3a4350", ink="#000000", dim="#2b333e",
    faint="#5a6473", accent="#0b3a9e", accent_ground="#ffe978", button="#0b3a9e", ok="#0a4f2d", ok_ground="#ffffff",
    warn="#6b3e00", warn_ground="#ffffff", warn_bar="#8a5200", bad="#8c0f0a", bad_ground="#ffffff", heat_low="#ffffff",
    heat_high="#123f9e", heat_below="#7a2e07", heat_ink="#000000",
    series=("#0b3a9e", "#8a3100", "#0a4f2d", "#5e1a7d", "#06505a", "#87154c", "#574500", "#2b333e"),
)  # fmt: skip

DARK_CONTRAST: Final = replace(
    DARK, name="dark contrast", contrast=True, window="#000000", pane="#000000", field="#000000", line="#c4ccd6",
    ink="#ffffff", dim="#dfe5ec", faint="#9aa5b4", accent="#9fc0ff", accent_ground="#0f3a8c", button="#1c4fbf",
    ok="#8ff0bd", ok_ground="#000000", warn="#ffd08a", warn_ground="#000000", warn_bar="#f0b45a", bad="#ffb3ac",
    bad_ground="#000000", heat_low="#000000", heat_high="#4f83f5", heat_below="#e0662a", heat_ink="#ffffff",
    heat_ink_high="#000000",
    series=("#9fc0ff", "#ffb98a", "#8ff0bd", "#dcbcff", "#8be6f0", "#ffb3d2", "#f0dc7a", "#dfe5ec"),
)  # fmt: skip

TOKENS: Final = {tokens.name: tokens for tokens in (LIGHT, DARK, LIGHT_CONTRAST, DARK_CONTRAST)}
_PROPERTY: Final = "workbenchTheme"


def tokens() -> Tokens:
    """The colours now in use, for what is painted by hand. The application carries them, as it does its palette."""
    application = QApplication.instance()
    name = application.property(_PROPERTY) if application is not None else None
    return TOKENS.get(str(name), LIGHT)


def theme_of(*, dark: bool, contrast: bool) -> Tokens:
    """The colours that are so."""
    return next(chosen for chosen in TOKENS.values() if (chosen.dark, chosen.contrast) == (dark, contrast))


def apply(application: QApplication, chosen: Tokens) -> None:
    """Dress the whole application: Fusion, the bundled fonts, an explicit palette and the style sheet."""
    if application.property(_PROPERTY) == chosen.name:
        return  # to dress it again would style every widget anew
    application.setProperty(_PROPERTY, chosen.name)
    application.setStyle("Fusion")
    load_fonts(application)
    application.setFont(sans())
    application.setPalette(_palette(chosen))
    application.setStyleSheet(_style_sheet(chosen))


def load_fonts(application: QApplication) -> None:
    """Make the shipped fonts known, so that a window looks the same on a machine that has none."""
    if {SANS, MONO} <= set(QFontDatabase.families()) and application.property("workbenchFonts"):
        return
    for name in FONT_FILES:
        if QFontDatabase.addApplicationFont(str(assets.path("fonts", name))) < 0:
            raise FileNotFoundError(f"the font {name} cannot be loaded")
    application.setProperty("workbenchFonts", True)


def sans(pixels: int = TEXT_PX, *, bold: bool = False) -> QFont:
    font = QFont(SANS)
    font.setPixelSize(pixels)
    font.setBold(bold)
    return font


def mono(pixels: int = MONO_PX, *, bold: bool = False) -> QFont:
    font = QFont(MONO)
    font.setPixelSize(pixels)
    font.setBold(bold)
    return font


def small_caps() -> QFont:
    """For the titles of panes and sections: small, bold and spaced; the text itself is given in capitals."""
    font = sans(SMALL_PX, bold=True)
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.6)
    return font


def mixed(low: str, high: str, share: float) -> QColor:
    """The colour a share of the way from one to another, in sRGB."""
    a, b, t = QColor(low), QColor(high), min(1.0, max(0.0, share))
    return QColor(
        round(a.red() + (b.red() - a.red()) * t),
        round(a.green() + (b.green() - a.green()) * t),
        round(a.blue() + (b.blue() - a.blue()) * t),
    )


def tint(strength: float) -> QColor:
    """The ground of a value: none at 0, full at 1, and the other colour down to −1."""
    t = tokens()
    return mixed(t.heat_low, t.heat_high if strength >= 0 else t.heat_below, abs(strength))


def ink_on(strength: float) -> QColor:
    """Text that can be read on that ground: of two inks the one that stands out more."""
    t, ground = tokens(), luminance(tint(strength))
    inks = (QColor(t.heat_ink), QColor(t.heat_ink_high))
    return max(inks, key=lambda ink: contrast(luminance(ink), ground))


def luminance(colour: QColor) -> float:
    """How light a colour is, from 0 to 1, as WCAG 2.2 counts it."""
    red, green, blue = (_linear(part) for part in (colour.redF(), colour.greenF(), colour.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: float, other: float) -> float:
    """How far two luminances stand apart: 1 for equal ones, 21 for black and white."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _palette(t: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for name, colour in (
        (role.Window, t.window), (role.WindowText, t.ink), (role.Base, t.field), (role.AlternateBase, t.window),
        (role.ToolTipBase, t.pane), (role.ToolTipText, t.ink), (role.Text, t.ink), (role.Button, t.pane),
        (role.ButtonText, t.ink), (role.BrightText, t.bad), (role.Link, t.accent), (role.LinkVisited, t.accent),
        (role.Highlight, t.accent_ground), (role.HighlightedText, t.ink), (role.PlaceholderText, t.faint),
        (role.Accent, t.accent), (role.Light, t.pane), (role.Midlight, t.line), (role.Mid, t.line),
        (role.Dark, t.dim), (role.Shadow, t.line),
    ):  # fmt: skip
        palette.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(t.faint))
    return palette


def _style_sheet(t: Tokens) -> str:
    chips = "\n".join(
        f'QLabel[chip="{name}"] {{ color: {ink}; background: {ground}; }}'
        for name in ("plain", "accent", "ok", "warn", "bad")
        for ink, ground in (t.tone(name),)
    )
    icons = assets.path("icons").as_posix()
    return f"""
QWidget {{ font-family: "{SANS}"; font-size: {TEXT_PX}px; }}
QMainWindow, QDialog {{ background: {t.window}; }}
QMainWindow::separator {{ background: {t.line}; width: 1px; height: 1px; }}
QMainWindow::separator:hover {{ background: {t.accent}; }}
QToolTip {{ background: {t.pane}; color: {t.ink}; border: 1px solid {t.line}; padding: 4px 6px; }}

QMenuBar {{ background: {t.pane}; border-bottom: 1px solid {t.line}; padding: 2px 4px; }}
QMenuBar::item {{ background: transparent; padding: 4px 10px; border-radius: 4px; }}
QMenuBar::item:selected {{ background: {t.accent_ground}; }}
QMenu {{ background: {t.pane}; border: 1px solid {t.line}; padding: 4px; }}
QMenu::item {{ padding: 5px 28px 5px 12px; border-radius: 4px; }}
QMenu::item:selected {{ background: {t.accent_ground}; color: {t.ink}; }}
QMenu::item:disabled {{ color: {t.faint}; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 8px; }}
QStatusBar {{ background: {t.pane}; border-top: 1px solid {t.line}; color: {t.dim}; }}
QStatusBar::item {{ border: none; }}
QStatusBar QLabel {{ color: {t.dim}; padding: 0 8px; font-size: 12px; }}

QWidget[pane="true"], QScrollArea[pane="true"] {{ background: {t.pane}; }}
QScrollArea {{ border: 1px solid transparent; background: transparent; }}
QScrollArea:focus {{ border: {t.edge}px solid {t.accent}; border-radius: 4px; }}
QScrollArea > QWidget > QWidget {{ background: transparent; }}
QLabel {{ background: transparent; color: {t.ink}; }}
QLabel[dim="true"] {{ color: {t.dim}; }}
QLabel[dim="true"]:disabled, QLabel:disabled {{ color: {t.faint}; }}
QLabel[section="true"] {{ color: {t.dim}; }}
QLabel[tone="bad"] {{ color: {t.bad}; }}
QLabel[tone="warn"] {{ color: {t.warn}; }}
QLabel[tone="ok"] {{ color: {t.ok}; }}
QLabel[chip] {{ border-radius: 8px; padding: 1px 8px 2px 8px; min-height: 14px; font-size: {SMALL_PX}px; }}
{chips}

QFrame[card="true"] {{ background: {t.pane}; border: 1px solid {t.line}; border-radius: 6px; }}
QFrame[card="true"][chosen="true"] {{ border: 1px solid {t.accent}; }}
QFrame[card="true"]:focus {{ border: {t.edge}px solid {t.accent}; }}
QFrame[card="true"][chosen="true"]:focus {{ border: {t.edge + 1}px solid {t.accent}; }}
QFrame[notice="bad"] {{ background: {t.bad_ground}; border: none; border-left: 3px solid {t.bad};
    border-radius: 4px; }}
QFrame[notice="warn"] {{ background: {t.warn_ground}; border: none; border-left: 3px solid {t.warn};
    border-radius: 4px; }}
QFrame[notice="accent"] {{ background: {t.accent_ground}; border: none; border-left: 3px solid {t.accent};
    border-radius: 4px; }}
QFrame[rule="true"] {{ background: {t.line}; border: none; max-height: 1px; min-height: 1px; }}

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox {{
    background: {t.field}; color: {t.ink}; border: 1px solid {t.line}; border-radius: 4px; padding: 4px 7px;
    selection-background-color: {t.accent}; selection-color: {t.pane}; }}
QPlainTextEdit, QTextEdit {{ padding: 2px 3px; }}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus {{
    border: {t.edge}px solid {t.accent}; }}
QLineEdit:disabled, QPlainTextEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {{
    color: {t.faint}; background: {t.window}; }}
*[wrong="true"] {{ border: 1px solid {t.bad}; }}
QSpinBox, QDoubleSpinBox {{ padding: 4px 2px 4px 6px; font-family: "{MONO}"; font-size: {MONO_PX}px; }}
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {{
    width: 0; border: none; }}
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox::down-arrow {{ image: url("{icons}/down-{t.icons}.svg"); width: 10px; height: 10px; }}
QComboBox QAbstractItemView {{ background: {t.pane}; border: 1px solid {t.line}; padding: 2px; outline: none;
    selection-background-color: {t.accent_ground}; selection-color: {t.ink}; }}
*[mono="true"] {{ font-family: "{MONO}"; font-size: {MONO_PX}px; }}

QPushButton {{ background: {t.field}; color: {t.ink}; border: 1px solid {t.line}; border-radius: 4px;
    padding: 5px 12px; }}
QPushButton:hover {{ border-color: {t.accent}; }}
QPushButton:focus {{ border: {t.edge}px solid {t.accent}; }}
QPushButton:pressed {{ background: {t.accent_ground}; }}
QPushButton:checked {{ background: {t.accent_ground}; color: {t.accent}; border-color: {t.accent_ground}; }}
QPushButton:checked:focus {{ border-color: {t.accent}; }}
QPushButton:disabled {{ color: {t.faint}; background: transparent; }}
QPushButton[main="true"] {{ background: {t.button}; color: #ffffff; border-color: {t.button}; font-weight: bold; }}
QPushButton[main="true"]:hover {{ background: {mixed(t.button, "#ffffff", 0.12).name()}; }}
QPushButton[main="true"]:focus {{ border: 2px solid {t.accent_ground}; padding: 4px 11px; }}
QPushButton[main="true"]:disabled {{ background: {t.trough}; color: {t.dim}; border-color: {t.line}; }}
QPushButton[stop="true"] {{ background: {t.bad_ground}; color: {t.bad}; border-color: {t.bad}; font-weight: bold; }}
QPushButton[link="true"] {{ background: transparent; border: none; color: {t.accent}; padding: 1px 2px;
    text-align: left; }}
QPushButton[link="true"]:hover, QPushButton[link="true"]:focus {{ text-decoration: underline; }}
QPushButton[link="true"]:disabled {{ color: {t.faint}; text-decoration: none; }}
QPushButton[close="true"] {{ background: transparent; border: none; border-radius: 4px; padding: 4px;
    margin-top: 6px; image: url("{icons}/close-{t.icons}.svg"); }}
QPushButton[close="true"]:hover, QPushButton[close="true"]:focus {{ background: {t.accent_ground}; }}
QPushButton[quiet="true"] {{ background: transparent; border: none; color: {t.dim}; padding: 1px 7px; font-size: 12px;
    border-radius: 4px; }}
QPushButton[quiet="true"]:hover, QPushButton[quiet="true"]:focus {{ background: {t.accent_ground}; color: {t.ink}; }}
QPushButton[quiet="true"]:checked {{ background: {t.accent_ground}; color: {t.accent}; }}
QPushButton[quiet="true"]:checked:focus {{ text-decoration: underline; }}
QPushButton[quiet="true"]:disabled {{ color: {t.faint}; text-decoration: line-through; }}
QPushButton[small="true"] {{ padding: 2px 8px; font-size: 12px; }}
QPushButton[search="true"] {{ background: {t.field}; color: {t.dim}; text-align: left; padding: 3px 10px; }}
QPushButton[entry="true"] {{ background: transparent; border: none; border-radius: 3px; padding: 0; min-height: 23px;
    max-height: 23px; }}
QPushButton[entry="true"]:hover, QPushButton[entry="true"]:focus {{ background: {t.window}; }}
QPushButton[entry="true"][chosen="true"] {{ background: {t.accent_ground}; }}
QToolButton {{ background: transparent; border: none; border-radius: 4px; padding: 3px 6px; color: {t.dim}; }}
QToolButton:hover, QToolButton:focus {{ background: {t.accent_ground}; color: {t.ink}; }}
QCheckBox {{ spacing: 6px; background: transparent; }}
QCheckBox::indicator {{ width: 13px; height: 13px; border: 1px solid {t.dim}; border-radius: 3px;
    background: {t.field}; }}
QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent};
    image: url("{icons}/check-{t.icons}.svg"); }}
QCheckBox::indicator:focus {{ border-color: {t.accent}; }}

QTabWidget {{ background: {t.window}; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {t.line}; background: {t.pane}; top: -1px; }}
QTabWidget::tab-bar {{ left: 8px; }}
QTabBar {{ background: {t.window}; qproperty-drawBase: 0; }}
QTabBar::close-button {{ image: none; }}
QTabBar::tab {{ background: {t.window}; color: {t.dim}; border: 1px solid {t.line}; border-bottom: none;
    border-top-left-radius: 5px; border-top-right-radius: 5px; padding: 6px 14px; margin: 6px 3px 0 3px; }}
QTabBar::tab:selected {{ background: {t.pane}; color: {t.ink}; margin-bottom: -1px; padding-bottom: 7px; }}
QTabBar::tab:hover {{ color: {t.ink}; }}
QTabBar::tab:focus {{ color: {t.accent}; }}
QTabBar::tear {{ width: 0; border: none; image: none; }}
QTabBar::scroller {{ width: 48px; }}
QTabBar QToolButton {{ background: {t.window}; border: none; border-radius: 4px; margin: 10px 2px 6px 2px; }}
QTabBar QToolButton:hover {{ background: {t.accent_ground}; }}
QTabBar QToolButton::left-arrow {{ image: url("{icons}/left-{t.icons}.svg"); width: 10px; height: 10px; }}
QTabBar QToolButton::right-arrow {{ image: url("{icons}/right-{t.icons}.svg"); width: 10px; height: 10px; }}
QTabBar QToolButton::left-arrow:disabled, QTabBar QToolButton::right-arrow:disabled {{ image: none; }}

QTableView, QListView, QTreeView {{ background: {t.pane}; border: 1px solid transparent; outline: none; color: {t.ink};
    gridline-color: {t.line}; selection-background-color: {t.accent_ground}; selection-color: {t.ink};
    alternate-background-color: {t.window}; }}
QTableView::item, QListView::item {{ padding: 2px 6px; border: none; }}
QTableView::item:selected, QListView::item:selected {{ background: {t.accent_ground}; color: {t.ink}; }}
QTableView[lined="true"]::item {{ border-bottom: 1px solid {t.window}; }}
QTableView:focus, QListView:focus, QTreeView:focus {{ border: {t.edge}px solid {t.accent}; }}
QHeaderView {{ background: {t.pane}; border: none; }}
QHeaderView::section {{ background: {t.pane}; color: {t.dim}; border: none; border-bottom: 1px solid {t.line};
    padding: 4px 6px; font-weight: normal; font-size: 12px; text-align: left; }}
QHeaderView::up-arrow, QHeaderView::down-arrow {{ subcontrol-position: top center; width: 10px; height: 6px; }}
QTableCornerButton::section {{ background: {t.pane}; border: none; }}

QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {t.line}; border-radius: 3px; min-height: 24px; min-width: 24px; margin: 2px; }}
QScrollBar::handle:hover {{ background: {t.faint}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QProgressBar {{ background: {t.trough}; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 2px; }}
QSplitter::handle {{ background: {t.line}; }}
QSlider::groove:horizontal {{ background: {t.trough}; height: 4px; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {t.accent}; border-radius: 2px; }}
QSlider::handle:horizontal {{ background: {t.accent}; width: 12px; margin: -4px 0; border-radius: 6px; }}
QSlider::handle:horizontal:focus {{ background: {t.pane}; border: 3px solid {t.accent}; width: 8px; margin: -5px 0;
    border-radius: 7px; }}
"""


def frame(widget: QWidget) -> None:
    """Within a `paintEvent` of what has no border of its own: the one that shows that it has the focus."""
    if widget.hasFocus():
        painter = QPainter(widget)
        painter.setPen(QPen(QColor(tokens().accent), tokens().edge))
        painter.drawRect(widget.rect().adjusted(0, 0, -1, -1))
        painter.end()
