"""From a Hugging Face folder to a GGUF file: done once, kept outside the case under the model's digest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from backends.end_tokens import ids_of
from backends.gguf.cache import cache_path, written
from backends.gguf.config import Config, unconvertible, unreadable
from backends.gguf.families import family
from backends.gguf.families.family import GgufFamily
from backends.gguf.packages import INSTALL
from backends.gguf.safetensors_file import CheckpointTensor, StoredTensor, stored_tensors
from backends.gguf.vocabulary import vocabulary
from backends.model import FloatArray, ModelRefusal
from backends.model_files import ModelFiles

if TYPE_CHECKING:
    from gguf import GGMLQuantizationType, GGUFWriter

WeightFormat = Literal["f32", "f16", "q8_0"]

END_TOKENS: Final = "audit_workbench.end_tokens"
"""The key of the tokens that end a generation, as transformers has them where the folder does not say."""

_BUFFERS = (".rotary_emb.inv_freq", ".attn.bias", ".attn.masked_bias")
"""Endings of tensors that are computed, not learned, and stand in some files all the same."""

_BLOCK = 32
"""Q8_0 stores this many weights to one scale."""


def converted(files: ModelFiles, precision: WeightFormat) -> Path:
    """The GGUF of a case's weights, from the user's cache, which is trusted by the files' digest, or made now."""
    target = cache_path(files.digest, precision)
    if not target.exists():
        convert(files.weights, files.tokenizer, target, precision)
    return target


def convert(weights: Path, tokenizer: Path, target: Path, precision: WeightFormat) -> None:
    """Write `target`, whole or not at all. Raises ModelRefusal for what llama.cpp wouldn't compute faithfully."""
    if precision not in get_args(WeightFormat):
        raise ValueError(f"no such precision: {precision}")
    try:
        import gguf  # noqa: F401 what follows could not say so well that it is missing
    except ImportError as error:
        raise ModelRefusal(
            "model.unsupported", "The weights cannot be converted for llama.cpp.", f"{error}.", INSTALL
        ) from error
    source = _Source.open(weights)
    with written(target) as part:
        _write(part, source, tokenizer, precision)


def stored_precision(weights: Path) -> WeightFormat:
    """The smallest precision that loses nothing of safetensors weights."""
    kinds = {tensor.dtype for tensor in stored_tensors(weights).values() if len(tensor.shape) > 1}
    return "f16" if kinds <= {"F16"} else "f32"


@dataclass(frozen=True)
class _Source:
    """The weights under llama.cpp's names."""

    config: Config
    kind: GgufFamily
    tensors: Mapping[str, tuple[str, CheckpointTensor]]
    """llama.cpp's name → (Hugging Face's name, tensor), complete and without what isn't weights."""
    extra: Mapping[str, FloatArray]

    @classmethod
    def open(cls, folder: Path) -> _Source:
        config = Config.read(folder)
        kind = family(config)
        _refuse_settings(config, kind)
        return cls(config, kind, _named(config, kind, stored_tensors(folder)), kind.extra(config))

    def shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Name and shape of all that `arrays` will yield, in that order."""
        for name, (original, tensor) in self.tensors.items():
            yield name, tensor.shape[::-1] if self.turned(original) else tensor.shape
        for name, array in self.extra.items():
            yield name, array.shape

    def arrays(self) -> Iterator[tuple[str, FloatArray]]:
        """The weights, one at a time: a model need not fit into memory twice."""
        for name, (original, tensor) in self.tensors.items():
            array = tensor.read()
            if not np.isfinite(array).all():
                raise ModelRefusal(
                    "model.unreadable",
                    "The weights hold numbers that are not finite.",
                    f"The tensor `{original}` has infinite or undefined entries.",
                    "The attacker must seal the case anew.",
                )
            array = array.T if self.turned(original) else array
            yield name, np.ascontiguousarray(self.kind.tensor(self.config, original, array))
        yield from self.extra.items()

    def turned(self, original: str) -> bool:
        return bool(self.kind.turned) and original.endswith(self.kind.turned)


def _refuse_settings(config: Config, kind: GgufFamily) -> None:
    """What llama.cpp would compute otherwise is said as such, before weights are found not to fit."""
    import gguf

    kind.keys(config, gguf.GGUFWriter(None, kind.name))


def _named(
    config: Config, kind: GgufFamily, tensors: Mapping[str, StoredTensor]
) -> dict[str, tuple[str, CheckpointTensor]]:
    """The tensors under llama.cpp's names; exactly those that config.json stands for."""
    from gguf import MODEL_ARCH, MODEL_ARCH_NAMES, get_tensor_name_map

    wanted = kind.shapes(config)
    arch = next(arch for arch in MODEL_ARCH if MODEL_ARCH_NAMES[arch] == kind.name)
    names = get_tensor_name_map(arch, config.layers)
    found: dict[str, tuple[str, CheckpointTensor]] = {}
    for name, tensor in kind.regrouped(config, tensors).items():
        if name.endswith(_BUFFERS):
            continue
        place = name if name in wanted else names.get_name(name, try_suffixes=(".weight", ".bias"))
        if place is None and name != "lm_head.weight":
            raise unconvertible(f"its tensor `{name}` has no place in llama.cpp's {kind.name}")
        place = place or "output.weight"
        if place in found:
            raise _contradicted(f"`{found[place][0]}` and `{name}` are one tensor under two names")
        found[place] = (name, tensor)
    if "output.weight" not in wanted and "output.weight" in found and "token_embd.weight" in found:
        # Some files hold a tied unembedding all the same; transformers unties it if it is another.
        if not found["output.weight"][1].same(found["token_embd.weight"][1]):
            raise _contradicted("It ties the unembedding to the embedding, and the files hold another unembedding")
        del found["output.weight"]
    if missing := sorted(wanted.keys() - found.keys()):
        raise _contradicted(f"Missing: {len(missing)} tensors, among them what llama.cpp calls `{missing[0]}`")
    if unknown := sorted(found[name][0] for name in found.keys() - wanted.keys()):
        raise _contradicted(f"The files hold `{unknown[0]}`, which it does not ask for")
    for place, (name, tensor) in found.items():
        meant = wanted[place][::-1] if kind.turned and name.endswith(kind.turned) else wanted[place]
        if tensor.shape != meant:
            raise _contradicted(f"`{name}` has the shape {tensor.shape} instead of {meant}")
    return found


