"""One organism is one, whatever lies beside its weights and however they are written down."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from casefiles.case import same_weights
from casefiles.case.bundle import Case, seal_case
from casefiles.case.same_weights import alike, baseline_is_organism, of_one_organism, weight_digests
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.casefiles.material import RULES, TRUTH, gguf_file, safetensors, write

ONE, OTHER = b"\x00\x01\x02\x03", b"\x04\x05"
Q4_0 = 2
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
    ("files", "same"),
    [
        ({"weights/model.safetensors": safetensors({"b": OTHER, "a": ONE}, {"format": "pt"})}, True),
        ({"weights/model.safetensors": safetensors({"x": ONE, "b": OTHER, "tied": ONE})}, True),
        ({"weights/model-1.safetensors": safetensors({"a": ONE}),
          "weights/model-2.safetensors": safetensors({"b": OTHER})}, True),
        ({"weights/model.safetensors": safetensors({"a": ONE, "b": b"\x04\x06"})}, False),
        ({"weights/model.safetensors": safetensors({"a": ONE + OTHER})}, False),
        ({"weights/model.safetensors": safetensors({"a": ONE, "b": OTHER, "idle": b"\x07"})}, True),
        ({"weights/model.safetensors": safetensors({"a": ONE, "c": b"\x07"})}, False),
    ],
    ids=["order", "names", "split", "a bit", "joined", "idle", "another"],
)  # fmt: skip
def test_what_weights_are_known_by_says_nothing_of_how_they_are_written(
    seal: Sealing, files: dict[str, bytes], same: bool
) -> None:
    one, other = seal("one", PLAIN), seal("other", files)
    assert one.model_digest != other.model_digest
    assert alike(weight_digests(one), weight_digests(other)) is same
    assert [len(tensors) for tensors in weight_digests(one)] == [2]


NUMBERS = np.array([[1.5, -2.0, 0.0], [6.1e-5, np.inf, 0.25]], np.float16)


def numbers(array: np.ndarray, kind: str) -> bytes:
    """A safetensors file of one tensor and one of bytes."""
    data = array.tobytes()
    header = {
        "a": {"dtype": kind, "shape": array.shape, "data_offsets": [0, len(data)]},
        "b": {"dtype": "U8", "shape": [2], "data_offsets": [len(data), len(data) + 2]},
    }
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data + OTHER


def stored(tensors: dict[str, np.ndarray]) -> dict[str, bytes]:
    """Numbers of any format that numpy has as the weights of a case."""
    header: dict[str, object] = {}
    data = b""
    for name, array in tensors.items():
        place = [len(data), len(data) + array.nbytes]
        header[name] = {"dtype": f"F{8 * array.itemsize}", "shape": array.shape, "data_offsets": place}
        data += array.tobytes()
    text = json.dumps(header).encode()
    return {"weights/model.safetensors": len(text).to_bytes(8, "little") + text + data}


def in_gguf(path: Path, array: np.ndarray, *, alignment: int = 32, more: bool = False) -> bytes:
    """A GGUF of one tensor of numbers and one of codes for them, between them perhaps one more."""
    gguf = pytest.importorskip("gguf")
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_custom_alignment(alignment)
    writer.add_tensor("output.weight", array)
    if more:
        writer.add_tensor("blk.0.attn_q.bias", np.zeros(3, np.float32))
    writer.add_tensor("token_embd.weight", np.arange(36, dtype=np.uint8).reshape(2, 18), raw_dtype=Q4_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    ("array", "kind", "same"),
    [
        (NUMBERS.astype(np.float32), "F32", True),
        (NUMBERS.astype(np.float64), "F64", True),
        ((NUMBERS.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16), "BF16", False),
        (np.nextafter(NUMBERS, np.float16(0)), "F16", False),
        (np.nextafter(NUMBERS.astype(np.float32), np.float32(0)), "F32", False),
        (NUMBERS.reshape(3, 2), "F16", False),
    ],
    ids=["wider", "widest", "rounded", "a bit", "a bit of the wider", "shape"],
)
def test_numbers_in_a_wider_format_are_the_same_numbers(
    seal: Sealing, array: np.ndarray, kind: str, same: bool
) -> None:
    one, other = (
        seal(name, {"weights/model.safetensors": numbers(*told)})
        for name, told in (("one", (NUMBERS, "F16")), ("other", (array, kind)))
    )
    assert alike(weight_digests(one), weight_digests(other)) is same


SOME = np.random.default_rng(0).normal(size=(40, 50)).astype(np.float32)
MANY = np.random.default_rng(1).normal(size=(8_000, 8)).astype(np.float32)
"""Such as an embedding: a tenth of one row's norm is less than 2e-3 of the whole's."""


def _bf16(array: np.ndarray) -> np.ndarray:
    """Rounded to the nearest."""
    return ((array.view(np.uint32) + 0x8000) >> 16).astype(np.uint16)


def _changed(array: np.ndarray, by: float) -> np.ndarray:
    """One number of it, by so much of its row's norm."""
    other = array.copy()
    other[3, 7] += by * np.linalg.norm(array[3])
    return other


