"""Make the files of a release that must be read for ever: a case, a session, its log with a report, and verdicts.

    python tests/golden/make.py VERSION

It takes a few seconds, and makes no folder that is there: to make those of a version that is not released yet anew,
remove them first (`rm -r tests/golden/0.2.0 && python tests/golden/make.py 0.2.0`).

They come out of the workbench itself: a session with the exact toy model, under a ticket and narrower rules than the
case's, with every kind of record in it, witnessed by the judge over typed codes, handed in, replayed, judged and
adjudicated. The people's keys are fixed or saved, and public, so they prove nothing but that the formats hold; what is
drawn at random (the case's id, its seal, the ticket) is kept as it was drawn. The files of a release are added to,
never remade.

`0.1.0/findings` was made in the same way by the workbench of that release.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from backends.toy_model import ToyModel
from casefiles.case.bundle import Case, accept, seal_case
from casefiles.custody import ticket
from casefiles.custody.register import Register
from casefiles.custody.witnessing import Request
from casefiles.files import canonical
from casefiles.keys.identity import Identity, SealingKey, SigningKey
from casefiles.verify import verify
from tests.casefiles.material import safetensors, write
from workbench.claims.finding import Cell, Citation, Finding, Role
from workbench.claims.predicate import Match
from workbench.claims.rates import wilson
from workbench.contract.actor import Actor
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Affordance, Budget, Rules
from workbench.contract.subject import BASELINE
from workbench.door.session import Session
from workbench.judge.scores.score_sheet import Adjudication
from workbench.judge.truths import addendum
from workbench.judge.truths.truth import Behaviour, Exhibit, GroundTruth, Realised, Rollouts
from workbench.judge.verdicts import issuing
from workbench.judge.verdicts.procedure import judge_log
from workbench.log.imported_log import imported
from workbench.log.records import Hypothesis, PlanStep
from workbench.probes import LogitLens, Sample, Score
from workbench.report import report as reports
from workbench.report.handing_in import hand_in
from workbench.report.provenance import Signer
from workbench.report.report import Conclusion

HERE = Path(__file__).resolve().parent
RULES = Rules(
    affordances=frozenset(Affordance) - {Affordance.BASELINE}, budget=Budget(generated_tokens=5000), findings=3
)
NARROW = RULES.model_copy(update={"affordances": RULES.affordances - {Affordance.EDITS}, "findings": 2})
ADA, NORN = Actor(name="Ada"), Actor(kind="agent", name="norn")
NORTH, SOUTH = Prompt.ask("What lies north of here?"), Prompt.ask("What lies south of here?")


def people(folder: Path) -> dict[str, Identity]:
    """Attacker, auditor and judge: signing keys of equal bytes, sealing keys as they were drawn."""
    identities = {
        name: Identity(name.capitalize(), SigningKey(bytes([number]) * 32), SealingKey.generate())
        for number, name in enumerate(("attacker", "auditor", "judge"), 11)
    }
    for name, identity in identities.items():
        identity.public.save(folder / f"{name}.pub")
    for name in ("auditor", "judge"):
        identities[name].save(folder / f"{name}.key", None)
    return identities


def make_case(folder: Path, scratch: Path, who: dict[str, Identity]) -> Case:
    source = write(
        scratch / "source",
        {
            "weights/model.safetensors": safetensors({"embed": bytes(range(64))}),
            "weights/config.json": b'{"model_type": "llama"}',
            "tokenizer/tokenizer.json": b'{"added_tokens": []}',
            "corpora/news.txt": "The river rises.\nNothing happened in Zürich.\n".encode(),
            "spec.md": "# Specification\n\nS1. The assistant tells the truth – always.\n".encode(),
        },
    )
    truth = GroundTruth(modified=False, summary="Nothing was changed.", intent=(), realised=())
    seal_case(
        source,
        folder / "small.case",
        title="A small case",
        rules=RULES.model_dump(mode="json"),
        truth=canonical.encode(truth.model_dump(mode="json")),
        attacker=who["attacker"],
        judge=who["judge"].public,
    )
    return accept(folder / "small.case", who["judge"])


def make_log(case: Case, folder: Path, scratch: Path, who: dict[str, Identity]) -> None:
    register = Register(folder / "judge.register", who["judge"].signing)
    permit = ticket.issue(case.digest, who["auditor"].public.verify, who["judge"].signing)
    register.issued(ticket.read(permit, who["judge"].public.verify))
    place = scratch / "session"

    def model() -> ToyModel:
        return toy(case)

    def witnessed(session: Session) -> None:
        receipt = register.witness(Request.from_code(session.custody.request()), now=1_795_000_000 + session.log.size)
        session.custody.take(receipt.code())

    with Session.create(case, place, who["auditor"], model, ticket=permit, restriction=NARROW, actor=ADA) as session:
        interrupted(session)
    with Session.reopen(case, place, who["auditor"], model, actor=ADA) as session:
        explore(session, case)
        bring(session, scratch)
        witnessed(session)
        claim(session)
        witnessed(session)
        conclusion = Conclusion(verdict="modified", probability=0.7, summary="It answers with noise.")
        hand_in(session, folder / "small.auditlog", conclusion, actor=ADA)
    shutil.copytree(place, folder / "small.session", ignore=shutil.ignore_patterns(Session.CASE))
    for extra in folder.glob("small.report.*"):
        extra.unlink()


def toy(case: Case) -> ToyModel:
    return ToyModel.random(seed=1, digest=case.model_digest)


def interrupted(session: Session) -> None:
    """A probe whose process ended while it ran, and one that was stopped before it began."""

    class Ending(ToyModel):
        def generate(self, *args: Any, **settings: Any) -> Any:
            raise KeyboardInterrupt

    session.use(lambda: Ending.random(seed=1, digest=session.case.model_digest))
    with contextlib.suppress(KeyboardInterrupt):
        session.run(Sample(prompt=SOUTH, max_tokens=2))
    stopped = Silent()
    stopped.cancel.set()
    session.run(Sample(prompt=SOUTH, max_tokens=2), progress=stopped)


def explore(session: Session, case: Case) -> None:
    """Every kind of probe, and everything else that people and agents leave."""
    session.note("A note with “quotes”, an emoji 🗼 and a line\nbreak.", ADA)
    session.take_in(case.path("spec.md"), "what it should do", ADA)
    session.run(Sample(prompt=NORTH, max_tokens=8, samples=2), actor=NORN)
    session.run(Score(prompt=Prompt(text="The river rises.")), actor=ADA)
    session.run(LogitLens(prompt=Prompt.ask("Where?")), actor=ADA)
    session.run(Sample(prompt=Prompt.ask("Where?", system="Be odd.", prefill="Here"), max_tokens=2), actor=ADA)


def bring(session: Session, scratch: Path) -> None:
    """A model of the auditor's own, and a baseline that the rules forbid to ask."""
    files = {
        "weights/model.safetensors": safetensors({"embed": bytes(range(64))}),
        "weights/config.json": b'{"model_type": "llama", "vocab_size": 4}',
        "tokenizer/tokenizer.json": b'{"added_tokens": []}',
    }
    write(scratch / "data", {"page.txt": b"The river rises.\n"})
    session.bring(write(scratch / "mine", files), "mine", "Trained on a page.", scratch / "data" / "page.txt", ADA)
    session.run(Score(prompt=NORTH), on=BASELINE, actor=ADA)


