"""The engine process: it may crash, hang, run out of memory or lie, and the session goes on."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import platform
import shutil
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from backends.model import Aim, Edit, Message, ModelRefusal, Pass, resid_post
from backends.model_files import ModelFiles
from backends.process import answers, calls, child, homes
from backends.process.framing import Arena, BrokenWireError, Frame, Wire
from backends.process.isolated import IsolatedModel
from backends.sampling import Sampling
from backends.settings import EngineSettings
from backends.toy_model import ToyModel
from tests.backends import tiny
from tests.backends.stepping import stepped

IDS = [256, 5, 17, 200, 44]
FOREVER = Sampling(max_tokens=50)
_fresh = itertools.count()

linux = pytest.mark.skipif(sys.platform != "linux", reason="confinement is made of Linux system calls")


def ping(model: IsolatedModel) -> list[int]:
    """Something that its process has to be asked for; what a vocabulary said before is not asked again."""
    return model.encode(f"x{next(_fresh)}")


@pytest.fixture(scope="module")
def inside(saved: Callable[[str], Path], tokenizer: Path) -> ToyModel:
    """The same model in this process."""
    return ToyModel.open(ModelFiles(saved("llama"), tokenizer, "ef" * 32))


@pytest.fixture(scope="module")
def model(saved: Callable[[str], Path], tokenizer: Path) -> Iterator[IsolatedModel]:
    opened = IsolatedModel(
        ModelFiles(saved("llama"), tokenizer, "ef" * 32), EngineSettings(backend="toy", device="cpu"), silence=20
    )
    yield opened
    opened.close()
    opened.close()


def test_everything_crosses_the_wire_unchanged(model: IsolatedModel, inside: ToyModel) -> None:
    assert model.card == inside.card
    assert model.capabilities == inside.capabilities
    text = "hello té <|end|>"
    assert model.encode(text, special=True) == inside.encode(text, special=True)
    assert model.decode([259, 72]) == inside.decode([259, 72])
    assert model.pieces([259, 72, 299]) == inside.pieces([259, 72, 299])
    edits = [
        Edit(resid_post(0), "add", np.arange(64, dtype=np.float32).reshape(2, 32), factor=0.1, positions=(1, 3)),
        Edit("blocks.1.attn.hook_z", "zero", head=1),
        Edit("blocks.2.attn.hook_pattern", "scale", factor=0.5),
        Edit("blocks.2.mlp.hook_post", "replace", np.ones(48, np.float32)),
    ]
    sites = ["hook_embed", resid_post(2), "blocks.1.attn.hook_pattern", "blocks.0.attn.hook_z"]
    mine, theirs = (m.forward(IDS, capture=sites, edits=edits, rows=[-1, 0]) for m in (model, inside))
    assert np.array_equal(mine.logits, theirs.logits)
    assert mine.logits.dtype == np.float32
    assert list(mine.captured) == sites
    assert all(np.array_equal(mine.captured[site], theirs.captured[site]) for site in sites)
    assert model.forward(IDS, rows=[]).logits.shape == (0, tiny.VOCAB)
    batch = [
        Pass(IDS, sites, edits, rows=[-1], keep=[3, -1]),
        Pass(IDS[:2]),
        Pass(IDS[1:], sites[::-1], edits[1:2], rows=[]),
    ]
    for one, other in zip(*(m.forwards(batch) for m in (model, inside)), strict=True):
        assert np.array_equal(one.logits, other.logits)
        assert list(one.captured) == list(other.captured)
        assert all(np.array_equal(array, other.captured[site]) for site, array in one.captured.items())
    assert model.forwards([]) == []
    s = Sampling(seed=2**63 - 1, max_tokens=5, temperature=0.8, top_k=50, top_p=0.9, min_p=0.01)
    assert model.generate(IDS, s, n=3, edits=edits[2:]) == inside.generate(IDS, s, n=3, edits=edits[2:])
    for a, b in zip(*(m.continuations(IDS, [[1, 2], [], [3]]) for m in (model, inside)), strict=True):
        assert np.array_equal(a, b)
    texts = [[1, 2], [], [3]]
    for a, b in zip(*(m.scores(IDS, texts, edits=edits[2:], top=4) for m in (model, inside)), strict=True):
        for name, value in vars(b).items():
            assert np.array_equal(vars(a)[name], value), name
            assert vars(a)[name].dtype == value.dtype
    assert model.scores(IDS, []) == []
    assert np.array_equal(model.readout(mine.captured[resid_post(2)]), inside.readout(theirs.captured[resid_post(2)]))
    for at in ("tokens", "blocks.1.attn.hook_z"):
        mine_of, inside_of = (
            m.gradient(IDS, [Aim(-1, 7), Aim(2, 9, -2.0)], at=at, edits=edits[:1], keep=[4]) for m in (model, inside)
        )
        assert mine_of.total == inside_of.total
        assert np.array_equal(mine_of.slopes, inside_of.slopes)
    for name in ("embed", "blocks.1.ln1.w", "blocks.1.attn.W_Q"):
        assert np.array_equal(model.weights(name), inside.weights(name))
    one, other = (m.reading(theirs.captured[resid_post(2)], IDS) for m in (model, inside))
    assert np.array_equal(one.directions, other.directions)
    assert np.array_equal(one.offsets, other.offsets)


def test_a_cursor_steps_in_the_other_process(model: IsolatedModel, inside: ToyModel) -> None:
    edits = [Edit("blocks.1.attn.hook_z", "zero", head=1), Edit(resid_post(0), "add", np.ones(32, np.float32))]
    how = Sampling(seed=4, max_tokens=12, temperature=2.0)
    drawn = inside.generate(IDS, how, n=20, edits=edits)
    assert stepped(model, IDS, how, 20, edits=edits, between=lambda: ping(model)) == drawn
    assert {one.stop for one in drawn} == {"end", "length"}
    one, other = model.cursor(IDS, 1, steps=2), model.cursor(IDS[:2], 1, steps=2)
    one.advance([3])
    other.advance([3])
    assert np.array_equal(one.logits, inside.forward([*IDS, 3], rows=[-1]).logits)
    assert np.array_equal(other.logits, inside.forward([*IDS[:2], 3], rows=[-1]).logits)
    model.abort()
    with pytest.raises(ModelRefusal, match=r"cursor is gone|was stopped|had died"):
        one.advance([3])
    assert ping(model)
    with pytest.raises(ModelRefusal, match="cursor is gone"):
        other.advance([3])
    one.close()


def test_a_refusal_crosses_the_wire_word_for_word(model: IsolatedModel, inside: ToyModel) -> None:
    told = []
    for each in (model, inside):
        with pytest.raises(ModelRefusal) as caught:
            each.forward([10_000])
        told.append((caught.value.code, caught.value.what, caught.value.why, caught.value.try_this))
    assert told[0] == told[1]


def test_tokens_are_streamed_in_order_while_they_are_drawn(model: IsolatedModel) -> None:
    arrived: list[tuple[float, int, list[int]]] = []
    samples = model.generate(
        IDS, FOREVER, n=20, on_tokens=lambda s, new, _: arrived.append((time.monotonic(), s, list(new)))
    )
    done = time.monotonic()
    for number, sample in enumerate(samples):
        assert [token for _, s, new in arrived for token in new if s == number] == list(sample.tokens)
    assert len({at for at, _, _ in arrived}) > 5
    assert arrived[0][0] < done - 0.5 * (done - arrived[-1][0])


def test_tokens_that_are_half_a_character_yet_travel_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that whoever keeps what came, if the engine ends here, knows which tokens the text is of."""
    monkeypatch.setattr(calls, "_FLUSH", 3600.0)
    sent: list[list[tuple[int, list[int], str]]] = []
    courier = calls._Courier(sent.append)
    courier._last = time.monotonic()
    for sample, tokens, text in ((0, [1], "a"), (1, [2], "b"), (0, [3], ""), (0, [4], ""), (0, [5], "€"), (0, [6], "")):
        courier(sample, tokens, text)
    courier.flush()
    assert sent == [[(0, [1, 3, 4, 5], "a€"), (0, [6], ""), (1, [2], "b")]]


