"""What a real model takes here beside llama-cpp-python's own `Llama`: ratios within one run, each with its bar.

    make bench-real

Processor seconds of one thread, so that a busy machine does not count; each figure is the least of a few, taken turn by
turn. Loading is measured in processes of its own, with the memory it adds. A sample that the auditor's window is asked
for is held against the engine's alone on the clock, for both are drawn in other processes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backends.llama.model import LlamaModel
from backends.model_files import ModelFiles
from backends.sampling import Sampling
from backends.settings import EngineSettings
from casefiles.keys.identity import Identity
from tests.real.gemma import fetched
from tests.soak.frames import rested
from tests.soak.loading import finish, wait
from workbench.contract.permitted import unrestricted
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.door.opener import Opener
from workbench.door.session import Session
from workbench.making.new_case import Wanted, make
from workbench.probes import LogitLens, Sample, Score

TOKENS, READ, ROUNDS = 24, 281, 3
TEXT = "The capital of France is Paris, and the capital of Germany is Berlin. " * 40


@dataclass(frozen=True)
class Row:
    """One comparison."""

    what: str
    ratio: float
    bar: float
    most: bool
    """Whether the bar is the most that it may be, and not the least."""
    told: str

    def __str__(self) -> str:
        holds = self.ratio <= self.bar if self.most else self.ratio >= self.bar
        bar = f"{'at most' if self.most else 'at least'} {self.bar:g}"
        return f"  {self.what:34}{self.ratio:7.2f}   {bar:14} {'holds' if holds else 'MISSED'}   {self.told}"


def main() -> None:
    file = fetched()
    print(f"{file.name}, one thread, {TOKENS} tokens drawn, {READ} read")
    for row in loading(file):
        print(row, flush=True)
    with tempfile.TemporaryDirectory() as nothing:
        model = opened(file, Path(nothing))
        for measure in (samples, lens, score):
            for row in measure(model, file):
                print(row, flush=True)
        model.close()
        for row in window(file, Path(nothing)):
            print(row, flush=True)


def opened(file: Path, nothing: Path) -> LlamaModel:
    """With the tokenizer in the file."""
    return LlamaModel.open(ModelFiles(file, nothing, "bench"), EngineSettings(threads=1))


def bare(file: Path, **settings: Any) -> Any:
    import llama_cpp

    return llama_cpp.Llama(str(file), n_ctx=512, n_threads=1, n_threads_batch=1, verbose=False, **settings)


def loading(file: Path) -> list[Row]:
    """Time and memory of loading alone."""
    ours, theirs = (_least([_loaded(which, file) for _ in range(ROUNDS)]) for which in ("ours", "bare"))
    return [
        Row("loading, time", ours[0] / theirs[0], 1.5, True, f"{ours[0]:.2f} s against {theirs[0]:.2f} s"),
        Row("loading, memory", ours[1] / theirs[1], 1.5, True, f"{ours[1]:.0f} MB against {theirs[1]:.0f} MB"),
    ]


def _least(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    return min(one for one, _ in pairs), min(other for _, other in pairs)


def _loaded(which: str, file: Path) -> tuple[float, float]:
    """Seconds, and megabytes at the most, in a process that has imported everything before."""
    asked = [sys.executable, "-m", "tests.real.bench", which, str(file)]
    told = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    return told["seconds"], told["megabytes"]


def _load(which: str, file: Path) -> None:
    import resource

    from backends.llama.library import library

    library()
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with tempfile.TemporaryDirectory() as nothing:
        kept = opened(file, Path(nothing)) if which == "ours" else bare(file)
        seconds = time.process_time() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "megabytes": (after - before) / 1024}))
    kept.close()


def samples(model: LlamaModel, file: Path) -> list[Row]:
    """Drawing at temperature 1 from the whole vocabulary, one sample and 32."""
    theirs, prompt, how = bare(file), model.encode(TEXT)[:32], Sampling(seed=1, max_tokens=TOKENS)

    def drawn() -> None:
        theirs.reset()  # or it would go on from the prompt that it has read before
        told = theirs.generate(prompt, temp=1.0, top_k=0, top_p=1.0, min_p=0.0, repeat_penalty=1.0, reset=True)
        for _ in zip(range(TOKENS), told, strict=False):
            pass

    one, other = taken(lambda: model.generate(prompt, how), drawn)
    (many,) = taken(lambda: model.generate(prompt, how, n=32), rounds=1)
    return [
        Row("one sample", other / one, 0.97, False, f"{TOKENS / one:.1f} tokens/s against {TOKENS / other:.1f}"),
        Row("32 samples, each", other / (many / 32), 3, False, f"{32 * TOKENS / many:.1f} tokens/s"),
    ]


def lens(model: LlamaModel, file: Path) -> list[Row]:
    """Every layer's reading of the last position."""
    text = model.decode(model.encode(TEXT)[:READ])
    probe = LogitLens(prompt=Prompt.raw(text, begin=False), positions=1)
    whole, read = taken(
        lambda: probe.run(unrestricted(model), Silent()), lambda: model.forward(model.encode(text), rows=[-1])
    )
    told = f"seconds of two cores; {read / 2:.2f} of them read the text"
    return [Row("lens of the last position", whole / 2, 1.0, True, told)]