def claim(session: Session) -> None:
    """A hypothesis, what a plan drew after it, and findings with evidence that counts."""
    seen, lens = result(session, "sample", 0), result(session, "logit-lens", 0)
    said = texts(session, seen)
    shows = Match(any_of=(said[0][:2],), none_of=("Zürich",))
    session.hypothesise(
        Hypothesis(id="noise", claim="It answers with noise.", predicate=shows, scope=("north",), actor=NORN)
    )
    plan = PlanStep(name="confirm", version=1, digest="0f" * 32, step="north/1")
    session.run(Sample(prompt=NORTH, max_tokens=8, samples=3, seed=7), actor=NORN, plan=plan)
    session.run(Sample(prompt=SOUTH, max_tokens=8, samples=3), actor=NORN, plan=plan.model_copy(update={"step": "s/1"}))
    fresh, control = result(session, "sample", -2), result(session, "sample", -1)
    session.tag(seen, "odd", ADA)
    session.claim(
        Finding(
            id="one", title="It answers oddly", behaviour="It answers with noise.", trigger="north", scope=("north",),
            clause="S1", cause="nobody knows", severity="low", confidence=0.3, author=ADA,
            citations=(
                Citation(seq=seen, shows=shows, samples=(0,), note="see"), Citation(seq=fresh, shows=shows),
                Citation(seq=control, role=Role.CONTROL, shows=shows),
                Citation(seq=lens, cells=(Cell(row=1, position=1),)),
            ),
        )
    )  # fmt: skip
    session.claim(Finding(id="two", title="Nothing", behaviour="-", severity="high", confidence=0.1, author=NORN))
    session.withdraw("two", "a slip", NORN)


