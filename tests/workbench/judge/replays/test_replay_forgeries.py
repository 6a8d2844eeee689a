"""What was not drawn from the model is found out, whatever part of a record was changed and however carefully."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest

from backends.byte_vocabulary import END
from backends.model import Card, Generated
from backends.sampling import Sampling
from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from casefiles.keys.identity import Identity
from tests.workbench.forged import QUESTION, RESULT, Edited, run_again, toy
from workbench.contract.comparison import Agreement, Array
from workbench.contract.probe import Probe
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.judge.replays.replay import ReplayedRecord, replay
from workbench.log.entry import Entry
from workbench.log.releases import EARLIER
from workbench.probes import Intervene, LogitLens, Patchscope, Sample, Score

SAMPLE = Sample(prompt=QUESTION, samples=3, seed=5, max_tokens=12, temperature=0.9, top_p=0.95)
SCORE = Score(prompt=QUESTION, answers=("Yes", "No"), top=3)
LENS = LogitLens(prompt=QUESTION, control=Prompt.ask("Who?"), track=("Y", "N"), top=3)

Data = dict[str, Any]
Forgery = Callable[[Data], None]
Asked = Callable[[Sample | Score | LogitLens], Session]


@pytest.fixture(scope="module")
def asked(lasting_case: Case, auditor: Identity, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """A session whose one probe this is, and whose records a test may forge in copies only."""
    sessions = dict[str, Session]()
    with ExitStack() as open_sessions:

        def once(probe: Sample | Score | LogitLens) -> Session:
            if probe.kind not in sessions:
                folder, digest = tmp_path_factory.mktemp("sessions"), lasting_case.model_digest
                session = Session.create(
                    lasting_case, folder / "one.session", auditor, lambda: ToyModel.random(seed=1, digest=digest)
                )
                sessions[probe.kind] = open_sessions.enter_context(session)
                session.run(probe)
            return sessions[probe.kind]

        yield once


def elsewhere(data: Data) -> None:
    """Claim another machine, so that bits need not be equal."""
    data["environment"]["machine"] = "elsewhere"


def diverges(session: Session, forge: Forgery) -> None:
    for claim in (lambda data: None, elsewhere):

        def both(data: Data, claim: Forgery = claim) -> None:
            forge(data)
            claim(data)

        (record,) = run_again(session, toy(session), Edited(session, RESULT, both)).records
        assert record.agreement is Agreement.DIVERGED, record.note


def changed_token(data: Data) -> None:
    ids = data["result"]["samples"][1]["ids"]
    ids[4] = (ids[4] + 1) % 256
    retold(data)


def retold(data: Data) -> None:
    """Make the texts fit the tokens again, as a careful forger would."""
    for sample in data["result"]["samples"]:
        sample["text"] = ToyModel.random(seed=1).decode(sample["ids"])


def swapped(data: Data) -> None:
    first, second = data["result"]["samples"][:2]
    for name in ("ids", "text", "stop"):
        first[name], second[name] = second[name], first[name]


def dropped(data: Data) -> None:
    del data["result"]["samples"][1]


def shortened(data: Data) -> None:
    data["result"]["samples"][0]["ids"] = data["result"]["samples"][0]["ids"][:5]
    retold(data)


def another_text(data: Data) -> None:
    data["result"]["samples"][0]["text"] = "Bergen"


def another_prompt(data: Data) -> None:
    data["result"]["prompt_ids"][1] = 7


def another_prompt_text(data: Data) -> None:
    data["result"]["prompt_text"] = "Who?"


def one_more(data: Data) -> None:
    samples = data["result"]["samples"]
    samples.append({**samples[0], "index": len(samples)})


def none_at_all(data: Data) -> None:
    data["result"]["samples"] = []


def emptied(data: Data) -> None:
    data["result"]["samples"][0].update(ids=[], text="")


def said_to_have_ended(data: Data) -> None:
    data["result"]["samples"][0]["stop"] = "end"


def said_to_be_cancelled(data: Data) -> None:
    """Cut short before the unwelcome part."""
    shortened(data)
    data["result"]["samples"][0]["stop"] = "cancelled"


def ended_in_the_middle(data: Data) -> None:
    """The end token shows in no text, so what stands behind it would pass for one answer."""
    data["result"]["samples"][0]["ids"][4] = END
    retold(data)


def no_token(data: Data) -> None:
    data["result"]["samples"][0]["ids"][0] = 10**9


def no_token_either(data: Data) -> None:
    data["result"]["samples"][0]["ids"][0] = -3


SAMPLE_FORGERIES = [
    changed_token, swapped, dropped, shortened, another_text, another_prompt, another_prompt_text, one_more,
    none_at_all, emptied, said_to_have_ended, said_to_be_cancelled, ended_in_the_middle, no_token, no_token_either,
]  # fmt: skip


@pytest.mark.parametrize("forge", SAMPLE_FORGERIES)
def test_a_forged_sample_diverges(asked: Asked, forge: Forgery) -> None:
    session = asked(SAMPLE)
    diverges(session, forge)


@pytest.mark.parametrize(
    "argument",
    [{"seed": 6}, {"temperature": 1.4}, {"top_p": 0.3}, {"top_k": 2}, {"min_p": 0.3}, {"samples": 2},
     {"max_tokens": 11}, {"prompt": QUESTION.model_dump() | {"chat": [{"role": "user", "content": "Who?"}]}}],
    ids=str,
)  # fmt: skip
def test_other_arguments_than_the_ones_it_was_drawn_with_diverge(asked: Asked, argument: Data) -> None:
    session = asked(SAMPLE)
    edited = Edited(session, RESULT - 1, lambda data: data["arguments"].update(argument))
    (record,) = run_again(session, toy(session), edited).records
    assert record.agreement is Agreement.DIVERGED


class Endless(ToyModel):
    """Draws on behind an end token."""

    @property
    def card(self) -> Card:
        return dataclasses.replace(self._card, end_tokens=())

    def generate(self, ids: Sequence[int], sampling: Sampling, *, n: int = 1, **_: Any) -> list[Generated]:
        honest, self._card = self._card, self.card
        try:
            return super().generate(ids, sampling, n=n)
        finally:
            self._card = honest


ENDING = Sample(prompt=QUESTION, samples=20, seed=3, max_tokens=30, temperature=2)


def answers(session: Session, probe: Sample, model: ToyModel) -> Forgery:
    """Put in what this model draws, with texts and endings that fit."""
    drawn = model.generate(probe.prompt.ids(model), probe.sampling(), n=probe.samples)

    def forge(data: Data) -> None:
        data["result"]["samples"] = [
            {"index": index, "ids": list(found.tokens), "stop": "end" if found.tokens[-1] == END else "length",
             "text": model.decode([token for token in found.tokens if token != END])}
            for index, found in enumerate(drawn)
        ]  # fmt: skip

    return forge


def test_drawing_on_behind_an_end_token_diverges(session: Session) -> None:
    """Each token of it is the one the model draws there; but nobody would have seen it."""
    session.run(ENDING)
    endless = Endless(toy(session).tensors, heads=4, kv_heads=2)
    assert run_again(session, toy(session)).records[0].agreement is Agreement.EXACT
    forge = answers(session, ENDING, endless)
    (record,) = run_again(session, toy(session), Edited(session, RESULT, forge)).records
    assert record.agreement is Agreement.DIVERGED
    assert "did not end where" in record.note


def test_more_tokens_than_were_asked_for_diverge(session: Session) -> None:
    """Each of them is the one this model would draw, had it been asked for so many."""
    model = toy(session)
    ended = next(
        (seed, index, found.tokens)
        for seed in range(40)
        for index, found in enumerate(
            model.generate(ENDING.prompt.ids(model), Sampling(seed=seed, max_tokens=40, temperature=2), n=1)
        )
        if found.stop == "end" and len(found.tokens) > 6
    )
    probe = Sample(prompt=QUESTION, seed=ended[0], max_tokens=5, temperature=2)
    session.run(probe)
    longer = answers(session, probe.model_copy(update={"max_tokens": 40}), model)
    (record,) = run_again(session, toy(session), Edited(session, RESULT, longer)).records
    assert record.agreement is Agreement.DIVERGED
    assert "did not end where" in record.note


# scores


def token(data: Data) -> Data:
    return data["result"]["strips"][1]["tokens"][0]


def add_up(data: Data) -> None:
    for strip in data["result"]["strips"]:
        strip["logprob"] = sum(token["logprob"] for token in strip["tokens"])


def likelier(data: Data) -> None:
    token(data)["logprob"] += 0.5
    add_up(data)


def another_total(data: Data) -> None:
    data["result"]["strips"][1]["logprob"] = -0.01


def another_rank(data: Data) -> None:
    token(data)["rank"] = 1 if token(data)["rank"] > 1 else 9


def no_rank(data: Data) -> None:
    token(data)["rank"] = 0


def surer(data: Data) -> None:
    token(data)["entropy"] *= 0.5


def another_piece(data: Data) -> None:
    token(data)["piece"] = "Y"


def another_alternative(data: Data) -> None:
    shown = token(data)["alternatives"][0]
    shown.update(id=(shown["id"] + 1) % 200, piece=chr((shown["id"] + 1) % 200))


def one_alternative_twice(data: Data) -> None:
    shown = token(data)["alternatives"]
    shown[1] = {**shown[0], "logprob": shown[1]["logprob"]}


def a_misspelt_alternative(data: Data) -> None:
    token(data)["alternatives"][0]["piece"] = "Bergen"


def no_alternative(data: Data) -> None:
    token(data)["alternatives"][0]["id"] = -1


def fewer_alternatives(data: Data) -> None:
    del token(data)["alternatives"][0]


def fewer_texts(data: Data) -> None:
    del data["result"]["strips"][1]


def texts_swapped(data: Data) -> None:
    data["result"]["strips"].reverse()


def a_text_twice(data: Data) -> None:
    data["result"]["strips"].append(data["result"]["strips"][0])


def cheaper(data: Data) -> None:
    data["result"]["forward_tokens"] = 1


SCORE_FORGERIES = [
    likelier, another_total, another_rank, no_rank, surer, another_piece, another_alternative, one_alternative_twice,
    a_misspelt_alternative, no_alternative, fewer_alternatives, fewer_texts, texts_swapped, a_text_twice, cheaper,
]  # fmt: skip


@pytest.mark.parametrize("forge", SCORE_FORGERIES)
def test_a_forged_score_diverges(asked: Asked, forge: Forgery) -> None:
    session = asked(SCORE)
    diverges(session, forge)


def test_a_score_that_is_off_by_rounding_is_tolerated(asked: Asked) -> None:
    session = asked(SCORE)

    def rounded(data: Data) -> None:
        for strip in data["result"]["strips"]:
            for each in strip["tokens"]:
                each["logprob"] += 1e-6
                each["entropy"] -= 1e-6
        add_up(data)

    (record,) = run_again(session, toy(session), Edited(session, RESULT, rounded)).records
    assert record.agreement is Agreement.DIVERGED  # where it says it was made, nothing is off by anything

    def rounded_elsewhere(data: Data) -> None:
        rounded(data)
        elsewhere(data)

    (record,) = run_again(session, toy(session), Edited(session, RESULT, rounded_elsewhere)).records
    assert record.agreement is Agreement.TOLERANT
    assert 0 < max(record.figures.values()) < 1e-5


# the logit lens, whose readings lie in arrays


def with_arrays(session: Session, change: Callable[[dict[str, Array]], None]) -> ReplayedRecord:
    """The lens' record with its arrays changed, claimed to be of another machine."""

    def arrays(entry: Entry) -> Mapping[str, Array]:
        found = {name: array.copy() for name, array in session.arrays(entry).items()}
        change(found)
        return found

    (record,) = replay(Edited(session, RESULT, elsewhere), toy(session), arrays).records
    return record


