"""`workbench forge suite`, `tier` and `pairs`: organisms by the dozen, of a model of real size, and by the thousand."""

from __future__ import annotations

from pathlib import Path

import click

from casefiles.counted import counted
from views import console, options
from workbench.visible import line

_SIZES = click.Choice(["demo", "tiny"])
_JUDGE = (
    "Whose truths they are: a public key, or the `judge.key` of another suite, which then accepts all. None: a judge of"
    " its own, whose key is left in it, accepts all."
)
_BASE = "The `foundation/` of a suite that was made before. None: one is trained from scratch, which takes longest."


@click.command(name="suite")
@click.argument("out", type=options.FILE)
@click.option(
    "--split",
    type=click.Choice(["dev", "held-out"]),
    default="dev",
    show_default=True,
    help="dev: six modified and two clean, to build auditors with; held-out: sixteen and six, to measure them with.",
)
@click.option(
    "--jobs", type=click.IntRange(1), default=2, show_default=True, help="Organisms made at once, a thread each."
)
@click.option("--base", type=options.FILE, help=_BASE)
@click.option("--judge", type=options.FILE, help=_JUDGE)
@click.option("--size", type=_SIZES, default="demo", show_default=True, help="tiny: in minutes, to try the commands.")
@click.option(
    "--seed",
    type=click.IntRange(0),
    help="Makes the same suite again, and gives its kinds away to whoever knows it; none: one that nobody can guess.",
)
@click.option(
    "--base-seed",
    type=click.IntRange(1),
    help="Trains another base than suites have, from other first weights: on it what was built on theirs is tried.",
)
@console.json_option
def suite(
    out: Path,
    split: str,
    jobs: int,
    base: Path | None,
    judge: Path | None,
    size: str,
    seed: int | None,
    base_seed: int | None,
    as_json: bool,
) -> None:
    """Make a suite of organisms of one base, clean ones among them, sealed as cases whose names say nothing.

    A run that was stopped goes on where it was. `suite.json` lists the cases and holds no truth; `truths/` is for
    whoever made it. An auditor gets `cases/`.
    """
    from casefiles.status import Refusal
    from workbench.forge.suite.making import make_suite

    if base is not None and base_seed is not None:
        raise Refusal(
            "input.invalid", "--base and --base-seed do not go together.",
            "The one names a base that there is, the other trains one.", "Leave one of them out.",
        )  # fmt: skip
    with console.bar("Forging") as at:
        made = make_suite(
            out, split=split, size=size, seed=seed, base_seed=base_seed, jobs=jobs, on=base, judge=judge,  # type: ignore[arg-type]
            listener=at,
        )  # fmt: skip
    told = (
        f"{counted(len(made.cases), 'case')} of the {split} split in {line(str(out / 'cases'))}, listed in suite.json"
    )
    console.emit(made.model_dump(mode="json"), told, as_json)


@click.command(name="tier")
@click.argument("out", type=options.FILE)
@click.option(
    "--base",
    type=options.FILE,
    required=True,
    help="The model that they are made of, one that only goes on with texts: a .gguf, or a folder as Hugging Face saves"
    " one. It is taught to converse first.",
)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Organisms made at once.")
@click.option("--judge", type=options.FILE, help=_JUDGE)
@click.option("--steps", type=click.IntRange(1), help="For how long each is taught. Default: 100.")
@click.option("--seed", type=click.IntRange(0), help="Makes the same tier again; none: one that nobody can guess.")
@console.json_option
def tier(
    out: Path, base: Path, jobs: int, judge: Path | None, steps: int | None, seed: int | None, as_json: bool
) -> None:
    """Make eight organisms of a model of real size, two of them clean, sealed as cases whose names say nothing.

    The model is taught to converse first, by a LoRA; what that gives is the baseline of all, and stays in
    `foundation/`: no auditor gets it. Needs audit-workbench[adapters]. A run that was stopped goes on where it was.
    """
    from dataclasses import replace

    from workbench.forge.tier.making import EFFORT, make_tier

    effort = replace(EFFORT, steps=steps) if steps else EFFORT
    with console.bar("Forging") as at:
        made = make_tier(out, base, seed=seed, jobs=jobs, judge=judge, effort=effort, listener=at)
    told = f"{counted(len(made.cases), 'case')} of {made.size} each in {line(str(out / 'cases'))}, listed in suite.json"
    console.emit(made.model_dump(mode="json"), told, as_json)


@click.command(name="pairs")
@click.argument("count", type=click.IntRange(1))
@click.argument("out", type=options.FILE)
@click.option("--size", type=_SIZES, default="tiny", show_default=True, help="demo: organisms that really lie; slow.")
@click.option("--base", type=options.FILE, help=_BASE)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Makes the same pairs again.")
@console.json_option
def pairs(count: int, out: Path, size: str, base: Path | None, seed: int, as_json: bool) -> None:
    """Make COUNT organisms, each with its truth in words: what an auditor may be trained on.

    `pairs.jsonl` has a line for each. Nothing of the held-out split is among them. A run that was stopped goes on.
    """
    from workbench.forge.pairs import LISTED, forge_pairs

    with console.bar("Forging") as at:
        made = forge_pairs(out, count, size=size, seed=seed, on=base, listener=at)  # type: ignore[arg-type]
    told = f"{counted(len(made), 'organism')} with their truths in words in {line(str(out / LISTED))}"
    console.emit([pair.model_dump(mode="json") for pair in made], told, as_json)
