"""What a GGUF header says that llama.cpp computes otherwise, and what it cannot say, family by family.

Where llama.cpp and transformers differ on one model, a file says so or it does not. If it does, the model is refused,
or given no more tokens than both compute alike; if it cannot, what llama.cpp takes for granted is told to whoever
brings the model. `tests/backends/shipped.py` has each of these, and `PROVEN.md` how far apart the two are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from backends.gguf.file import GgufFile
from backends.model import ModelRefusal

_WINDOWED: Final = frozenset(
    {
        *("afmoe", "cohere2", "cohere2moe", "deepseek4", "dots3note", "exaone-moe", "exaone4", "gemma2", "gemma3"),
        *("gemma3n", "gemma4", "gpt-oss", "granite_swa", "laguna", "llama4", "maple", "mellum", "mimo2"),
        *("muse-glimmer", "olmo2", "plamo3", "smallthinker", "spark2_5", "step35"),
    }
)
"""Architectures in which llama.cpp heeds the window that a header names; in all others tokens see everything."""
_WINDOW: Final = "attention.sliding_window"


@dataclass(frozen=True)
class Understanding:
    """How a file is to be taken."""

    context: int | None = None
    """Tokens up to which llama.cpp computes what the file says; None: as many as it says itself."""
    granted: str = ""
    """What llama.cpp takes for granted because the file cannot say it, in a sentence or two."""


def understood(file: GgufFile) -> Understanding:
    """How llama.cpp takes a model's file. Raises ModelRefusal where it would compute another model."""
    architecture, window = file.text("general.architecture"), int(file.number(_WINDOW))
    if architecture in _FAMILIES:
        return _FAMILIES[architecture](file)
    if window and architecture not in _WINDOWED:
        return Understanding(window)
    return Understanding()


def _llama(file: GgufFile) -> Understanding:
    """Mistral 7B as it was first published; nothing in a header of this architecture tells it from its successors but
    the base of its positions."""
    shape = ("block_count", "feed_forward_length", "attention.head_count_kv", "rope.freq_base")
    if tuple(int(file.number(key, 10_000)) for key in shape) == _FIRST_MISTRAL:
        return Understanding(
            _MISTRAL_WINDOW,
            f"It is shaped like the first Mistral 7B, whose tokens see the last {_MISTRAL_WINDOW:,} alone, which"
            " llama.cpp does not compute: it is asked no longer texts.",
        )
    return Understanding(int(file.number(_WINDOW)) or None)


_FIRST_MISTRAL: Final = (32, 14_336, 8, 10_000)
_MISTRAL_WINDOW: Final = 4096


def _exaone4(file: GgufFile) -> Understanding:
    windowed, deep = file.number(_WINDOW) > 0, file.number("block_count") == _DEEP_EXAONE
    if windowed and not deep:
        raise _other(
            file,
            f"it has a window, which llama.cpp gives this family where it has {_DEEP_EXAONE} layers, and only there",
        )
    if deep and not windowed:
        raise _other(
            file, f"it has no window, and llama.cpp gives one to all of this family with {_DEEP_EXAONE} layers"
        )
    return Understanding()


_DEEP_EXAONE: Final = 64


def _qwen3_moe(file: GgufFile) -> Understanding:
    return Understanding(
        granted="The experts that a token goes through are weighed so that their weights sum to 1, as in every Qwen 3"
        " that Qwen published; of a model that was trained without (norm_topk_prob is false) this would be another."
    )


def _plain_moe(file: GgufFile) -> Understanding:
    return Understanding(
        granted="The experts that a token goes through keep the weights that they have among all, as in what was"
        " published of this family; of a model that was trained otherwise (norm_topk_prob is true) this would be"
        " another."
    )


