"""Who is asked is opened when it is asked, under the rules, named in the record, and replayed as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from backends.model import Model
from backends.model_files import ModelFiles
from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from casefiles.keys.identity import Identity
from tests.conftest import MakeCase
from tests.workbench.forged import Edited
from tests.workbench.toys import Apart, Compare, toys
from workbench import probes
from workbench.contract.comparison import Agreement
from workbench.contract.figures import Ending
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Affordance, Budget, Rules
from workbench.contract.subject import BASELINE, ORGANISM, adapted
from workbench.door.session import Session
from workbench.door.subjects import OpenSubjects, files_of, offered
from workbench.judge.replays.engines import RecordedEngines
from workbench.judge.replays.replay import Replayed
from workbench.judge.scores.engagement import Terms, examine
from workbench.judge.verdicts.procedure import replay_log
from workbench.plans.conduct import conduct, summed_up
from workbench.plans.plan import Answered, Ask, Moves, Plan, Summary
from workbench.probes import BY_KIND
from workbench.probes.sample import Sample

ASK = Sample(prompt=Prompt.ask("Hi"), samples=2, max_tokens=12)
OPEN = Rules(affordances=frozenset(Affordance), budget=Budget(forward_tokens=10_000))


@pytest.fixture
def pair(make_case: MakeCase) -> Case:
    """A case with a baseline, which the rules allow."""
    return make_case("pair", OPEN, baseline=True)


@pytest.fixture
def begun(pair: Case, auditor: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setattr(probes, "BY_KIND", MappingProxyType({**BY_KIND, Compare.kind: Compare}))
    with Session.create(pair, tmp_path / "pair.session", auditor, toys(pair)) as session:
        yield session


def engines(case: Case) -> RecordedEngines:
    return RecordedEngines(toys(case), (), lambda on: files_of(case, on))


def replayed(session: Session, records: Any = None) -> Replayed:
    class Records:
        arrays = staticmethod(session.arrays)

        def __getattr__(self, name: str) -> Any:
            return getattr(records or session.log, name)

    return replay_log(Records(), engines(session.case))  # type: ignore[arg-type]


# -- which are open


class Counted:
    """Opens toys and keeps count of those that are open."""

    def __init__(self, open_: set[str], name: str = ORGANISM) -> None:
        self.open, self.name = open_, name

    def __call__(self) -> Model:
        model = ToyModel.random(layers=1)
        self.open.add(self.name)
        model.close = lambda: self.open.discard(self.name)  # type: ignore[method-assign]
        return model

    def beside(self, files: ModelFiles) -> Counted:
        return Counted(self.open, files.digest)


def test_two_are_open_at_once_only_where_it_is_needed() -> None:
    open_: set[str] = set()
    subjects = OpenSubjects(Counted(open_), lambda on: ModelFiles(Path(), Path(), on))
    assert open_ == set()
    subjects.open(ORGANISM)
    assert open_ == {ORGANISM}
    subjects.open(BASELINE)
    assert open_ == {BASELINE}, "a look at the baseline takes no more memory than the organism"
    subjects.open(ORGANISM)
    assert open_ == {ORGANISM, BASELINE}, "who comes back goes back and forth"
    subjects.open(adapted("oracle"))
    assert open_ == {adapted("oracle")}
    subjects.open(ORGANISM, BASELINE)
    assert open_ == {ORGANISM, BASELINE}
    subjects.close()
    assert open_ == set()


def test_whoever_opens_the_organism_alone_opens_nobody_else(pair: Case, auditor: Identity, tmp_path: Path) -> None:
    with Session.create(pair, tmp_path / "alone.session", auditor, toys(pair).__call__) as session:
        outcome = session.run(ASK, on=BASELINE)
    assert outcome.refusal is not None
    assert outcome.refusal.code == "input.missing"


# -- through the door


def test_the_baseline_is_asked_by_the_same_probe_and_leaves_the_same_record(begun: Session) -> None:
    organism, baseline = begun.run(ASK), begun.run(ASK, on=BASELINE)
    assert organism.result is not None and baseline.result is not None
    one, two = (begun.log.entry(outcome.entry.data["intent"]).data for outcome in (organism, baseline))
    assert (one["on"], one["model"]) == (ORGANISM, begun.case.model_digest)
    base = files_of(begun.case, BASELINE)
    assert base is not None
    assert (two["on"], two["model"]) == (BASELINE, base.digest)
    same = {"on", "model"}
    assert {k: v for k, v in one.items() if k not in same} == {k: v for k, v in two.items() if k not in same}
    direct = ASK.run(toys(begun.case).beside(base)(), _silent())
    assert baseline.result == direct
    assert organism.result != direct


def test_the_rules_say_who_may_be_asked(make_case: MakeCase, auditor: Identity, tmp_path: Path) -> None:
    shut = make_case("shut", Rules(affordances=frozenset(Affordance) - {Affordance.BASELINE}), baseline=True)
    with Session.create(shut, tmp_path / "shut.session", auditor, toys(shut)) as session:
        outcome = session.run(ASK, on=BASELINE)
        assert outcome.refusal is not None
        assert (outcome.refusal.code, outcome.entry.data["on"]) == ("rules.affordance", BASELINE)
        assert session.forbids(ASK) is None
        assert session.forbids(ASK, on=BASELINE) is not None
        compared = session.run(Compare(prompt=Prompt.ask("Hi")))
        assert compared.refusal is not None
        assert compared.refusal.code == "rules.affordance"
    bare = make_case("bare", OPEN)
    with Session.create(bare, tmp_path / "bare.session", auditor, toys(bare)) as session:
        outcome = session.run(ASK, on=BASELINE)
        assert outcome.refusal is not None
        assert outcome.refusal.code == "input.missing"


def test_a_probe_that_compares_two_names_both_and_counts_both(begun: Session) -> None:
    outcome = begun.run(Compare(prompt=Prompt.ask("Hi")))
    assert isinstance(outcome.result, Apart)
    intent = begun.log.entry(outcome.entry.data["intent"]).data
    base = files_of(begun.case, BASELINE)
    assert base is not None
    assert (intent["beside"], intent["model"], intent["beside_model"]) == (
        BASELINE, begun.case.model_digest, base.digest,
    )  # fmt: skip
    assert outcome.entry.data["beside_environment"]["engine"] == "toy"
    assert outcome.result.nats > 0
    itself = begun.run(Compare(prompt=Prompt.ask("Hi")), on=BASELINE)
    assert isinstance(itself.result, Apart)
    assert itself.result.nats == 0, "nobody is apart from itself"
    assert begun.price(Compare(prompt=Prompt.ask("Hi"))) == outcome.result.cost


def test_every_record_is_replayed_on_whoever_was_asked(begun: Session) -> None:
    begun.run(ASK)
    begun.run(ASK, on=BASELINE)
    begun.run(Compare(prompt=Prompt.ask("Hi")))
    assert {record.agreement for record in replayed(begun).records} == {Agreement.EXACT}
    assert [record.seq for record in replayed(begun).records] == [2, 4, 6]
    assert examine(begun.log, Terms.of(begun.case)).elsewhere == ()


@pytest.mark.parametrize(
    ("seq", "change"),
    [
        (3, {"on": ORGANISM}),
        (1, {"on": BASELINE}),
        (5, {"beside": None, "beside_model": None}),
        (5, {"on": BASELINE}),
        (3, {"on": adapted("nobody")}),
        (3, {"model": "0" * 64}),
    ],
)
def test_who_was_asked_cannot_be_changed_afterwards(begun: Session, seq: int, change: dict[str, Any]) -> None:
    begun.run(ASK)
    begun.run(ASK, on=BASELINE)
    begun.run(Compare(prompt=Prompt.ask("Hi")))
    forged = Edited(begun, seq, lambda data: data.update(change))
    (record,) = (record for record in replayed(begun, forged).records if record.seq == seq + 1)
    assert record.agreement in (Agreement.UNREPLAYABLE, Agreement.DIVERGED)
    assert examine(forged, Terms.of(begun.case)).elsewhere == (seq + 1,)


def test_what_a_subject_said_is_quoted_to_itself_alone(begun: Session) -> None:
    said = begun.run(ASK.model_copy(update={"samples": 64, "max_tokens": 40}), on=BASELINE)
    assert said.result is not None
    whole = next(answer.text for answer in said.result.answers if answer.ending is Ending.ITSELF)
    chat = (*ASK.prompt.chat, {"role": "assistant", "content": whole})
    quoting = Sample(prompt=Prompt.model_validate({"chat": [*chat, {"role": "user", "content": "Go on."}]}))
    assert begun.elicitation(quoting, BASELINE) == "natural"
    assert begun.elicitation(quoting) == "forced"


def test_fresh_seeds_are_counted_for_each_subject(begun: Session) -> None:
    first = begun.fresh_seed(ASK)
    begun.run(ASK.model_copy(update={"seed": first}), on=BASELINE)
    assert begun.fresh_seed(ASK) == first, "both may be asked with the same noise"
    assert begun.fresh_seed(ASK, BASELINE) != first


# -- adapters


def test_an_adapters_answers_are_its_own_with_the_same_question_without_it_beside(
    make_case: MakeCase, auditor: Identity, tmp_path: Path
) -> None:
    case = make_case("oracle", OPEN, adapters=("oracle", "other"))
    assert offered(case) == (ORGANISM, adapted("oracle"), adapted("other"))
    with Session.create(case, tmp_path / "oracle.session", auditor, toys(case)) as session:
        alone = session.price(ASK)
        assert session.price(ASK, adapted("oracle")) == alone + alone
        outcome = session.run(ASK, on=adapted("oracle"))
        assert session.price(ASK, adapted("oracle")) == alone
        assert [session.log.entry(seq).data["on"] for seq in (1, 3)] == [adapted("oracle"), ORGANISM]
        assert outcome.entry.seq == 2
        files = files_of(case, adapted("oracle"))
        assert files is not None and files.adapter == case.path("adapters/oracle")
        assert session.log.entry(1).data["model"] == files.digest != case.model_digest
        session.run(ASK, on=adapted("other"))
        assert session.log.size == 7, "the organism was asked this before"
        assert outcome.alone is not None and outcome.alone.seq == 4 == session.log.size - 3
        again = session.run(ASK, on=adapted("other"))
        assert again.alone is not None and again.alone.seq == 4
        assert session.run(ASK).alone is None, "nobody but the organism was asked"
        assert {record.agreement for record in replayed(session).records} == {Agreement.EXACT}
    shut = make_case("shut", Rules(affordances=frozenset({Affordance.SAMPLE})), adapters=("oracle",))
    with Session.create(shut, tmp_path / "shut.session", auditor, toys(shut)) as session:
        refused = session.run(ASK, on=adapted("oracle")).refusal
        assert refused is not None and refused.code == "rules.affordance"


# -- plans


class Told(Summary):
    asked: tuple[str, ...]

    @property
    def summary(self) -> str:
        return ", ".join(self.asked)


class Both(Plan):
    """Ask organism and baseline the same."""

    kind = "both"

    def moves(self) -> Moves:
        for on in (ORGANISM, BASELINE):
            yield Ask(on, ASK, on=on)

    def sum_up(self, answered: Any) -> Told:
        every: list[Answered] = list(answered)
        return Told(asked=tuple(f"{one.on} #{one.seq}" for one in every))


def test_a_plan_says_whom_it_asks_and_goes_on_from_the_log(begun: Session) -> None:
    done = conduct(Both(), begun)
    assert done.summary.summary == "organism #2, baseline #4"
    assert [begun.log.entry(seq).data["on"] for seq in (1, 3)] == [ORGANISM, BASELINE]
    size = begun.log.size
    assert conduct(Both(), begun).summary == done.summary == summed_up(Both(), begun.log, begun.arrays).summary
    assert begun.log.size == size


def test_a_subject_that_is_not_there_is_refused_in_words(begun: Session) -> None:
    outcome = begun.run(ASK, on=adapted("oracle"))
    assert outcome.refusal is not None
    assert outcome.refusal.code == "input.missing"
    assert outcome.refusal.what == "There is no organism under adapter oracle to ask."


def _silent() -> Any:
    from workbench.contract.progress import Silent

    return Silent()
