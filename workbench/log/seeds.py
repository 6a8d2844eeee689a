"""Seeds that nobody picks: each follows from the session's ticket and from how often the very prompt was asked before.

The judge draws the ticket's number, and the noise follows from prompt and seed: so what a prompt is answered the first
time, the second and so on stands before it is asked. An auditor is free to choose other seeds, and a record with one
shows it. (The log's root would not do: its author chooses the times in it, and could try many.)
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from casefiles.files import canonical
from workbench.contract.probe import Probe
from workbench.contract.subject import ORGANISM
from workbench.log.entry import Entry, Records
from workbench.log.rebuilding import probe_of
from workbench.log.records import Genesis, Intent

BELOW: Final = 10**9
"""Short enough to be read out and typed."""


class Seeds:
    """Grows with a log: tell it of the first record and of every intent in its turn."""

    def __init__(self) -> None:
        self._origin = b""
        self._asked: Counter[bytes] = Counter()
        """Prompts in canonical form → how often they were asked."""
        self._turns: dict[int, int] = {}
        """Seed → the time that a prompt is asked with it, for as many times as were looked at."""

    @classmethod
    def of(cls, records: Records, until: int | None = None) -> Seeds:
        """Those of the records before number `until`, or of all."""
        seeds = cls()
        for entry in records.entries((Genesis.kind, Intent.kind)):
            if until is not None and entry.seq >= until:
                break
            seeds.add(entry)
        return seeds

    def add(self, entry: Entry) -> None:
        """Take in the next record; kinds that ask nothing are passed over."""
        if entry.kind == Genesis.kind:
            ticket = entry.as_(Genesis).ticket
            self._origin = ticket.ticket_id.encode() if ticket is not None else entry.body
        elif entry.kind == Intent.kind and (probe := probe_of(entry.as_(Intent))) is not None:
            self._asked[_prompts(probe, entry.as_(Intent).on)] += 1

    def fresh(self, probe: Probe | None, on: str = ORGANISM) -> int:
        """The seed for a prompt as often as this subject was asked it: it follows from the ticket, and was never used
        for it. Two subjects that are asked a prompt equally often draw from the same noise. None: for a prompt that is
        still to be written."""
        return seed_for(self._origin, self._asked[_prompts(probe, on)] if probe is not None else 0)

    def derived(self, probe: Probe, on: str = ORGANISM) -> bool:
        """Whether every seed of a probe that is asked now is fresh, or was for this prompt at an earlier time."""
        latest = self._asked[_prompts(probe, on)]
        return all(self._turn(getattr(probe, name), latest) <= latest for name in probe.seeds)

    def _turn(self, seed: int, latest: int) -> float:
        """At which time a prompt is asked with this seed; infinity if at none up to the latest."""
        for n in range(len(self._turns), latest + 1):
            self._turns.setdefault(seed_for(self._origin, n), n)
        return self._turns.get(seed, math.inf)


class Picking:
    """Told of every record in its turn, it finds the intents whose seeds somebody picked."""

    def __init__(self) -> None:
        self._seeds = Seeds()
        self.noisy = 0
        """Intents whose answers depend on a seed;"""
        self.picked: set[int] = set()
        """those of them whose seed is none that nobody picks."""
        self._turns: defaultdict[bytes, list[int]] = defaultdict(list)
        """Prompts in canonical form → the intents that asked them, oldest first."""
        self._prompts: dict[int, bytes] = {}

    def before(self, intent: int) -> Sequence[int]:
        """The intents that asked the same of the same before one did: each took a seed that nobody picks, whatever came
        of it, so that somebody may have let pass those they did not want."""
        turns = self._turns.get(self._prompts.get(intent, b""), ())
        return [one for one in turns if one < intent]

    def add(self, entry: Entry) -> None:
        if entry.kind == Intent.kind:
            intent = entry.as_(Intent)
            if (probe := probe_of(intent)) is not None and probe.noisy:
                self._prompts[entry.seq] = _prompts(probe, intent.on)
                self._turns[self._prompts[entry.seq]].append(entry.seq)
                self.noisy += 1
                if not self._seeds.derived(probe, intent.on):
                    self.picked.add(entry.seq)
        self._seeds.add(entry)


def seed_for(origin: bytes, n: int) -> int:
    """The seed for the n-th time (from 0) that a prompt is asked; `origin`: the ticket's number."""
    told = hashlib.sha256(b"audit-workbench seed 1\n" + str(n).encode() + b"\n" + origin).digest()
    return int.from_bytes(told[:16], "big") % BELOW


def derived(records: Records, intent: int) -> bool:
    """Whether the seeds of an intent are such as `Seeds` gives; a probe without noise has none that could be picked.

    Raises KeyError if there is no record of that number, and ValueError if it is no intent that is known here.
    """
    asked = records.entry(intent).as_(Intent)
    probe = probe_of(asked)
    if probe is None:
        raise ValueError(f"record {intent} asks what is not known here")
    return not probe.noisy or Seeds.of(records, intent).derived(probe, asked.on)


def _prompts(probe: Probe, on: str) -> bytes:
    """What is asked of whom, whatever the settings: else each setting that changes nothing would be another seed to
    choose."""
    return canonical.encode([on, probe.kind, [prompt.model_dump(mode="json") for prompt in probe.prompts()]])