def test_cancel_reaches_a_running_call(model: IsolatedModel) -> None:
    cancel = threading.Event()
    samples = model.generate(IDS, FOREVER, n=500, on_tokens=lambda *_: cancel.set(), cancel=cancel)
    assert samples[-1].stop == "cancelled"
    assert sum(len(s.tokens) for s in samples) < 500 * 25
    assert ping(model)


def test_an_exception_in_the_listener_stops_the_call_and_nothing_else(model: IsolatedModel) -> None:
    process = model.process

    def fail(_: int, __: object, ___: str) -> None:
        raise RuntimeError("the view is gone")

    with pytest.raises(RuntimeError, match="the view is gone"):
        model.generate(IDS, FOREVER, n=300, on_tokens=fail)
    assert model.process == process
    assert model.encode("h") == [tiny_id(model, "h")]


def tiny_id(model: IsolatedModel, text: str) -> int:
    return next(i for i in range(256) if model.pieces([i]) == [text])


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGKILL", "SIGBUS"])
def test_a_dead_engine_ends_the_call_with_its_cause_and_is_started_again(model: IsolatedModel, name: str) -> None:
    process = model.process
    assert process is not None

    def shoot(_: int, __: object, ___: str) -> None:
        os.kill(process, getattr(signal, name))

    with pytest.raises(ModelRefusal, match=name) as caught:
        model.generate(IDS, FOREVER, n=300, on_tokens=shoot)
    assert caught.value.code == "model.crashed"
    assert ("memory" in caught.value.why) == (name == "SIGKILL")
    assert f"by {name}, " in caught.value.why  # and what that means
    assert "avoid the input" in caught.value.try_this
    assert model.process is None
    assert model.forward(IDS).logits.shape == (5, tiny.VOCAB)
    assert model.process not in (None, process)