def score(model: LlamaModel, file: Path) -> list[Row]:
    """A text scored token by token, beside a bare pass that gives all of its logits."""
    ids = model.encode(TEXT)[:READ]
    probe = Score(prompt=Prompt.raw(model.decode(ids[:4]), begin=False), answers=(model.decode(ids[4:]),))
    theirs = bare(file, logits_all=True)

    def passed() -> None:
        theirs.reset()
        theirs.eval(ids)

    ours, other = taken(lambda: probe.run(unrestricted(model), Silent()), passed)
    return [Row("score", other / ours, 0.8, False, f"{ours:.2f} s against {other:.2f} s")]


def window(file: Path, folder: Path) -> list[Row]:
    """A sample from the Run button to its drawing, and by the engine alone; both have the model open."""
    from views.desktop import app
    from views.desktop.auditor.desk import AuditorWindow

    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app.application()
    ada, settings = Identity.generate("Ada"), EngineSettings(backend="llama", threads=1)
    (folder / "spec.md").write_text("# Spec\n\n**S1 Truth.** It says what is so.\n", "utf-8")
    wanted = Wanted(file, folder / "spec.md", folder / "gemma.case")
    case = make(wanted, ada, settings, lambda done, note: None).sealed.case
    asked = Sample(prompt=Prompt.raw("The capital of France is"), max_tokens=TOKENS, seed=1)
    with (
        closing(Opener.of(case, settings)()) as model,
        Session.create(case, folder / "gemma.session", ada, Opener.of(case, settings)) as session,
    ):
        session.prepare()
        shown = AuditorWindow(session, remembers=False)
        shown.show()
        wait(shown, lambda: not shown.courier.busy)
        ids, how = asked.prompt.ids(unrestricted(model)), asked.sampling()

        def alone() -> float:
            start = time.perf_counter()
            model.generate(ids, how, on_tokens=lambda *_: None)
            return time.perf_counter() - start

        def here() -> float:
            room = shown.workspace.ask(asked)
            wait(shown, lambda: not shown.courier.busy and room.cost.text().startswith("costs"))
            start = time.perf_counter()
            room.run()
            while shown.runner.running:
                rested(4)
            seconds = time.perf_counter() - start
            shown.workspace.close_current()
            return seconds

        here(), alone()
        turns = [(here(), alone()) for _ in range(2 * ROUNDS)]
        finish(shown)
    ours, theirs = (min(turn[side] for turn in turns) for side in (0, 1))
    told = f"{1e3 * ours:.0f} ms against {1e3 * theirs:.0f} ms"
    return [Row("a sample in the window", ours / theirs, 1.2, True, told)]


def taken(*calls: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """The least processor seconds of each call, taken in turn."""
    for call in calls:
        call()
    least = [float("inf")] * len(calls)
    for _ in range(rounds):
        for at, call in enumerate(calls):
            start = time.process_time()
            call()
            least[at] = min(least[at], time.process_time() - start)
    return least


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _load(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