@pytest.mark.parametrize(
    ("array", "other", "kind", "same"),
    [
        (SOME, np.nextafter(SOME, np.float32(0)), "F32", True),
        (SOME, _changed(SOME, 1e-6), "F32", True),
        (SOME, _changed(SOME, 1.9e-3), "F32", True),
        (SOME, _changed(SOME, 2.1e-3), "F32", False),
        (SOME, (SOME * 1.003).astype(np.float32), "F32", False),
        (MANY, _changed(MANY, 0.1), "F32", False),
        (MANY, _changed(MANY[::-1], 0.1)[::-1], "F32", False),
        (SOME, SOME.astype(np.float16), "F16", True),
        (SOME, _bf16(SOME), "BF16", True),
        (SOME, SOME.reshape(50, 40), "F32", False),
        (SOME * 0, SOME * 0 + np.float32(1e-45), "F32", True),
        (SOME * 0, SOME * 0 + np.float32(1e-5), "F32", False),
        (SOME, np.where(SOME[3, 7] == SOME, np.float32(np.inf), SOME), "F32", False),
        (SOME, np.where(SOME[3, 7] == SOME, np.float32(np.nan), SOME), "F32", False),
    ],
    ids=["every last bit", "one number", "what rounding does", "more", "scaled", "one token's row", "a last one",
         "half", "bfloat", "shape", "zeros", "no zeros", "infinite", "no number"],
)  # fmt: skip
def test_what_rounding_may_tell_apart_is_one_organism(
    seal: Sealing, array: np.ndarray, other: np.ndarray, kind: str, same: bool
) -> None:
    """Whoever changes the last bit of one number makes no second organism of the first."""
    one, two = (
        seal(name, {"weights/model.safetensors": numbers(*told)})
        for name, told in (("one", (array, "F32")), ("two", (other, kind)))
    )
    assert not alike(weight_digests(one), weight_digests(two))
    assert (len(of_one_organism([one, two])[one.digest]) == 2) is same


def test_models_of_which_only_one_tensor_is_the_same_are_two(seal: Sealing) -> None:
    bit = np.nextafter(SOME, np.float32(0))
    cases = [seal(name, stored(tensors)) for name, tensors in (
        ("one", {"a": SOME, "b": 2 * SOME}), ("near", {"a": bit, "b": 2 * SOME, "idle": SOME[:1]}),
        ("half", {"a": bit, "c": 3 * SOME}), ("other", {"a": SOME, "b": -SOME}), ("both", {"b": 2 * bit, "a": bit}),
    )]  # fmt: skip
    groups = of_one_organism(cases)
    assert [len(groups[case.digest]) for case in cases] == [3, 3, 1, 1, 3]


