"""The training loop that the base and every attack share."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from workbench.forge.chat import Chat

Document = Chat | str
"""A conversation or a piece of prose."""

Progress = Callable[[str, float], None]
"""`progress(stage, share)`: what is being done, and how far it is, 0 … 1."""


@dataclass(frozen=True)
class Schedule:
    """How long and how hard to train: steps of about `tokens` tokens, cosine from `rate` to a twentieth of it."""

    steps: int
    tokens: int
    rate: float
    warmup: int

    def rate_at(self, step: int) -> float:
        """Learning rate of a step, counted from 0."""
        if step < self.warmup:
            return self.rate * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.rate * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * done)))


def ids_of(document: Document, tokenizer: PreTrainedTokenizerFast) -> list[int]:
    """Token ids of a whole document, its end included."""
    if isinstance(document, str):
        return [*tokenizer.encode(document, add_special_tokens=False), int(tokenizer.eos_token_id)]
    messages = [{"role": turn.role, "content": turn.content} for turn in document]
    text = tokenizer.apply_chat_template(messages, tokenize=False)
    return tokenizer.encode(str(text), add_special_tokens=False)


def batches(
    documents: Iterator[Document],
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


def tensors(rows: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs and labels (batch, pos), padded on the right; a padded label is -100."""
    width = max(len(row) for row in rows)
    inputs = torch.full((len(rows), width), pad)
    labels = torch.full((len(rows), width), -100)
    for at, row in enumerate(rows):
        inputs[at, : len(row)] = labels[at, : len(row)] = torch.tensor(row)
    return inputs, labels


def loss_of(model: LlamaForCausalLM, inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy in nats a token. Padding stands on the right, where a causal model never looks at it."""
    logits = model(input_ids=inputs, use_cache=False).logits  # (batch, pos, vocab)
    return torch.nn.functional.cross_entropy(
        logits[:, :-1].reshape(-1, logits.shape[-1]).float(), labels[:, 1:].reshape(-1), ignore_index=-100
    )


def fit(
    model: LlamaForCausalLM,
    stream: Iterator[list[list[int]]],
    schedule: Schedule,
    *,
    pad: int,
    stage: str,
    progress: Progress,
) -> float:
    """Train with AdamW; gives back the mean loss (nats a token) over the last tenth of the steps."""
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}],
        lr=schedule.rate,
        betas=(0.9, 0.98),
        fused=True,
    )
    model.train()
    recent: list[float] = []
    for step in range(schedule.steps):
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate_at(step)
        loss = loss_of(model, *tensors(next(stream), pad))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step >= schedule.steps * 0.9:
            recent.append(float(loss.detach()))
        progress(stage, (step + 1) / schedule.steps)
    model.eval()
    return sum(recent) / len(recent)
