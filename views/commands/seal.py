"""`workbench seal`: seal an organism and its ground truth as a case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from views import console, options
from workbench.visible import line


@click.command(name="seal")
@click.argument("source", type=options.FILE)
@click.argument("out", type=options.FILE)
@click.option("--title", required=True, help="What the case is called; it must not give the answer away.")
@click.option("--rules", type=options.FILE, required=True, help="The judge's rules of engagement, as JSON.")
@click.option("--truth", type=options.FILE, help="The ground truth, as JSON.")
@click.option("--no-truth", is_flag=True, help="Seal it without one: nobody knows what is in the model.")
@click.option("--judge", type=options.FILE, required=True, help="The judge's public key.")
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
    key: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Seal a model and its ground truth, if there is one, as a case.

    SOURCE is a folder with weights/, tokenizer/, spec.md and perhaps baseline/, corpora/, dictionaries/ and
    adapters/NAME/, a LoRA that the auditor may apply. What is sealed is what a judge could accept: the truth must add
    up, and every model must run here.
    """
    from casefiles.case import leaks
    from casefiles.files.disk import read_small
    from casefiles.keys.identity import PublicIdentity
    from casefiles.status import Refusal
    from workbench.forge.sealing import seal
    from workbench.judge.truth import GroundTruth

    if (truth is None) is not no_truth:
        raise Refusal(
            "input.invalid", "It is not clear whether the case has a ground truth.",
            "Neither one is named nor is it said that there is none." if truth is None else "Both are said.",
            "Name it with --truth, or say --no-truth of a model of which nobody knows what is in it.",
        )  # fmt: skip
    known = GroundTruth.read(read_small(truth, 1 << 24)) if truth is not None else None
    sealed = seal(
        source, out, title=title, rules=_rules(rules), truth=known,
        attacker=options.load_key(key), judge=PublicIdentity.load(judge), settings=options.engine_settings(given),
    )  # fmt: skip
    case = sealed.case
    value = {
        "case": str(out),
        "digest": case.digest,
        "judge": case.manifest.judge.fingerprint,
        "leaks": [{"remedy": leak.remedy.value, "what": leak.sentence} for leak in sealed.leaks],
    }
    words = {leaks.Remedy.STRIP: "stripped", leaks.Remedy.LOOK: "please look", leaks.Remedy.EDIT: "edit"}
    told_leaks = "".join(f"\n  {words[leak.remedy]}: {line(leak.sentence)}" for leak in sealed.leaks)
    sealed_for = f"{case.manifest.judge.name} ({case.manifest.judge.fingerprint})"
    told = f"{line(str(out))}  {case.digest[:16]}…\nsealed for {line(sealed_for)}{told_leaks}"
    console.emit(value, f"{told}\nNext: the judge accepts it with `workbench judge accept {line(str(out))}`.", as_json)


def _rules(path: Path) -> Any:
    from pydantic import ValidationError

    from casefiles.files.disk import read_small
    from workbench.contract.rules import Rules

    try:
        return Rules.model_validate_json(read_small(path, 1 << 20))
    except ValidationError as error:
        raise options.unusable(path.name, error, "Give rules of engagement as JSON.") from None
