"""What an auditor was tuned on: what some models answered to plain questions, known by heart."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError

from casefiles.case.same_weights import WeightDigests
from workbench.contract.prompt import Prompt
from workbench.document import Document
from workbench.evidence.observations import Observations
from workbench.probes.sample import Sample
from workbench.written_json import value_of


class LearnedAnswers(Document):
    """What most of some models answered to each question: an edit of one of them is outvoted by the others."""

    format: Literal["audit-workbench/learned-answers/1"] = "audit-workbench/learned-answers/1"
    models: tuple[str, ...] = ()
    """Digests of those that it was learned from."""
    weights: dict[str, tuple[Annotated[tuple[str, ...], Field(min_length=1)], ...]] = Field(
        default_factory=dict, exclude_if=lambda known: not known
    )
    """By the digest of a model, as far as its case was at hand: of each format in which it lies the digests of its
    tensors, by which it is known however its files were saved."""
    answers: dict[str, str] = Field(default_factory=dict)
    """By question."""

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the JSON that `workbench tune` writes. Raises ValueError."""
        try:
            return cls.model_validate(value_of(text))
        except ValidationError as error:
            raise ValueError(f"it holds no learned answers: {error.errors()[0]['msg']}") from None

    @property
    def known_by(self) -> tuple[WeightDigests, ...]:
        """What each model of which it is known was known by."""
        return tuple(tuple(map(frozenset, formats)) for formats in self.weights.values())

    @classmethod
    def of(cls, sessions: Iterable[Observations], weights: Mapping[str, WeightDigests] | None = None) -> Self:
        """What more than half of the models that were asked a plain question answered first: each has one vote,
        however many sessions there are on it. `weights`: what models are known by, by their digests."""
        heard: defaultdict[str, dict[str, str]] = defaultdict(dict)
        models = dict[str, None]()
        for session in sessions:
            models[session.organism] = None
            for run in session.runs:
                if isinstance(run.probe, Sample) and session.own(run) and not run.edited and run.draws:
                    asked = run.probe.prompt
                    if asked == Prompt.ask(asked.title):
                        heard[asked.title].setdefault(session.organism, run.draws[0].text)
        answers = dict[str, str]()
        for question, by_model in heard.items():
            told = list(by_model.values())
            (_, times), *_ = Counter(map(worded, told)).most_common(1)
            if 2 * times > len(told):
                answers[question] = max(told, key=lambda text: [worded(one) for one in told].count(worded(text)))
        known = {model: tuple(tuple(sorted(one)) for one in formats if one)
                 for model, formats in (weights or {}).items() if model in models}  # fmt: skip
        return cls(models=tuple(models), weights=known, answers=answers)


def worded(text: str) -> str:
    """An answer whatever its case, its spaces and its stops."""
    return " ".join(re.findall(r"[\w’'-]+", text.casefold()))