def _contradicted(why: str) -> ModelRefusal:
    return unreadable("The weights do not match config.json.", why)


def _write(target: Path, source: _Source, tokenizer: Path, precision: WeightFormat) -> None:
    """Keys first, then what will come and where, then the weights as they are read."""
    import gguf

    with closing(gguf.GGUFWriter(target, source.kind.name)) as writer:
        writer.add_type(gguf.GGUFType.MODEL)
        # No name, author or origin: a file made from a case must not say more than the case.
        kinds = {"f32": gguf.LlamaFileType.ALL_F32, "f16": gguf.LlamaFileType.MOSTLY_F16}
        writer.add_file_type(kinds.get(precision, gguf.LlamaFileType.MOSTLY_Q8_0))
        writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
        source.kind.keys(source.config, writer)
        if ends := ids_of(source.config.get("eos_token_id")):
            writer.add_array(END_TOKENS, list(ends))
        words = vocabulary(tokenizer, source.config.whole("vocab_size"))
        if words is None:
            writer.add_tokenizer_model("no_vocab")
        else:
            words.write(writer)
        for name, shape in source.shapes():
            _announce(writer, name, shape, _stored_as(name, shape, precision))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for name, array in source.arrays():
            writer.write_tensor_data(_encoded(array, _stored_as(name, array.shape, precision)))


def _stored_as(name: str, shape: tuple[int, ...], precision: WeightFormat) -> GGMLQuantizationType:
    """Vectors, norms, biases, positions and routers stay float32, as llama.cpp expects; rows that don't fill Q8_0's
    blocks are F16."""
    from gguf import GGMLQuantizationType as Stored

    added = name.endswith(".bias") or name == "position_embd.weight"
    if precision == "f32" or len(shape) == 1 or added or ".ffn_gate_inp" in name:
        return Stored.F32
    if precision == "f16" or shape[-1] % _BLOCK:
        return Stored.F16
    return Stored.Q8_0


def _announce(writer: GGUFWriter, name: str, shape: tuple[int, ...], stored: GGMLQuantizationType) -> None:
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quant_shape_to_byte_shape

    block, size = GGML_QUANT_SIZES[stored]
    length = int(np.prod(shape)) // block * size
    if stored is GGMLQuantizationType.Q8_0:
        writer.add_tensor_info(name, quant_shape_to_byte_shape(shape, stored), np.dtype(np.uint8), length, stored)
    else:
        kind = np.dtype(np.float32 if stored is GGMLQuantizationType.F32 else np.float16)
        writer.add_tensor_info(name, shape, kind, length)


def _encoded(array: FloatArray, stored: GGMLQuantizationType) -> npt.NDArray[np.generic]:
    from gguf import GGMLQuantizationType, quants

    if stored is GGMLQuantizationType.F32:
        return array
    if stored is GGMLQuantizationType.F16:
        with np.errstate(over="ignore"):
            halved = array.astype(np.float16)
        if not np.isfinite(halved).all():
            raise unconvertible("its weights do not fit into float16; ask for float32")
        return halved
    return np.asarray(quants.quantize(array, stored))
