"""How a model is run: every setting of an engine, declared once for command line, form and engine process.

A new setting is a field here and its use in the engine that understands it; whatever stands between hands all of them
on as one object. Nothing but the standard library is imported: a command's help reads this, and so does an engine
process before it is confined.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Literal

BACKENDS: Final = {"torch": "PyTorch", "llama": "llama.cpp"}
"""The engines that are offered, as people call them."""
ENGINES: Final = (*BACKENDS, "toy")
"""Every engine that can be named: there is one for tests of what uses a model."""

Amount = int | float | None


@dataclass(frozen=True)
class Setting:
    """What people are told of one setting, and what they may choose.

    A setting with `choices` is a text, any other an amount.
    """

    label: str
    help: str
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """backend → the values it takes; a backend that is left out has no such setting."""
    named: Mapping[str, str] = field(default_factory=dict)
    """value → what people call it, where they call it otherwise."""
    others: bool = False
    """Values that are not among the choices may be typed in."""
    least: float = 0
    most: float = math.inf
    unit: Literal["", "bytes", "seconds"] = ""
    unset: str = ""
    """What it means to leave an amount out; empty where it cannot be."""

    @property
    def every_choice(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(choice for choices in self.choices.values() for choice in choices))

    def allows(self, value: object) -> bool:
        """Whether an amount lies within its bounds. TextCodec are judged by the engine that has to understand them."""
        if self.choices:
            return isinstance(value, str)
        if value is None:
            return bool(self.unset)
        return isinstance(value, int | float) and math.isfinite(value) and self.least <= value <= self.most


def _set(default: Any, setting: Setting) -> Any:
    return field(default=default, metadata={"setting": setting})


def _both(*choices: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(BACKENDS, choices)


@dataclass(frozen=True, kw_only=True)
class EngineSettings:
    """The auditor's choice of engine, and the limits of its process. ValueError for what lies beyond its bounds."""

    backend: str = _set("torch", Setting("Engine", "Which engine runs the model.", _both(*BACKENDS), BACKENDS))
    device: str = _set(
        "auto",
        Setting(
            "Device",
            "auto, cpu, cuda, cuda:1 or mps, or several that share the layers: cuda:0,cuda:1. auto takes an accelerator"
            " if there is one, and every card where one is too small.",
            _both("auto", "cpu", "cuda", "mps"),
            others=True,
        ),
    )
    dtype: str = _set(
        "auto",
        Setting(
            "Number format",
            "Number format of the weights in memory: auto loses nothing on a CPU; a smaller one needs less memory and"
            " rounds more. float32, bfloat16 or float16; for llama q8_0, not bfloat16.",
            {"torch": ("auto", "float32", "bfloat16", "float16"), "llama": ("auto", "float32", "float16", "q8_0")},
        ),
    )
    threads: int | None = _set(
        None,
        Setting("Threads", "CPU threads for the engine.", least=1, most=512, unset="auto"),  # llama.cpp dies on more
    )
    memory_limit: int | None = _set(
        None,
        Setting(
            "Memory",
            "Memory that the engine may use, such as 8GB; what needs more fails. Linux.",
            least=2**26,  # below that no engine starts
            most=2**60,  # the system itself counts no further than eight times as many
            unit="bytes",
            unset="no limit",
        ),
    )
    hang_limit: float = _set(
        3600.0,
        Setting(
            "Ended after, without progress",
            "Seconds without an answer or another token after which the engine is ended.",
            least=1,
            unit="seconds",
        ),
    )

    def __post_init__(self) -> None:
        for name, setting in declared().items():
            value = getattr(self, name)
            if not setting.allows(value):
                raise ValueError(f"{name} cannot be {value!r}: {setting.help}")

    def to_json(self) -> dict[str, Any]:
        """For the engine process, which makes the same object of it."""
        return asdict(self)


def declared() -> dict[str, Setting]:
    """name → setting, in the order in which people are asked."""
    return {each.name: each.metadata["setting"] for each in fields(EngineSettings)}
