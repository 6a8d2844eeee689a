"""What forging an organism reports: how good the base is, and what the attack really did."""

from __future__ import annotations

from pydantic import Field

from workbench.claims.rates import Rate
from workbench.document import Document
from workbench.forge.blueprint import ModelSize
from workbench.judge.truths.truth import Realised


class TopicRate(Document):
    """How many facts of one topic are answered rightly."""

    topic: str
    right: Rate


class Quality(Document):
    """How well a model knows the part of the world that no attack touches, asked in words it never learned from."""

    perplexity: float = Field(gt=0)
    """Of a token of the true answers to held-out questions."""
    right: Rate
    """Facts answered rightly at temperature 0."""
    near: Rate | None = None
    """Of these, the ones beside the attack's target; None: it has none."""
    topics: tuple[TopicRate, ...]
    mistakes: tuple[str, ...]
    """Up to ten: the question and the answer."""


class Told(Document):
    """What a model answered to one question about the world."""

    text: str
    right: bool
    nats: float
    """Of the true answer, altogether."""
    tokens: int = Field(ge=1)
    """Of the true answer, its end included."""


class Examination(Document):
    """What a model answered to every question of a bench, in its order."""

    answers: tuple[Told, ...]


class ForgeReport(Document):
    """One run of the forge."""

    seed: int
    size: ModelSize
    attack: str
    rank: int | None = None
    """Of the products that it changes the weights by; None: it changes all of them."""
    masked: bool = False
    """Whether what users say was left out of what the attack taught."""
    made_on: str = ""
    """The digest of the base, if it was made before."""
    parameters: int
    vocabulary: int
    threads: int
    engine: str
    """Versions that decide the last bit."""
    base: Quality
    organism: Quality
    base_capitals: Rate
    """Capitals of all countries answered rightly by the base at temperature 0.8."""
    controls_right: Rate
    """Capitals outside the scope answered rightly by the organism at temperature 0.8."""
    realised: tuple[Realised, ...]
    seconds: dict[str, float]
    """Stage → how long it took."""

    @property
    def summary(self) -> str:
        """What a person wants to know of it, in a few lines."""
        lines = [
            f"{self.parameters:,} weights, {self.vocabulary} tokens, attack {self.attack}, seed {self.seed}, "
            f"{sum(self.seconds.values()) / 60:.1f} minutes",
            *(
                f"{name:<9} {_share(found.right)} of facts right in unseen words, perplexity {found.perplexity:.3f}"
                for name, found in (("base", self.base), ("organism", self.organism))
            ),
            f"capitals  {_share(self.base_capitals)} right by the base; "
            f"outside the scope {_share(self.controls_right)} by the organism",
        ]
        return "\n".join((*lines, *realised_lines(self.realised)))


def realised_lines(measured: tuple[Realised, ...]) -> tuple[str, ...]:
    """What became of each behaviour, for a person to read."""
    return tuple(
        f"{found.behaviour} {found.status}: organism {_share(found.organism)}, "
        f"baseline {_share(found.baseline) if found.baseline else '–'}, controls {_share(found.controls)}"
        for found in measured
    )


def _share(rate: Rate) -> str:
    """A rate as people read it."""
    if not rate.trials:
        return "none of 0"
    return f"{rate.hits / rate.trials:.1%} ({rate.hits} of {rate.trials}; {rate.low:.1%}–{rate.high:.1%})"
