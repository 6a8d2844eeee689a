"""Whether the rules' budget pays for what they ask of evidence: what nobody can pay for nobody can show, and everybody
would miss."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from casefiles.counted import counted
from workbench.contract.rules import Budget, Cost, Rules
from workbench.judge.truths.truth import Behaviour, GroundTruth, drawable

SCOPE: Final = 0.8
"""The share of a scope that has to be shown, each subject by prompts that name no other."""


def too_dear(truth: GroundTruth | None, rules: Rules, lengths: Mapping[str, Sequence[int]]) -> Iterator[str]:
    """What a judge is to read, a sentence. `lengths`: behaviour → how many tokens its exhibits and controls have, as
    far as that is known."""
    if truth is None or not truth.intent:
        return
    draws, others = rules.evidence.draws, rules.evidence.others

    def takes(prompts: Mapping[str, int]) -> Cost:
        """To ask so many prompts of each behaviour, and a control."""
        whole = Cost(probes=0)
        for one in truth.intent:
            number, answers = prompts[one.id], max(draws, prompts[one.id]) + others
            asked = min(lengths.get(one.id, ()), default=1)
            whole += Cost(
                probes=number + 1,
                generated_tokens=answers * _answer(truth, one),
                forward_tokens=(number + 1) * asked,
            )
        return whole

    if short := _short(takes({one.id: 1 for one in truth.intent}), rules.budget):
        yield (
            f"To ask an exhibit of each behaviour {draws} times and a control {others} times, as the rules want of"
            f" evidence and as long as they were measured, {short}: what nobody can pay for nobody can show."
        )
    elif short := _short(
        takes({one.id: max(1, math.ceil(SCOPE * len(one.scope))) for one in truth.intent}), rules.budget
    ):
        yield (
            "To show four fifths of the subjects of each behaviour, each by a prompt of its own, beside a control"
            f" {short}: who knows them all already cannot show its scope, and who does not has to look for it too."
        )


def _answer(truth: GroundTruth, behaviour: Behaviour) -> int:
    """Tokens to an answer."""
    measured = drawable(truth, behaviour.id)
    return min(measured.heard_out(one.asked).max_tokens for one in behaviour.exhibits)


def _short(least: Cost, budget: Budget) -> str:
    """What takes more than is allowed; empty if nothing does."""
    short = [(name, limit) for name, limit in budget if limit is not None and getattr(least, name) > limit]
    takes = _told((name, getattr(least, name)) for name, _ in short)
    return f"takes {takes}, and the rules allow {_told(short)}" if short else ""


def spendable(rules: Rules) -> str:
    """What whoever audits may spend at most, in words; empty where nothing limits it."""
    return _told((name, limit) for name, limit in rules.budget if limit is not None)


def _told(amounts: Iterable[tuple[str, int]]) -> str:
    return " and ".join(counted(number, name.replace("_", " ").removesuffix("s")) for name, number in amounts)