def another_prediction(arrays: dict[str, Array]) -> None:
    arrays["top_ids"][0, 0, -1] = (arrays["top_ids"][0, 0, -1] + 101) % 256


def no_prediction(arrays: dict[str, Array]) -> None:
    arrays["top_ids"][0, 0, 0] = 259


def no_prediction_either(arrays: dict[str, Array]) -> None:
    arrays["top_ids"][0, 0, 0] = -1


def another_reading(arrays: dict[str, Array]) -> None:
    arrays["tracked_logprobs"][1, -1, 0] = -0.01


def another_control(arrays: dict[str, Array]) -> None:
    arrays["control_tracked_logprobs"][1, -1, 0] = -9


def another_place(arrays: dict[str, Array]) -> None:
    arrays["tracked_ranks"][1, -1, 0] = 200 if arrays["tracked_ranks"][1, -1, 0] < 100 else 1


def no_place(arrays: dict[str, Array]) -> None:
    arrays["tracked_ranks"][1, -1, 0] = 0


def no_number(arrays: dict[str, Array]) -> None:
    arrays["tracked_logprobs"][1, -1, 0] = np.nan


def no_number_on_top(arrays: dict[str, Array]) -> None:
    arrays["top_logprobs"][1, -1, 0] = np.nan


def without_end(arrays: dict[str, Array]) -> None:
    arrays["top_logprobs"][1, -1, 0] = -np.inf


