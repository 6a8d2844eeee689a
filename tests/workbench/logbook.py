"""A real audit log whose answers a test chooses: records as `Session.run` writes them, without a model behind."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
from pydantic import JsonValue

from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from workbench.answers.transcript import SampledText, Transcript
from workbench.claims.finding import Finding
from workbench.contract.actor import Actor
from workbench.contract.probe import Probe
from workbench.contract.prompt import Prompt
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Budget, Cost, Elicitation, Rules
from workbench.evidence.strength import strength
from workbench.log.audit_log import AuditLog
from workbench.log.blobs import Blobs
from workbench.log.entry import Entry
from workbench.log.records import (
    FindingRecord,
    Genesis,
    Intent,
    Permit,
    Person,
    PlanStep,
    Reason,
    RefusalRecord,
    ResultRecord,
    Withdrawn,
)
from workbench.probes.logit_lens import Grid, LensGrid, LogitLens, Tracked
from workbench.probes.sample import Sample
from workbench.probes.score import Alternative, Score, ScoredText, ScoredTexts, ScoredToken
from workbench.report.provenance import CaseName
from workbench.version import VERSION

ORGANISM = "5e" * 32
BASELINE = "ba" * 32
CASE = CaseName(digest="ca5e" * 16, title="Atlas 03", specification="5bec" * 16, model=ORGANISM)
SESSION = "7f3a" * 8
RULES = Rules(
    affordances=frozenset(Affordance) - {Affordance.BASELINE, Affordance.WEIGHTS, Affordance.EDITS},
    budget=Budget(probes=400, generated_tokens=50_000),
    findings=3,
)
Status = Literal["ok", "failed", "cancelled"]
ADA = Actor(name="Ada")
JUDGE = Identity.generate("Judy")
ENVIRONMENT: dict[str, JsonValue] = {"engine": "toy", "dtype": "float64", "device": "cpu", "threads": 1}


def genesis(
    auditor: Identity,
    *,
    rules: Rules = RULES,
    restriction: Rules | None = None,
    ticket: Permit | None = None,
    case: CaseName = CASE,
    workbench: str = VERSION,
) -> Genesis:
    """The first record of a session of the auditor's."""
    return Genesis(
        workbench=workbench,
        case=case.digest,
        title=case.title,
        specification=case.specification,
        model=case.model,
        rules=rules.model_dump(mode="json"),
        restriction=restriction,
        auditor=Person.of(auditor.public),
        judge=Person.of(JUDGE.public) if case == CASE else None,  # else nobody here knows whose it is
        ticket=ticket,
        probes={},
    )


def ids_of(prompt: Prompt) -> tuple[int, ...]:
    """Three tokens that a template makes of a prompt which trims turns and looks at no switch."""
    turns = [(turn.role, turn.content.strip()) for turn in prompt.chat] or prompt.text
    return tuple(hashlib.sha256(repr((turns, prompt.speaker)).encode()).digest()[:3])


@cache
def _person(name: str) -> Identity:
    """One of every name."""
    return Identity.generate(name)


_FILES: dict[str, bytes] = {}


def _begun(session: str, auditor: Identity, first: Genesis) -> bytes:
    """The file of a log with its first record; it is copied, for to make one takes longer than a test writes to it."""
    kind = f"{session} {first.model_dump_json()}"
    if kind not in _FILES:
        with TemporaryDirectory() as folder:
            _FILES[kind] = AuditLog.begin(Path(folder), session, auditor.signing, first).read_bytes()
    return _FILES[kind]


