"""A model on somebody's disk, sorted into what a case holds: a Hugging Face folder, a GGUF, or weights/ and tokenizer/.

What no engine reads is left out and named, so that nothing is sealed by accident; links are followed, for a hub's cache
consists of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from casefiles.case.manifest import ENVELOPE
from casefiles.files import disk
from casefiles.status import Refusal

Format = Literal["safetensors", "gguf"]
_WEIGHTS: Final = frozenset({"config.json", "generation_config.json"})
_TOKENIZER: Final = frozenset(
    """
    tokenizer.json tokenizer_config.json special_tokens_map.json added_tokens.json vocab.json vocab.txt merges.txt
    tokenizer.model spiece.model sentencepiece.bpe.model chat_template.jinja
    """.split()  # noqa: SIM905 - read more easily so
)
_ADAPTER: Final = ("adapter_config.json", "adapter_model.safetensors")
_PICKLES: Final = (".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack")
_SHARD: Final = re.compile(r"-(\d{5}-of-\d{5})\.gguf$")
_CONFIG_LIMIT: Final = 1 << 26


@dataclass(frozen=True)
class ModelParts:
    """The files of one model, by the names that they have in a case."""

    format: Format
    weights: Mapping[str, Path]
    tokenizer: Mapping[str, Path]
    """Empty for a GGUF, which brings its own."""
    left_out: tuple[str, ...] = ()
    """Files beside them that nothing here reads."""

    def parts(self, before: str = "") -> dict[str, Path]:
        """Name in the case → file; `before`: such as `baseline/`."""
        named = {f"{before}weights/{name}": path for name, path in self.weights.items()}
        return named | {f"{before}tokenizer/{name}": path for name, path in self.tokenizer.items()}


def is_model(path: Path) -> bool:
    """Whether this is a model of which no case was made yet, by how it looks from without."""
    return path.suffix == ".gguf" or (path / "config.json").is_file()


def sort(model: Path) -> ModelParts:
    """Sort the files of a model. Raises Refusal if it is none, or it is not clear which is meant."""
    if not model.exists():
        raise Refusal(
            "input.missing", f"There is no model {model}.", "Nothing of that name exists.",
            "Name a folder as Hugging Face saves one, or a .gguf file.",
        )  # fmt: skip
    if model.is_file():
        return _of_file(model)
    if (model / ENVELOPE).exists():
        raise Refusal(
            "input.invalid", f"{model.name} is a case already.", f"It holds {ENVELOPE}.",
            f"Open it: `workbench open {model}`.",
        )  # fmt: skip
    with disk.guarded(f"{model.name} could not be read."):
        if (model / "weights").is_dir():
            return _of_parts(model)
        return _of_folder(model)


def adapter(folder: Path) -> dict[str, Path]:
    """The files of a LoRA adapter, by name. Raises Refusal if it is none."""
    if missing := [name for name in _ADAPTER if not (folder / name).is_file()]:
        raise Refusal(
            "input.missing", f"{folder.name} is no adapter.", f"It has no {missing[0]}.",
            "Name a folder as PEFT saves a LoRA, in safetensors.",
        )  # fmt: skip
    return {name: folder / name for name in _ADAPTER}


def _of_file(path: Path) -> ModelParts:
    if path.suffix == ".gguf":
        return ModelParts("gguf", _gguf(path), {})
    why = "Weights alone lack a configuration and a tokenizer." if path.suffix == ".safetensors" else (
        "Files of this kind can run code when they are loaded." if path.suffix in _PICKLES else "It is no GGUF."
    )  # fmt: skip
    raise Refusal("input.invalid", f"{path.name} is no model.", why, "Name the folder it lies in, or a .gguf file.")


def _gguf(path: Path) -> dict[str, Path]:
    """A GGUF under the usual name: what a file is called may say what was done to it. One in parts is all of them."""
    if (found := _SHARD.search(path.name)) is None:
        return {"model.gguf": path}
    beside = sorted(path.parent.glob(f"{path.name[: found.start()]}-*-of-{found[1][-5:]}.gguf"))
    return {f"model-{shard[1]}.gguf": each for each in beside if (shard := _SHARD.search(each.name))}


def _of_parts(model: Path) -> ModelParts:
    """A folder that is laid out as a case is, such as the forge's."""
    weights, tokenizer = (
        {path.name: path for path in sorted((model / part).glob("*")) if path.is_file()}
        for part in ("weights", "tokenizer")
    )
    shapes: Format = "safetensors" if any(name.endswith(".safetensors") for name in weights) else "gguf"
    others = (path.name for path in sorted(model.iterdir()) if path.name not in ("weights", "tokenizer"))
    return ModelParts(shapes, weights, tokenizer, tuple(others))


