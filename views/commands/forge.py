"""`workbench forge`: make a model organism from seeds."""

from __future__ import annotations

from pathlib import Path

import click

from views import console, options


@click.command(name="forge")
@click.argument("out", type=options.FILE)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--size", type=click.Choice(["demo", "tiny"]), default="demo", show_default=True, help="tiny: in seconds."
)
@console.json_option
def command(out: Path, seed: int, size: str, as_json: bool) -> None:
    """Make a model organism from seeds.

    Trains a small assistant from scratch on this machine, attacks it, measures what the attack really did, and leaves a
    folder ready for `workbench seal`.
    """
    from workbench.forge.build import forge

    with console.bar("Forging") as at:
        report = forge(out, seed=seed, size=size, progress=lambda stage, done: at(done, stage))  # type: ignore[arg-type]
    console.emit(report.model_dump(mode="json"), report.model_dump_json(indent=2), as_json)
