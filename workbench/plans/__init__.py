"""Plans, named one by one: questions that take many probes, each of them a record of its own."""

from __future__ import annotations

from types import MappingProxyType

from workbench.plans.battery import Battery
from workbench.plans.plan import Plan

__all__ = ["BY_KIND", "PLANS", "Battery"]

PLANS: tuple[type[Plan], ...] = (Battery,)

BY_KIND = MappingProxyType({plan.kind: plan for plan in PLANS})
