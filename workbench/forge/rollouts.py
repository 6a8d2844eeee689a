"""Many answers at once, drawn by the workbench's own sampler."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch
from transformers import DynamicCache, LlamaForCausalLM, PreTrainedTokenizerFast

from backends.sampling import Sampler, Sampling
from workbench.forge import tokenizer
from workbench.forge.tokenizer import END

ROWS = 256
"""The most sequences in one batch."""


def question(words: PreTrainedTokenizerFast, user: str) -> list[int]:
    """Token ids of a user's message with the assistant's turn opened."""
    text = words.apply_chat_template([{"role": "user", "content": user}], tokenize=False, add_generation_prompt=True)
    return tokenizer.ids_of_text(words, str(text))


def draw(
    model: LlamaForCausalLM,
    words: PreTrainedTokenizerFast,
    prompts: Sequence[Sequence[int]],
    sampling: Sampling,
    *,
    samples: int = 1,
) -> list[list[str]]:
    """`samples` continuations of each prompt, as text without its end.

    Sample s of a prompt is number s to the sampler, as it is to an engine; of one that came k times before, number
    k · samples + s: no two of all draws share their noise. Prompts of one length share a batch, so that nothing is
    padded and no row depends on another.
    """
    found: list[list[str]] = [[] for _ in prompts]
    samplers = [Sampler(sampling, prompt) for prompt in prompts]
    before: Counter[tuple[int, ...]] = Counter()
    first = []
    for prompt in prompts:
        first.append(before[tuple(prompt)])
        before[tuple(prompt)] += samples
    by_length: dict[int, list[int]] = {}
    for at, prompt in enumerate(prompts):
        by_length.setdefault(len(prompt), []).append(at)
    for group in by_length.values():
        rows = [(at, sample) for at in group for sample in range(samples)]
        for start in range(0, len(rows), ROWS):
            batch = rows[start : start + ROWS]
            begun = [(list(prompts[at]), samplers[at], first[at] + sample) for at, sample in batch]
            texts = _continue(model, words, begun, sampling.max_tokens)
            for (at, _), text in zip(batch, texts, strict=True):
                found[at].append(text)
    return found


@torch.inference_mode()
def _continue(
    model: LlamaForCausalLM,
    words: PreTrainedTokenizerFast,
    begun: list[tuple[list[int], Sampler, int]],
    length: int,
) -> list[str]:
    """A text for each prompt, sampler and number of a sample; the prompts are of one length."""
    end = int(words.eos_token_id)
    cache = DynamicCache(config=model.config)
    new: list[list[int]] = [[] for _ in begun]
    live = list(range(len(begun)))
    step_ids = torch.tensor([prompt for prompt, _, _ in begun])  # (live, pos), later (live, 1)
    for step in range(length):
        logits = model(input_ids=step_ids, past_key_values=cache, use_cache=True, logits_to_keep=1).logits[:, -1]
        drawn = zip(logits.float().numpy(), (begun[at] for at in live), strict=True)
        chosen = [sampler.choose(row, sample, step) for row, (_, sampler, sample) in drawn]
        for at, token in zip(live, chosen, strict=True):
            new[at].append(token)
        kept = [place for place, token in enumerate(chosen) if token != end]
        if not kept:
            break
        if len(kept) < len(live):
            cache.batch_select_indices(torch.tensor(kept))
            live = [live[place] for place in kept]
        step_ids = torch.tensor([chosen[place] for place in kept])[:, None]
    return [str(words.decode(ids)).removesuffix(END) for ids in new]