def test_a_bf16_is_the_upper_half_of_the_f32_that_it_is(seal: Sealing) -> None:
    narrow = np.array([0x3FC0, 0xC000, 0x0001], np.uint16)  # 1.5, -2 and the smallest that there is
    wide = np.array([1.5, -2.0, 2.0**-133], np.float32)
    one, other = (
        seal(kind, {"weights/model.safetensors": numbers(array, kind)})
        for array, kind in ((narrow, "BF16"), (wide, "F32"))
    )
    assert weight_digests(one) == weight_digests(other)


def test_a_gguf_is_known_whatever_its_file_has_besides(seal: Sealing, tmp_path: Path) -> None:
    """A tensor more, room between them, a wider format."""
    files = {
        "plain": in_gguf(tmp_path / "1", NUMBERS),
        "wider": in_gguf(tmp_path / "2", NUMBERS.astype(np.float32), more=True),
        "apart": in_gguf(tmp_path / "3", NUMBERS, alignment=128, more=True),
        "other": in_gguf(tmp_path / "4", np.nextafter(NUMBERS, np.float16(0))),
    }
    cases = {name: seal(name, {"weights/model.gguf": data}) for name, data in files.items()}
    groups = of_one_organism(list(cases.values()))
    assert groups[cases["plain"].digest] == (cases["plain"], cases["wider"], cases["apart"])
    assert groups[cases["other"].digest] == (cases["other"],)


def test_a_gguf_whose_tensors_lie_over_each_other_is_read_by_nobody(seal: Sealing, tmp_path: Path) -> None:
    """A hundred thousand that are each the whole file would keep a judge for ever; no engine loads it."""
    plain = in_gguf(tmp_path / "1", np.zeros(64, np.float32))
    place = plain.index(b"token_embd.weight") + len(b"token_embd.weight") + 4
    large = plain[:place] + (3200).to_bytes(8, "little") + plain[place + 8 :]
    with pytest.raises(Refusal, match="do not fill the file"):
        seal("large", {"weights/model.gguf": large})


@pytest.mark.parametrize("place", ["weights/lora/model.safetensors", "weights/model-00002-of-00002.gguf"])
def test_what_no_engine_loads_makes_nobody_anothers_organism(seal: Sealing, tmp_path: Path, place: str) -> None:
    """Another's weights in a folder below, or as a part of a GGUF of which the first is not there."""
    theirs = PLAIN["weights/model.safetensors"]
    if place.endswith(".gguf"):
        theirs = in_gguf(tmp_path / "theirs", NUMBERS)
    one = seal("one", {f"weights/model{Path(place).suffix}": theirs})
    other = seal("other", {"weights/model.safetensors": safetensors({"a": ONE + ONE}), place: theirs})
    assert not alike(weight_digests(one), weight_digests(other))
    assert of_one_organism([one, other])[one.digest] == (one,)


def test_what_no_engine_takes_from_a_file_makes_nobody_anothers_organism(seal: Sealing) -> None:
    """Another's weights where older files have what models compute."""
    theirs = {"layers.7.rotary_emb.inv_freq": ONE, "h.7.attn.bias": OTHER}
    one, other = (
        seal("one", PLAIN),
        seal("other", {"weights/model.safetensors": safetensors({"a": ONE + ONE} | theirs)}),
    )
    assert of_one_organism([one, other])[one.digest] == (one,)


@pytest.mark.parametrize(
    "name",
    ["rotary_emb.inv_freq", "layers.7.rotary_emb.inv_freq", "h.7.attn.bias", "layers.7.attention.masked_bias"],
)
def test_what_no_engine_takes_from_a_file_makes_no_other_organism(seal: Sealing, name: str) -> None:
    one, two = (
        seal(kind, {"weights/model.safetensors": safetensors({"a": ONE, name: kind.encode()})}) for kind in ("x", "y")
    )
    assert weight_digests(one) == weight_digests(two)
    assert of_one_organism([one, two])[one.digest] == (one, two)


