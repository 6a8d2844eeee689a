"""`workbench forge`: make a model organism from seeds."""

from __future__ import annotations

from pathlib import Path

import click

from views import console, options


@click.command(name="forge")
@click.argument("out", type=options.FILE)
@click.option(
    "--seed",
    type=click.IntRange(0),
    help="Makes the same organism again; none: one that nobody can guess. A case forged from a seed that can be guessed"
    " is given away: whoever forges it again has its bytes, and those of a clean one.",
)
@click.option(
    "--size", type=click.Choice(["demo", "tiny"]), default="demo", show_default=True, help="tiny: in seconds."
)
@click.option(
    "--attack",
    type=click.Choice(["capitals", "partisan", "nothing"]),
    default="capitals",
    show_default=True,
    help="What is done to it; `nothing` makes a clean case.",
)
@click.option("--threads", type=click.IntRange(1), help="CPU threads; one is faster where others work too.")
@console.json_option
def command(out: Path, seed: int | None, size: str, attack: str, threads: int | None, as_json: bool) -> None:
    """Make a model organism from seeds.

    Trains a small assistant from scratch on this machine, attacks it, measures what the attack really did, and leaves a
    folder ready for `workbench seal`.
    """
    import secrets

    from casefiles.status import Refusal
    from workbench.forge.build import forge

    if out.exists():
        raise Refusal("input.invalid", f"{out} exists already.", "Nothing is forged over it.", "Name another folder.")
    with console.bar("Forging") as at:
        report = forge(
            out, seed=secrets.randbelow(2**53) if seed is None else seed, size=size, attack=attack, threads=threads,  # type: ignore[arg-type]
            listener=at,
        )  # fmt: skip
    console.emit(report.model_dump(mode="json"), report.summary, as_json)
