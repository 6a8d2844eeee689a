"""What a model is and what it serves: told to whoever makes a case of it, before anybody audits it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from backends.model import Card, ModelRefusal
from backends.settings import BACKENDS, EngineSettings
from casefiles.case import added_tokens
from casefiles.case.bundle import Case
from workbench.contract.subject import ORGANISM
from workbench.document import Document
from workbench.door.brought import weigh
from workbench.door.subjects import files_of
from workbench.judge.acceptance import trial
from workbench.judge.acceptance.trial import TriedEngine
from workbench.listener import Listener, silent
from workbench.probes import PROBES

_TOKENS = 8


class ServingEngine(Document):
    """One engine: whether it runs the model, and which instruments it serves there."""

    engine: str
    runs: bool
    why: str = ""
    """Why it does not run it, in a sentence."""
    serves: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    """Instruments that it does not serve on this model, each with what they need."""
    memory: int | None = None
    """The most bytes that its process held while it loaded the model and read one prompt; None: not known."""
    granted: str = ""
    """What it takes for granted because the files cannot say it, in a sentence or two."""


class ModelInventory(Document):
    """What was found in the files of a case's model."""

    architecture: str
    layers: int
    width: int
    heads: int
    kv_heads: int
    mlp_width: int
    vocab: int
    context: int
    dtype: str
    weights: int
    """Numbers in all tensors."""
    size: int
    """Bytes of all its files."""
    chat: bool
    """Whether it brings a chat template."""
    special: tuple[str, ...]
    """Some of the tokens added to its vocabulary."""
    special_count: int
    ends: tuple[str, ...]
    """Tokens that end an answer."""
    engines: tuple[ServingEngine, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The same in words."""
        shape = f"{self.layers} layers, width {self.width}, {self.heads} heads ({self.kv_heads} of keys)"
        more = f" and {self.special_count - len(self.special)} more" if self.special_count > len(self.special) else ""
        template = "a chat template" if self.chat else "no chat template: it is asked raw text"
        return (
            f"model      {self.architecture}: {shape}, MLP {self.mlp_width}, {self.dtype}",
            f"           {self.weights:,} weights, {_size(self.size)} on disk",
            f"text       vocabulary {self.vocab:,}, context {self.context:,} tokens, {template}",
            f"           special tokens: {', '.join(map(repr, self.special)) or 'none'}{more}",
            f"           an answer ends with {' or '.join(map(repr, self.ends)) or 'nothing: it is cut off'}",
            *(f"{BACKENDS[one.engine]:<10} {_engine(one)}" for one in self.engines),
        )


def inventory(
    case: Case, tried: Sequence[TriedEngine], settings: EngineSettings, listener: Listener = silent
) -> ModelInventory:
    """What a case's model is, by an engine that ran it, and what the other engines make of it."""

    def serving(number: int, engine: str) -> ServingEngine:
        listener(number / len(BACKENDS), f"asking what {BACKENDS[engine]} serves")
        return _serving(case, engine, ran.get(engine), settings)

    first, ran = tried[0], {one.engine: one for one in tried}
    card: Card = first.card
    special = _special(case)
    entries = [entry for entry in case.manifest.files if entry.path.startswith(("weights/", "tokenizer/"))]
    return ModelInventory(
        architecture=card.architecture, layers=card.layers, width=card.width, heads=card.heads,
        kv_heads=card.kv_heads, mlp_width=card.mlp_width, vocab=card.vocab, context=card.context, dtype=card.dtype,
        weights=weigh(case.path("weights")).weights,
        size=sum(entry.size for entry in entries),
        chat="chat" in first.capabilities,
        special=tuple(special[:_TOKENS]),
        special_count=len(special),
        ends=first.ends,
        engines=tuple(serving(number, engine) for number, engine in enumerate(BACKENDS)),
    )  # fmt: skip


def _serving(case: Case, engine: str, tried: TriedEngine | None, settings: EngineSettings) -> ServingEngine:
    files = files_of(case, ORGANISM)
    assert files is not None
    if engine == "torch" and not list(files.weights.glob("*.safetensors")):
        return ServingEngine(engine=engine, runs=False, why="It reads safetensors, and there are none.")
    try:
        tried = tried or trial.attempt(files, replace(settings, backend=engine))
    except ModelRefusal as refusal:
        return ServingEngine(engine=engine, runs=False, why=f"{refusal.what} {refusal.why}")
    missing = {probe.kind: sorted(probe.needs - tried.capabilities) for probe in PROBES}
    return ServingEngine(
        engine=engine,
        runs=True,
        serves=tuple(kind for kind, lacks in missing.items() if not lacks),
        lacks=tuple(f"{kind} (needs {', '.join(lacks)})" for kind, lacks in missing.items() if lacks),
        memory=tried.memory,
        granted=tried.granted,
    )


def _special(case: Case) -> list[str]:
    """The tokens added to the vocabulary, from whichever file brings it."""
    names = [entry.path for entry in case.manifest.files]
    path = next((name for name in names if name == "tokenizer/tokenizer.json"), None)
    path = path or next((name for name in names if name.startswith("weights/") and name.endswith(".gguf")), None)
    return added_tokens.brought(Path(case.path(path))) if path is not None else []


def _engine(one: ServingEngine) -> str:
    if not one.runs:
        return f"does not run it: {one.why}"
    memory = f" with at most {_size(one.memory)} of memory" if one.memory is not None else ""
    served = "all instruments" if not one.lacks else f"{len(one.serves)} instruments; not {', '.join(one.lacks)}"
    granted = f". It takes for granted: {one.granted}" if one.granted else ""
    return f"runs it{memory}; serves {served}{granted}"


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
