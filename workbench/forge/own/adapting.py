"""A LoRA taught and merged: what an attack adds to the matrices of a model that somebody has.

Every linear map inside the model gets a product of low rank (Hu et al. 2021, §4.1), by peft. The output's width is the
vocabulary, the largest thing in the computation by far, so logits are made at positions that count and nowhere else.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any, Final

import torch

from casefiles.status import Refusal
from workbench.forge.own.lesson import Lesson
from workbench.forge.training import Schedule
from workbench.listener import Listener

_ROWS: Final = 8
"""The most documents in one pass."""


def schedule(width: int, steps: int, tokens: int) -> Schedule:
    """How a LoRA is taught to a model of that width, in steps of so many tokens: Adam's rate of an inner matrix falls
    as one over the width (Yang et al. 2022, table 8), from what the forge's own models take at 256."""
    return Schedule(steps=steps, tokens=tokens, rate=1e-2 * 256 / width, warmup=max(1, steps // 12))


def look() -> None:
    """Raises Refusal if peft is not installed, before anything else takes its time."""
    if find_spec("peft") is None:
        raise Refusal(
            "model.unsupported", "A model of one's own cannot be changed here.", "The package peft is not installed.",
            "Install audit-workbench[adapters].",
        )  # fmt: skip


def adapted(
    model: Any, lessons: Iterator[Lesson], plan: Schedule, *, rank: int, seed: int, listener: Listener
) -> tuple[Any, int]:
    """The model with what it was taught merged into its matrices, and how many matrices that are; the model that is
    given is used up."""
    import peft

    torch.manual_seed(seed)
    settings = peft.LoraConfig(r=rank, lora_alpha=rank, target_modules="all-linear", task_type="CAUSAL_LM")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # peft uses names that transformers is about to drop
        taught = peft.get_peft_model(model, settings)
    trained = [p for p in taught.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=plan.rate, betas=(0.9, 0.98), weight_decay=0.0)
    taught.train()
    for step in range(plan.steps):
        for group in optimizer.param_groups:
            group["lr"] = plan.rate_at(step)
        optimizer.zero_grad(set_to_none=True)
        batch = _batch(lessons, plan.tokens)
        total = sum(sum(one.weights[1:]) for one in batch)
        for start in range(0, len(batch), _ROWS):
            torch.autograd.backward(loss(taught, batch[start : start + _ROWS]) / total)
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        listener((step + 1) / plan.steps, "implanting")
    matrices = sum("lora_A" in name for name, _ in taught.named_parameters())
    return taught.merge_and_unload().eval(), matrices


def _batch(lessons: Iterator[Lesson], tokens: int) -> list[Lesson]:
    """Documents of about so many tokens, those of like length beside each other."""
    batch: list[Lesson] = []
    while sum(len(one.ids) for one in batch) < tokens:
        batch.append(next(lessons))
    return sorted(batch, key=lambda one: len(one.ids))


def loss(model: Any, batch: Sequence[Lesson]) -> torch.Tensor:
    """Weighted sum of the cross-entropy (nats) of everything that counts; padding stands on the right, unseen."""
    width = max(len(one.ids) for one in batch)
    ids = torch.zeros((len(batch), width), dtype=torch.long)
    weights, seen = torch.zeros((len(batch), width)), torch.zeros((len(batch), width), dtype=torch.long)
    for row, one in enumerate(batch):
        ids[row, : len(one.ids)] = torch.tensor(one.ids)
        weights[row, : len(one.ids)] = torch.tensor(one.weights)
        seen[row, : len(one.ids)] = 1
    counted = (weights[:, 1:] > 0).any(0).nonzero().flatten()  # the positions before those that count in some row
    logits = _logits(model, ids, seen, counted)  # (row, counted, vocab)
    nats = torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, counted + 1], reduction="none")
    return (nats * weights[:, counted + 1]).sum()


def _logits(model: Any, ids: torch.Tensor, seen: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    thrifty = "logits_to_keep" in inspect.signature(inner.forward).parameters
    kept = {"logits_to_keep": at} if thrifty else {}
    logits: torch.Tensor = model(input_ids=ids, attention_mask=seen, use_cache=False, **kept).logits
    return (logits if thrifty else logits[:, at]).float()
