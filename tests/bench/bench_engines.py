"""What the door to a model costs: capture, sampling, isolation with log and stream, and replay, on two models.

Each ratio is one of medians of wall time in one run, the sides taking turns in alternating order. `engine` is the
engine in this process, `session` the whole door: rules, log, engine process, stream. Where a bar is named the ratio is
measured against it.

    python -m tests.bench.bench_engines [--organism FOLDER] [--only organism|large] [--threads N]

FOLDER holds weights/ and tokenizer/; otherwise the demo case is used, or random weights of its shape.
"""

from __future__ import annotations

import argparse
import copy
import importlib.util
import operator
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np

from backends.gguf.conversion import convert
from backends.model import FloatArray, Model, resid_post
from backends.model_files import ModelFiles
from backends.process.isolated import IsolatedModel
from backends.sampling import Sampling
from backends.settings import EngineSettings
from casefiles.keys.identity import Identity
from tests.bench.shapes import PROMPT, Subject, half_billion, organism
from workbench.contract.comparison import Agreement
from workbench.contract.prompt import Prompt
from workbench.door.opener import Opener
from workbench.door.session import Session
from workbench.judge.replays.replay import replay
from workbench.probes import Sample

TOKENS, SEEDS, RECORDS, RECORDED, TEXT = 64, 32, 3, 256, 128
"""Tokens of a sample, samples side by side, samples of a replayed log and tokens of each, tokens of a captured text."""
PATIENCE: Final = 8.0
"""Seconds for which a comparison goes on, if its rounds are over sooner."""


@dataclass(frozen=True)
class Bar:
    """What a ratio has to be."""

    holds: Callable[[float, float], bool]
    bound: float

    @classmethod
    def at_most(cls, bound: float) -> Bar:
        return cls(operator.le, bound)

    @classmethod
    def at_least(cls, bound: float) -> Bar:
        return cls(operator.ge, bound)

    def verdict(self, ratio: float) -> str:
        sign = "≤" if self.holds is operator.le else "≥"
        return f"{sign} {self.bound:.2f} {'holds' if self.holds(ratio, self.bound) else 'MISSED'}"


def say(what: str, ratio: float, bar: Bar | None = None, detail: str = "") -> None:
    print(f"  {what:<58}{ratio:>8.3f}×  {bar.verdict(ratio) if bar else '':<16}{detail}".rstrip(), flush=True)


def medians(
    rounds: int, sides: Mapping[str, Callable[[], object]], clock: Callable[[], tuple[float, ...]] | None = None
) -> dict[str, Any]:
    """Seconds of each side: the median of `rounds` and as many more as fit, every other round in reverse order.

    With a `clock` that tells several times, a tuple of medians.
    """
    tell = clock or (lambda: (time.perf_counter(),))
    taken: dict[str, list[list[float]]] = {name: [] for name in sides}
    begun = time.perf_counter()
    for number in count():
        if number >= rounds and time.perf_counter() - begun > PATIENCE:
            break
        for name in sorted(sides, key=list(sides).index, reverse=bool(number % 2)):
            start = tell()
            sides[name]()
            taken[name].append([now - then for now, then in zip(tell(), start, strict=True)])
    found = {name: tuple(map(median, zip(*times, strict=True))) for name, times in taken.items()}
    return found if clock else {name: times[0] for name, times in found.items()}


def wall_and_work(process: int | None) -> tuple[float, float]:
    """Wall clock, and processor seconds of this process and that one (Linux): a busy machine disturbs these less."""
    stat = Path(f"/proc/{process}/stat")
    fields = stat.read_text().rpartition(")")[2].split() if stat.exists() else ["0"] * 13
    return time.perf_counter(), time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# capture


def capture(subject: Subject, model: Model, hf: Any) -> None:
    """All residuals of a text, against transformers' own forward of it and against other tools that capture them."""
    import torch

    ids = np.random.default_rng(0).integers(260, model.card.vocab, TEXT).tolist()
    tensor = torch.tensor([ids])
    sites = [resid_post(layer) for layer in range(model.card.layers)]

    def raw() -> FloatArray:
        with torch.inference_mode():
            logits: FloatArray = hf(input_ids=tensor, use_cache=False).logits[0].numpy()
        return logits

    sides: dict[str, Callable[[], object]] = {
        "raw": raw,
        "engine": lambda: model.forward(ids, capture=sites),
        "TransformerLens": transformer_lens(hf, tensor),
    }
    if importlib.util.find_spec("nnsight"):
        sides["nnsight"] = nnsight(hf, tensor)
    found = model.forward(ids, capture=sites)
    same = np.array_equal(found.logits, raw())
    shown = {name: side() for name, side in sides.items()}
    for name in ("TransformerLens", "nnsight"):
        theirs = shown.get(name)
        if isinstance(theirs, list):
            assert len(theirs) == len(sites)
            assert np.allclose(theirs[-1], found.captured[sites[-1]], atol=1e-3)
    taken = medians(subject.rounds, sides)
    say(f"all residuals of {TEXT} tokens / raw forward", taken["engine"] / taken["raw"], Bar.at_most(1.05),
        f"logits bitwise equal: {same}")  # fmt: skip
    for name in taken.keys() - {"raw", "engine"}:
        say(f"  the same by {name}", taken[name] / taken["raw"])