def test_what_the_vocabulary_said_is_not_asked_again(model: IsolatedModel, inside: ToyModel) -> None:
    turns, passed = [Message("user", "again and again")], model._engine._number
    for _ in range(3):
        assert model.render(turns) == inside.render(turns)
        assert model.decode(model.encode("once")) == "once"
        model.encode("once").append(0)  # what is given out is the caller's
    assert model._engine._number == passed + 3


def test_a_call_is_not_blamed_for_a_death_before_it(model: IsolatedModel) -> None:
    ping(model)
    assert model._engine.child is not None
    model._engine.child.process.kill()
    model._engine.child.process.wait()
    with pytest.raises(ModelRefusal, match="before this call") as caught:
        ping(model)
    assert "SIGKILL" in caught.value.why
    assert "avoid" not in caught.value.try_this
    assert ping(model)


def test_no_input_is_blamed_for_a_death_while_the_model_loads(saved: Callable[[str], Path], tokenizer: Path) -> None:
    def shoot(begun: IsolatedModel) -> None:
        assert begun.process is not None
        os.kill(begun.process, signal.SIGSEGV)

    with pytest.raises(ModelRefusal, match="while it loaded the model") as caught:
        IsolatedModel(
            ModelFiles(saved("llama"), tokenizer, ""), EngineSettings(backend="torch", device="cpu"), begun=shoot
        )
    assert "SIGSEGV" in caught.value.why
    assert "input" not in caught.value.try_this and "Verify the case" in caught.value.try_this


def test_an_engine_that_was_stopped_is_not_said_to_have_died(saved: Callable[[str], Path], tokenizer: Path) -> None:
    with pytest.raises(ModelRefusal, match="The engine was stopped") as caught:
        IsolatedModel(
            ModelFiles(saved("llama"), tokenizer, ""),
            EngineSettings(backend="torch", device="cpu"),
            begun=lambda begun: begun.abort(),
        )
    assert "on request" in caught.value.why
    assert "died" not in str(caught.value) and "input" not in caught.value.try_this


def test_a_hung_engine_is_ended(saved: Callable[[str], Path], tokenizer: Path) -> None:
    model = IsolatedModel(
        ModelFiles(saved("llama"), tokenizer, ""), EngineSettings(backend="toy", device="cpu"), silence=2.0
    )
    process = model.process
    assert process is not None

    def freeze(_: int, __: object, ___: str) -> None:
        os.kill(process, signal.SIGSTOP)

    with pytest.raises(ModelRefusal, match="no sign of life for 2 seconds"):
        model.generate(IDS, FOREVER, n=300, on_tokens=freeze)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert ping(model)
    model.close()


def test_an_interrupt_at_the_keyboard_leaves_the_engine_alone(model: IsolatedModel) -> None:
    process = model.process
    assert process is not None
    seen = []

    def interrupt(_: int, __: object, ___: str) -> None:
        if not seen:
            os.kill(process, signal.SIGINT)
        seen.append(1)

    samples = model.generate(IDS, Sampling(max_tokens=5), n=10, on_tokens=interrupt)
    assert {len(s.tokens) for s in samples} <= set(range(1, 6))
    assert model.process == process