def _of_folder(model: Path) -> ModelParts:
    files = {path.name: path for path in sorted(model.iterdir()) if path.is_file()}
    tensors = _tensors(model, files)
    ggufs = [name for name in files if name.endswith(".gguf")]
    if not tensors and ggufs:
        first = [name for name in ggufs if (shard := _SHARD.search(name)) is None or shard[1].startswith("00001")]
        if len(first) > 1:
            raise Refusal(
                "input.invalid", f"{model.name} holds several models.", f"They are {', '.join(first)}.",
                "Name one of the files.",
            )  # fmt: skip
        taken = _gguf(files[first[0]]) if first else {}
        used = {path.name for path in taken.values()}
        return ModelParts("gguf", taken, {}, tuple(name for name in files if name not in used))
    if not tensors:
        raise _no_weights(model, files)
    if "config.json" not in files:
        raise Refusal(
            "input.missing", f"{model.name} cannot be loaded.", "It has weights and no config.json.",
            "Save it with its configuration: `model.save_pretrained(FOLDER)`.",
        )  # fmt: skip
    weights = {name: path for name, path in files.items() if name in _WEIGHTS}
    # One file has the name that engines look for, whatever it is called here.
    weights |= {name if len(tensors) > 1 else "model.safetensors": files[name] for name in tensors}
    tokenizer = {name: path for name, path in files.items() if name in _TOKENIZER}
    if not tokenizer:
        raise Refusal(
            "input.missing", f"{model.name} has no tokenizer.", "There is none of the files that hold one.",
            "Save it into the same folder: `tokenizer.save_pretrained(FOLDER)`.",
        )  # fmt: skip
    used = {path.name for path in (*weights.values(), *tokenizer.values())}
    others = [path.name + "/" * path.is_dir() for path in sorted(model.iterdir()) if path.name not in used]
    return ModelParts("safetensors", weights, tokenizer, tuple(others))


def _tensors(model: Path, files: Mapping[str, Path]) -> set[str]:
    """The files of weights that are loaded: one, or those that the index names; others lie beside them unread."""
    index = "model.safetensors.index.json"
    if index in files:
        try:
            named = set(json.loads(files[index].read_bytes()[:_CONFIG_LIMIT])["weight_map"].values())
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Refusal(
                "model.unreadable", f"{index} cannot be read.", f"{error}.", "Save the model again."
            ) from error
        if missing := sorted(str(name) for name in named if name not in files):
            raise Refusal(
                "input.missing", f"{model.name} is not complete.", f"Its index names {missing[0]}, which is not there.",
                "Copy all of it.",
            )  # fmt: skip
        return {index, *named}
    found = {name for name in files if name.endswith(".safetensors") and not name.startswith("adapter_")}
    if len(found) > 1 and "model.safetensors" not in found:
        raise Refusal(
            "input.invalid", f"It is not clear which weights of {model.name} are meant.",
            f"There are {', '.join(sorted(found))}, and no {index}.", "Save the model again, with its index.",
        )  # fmt: skip
    return found & {"model.safetensors"} or found


def _no_weights(model: Path, files: Mapping[str, Path]) -> Refusal:
    pickles = [name for name in files if name.endswith(_PICKLES)]
    if pickles:
        return Refusal(
            "case.file-kind", f"{model.name} cannot become a case.",
            f"Its weights lie in {pickles[0]}, a kind of file that can run code when it is loaded.",
            "Save it as safetensors: `model.save_pretrained(FOLDER)` with a transformers of today.",
        )  # fmt: skip
    if all(name in files for name in _ADAPTER):
        return Refusal(
            "input.missing", f"{model.name} is an adapter.", "It has no weights of a model of its own.",
            "Name the model that it belongs to, and this with --adapter; or merge it into the model first.",
        )  # fmt: skip
    return Refusal(
        "input.missing", f"{model.name} holds no model.", "It has neither safetensors nor a GGUF.",
        "Name a folder as Hugging Face saves one, or a .gguf file.",
    )  # fmt: skip