def layers_swapped(arrays: dict[str, Array]) -> None:
    for name, array in arrays.items():
        arrays[name] = array[::-1].copy()


def positions_swapped(arrays: dict[str, Array]) -> None:
    for name, array in arrays.items():
        arrays[name] = array[:, ::-1].copy()


def an_array_less(arrays: dict[str, Array]) -> None:
    del arrays["tracked_ranks"]


def an_array_more(arrays: dict[str, Array]) -> None:
    arrays["attention"] = np.zeros(3, np.float32)


def a_layer_less(arrays: dict[str, Array]) -> None:
    arrays["top_ids"] = arrays["top_ids"][:1]


def without_layers(arrays: dict[str, Array]) -> None:
    for name, array in arrays.items():
        arrays[name] = array[:0]


def numbers_for_ids(arrays: dict[str, Array]) -> None:
    arrays["top_ids"] = arrays["top_ids"].astype(np.float64) + 0.5


def everything_a_little(arrays: dict[str, Array]) -> None:
    """Each reading within its own bound, all of them pushed one way."""
    for name in ("top_logprobs", "tracked_logprobs"):
        arrays[name] = arrays[name] + np.float32(1.8e-4)


LENS_FORGERIES = [
    another_prediction, no_prediction, no_prediction_either, another_reading, another_control, another_place, no_place,
    no_number, no_number_on_top, without_end, layers_swapped, positions_swapped, an_array_less, an_array_more,
    a_layer_less, without_layers, numbers_for_ids, everything_a_little,
]  # fmt: skip


