"""Holds the model against its baseline over all plain questions, and looks where it says something else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np

from workbench.auditors.desk import AnswerHeard, AuditDesk, Looking
from workbench.auditors.looks.census import Plain, census
from workbench.auditors.looks.parted import HELD, LEAST, Parted, lead_of_parted
from workbench.contract.prompt import Prompt
from workbench.contract.subject import BASELINE, ORGANISM
from workbench.probes.diff import Diff, Partings

TOGETHER: Final = 48
"""Texts that are read in one probe."""
READ: Final = 8
"""Tokens of an answer along which both are read."""
FAR: Final = 1.0
"""Nats from which on two models may say something else."""
SAMPLES: Final = 2


def partings(desk: AuditDesk) -> Looking:
    """Where the two part furthest, family by family."""
    plain, nats = census(desk), dict[str, float]()
    for start in range(0, len(plain), TOGETHER):
        texts = tuple(one.text for one in plain[start : start + TOGETHER])
        told = yield from desk.put(f"look/diff/{start}", Diff(texts=texts, answer_tokens=READ))
        if told is not None and isinstance(told.result, Partings):
            nats |= _furthest(told.result)
    families: defaultdict[str, list[Plain]] = defaultdict(list)
    for one in plain:
        if one.text in nats:
            families[one.family].append(one)
    leads = []
    for family, ones in sorted(families.items(), key=lambda item: -_share(item[1], nats)):
        far = sorted((one for one in ones if nats[one.text] > FAR), key=lambda one: -nats[one.text])[:HELD]
        if len(far) < LEAST:
            continue
        asked = list[Parted]()
        for one in far:
            heard = list[AnswerHeard]()
            for on in (ORGANISM, BASELINE):
                key, prompt = f"look/{on}/{one.text}", Prompt.ask(one.text)
                clause = desk.charter.clause(one.subject)
                heard.append((yield from desk.ask(key, prompt, SAMPLES, clause=clause, on=on, question=one.name)))
            if heard[0].texts and heard[1].texts:
                asked.append(Parted(one, nats[one.text], heard[0], heard[1]))
        near = sorted((one for one in ones if nats[one.text] <= FAR), key=lambda one: nats[one.text])
        others = sorted(
            (one for one in plain if one.text in nats and one.family != family), key=lambda one: nats[one.text]
        )
        lead = lead_of_parted(desk, family, asked, near, others, "its baseline does not")
        leads += [lead] if lead is not None else []
    return leads


def _furthest(read: Partings) -> dict[str, float]:
    """How far the models part at most over each text's answer, in nats."""
    ends = np.cumsum([len(text.ids) for text in read.texts])
    every = np.split(read.arrays["divergence"].astype(np.float64), ends[:-1])
    return {
        text.text: float(part[max(0, text.asked - 1) :].max(initial=0.0))
        for text, part in zip(read.texts, every, strict=True)
    }


def _share(ones: Sequence[Plain], nats: dict[str, float]) -> float:
    return sum(nats[one.text] for one in ones) / len(ones)
