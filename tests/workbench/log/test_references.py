"""What a probe takes from earlier records is what stands there, or the probe is refused in words."""

from __future__ import annotations

import numpy as np
import pytest

from casefiles.status import Refusal
from workbench.contract.prompt import Prompt
from workbench.contract.recorded_array import RecordedArray
from workbench.door.session import Session
from workbench.log.references import bound
from workbench.probes import LogitLens, Sample


class Along(Sample):
    """A sample that is given an array of an earlier record."""

    direction: RecordedArray
    """The array."""


def asked(record: int, array: str) -> Along:
    return Along(prompt=Prompt.ask("Hi"), direction=RecordedArray(record=record, array=array))


def test_the_array_is_the_one_that_was_recorded(session: Session) -> None:
    entry = session.run(LogitLens(prompt=Prompt.ask("Hi"))).entry
    kept = session.arrays(entry)
    assert kept
    for name, array in kept.items():
        probe = bound(asked(entry.seq, name), session.log, session.arrays)
        assert np.array_equal(probe.array(probe.direction), array)


@pytest.mark.parametrize(("record", "array"), [(2, "no-such-array"), (1, "top_ids"), (0, "top_ids"), (99, "top_ids")])
def test_what_the_log_does_not_hold_is_refused(session: Session, record: int, array: str) -> None:
    assert session.run(LogitLens(prompt=Prompt.ask("Hi"))).entry.seq == 2
    with pytest.raises(Refusal) as refused:
        bound(asked(record, array), session.log, session.arrays)
    assert refused.value.code == "input.invalid" and f"#{record}/{array}" in refused.value.what


def test_a_probe_that_takes_nothing_is_left_as_it_is(session: Session) -> None:
    probe = Sample(prompt=Prompt.ask("Hi"))
    assert bound(probe, session.log, session.arrays) is probe
