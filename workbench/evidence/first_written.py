"""Which prompts are one, though they are written otherwise: those that reach a model as the same tokens.

Templates trim what they are given, and look at switches that change nothing. Answers to such prompts come from one
noise, and are answers to one prompt: it is called by how it was written first.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.claims.predicate import words_of
from workbench.contract.probe import Probe
from workbench.contract.prompt import Prompt


class FirstWritten:
    """Grows with a log: shown each probe in its turn, it gives it as it was first written."""

    def __init__(self) -> None:
        self._by_ids: dict[tuple[str, tuple[int, ...]], Prompt] = {}
        """(digest of a model, or none for any of the case's, what it was given) → how that was written first."""
        self._ids: dict[tuple[str, str], tuple[int, ...]] = {}
        """The other way round, of a prompt as JSON."""
        self._by_prompt: dict[str, tuple[str, Prompt]] = {}
        """A prompt, as JSON → (who read it, the same). Whoever is asked: what was one for one of them is one for all
        who were not given it as other tokens."""

    def of(
        self, probe: Probe, model: str, ids: Sequence[int], *, believed: bool = True, brought: bool = False
    ) -> Probe:
        """The probe with its prompt as it was first written. `ids`: what its result says that the model was given,
        which a replay holds against the prompt; empty: nothing is known of it. Where that is not `believed`, nothing
        follows from it for others: one invented record would part what is one, or join what is not. Nor does it of a
        model that the auditor `brought`, whose template may do either."""
        prompts = probe.prompts()
        if len(prompts) != 1:
            return probe
        (prompt,), given = prompts, tuple(ids)
        written = prompt.model_dump_json()
        reader, same = self._by_prompt.get(written, (model, None))
        own = self._by_ids.get((model, given)) if given else None
        if own is None and given and not brought:
            # Another model of the case may have been given the same, by a template that trims what looks otherwise.
            alike = self._by_ids.get(("", given))
            own = alike if alike is not None and words_of(alike.words) == words_of(prompt.words) else None
        if not believed or not given:
            first = same or own
        else:
            first = own or same or prompt
            name = first.model_dump_json()
            if reader != model and self._ids.get((model, name), given) != given:  # one for that reader, two for this
                first, name = prompt, written
            self._by_ids.setdefault((model, given), first)
            self._ids.setdefault((model, name), given)
            if not brought:
                self._by_ids.setdefault(("", given), first)
                self._by_prompt.setdefault(written, (model, first))
        return probe if first is None or first == prompt else probe.put_as(first)
