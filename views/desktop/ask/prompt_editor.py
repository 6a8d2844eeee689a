"""The editor of a prompt: a chat with system prompt and prefill, an open turn of the user's, or raw text; what the
rules forbid is shut."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QPushButton, QWidget

from views.desktop.ask.fields import Field, Growing, Stack
from views.desktop.flow import Flow
from views.desktop.labels import plain_tip, words
from workbench.contract.prompt import Prompt, SwitchSetting, Turn
from workbench.contract.rules import Affordance
from workbench.visible import lines

_NEEDS: dict[str, Affordance | None] = {
    "system": Affordance.SYSTEM,
    "prefill": Affordance.PREFILL,
    "user": Affordance.SAMPLE,
    "raw": Affordance.RAW,
    "begin": None,
    "template": Affordance.SYSTEM,
}
_SAYS = {
    "system": ("System prompt", "a system prompt"),
    "prefill": ("Prefill", "putting words into the assistant's mouth"),
    "user": ("User speaks", "the user's turn left open, to be drawn"),
    "raw": ("Raw text", "raw text without the chat template"),
    "begin": ("Begin token", "the token that the tokenizer puts before every text, where it has one"),
    "template": ("Template", "settings of the chat template, such as enable_thinking=no"),
}
_APART = {
    "raw": ("system", "prefill", "user", "template"),
    "user": ("prefill", "raw"),
    "system": ("raw",),
    "prefill": ("raw", "user"),
    "template": ("raw",),
}
"""What is switched off where something is switched on."""


class PromptField(Field):
    """A prompt. `empty_is_none`: an empty one means that there is none."""

    wide = True

    def __init__(self, allowed: frozenset[Affordance], *, empty_is_none: bool = False, hint: str = "") -> None:
        super().__init__()
        self._empty_is_none, self._hint = empty_is_none, hint
        self._before: tuple[Turn, ...] = ()
        self._system, self._user, self._prefill = Growing(1, 4), Growing(1, 8), Growing(1, 3)
        self._template = Growing(1, 3)
        self._template.setPlaceholderText("What the chat template is told, one a line, such as enable_thinking=no")
        self._system.setPlaceholderText("System prompt: who the assistant is told to be")
        self._prefill.setPlaceholderText("The answer is made to begin with these words")
        self._history = words(dim=True, wrap=True)
        self._history.hide()
        column = Stack(2)
        self.setLayout(column)
        boxes = {
            "System prompt": self._system, "User message": self._user, "Prefill": self._prefill,
            "Template settings": self._template,
        }  # fmt: skip
        for name, box in boxes.items():
            box.setAccessibleName(name)
            box.textChanged.connect(self.changed.emit)
        column.addWidget(self._system)
        column.addWidget(self._history)
        column.addWidget(self._user)
        column.addWidget(self._prefill)
        column.addWidget(self._template)
        self._switches = {name: self._switch(name, need is None or need in allowed) for name, need in _NEEDS.items()}
        self._switches["begin"].setChecked(True)
        row = Flow(gap=4, line_gap=2)
        for switch in self._switches.values():
            row.addWidget(switch)
        column.addLayout(row)
        column.addStretch(1)
        self.editor: QWidget = self._user
        self.setFocusProxy(self._user)
        self._arrange()

    def _switch(self, name: str, allowed: bool) -> QPushButton:
        title, long = _SAYS[name]
        button = QPushButton(title)
        button.setCheckable(True)
        button.setProperty("quiet", True)
        button.setEnabled(allowed)
        button.setToolTip(plain_tip(f"Use {long}" if allowed else f"The rules of engagement do not allow {long}."))
        button.setAccessibleDescription(button.toolTip())
        button.toggled.connect(lambda _: self._toggled(name))
        button.clicked.connect(lambda _: self._opened(name))
        return button

    def _toggled(self, name: str) -> None:
        for other in _APART.get(name, ()) if self._on(name) else ():
            self._switches[other].setChecked(False)
        self._arrange()
        self.changed.emit()

    def _opened(self, name: str) -> None:
        """The cursor goes into what was opened by hand."""
        boxes = {"system": self._system, "prefill": self._prefill}
        (boxes.get(name, self._user) if self._on(name) else self._user).setFocus()

    def _on(self, name: str) -> bool:
        return self._switches[name].isChecked()

    def _arrange(self) -> None:
        self._system.setVisible(self._on("system"))
        self._prefill.setVisible(self._on("prefill"))
        self._template.setVisible(self._on("template"))
        self._switches["begin"].setVisible(self._on("raw"))
        self._switches["template"].setVisible(not self._on("raw"))
        self._history.setVisible(bool(self._before) and not self._on("raw"))
        begun = "How the user's turn begins" if self._on("user") else "User message"
        self._user.setAccessibleName("Raw text" if self._on("raw") else begun)
        self._user.setPlaceholderText(f"{begun}; it may be empty" if self._on("user") else self._hint)

    def value(self) -> dict[str, Any] | None:
        """The prompt's fields; the probe's declaration checks them."""
        user = self._user.toPlainText()
        if self._on("raw"):
            return None if self._empty_is_none and not user else {"text": user, "begin": self._on("begin")}
        system = self._system.toPlainText() if self._on("system") else ""
        prefill = self._prefill.toPlainText() if self._on("prefill") else ""
        speaks = self._on("user")
        if not (user or system or prefill or speaks or self._before):
            return None if self._empty_is_none else {"chat": []}
        turns = [{"role": "system", "content": system}] if system else []
        turns += [turn.model_dump() for turn in self._before]
        if user or speaks:
            turns.append({"role": "user", "content": user})
        elif not prefill and self._before and self._before[-1].role == "assistant":
            raise ValueError("the user's next message is missing")  # or the last answer would be taken for a prefill
        if prefill:
            turns.append({"role": "assistant", "content": prefill})
        told: dict[str, Any] = {"speaker": "user"} if speaks else {}
        if self._on("template"):
            settings = self._template.toPlainText().split("\n")
            told["switches"] = [SwitchSetting.parse(line).model_dump() for line in settings if line.strip()]
        return {"chat": turns} | told

    def set_value(self, value: Prompt | None) -> None:
        chat = list(value.chat) if value is not None else []
        raw = value is not None and bool(value.text)
        system = chat.pop(0).content if chat and chat[0].role == "system" else ""
        prefill = chat.pop().content if chat and chat[-1].role == "assistant" else ""
        user = chat.pop().content if chat and chat[-1].role == "user" else ""
        self._before = tuple(chat)  # the turns of a longer conversation are kept as they are
        self._history.setText(lines(f"{turn.role}: {turn.content}" for turn in chat))
        self._switches["raw"].setChecked(raw)
        self._switches["begin"].setChecked(value is None or value.begin)
        settings = value.switches if value is not None else ()
        self._switches["template"].setChecked(bool(settings))
        self._template.setPlainText("\n".join(map(str, settings)))
        self._switches["user"].setChecked(value is not None and value.speaker == "user")
        self._switches["system"].setChecked(bool(system))
        self._switches["prefill"].setChecked(bool(prefill))
        self._system.setPlainText(system)
        self._prefill.setPlainText(prefill)
        self._user.setPlainText(value.text if raw and value is not None else user)
        self._arrange()
