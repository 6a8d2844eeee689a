"""Tiny models with random weights, written to disk as anybody's checkpoint would be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

VOCAB, WIDTH, LAYERS, HEADS, CONTEXT = 300, 32, 3, 4, 64

TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|turn|>{{ m.role }}\n{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|turn|>assistant\n{% endif %}"
)


_GEMMA = {"num_key_value_heads": 2, "head_dim": 16}
_CAPPED = _GEMMA | {"query_pre_attn_scalar": 16, "sliding_window": 6}
_GPT2 = {"n_embd": WIDTH, "n_layer": LAYERS, "n_head": HEADS, "n_positions": CONTEXT}
_OPT = {"ffn_dim": 48, "init_std": 0.3, "word_embed_proj_dim": WIDTH, "pad_token_id": 1}

FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("LlamaConfig", {"num_key_value_heads": 2}),
    "llama-tied": ("LlamaConfig", {"num_key_value_heads": 2, "tie_word_embeddings": True}),
    "mistral": ("MistralConfig", {"num_key_value_heads": 2, "sliding_window": 5}),
    "qwen2": ("Qwen2Config", {"num_key_value_heads": 2}),
    "qwen3": ("Qwen3Config", {"num_key_value_heads": 2, "head_dim": 16}),
    "gemma": ("GemmaConfig", _GEMMA),
    "gemma2": ("Gemma2Config", _CAPPED),
    "gemma3": ("Gemma3TextConfig", _CAPPED),
    "gpt2": ("GPT2Config", _GPT2),
    "neox": ("GPTNeoXConfig", {}),
    "phi3": ("Phi3Config", {"num_key_value_heads": 2}),
    "olmo2": ("Olmo2Config", {"num_key_value_heads": 2}),
    "opt": ("OPTConfig", _OPT),
    "mixtral": ("MixtralConfig", {"num_key_value_heads": 2, "num_local_experts": 3, "num_experts_per_tok": 2}),
    "falcon": ("FalconConfig", {"multi_query": True}),
    "gptj": (
        "GPTJConfig",
        {"n_embd": WIDTH, "n_layer": LAYERS, "n_head": HEADS, "n_positions": CONTEXT, "rotary_dim": 4},
    ),
    "bloom": ("BloomConfig", {"n_layer": LAYERS, "n_head": HEADS}),
    "granite": ("GraniteConfig", {"num_key_value_heads": 2, "residual_multiplier": 0.5, "logits_scaling": 2.0}),
}
"""Family → class of its configuration in transformers, and what is special about it."""

CONVERTED = {
    "smollm3": ("SmolLM3Config", {"num_key_value_heads": 2, "use_sliding_window": False}),
    "starcoder2": ("Starcoder2Config", {"num_key_value_heads": 2, "sliding_window": 40}),
    "olmo3": ("Olmo3Config", {"num_key_value_heads": 2, "sliding_window": 6, "num_hidden_layers": 4}),
    "cohere2": (
        "Cohere2Config",
        {"num_key_value_heads": 2, "sliding_window": 6, "num_hidden_layers": 4, "logit_scale": 0.5},
    ),
    "glm4": ("Glm4Config", {"num_key_value_heads": 2, "head_dim": 16}),
    "exaone4": (
        "Exaone4Config",
        {"num_key_value_heads": 2, "sliding_window": None, "layer_types": ["full_attention"] * LAYERS},
    ),
    "llama4": (
        "Llama4TextConfig",
        {
            "num_key_value_heads": 2,
            "head_dim": 8,
            "num_hidden_layers": 4,
            "num_local_experts": 5,
            "num_experts_per_tok": 2,
            "intermediate_size": 24,
            "intermediate_size_mlp": 40,
        },
    ),
    "gpt-oss": (
        "GptOssConfig",
        {
            "num_key_value_heads": 2,
            "head_dim": 8,
            "num_local_experts": 5,
            "num_experts_per_tok": 2,
            "sliding_window": 6,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e4},
        },
    ),
    "deepseek-v3": (
        "DeepseekV3Config",
        {
            "num_key_value_heads": HEADS,
            "q_lora_rank": 20,
            "kv_lora_rank": 24,
            "qk_rope_head_dim": 8,
            "qk_nope_head_dim": 12,
            "v_head_dim": 16,
            "n_routed_experts": 6,
            "n_group": 3,
            "topk_group": 2,
            "num_experts_per_tok": 2,
            "first_k_dense_replace": 1,
            "moe_intermediate_size": 24,
            "num_mtp_layers": 0,
        },
    ),
    "gemma4": (
        "Gemma4TextConfig",
        {
            "num_key_value_heads": 2,
            "head_dim": 8,
            "global_head_dim": 16,
            "num_hidden_layers": 6,
            "layer_types": ["sliding_attention", "full_attention"] * 3,
            "sliding_window": 6,
            "hidden_size_per_layer_input": 8,
            "vocab_size_per_layer_input": VOCAB,
            "num_kv_shared_layers": 2,
        },
    ),
    "qwen2-moe": (
        "Qwen2MoeConfig",
        {
            "num_key_value_heads": 2,
            "num_experts": 5,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 24,
            "shared_expert_intermediate_size": 40,
        },
    ),
    "qwen3-moe": (
        "Qwen3MoeConfig",
        {
            "num_key_value_heads": 2,
            "head_dim": 16,
            "num_experts": 5,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 24,
            "norm_topk_prob": True,
        },
    ),
    "stablelm": ("StableLmConfig", {"num_key_value_heads": 2, "use_qkv_bias": True}),
    "stablelm-parallel": ("StableLmConfig", {"use_parallel_residual": True, "num_key_value_heads": 2}),
}
"""Further ones that are turned into GGUF."""

ALONE = {
    "olmo": ("OlmoConfig", {"num_key_value_heads": 2}),
    "cohere": ("CohereConfig", {"num_key_value_heads": 2, "logit_scale": 0.5}),
    "bitnet": ("BitNetConfig", {"num_key_value_heads": 2}),
    "diffllama": ("DiffLlamaConfig", {"num_key_value_heads": 2}),
    "gemma3n": (
        "Gemma3nTextConfig",
        {
            "num_key_value_heads": 2,
            "head_dim": 16,
            "num_hidden_layers": 4,
            "layer_types": ["sliding_attention", "full_attention"] * 2,
            "sliding_window": 6,
            "num_kv_shared_layers": 0,
            "vocab_size_per_layer_input": VOCAB,
            "hidden_size_per_layer_input": 8,
            "laurel_rank": 4,
            "activation_sparsity_pattern": [0.0] * 4,
            "altup_active_idx": 1,
        },
    ),
}
"""Further ones that torch alone opens: two plain, two of tied heads, and one whose blocks hand on four streams."""

RECURRENT = {"mamba": ("MambaConfig", {})}
"""Without attention, and without keys to cache."""


def config(family: str, **changes: Any) -> Any:
    """A configuration of one of the families the workbench is tested on."""
    import transformers

    name, special = (FAMILIES | CONVERTED | ALONE | RECURRENT)[family]
    common: dict[str, Any] = {"vocab_size": VOCAB, "initializer_range": 0.3, "bos_token_id": 256, "eos_token_id": 258}
    if family not in ("gpt2", "gptj"):
        common |= {"hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS}
        common |= {"max_position_embeddings": CONTEXT, "intermediate_size": 48, "pad_token_id": None}
    return getattr(transformers, name)(**(common | special | changes))


def save_model(folder: Path, family: str, *, dtype: str = "float32", seed: int = 0, **changes: Any) -> Path:
    """Write `config.json` and `model.safetensors` of a random model, and return the folder."""
    import torch
    import transformers as t

    torch.manual_seed(seed)
    t.logging.disable_progress_bar()
    model = t.AutoModelForCausalLM.from_config(config(family, **changes)).to(getattr(torch, dtype)).eval()
    saved = model.state_dict()
    buffers = [buffer for name, buffer in model.named_buffers() if name in saved]
    for held in (*model.parameters(), *buffers):  # biases and norms start at 0 and 1, which hides mistakes
        if held.ndim == 1 and held.is_floating_point():
            torch.nn.init.normal_(held, mean=float(held.detach().mean().round()), std=0.1)
    model.save_pretrained(folder)
    return folder


def save_tokenizer(folder: Path, *, template: str | None = TEMPLATE) -> Path:
    """Write a byte-level tokenizer: 256 bytes, three special tokens and some merges."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {character: i for i, character in enumerate(alphabet)}
    specials = ["<|begin|>", "<|turn|>", "<|end|>"]
    for i, special in enumerate(specials):
        vocab[special] = 256 + i
    merges = [("h", "e"), ("l", "l"), ("Ġ", "t"), ("Ã", "©")]
    for a, b in merges:
        vocab[a + b] = len(vocab)
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in specials])
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"bos_token": "<|begin|>", "eos_token": "<|end|>", "tokenizer_class": "PreTrainedTokenizerFast"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    if template is not None:
        (folder / "chat_template.jinja").write_text(template)
    return folder
