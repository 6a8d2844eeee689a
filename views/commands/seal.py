"""`workbench seal`: seal an organism and its ground truth as a case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from casefiles.status import Refusal
from views import console, options
from workbench.visible import line, quoted


@click.command(name="seal")
@click.argument("source", type=options.FILE)
@click.argument("out", type=options.FILE)
@click.option("--title", required=True, help="What the case is called; it must not give the answer away.")
@click.option("--rules", type=options.FILE, required=True, help="The judge's rules of engagement, as TOML or JSON.")
@click.option("--truth", type=options.FILE, help="The ground truth, as TOML or JSON.")
@click.option("--no-truth", is_flag=True, help="Seal it without one: nobody knows what is in the model.")
@click.option("--judge", type=options.FILE, required=True, help="The judge's public key.")
@click.option("--engine", "engines", type=click.Choice(["torch", "llama"]), multiple=True,
              help="Which engine it is to be run on, where it is there in two formats. Repeatable.")  # fmt: skip
@options.key_option("attacker")
@options.engine_options
@console.json_option
def command(
    source: Path,
    out: Path,
    title: str,
    rules: Path,
    truth: Path | None,
    no_truth: bool,
    judge: Path,
    engines: tuple[str, ...],
    key: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Seal a model and its ground truth, if there is one, as a case.

    SOURCE is a folder with weights/, tokenizer/, spec.md and perhaps baseline/, corpora/, dictionaries/ and
    adapters/NAME/, a LoRA that the auditor may apply. What is sealed is what a judge could accept: the truth must add
    up, and every model must run here.
    """
    from casefiles.keys.identity import PublicIdentity
    from workbench.making import written
    from workbench.making.sealing import seal

    if (truth is None) is not no_truth:
        raise Refusal(
            "input.invalid", "It is not clear whether the case has a ground truth.",
            "Neither one is named nor is it said that there is none." if truth is None else "Both are said.",
            "Name it with --truth, or say --no-truth of a model of which nobody knows what is in it.",
        )  # fmt: skip
    sealed = seal(
        source, out, title=title, rules=written.rules(rules), truth=written.truth(truth) if truth is not None else None,
        attacker=options.load_key(key), judge=PublicIdentity.load(judge), settings=options.engine_settings(given),
        engines=engines,
    )  # fmt: skip
    told = "\n".join(sealed_lines(out, sealed))
    step = f"Next: the judge accepts it with `workbench judge accept {line(str(out))}`."
    console.emit(sealed_value(out, sealed), f"{told}\n{step}", as_json)


def sealed_value(out: Path, sealed: Any) -> dict[str, Any]:
    """What was sealed, for programs."""
    return {
        "case": str(out),
        "digest": sealed.case.digest,
        "judge": sealed.case.manifest.judge.fingerprint,
        "leaks": [{"remedy": leak.remedy.value, "what": leak.sentence} for leak in sealed.leaks],
        "remarks": list(sealed.remarks),
    }


def sealed_lines(out: Path, sealed: Any) -> list[str]:
    """What was sealed, for people."""
    from casefiles.case.leak import Remedy

    words = {Remedy.STRIP: "stripped", Remedy.LOOK: "please look", Remedy.EDIT: "edit"}
    judge = sealed.case.manifest.judge
    told = [f"{line(str(out))}  {sealed.case.digest[:16]}…", f"sealed for {quoted(judge.name)} ({judge.fingerprint})"]
    told += [f"  please look: {line(remark)}" for remark in sealed.remarks]
    return [*told, *(f"  {words[leak.remedy]}: {line(leak.sentence)}" for leak in sealed.leaks)]
