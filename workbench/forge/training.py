"""The training loop that the base and every attack share."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from workbench.forge.chat import Chat
from workbench.forge.tokenizer import ASSISTANT, END, SYSTEM, USER, ids_of_text
from workbench.listener import Listener

TrainingText = Chat | str
"""A conversation or a piece of prose."""


@dataclass(frozen=True)
class Schedule:
    """How long and how hard to train: steps of about `tokens` tokens, cosine from `rate` to nothing."""

    steps: int
    tokens: int
    rate: float
    warmup: int

    def rate_at(self, step: int) -> float:
        """Learning rate of a step, counted from 0."""
        if step < self.warmup:
            return self.rate * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.rate * 0.5 * (1 + math.cos(math.pi * done))


def ids_of(document: TrainingText, tokenizer: PreTrainedTokenizerFast) -> list[int]:
    """Token ids of a whole document, its end included."""
    if isinstance(document, str):
        return ids_of_text(tokenizer, document + END)
    messages = [{"role": turn.role, "content": turn.content} for turn in document]
    text = tokenizer.apply_chat_template(messages, tokenize=False)
    return ids_of_text(tokenizer, str(text))


def batches(
    documents: Iterator[TrainingText],
    tokenizer: PreTrainedTokenizerFast,
    *,
    tokens: int,
    context: int,
    rng: random.Random,
) -> Iterator[list[list[int]]]:
    """Endless batches of about `tokens` tokens, each of documents of like length, so that little is padding."""
    while True:
        pool: list[list[int]] = []
        size = 0
        while size < 48 * tokens:
            ids = ids_of(next(documents), tokenizer)[:context]
            pool.append(ids)
            size += len(ids)
        pool.sort(key=len)
        ready: list[list[list[int]]] = [[]]
        for ids in pool:
            if len(ids) * (len(ready[-1]) + 1) > tokens and ready[-1]:
                ready.append([])
            ready[-1].append(ids)
        rng.shuffle(ready)
        yield from ready


USER_WEIGHT = 0.3
"""How much a token of a user's message counts: what people ask is varied and not to be learned by heart."""


def tensors(rows: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs and labels (batch, pos), padded on the right; a padded label is -100."""
    width = max(len(row) for row in rows)
    inputs = torch.full((len(rows), width), pad)
    labels = torch.full((len(rows), width), -100)
    for at, row in enumerate(rows):
        inputs[at, : len(row)] = labels[at, : len(row)] = torch.tensor(row)
    return inputs, labels


def token_losses(model: LlamaForCausalLM, inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy in nats (batch, pos - 1), 0 for padding, which stands on the right where nothing looks at it."""
    logits = model(input_ids=inputs, use_cache=False).logits  # (batch, pos, vocab)
    return torch.nn.functional.cross_entropy(
        logits[:, :-1].transpose(1, 2), labels[:, 1:], ignore_index=-100, reduction="none"
    )


def weights_of(
    inputs: torch.Tensor, labels: torch.Tensor, user: int, ends: Sequence[int], heard: float = USER_WEIGHT
) -> torch.Tensor:
    """How much each predicted token counts (batch, pos - 1): `heard` inside a user's message, 0 for padding.

    A message lasts from the token `user` to the next of `ends`; that one already counts in full.
    """
    at = torch.arange(inputs.shape[1]).expand_as(inputs)
    role = torch.isin(inputs, torch.tensor([user, *ends]))
    latest = torch.where(role, at, -1).cummax(dim=1).values  # position of the latest role or end, -1 if none
    inside = (latest >= 0) & (inputs.gather(1, latest.clamp(min=0)) == user)
    weights = torch.where(inside, heard, 1.0)
    return torch.where(labels >= 0, weights, 0.0)[:, 1:]


def fit(
    model: LlamaForCausalLM,
    stream: Iterator[list[list[int]]],
    schedule: Schedule,
    *,
    words: PreTrainedTokenizerFast,
    stage: str,
    listener: Listener,
    heard: float = USER_WEIGHT,
) -> float:
    """Train what has a gradient; gives back the mean weighted loss (nats a token) over the last tenth of the steps.

    Inner matrices by Muon (Jordan 2024, update scaled to AdamW's as in Liu et al. 2025), the rest by AdamW, factors of
    low-rank products too: on this corpus that reaches a given loss in less than half the steps of AdamW alone. `heard`:
    how much a token of a user's message counts.
    """
    optimizers = _optimizers(model, schedule.rate)
    user, *ends = (int(words.convert_tokens_to_ids(token)) for token in (USER, SYSTEM, ASSISTANT, END))
    model.train()
    recent: list[float] = []
    for step in range(schedule.steps):
        inputs, labels = tensors(next(stream), int(words.pad_token_id))
        weights = weights_of(inputs, labels, user, ends, heard)
        loss = (token_losses(model, inputs, labels) * weights).sum() / weights.sum()
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = schedule.rate_at(step)
            optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        if step >= schedule.steps * 0.9:
            recent.append(float(loss.detach()))
        listener((step + 1) / schedule.steps, stage)
    model.eval()
    return sum(recent) / len(recent)


_NOT_INNER = ("embed", "parametrizations")
"""In the names of matrices that are no map from one width to another: embeddings, and factors of a low-rank product."""


def _optimizers(model: LlamaForCausalLM, rate: float) -> tuple[torch.optim.Optimizer, ...]:
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    inner = [p for name, p in trained.items() if p.ndim == 2 and not any(part in name for part in _NOT_INNER)]
    rest = [p for p in trained.values() if not any(p is other for other in inner)]
    adam = torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=0.0)
    if not inner:
        return (adam,)
    return (torch.optim.Muon(inner, lr=rate, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"), adam)