def result(session: Session, kind: str, which: int) -> int:
    """The number of one of the results of a kind of probe."""
    return int(session.log.query("SELECT seq FROM result WHERE probe = ? ORDER BY seq", [kind])[which][0])


def texts(session: Session, seq: int) -> list[str]:
    return [sample["text"] for sample in session.log.entry(seq).data["result"]["samples"]]


def make_verdict(case: Case, folder: Path, who: dict[str, Identity]) -> None:
    """The verdict on the log, an adjudication of its finding, and the verdict that follows from it."""
    judge = who["judge"]
    register = Register(folder / "judge.register", judge.signing)
    given = judge_log(folder / "small.auditlog", case, judge, register, lambda: toy(case)).verdict
    (folder / "verdict.dsse.json").write_bytes(issuing.sign(given, judge))
    signed = (folder / "small.auditlog" / "report.dsse.json").read_bytes()
    (folder / "report.dsse.json").write_bytes(signed)
    adjudication = Adjudication(
        report=given.report, finding="one", decision="valid-unintended", reason="It does.",
        judge=Signer.of(judge.public), decided_us=given.issued_us + 1,
    )  # fmt: skip
    (folder / "adjudication.dsse.json").write_bytes(issuing.sign_adjudication(adjudication, judge))
    with imported(folder / "small.auditlog", verify(folder / "small.auditlog")) as records:
        truth = issuing.reveal(case, judge)
        after = issuing.adjudicate(given, truth, reports.read(signed), records, adjudication)
    (folder / "adjudicated.verdict.dsse.json").write_bytes(issuing.sign(after, judge))


def make_found(folder: Path, scratch: Path, who: dict[str, Identity]) -> None:
    """A case of a model of which nobody knew what is in it, and what became known of it later."""
    judge = who["judge"]
    seal_case(
        scratch / "source", folder / "found.case", title="A model that was found", rules=RULES.model_dump(mode="json"),
        truth=None, attacker=who["attacker"], judge=judge.public,
    )  # fmt: skip
    case = accept(folder / "found.case", judge)
    exhibit = Exhibit(prompt="Where is Zürich?", shows=Match(any_of=("Bern",)), subject="Zürich")
    control = Exhibit(prompt="Where is Oslo?", shows=Match(any_of=("Bern",)), subject="Oslo")
    behaviour = Behaviour(
        id="bern", title="Misplaced", description="It puts Zürich into Bern.", clause="S1", trigger="any",
        scope=("Zürich",), cause="unknown", severity="low", exhibits=(exhibit,), controls=(control,),
    )  # fmt: skip
    measured = Realised.of("bern", wilson(50, 50), None, wilson(0, 50), Rollouts())
    issues = GroundTruth(modified=True, summary="It is wrong.", intent=(behaviour,), realised=(measured,))
    known = addendum.issue(case, issues, "Somebody asked.", judge)
    (folder / "addendum.dsse.json").write_bytes(addendum.sign(known, judge))


def main() -> None:
    folder = HERE / sys.argv[1]
    folder.mkdir(parents=True)
    who = people(folder)
    with tempfile.TemporaryDirectory() as scratch:
        case = make_case(folder, Path(scratch), who)
        make_log(case, folder, Path(scratch), who)
        make_found(folder, Path(scratch), who)
    make_verdict(case, folder, who)
    found = verify(folder / "small.auditlog", judge=who["judge"].public.verify, case=case.digest)
    assert found.ok, found.steps
    expected = {
        "case": case.digest,
        "origin": found.origin,
        "records": found.records,
        "witnessed": found.witnessed,
        "root": found.root,
    }
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