def _shared(hf: Any) -> Any:
    """A copy of a model over the same parameters, for a tool that rewrites what it wraps."""
    return copy.deepcopy(hf, {id(parameter): parameter for parameter in hf.parameters()})


def transformer_lens(hf: Any, ids: Any) -> Callable[[], list[FloatArray]]:
    import torch
    from tokenizers import Tokenizer, models
    from transformer_lens.model_bridge import TransformerBridge
    from transformers import PreTrainedTokenizerFast

    nothing = Tokenizer(models.WordLevel({"-": 0}, unk_token="-"))
    bridge = TransformerBridge.boot_transformers(
        "local",
        hf_model=_shared(hf),
        tokenizer=PreTrainedTokenizerFast(tokenizer_object=nothing, eos_token="-"),
        dtype=hf.dtype,
        device="cpu",
    )
    names = [resid_post(layer) for layer in range(hf.config.num_hidden_layers)]

    def run() -> list[FloatArray]:
        with torch.inference_mode():
            _, cache = bridge.run_with_cache(ids, names_filter=names, return_type="logits")
        return [cache[name][0].numpy() for name in names]

    return run


def nnsight(hf: Any, ids: Any) -> Callable[[], list[FloatArray]]:
    import torch
    from nnsight import NNsight, save

    traced = NNsight(_shared(hf))

    def run() -> list[FloatArray]:
        with torch.inference_mode():
            with traced.trace(input_ids=ids, use_cache=False):  # on its own: it reads its source
                kept = save([layer.output for layer in traced.model.layers])
                traced.output.logits.save()
            return [found[0].numpy() for found in kept]

    return run


# sampling