def _llama4(file: GgufFile) -> Understanding:
    window = file.keys.get(f"llama4.{_WINDOW}")
    if window == 0:
        raise _other(file, "all its layers see everything, on which this llama.cpp ends the process")
    normed = "not normed, as in Maverick" if file.number("expert_count") == _UNNORMED else "normed, as in Scout"
    return Understanding(
        None if window in (None, _CHUNK) else min(int(file.number(_WINDOW)), _CHUNK),
        f"Tokens see each other in chunks of {_CHUNK:,}, every fourth layer sees all and goes without positions, from"
        f" {_CHUNK:,} tokens on its queries grow, and queries and keys are {normed}: of a Llama 4 that was made"
        " otherwise this would be another.",
    )


_CHUNK: Final = 8192
_UNNORMED: Final = 128


def _gpt_oss(file: GgufFile) -> Understanding:
    if file.text("gpt-oss.rope.scaling.type") != "yarn":
        return Understanding()
    return Understanding(
        granted="Its positions are stretched between whole pairs of numbers, and in gpt-oss as it was published between"
        " fractions of them (truncate is false): what it says differs a little from what transformers computes, on long"
        " texts more."
    )


def _deepseek(file: GgufFile) -> Understanding:
    groups = file.number("expert_group_count")
    if file.text("deepseek2.rope.scaling.type") == "yarn" and not file.number("rope.scaling.yarn_log_multiplier"):
        raise _other(
            file, "its positions are stretched (YaRN) without a multiplier, and llama.cpp weighs attention then twice"
        )
    if groups > 1 and file.number("expert_gating_func", 1) == _SOFTMAX:
        raise _other(
            file, "it chooses groups of experts by the best of each, as DeepSeek V2, and llama.cpp by the two best"
        )
    if not groups and file.number("expert_count") == _DEEPSEEK_EXPERTS:
        raise _other(
            file,
            "it has as many experts as DeepSeek V3, which chooses them by groups, and says nothing of groups, so that"
            " llama.cpp chooses among all",
        )
    if abs(file.number("attention.layer_norm_rms_epsilon") / _LATENT_EPSILON - 1) < 1e-3:
        return Understanding()
    return Understanding(
        granted=f"The narrow rows of queries and keys are normed with the number in the file, where transformers has"
        f" {_LATENT_EPSILON:.0e} for all of this family: what it says differs a little."
    )


_SOFTMAX: Final = 1
_DEEPSEEK_EXPERTS: Final = 256
_LATENT_EPSILON: Final = 1e-6


def _capped(*keys: str) -> Callable[[GgufFile], Understanding]:
    def understood(file: GgufFile) -> Understanding:
        architecture = file.text("general.architecture")
        if any(f"{architecture}.{key}" not in file.keys for key in keys):
            raise _other(
                file, "it names no number at which its logits are capped, and llama.cpp caps them all the same"
            )
        return Understanding()

    return understood


def _gemma3n(file: GgufFile) -> Understanding:
    if file.number(_CAP) != _USUAL_CAP:
        raise _other(file, f"its logits are not capped at {_USUAL_CAP:.0f}, and llama.cpp caps all of this family so")
    return Understanding()


_CAP: Final = "final_logit_softcapping"
_USUAL_CAP: Final = 30.0


_FAMILIES: Final[Mapping[str, Callable[[GgufFile], Understanding]]] = {
    "llama": _llama,
    "exaone4": _exaone4,
    "qwen2moe": _plain_moe,
    "olmoe": _plain_moe,
    "qwen3moe": _qwen3_moe,
    "llama4": _llama4,
    "gpt-oss": _gpt_oss,
    "deepseek2": _deepseek,
    "gemma2": _capped(_CAP, "attn_logit_softcapping"),
    "gemma3n": _gemma3n,
    "gemma4": _capped(_CAP),
}


def _other(file: GgufFile, why: str) -> ModelRefusal:
    return ModelRefusal(
        "model.unsupported",
        "llama.cpp would run another model than this file says.",
        f"Of the {file.text('general.architecture')} in it: {why}.",
        "Use the torch engine, on the safetensors that the file was made of.",
    )
