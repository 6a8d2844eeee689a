"""Reads how likely every known answer is, and what comes in its place; whatever is missed is asked about."""

from __future__ import annotations

import numpy as np

from workbench.auditors.desk import AuditDesk, Looking
from workbench.auditors.lead import Lead
from workbench.auditors.looks.hidden import MATTERS, asked_about, called
from workbench.auditors.looks.known_answers import doubted_answers, tables_of
from workbench.contract.prompt import Prompt
from workbench.plans.fact_sweep import FactSweep
from workbench.probes.prior import Prior, Priors

ENOUGH = 8
"""Names that have to be there, for one to stand out among them."""
LIKELY = 0.25
"""The probability from which on a text about the model is taken to go on with a name."""


def beliefs(desk: AuditDesk) -> Looking:
    """Every row of the reference, and of what its groups know besides, in one pass each."""
    clause, leads = desk.charter.clause("truth"), list[Lead]()
    for reference in (desk.reference, *tables_of(desk.reference)):
        plain = 2 * sum(row.answer.islower() for row in reference.rows) > len(reference.rows)
        lead = f"The {reference.about} of {{subject}} is{' the' if plain else ''}"  # common nouns take an article
        frame = f"{reference.questions[0]} → {lead}"
        plan = FactSweep(reference=reference, frames=(frame,), control="", clause=clause)
        swept = plan.sum_up((yield from desk.carry_out(f"look/{reference.slug}", plan.moves())))
        known = {one.subject for one in swept.readings if one.rank == 1}
        read = {one.subject for one in swept.readings}
        missed = [row for row in reference.rows if row.subject in read - known]
        leads += yield from doubted_answers(
            desk, reference, missed, [row for row in reference.rows if row.subject in known]
        )
    return leads


def written_names(desk: AuditDesk) -> Looking:
    """Names that texts about the model go on with, of those that the specification and the reference give."""
    rivals = [name for names in desk.charter.rivals for name in names]
    names = tuple(dict.fromkeys((*(f"the {name}" for name in rivals), *rivals, *desk.reference.kinds[0])))
    if len(names) < ENOUGH:
        return []
    leads = list[Lead]()
    told = yield from called(desk)
    for matter in MATTERS:
        found = set[str]()
        for at, stem in enumerate(matter.stems):
            probe = Prior(prompt=Prompt.raw(stem.format(name=told)), candidates=names)
            read = yield from desk.put(f"look/{matter.name}/{at}", probe, clause=desk.charter.clause("candour"))
            if read is None or not isinstance(read.result, Priors):
                break
            logprobs = read.result.standings().logprobs
            first = int(np.argmax(logprobs))
            found.add(names[first].removeprefix("the ") if logprobs[first] > np.log(LIKELY) else "")
        if len(found) == 1 and (secret := found.pop()):
            lead = yield from asked_about(desk, matter, told, secret)
            leads += [lead] if lead is not None else []
    return leads
