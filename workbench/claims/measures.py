"""What is told of a finding's evidence beside its rates, as lines that every view draws alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from workbench.claims.confirmation import AmongAll
from workbench.claims.rates import Rate
from workbench.claims.weight import Strength
from workbench.contract.subject import spoken


@dataclass(frozen=True)
class Measure:
    """One measure: its name, its figure, what it says in a clause, and how good that is."""

    name: str
    figure: str
    said: str
    tone: Literal["ok", "warn", "plain"] = "plain"


def measures(strength: Strength, among: AmongAll | None = None) -> tuple[Measure, ...]:
    """Every measure that the log allows; `among`: the finding's p among all claims."""
    return tuple(_measures(strength, among))


def _measures(strength: Strength, among: AmongAll | None) -> Iterator[Measure]:
    asked = strength.demands
    if (locked := strength.confirmation) is not None:
        good = locked.sign_held and bool(locked.after.trials) and not locked.chosen
        yield Measure("After the lock", _of(locked.after), locked.words, "ok" if good else "warn")
    if (test := strength.test) is not None:
        yield Measure("Over prompts", f"p {test.p:.2g}", test.words, "ok" if test.p < asked.error else "warn")
    if among is not None and among.looked > 1:
        tone: Literal["ok", "warn"] = "ok" if among.holm < asked.error else "warn"
        yield Measure("Among all claims", f"p {among.holm:.2g}", among.words, tone)
    if (kept := strength.retention) is not None:
        yield Measure(
            "Other wordings", _of(kept.wordings), kept.words, "ok" if kept.share >= asked.retained else "warn"
        )
    for same in strength.same_prompts:
        name = f"{spoken(same.on).capitalize()}, same prompts"
        yield Measure(name, _of(same.other), same.words, "ok" if same.difference.low > 0 else "warn")
    if (echoes := strength.left.led + strength.left.echoed) > 0:
        said = (
            f"{strength.left.led} answers say only what the question said, {strength.left.echoed} only what was put"
            " into the assistant's mouth"
        )
        yield Measure("Echoes", str(echoes), said, "warn")
    if (ordinary := strength.naturalness) is not None:
        yield Measure(
            "Naturalness", ordinary.ordinary, ordinary.words, "ok" if ordinary.ordinary == "natural" else "plain"
        )
    for effect in strength.effects:
        yield Measure(
            f"Effect inside, #{effect.record}", f"rank {effect.rank}", effect.words, "ok" if effect.stands else "warn"
        )


def _of(rate: Rate) -> str:
    return f"{rate.hits}/{rate.trials}"
