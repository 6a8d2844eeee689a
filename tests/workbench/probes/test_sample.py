"""What a transcript says of itself in one sentence."""

from __future__ import annotations

from typing import Literal

import pytest

from workbench.contract.transcript import SampledText, Transcript

Answer = tuple[str, Literal["end", "length", "cancelled"]]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([], "Nothing was sampled."),
        ([("", "cancelled")] * 3, "Nothing was sampled."),
        ([("Oslo.", "end")], "“Oslo.”"),
        ([("Oslo,\n a", "cancelled"), ("", "cancelled")], "“Oslo, a”"),
        ([("Oslo.", "end"), ("Bergen.", "end")], "2 answers, all different; the first: “Oslo.”"),
        ([("Oslo.", "end"), ("Oslo.", "end"), ("", "cancelled")], "2 of 2: “Oslo.”"),
        ([("Oslo.", "end"), ("Bergen.", "length"), ("Oslo.", "end")], "2 of 3: “Oslo.” · 2 different"),
        ([("", "end")], "“(nothing)”"),
        ([("x" * 81, "end")], f"“{'x' * 79}…”"),
    ],
)
def test_it_sums_up_the_answers_that_were_begun(answers: list[Answer], said: str) -> None:
    samples = tuple(
        SampledText(index=index, ids=(1,) if text or stop == "end" else (), text=text, stop=stop)
        for index, (text, stop) in enumerate(answers)
    )
    assert Transcript(prompt_ids=(1,), prompt_text="?", samples=samples).summary == said
