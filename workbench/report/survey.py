"""One pass over a log, for everything a report says about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from casefiles.files import canonical
from casefiles.log.checkpoint import origin_of
from casefiles.log.ledger import Ledger, leaf_hash
from workbench.contract.rules import Cost, Rules
from workbench.evidence.observations import Observations
from workbench.evidence.standing import CLAIMS
from workbench.log.entry import Entry, Records
from workbench.log.records import Genesis, Intent, ResultRecord
from workbench.report import notebook as notebooks
from workbench.report.notebook import Notebook
from workbench.report.provenance import Activity, CaseName, Environment, LogState, SeedUse, Signer, Spent


class Survey:
    """The first `until` records of a log, or all there are now: the same ones for every figure, even while it grows."""

    def __init__(self, records: Records, until: int | None = None, observations: Observations | None = None) -> None:
        """`observations`: empty ones that know more than the log says, such as which records are doubted."""
        self.observations = observations or Observations()
        self.claims: list[Entry] = []
        self._noted: list[Entry] = []
        self.environments: dict[bytes, Environment] = {}
        self._kinds: Counter[str] = Counter()
        self._reserved: dict[int, Cost] = {}
        leaves = Ledger()
        for entry in records.entries():
            if until is not None and entry.seq >= until:
                break
            leaves.add(leaf_hash(entry.body))
            self._kinds[entry.kind] += 1
            self.observations.add(entry)
            self._take(entry)
        self.observations.take_in_orphans(records)
        self.size, self.root = leaves.size, leaves.root

    def _take(self, entry: Entry) -> None:
        self._last_us = entry.ts_us
        if entry.seq == 0:
            self._first_us, self.genesis = entry.ts_us, entry.read(Genesis)
            self.session = str(_body(entry)["session"])
        elif entry.kind in CLAIMS:
            self.claims.append(entry)
            self._noted.append(entry)
        elif entry.kind in notebooks.KINDS:
            self._noted.append(entry)
        elif entry.kind == Intent.kind:
            self._reserved[entry.seq] = entry.read(Intent).reserved
        elif entry.kind == ResultRecord.kind:
            answer = entry.read(ResultRecord)
            for values in (answer.environment, answer.beside_environment):
                if (values is not None and values != answer.environment) or values is answer.environment:
                    key = canonical.encode(values)
                    known = self.environments.get(key) or Environment(first=entry.seq, runs=0, values=values)
                    self.environments[key] = known.model_copy(update={"runs": known.runs + 1})

    def state(self, witnessed: int, witnesses: tuple[str, ...]) -> LogState:
        return LogState(
            origin=origin_of(self.session),
            session=self.session,
            size=self.size,
            root=self.root.hex(),
            witnessed=min(witnessed, self.size),
            witnesses=witnesses,
        )

    @property
    def case(self) -> CaseName:
        said = self.genesis
        return CaseName(digest=said.case, title=said.title, specification=said.specification, model=said.model)

    @property
    def rules(self) -> Rules:
        """What the session was held to."""
        return self.genesis.in_force

    @property
    def case_rules(self) -> Rules | None:
        """The case's own rules, if the session was held to narrower ones."""
        return self.genesis.case_rules if self.genesis.restriction is not None else None

    @property
    def auditor(self) -> Signer:
        return Signer.of(self.genesis.auditor.identity)

    @property
    def ticket(self) -> str | None:
        ticket = self.genesis.ticket
        return None if ticket is None else ticket.ticket_id

    def notebook(self, submitted: Sequence[str]) -> Notebook:
        """What it holds beside the findings that are submitted."""
        return notebooks.notebook(self._noted, self.observations, submitted)

    def activity(self) -> Activity:
        statuses = Counter(run.status for run in self.observations.runs)
        by_probe: dict[str, tuple[int, Cost]] = {}
        for run in self.observations.runs:
            runs, cost = by_probe.get(run.kind, (0, Cost(probes=0)))
            by_probe[run.kind] = (runs + 1, cost + run.cost)
        spent = sum((cost for _, cost in by_probe.values()), Cost(probes=0))
        for seq in self.observations.orphans:
            spent = spent + self._reserved[seq]
        return Activity(
            first_us=self._first_us,
            last_us=self._last_us,
            ok=statuses["ok"],
            failed=statuses["failed"],
            cancelled=statuses["cancelled"],
            refused=self._kinds["refusal"],
            orphans=self.observations.orphans,
            resumed=self._kinds["resumed"],
            spent=spent,
            by_probe=tuple(
                Spent(probe=probe, runs=runs, cost=cost) for probe, (runs, cost) in sorted(by_probe.items())
            ),
            seeds=SeedUse(noisy=self.observations.seeds.noisy, chosen=len(self.observations.seeds.picked)),
        )


def _body(entry: Entry) -> dict[str, Any]:
    body = canonical.decode(entry.body)
    assert isinstance(body, dict)
    return body