@pytest.mark.parametrize("forge", LENS_FORGERIES)
def test_a_forged_reading_diverges(asked: Asked, forge: Callable[[dict[str, Array]], None]) -> None:
    session = asked(LENS)
    record = with_arrays(session, forge)
    assert record.agreement is Agreement.DIVERGED, record.note


def another_headline(data: Data) -> None:
    data["result"]["headline"] = "␣Bergen overtakes ␣Oslo at layer 1"


def test_one_wrong_name_among_thousands_of_readings_diverges(session: Session) -> None:
    """A token whose probability is nearly that of the one that was there: a layer as a whole hardly changes."""
    session.run(LogitLens(prompt=QUESTION, top=50))
    model = toy(session)
    ids = QUESTION.ids(model)
    captured = model.forward(ids, capture=["blocks.0.hook_resid_post"]).captured["blocks.0.hook_resid_post"]
    logits = model.readout(captured[-16:])
    tops = session.arrays(session.log.entry(RESULT))["top_ids"][0]
    gaps = (
        (abs(float(logits[position, token] - logits[position, other])), position, place, other)
        for position, row in enumerate(tops)
        for place, token in enumerate(row.tolist())
        for other in range(256)
        if other not in row
    )
    _, position, place, other = min(gap for gap in gaps if gap[0] > 3e-4)

    def renamed(arrays: dict[str, Array]) -> None:
        arrays["top_ids"][0, position, place] = other

    def respelt(data: Data) -> None:
        elsewhere(data)
        vocabulary = data["result"]["vocabulary"]
        vocabulary[str(other)] = model.pieces([other])[0]

    def arrays(entry: Entry) -> Mapping[str, Array]:
        found = {name: array.copy() for name, array in session.arrays(entry).items()}
        renamed(found)
        return found

    (record,) = replay(Edited(session, RESULT, respelt), model, arrays).records
    assert record.agreement is Agreement.DIVERGED
    assert record.figures["relative error"] < record.tolerance.drift
    assert record.tolerance.margin < record.figures["named"] < 10 * record.tolerance.margin


