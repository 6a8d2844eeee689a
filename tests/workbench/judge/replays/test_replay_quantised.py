"""On quantised weights, where two ways of computing differ by much: no invention passes, and no honest record is called
a lie."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.llama.model import LlamaModel
from backends.model import Edit, FloatArray, Model
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from casefiles.keys.identity import Identity
from tests.backends import llama_cases
from tests.workbench.forged import Edited
from workbench.contract.comparison import Agreement
from workbench.contract.prompt import Prompt
from workbench.contract.tolerance import WIDEST, Calibration
from workbench.door.session import Session
from workbench.judge.replays.replay import ReplayedRecord, replay
from workbench.probes import LogitLens, Sample, Score

Data = dict[str, Any]
Forgery = Callable[[Data], object]

QUESTION = Prompt.raw("the capital of Norway is", begin=False)
"""After its beginning token the lens of the toy is so sure that a forger has too little left to add."""
DRAWN = Sample(prompt=QUESTION, samples=5, seed=3, max_tokens=13, temperature=0.8)
GREEDY = DRAWN.model_copy(update={"temperature": 0.0, "samples": 1})
SCORE = Score(prompt=QUESTION, answers=(" hello", " thé"))
LENS = LogitLens(prompt=QUESTION, top=3)
PROBES = (DRAWN, GREEDY, SCORE, LENS)
RESULTS = (2, 4, 6, 8)


def elsewhere(data: Data) -> None:
    data["environment"]["machine"] = "elsewhere"


def as_recorded(data: Data) -> None:
    pass


class Wide(ToyModel):
    """A toy with a large vocabulary, of which one pass and a split one differ as those of a 4-bit file do: by little
    where a token is likely, and by up to two nats far below, where nobody looks."""

    near, far = 0.05, 1.9

    @property
    def environment(self) -> Mapping[str, str | int | bool]:
        return {**super().environment, "dtype": "q4_k"}

    def continuations(
        self, ids: Sequence[int], continuations: Sequence[Sequence[int]], *, edits: Sequence[Edit] = ()
    ) -> list[FloatArray]:
        found = super().continuations(ids, continuations, edits=edits)
        return [logits + self._off(logits) for logits in found]

    def _off(self, logits: FloatArray) -> FloatArray:
        below = logits.max(axis=-1, keepdims=True) - logits
        side = np.where(np.arange(logits.shape[-1]) % 2, np.float32(1), np.float32(-1))
        return side * np.where(below < 8, np.float32(self.near), np.float32(self.far))


class Hopeless(Wide):
    """One that differs from itself by as much where it matters."""

    near = 1.9


def wide(kind: type[Wide], digest: str) -> Wide:
    weights = dict(ToyModel.random(seed=1, vocab=20_000).tensors)
    weights["lm_head.weight"] = weights["lm_head.weight"] * 4  # opinionated: few draws are of the tail
    return kind(weights, heads=4, kv_heads=2, digest=digest)


def quantised(source: Path, target: Path, kind: int) -> Path:
    """A GGUF file quantised by llama.cpp itself."""
    import llama_cpp

    target.parent.mkdir()
    how = llama_cpp.llama_model_quantize_default_params()
    how.ftype, how.nthread = kind, 1
    assert llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(how)) == 0
    return target.parent


@pytest.fixture(scope="module")
def q4(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return quantised(llama_cases.gguf("llama"), tmp_path_factory.mktemp("gguf") / "q4" / "model.gguf", 2)


Open = Callable[[str], Model]
MODELS = ("wide", "hopeless", "q8_0", "q4_0")


@pytest.fixture(scope="module")
def open_as(lasting_case: Case, q4: Path) -> Iterator[Open]:
    opened: list[Model] = []

    def open_(name: str) -> Model:
        digest = lasting_case.model_digest
        if name in ("wide", "hopeless"):
            opened.append(wide(Wide if name == "wide" else Hopeless, digest))
        else:
            folder = q4 if name == "q4_0" else llama_cases.gguf("llama", "q8_0").parent
            files = ModelFiles(folder, llama_cases.tokenizer(), digest)
            opened.append(LlamaModel.open(files, EngineSettings(backend="llama", threads=1)))
        return opened[-1]

    yield open_
    for model in opened:
        model.close()


@pytest.fixture(scope="module", params=MODELS)
def recorded(
    request: pytest.FixtureRequest,
    lasting_case: Case,
    auditor: Identity,
    open_as: Open,
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """A session on a quantised model, and that model."""
    model = open_as(request.param)
    folder = tmp_path_factory.mktemp("sessions") / "quantised.session"
    with Session.create(lasting_case, folder, auditor, lambda: model) as session:
        for probe in PROBES:
            outcome = session.run(probe)
            assert outcome.status == "ok", outcome.refusal
        yield session, model


def replayed(session: Session, model: Model, *forgeries: tuple[int | None, Forgery]) -> dict[int, ReplayedRecord]:
    log: Any = session.log
    for seq, forge in forgeries:
        log = Edited(session if log is session.log else _Beneath(log), seq, forge)  # type: ignore[arg-type]
    return {record.seq: record for record in replay(log, model, session.arrays).records}


class _Beneath:
    """Lets one edit stand upon another."""

    def __init__(self, log: Edited) -> None:
        self.log = log


def invented(model: Model, seed: int) -> Forgery:
    """Answers that nobody drew, of plausible lengths, told as carefully as a forger would."""

    def forge(data: Data) -> None:
        rng = np.random.default_rng(seed)
        ends = model.card.end_tokens
        for sample in data["result"]["samples"]:
            ids = [int(token) for token in rng.integers(97, 123, DRAWN.max_tokens)]
            assert not set(ids) & set(ends)
            sample.update(ids=ids, text=model.decode(ids), stop="length")

    return forge


@cache
def second(model: Model, prompt: tuple[int, ...]) -> list[int]:
    """At every step the second likeliest token: what could hardly be nearer."""
    ids: list[int] = []
    while len(ids) < DRAWN.max_tokens:
        order = np.argsort(-model.forward([*prompt, *ids], rows=[-1]).logits[0])
        ids.append(int(next(token for token in order[1:] if token not in model.card.end_tokens)))
    return ids


def runners_up(model: Model) -> Forgery:
    def forge(data: Data) -> None:
        ids = second(model, tuple(data["result"]["prompt_ids"]))
        for sample in data["result"]["samples"]:
            sample.update(ids=ids, text=model.decode(ids), stop="length")

    return forge


def near_certain(data: Data) -> None:
    """A score of the first answer forged from next to nothing to 99.9 %."""
    strip = data["result"]["strips"][0]
    for token in strip["tokens"]:
        token.update(logprob=-0.001, rank=1)
    strip["logprob"] = sum(token["logprob"] for token in strip["tokens"])


def test_in_its_own_environment_every_record_is_exact(recorded: tuple[Session, Model]) -> None:
    session, model = recorded
    found = replayed(session, model)
    assert {record.agreement for record in found.values()} == {Agreement.EXACT}, [r.note for r in found.values()]
    assert all(record.tolerance.margin == 0 for record in found.values())


def test_elsewhere_an_honest_record_is_no_lie(recorded: tuple[Session, Model]) -> None:
    session, model = recorded
    found = replayed(session, model, (None, elsewhere))
    assert all(record.tolerance.logits <= WIDEST for record in found.values())
    told = {record.agreement for record in found.values()}
    if isinstance(model, Hopeless):
        assert Agreement.UNREPLAYABLE in told and told <= {Agreement.UNREPLAYABLE, Agreement.TOLERANT}
        assert all("differs from itself" in r.note for r in found.values() if r.agreement is Agreement.UNREPLAYABLE)
    else:
        assert told == {Agreement.TOLERANT}, [r.note for r in found.values()]


@pytest.mark.parametrize("claim", [as_recorded, elsewhere])
@pytest.mark.parametrize("forgery", [invented, lambda model, seed: runners_up(model)], ids=["invented", "runners-up"])
def test_no_invented_answer_passes_at_any_temperature(
    recorded: tuple[Session, Model], claim: Forgery, forgery: Callable[[Model, int], Forgery]
) -> None:
    session, model = recorded
    forge = forgery(model, 7)
    for seq in RESULTS[:2]:

        def both(data: Data) -> None:
            forge(data)
            claim(data)

        found = replayed(session, model, (seq, both))[seq]
        assert found.figures["agree"] < found.figures["tokens"] / 2
        refused = {Agreement.DIVERGED} if claim is as_recorded or not isinstance(model, Hopeless) else _DOUBTED
        assert found.agreement in refused, found.note


_DOUBTED = {Agreement.DIVERGED, Agreement.UNREPLAYABLE}


@pytest.mark.parametrize("claim", [as_recorded, elsewhere])
def test_a_forged_score_passes_nowhere(recorded: tuple[Session, Model], claim: Forgery) -> None:
    session, model = recorded

    def both(data: Data) -> None:
        near_certain(data)
        claim(data)

    assert session.log.entry(RESULTS[2]).data["result"]["strips"][0]["logprob"] < -4.7  # under a hundredth
    assert replayed(session, model, (RESULTS[2], both))[RESULTS[2]].agreement in _DOUBTED


@pytest.mark.parametrize("claim", [as_recorded, elsewhere])
def test_a_lens_forged_in_its_later_layers_passes_nowhere(recorded: tuple[Session, Model], claim: Forgery) -> None:
    session, model = recorded
    arrays = {name: array.copy() for name, array in session.arrays(session.log.entry(RESULTS[3])).items()}
    arrays["top_logprobs"][1:, :, 0] = -0.001
    log: Any = Edited(session, RESULTS[3], claim)
    (found,) = (
        record
        for record in replay(log, model, lambda entry: arrays if entry.seq == RESULTS[3] else {}).records
        if record.seq == RESULTS[3]
    )
    assert found.agreement in _DOUBTED


def test_what_is_measured_is_what_matters(case: Case) -> None:
    """Over all of a large vocabulary the two ways differ by 1.9 nats; among what may be drawn by a twentieth."""
    model = wide(Wide, case.model_digest)
    ids = model.encode(Calibration.TEXT)[:20]
    whole, (split,) = model.forward(ids, rows=range(9, 19)).logits, model.continuations(ids[:10], [ids[10:]])
    assert np.abs(whole - split).max() > 1.8
    measured = Calibration(model).measured
    assert measured.greatest == pytest.approx(0.05, rel=1e-2)
    assert measured.usual < 0.11


def test_another_engine_calls_nobody_a_liar(
    case: Case, auditor: Identity, open_as: Open, q4: Path, tmp_path: Path
) -> None:
    """An honest record of llama.cpp on four bits, replayed on the weights it was quantised from: by torch, and by
    llama.cpp in another format."""
    from backends.torch.model import TorchModel

    four_bits = open_as("q4_0")
    with Session.create(case, tmp_path / "four.session", auditor, lambda: four_bits) as session:
        for probe in PROBES:
            assert session.run(probe).status == "ok"
        files = ModelFiles(llama_cases.checkpoint("llama"), llama_cases.tokenizer(), case.model_digest)
        for other in (TorchModel.open(files, EngineSettings(device="cpu", threads=1)), open_as("q8_0")):
            found = replayed(session, other)
            assert {record.agreement for record in found.values()} == {Agreement.UNREPLAYABLE}
            assert all("its own engine and number format" in record.note for record in found.values())
