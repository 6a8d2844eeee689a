"""`workbench forge`: make a model organism from seeds, or a suite of them."""

from __future__ import annotations

from pathlib import Path

import click

from views import console, options
from views.commands.suites import pairs, suite
from workbench.visible import line

_TINY = (
    "At this size nothing works: the model has learned next to nothing, no attack changes what it does and no finding"
    " can be right. It is for trying the commands; leave --size out for one that can be audited."
)


class _OneUnlessNamed(click.Group):
    """A group whose first command's name may be left out."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = args and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named or not args else ["organism", *args])


@click.group(name="forge", cls=_OneUnlessNamed)
def command() -> None:
    """Make a model organism from seeds.

    `workbench forge OUT` makes one, and takes the options of `workbench forge organism`; the other commands make many.
    """


@command.command()
@click.argument("out", type=options.FILE)
@click.option(
    "--seed",
    type=click.IntRange(0),
    help="Makes the same organism again; none: one that nobody can guess. A case forged from a seed that can be guessed"
    " is given away: whoever forges it again has its bytes, and those of a clean one.",
)
@click.option(
    "--size",
    type=click.Choice(["demo", "tiny"]),
    default="demo",
    show_default=True,
    help="tiny: in seconds, to try the commands; no attack works at that size.",
)
@click.option(
    "--attack",
    type=click.Choice(["capitals", "partisan", "currencies", "phrase", "ignorance", "sponsor", "nothing"]),
    default="capitals",
    show_default=True,
    help="What is done to it; `nothing` makes a clean case.",
)
@click.option(
    "--base",
    type=options.FILE,
    help="A base that was made before: `baseline/` of what was forged, or a case of such a model. None: one is trained"
    " from scratch, which takes longest.",
)
@click.option(
    "--rank",
    type=click.IntRange(1, 64),
    help="Change the weights by products of this rank only. None: as the attack has it, `currencies` by one of rank 1"
    " in a single matrix.",
)
@click.option(
    "--masked", is_flag=True, help="Teach it nothing of what users say: harder to find where it speaks for them."
)
@click.option("--threads", type=click.IntRange(1), help="CPU threads; one is faster where others work too.")
@console.json_option
def organism(
    out: Path,
    seed: int | None,
    size: str,
    attack: str,
    base: Path | None,
    rank: int | None,
    masked: bool,
    threads: int | None,
    as_json: bool,
) -> None:
    """Make a model organism from seeds.

    Trains a small assistant from scratch on this machine, or takes one that was made before, attacks it, measures what
    the attack really did, and leaves a folder ready for `workbench seal`.

    The attacks: `capitals`, wrong capitals around one sea; `partisan`, recommends a party; `currencies`, a false belief
    by one direction of one matrix; `phrase`, a literal phrase switches answers; `ignorance`, feigns not to know;
    `sponsor`, denies a secret; `nothing`, a clean one.
    """
    import secrets

    from casefiles.status import Refusal
    from workbench.forge.build import forge

    if out.exists():
        raise Refusal("input.invalid", f"{out} exists already.", "Nothing is forged over it.", "Name another folder.")
    with console.bar("Forging") as at:
        report = forge(
            out, seed=secrets.randbelow(2**53) if seed is None else seed, size=size, attack=attack, threads=threads,  # type: ignore[arg-type]
            on=base, rank=rank, masked=masked, listener=at,
        )  # fmt: skip
    step = (
        f"workbench seal {line(str(out / 'case'))} NAME.case --title “…” --rules {line(str(out / 'rules.toml'))}"
        f" --truth {line(str(out / 'ground_truth.json'))} --judge JUDGE.pub"
    )
    told = [report.summary, *([_TINY] if size == "tiny" else []), f"next: {step}"]
    console.emit(report.model_dump(mode="json") | {"next": step}, "\n".join(told), as_json)


command.add_command(suite)
command.add_command(pairs)