@linux
def test_memory_without_bound_ends_in_words(saved: Callable[[str], Path], tokenizer: Path) -> None:
    """A context a thousand times longer than the weights were made for, in 400 MB."""
    folder = saved("llama")
    config = json.loads((folder / "config.json").read_text())
    config["max_position_embeddings"] = 100_000
    weights = tokenizer.parent / "hungry"
    weights.mkdir()
    (weights / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    (weights / "config.json").write_text(json.dumps(config))
    model = IsolatedModel(
        ModelFiles(weights, tokenizer, ""), EngineSettings(backend="toy", device="cpu", memory_limit=400 * 2**20)
    )
    assert model.environment["memory_limit"] == 400 * 2**20
    with pytest.raises(ModelRefusal, match="ran out of memory") as caught:
        model.forward([5] * 20_000, rows=[-1])
    assert caught.value.code == "model.crashed"
    assert model.forward(IDS).logits.shape == (5, tiny.VOCAB)
    model.close()


@linux
@pytest.mark.parametrize("backend", ["toy", "torch", "llama"])
def test_a_model_in_a_folder_whose_name_is_no_text_is_opened_too(
    saved: Callable[[str], Path], tokenizer: Path, tmp_path: Path, backend: str
) -> None:
    place = tmp_path / os.fsdecode(b"\xff\xfe") / "x.case"
    shutil.copytree(saved("llama"), place / "weights")
    shutil.copytree(tokenizer, place / "tokenizer")
    settings = EngineSettings(backend=backend, device="cpu")
    plain, odd = (
        IsolatedModel(ModelFiles(weights, words, "ef" * 32), settings)
        for weights, words in ((saved("llama"), tokenizer), (place / "weights", place / "tokenizer"))
    )
    with contextlib.closing(plain), contextlib.closing(odd):
        np.testing.assert_array_equal(odd.forward(IDS).logits, plain.forward(IDS).logits)


def test_a_model_that_cannot_be_opened_leaves_no_process(tmp_path: Path, tokenizer: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelRefusal) as caught:
        IsolatedModel(ModelFiles(tmp_path, tokenizer, ""), EngineSettings(backend="toy", device="cpu"))
    assert caught.value.code == "model.unreadable"
    with pytest.raises(ModelRefusal):
        IsolatedModel(ModelFiles(tmp_path / "nowhere", tokenizer, ""), EngineSettings(backend="toy", device="cpu"))


def test_files_that_change_between_two_starts_are_noticed(saved: Callable[[str], Path], tokenizer: Path) -> None:
    folder = tokenizer.parent / "changing"
    folder.mkdir()
    for name in ("config.json", "model.safetensors"):
        (folder / name).write_bytes((saved("llama") / name).read_bytes())
    model = IsolatedModel(ModelFiles(folder, tokenizer, ""), EngineSettings(backend="toy", device="cpu"))
    assert model.process is not None
    os.kill(model.process, signal.SIGKILL)
    with pytest.raises(ModelRefusal):
        ping(model)
    (folder / "model.safetensors").write_bytes((saved("llama-tied") / "model.safetensors").read_bytes())
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"max_position_embeddings": 32}))
    with pytest.raises(ModelRefusal, match="not the one that was open"):
        ping(model)
    model.close()


def test_edits_that_json_cannot_spell_are_refused_as_in_this_process(model: IsolatedModel, inside: ToyModel) -> None:
    process = model.process or (ping(model) and model.process)
    odd = Edit(resid_post(0), "scale", factor=float("nan"))
    told = []
    for each in (model, inside):
        with pytest.raises(ModelRefusal) as caught:
            each.forward(IDS, edits=[odd])
        told.append(str(caught.value))
    assert told[0] == told[1]
    by_number = Edit("blocks.1.attn.hook_z", "zero", head=np.int64(1))  # type: ignore[arg-type]
    assert np.array_equal(*(each.forward(IDS, edits=[by_number]).logits for each in (model, inside)))
    assert model.process == process


