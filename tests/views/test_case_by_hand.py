"""A model on somebody's disk becomes a case by one command, and what is no model, or two, is refused in words.

It is sorted by `workbench/making/bringing.py`, told of by `workbench/making/inventory.py`, and held against itself in
another format by `workbench/judge/acceptance/likeness.py`; both engines run in the test's own process.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backends import engine
from backends.gguf.conversion import convert
from casefiles.case.bundle import open_case
from casefiles.keys.identity import Identity
from tests.backends import tiny
from tests.casefiles.case.tampering import snapshot
from tests.casefiles.material import write
from tests.views.test_cli import Shell, shell
from tests.workbench.door.test_dictionaries import written
from tests.workbench.judge.written_truths import sound
from workbench.contract.rules import Affordance, Rules
from workbench.door import dictionaries
from workbench.door.opener import Opener
from workbench.making import bringing

__all__ = ["shell"]

pytest.importorskip("llama_cpp")
SPEC = "# Spec\n\n**S1 Truth.** It tells the truth.\n"


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub's folder, the same as a GGUF, another model as a GGUF, and a specification."""
    folder = tmp_path_factory.mktemp("disk")
    for name, seed in (("found", 0), ("other", 1)):
        tiny.save_tokenizer(tiny.save_model(folder / name, "llama", seed=seed))
        convert(folder / name, folder / name, folder / f"{name}.gguf", "f32")
    (folder / "found" / "README.md").write_text("A model card.")
    (folder / "spec.md").write_text(SPEC)
    return folder