def sampling(subject: Subject, model: Model, hf: Any) -> None:
    """Samples of TOKENS tokens at temperature 1, against transformers' `generate`, and side by side against alone."""
    import torch

    ids = model.encode(PROMPT)
    tensor = torch.tensor([ids])
    seeds = count()

    def ours(n: int, tokens: int = TOKENS) -> None:
        drawn = model.generate(ids, Sampling(seed=next(seeds), max_tokens=tokens), n=n)
        assert {len(sample.tokens) for sample in drawn} == {tokens}, "a sample ended early"

    def theirs(n: int, tokens: int = TOKENS) -> None:
        drawn = hf.generate(
            tensor, attention_mask=torch.ones_like(tensor), do_sample=True, temperature=1.0, top_k=0, top_p=1.0,
            max_new_tokens=tokens, num_return_sequences=n, eos_token_id=None, pad_token_id=0,
        )  # fmt: skip
        assert drawn.shape == (n, len(ids) + tokens)

    for n in (1, SEEDS):
        ours(n, 2)
        theirs(n, 2)
    one = medians(subject.rounds, {"ours": lambda: ours(1), "theirs": lambda: theirs(1)})
    say("1 sample: tokens/s / transformers' generate", one["theirs"] / one["ours"], Bar.at_least(1.0),
        f"{TOKENS / one['ours']:.0f} tokens/s")  # fmt: skip
    many = medians(subject.rounds // 3, {"ours": lambda: ours(SEEDS), "theirs": lambda: theirs(SEEDS)})
    say(f"{SEEDS} samples: per sample / one by one", SEEDS * one["ours"] / many["ours"], Bar.at_least(3.0),
        f"{SEEDS * TOKENS / many['ours']:.0f} tokens/s")  # fmt: skip
    say(f"{SEEDS} samples: tokens/s / transformers' generate", many["theirs"] / many["ours"])


# the door


def door(subject: Subject, model: Model, isolated: IsolatedModel, folder: Path) -> None:
    """One sample through the whole door against the same call of the engine in this process, unheard and unrecorded."""
    ids = model.encode(PROMPT)
    seeds = {"engine": count(100), "session": count(100)}
    texts: dict[str, list[tuple[int, ...]]] = {"engine": [], "session": []}
    session = _session(subject, isolated, folder)

    def inside(tokens: int = TOKENS) -> None:
        (sample,) = model.generate(ids, Sampling(seed=next(seeds["engine"]), max_tokens=tokens))
        texts["engine"].append(sample.tokens)

    def outside(tokens: int = TOKENS) -> None:
        found = session.run(_sample(next(seeds["session"]), tokens)).result
        texts["session"].append(found.samples[0].ids)  # type: ignore[union-attr]

    inside(2)
    outside(2)
    sides = {"engine": inside, "session": outside}
    taken = medians(subject.rounds, sides, lambda: wall_and_work(isolated.process))
    assert texts["engine"] == texts["session"], "the two sides did not draw the same tokens"
    session.log.close()
    (alone, effort), (through, more_effort) = taken["engine"], taken["session"]
    say("a decoded token through session, log and stream / engine", through / alone, Bar.at_most(1.03),
        f"{(through - alone) / TOKENS * 1e3:+.2f} ms a token, processor time {more_effort / effort:.3f}×")  # fmt: skip


def _session(subject: Subject, model: Model, folder: Path) -> Session:
    """A session on a model that is not the session's to close."""
    auditor = Identity.generate("Auditor")
    return Session.create(subject.case, Path(tempfile.mkdtemp(dir=folder)) / "session", auditor, lambda: model)


def _sample(seed: int, tokens: int) -> Sample:
    return Sample(prompt=Prompt.raw(PROMPT), seed=seed, temperature=1.0, max_tokens=tokens)


# replay


def replays(subject: Subject, model: Model, folder: Path, products: float) -> None:
    """Checking a log with samples of RECORDED tokens against drawing them, both in an engine process."""
    recorded: list[float] = []
    checked: list[float] = []
    for seed in range((subject.rounds + 1) // 2):
        session = _session(subject, model, folder)
        start = time.perf_counter()
        for number in range(RECORDS):
            drawn = session.run(_sample(seed * RECORDS + number, RECORDED)).result
            assert drawn is not None and drawn.cost.generated_tokens == RECORDED, "the sample ended early"
        recorded.append((time.perf_counter() - start) / RECORDS)
        for _ in range(2):
            start = time.perf_counter()
            found = replay(session.log, model, session.arrays)
            checked.append((time.perf_counter() - start) / RECORDS)
        assert found.counts[Agreement.DIVERGED] == found.counts[Agreement.UNREPLAYABLE] == 0, found
        session.log.close()
    engine = model.environment["engine"]
    say(f"{engine}: recording {RECORDED} tokens / replaying them",
        median(recorded) / median(checked), Bar.at_least(10.0),
        f"{median(recorded):.2f} s, {median(checked):.2f} s")  # fmt: skip
    say("  recording them / the matrix products of one pass", median(recorded) / products,
        detail="what a replay at the speed of the products alone would reach")  # fmt: skip


def matrix_products(subject: Subject, threads: int) -> float:
    """Seconds of the products of RECORDED rows with every matrix of the model, in float32 by torch: the median of 5."""
    import torch
    from safetensors import safe_open

    matrices: dict[str, torch.Tensor] = {}
    for file in subject.weights.glob("*.safetensors"):
        with safe_open(file, "pt") as tensors:
            matrices |= {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118
    if "lm_head.weight" in matrices:  # then the embedding is only looked up
        del matrices["model.embed_tokens.weight"]
    wide = [matrix.float() for matrix in matrices.values() if matrix.ndim == 2]
    rows = {width: torch.randn(RECORDED, width) for width in {matrix.shape[1] for matrix in wide}}
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        return medians(5, {"all": lambda: [torch.nn.functional.linear(rows[m.shape[1]], m) for m in wide]})["all"]
    finally:
        torch.set_num_threads(before)


# all of it


def measure(subject: Subject, folder: Path, threads: int | None) -> None:
    import torch
    import transformers

    from backends.torch.model import TorchModel

    transformers.logging.disable_progress_bar()
    print(f"\n{subject.name}, median of {subject.rounds} rounds or more", flush=True)
    files = ModelFiles(subject.weights, subject.tokenizer, subject.case.model_digest)
    settings = EngineSettings(device="cpu", threads=threads)
    with closing(TorchModel.open(files, settings)) as model:
        hf = transformers.AutoModelForCausalLM.from_pretrained(subject.weights, dtype=torch.float32).eval()
        capture(subject, model, hf)
        sampling(subject, model, hf)
        del hf
        with closing(Opener(files, settings)()) as isolated:
            assert isinstance(isolated, IsolatedModel)
            door(subject, model, isolated, folder)
    with closing(Opener(files, settings)()) as isolated:
        replays(subject, isolated, folder, matrix_products(subject, int(isolated.environment["threads"])))
    if importlib.util.find_spec("llama_cpp"):
        convert(subject.weights, subject.tokenizer, subject.gguf / "model.gguf", "f16")
        for config in subject.weights.glob("*config.json"):  # they say what ends a generation
            shutil.copy(config, subject.gguf)
        shipped = Opener(replace(files, weights=subject.gguf), replace(settings, backend="llama"))
        with closing(shipped()) as isolated:
            replays(subject, isolated, folder, matrix_products(subject, int(isolated.environment["threads"])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--organism", type=Path, help="a folder with weights/ and tokenizer/")
    parser.add_argument("--only", choices=("organism", "large"))
    parser.add_argument("--threads", type=int, help="of every side; otherwise what the engines choose themselves")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")  # of the tools compared with
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if asked.only != "large":
            measure(organism(folder / "small", asked.organism), folder, asked.threads)
        if asked.only != "organism":
            measure(half_billion(folder / "large"), folder, asked.threads)
    print(f"\nload {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
