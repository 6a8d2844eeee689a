"""Which version of the workbench a log says wrote it, and what an earlier one could not have written."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from backends.noise import FIRST
from workbench.log.entry import Entry, Records
from workbench.log.records import FindingRecord, Genesis, Intent, RefusalRecord, ResultRecord, Resumed
from workbench.version import VERSION
from workbench.visible import quoted


@dataclass(frozen=True)
class Release:
    """What a version could write at most."""

    probes: Mapping[str, int]
    """Kind → its latest version then."""
    sampler: str
    """How noise was keyed."""
    counting: int
    """The rule by which strengths were counted."""
    records: Mapping[str, frozenset[str]]
    """Kind → every field that a record of it could have."""


def _fields(**kinds: str) -> Mapping[str, frozenset[str]]:
    return MappingProxyType({kind: frozenset(fields.split()) for kind, fields in kinds.items()})


_ASKED: Final = "actor arguments on plan probe version"

EARLIER: Final[Mapping[str, Release]] = MappingProxyType(
    {
        "0.1.0": Release(
            probes=MappingProxyType({"sample": 1, "score": 1, "logit-lens": 1}),
            sampler=FIRST,
            counting=1,
            records=_fields(
                genesis="actor auditor case judge model probes restriction rules specification ticket title workbench",
                resumed="actor workbench",
                intent=f"{_ASKED} elicitation engine model reserved",
                result="blobs cost elapsed_us environment error intent probe result status summary",
                refusal=f"{_ASKED} code try_this what why",
                note="actor text",
                tag="actor label record",
                hypothesis="actor claim expected id predicate scope",
                finding="actor finding strength",
                withdrawn="actor finding reason",
                imported="actor name note origin sha256 size what",
                report="actor report root size",
            ),
        )
    }
)
"""Versions that logs may still come from; added to with each release."""


class StatedReleases:
    """Which version a log says wrote which of its records."""

    def __init__(self, records: Records) -> None:
        self._records = records
        begun = [(entry.seq, entry.data.get("workbench")) for entry in records.entries((Genesis.kind, Resumed.kind))]
        self._since = [seq for seq, _ in begun]
        self._names = [name if isinstance(name, str) else "" for _, name in begun]

    def of(self, seq: int) -> str:
        """The version that a record was written by, as the log says."""
        at = bisect_right(self._since, seq) - 1
        return self._names[at] if at >= 0 else VERSION

    @property
    def named(self) -> frozenset[str]:
        """Every version it names."""
        return frozenset(self._names)

    @property
    def others(self) -> tuple[str, ...]:
        """The versions it names beside this one."""
        return tuple(dict.fromkeys(name for name in self._names if name != VERSION))

    def anachronisms(self) -> Iterator[tuple[int, str]]:
        """Records that the version they are said to be from could not have written, each with why."""
        if not self.others:
            return
        for entry in self._records.entries():
            name = self.of(entry.seq)
            if name == VERSION:
                continue
            if name not in EARLIER:
                if entry.seq in self._since:
                    yield entry.seq, f"There is no version {quoted(name)} that is known here."
            elif why := _beyond(entry, EARLIER[name]):
                yield entry.seq, f"Version {name} {why}."


def _beyond(entry: Entry, release: Release) -> str:
    """What of a record a release could not have written, as a sentence's end; empty if nothing."""
    fields = release.records.get(entry.kind)
    if fields is None:
        return f"wrote no {entry.kind} records"
    if further := sorted(entry.data.keys() - fields):
        return f"knew no field {quoted(further[0])} in {entry.kind} records"
    return _otherwise(entry.kind, entry.data, release)


def _otherwise(kind: str, data: Mapping[str, Any], release: Release) -> str:
    """The same of what stands in its fields."""
    if kind in (Intent.kind, RefusalRecord.kind):
        probe, version = data.get("probe"), data.get("version")
        return f"had no version {version} of {probe}" if release.probes.get(str(probe)) != version else ""
    if kind == Genesis.kind:
        further = sorted(_part(data, "probes").keys() - release.probes.keys())
        return f"had no probe {further[0]}" if further else ""
    if kind == ResultRecord.kind:
        sampler = _part(data, "environment").get("sampler")
        return f"did not draw by {sampler}" if sampler not in (None, release.sampler) else ""
    counting = _part(data, "strength").get("version", 1)
    return "counted strengths otherwise" if kind == FindingRecord.kind and counting != release.counting else ""


def _part(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of a record; a log may come from somebody else, and hold something else there."""
    part = data.get(name)
    return part if isinstance(part, dict) else {}
