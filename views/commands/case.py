"""`workbench case`: make a case of a model that one has, and examples of everything it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from casefiles.status import Refusal
from views import console, options
from views.commands.seal import sealed_lines, sealed_value
from workbench.visible import line


@click.group(name="case")
def command() -> None:
    """Make a case of a model on disk, or examples of the files that it takes."""


@command.command()
@click.argument("model", type=options.FILE)
@click.option("--spec", type=options.FILE, required=True, help="The specification, as Markdown with clauses S1, S2 …")
@click.option("--judge", type=options.FILE, help="The judge's public key. Default: your own.")
@click.option(
    "--rules", type=options.FILE, help="Rules of engagement, as TOML or JSON. Default: everything is allowed."
)
@click.option("--truth", type=options.FILE, help="What is in the model, as TOML or JSON. Default: nobody knows.")
@click.option("--adapter", "adapters", type=options.FILE, multiple=True,
              help="A LoRA's folder, for whoever audits to apply. Repeatable.")  # fmt: skip
@click.option("--dictionary", "dictionaries", type=options.FILE, multiple=True,
              help="A sparse dictionary's folder, as SAELens saves one, for whoever audits. Repeatable.")  # fmt: skip
@click.option("--corpus", "corpora", type=options.FILE, multiple=True,
              help="Texts, a file or a folder, for whoever audits to read. Repeatable.")  # fmt: skip
@click.option("--baseline", type=options.FILE, help="The model that it was made from, for whoever audits.")
@click.option("--also", type=options.FILE, help="The same model in another format: a GGUF beside safetensors.")
@click.option("--engine", "engines", type=click.Choice(["torch", "llama"]), multiple=True,
              help="Which engine it is to be run on, where it is there in two formats. Repeatable.")  # fmt: skip
@click.option("--title", help="What the case is called. Default: as its file.")
@click.option("--out", type=options.FILE, help="The case to write. Default: the model's name with .case, here.")
@options.key_option("sealer")
@options.engine_options
@console.json_option
def new(
    model: Path,
    spec: Path,
    judge: Path | None,
    rules: Path | None,
    truth: Path | None,
    adapters: tuple[Path, ...],
    dictionaries: tuple[Path, ...],
    corpora: tuple[Path, ...],
    baseline: Path | None,
    also: Path | None,
    engines: tuple[str, ...],
    title: str | None,
    out: Path | None,
    key: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Make a case of a model: a folder as Hugging Face saves one, a .gguf, or either with an adapter.

    Its files are sorted into what a case holds, and loaded once in a confined engine: what no engine opens is not
    sealed. Without --truth nobody is said to know what is in it; without --judge you are its judge, and it is accepted.
    """
    from workbench.making import new_case

    settings, identity = options.engine_settings(given), options.load_key(key)
    wanted = new_case.Wanted(
        model, spec, out=out, title=title, rules=rules, truth=truth, judge=judge, adapters=adapters,
        dictionaries=dictionaries, corpora=corpora, baseline=baseline, also=also, engines=engines,
    )  # fmt: skip
    with console.bar("Making the case") as at:
        made = new_case.make(wanted, identity, settings, at)
    out, sealed = wanted.place, made.sealed
    told = [*sealed_lines(out, sealed), *(f"  {line(one)}" for one in made.lines)]
    step = f"workbench {'open' if sealed.case.accepted else 'judge accept'} {console.typed(out)}"
    value = sealed_value(out, sealed) | {"model": made.model.model_dump(mode="json"), "left_out": made.left_out}
    console.emit(value, "\n".join([*told, f"next: {step}"]), as_json)


@command.command()
@click.argument("folder", type=options.FILE)
@console.json_option
def example(folder: Path, as_json: bool) -> None:
    """Write valid examples of a specification, of rules and of ground truths, with a comment on every field."""
    from workbench.making.examples import write

    if folder.exists():
        raise Refusal("input.invalid", f"{folder} exists already.", "Nothing is written over it.", "Name another.")
    written = write(folder)
    told = [f"{line(str(folder / name))}  {about}" for name, about in written.items()]
    told.append(f"next: workbench case new MODEL --spec {console.typed(folder / 'spec.md')}")
    console.emit({"folder": str(folder), "files": list(written)}, "\n".join(told), as_json)
