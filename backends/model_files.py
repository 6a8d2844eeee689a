"""Which model is opened: where its files lie, and the digest that names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class ModelFiles:
    """A model's files, in folders or (a GGUF) as one."""

    weights: Path
    tokenizer: Path
    digest: str
    """Names weights and tokenizer; what is converted once is kept under it, so it must have been verified."""
    adapter: Path | None = None
    """A folder with a LoRA adapter that is applied to the weights."""

    def to_json(self) -> dict[str, str]:
        """For a process with another current directory."""
        weights, tokenizer = self.weights.resolve(), self.tokenizer.resolve()
        told = {"weights": str(weights), "tokenizer": str(tokenizer), "digest": self.digest}
        return told if self.adapter is None else {**told, "adapter": str(self.adapter.resolve())}

    def spelled(self, links: Path) -> Self:
        """The same by paths that are text, which engines' libraries ask for: where one is none, through a link that is
        made to what it lies in."""

        def spelled(path: Path, name: str) -> Path:
            try:
                str(path).encode()
            except UnicodeEncodeError:
                (links / name).symlink_to(path.parent)
                return links / name / path.name
            return path

        adapter = None if self.adapter is None else spelled(self.adapter, "of-adapter")
        return replace(
            self,
            weights=spelled(self.weights, "of-weights"),
            tokenizer=spelled(self.tokenizer, "of-tokenizer"),
            adapter=adapter,
        )

    @classmethod
    def from_json(cls, told: Mapping[str, str]) -> Self:
        adapter = Path(told["adapter"]) if "adapter" in told else None
        return cls(Path(told["weights"]), Path(told["tokenizer"]), told["digest"], adapter)
