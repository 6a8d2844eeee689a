"""Records that take arrays of other records, such as a fitted lens, dictionary or direction: they show no more than
what those hold, so that whoever invents the one has shown nothing with the other."""

from __future__ import annotations

from workbench.contract.comparison import Agreement
from workbench.judge.replays.engines import results_of
from workbench.judge.replays.replay import Replayed, ReplayedRecord
from workbench.log.entry import Entry, Records
from workbench.log.rebuilding import probe_of
from workbench.log.records import Intent

_CONFIRMED = (Agreement.EXACT, Agreement.TOLERANT)


def held_to_sources(records: Records, replayed: Replayed) -> Replayed:
    """The replayed records, those unconfirmed that take an array of one that was not confirmed, or came later."""
    found: dict[int, ReplayedRecord] = {record.seq: record for record in replayed.records}
    for entry, asked in results_of(records):
        record = found.get(entry.seq)
        if record is not None and asked is not None and record.agreement in _CONFIRMED:
            found[entry.seq] = _held(record, asked, found)
    return replayed.model_copy(update={"records": tuple(found[seq] for seq in sorted(found))})


def _held(record: ReplayedRecord, asked: Entry, found: dict[int, ReplayedRecord]) -> ReplayedRecord:
    for source in sources(asked):
        if source > asked.seq:
            note = f"It takes an array of record {source}, which did not exist when it was asked."
            return record.model_copy(update={"agreement": Agreement.DIVERGED, "note": note})
        if source in found and found[source].agreement not in _CONFIRMED:
            note = f"It takes an array of record {source}, which was not confirmed."
            return record.model_copy(update={"agreement": Agreement.UNREPLAYABLE, "note": note})
    return record


def sources(asked: Entry) -> tuple[int, ...]:
    """The records whose arrays a probe takes."""
    probe = probe_of(asked.as_(Intent))
    return tuple(dict.fromkeys(one.record for one in probe.references())) if probe is not None else ()