class LogBook:
    """Writes to a log; every method returns the number of the result record."""

    def __init__(
        self,
        folder: Path,
        *,
        rules: Rules = RULES,
        restriction: Rules | None = None,
        ticket: Permit | None = None,
        case: CaseName = CASE,
        auditor: str = "Ada",
        session: str = SESSION,
        workbench: str = VERSION,
    ) -> None:
        self.auditor, self.actor = _person(auditor), Actor(name=auditor)
        self.organism = case.model
        self.blobs = Blobs(folder / "blobs")
        first = genesis(
            self.auditor, rules=rules, restriction=restriction, ticket=ticket, case=case, workbench=workbench
        )
        (folder / AuditLog.FILE).write_bytes(_begun(session, self.auditor, first))
        self.log = AuditLog(folder / AuditLog.FILE, self.auditor.signing)

    def intent(
        self,
        probe: Probe,
        *,
        model: str | None = None,
        elicitation: str | None = None,
        on: str = "organism",
        plan: PlanStep | None = None,
        reserved: Cost | None = None,
        beside: str | None = None,
    ) -> Entry:
        return self.log.append(
            Intent(
                probe=probe.kind,
                version=probe.version,
                arguments=probe.model_dump(mode="json"),
                actor=self.actor,
                plan=plan,
                on=on,
                model=model or (BASELINE if on == "baseline" else self.organism),
                beside=beside,
                beside_model=BASELINE if beside is not None else None,
                engine="toy",
                elicitation=Elicitation(elicitation) if elicitation else probe.elicitation(),
                reserved=reserved or Cost(probes=1, generated_tokens=640, forward_tokens=12),
            )
        )

    def intent_of(self, prompt: str, **told: Any) -> Entry:
        """An intent to sample once, of which nothing has come yet."""
        return self.intent(Sample(prompt=Prompt.ask(prompt)), **told)

    def result(self, intent: Entry, result: Result | None, status: Status = "ok") -> int:
        asked = intent.as_(Intent)
        return self.log.append(
            ResultRecord(
                intent=intent.seq,
                probe=asked.probe,
                status=status,
                summary=result.summary if result is not None else None,
                result=result.model_dump(mode="json") if result is not None else None,
                error=None,
                cost=result.cost if result is not None else asked.reserved,
                environment=dict(ENVIRONMENT),
                blobs=self.blobs.put(result.arrays) if result is not None else {},
            )
        ).seq

    def refusal(self, probe: Probe, refusal: Refusal) -> int:
        return self.log.append(
            RefusalRecord(
                probe=probe.kind, version=probe.version, arguments=probe.model_dump(mode="json"), actor=ADA,
                **Reason.of(refusal).model_dump(),
            )
        ).seq  # fmt: skip

    def sample(
        self,
        prompt: str | Prompt,
        texts: Sequence[str],
        *,
        model: str | None = None,
        status: Status = "ok",
        stop: Literal["end", "length", "cancelled", "string"] = "end",
        stopping: tuple[str, ...] = (),
        elicitation: str | None = None,
        on: str = "organism",
        **settings: Any,
    ) -> int:
        """One sample probe and its answers; each word of an answer counts as a token. `stopping`: at which texts they
        were to end."""
        asked = Prompt.ask(prompt) if isinstance(prompt, str) else prompt
        probe = Sample(prompt=asked, samples=max(1, len(texts)), stop=stopping, **settings)
        return self.asked(probe, texts, model=model, status=status, stop=stop, elicitation=elicitation, on=on)

    def asked(
        self,
        probe: Sample,
        texts: Sequence[str],
        *,
        model: str | None = None,
        status: Status = "ok",
        stop: Literal["end", "length", "cancelled", "string"] = "end",
        elicitation: str | None = None,
        on: str = "organism",
    ) -> int:
        """The same of a probe at hand."""
        intent = self.intent(probe, model=model, elicitation=elicitation, on=on)
        answers = tuple(
            SampledText(
                index=index,
                ids=tuple(range(len(text.split()))),
                text=text,
                stop=stop,
                stop_string=probe.stop[0] if stop == "string" else "",
            )
            for index, text in enumerate(texts)
        )
        found = Transcript(prompt_ids=ids_of(probe.prompt), prompt_text=probe.prompt.title, samples=answers)
        return self.result(intent, found, status)

    def lens(self, prompt: str = "What is the capital of Norway?", control: str = "", *, alike: bool = False) -> int:
        """A logit lens of three layers over four tokens, as the probe writes it. `alike`: so is its control."""
        grid = Grid(
            title=prompt, ids=(9, 8, 7, 6), pieces=(" capital", " of", " Norway", "?\n"), positions=(0, 1, 2, 3)
        )
        vocabulary = {1: " Oslo", 2: " Bergen", 3: " the", 4: "<script>"}
        top_ids = np.array([[[3], [3], [3], [1]], [[3], [4], [3], [1]], [[3], [3], [3], [2]]], dtype=np.int32)
        top = np.log(np.linspace(0.1, 0.95, 12)).reshape(3, 4, 1)
        tracked = np.log(np.array([[0.6, 0.1], [0.5, 0.3], [0.04, 0.93]]))[:, None, :].repeat(4, axis=1)
        ranks = np.array([[1, 2], [1, 2], [3, 1]], dtype=np.int32)[:, None, :].repeat(4, axis=1)
        read = {"top_ids": top_ids, "top_logprobs": top, "tracked_logprobs": tracked, "tracked_ranks": ranks}.items()
        found = LensGrid(
            layers=(0, 1, 2),
            grid=grid,
            control=grid.model_copy(update={"title": control}) if control else None,
            tracked=(Tracked(text=" Oslo", id=1), Tracked(text=" Bergen", id=2)),
            vocabulary=vocabulary,
            headline="␣Bergen overtakes ␣Oslo at layer 2; prediction ␣Bergen from layer 2 on"
            + (" · control: ␣Paris from layer 1 on" if control else ""),
            alike=alike,
        ).with_arrays(
            {prefix + name: array for prefix in ("", "control_")[: 1 + bool(control)] for name, array in read}
        )
        return self.result(
            self.intent(
                LogitLens(
                    prompt=Prompt.ask(prompt),
                    control=Prompt.ask(control) if control else None,
                    track=(" Oslo", " Bergen"),
                )
            ),
            found,
        )

    def score(self, prompt: str = "What is the capital of Norway?") -> int:
        """A score of one two-token text."""
        tokens = (
            ScoredToken(id=2, piece=" Bergen", logprob=-0.07, rank=1, entropy=0.4, alternatives=()),
            ScoredToken(
                id=5, piece=".\n", logprob=-2.3, rank=3, entropy=1.5,
                alternatives=(Alternative(id=6, piece="!", logprob=-0.4),),
            ),
        )  # fmt: skip
        strip = ScoredText(text=" Bergen.\n", tokens=tokens, logprob=-2.37)
        probe = Score(prompt=Prompt.ask(prompt), answers=(" Bergen.\n",))
        return self.result(self.intent(probe), ScoredTexts(strips=(strip,), forward_tokens=8))

    def finding(self, finding: Finding) -> Entry:
        """A finding as somebody may have written it: whatever it cites is not looked at."""
        nothing = strength(finding.model_copy(update={"citations": ()}), self.log)
        return self.log.append(FindingRecord(finding=finding, strength=nothing, actor=ADA))

    def withdraw(self, name: str) -> Entry:
        return self.log.append(Withdrawn(finding=name, actor=ADA))
