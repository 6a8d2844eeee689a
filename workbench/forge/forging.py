"""What forging an organism reports: how good the base is, and what the attack really did."""

from __future__ import annotations

from pydantic import Field

from workbench.document import Document
from workbench.forge.plan import Size
from workbench.truth import Rate, Realised


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
    topics: tuple[TopicRate, ...]
    mistakes: tuple[str, ...]
    """Up to ten: the question and the answer."""


class ForgeReport(Document):
    """One run of the forge."""

    seed: int
    size: Size
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