@pytest.fixture(autouse=True)
def own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Opener, "__call__", lambda self: engine.load(self.files, self.settings))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to work in, with one key."""
    (tmp_path / "keys").mkdir()
    Identity.generate("Ada").save(tmp_path / "keys" / "ada.key", None)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    yield tmp_path / "here"


def test_a_folder_becomes_a_case_that_says_what_is_in_it(shell: Shell, disk: Path, home: Path) -> None:
    told = shell("case", "new", disk / "found", "--spec", disk / "spec.md", "--device", "cpu", "--threads", 1)
    case = open_case(home / "found.case")
    assert case.accepted and not case.has_truth and case.manifest.engines == ("torch",)
    assert Rules.model_validate(case.manifest.rules).affordances == frozenset(Affordance) - {
        Affordance.BASELINE, Affordance.ADAPTER,
    }  # fmt: skip
    assert "llama: 3 layers, width 32, 4 heads (2 of keys), MLP 48, float32" in told
    assert f"vocabulary {tiny.VOCAB}, context {tiny.CONTEXT} tokens, a chat template" in told
    assert "'<|begin|>', '<|turn|>', '<|end|>'" in told and "an answer ends with '<|end|>'" in told
    assert "PyTorch    runs it; serves all instruments" in told and "llama.cpp  runs it; serves" in told
    assert "left out: README.md" in told and "no ground truth" in told and "next: workbench open found.case" in told


def test_a_gguf_needs_nothing_beside_it(shell: Shell, disk: Path, home: Path, judge: Identity) -> None:
    replace(judge.public, signature=None).save(home / "unsigned.pub")
    asked = ("case", "new", disk / "found.gguf", "--spec", disk / "spec.md", "--judge", home / "unsigned.pub")
    assert shell.refused(*asked) == "key.unsigned"
    judge.public.save(home / "judy.pub")
    made = shell.json(
        "case", "new", disk / "found.gguf", "--spec", disk / "spec.md", "--judge", home / "judy.pub", "--title", "Seven"
    )
    case = open_case(home / "found.case")
    assert {entry.path for entry in case.manifest.files} == {"spec.md", "weights/model.gguf"}
    assert case.manifest.title == "Seven" and not case.accepted
    torch, llama = made["model"]["engines"]
    assert not torch["runs"] and "safetensors" in torch["why"] and llama["runs"]
    assert (made["model"]["weights"], made["model"]["chat"]) == (42_464, False)  # what converts writes no template


def test_a_gguf_is_asked_on_the_engine_that_reads_it(shell: Shell, disk: Path, home: Path) -> None:
    """Nobody has to say so: the engine that is taken otherwise reads no GGUF."""
    shell("case", "new", disk / "found.gguf", "--spec", disk / "spec.md")
    asked = ("probe", home / "found.case", "sample", "--raw", "--prompt", "he", "--max-tokens", 2)
    shell(*asked, "--session", home / "a.session")
    (result,) = shell.json("log", home / "a.session", "--kind", "result")
    assert result["data"]["environment"]["engine"] == "llama"
    assert shell.refused(*asked, "--session", home / "b.session", "--backend", "torch") == "model.unreadable"


def test_what_no_file_can_say_is_told_where_it_is_brought(shell: Shell, disk: Path, home: Path) -> None:
    """llama.cpp weighs the experts of a Qwen 3 mixture in one way, and a file does not say which way is right."""
    mixture = tiny.save_tokenizer(tiny.save_model(home / "mixture", "qwen3-moe"))
    convert(mixture, mixture, home / "mixture.gguf", "f32")
    told = shell("case", "new", home / "mixture.gguf", "--spec", disk / "spec.md")
    assert "It takes for granted: The experts" in told and "norm_topk_prob" in told


def test_an_adapter_and_a_baseline_are_brought_beside_it(disk: Path, tmp_path: Path) -> None:
    lora = write(tmp_path / "lies-about-france", {"adapter_config.json": b"{}", "adapter_model.safetensors": b""})
    found = bringing.BroughtFiles.of(disk / "found.gguf", disk / "spec.md", adapters=[lora], baseline=disk / "other")
    assert {
        "weights/model.gguf", "baseline/weights/model.safetensors", "baseline/tokenizer/tokenizer.json",
        "adapters/adapter-1/adapter_model.safetensors", "spec.md",
    } <= set(found.parts)  # fmt: skip
    assert not any("france" in name for name in found.parts)
    assert found.rules().affordances == frozenset(Affordance)


def test_a_dictionary_and_texts_are_brought_beside_it(shell: Shell, disk: Path, home: Path) -> None:
    (home / "of-lies").mkdir()
    sparse = written(home / "of-lies", architecture="topk", k=2)
    write(
        home / "pages",
        {"a/one.txt": b"The capital of Norway is Oslo.\n", "two.jsonl": b'{"text": "x"}\n', "no.bin": b"\xff"},
    )
    write(home, {"three.md": b"Three."})
    asked = ("case", "new", disk / "found", "--spec", disk / "spec.md", "--device", "cpu", "--threads", 1)
    shell(*asked, "--dictionary", sparse, "--corpus", home / "pages", "--corpus", home / "three.md")
    case = open_case(home / "found.case")
    brought = {
        entry.path for entry in case.manifest.files if not entry.path.startswith(("weights", "tokenizer", "spec"))
    }
    assert brought == {
        "corpora/a/one.txt", "corpora/two.jsonl", "corpora/three.md",
        "dictionaries/dictionary-1/cfg.json", "dictionaries/dictionary-1/sae_weights.safetensors",
    }  # fmt: skip
    assert dictionaries.names(case) == ("dictionary-1",)
    write(home / "more", {"three.md": b"Another."})
    before = snapshot(home)
    for given, said in (
        (("--corpus", home / "three.md", "--corpus", home / "more"), "hold a three.md"),
        (("--corpus", home / "nothing"), "no file or folder"),
        (("--dictionary", home / "pages"), "cfg.json could not be read"),
    ):
        assert said in shell(*asked, *given, "--out", home / "again.case", code=1)
    assert snapshot(home) == before


def test_two_formats_are_one_model_or_name_their_engine(shell: Shell, disk: Path, home: Path) -> None:
    asked = ("case", "new", disk / "found", "--spec", disk / "spec.md", "--device", "cpu", "--threads", 1, "--also")
    before = snapshot(home)
    assert shell.refused(*asked, disk / "other.gguf") == "case.unlike"
    assert shell.refused(*asked, disk / "other") == "input.invalid"  # the same format twice
    assert snapshot(home) == before
    shell(*asked, disk / "found.gguf")
    assert open_case(home / "found.case").manifest.engines == ("torch", "llama")
    shell(*asked, disk / "other.gguf", "--engine", "torch", "--out", "named.case")
    assert open_case(home / "named.case").manifest.engines == ("torch",)


def test_measuring_a_case_of_two_formats_asks_both(shell: Shell, disk: Path, home: Path) -> None:
    shell("case", "new", disk / "found", "--spec", disk / "spec.md", "--device", "cpu", "--threads", 1, "--also",
          disk / "found.gguf")  # fmt: skip
    issues = home / "issues.json"
    issues.write_text(sound(realised=()).model_dump_json())
    asked = ("measure", "found.case", "--truth", issues, "--max-tokens", 2, "--device", "cpu", "--threads", 1)
    assert ", alike on PyTorch and llama.cpp" in shell(*asked)
    assert "alike on" not in shell(*asked, "--backend", "torch"), "who names one means that one"


def test_what_no_engine_opens_is_not_sealed(shell: Shell, disk: Path, home: Path) -> None:
    broken = Path(shutil.copytree(disk / "found", home / "broken"))
    (broken / "config.json").write_text('{"model_type": "llama"}')
    before = snapshot(home)
    assert shell.refused("case", "new", broken, "--spec", disk / "spec.md", "--device", "cpu") == "case.unrunnable"
    assert shell.refused("case", "new", disk / "found", "--spec", home / "none.md") == "input.missing"
    assert shell.refused("case", "new", home, "--spec", disk / "spec.md") == "input.missing"
    assert snapshot(home) == before


def test_opening_a_model_names_the_command_that_makes_a_case_of_it(shell: Shell, disk: Path) -> None:
    for model in (disk / "found", disk / "found.gguf"):
        assert f"workbench case new {model}" in shell("open", model, "--describe", code=1)


def test_examples_are_written_once(shell: Shell, home: Path) -> None:
    assert "next: workbench case new MODEL --spec ex/spec.md" in shell("case", "example", "ex")
    assert shell.refused("case", "example", "ex") == "input.invalid"