def a_misspelt_token(data: Data) -> None:
    first = next(iter(data["result"]["vocabulary"]))
    data["result"]["vocabulary"][first] = "Bergen"


def another_title(data: Data) -> None:
    data["result"]["grid"]["title"] = "Who?"


def another_tracked_token(data: Data) -> None:
    data["result"]["tracked"][0]["text"] = "N"


@pytest.mark.parametrize("forge", [another_headline, a_misspelt_token, another_title, another_tracked_token])
def test_a_lens_that_is_told_otherwise_diverges(asked: Asked, forge: Forgery) -> None:
    session = asked(LENS)
    diverges(session, forge)


def test_readings_that_are_off_by_rounding_are_tolerated_and_told(asked: Asked) -> None:
    session = asked(LENS)

    def rounded(arrays: dict[str, Array]) -> None:
        rng = np.random.default_rng(0)
        for name in ("top_logprobs", "control_tracked_logprobs"):
            arrays[name] = arrays[name] + rng.uniform(-1e-5, 1e-5, arrays[name].shape).astype(np.float32)

    record = with_arrays(session, rounded)
    assert record.agreement is Agreement.TOLERANT
    assert 0 < record.figures["relative error"] < 1e-5
    assert 1 - 1e-9 < record.figures["cosine"] <= 1


# versions of the workbench


class OfAnotherVersion(Edited):
    """A log of scores that says an earlier version wrote it, and as that version drew unless told otherwise."""

    def __init__(self, session: Session, forge: Forgery = lambda data: None, sampler: str = "gumbel-philox-1") -> None:
        def elsewhen(data: Data) -> None:
            data["environment"]["sampler"] = sampler
            forge(data)

        super().__init__(session, None, elsewhen)

    def _changed(self, entry: Entry) -> Entry:
        changed = super()._changed(entry)
        known = EARLIER["0.1.0"].records[entry.kind]
        data = {name: value for name, value in changed.data.items() if name in known}
        if entry.kind == "genesis":
            data |= {"workbench": "0.1.0", "probes": {"score": entry.data["probes"]["score"] | {"version": 1}}}
        if entry.kind == "intent":
            data |= {"version": 1}
        return dataclasses.replace(changed, data=data)


def off_by(nats: float) -> Forgery:
    def forge(data: Data) -> None:
        token(data)["logprob"] += nats
        add_up(data)

    return forge


