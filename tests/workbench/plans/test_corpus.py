"""A corpus is ranked from its records: texts that stand apart first, whatever it was read in."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from backends.toy_model import ToyModel
from casefiles.keys.identity import Identity
from tests.conftest import RULES, MakeCase
from tests.workbench.forged import toy
from workbench.contract.comparison import Agreement
from workbench.contract.excerpt import Excerpt
from workbench.contract.prompt import Prompt
from workbench.door.corpora import Corpora
from workbench.door.session import Session
from workbench.judge.replays.replay import replay
from workbench.judge.scores.engagement import Terms, examine
from workbench.log.records import Intent
from workbench.plans.conduct import conduct, summed_up
from workbench.plans.corpus import CorpusRanking, CorpusScan
from workbench.plans.folder import Folder
from workbench.plans.plan import Answered
from workbench.probes.logit_lens import LogitLens
from workbench.probes.prior import Prior
from workbench.probes.scan import Peak, Scan, ScannedText, ScannedTexts
from workbench.probes.score import Score

LINES = [f"Line {number} tells of {word}." for number, word in enumerate(("rain", "snow", "wind", "fog", "sun"))]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.txt").write_text("\n".join(LINES[:3]))
    (folder / "b.txt").write_text("\n".join(LINES[3:]))
    return folder


def plan_of(corpus: Path, **settings: object) -> CorpusScan:
    return CorpusScan(corpus=Folder.from_text(str(corpus)), documents="line", together=2, **settings)


def test_every_text_is_read_and_the_records_say_of_which_corpus(session: Session, corpus: Path) -> None:
    plan = plan_of(corpus)
    done = conduct(plan, session)
    found = done.summary
    assert isinstance(found, CorpusRanking)
    assert done.finished
    asked = [entry.as_(Intent).arguments for entry in session.log.entries(("intent",))]
    assert [len(arguments["excerpts"]) for arguments in asked] == [2, 2, 1]
    assert {arguments["corpus"] for arguments in asked} == {plan.corpus.digest}
    assert [one["text"] for arguments in asked for one in arguments["excerpts"]] == LINES
    assert (found.texts, found.tokens) == (5, sum(map(len, LINES)))
    assert {record.agreement for record in replay(session.log, toy(session), session.arrays).records} == {
        Agreement.EXACT
    }


def test_it_goes_on_where_it_stopped_wherever_the_corpus_lies_by_then(
    session: Session, corpus: Path, tmp_path: Path
) -> None:
    whole = conduct(plan_of(corpus), session)
    size = session.log.size
    moved = Path(shutil.move(corpus, tmp_path / "moved"))
    again = conduct(plan_of(moved), session)
    assert session.log.size == size
    assert again.summary == whole.summary
    assert summed_up(plan_of(moved), session.log, session.arrays).summary == whole.summary
    (moved / "a.txt").write_text("Other lines.")
    assert plan_of(moved).digest != plan_of(moved, shown=3).digest
    conduct(plan_of(moved), session)
    assert session.log.size > size, "another corpus is another plan"


def answered(*excesses: float) -> Answered:
    """A record of texts with those greatest excesses."""
    texts = [
        ScannedText(
            file=f"{number}.txt", start=0, tokens=9, mean=1.0, before="It is", after=".",
            peaks=(Peak(position=1, id=number, piece=f" {number % 2}", surprise=excess + 1, entropy=1.0, expected_id=5,
                        expected=" this", expected_surprise=0.5),),
        )
        for number, excess in enumerate(excesses)
    ]  # fmt: skip
    probe = Scan(excerpts=(Excerpt(file="0.txt", start=0, text="x"),))
    return Answered("texts 1", 7, probe, ScannedTexts(texts=tuple(texts), forward_tokens=90))


def test_what_lies_far_above_the_others_stands_apart(corpus: Path) -> None:
    common = np.linspace(0.5, 1.5, 21).tolist()
    found = plan_of(corpus, shown=3).sum_up([answered(*common, 9.0, 8.0, 7.0)])
    assert found.middle == pytest.approx(float(np.median([*common, 9, 8, 7])))
    spread = 1.4826 * float(np.median(np.abs(np.array([*common, 9, 8, 7]) - found.middle)))
    assert found.bound == pytest.approx(found.middle + 3.5 * spread)
    assert found.apart == 3
    assert [(passage.file, passage.record) for passage in found.first] == [("21.txt", 7), ("22.txt", 7), ("23.txt", 7)]
    assert [passage.below for passage in found.first] == pytest.approx([23 / 24, 22 / 24, 21 / 24])
    assert [(one.piece, one.texts, one.mean) for one in found.recurring] == [(" 1", 2, 8.0), (" 0", 1, 8.0)]
    assert found.summary.startswith("Of 24 texts (216 tokens) 3 stand apart")
    assert "“1” in 21.txt, 9.0 nats" in found.summary and "Most often it is 1 (2)" in found.summary
    rows, again, spread_out = found.figures()
    assert len(rows.table().rows) == 3 and len(again.table().rows) == 2
    assert sum(row[3] for row in spread_out.table().rows) == 24  # type: ignore[misc]


def test_nothing_read_yet_is_said_so(corpus: Path) -> None:
    found = plan_of(corpus).sum_up(())
    assert found.summary == "Nothing was read yet."
    assert len(found.figures()) == 2


@pytest.fixture
def closed(
    make_case: MakeCase, auditor: Identity, tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[..., Session]:
    """A session on a case whose rules let in only its own texts."""

    def begin(**rules: object) -> Session:
        case = make_case("closed", RULES.model_copy(update={"inputs": "corpora", **rules}), corpus="\n".join(LINES))
        session = Session.create(
            case, tmp_path / "closed.session", auditor, lambda: ToyModel.random(seed=1, digest=case.model_digest)
        )
        request.addfinalizer(session.close)
        return session

    return begin


def test_where_only_the_cases_texts_are_let_in_its_own_corpus_is_read(
    closed: Callable[..., Session], corpus: Path
) -> None:
    session = closed()
    own = conduct(plan_of(session.case.path("corpora")), session)
    assert isinstance(own.summary, CorpusRanking)
    assert (own.summary.texts, own.summary.refused) == (5, 0)
    other = conduct(plan_of(corpus), session)
    assert isinstance(other.summary, CorpusRanking)
    assert (other.summary.texts, other.summary.refused) == (0, 3), "the same lines, in files that are not the case's"
    terms = Terms.of(session.case)
    assert examine(session.log, terms).broken == frozenset()
    strangers = Terms(terms.rules, Corpora(), terms.model)
    assert len(examine(session.log, strangers).broken) == 3, "the judge looks the texts up again"


def test_an_excerpt_counts_only_where_and_as_it_stands(closed: Callable[..., Session]) -> None:
    corpora = Corpora.of(closed().case)

    def held(**excerpt: object) -> bool:
        return corpora.hold(Scan(excerpts=({"file": "news.txt", "start": 0, "text": LINES[0], **excerpt},)))

    assert held()
    assert held(start=len(LINES[0]) + 1, text=LINES[1][:10])
    assert not held(start=1)
    assert not held(text=LINES[0] + "!")
    assert not held(file="../corpora/news.txt")
    assert not held(file="../spec.md", text="# Specification")


def test_controls_and_answers_are_held_to_the_corpora_as_prompts_are(closed: Callable[..., Session]) -> None:
    session = closed()
    first, second = Prompt.raw(LINES[0]), Prompt.raw(LINES[1])
    assert session.run(Score(prompt=first, answers=(LINES[1],))).status == "ok"
    assert session.run(Prior(prompt=first, control=second, candidates=(LINES[2], LINES[3]))).status == "ok"
    assert session.run(LogitLens(prompt=first, control=second)).status == "ok"
    for probe in (
        Score(prompt=first, answers=("Anything.",)),
        Prior(prompt=first, candidates=(LINES[2], LINES[3])),
        Prior(prompt=first, control=second, candidates=(LINES[2], "Anything.")),
        LogitLens(prompt=first),  # its own control would be made up
    ):
        refused = session.run(probe)
        assert refused.refusal is not None
        assert refused.refusal.code == "rules.input"


@pytest.mark.parametrize(("synthetic", "status"), [(False, "refused"), (True, "ok")])
def test_tools_are_given_made_up_texts_only_where_the_rules_say_so(
    closed: Callable[..., Session], synthetic: bool, status: str
) -> None:
    session = closed(synthetic=synthetic)
    assert session.run(LogitLens(prompt=Prompt.ask("Who are you?"))).status == status
    assert session.run(Score(prompt=Prompt.ask("Who are you?"))).status == "refused", "it elicits behaviour"
    broken = examine(session.log, Terms.of(session.case)).broken
    assert broken == frozenset()
