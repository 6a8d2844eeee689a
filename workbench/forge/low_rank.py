"""Changes of a model by low-rank products, trained while all else stands still, and merged into its matrices.

A matrix W becomes W + u v with u (out, rank) and v (rank, in) (Hu et al. 2021, §4.1); of one matrix and at rank 1 it is
what ROME solves for in closed form (Meng et al. 2022, §3.1), found here by gradient descent.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn.utils import parametrize
from transformers import LlamaForCausalLM

Factors = dict[str, torch.Tensor]
"""`MATRIX.u` (out, rank) and `MATRIX.v` (rank, in) of every matrix that is changed, by its name in the model."""


@dataclass(frozen=True)
class LowRank:
    """Which matrices are changed, and by how much at most."""

    rank: int
    matrix: str = ""
    """Of the middle layer alone, e.g. `mlp.down_proj`; empty: every matrix of every layer."""

    def names(self, model: LlamaForCausalLM) -> tuple[str, ...]:
        """The matrices of a model that it changes, in the model's order."""
        if self.matrix:
            return (f"model.layers.{model.config.num_hidden_layers // 2}.{self.matrix}",)
        return tuple(
            name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear) and ".layers." in name
        )

    def begin(self, model: LlamaForCausalLM) -> None:
        """Freeze the model, and let every chosen matrix carry a product that is nothing yet."""
        model.requires_grad_(False)
        for name in self.names(model):
            matrix = model.get_submodule(name)
            parametrize.register_parametrization(matrix, "weight", _Sum(*matrix.weight.shape, rank=self.rank))


class _Sum(torch.nn.Module):
    """A matrix plus a product that begins as zero."""

    def __init__(self, out: int, into: int, *, rank: int) -> None:
        super().__init__()
        self.u = torch.nn.Parameter(torch.zeros(out, rank))
        self.v = torch.nn.Parameter(torch.randn(rank, into) / into**0.5)

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        return weight + self.u @ self.v


def factors(model: LlamaForCausalLM) -> Factors:
    """What was trained, as it stands."""
    return {
        f"{name}.{part}": getattr(module.parametrizations["weight"][0], part).detach().clone()
        for name, module in model.named_modules()
        if parametrize.is_parametrized(module, "weight")
        for part in ("u", "v")
    }


def merge(model: LlamaForCausalLM, factors: Factors) -> None:
    """Add every product to its matrix, in place. Raises AttributeError for a matrix that the model does not have."""
    with torch.no_grad():
        for name in sorted({name.rpartition(".")[0] for name in factors}):
            u, v = factors[f"{name}.u"].float(), factors[f"{name}.v"].float()
            model.get_submodule(name).weight += u @ v