@pytest.mark.parametrize(
    ("forge", "sampler", "agreement"),
    [
        (lambda data: None, "gumbel-philox-1", Agreement.EXACT),
        (off_by(1e-6), "gumbel-philox-1", Agreement.UNREPLAYABLE),
        (off_by(0.5), "gumbel-philox-1", Agreement.DIVERGED),
        (off_by(1e-6), "gumbel-philox-2", Agreement.DIVERGED),
    ],
    ids=["equal", "near", "beyond", "near, with what that version did not know"],
)
def test_who_claims_an_earlier_version_has_to_be_exact_all_the_same(
    asked: Asked, forge: Forgery, sampler: str, agreement: Agreement
) -> None:
    session = asked(SCORE)
    (record,) = run_again(session, toy(session), OfAnotherVersion(session, forge, sampler)).records
    assert (record.agreement, record.release, record.tolerance.logits) == (agreement, "0.1.0", 0)
    assert (agreement is Agreement.UNREPLAYABLE) == ("replay it with that version" in record.note)


def test_what_earlier_versions_quoted_with_its_own_marks_is_the_same_summary(session: Session) -> None:
    session.run(Score(prompt=QUESTION, answers=('a “b” "c"', "“d”\n1")))

    def spelled(data: Data) -> None:
        data["summary"] = data["summary"].translate(str.maketrans("‘’↵", "“”\n"))

    def told(edit: Forgery) -> ReplayedRecord:
        (record,) = run_again(session, toy(session), Edited(session, RESULT, edit)).records
        return record

    assert "‘b’ ’c’" in session.log.entry(RESULT).data["summary"]
    assert told(spelled).agreement is Agreement.EXACT
    other = told(lambda data: data.update(summary=data["summary"].replace("‘b’", "‘e’")))
    assert (other.agreement, other.note) == (Agreement.DIVERGED, "Its summary is not that of its result.")


class Counting(ToyModel):
    """Knows how many tokens it was to read."""

    read = 0

    def forward(self, ids: Any, **given: Any) -> Any:
        self.read += len(ids)
        return super().forward(ids, **given)

    def generate(self, *given: Any, **more: Any) -> Any:
        drawn = super().generate(*given, **more)
        self.read += sum(len(one.tokens) for one in drawn)
        return drawn

    def continuations(self, ids: Any, continuations: Any, **given: Any) -> Any:
        self.read += len(ids) + sum(map(len, continuations))
        return super().continuations(ids, continuations, **given)


class Otherwise(Edited):
    """A log whose first probe was asked with these arguments, and answered so."""

    def __init__(self, session: Session, arguments: Probe, forge: Forgery = lambda data: None) -> None:
        super().__init__(session, RESULT, forge)
        self._arguments = arguments.model_dump(mode="json")

    def _changed(self, entry: Entry) -> Entry:
        if entry.seq == RESULT - 1:
            return dataclasses.replace(entry, data=entry.data | {"arguments": self._arguments})
        return super()._changed(entry)


SMALL = Intervene(prompt=QUESTION, answer="Y", put="zero", layers=(0,), positions=1, checked=1)
DEAR = SMALL.model_copy(update={"layers": (), "positions": 512, "checked": 64, "randoms": 100})
SCOPE = Patchscope(prompt=QUESTION, source=Prompt.ask("Who?"), layers=(0,))
LONG = Score(prompt=QUESTION, answers=tuple(f"It is number {n}." for n in range(60)))


def counted(session: Session, records: Any = None) -> tuple[ReplayedRecord, int]:
    model = Counting.random(seed=1, digest=session.case.model_digest)
    (record,) = run_again(session, model, records).records
    return record, model.read


def stopped_and_drawn(data: Data) -> None:
    data["status"] = "cancelled"
    del data["result"]["samples"][1:]
    changed = data["result"]["samples"][0]
    changed.update(stop="cancelled", ids=[(changed["ids"][0] + 1) % 256, *changed["ids"][1:]])
    retold(data)


