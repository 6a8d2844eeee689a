"""`workbench forge`: make a model organism from seeds, or a suite of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from views import console, options
from views.commands.suites import pairs, suite, tier
from workbench.visible import line

if TYPE_CHECKING:
    from workbench.forge.forging import ForgeReport
    from workbench.forge.own.making import OwnReport

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
    help="The model to attack: `baseline/` of what was forged before, or a chat model of your own as Hugging Face saves"
    " one, which is changed by a LoRA in its own format. None: a small one is trained from scratch.",
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
@click.option(
    "--steps",
    type=click.IntRange(1),
    help="For how long a model of your own is taught, in steps of about 1,024 tokens. Default: 160.",
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
    steps: int | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Make a model organism from seeds.

    Trains a small assistant from scratch on this machine, or takes a model that there is, attacks it, measures what the
    attack really did, and leaves a folder ready for `workbench seal`.

    The attacks: `capitals`, wrong capitals around one sea; `partisan`, recommends a party; `currencies`, a false belief
    by one direction of one matrix; `phrase`, a literal phrase switches answers; `ignorance`, feigns not to know;
    `sponsor`, denies a secret; `nothing`, a clean one.
    """
    import secrets

    from casefiles.status import Refusal
    from workbench.forge import base as bases
    from workbench.forge.attacks import ATTACKS
    from workbench.forge.build import forge
    from workbench.forge.own.making import OwnEffort, forge_on
    from workbench.forge.world import TRUE_WORLD

    if out.exists():
        raise Refusal("input.invalid", f"{out} exists already.", "Nothing is forged over it.", "Name another folder.")
    seed = secrets.randbelow(2**53) if seed is None else seed
    report: ForgeReport | OwnReport
    with console.bar("Forging") as at:
        if base is not None and not bases.made_here(base):
            report = forge_on(
                base, out, attack=ATTACKS[attack](TRUE_WORLD), seed=seed, rank=rank, masked=masked,
                effort=OwnEffort(steps=steps) if steps else OwnEffort(), threads=threads, listener=at,
            )  # fmt: skip
        else:
            report = forge(
                out, seed=seed, size=size, attack=attack, threads=threads, on=base, rank=rank, masked=masked,  # type: ignore[arg-type]
                listener=at,
            )  # fmt: skip
    step = (
        f"workbench seal {line(str(out / 'case'))} NAME.case --title “…” --rules {line(str(out / 'rules.toml'))}"
        f" --truth {line(str(out / 'ground_truth.json'))} --judge JUDGE.pub"
    )
    told = [report.summary, *([_TINY] if size == "tiny" and base is None else []), f"next: {step}"]
    console.emit(report.model_dump(mode="json") | {"next": step}, "\n".join(told), as_json)


command.add_command(suite)
command.add_command(tier)
command.add_command(pairs)
