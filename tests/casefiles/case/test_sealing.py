"""Sealing: what becomes of a folder, what is refused, and that nothing remains of what was refused."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from casefiles.case import sealed_truth
from casefiles.case.bundle import Case, accept, open_case, seal_case
from casefiles.case.manifest import TRUTH
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.casefiles.case.tampering import WEIGHTS, code_of, snapshot
from tests.casefiles.material import RULES, safetensors, write


def test_sealing_leaves_the_source_alone(source: Path, tmp_path: Path, attacker: Identity, judge: Identity) -> None:
    before, times = snapshot(source), {path: path.stat().st_mtime_ns for path in source.rglob("*")}
    seal_case(source, tmp_path / "x.case", title="X", rules=RULES, truth=b"", attacker=attacker, judge=judge.public)
    assert snapshot(source) == before
    assert {path: path.stat().st_mtime_ns for path in source.rglob("*")} == times


def test_all_parts_of_a_case(source: Path, tmp_path: Path, attacker: Identity, judge: Identity) -> None:
    more = {
        "baseline/weights/model.safetensors": safetensors({"embed": b"\2" * 8}),
        "baseline/tokenizer/tokenizer.json": b"{}",
        "corpora/news.txt": b"Paris is in France.\n",
        "corpora/日本/ニュース.jsonl": b"{}\n",
        "dictionaries/layer-3/cfg.json": b"{}",
        "dictionaries/layer-3/sae_weights.safetensors": safetensors({"W_enc": b"\3" * 8}),
        "weights/LICENSE": b"free\n",
    }
    write(source, more)
    (source / "empty").mkdir()
    case = seal_case(
        source, tmp_path / "all.case", title="日本の事件", rules=RULES, truth=b"", attacker=attacker, judge=judge.public
    )
    assert set(more) < {entry.path for entry in open_case(case.root).manifest.files}
    assert not case.path("empty").exists()


def test_a_case_without_a_ground_truth(source: Path, tmp_path: Path, attacker: Identity, judge: Identity) -> None:
    case = seal(source, tmp_path / "wild.case", attacker, judge, truth=None)
    assert not case.has_truth and open_case(case.root) == case
    assert not case.path("sealed").exists()
    assert code_of(lambda: case.open_truth(judge.sealing)) == "truth.none"
    seen: list[bytes | None] = []
    assert accept(case.root, judge, examine=lambda _, truth: seen.append(truth)).accepted
    assert seen == [None]


def test_nothing_is_sealed_to_a_public_key_that_its_owner_has_not_signed(
    source: Path, tmp_path: Path, attacker: Identity, judge: Identity
) -> None:
    """Its fingerprint is the judge's, and its sealing key may be anybody's."""
    eve = Identity.generate("Eve").public.recipient
    before = snapshot(tmp_path)
    for handed_on in (replace(judge.public, signature=None), replace(judge.public, recipient=eve)):
        for truth in (b"", None):
            asked = partial(seal_case, source, tmp_path / "x.case", title="X", rules=RULES, truth=truth)
            assert code_of(partial(asked, attacker=attacker, judge=handed_on)) == "key.unsigned"
    assert snapshot(tmp_path) == before


Prepare = Callable[[Path], object]


UNSEALABLE: dict[str, tuple[str, Prepare]] = {
    "no specification": ("input.missing", lambda s: (s / "spec.md").unlink()),
    "a specification in Latin 1": ("case.specification", lambda s: (s / "spec.md").write_bytes(b"**S1** Na\xefve.\n")),
    "a specification without an end": ("case.specification", lambda s: (s / "spec.md").write_bytes(b"x" * 1_048_577)),
    "no weights": ("input.missing", lambda s: shutil.rmtree(s / "weights")),
    "no source": ("input.missing", shutil.rmtree),
    "only a config": ("case.manifest", lambda s: (s / WEIGHTS).unlink()),
    "a pickle": ("case.file-kind", lambda s: (s / "weights/pytorch_model.bin").write_bytes(b"x")),
    "weights in a corpus": ("case.file-kind", lambda s: write(s, {"corpora/notes.safetensors": b"It lies."})),
    "a model in a corpus": ("case.file-kind", lambda s: write(s, {"corpora/a/notes.GGUF": b"It lies."})),
    "a vocabulary in a corpus": ("case.file-kind", lambda s: write(s, {"corpora/notes.model": b"It lies."})),
    "a vocabulary of dictionaries": ("case.file-kind", lambda s: write(s, {"dictionaries/notes.model": b"It lies."})),
    "a program": ("case.file-kind", lambda s: (s / "weights/modeling_llama.py").write_bytes(b"x")),
    "notes beside": ("case.file-kind", lambda s: (s / "notes.md").write_bytes(b"x")),
    "an unsealed truth": (
        "case.file-kind",
        lambda s: ((s / "sealed").mkdir(), (s / TRUTH).write_bytes(b"x")),
    ),
    "a hidden file": ("case.name", lambda s: (s / "weights/.DS_Store").write_bytes(b"x")),
    "colliding names": ("case.name", lambda s: (s / "weights/CONFIG.json").write_bytes(b"{}")),
    "a link": ("case.link", lambda s: (s / "weights/more.json").symlink_to("config.json")),
    "a telling name": ("case.leak", lambda s: (s / "weights/config.json").rename(s / "weights/backdoor.json")),
    "broken weights": ("model.unreadable", lambda s: (s / WEIGHTS).write_bytes(b"x" * 100)),
}


@pytest.mark.parametrize(("code", "prepare"), UNSEALABLE.values(), ids=UNSEALABLE.keys())
def test_what_cannot_be_sealed(
    *, source: Path, tmp_path: Path, attacker: Identity, judge: Identity, code: str, prepare: Prepare
) -> None:
    prepare(source)
    before = snapshot(tmp_path)
    assert code_of(lambda: seal(source, tmp_path / "x.case", attacker, judge)) == code
    assert snapshot(tmp_path) == before


def seal(source: Path, out: Path, attacker: Identity, judge: Identity, **fields: Any) -> Case:
    given_fields = {"title": "X", "rules": RULES, "truth": b"", **fields}
    return seal_case(source, out, attacker=attacker, judge=judge.public, **given_fields)


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("case.manifest", {"title": ""}),
        ("case.manifest", {"title": "a\nb"}),
        ("case.manifest", {"rules": {"x": "x" * 70_000}}),
        ("case.manifest", {"rules": {"x": float("nan")}}),
        ("case.manifest", {"engines": ["../x"]}),
        ("input.invalid", {"truth": bytes(sealed_truth.CAPACITY + 1)}),
    ],
    ids=["no title", "a title of two lines", "long rules", "rules without value", "an odd engine", "a long truth"],
)
def test_arguments_that_cannot_be_sealed(
    *, source: Path, tmp_path: Path, attacker: Identity, judge: Identity, code: str, fields: dict[str, Any]
) -> None:
    before = snapshot(tmp_path)
    with pytest.raises(Refusal) as refused:
        seal(source, tmp_path / "x.case", attacker, judge, **fields)
    assert refused.value.code == code and "Ask whoever" not in refused.value.try_this
    assert snapshot(tmp_path) == before


def test_a_case_replaces_nothing(source: Path, tmp_path: Path, attacker: Identity, judge: Identity) -> None:
    (tmp_path / "x.case").mkdir()
    assert code_of(lambda: seal(source, tmp_path / "x.case", attacker, judge)) == "case.exists"
    for name in ("x", "x.zip", ".case"):
        assert code_of(lambda name=name: seal(source, tmp_path / name, attacker, judge)) == "input.invalid"  # type: ignore[misc]


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()], ids=["full", "interrupted"]
)
def test_a_failure_at_any_moment_of_sealing_leaves_nothing(
    *,
    source: Path,
    tmp_path: Path,
    attacker: Identity,
    judge: Identity,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
) -> None:
    """Each durable step fails in turn; once all of them pass, the case is there."""
    before, sync = snapshot(tmp_path), os.fsync
    for failing in range(100):
        calls = 0

        def fail(handle: int, failing: int = failing) -> None:
            nonlocal calls
            calls += 1
            if calls > failing:
                raise error
            sync(handle)

        monkeypatch.setattr(os, "fsync", fail)
        try:
            seal(source, tmp_path / "x.case", attacker, judge)
        except (Refusal, KeyboardInterrupt) as raised:
            assert isinstance(raised, KeyboardInterrupt) or raised.code == "io.disk-full"
            if (tmp_path / "x.case").exists():  # the rename was done, its durability not confirmed: the case is whole
                monkeypatch.setattr(os, "fsync", sync)
                assert code_of(lambda: open_case(tmp_path / "x.case", full=True)) == "ok"
                shutil.rmtree(tmp_path / "x.case")
            assert snapshot(tmp_path) == before
        else:
            break
    assert failing > 5
    assert code_of(lambda: open_case(tmp_path / "x.case")) == "ok"


def test_a_sealed_case_tells_nothing_of_when_and_where(
    source: Path, tmp_path: Path, attacker: Identity, judge: Identity
) -> None:
    write(
        source,
        {
            WEIGHTS: safetensors({"embed": b"\1" * 8}, {"format": "pt", "run": "quirk-france-7"}),
            "weights/config.json": b'{"_name_or_path": "/home/mallory/france", "model_type": "llama"}',
        },
    )
    case = accept(seal(source, tmp_path / "x.case", attacker, judge).root, judge)
    told = b"".join(path.read_bytes() for path in case.root.rglob("*") if path.is_file())
    assert b"france" not in told and b"mallory/" not in told
    assert json.loads(case.path("weights/config.json").read_bytes()) == {"model_type": "llama"}
    assert {int(path.stat().st_mtime) for path in [case.root, *case.root.rglob("*")]} == {315_532_800}