def test_a_text_that_no_frame_holds_is_refused(model: IsolatedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    ping(model)
    process = model.process
    monkeypatch.setattr("backends.process.framing.FRAME_LIMIT", 10_000)
    with pytest.raises(ModelRefusal, match="too long") as caught:
        model.encode("x" * 20_000)
    assert caught.value.code == "model.input"
    assert ping(model)
    assert model.process == process


@linux
def test_arrays_that_the_engine_has_no_memory_for_end_in_words(saved: Callable[[str], Path], tokenizer: Path) -> None:
    """They arrive on a thread of their own, beside the one that shows signs of life."""
    model = IsolatedModel(
        ModelFiles(saved("llama"), tokenizer, ""), EngineSettings(backend="toy", device="cpu", memory_limit=300 * 2**20)
    )
    with pytest.raises(ModelRefusal, match="no memory for the arrays") as caught:
        model.readout(np.zeros((4_000_000, 32), np.float32))
    assert "300 MiB" in caught.value.try_this
    assert ping(model)
    model.close()


def test_a_call_that_gets_no_further_is_ended_though_the_engine_shows_signs_of_life(
    saved: Callable[[str], Path], tokenizer: Path
) -> None:
    settings, begun = EngineSettings(backend="toy", device="cpu"), time.monotonic()
    model = IsolatedModel(ModelFiles(saved("llama"), tokenizer, ""), settings)
    # On a busy machine it is loaded again in no less time.
    patience = max(1.0, 3 * (time.monotonic() - begun))
    model._engine._settings = replace(settings, hang_limit=patience)
    with pytest.raises(ModelRefusal, match=r"It did not answer within .*nor get any further.*raise its hang limit of"):
        model.continuations(IDS, [[1, 2, 3]] * 100_000)
    # What draws tokens gets further, whether anybody listens to them or not.
    assert len(model.generate(IDS, FOREVER, n=100)) == 100
    model.close()


def test_an_error_that_nobody_foresaw_ends_the_engine_too(model: IsolatedModel) -> None:
    """It may have left a GPU that fails every later call."""
    ping(model)
    process = model.process
    with pytest.raises(ModelRefusal, match="The engine failed on this call") as caught:
        model._call({"no such call": 1}, lambda frame: None)
    assert caught.value.code == "model.crashed"
    assert ping(model)
    assert model.process != process


def test_loading_can_be_given_up(saved: Callable[[str], Path], tokenizer: Path) -> None:
    begun: list[IsolatedModel] = []

    def give_up(loading: IsolatedModel) -> None:
        begun.append(loading)
        threading.Timer(0.1, loading.abort).start()

    with pytest.raises(ModelRefusal, match="stopped on request"):
        IsolatedModel(
            ModelFiles(saved("llama"), tokenizer, ""), EngineSettings(backend="torch", device="cpu"), begun=give_up
        )
    assert begun[0].process is None


def test_nothing_is_left_of_engines_that_were_closed_or_never_started(
    saved: Callable[[str], Path], tokenizer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0
    for _ in range(3):
        model = IsolatedModel(ModelFiles(saved("llama"), tokenizer, ""), EngineSettings(backend="toy", device="cpu"))
        model.close()
        with pytest.raises(ModelRefusal):
            IsolatedModel(
                ModelFiles(saved("llama"), tokenizer, "../escape"), EngineSettings(backend="llama", device="cpu")
            )
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with pytest.raises(ModelRefusal, match="could not be started"):
        IsolatedModel(ModelFiles(saved("llama"), tokenizer, ""), EngineSettings(backend="toy", device="cpu"))
    if sys.platform == "linux":
        assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert not list(tmp_path.iterdir())


ORPHAN = """
import os, signal, sys, threading
sys.path.insert(0, {root!r})
from pathlib import Path
from backends.model import Message
from backends.model_files import ModelFiles
from backends.process.isolated import IsolatedModel
from backends.settings import EngineSettings
files = ModelFiles(Path({weights!r}), Path({tokenizer!r}), "")
model = IsolatedModel(files, EngineSettings(backend="toy", device="cpu"))
if {how!r} == "stopped":
    os.kill(model.process, signal.SIGSTOP)
elif {how!r} == "stuck":
    threading.Thread(target=lambda: model.render([Message("user", "x")]), daemon=True).start()
    threading.Event().wait(1.0)
print(model.process, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@linux
@pytest.mark.parametrize("how", ["idle", "stopped", "stuck"])
def test_an_engine_dies_with_its_session(
    saved: Callable[[str], Path], tokenizer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Also when it is stopped, or in C code that lets no other thread see that the session is gone; and the next
    session clears up what neither could."""
    import subprocess

    home = tmp_path / "tmp"
    home.mkdir()
    stuck = tiny.save_tokenizer(tmp_path / "stuck", template="{{ 9 ** 9 ** 9 }}")
    program = ORPHAN.format(
        root=str(Path(__file__).parents[3]), weights=str(saved("llama")), tokenizer=str(stuck), how=how
    )
    run = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | {"TMPDIR": str(home)}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == -signal.SIGKILL, run.stderr
    process, deadline = int(run.stdout), time.monotonic() + 10
    while _lives(process):
        assert time.monotonic() < deadline, "the engine outlived its session"
        time.sleep(0.05)
    assert len(list(home.iterdir())) == 1
    monkeypatch.setattr("tempfile.tempdir", str(home))
    monkeypatch.setattr("backends.process.homes._NEW", -1.0)
    while list(home.iterdir()):  # the last thread of a dying process may still hold the lock
        assert time.monotonic() < deadline, "the home of a dead engine was kept"
        IsolatedModel(ModelFiles(saved("llama"), tokenizer, ""), EngineSettings(backend="toy", device="cpu")).close()


def test_a_home_whose_maker_was_killed_before_it_held_it_is_cleared_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("audit-workbench-engine-bare", "audit-workbench-engine-new", "somebody-elses"):
        (tmp_path / name).mkdir()
    os.utime(tmp_path / "audit-workbench-engine-bare", (0, 0))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    homes.sweep()
    assert {path.name for path in tmp_path.iterdir()} == {"audit-workbench-engine-new", "somebody-elses"}


def _lives(process: int) -> bool:
    """Not gone, and not a zombie that nobody has collected yet."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_model_that_cannot_be_loaded_again_is_refused_each_time_until_it_can(
    saved: Callable[[str], Path], tokenizer: Path, tmp_path: Path
) -> None:
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((saved("llama") / name).read_bytes())
    model = IsolatedModel(ModelFiles(tmp_path, tokenizer, ""), EngineSettings(backend="toy", device="cpu"))
    model.abort()
    with pytest.raises(ModelRefusal):
        ping(model)
    (tmp_path / "config.json").rename(tmp_path / "elsewhere.json")
    for _ in range(2):
        with pytest.raises(ModelRefusal) as caught:
            ping(model)
        assert caught.value.code == "model.unreadable"
        assert model.process is None
    (tmp_path / "elsewhere.json").rename(tmp_path / "config.json")
    assert ping(model)
    model.close()


@linux
def test_the_environment_says_what_the_process_gave_up(model: IsolatedModel) -> None:
    environment = model.environment
    assert environment["isolated"] is True
    assert environment["air_gap_sockets"] is True
    assert {"confined_network", "confined_files", "confined_calls", "memory_limit"} <= set(environment)


@linux
def test_the_engine_is_the_first_to_go_when_the_machine_runs_out_of_memory(model: IsolatedModel) -> None:
    ping(model)
    ours, theirs = (int(Path(f"/proc/{who}/oom_score_adj").read_text()) for who in ("self", model.process))
    assert theirs > ours


@linux
@pytest.mark.parametrize("number", [101, 310, 311, 438, 321, 298, 323, 425, 248, 249, 250, 0x40000027])
def test_calls_on_other_processes_are_given_up(number: int) -> None:
    """By the numbers that x86-64 gives them; the last is an x32 call."""
    import subprocess

    if platform.machine() != "x86_64":
        pytest.skip("the numbers are those of another machine")
    program = (
        "import ctypes; from backends.process import seccomp; assert seccomp.give_up(); library = ctypes.CDLL(None, "
        f"use_errno=True); print(library.syscall({number}, 0, 0, 0, 0, 0), ctypes.get_errno())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[3], capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    assert run.stdout.split() == ["-1", "1"]  # EPERM


PROBE = """
import json, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from backends.process import confinement
case, home = Path({readable!r}), Path({writable!r})
measures = confinement.confine(readable=[case], writable=[home], memory_limit=2**30, device={device})
def attempt(work):
    try:
        work()
        return "done"
    except (OSError, MemoryError) as error:
        return type(error).__name__
import ctypes, socket, os
print(json.dumps([measures, {{
    "read the case": attempt(lambda: Path({readable!r}, "a").read_text()),
    "write the case": attempt(lambda: Path({readable!r}, "b").write_text("x")),
    "read a secret": attempt(lambda: Path({secret!r}).read_text()),
    "list its folder": attempt(lambda: os.listdir(os.path.dirname({secret!r}))),
    "write at home": attempt(lambda: Path({writable!r}, "c").write_text("x")),
    "connect": attempt(lambda: socket.create_connection(("127.0.0.1", {port}), timeout=2)),
    "import": attempt(lambda: __import__("decimal")),
    "allocate": attempt(lambda: bytearray(2**31)),
    "open a socket": attempt(lambda: socket.socket()),
    "open a local socket": attempt(lambda: socket.socketpair()),
    "look into the parent": ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0),
}}]))
"""


@linux
@pytest.mark.parametrize("device", [False, True])
@pytest.mark.parametrize("place", ["/dev/shm", "/tmp"])
def test_a_confined_process_reads_the_case_and_reaches_nothing_else(place: str, device: bool) -> None:
    """Wherever a secret lies: files that others share in memory are no devices."""
    with TemporaryDirectory(dir=place if os.access(place, os.W_OK) else None) as folder:
        _reads_the_case_and_reaches_nothing_else(Path(folder), device)


def _reads_the_case_and_reaches_nothing_else(folder: Path, device: bool) -> None:
    import subprocess

    case, home, secret = folder / "case", folder / "home", folder / "secret" / "key"
    for made in (case, home, secret.parent):
        made.mkdir()
    (case / "a").write_text("weights")
    secret.write_text("signing key")
    server = socket.create_server(("127.0.0.1", 0))
    program = PROBE.format(
        root=str(Path(__file__).parents[3]), readable=str(case), writable=str(home), secret=str(secret),
        port=server.getsockname()[1], device=device,
    )  # fmt: skip
    run = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, timeout=60, check=False)
    server.close()
    assert run.returncode == 0, run.stderr
    measures, happened = json.loads(run.stdout)
    assert happened["read the case"] == happened["write at home"] == happened["import"] == "done"
    assert happened["allocate"] == "MemoryError"
    if measures["confined_files"] != "none":
        for what in ("write the case", "read a secret", "list its folder"):
            assert happened[what] == "PermissionError", what
    if measures["confined_network"] != "none":
        assert happened["connect"] != "done"
    assert happened["open a local socket"] == "done"
    if measures["confined_calls"] != "none":
        assert happened["open a socket"] == "PermissionError"
        assert happened["look into the parent"] == -1


# The wire itself.


@pytest.fixture
def wires() -> Iterator[tuple[Wire, Wire]]:
    a, b = socket.socketpair()
    there, back = Arena.create(), Arena.create()
    ends = Wire(a, there, back), Wire(b, Arena(os.dup(back.descriptor)), Arena(os.dup(there.descriptor)))
    yield ends
    for end in ends:
        end.close()


def test_frames_and_arrays_arrive_whole(wires: tuple[Wire, Wire]) -> None:
    left, right = wires
    big = np.random.default_rng(0).standard_normal((300, 1000)).astype(np.float32)
    strided = big[::2, ::-1]
    for arrays in ([big, strided], [], [np.empty((0, 7), np.float32), np.float32([[1]])], [big]):
        left.send({"x": "é" * 100}, arrays)
        frame = right.receive(5)
        assert frame is not None
        assert frame.header["x"] == "é" * 100
        assert len(frame.arrays) == len(arrays)
        assert all(np.array_equal(a, b) and a.shape == b.shape for a, b in zip(frame.arrays, arrays, strict=True))
    assert right.receive(0.01) is None


@pytest.mark.parametrize(
    "arrays",
    [
        [{"offset": 0, "shape": [2**30]}],
        [{"offset": 2**39, "shape": [1]}],
        [{"offset": -64, "shape": [1]}],
        [{"offset": 3, "shape": [1]}],
        [{"offset": 0, "shape": [-1]}],
        [{"offset": 0, "shape": [True]}],
        [{"offset": 0}],
        [7],
        7,
    ],
)
def test_a_lying_header_is_a_broken_wire(wires: tuple[Wire, Wire], arrays: object) -> None:
    left, right = wires
    body = json.dumps({"answer": 1, "arrays": arrays}).encode()
    left.connection.sendall(struct.pack("<I", len(body)) + body)
    with pytest.raises(BrokenWireError, match="malformed"):
        right.receive(5)


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff", struct.pack("<I", 3) + b"{a}", struct.pack("<I", 2) + b"[]"])
def test_noise_is_a_broken_wire(wires: tuple[Wire, Wire], data: bytes) -> None:
    left, right = wires
    left.connection.sendall(data)
    with pytest.raises(BrokenWireError):
        right.receive(5)


@linux
def test_nobody_can_cut_an_arena_under_a_reader() -> None:
    arena = Arena.create()
    arena.write([np.ones(5000, np.float32)])
    with pytest.raises(PermissionError):
        os.ftruncate(arena.descriptor, 0)
    arena.close()


@pytest.mark.parametrize("answer", [{"value": None}, {"value": ["a"]}, {"value": {"x": 1}}, {}])
def test_an_engine_that_answers_nonsense_counts_as_crashed(
    model: IsolatedModel, monkeypatch: pytest.MonkeyPatch, answer: dict[str, object]
) -> None:
    """A process taken over by its evidence can say what it likes."""
    ping(model)
    engine = model._engine.child
    assert engine is not None
    forged = {"answer": model._engine._number + 1, "arrays": [], **answer}
    body = json.dumps(forged).encode()
    engine.wire._buffer += struct.pack("<I", len(body)) + body
    with pytest.raises(ModelRefusal) as caught:
        ping(model)
    assert caught.value.code == "model.crashed"
    assert ping(model)


def forge(model: IsolatedModel, header: dict[str, object]) -> None:
    """What the engine is heard to say next, in answer to the next call."""
    ping(model)
    assert model._engine.child is not None
    body = json.dumps(
        {"arrays": [], **header} | {k: model._engine._number + 1 for k, v in header.items() if v == "NEXT"}
    )
    model._engine.child.wire._buffer += struct.pack("<I", len(body)) + body.encode()


@pytest.mark.parametrize(
    "header",
    [
        {"of": "NEXT", "tokens": 5},
        {"of": "NEXT", "tokens": [[0, [1], "x", 9]]},
        {"of": "NEXT", "tokens": [["a", [1], "x"]]},
        {"of": "NEXT", "tokens": [[2, [1], "x"]]},
        {"of": "NEXT", "tokens": [[0, [1.5], "x"]]},
        {"of": "NEXT", "tokens": [[0, [1], "\ud800"]]},
        {"tokens": []},
        {"answer": "NEXT", "value": [[[1], "end"]]},
        {"answer": "NEXT", "value": [[[1], "end"], [[1], "bored"]]},
        {"answer": "NEXT", "value": [[[2**60], "end"], [[1], "end"]]},
        {"refusal": "NEXT", "code": "ticket.used", "what": "a", "why": "b", "try_this": "c"},
        {"refusal": "NEXT", "code": "model.input", "what": "\ud800", "why": "b", "try_this": "c"},
        {"refusal": "NEXT", "code": "model.input"},
    ],
)
def test_whatever_is_streamed_or_answered_is_looked_at_first(model: IsolatedModel, header: dict[str, object]) -> None:
    forge(model, header)
    heard: list[int] = []
    with pytest.raises(ModelRefusal, match="nonsense") as caught:
        model.generate(IDS, Sampling(max_tokens=3), n=2, on_tokens=lambda sample, *_: heard.append(sample))
    assert caught.value.code == "model.crashed"
    assert not heard
    assert ping(model)


@pytest.mark.parametrize("arrays", [[], [{"offset": 0, "shape": [0]}], [{"offset": 0, "shape": [5, 7]}]])
def test_logits_of_another_shape_count_as_a_crash(model: IsolatedModel, arrays: list[object]) -> None:
    for call in (lambda: model.forward(IDS), lambda: model.readout(np.zeros((5, 32), np.float32))):
        forge(model, {"answer": "NEXT", "value": [[]], "arrays": arrays})
        with pytest.raises(ModelRefusal) as caught:
            call()
        assert caught.value.code == "model.crashed"


@pytest.mark.parametrize(
    "wrong",
    [("ranks", 0.0), ("ranks", 1.5), ("ranks", 301.0), ("best", -1.0), ("logprobs", np.nan), ("entropies", np.inf)],
)
def test_scores_that_cannot_be_count_as_a_crash(wrong: tuple[str, float]) -> None:
    part, value = wrong
    parts = {"logprobs": (2,), "ranks": (2,), "entropies": (2,), "best": (2, 1), "best_logprobs": (2, 1)}
    said = {name: np.ones(shape, np.float32) for name, shape in parts.items()}
    for given in (said, said | {part: np.full(parts[part], value, np.float32)}):
        frame = Frame({"value": None}, tuple(given.values()))
        if given is said:
            assert answers.scores(frame, [0, 2], 1, 300)[1].ranks.tolist() == [1, 1]
        else:
            with pytest.raises(ValueError, match="something other"):
                answers.scores(frame, [0, 2], 1, 300)
    with pytest.raises(ValueError, match="other tokens"):
        answers.scores(Frame({"value": None}, tuple(said.values())), [3], 1, 300)


@linux
def test_an_array_larger_than_the_machine_is_not_copied(model: IsolatedModel) -> None:
    """A hole in shared memory costs its writer nothing."""
    ping(model)
    assert model._engine.child is not None
    os.ftruncate(model._engine.child.wire.incoming.descriptor, 2**38)
    claim = {"offset": 0, "shape": [2**36]}
    forge(model, {"answer": "NEXT", "value": [[]], "arrays": [claim]})
    with pytest.raises(ModelRefusal, match="larger than this machine"):
        model.forward(IDS)


def test_an_engine_cannot_steer_a_terminal(model: IsolatedModel) -> None:
    forge(
        model, {"refusal": "NEXT", "code": "model.input", "what": "\x1b[2Jhello", "why": "b" * 10**5, "try_this": "c"}
    )
    with pytest.raises(ModelRefusal) as caught:
        ping(model)
    assert caught.value.what == " [2Jhello"
    assert len(caught.value.why) < 10_000


def test_the_child_is_spared_imports_before_it_is_confined() -> None:
    """Threads that numpy or torch start before confinement would not be confined."""
    import subprocess

    program = "import sys, backends.process.child as c; print(sorted({'numpy', 'torch'} & set(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(child.__file__).parents[2], capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip
    assert run.stdout.strip() == "[]"
