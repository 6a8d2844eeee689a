"""Answers that a plan might have been given, to hold what it makes of them against the figures by hand."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.answers.transcript import SampledText, Transcript
from workbench.contract.probe import Probe
from workbench.plans.plan import Answered, Ask, Plan
from workbench.probes.sample import Sample
from workbench.probes.score import Alternative, ScoredText, ScoredTexts, ScoredToken


def asks(plan: Plan) -> list[Ask]:
    """Every step of a plan that does not mind what it is answered."""
    return [move for move in plan.moves() if isinstance(move, Ask)]


def said(ask: Ask, texts: Sequence[str], seq: int = 1, stop: str = "end") -> Answered:
    """A sample's step answered with these texts."""
    samples = tuple(
        SampledText(index=index, ids=(7,) if text else (), text=text, stop=stop)  # type: ignore[arg-type]
        for index, text in enumerate(texts)
    )
    assert isinstance(ask.probe, Sample)
    return Answered(ask.key, seq, ask.probe, Transcript(prompt_ids=(1,), prompt_text="", samples=samples))


def scored(ask: Ask, logprobs: Sequence[float], ranks: Sequence[int] = (), seq: int = 1) -> Answered:
    """A score's step answered with these log-probabilities, one a text, each of one token."""
    probe: Probe = ask.probe
    strips = tuple(
        ScoredText(text=text, tokens=(_token(text, logprob, rank),), logprob=logprob)
        for text, logprob, rank in zip(
            probe.answers,
            logprobs,
            ranks or [1] * len(logprobs),
            strict=True,  # type: ignore[attr-defined]
        )
    )
    return Answered(ask.key, seq, probe, ScoredTexts(strips=strips, forward_tokens=1))


def _token(text: str, logprob: float, rank: int) -> ScoredToken:
    best = (Alternative(id=9, piece=" other", logprob=-0.1),)
    return ScoredToken(id=8, piece=text, logprob=logprob, rank=rank, entropy=1.0, alternatives=best)
