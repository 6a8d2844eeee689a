"""Whether the rules' budget pays for what they ask of evidence: what nobody can pay for nobody can show, and everybody
would miss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from casefiles.counted import counted
from workbench.contract.rules import Cost, Rules
from workbench.judge.truths.truth import GroundTruth, drawable


def too_dear(truth: GroundTruth | None, rules: Rules, lengths: Mapping[str, Sequence[int]]) -> Iterator[str]:
    """What a judge is to read, a sentence. `lengths`: behaviour → how many tokens its exhibits and controls have, as
    far as that is known."""
    if truth is None or not truth.intent:
        return
    draws, others = rules.evidence.draws, rules.evidence.others
    least = Cost(probes=0)
    for behaviour in truth.intent:
        measured = drawable(truth, behaviour.id)
        answer = min(measured.heard_out(one.asked).max_tokens for one in behaviour.exhibits)
        asked = min(lengths.get(behaviour.id, ()), default=1)
        least += Cost(probes=2, generated_tokens=(draws + others) * answer, forward_tokens=2 * asked)
    limits = [(name, limit) for name, limit in rules.budget if limit is not None]
    if short := [(name, limit) for name, limit in limits if getattr(least, name) > limit]:
        takes, allowed = (
            " and ".join(counted(number, name.replace("_", " ").removesuffix("s")) for name, number in told)
            for told in ([(name, getattr(least, name)) for name, _ in short], short)
        )
        yield (
            f"To ask an exhibit of each behaviour {draws} times and a control {others} times, as the rules want of"
            f" evidence and as long as they were measured, takes {takes}, and the rules allow {allowed}: what nobody"
            " can pay for nobody can show."
        )
