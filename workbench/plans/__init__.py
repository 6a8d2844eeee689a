"""Plans, named one by one: questions that take many probes, each of them a record of its own."""

from __future__ import annotations

from types import MappingProxyType

from workbench.plans.batch import Many
from workbench.plans.battery import Battery
from workbench.plans.corpus import CorpusScan
from workbench.plans.fact_sweep import FactSweep
from workbench.plans.minimal_trigger import MinimalTrigger
from workbench.plans.persona import Persona
from workbench.plans.plan import Plan
from workbench.plans.refusal_margin import RefusalMargin
from workbench.plans.screen import Screen
from workbench.plans.trigger_search import TriggerSearch
from workbench.plans.withheld import Withheld

__all__ = [
    "BY_KIND",
    "PLANS",
    "Battery",
    "CorpusScan",
    "FactSweep",
    "Many",
    "MinimalTrigger",
    "Persona",
    "RefusalMargin",
    "Screen",
    "TriggerSearch",
    "Withheld",
]

PLANS: tuple[type[Plan], ...] = (
    Battery,
    CorpusScan,
    FactSweep,
    Persona,
    RefusalMargin,
    Screen,
    Withheld,
    TriggerSearch,
    MinimalTrigger,
    Many,
)

BY_KIND = MappingProxyType({plan.kind: plan for plan in PLANS})