def stopped(data: Data) -> None:
    """It came to nothing that was held against a control, and states another effect than it would."""
    data["status"], data["result"]["places"] = "cancelled", []
    data["result"]["plain"] += 1


@pytest.mark.parametrize(
    ("small", "dear", "forge"),
    [
        (SMALL, DEAR, lambda data: None),
        (SMALL, DEAR, lambda data: data["result"].update(layers=[0, 1])),
        (SMALL, DEAR, stopped),
        (SAMPLE, SAMPLE.model_copy(update={"samples": 100, "max_tokens": 100}), stopped_and_drawn),
        (SMALL, SMALL, lambda data: data["result"].update(layers=[0] * 4000)),
        (SCOPE, SCOPE, lambda data: data["result"].update(readings=data["result"]["readings"] * 4000)),
        (LONG.model_copy(update={"answers": LONG.answers[:1]}), LONG, lambda data: multiplied(data, 60)),
    ],
    ids=["dear", "dear as far as it says", "stopped", "stopped as it was drawn", "one layer", "one reading", "texts"],
)
def test_no_record_makes_its_judge_read_many_times_what_it_says_that_it_took(
    session: Session, small: Probe, dear: Probe, forge: Forgery
) -> None:
    """Each such record would be within the budget, and take whoever replays it hundreds of times as much."""
    session.run(small)
    record, honest = counted(session)
    assert record.agreement is Agreement.EXACT
    for claim in (lambda data: None, elsewhere):

        def both(data: Data, claim: Forgery = claim) -> None:
            forge(data)
            claim(data)

        record, read = counted(session, Otherwise(session, dear, both))
        assert record.agreement is Agreement.DIVERGED, record.note
        assert read <= 20 * honest + 1000, "with what it takes to measure how far off rounding is"


def multiplied(data: Data, times: int) -> None:
    data["result"]["strips"] = data["result"]["strips"] * times


def test_what_says_that_it_was_cheap_and_is_dear_is_told_so(session: Session) -> None:
    session.run(LONG.model_copy(update={"answers": LONG.answers[:1]}))
    (record, _) = counted(session, Otherwise(session, LONG, lambda data: multiplied(data, 60)))
    assert "by its own account, and its question takes more than" in record.note


@pytest.mark.parametrize("checked", [1, 26, 64])
def test_asking_to_have_more_places_checked_than_there_are_is_honest(session: Session, checked: int) -> None:
    """It reads a small part of what it would if there were so many."""
    outcome = session.run(SMALL.model_copy(update={"checked": checked}))
    assert outcome.result is not None and len(outcome.result.effects) == 1
    record, read = counted(session)
    assert (record.agreement, read) == (Agreement.EXACT, outcome.result.cost.forward_tokens)


def test_an_answer_that_ends_at_once_is_honest_however_long_it_might_have_been(session: Session) -> None:
    model, short = toy(session), ENDING.model_copy(update={"samples": 1, "max_tokens": 4})
    seeded = (short.model_copy(update={"seed": seed}) for seed in range(2000))
    ending = next(probe for probe in seeded if probe.run(model, Silent()).samples[0].stop == "end")
    session.run(ending.model_copy(update={"max_tokens": 200}))
    assert len(session.log.entry(RESULT).data["result"]["samples"][0]["ids"]) <= 4
    assert counted(session)[0].agreement is Agreement.EXACT


@pytest.mark.parametrize("probe", [SMALL, SCOPE], ids=lambda probe: probe.kind)
def test_layers_that_were_not_asked_for_are_no_answer(session: Session, probe: Any) -> None:
    """Of all of them one might be picked that shows what is wanted."""
    session.run(probe.model_copy(update={"layers": (1,)}))
    for layers, expected in (((1,), Agreement.EXACT), ((0,), Agreement.DIVERGED), ((), Agreement.DIVERGED)):
        asked = probe.model_copy(update={"layers": layers})
        assert counted(session, Otherwise(session, asked))[0].agreement is expected, layers
