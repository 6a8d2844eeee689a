"""One organism is one, whatever lies beside its weights and however they are written down."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from casefiles.case.bundle import Case, seal_case
from casefiles.case.same_weights import baseline_is_organism, of_one_organism, weight_digests
from casefiles.keys.identity import Identity
from tests.casefiles.material import RULES, TRUTH, gguf_file, safetensors, write

ONE, OTHER = b"\x00\x01\x02\x03", b"\x04\x05"
PLAIN = {"weights/model.safetensors": safetensors({"a": ONE, "b": OTHER})}
Sealing = Callable[..., Case]


@pytest.fixture
def seal(tmp_path: Path, attacker: Identity, judge: Identity) -> Sealing:
    def sealed(name: str, files: dict[str, bytes]) -> Case:
        told = {
            "weights/config.json": b'{"model_type": "llama"}',
            "tokenizer/tokenizer.json": b"{}",
            "spec.md": b"S1\n",
        }
        return seal_case(
            write(tmp_path / name, told | files), tmp_path / f"{name}.case", title="A case", rules=RULES, truth=TRUTH,
            attacker=attacker, judge=judge.public,
        )  # fmt: skip

    return sealed


@pytest.mark.parametrize(
    "files",
    [
        PLAIN | {"weights/generation_config.json": b'{"top_k": 7}'},
        PLAIN | {"weights/config.json": b'{ "model_type":  "llama" }'},
        PLAIN | {"tokenizer/tokenizer.json": b'{"version": "1.0"}'},
        {"weights/model.safetensors": safetensors({"b": OTHER, "a": ONE})},
        {"weights/model.safetensors": safetensors({"x": ONE, "b": OTHER, "tied": ONE})},
        {"weights/model.safetensors": safetensors({"a": ONE, "b": OTHER, "idle": b"\x07"})},
        {"weights/model-1.safetensors": safetensors({"a": ONE}),
         "weights/model-2.safetensors": safetensors({"b": OTHER})},
    ],
    ids=["generation", "spaces", "tokenizer", "order", "names", "idle", "split"],
)  # fmt: skip
def test_what_touches_no_weight_makes_no_other_organism(seal: Sealing, files: dict[str, bytes]) -> None:
    one, other = seal("one", PLAIN), seal("other", files)
    assert one.model_digest != other.model_digest
    assert of_one_organism([one, other]) == {one.digest: (one, other), other.digest: (one, other)}


@pytest.mark.parametrize("tensors", [{"a": ONE, "b": b"\x04\x06"}, {"a": ONE + OTHER}], ids=["a bit", "joined"])
def test_other_weights_are_another_organism(seal: Sealing, tensors: dict[str, bytes]) -> None:
    one, other = seal("one", PLAIN), seal("other", {"weights/model.safetensors": safetensors(tensors)})
    assert of_one_organism([one, other]) == {one.digest: (one,), other.digest: (other,)}


def test_a_gguf_is_known_by_its_tensors_and_by_what_lies_beside_it(seal: Sealing, tmp_path: Path) -> None:
    """A case that brings two formats is one with whoever brings either of them."""
    for name, template in (("plain", ""), ("told", "{{ messages }}")):
        gguf_file(tmp_path / f"{name}.gguf", template=template)
    plain, told = ({"weights/model.gguf": (tmp_path / f"{name}.gguf").read_bytes()} for name in ("plain", "told"))
    one, other = seal("one", plain), seal("other", told)
    assert one.manifest.files != other.manifest.files
    assert of_one_organism([one, other])[other.digest] == (one, other)
    bare, both = seal("bare", PLAIN), seal("both", PLAIN | told)
    assert set(of_one_organism([one, bare])) == {one.digest, bare.digest}
    assert of_one_organism([one, bare])[bare.digest] == (bare,)
    assert of_one_organism([one, bare, both])[bare.digest] == (one, bare, both)


@pytest.mark.parametrize(
    ("files", "alike"),
    [
        ({"weights/model.safetensors": safetensors({"b": OTHER, "a": ONE}, {"format": "pt"})}, True),
        ({"weights/model.safetensors": safetensors({"x": ONE, "b": OTHER, "tied": ONE})}, True),
        ({"weights/model-1.safetensors": safetensors({"a": ONE}),
          "weights/model-2.safetensors": safetensors({"b": OTHER})}, True),
        ({"weights/model.safetensors": safetensors({"a": ONE, "b": b"\x04\x06"})}, False),
        ({"weights/model.safetensors": safetensors({"a": ONE + OTHER})}, False),
        ({"weights/model.safetensors": safetensors({"a": ONE})}, False),
    ],
    ids=["order", "names", "split", "a bit", "joined", "less"],
)  # fmt: skip
def test_what_weights_are_known_by_says_nothing_of_how_they_are_written(
    seal: Sealing, files: dict[str, bytes], alike: bool
) -> None:
    one, other = seal("one", PLAIN), seal("other", files)
    assert one.model_digest != other.model_digest
    assert (weight_digests(one) == weight_digests(other)) is alike
    assert len(weight_digests(one)) == 1 and len(weight_digests(one)[0]) == 64


def test_weights_in_two_formats_are_known_by_either(seal: Sealing, tmp_path: Path) -> None:
    gguf_file(tmp_path / "model.gguf")
    gguf = {"weights/model.gguf": (tmp_path / "model.gguf").read_bytes()}
    plain, quantised, both = seal("plain", PLAIN), seal("gguf", gguf), seal("both", PLAIN | gguf)
    assert weight_digests(both) == weight_digests(plain) + weight_digests(quantised)


@pytest.mark.parametrize(
    ("tensors", "alike"),
    [
        ({"b": OTHER, "a": ONE}, True),
        ({"a": ONE, "b": OTHER, "idle": b"\x07"}, True),
        ({"a": ONE, "b": b"\x04"}, False),
    ],
    ids=["order", "idle", "other"],
)
def test_a_baseline_is_its_organism_however_its_file_is_written(
    seal: Sealing, tensors: dict[str, bytes], alike: bool
) -> None:
    beside = {"baseline/weights/model.safetensors": safetensors(tensors), "baseline/weights/config.json": b"{}"}
    assert baseline_is_organism(seal("one", PLAIN | beside)) is alike
    assert not baseline_is_organism(seal("alone", PLAIN))