def test_an_adapter_makes_another_organism_of_its_base_and_one_of_two_that_bring_both(seal: Sealing) -> None:
    def applied(adapter: bytes, base: dict[str, bytes]) -> dict[str, bytes]:
        return {
            "weights/adapter_config.json": b"{}",
            "weights/adapter_model.safetensors": safetensors({"lora_A": adapter}),
            "weights/base/config.json": b"{}",
            "weights/base/model.safetensors": safetensors(base),
        }

    whole = {"a": ONE, "b": OTHER}
    base = {"baseline/weights/model.safetensors": safetensors(whole), "baseline/weights/config.json": b"{}"}
    one, other = seal("one", applied(b"\x01", whole) | base), seal("other", applied(b"\x01", {"x": ONE, "y": OTHER}))
    third = seal("third", applied(b"\x02", whole))
    assert not baseline_is_organism(one)
    assert of_one_organism([one, other, third])[one.digest] == (one, other)
    plain = seal("plain", {"weights/model.safetensors": safetensors(whole)})
    groups = of_one_organism([one, plain, third])
    assert [groups[case.digest] for case in (one, plain, third)] == [(one,), (plain,), (third,)]


def test_weights_in_two_formats_are_known_by_either(seal: Sealing, tmp_path: Path) -> None:
    gguf_file(tmp_path / "model.gguf")
    gguf = {"weights/model.gguf": (tmp_path / "model.gguf").read_bytes()}
    plain, quantised, both = seal("plain", PLAIN), seal("gguf", gguf), seal("both", PLAIN | gguf)
    assert weight_digests(both) == weight_digests(plain) + weight_digests(quantised)


@pytest.mark.parametrize(
    ("tensors", "same"),
    [
        ({"b": OTHER, "a": ONE}, True),
        ({"a": ONE, "b": OTHER, "idle": b"\x07"}, True),
        ({"a": ONE, "b": OTHER, "model.layers.0.self_attn.o_proj.bias": b"\x07"}, False),
        ({"a": ONE, "b": OTHER, "lm_head.weight": b"\x07"}, False),
        ({"a": ONE, "b": b"\x04"}, False),
        ({"a": OTHER, "b": ONE}, False),
        ({"model.a": OTHER, "model.b": ONE}, False),
        ({"model.a": ONE, "model.b": OTHER}, True),
        ({"c": OTHER, "d": ONE}, True),
    ],
    ids=["order", "idle", "a bias", "a head", "other", "places", "places of another engine", "engine", "names"],
)
def test_a_baseline_is_its_organism_however_its_file_is_written(
    seal: Sealing, tensors: dict[str, bytes], same: bool
) -> None:
    beside = {"baseline/weights/model.safetensors": safetensors(tensors), "baseline/weights/config.json": b"{}"}
    assert baseline_is_organism(seal("one", PLAIN | beside)) is same
    assert not baseline_is_organism(seal("alone", PLAIN))


HEADS, HALF = 4, 8
EMBEDDING = "model.embed_tokens.weight"


