"""A probe that compares two models keeps all that a listed probe must keep, with both in its record."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import MappingProxyType

import pytest

import workbench.probes
from tests.workbench.probes import test_conformance as conformance
from tests.workbench.probes.test_conformance import asked_once, session  # noqa: F401 - fixtures
from tests.workbench.toys import Compare
from workbench.contract.probe import Probe


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> type[Probe]:
    listed = (*workbench.probes.PROBES, Compare)
    monkeypatch.setattr(workbench.probes, "PROBES", listed)
    monkeypatch.setattr(workbench.probes, "BY_KIND", MappingProxyType({one.kind: one for one in listed}))
    return Compare


@pytest.mark.parametrize(
    "promise",
    [
        conformance.test_its_own_record_replays_exactly,
        conformance.test_no_leaf_of_its_record_can_be_changed,
        conformance.test_nothing_can_be_taken_out_of_its_record_or_put_into_it,
        conformance.test_stopped_it_keeps_what_it_had_and_replays,
        conformance.test_what_was_recorded_is_read_back,
        conformance.test_it_takes_no_more_than_it_declares_and_states_all_that_it_took,
        conformance.test_it_is_drawn_and_every_place_in_a_drawing_can_be_asked_about,
        conformance.test_it_is_quoted_in_a_report_with_every_setting_that_was_chosen,
    ],
    ids=lambda promise: promise.__name__.removeprefix("test_"),
)
def test_it_keeps_what_every_probe_keeps(
    promise: Callable[..., None], kind: type[Probe], request: pytest.FixtureRequest
) -> None:
    (wanted,) = set(inspect.signature(promise).parameters) - {"kind"}
    promise(kind, request.getfixturevalue(wanted))
