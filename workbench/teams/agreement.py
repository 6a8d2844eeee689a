"""Prompts that several logs asked of their organisms, and whether the answers agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import Field

from workbench.claims.exact import exact_p
from workbench.claims.holm import holm
from workbench.claims.rates import Rate, wilson
from workbench.document import Document
from workbench.teams.database import TeamDatabase

CHANCE: Final = 0.05
"""What a p-value has to lie below, over all prompts in common, for answers to be called different."""

Agreed = Literal["same", "different", "unclear"]


class SaidInLog(Document):
    """What one log's organism answered to a prompt, each different draw once."""

    log: int
    answers: int = Field(ge=1)
    commonest: str
    share: Rate
    """Of its commonest answer."""
    common: Rate
    """Of the answer that is commonest over all logs."""


class SharedPrompt(Document):
    """A prompt that at least two logs sampled."""

    prompt: str
    """SHA-256 of what was put to the model."""
    title: str
    one_organism: bool
    """Whether all asked the same organism: else the answers of different ones stand side by side."""
    one_setting: bool
    """Whether all drew in the same way."""
    commonest: str
    """Over all logs, each log counting alike."""
    said: tuple[SaidInLog, ...]
    agreed: Agreed
    """`same`: every log's commonest answer is this one. `different`: two logs differ in how often it is given by more
    than chance (Fisher's exact test between the logs that are farthest apart, times the pairs of logs, Holm over the
    prompts). `unclear`: neither."""
    p: float
    """Of that test, after Holm."""
    repeated: int
    """Draws of one noise that several logs have: on one organism they should say the same, but for rounding of its
    weights."""
    repeated_alike: int


@dataclass(frozen=True)
class _Asked:
    """The answers of every log to one prompt: log → text → times."""

    prompt: str
    title: str
    organisms: int
    settings: int
    texts: dict[int, dict[str, int]]

    @property
    def commonest(self) -> str:
        weights: defaultdict[str, float] = defaultdict(float)
        for texts in self.texts.values():
            for text, times in texts.items():
                weights[text] += times / sum(texts.values())
        return min(weights, key=lambda text: (-weights[text], text))

    def rates(self, text: str) -> dict[int, Rate]:
        return {log: wilson(texts.get(text, 0), sum(texts.values())) for log, texts in self.texts.items()}

    @property
    def p(self) -> float:
        """Of the logs that are farthest apart, times the number of pairs they were chosen from.  (Bonferroni)"""
        rates = sorted(self.rates(self.commonest).values(), key=lambda rate: rate.hits / rate.trials)
        return min(1.0, exact_p(rates[0], rates[-1]) * len(rates) * (len(rates) - 1) / 2)


def shared_prompts(database: TeamDatabase) -> tuple[SharedPrompt, ...]:
    """Those asked by most logs first; where as many did, those whose answers differ."""
    every = _asked(database)
    repeated = {prompt: (of, alike) for prompt, of, alike in database.query(_REPEATED)}
    adjusted = holm([asked.p for asked in every])
    found = [_shared(asked, p, *repeated.get(asked.prompt, (0, 0))) for asked, p in zip(every, adjusted, strict=True)]
    order: Sequence[Agreed] = ("different", "unclear", "same")
    return tuple(sorted(found, key=lambda one: (-len(one.said), order.index(one.agreed), one.p, one.title)))


_COMMON: Final = """
    common AS (
        SELECT prompt FROM probe JOIN draw ON draw.log = probe.log AND draw.record = probe.record
        WHERE own AND sampled GROUP BY prompt HAVING count(DISTINCT probe.log) > 1
    )
"""

_REPEATED: Final = f"""
    WITH {_COMMON},
    noise AS (
        SELECT prompt, noise, count(DISTINCT text) AS texts
        FROM probe JOIN draw ON draw.log = probe.log AND draw.record = probe.record
        WHERE own AND prompt IN (FROM common) GROUP BY prompt, noise HAVING count(DISTINCT probe.log) > 1
    )
    SELECT prompt, count(*), count(*) FILTER (texts = 1) FROM noise GROUP BY prompt
"""


def _asked(database: TeamDatabase) -> list[_Asked]:
    told = database.query(f"""
        WITH {_COMMON},
        each AS (
            SELECT DISTINCT probe.log, prompt, noise, text
            FROM probe JOIN draw ON draw.log = probe.log AND draw.record = probe.record
            WHERE own AND sampled AND prompt IN (FROM common)
        )
        SELECT prompt, log, text, count(*) FROM each GROUP BY ALL ORDER BY prompt, log, text
    """)
    about = database.query(f"""
        WITH {_COMMON}
        SELECT prompt, min(title), count(DISTINCT organism), count(DISTINCT settings)
        FROM probe JOIN log ON log.log = probe.log
        WHERE own AND sampled AND prompt IN (FROM common) GROUP BY prompt
    """)
    texts: defaultdict[str, dict[int, dict[str, int]]] = defaultdict(dict)
    for prompt, log, text, times in told:
        texts[prompt].setdefault(log, {})[text] = times
    return [
        _Asked(prompt, title, organisms, settings, texts[prompt])
        for prompt, title, organisms, settings in sorted(about)
    ]


def _shared(asked: _Asked, p: float, repeated: int, alike: int) -> SharedPrompt:
    commonest = asked.commonest
    rates = asked.rates(commonest)
    said = tuple(_said(log, texts, rates[log]) for log, texts in asked.texts.items())
    agreed: Agreed = "unclear"
    if p < CHANCE:
        agreed = "different"
    elif all(one.share.hits == one.common.hits for one in said):
        agreed = "same"
    return SharedPrompt(
        prompt=asked.prompt,
        title=asked.title,
        one_organism=asked.organisms == 1,
        one_setting=asked.settings == 1,
        commonest=commonest,
        said=said,
        agreed=agreed,
        p=p,
        repeated=repeated,
        repeated_alike=alike,
    )


def _said(log: int, texts: dict[str, int], common: Rate) -> SaidInLog:
    total, own = sum(texts.values()), min(texts, key=lambda text: (-texts[text], text))
    return SaidInLog(log=log, answers=total, commonest=own, share=wilson(texts[own], total), common=common)