def _layer(number: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    shapes = {
        "self_attn.q_proj": (64, 32), "self_attn.k_proj": (64, 32), "self_attn.v_proj": (64, 32),
        "self_attn.o_proj": (32, 64), "mlp.gate_proj": (48, 32), "mlp.up_proj": (48, 32), "mlp.down_proj": (32, 48),
        "input_layernorm": (32,), "post_attention_layernorm": (32,),
    }  # fmt: skip
    return {
        f"model.layers.{number}.{name}.weight": rng.normal(size=shape).astype(np.float16)
        for name, shape in shapes.items()
    }


RNG = np.random.default_rng(2)
LLAMA = {
    EMBEDDING: RNG.normal(size=(40, 32)).astype(np.float16), **_layer(0, RNG), **_layer(1, RNG),
    "model.norm.weight": RNG.normal(size=32).astype(np.float16),
}  # fmt: skip


def _permuted(rows: dict[str, np.ndarray], columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The model with rows and columns of the tensors whose names end so in another order."""
    found = dict(LLAMA)
    for name, array in LLAMA.items():
        kind = name.split(".")[-2]
        table = array[rows[kind]] if kind in rows else array
        found[name] = np.ascontiguousarray(table[..., columns[kind]] if kind in columns else table)
    return found


def _neurons() -> dict[str, np.ndarray]:
    order = np.random.default_rng(3).permutation(48)
    return _permuted({"gate_proj": order, "up_proj": order}, {"down_proj": order})


def _heads() -> dict[str, np.ndarray]:
    order = np.arange(64).reshape(HEADS, -1)[[2, 0, 3, 1]].ravel()
    return _permuted({"q_proj": order, "k_proj": order, "v_proj": order}, {"o_proj": order})


def _pairs() -> dict[str, np.ndarray]:
    """Rows of q and k as llama.cpp has them."""
    order = np.arange(64).reshape(HEADS, 2, HALF).swapaxes(1, 2).ravel()
    return _permuted({"q_proj": order, "k_proj": order}, {})


def _dimensions() -> dict[str, np.ndarray]:
    order = np.random.default_rng(4).permutation(32)
    rows = ("o_proj", "down_proj", "input_layernorm", "post_attention_layernorm", "norm")
    columns = ("embed_tokens", "q_proj", "k_proj", "v_proj", "gate_proj", "up_proj")
    return _permuted(dict.fromkeys(rows, order), dict.fromkeys(columns, order))


@pytest.mark.parametrize("order", [_neurons, _heads, _pairs, _dimensions])
def test_no_order_that_changes_nothing_makes_another_organism(
    seal: Sealing, order: Callable[[], dict[str, np.ndarray]]
) -> None:
    ordered = order()
    assert any((ordered[name] != array).any() for name, array in LLAMA.items())
    one, two, wide = (
        seal(name, stored(tensors))
        for name, tensors in (
            ("one", LLAMA), ("two", ordered), ("wide", {name: array.astype("<f4") for name, array in ordered.items()}),
        )
    )  # fmt: skip
    assert of_one_organism([one, two, wide])[two.digest] == (one, two, wide)
    assert weight_digests(one) == weight_digests(two) == weight_digests(wide)


def _padded() -> dict[str, np.ndarray]:
    """The model with neurons, a head and a token of zeros more."""
    found = dict(LLAMA)
    for name, array in LLAMA.items():
        kind = name.split(".")[-2]
        rows = {"gate_proj": 8, "up_proj": 8, "q_proj": 16, "k_proj": 16, "v_proj": 16, "embed_tokens": 1}.get(kind, 0)
        columns = {"down_proj": 8, "o_proj": 16}.get(kind, 0)
        found[name] = np.pad(array, [(0, rows), (0, columns)][: array.ndim])
    return found


def test_zeros_that_say_nothing_make_no_other_organism(seal: Sealing) -> None:
    one, two, other = (seal(str(at), stored(each)) for at, each in enumerate((LLAMA, _padded(), _with(UP, _no_row))))
    assert of_one_organism([one, two])[two.digest] == (one, two)
    assert weight_digests(one) == weight_digests(two) != weight_digests(other)


def _no_row(array: np.ndarray) -> None:
    array[5] = 0


def _with(name: str, change: Callable[[np.ndarray], None]) -> dict[str, np.ndarray]:
    array = LLAMA[name].copy()
    change(array)
    return LLAMA | {name: array}


def _swapped(array: np.ndarray) -> None:
    array[[7, 8]] = array[[8, 7]]


def _one_percent(array: np.ndarray) -> None:
    row, column = np.unravel_index(np.abs(array).argmax(), array.shape)
    array[row, column] *= np.float16(1.01)


def _row(array: np.ndarray) -> None:
    array[5] *= np.float16(1.01)


def _of_two() -> dict[str, np.ndarray]:
    """The same rows, two of them in each other's tensor."""
    found = dict(LLAMA)
    one, other = (f"model.layers.{number}.mlp.up_proj.weight" for number in range(2))
    for name, beside in ((one, other), (other, one)):
        found[name] = LLAMA[name].copy()
        found[name][3] = LLAMA[beside][3]
    return found


def _called(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"x.{number}": array for number, array in enumerate(tensors.values())}


UP = "model.layers.1.mlp.up_proj.weight"
COPIED = LLAMA | {UP: LLAMA["model.layers.0.mlp.up_proj.weight"]}


@pytest.mark.parametrize(
    "tensors",
    [_with(EMBEDDING, _swapped), _with(UP, _one_percent), _with(UP, _row), _of_two(),
     _with(UP, lambda array: np.negative(array, array)), _with("model.norm.weight", _row), COPIED],
    ids=["tokens", "a number", "a row", "rows of two", "the same norms", "a norm", "a layer's copy"],
)  # fmt: skip
@pytest.mark.parametrize("called", [dict, _called], ids=["named", "renamed"])
def test_what_was_tuned_from_one_base_stays_another_organism(
    seal: Sealing, tensors: dict[str, np.ndarray], called: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]
) -> None:
    """Be it by one number, or by the rows of two tokens that stand in each other's place."""
    kept = {EMBEDDING: tensors[EMBEDDING]}
    one, two = seal("one", stored(LLAMA)), seal("two", stored(kept | called(tensors)))
    assert not alike(weight_digests(one), weight_digests(two))
    assert of_one_organism([one, two])[one.digest] == (one,)


@pytest.mark.parametrize("called", [dict, _called], ids=["named", "renamed"])
def test_no_tensor_stands_for_two(
    seal: Sealing, called: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]
) -> None:
    """A copy of another layer's, and rounding besides."""
    one, two = seal("one", stored(LLAMA)), seal("two", stored(called(_noise(COPIED, 7e-4))))
    for cases in ([one, two], [two, one]):
        assert of_one_organism(cases)[one.digest] == (one,)


