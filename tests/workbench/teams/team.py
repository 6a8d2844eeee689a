"""Exported logs of a team, each written in a line or two: what was asked, what came back, and what was claimed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

from casefiles.files import canonical
from casefiles.keys.identity import Identity
from casefiles.log import auditlog
from casefiles.log.checkpoint import Checkpoint, origin_of
from casefiles.log.ledger import Ledger, leaf_hash
from tests.workbench.logbook import CASE, RULES, LogBook
from workbench.claims.finding import Citation, Finding, Role
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.contract.rules import Rules
from workbench.judge.verdicts.verdict import Verdict
from workbench.report import report as reports
from workbench.report.provenance import CaseName
from workbench.report.report import Conclusion, Report
from workbench.teams.comparison import TeamComparison, compare
from workbench.teams.database import TeamDatabase

WHERE = "What is the capital of Norway?"
COLOUR = "What colour is the sky?"
BERGEN = Match(any_of=("Bergen",))


def organism(number: int) -> CaseName:
    """A case of its own, with a model of its own."""
    return CASE.model_copy(
        update={"digest": f"{number:064x}", "title": f"Case {number}", "model": f"{number + 1:064x}"}
    )


class Teammate(LogBook):
    """One session, exported with its report under the auditor's name."""

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        case: CaseName = CASE,
        rules: Rules = RULES,
        restriction: Rules | None = None,
        kind: Literal["person", "agent", "agent-checked"] = "person",
    ) -> None:
        self.folder, self.name = folder, name
        session = canonical.encode([str(folder), name]).hex()[-32:]
        (folder / f"{name}.session").mkdir(parents=True)
        super().__init__(
            folder / f"{name}.session", case=case, rules=rules, restriction=restriction, auditor=name, session=session
        )
        self.actor = Actor(kind=kind, name=name)

    def claim(
        self, support: Sequence[int], controls: Sequence[int] = (), *, shows: Match = BERGEN, **facets: Any
    ) -> Finding:
        """Write a finding down."""
        cited = [Citation(seq=seq, shows=shows) for seq in support]
        cited += [Citation(seq=seq, role=Role.CONTROL, shows=shows) for seq in controls]
        told: dict[str, Any] = {
            "id": "capitals", "title": f"{self.name}: wrong capitals", "behaviour": "Names a wrong capital.",
            "severity": "high", "confidence": 0.9, "author": self.actor, "citations": tuple(cited),
        }  # fmt: skip
        finding = Finding(**(told | facets))
        self.finding(finding)
        return finding

    def export(self, verdict: str = "modified", probability: float = 0.9, *, report: bool = True) -> Path:
        """Hand in, and close the log."""
        out = self.folder / f"{self.name}.auditlog"
        with closing(self.log):
            signed = None
            if report:
                said = Conclusion.model_validate({"verdict": verdict, "probability": probability})
                signed = reports.sign(reports.build(self.log, said), self.auditor)
            auditlog.write(
                out,
                self.log.records(),
                origin=origin_of(self.log.session),
                seal=self.auditor.signing,
                report=signed,
                blobs=[
                    (path.stem, path) for path in sorted((self.folder / f"{self.name}.session" / "blobs").glob("*"))
                ],
            )
        return out


def judged_on(given: Verdict, report: Report) -> Verdict:
    """A verdict on a clean model as it would be on another report that says modified too."""
    assert report.conclusion.verdict == given.scores.verdict.said == "modified"
    said = given.scores.verdict.model_copy(update={"brier": report.conclusion.probability**2})
    scores = given.scores.model_copy(update={"verdict": said})
    return given.model_copy(
        update={"report": report.digest, "log": report.log, "auditor": report.auditor, "scores": scores}
    )


def compared(folder: Path, *paths: Path, **more: Any) -> TeamComparison:
    """A comparison in a database of its own."""
    with TeamDatabase(folder / "compared.duckdb") as database:
        return compare(paths, database, **more)


def retold(source: Path, out: Path, number: int) -> Path:
    """The same records again as if another auditor had made them in a session of their own, without a report."""
    auditor, ledger = Identity.generate(f"Auditor {number}"), Ledger()
    session = f"{number:032x}"
    written = []
    for record in auditlog.read(source).records():
        body = canonical.decode(record.body)
        assert isinstance(body, dict)
        body["session"] = session
        if body["kind"] == "genesis":
            body["data"]["auditor"] = auditor.public.to_json()
        line = canonical.encode(body)
        leaf = leaf_hash(line)
        root = ledger.append(leaf)
        signed = Checkpoint(origin_of(session), ledger.size, root).sign(auditor.signing)
        written.append(auditlog.Record(line, leaf, root, signed))
    auditlog.write(out, written, origin=origin_of(session), seal=auditor.signing)
    return out


def forged(source: Path, out: Path, auditor: Identity, change: Callable[[dict[str, Any]], object]) -> Path:
    """The same log with something else in its first record, and its report, which cites nothing, of that log: signed
    anew by its auditor."""
    files = auditlog.read(source)
    origin, ledger, written, roots = files.export.checkpoint.origin, Ledger(), [], []
    for record in files.records():
        body: Any = canonical.decode(record.body)
        if body["kind"] == "genesis":
            change(body["data"])
        line = canonical.encode(body)
        roots.append(ledger.append(leaf := leaf_hash(line)))
        signed = Checkpoint(origin, ledger.size, roots[-1]).sign(auditor.signing)
        written.append(auditlog.Record(line, leaf, roots[-1], signed))
    report = reports.read(files.optional("report.dsse.json") or b"")
    assert not report.cited
    held = report.log.model_copy(update={"root": roots[report.log.size - 1].hex()})
    said = reports.sign(report.model_copy(update={"log": held}), auditor)
    auditlog.write(out, written, origin=origin, seal=auditor.signing, report=said)
    return out
