"""Which prompts are one, though they are written otherwise: those that reach a model as the same tokens.

Templates trim what they are given, and look at switches that change nothing. Answers to such prompts come from one
noise, and are answers to one prompt: it is called by how it was written first.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.contract.probe import Probe
from workbench.contract.prompt import Prompt


class FirstWritten:
    """Grows with a log: shown each probe in its turn, it gives it as it was first written."""

    def __init__(self) -> None:
        self._by_ids: dict[tuple[str, tuple[int, ...]], Prompt] = {}
        """(digest of a model, what it was given) → how that was written first."""
        self._by_prompt: dict[str, Prompt] = {}
        """A prompt, as JSON → the same. Whoever is asked: what was one for one of them is one for all."""

    def of(self, probe: Probe, model: str, ids: Sequence[int], *, believed: bool = True) -> Probe:
        """The probe with its prompt as it was first written. `ids`: what its result says that the model was given,
        which a replay holds against the prompt; empty: nothing is known of it. Where that is not `believed`, nothing
        follows from it for others: one invented record would part what is one, or join what is not."""
        prompts = probe.prompts()
        if len(prompts) != 1:
            return probe
        (prompt,) = prompts
        written = prompt.model_dump_json()
        first = self._by_prompt.get(written)
        if first is None and ids and not believed:
            first = self._by_ids.get((model, tuple(ids)))
        elif first is None and ids:
            first = self._by_prompt[written] = self._by_ids.setdefault((model, tuple(ids)), prompt)
        return probe if first is None or first == prompt else probe.put_as(first)