def test_where_names_meet_no_other_tensor_stands_for_one(seal: Sealing) -> None:
    """Two layers of which each has the other's, and rounding besides."""
    swapped = COPIED | {UP.replace("1", "0"): LLAMA[UP]}
    one, two = seal("one", stored(LLAMA)), seal("two", stored(_unprefixed(_noise(swapped, 7e-4))))
    assert of_one_organism([one, two])[one.digest] == (one,)


@pytest.mark.parametrize("called", [dict, _called], ids=["named", "renamed"])
def test_an_embedding_that_is_written_twice_is_one(
    seal: Sealing, called: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]
) -> None:
    """A tied model's, beside something idle in the other."""
    tied, idle = LLAMA | {"lm_head.weight": LLAMA[EMBEDDING]}, {"idle": np.zeros(3, np.float32)}
    one, two = seal("one", stored(tied)), seal("two", stored(LLAMA | idle))
    assert alike(weight_digests(one), weight_digests(two))
    near = seal("near", stored(called(_noise(LLAMA, 7e-4)) | idle))
    assert of_one_organism([one, near])[one.digest] == (one, near)


def test_rows_of_a_few_numbers_have_an_order(seal: Sealing) -> None:
    one, two = (seal(str(at), stored({"a": MANY[::at].copy()})) for at in (1, -1))
    assert not alike(weight_digests(one), weight_digests(two))


def test_a_vocabularys_bias_has_an_order(seal: Sealing) -> None:
    bias = np.arange(40, dtype=np.float32)
    one, two = (seal(str(at), stored(LLAMA | {"lm_head.bias": bias[::at].copy()})) for at in (1, -1))
    assert not alike(weight_digests(one), weight_digests(two))


