"""What a score says in one sentence stays what it was: a replay holds it against the summary of older records."""

from __future__ import annotations

import math

import pytest

from workbench.probes.score import ScoredText, ScoredTexts


def scored(**probabilities: float) -> ScoredTexts:
    strips = tuple(ScoredText(text=f" {text}", tokens=(), logprob=math.log(p)) for text, p in probabilities.items())
    return ScoredTexts(strips=strips, forward_tokens=1)


@pytest.mark.parametrize(
    ("result", "summary"),
    [
        (scored(Oslo=1.0), "“Oslo” has 100.0 % (0.00 nats)"),
        (scored(Oslo=0.99999), "“Oslo” has 100.0 % (-0.00 nats)"),
        (scored(Oslo=0.0007, Bergen=0.5), "“Bergen” 50.0 % over “Oslo” under 0.1 % (by 6.57 nats)"),
    ],
)
def test_a_summary_is_worded_as_in_the_first_release(result: ScoredTexts, summary: str) -> None:
    assert result.summary == summary