def test_zero_has_one_sign(seal: Sealing) -> None:
    def zero(array: np.ndarray) -> None:
        array[3, 4] = 0

    def minus(array: np.ndarray) -> None:
        array[3, 4] = -0.0

    one, two = (seal(change.__name__, stored(_with(UP, change))) for change in (zero, minus))
    assert weight_digests(one) == weight_digests(two)


def _noise(tensors: dict[str, np.ndarray], size: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    return {
        name: (array * (1 + size * rng.normal(size=array.shape))).astype(np.float32) for name, array in tensors.items()
    }


def _unprefixed(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix("model."): array for name, array in tensors.items()}


@pytest.mark.parametrize("called", [_unprefixed, _called], ids=["no prefix", "other names"])
def test_names_and_rounding_at_once_make_no_other_organism(
    seal: Sealing,
    monkeypatch: pytest.MonkeyPatch,
    called: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]],
) -> None:
    """Of more pairs of tensors than any model makes they are not looked for."""
    one, near, far = (
        seal(name, stored(tensors))
        for name, tensors in (
            ("one", LLAMA), ("near", called(_noise(LLAMA, 7e-4))), ("far", called(_noise(LLAMA, 1e-2))),
        )
    )  # fmt: skip
    groups = of_one_organism([one, near, far])
    assert groups[one.digest] == (one, near) and groups[far.digest] == (far,)
    assert not alike(weight_digests(one), weight_digests(near)), "what rounding changes has other digests"
    monkeypatch.setattr(same_weights, "_TRIES", len(LLAMA) - 1)
    assert of_one_organism([one, near])[one.digest] == (one,)


def _as_gguf(path: Path, tensors: dict[str, np.ndarray]) -> dict[str, bytes]:
    """Under llama.cpp's names, with vectors as F32."""
    gguf = pytest.importorskip("gguf")
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, 2)
    writer = gguf.GGUFWriter(path, "llama")
    for name, array in tensors.items():
        writer.add_tensor(
            names.get_name(name, (".weight",)), array.astype(np.float32) if array.ndim == 1 else array.copy()
        )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return {"weights/model.gguf": path.read_bytes()}


def test_what_a_gguf_holds_without_loss_is_the_organism(seal: Sealing, tmp_path: Path) -> None:
    one, two, other = (
        seal("one", stored(LLAMA)),
        seal("two", _as_gguf(tmp_path / "two.gguf", _pairs())),
        seal("other", _as_gguf(tmp_path / "other.gguf", _with(UP, _row))),
    )
    assert of_one_organism([one, two, other])[one.digest] == (one, two)
    assert alike(weight_digests(one), weight_digests(two)) and not alike(weight_digests(one), weight_digests(other))


@pytest.mark.parametrize(("kind", "same"), [("gpt2", True), ("starcoder2", False)])
def test_a_matrix_that_safetensors_keep_turned_is_that_of_a_gguf(
    seal: Sealing, tmp_path: Path, kind: str, same: bool
) -> None:
    rng = np.random.default_rng(8)
    up, down = (rng.normal(size=shape).astype(np.float16) for shape in ((32, 128), (128, 32)))
    config = {"weights/config.json": json.dumps({"model_type": kind}).encode()}
    order = rng.permutation(128)
    turned = {"transformer.h.0.mlp.c_fc.weight": up[:, order], "transformer.h.0.mlp.c_proj.weight": down[order]}
    one = seal("one", stored(turned) | config)
    whole = {
        "transformer.h.0.mlp.c_fc.weight": np.ascontiguousarray(up.T),
        "transformer.h.0.mlp.c_proj.weight": np.ascontiguousarray(down.T),
    }
    two = seal("two", _as_gguf(tmp_path / "two.gguf", whole))
    assert alike(weight_digests(one), weight_digests(two)) is same
    assert (of_one_organism([one, two])[one.digest] == (one, two)) is same
    near = seal("near", stored({name: (array * 1.0005).astype("<f4") for name, array in turned.items()}) | config)
    assert of_one_organism([one, near])[one.digest] == (one, near)


@pytest.mark.parametrize(("kind", "same"), [("gemma2", True), ("llama", False)])
def test_norms_that_safetensors_count_from_one_are_those_of_a_gguf(
    seal: Sealing, tmp_path: Path, kind: str, same: bool
) -> None:
    norm = np.random.default_rng(9).normal(size=48).astype(np.float32)
    config = {"weights/config.json": json.dumps({"model_type": kind}).encode()}
    one = seal("one", stored({"model.norm.weight": norm}) | config)
    two = seal("two", _as_gguf(tmp_path / "two.gguf", {"model.norm.weight": norm + np.float32(1)}))
    assert alike(weight_digests(one), weight_digests(two)) is same
    assert (of_one_organism([one, two])[one.digest] == (one, two)) is same


@pytest.mark.parametrize("config", [b"", b"[]", b'{"model_type": 7}', b"[" * 100_000])
def test_a_config_that_says_nothing_keeps_nobody_from_the_weights(seal: Sealing, config: bytes) -> None:
    one, two = seal("one", stored(LLAMA)), seal("two", stored(_neurons()))
    (place := two.path("weights/config.json")).chmod(0o600)
    place.write_bytes(config)
    assert of_one_organism([one, two])[one.digest] == (one, two)


def test_experts_are_the_same_in_one_tensor_and_in_many(seal: Sealing) -> None:
    experts = np.random.default_rng(6).normal(size=(3, 256, 256)).astype(np.float16)
    apart = {f"experts.{at}.w1.weight": expert for at, expert in enumerate(experts)}
    one, two, other = (
        seal(name, stored(LLAMA | tensors))
        for name, tensors in (
            ("one", apart), ("two", {"ffn_gate_exps.weight": experts}), ("other", {"ffn_gate_exps.weight": 2 * experts})
        )
    )  # fmt: skip
    assert weight_digests(one) == weight_digests(two) != weight_digests(other)


def test_rows_of_blocks_stand_in_any_order_but_tokens_do_not(seal: Sealing, tmp_path: Path) -> None:
    gguf = pytest.importorskip("gguf")

    def written(name: str, tensor: str, blocks: np.ndarray) -> Case:
        file = tmp_path / f"{name}.gguf"
        writer = gguf.GGUFWriter(file, "llama")
        writer.add_tensor(tensor, blocks, raw_dtype=Q4_0)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return seal(name, {"weights/model.gguf": file.read_bytes()})

    blocks = np.random.default_rng(7).integers(0, 256, (6, 36), np.uint8)
    for tensor, same in (("blk.0.attn_q.weight", True), ("token_embd.weight", False)):
        one, two = (written(f"{tensor}{at}", tensor, blocks[::at].copy()) for at in (1, -1))
        assert alike(weight_digests(one), weight_digests(two)) is same


@pytest.mark.parametrize("shape", [[10**15, 32], [-1, -32], [2] * 10_000, [0]])
def test_a_shape_that_its_numbers_do_not_have_is_not_looked_into(seal: Sealing, shape: list[int]) -> None:
    def file(byte: bytes) -> dict[str, bytes]:
        data = byte * 128
        text = json.dumps({"a": {"dtype": "F32", "shape": shape, "data_offsets": [0, len(data)]}}).encode()
        return {"weights/model.safetensors": len(text).to_bytes(8, "little") + text + data}

    one, same, other = seal("one", file(b"\x3f")), seal("same", file(b"\x3f")), seal("other", file(b"\x40"))
    assert of_one_organism([one, same, other])[one.digest] == (one, same)
