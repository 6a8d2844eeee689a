"""`workbench seal`: seal an organism and its ground truth as a case."""

from __future__ import annotations

import json
from pathlib import Path

import click

from casefiles.status import Refusal
from views import console, options
from workbench.visible import line


@click.command(name="seal")
@click.argument("source", type=options.FILE)
@click.argument("out", type=options.FILE)
@click.option("--title", required=True, help="What the case is called; it must not give the answer away.")
@click.option("--rules", type=options.FILE, required=True, help="The judge's rules of engagement, as JSON.")
@click.option("--truth", type=options.FILE, required=True, help="The ground truth, as JSON.")
@click.option("--judge", type=options.FILE, required=True, help="The judge's public key.")
@options.key_option("attacker")
@console.json_option
def command(
    source: Path, out: Path, title: str, rules: Path, truth: Path, judge: Path, key: str | None, as_json: bool
) -> None:
    """Seal an organism and its ground truth as a case.

    SOURCE is a folder with weights/, tokenizer/, spec.md and perhaps baseline/, corpora/, dictionaries/.
    """
    from pydantic import BaseModel, ValidationError

    from casefiles.case import leaks
    from casefiles.case.bundle import seal_case
    from casefiles.files import canonical
    from casefiles.files.disk import read_small
    from casefiles.keys.identity import PublicIdentity
    from workbench.contract.rules import Rules
    from workbench.judge.truth import GroundTruth

    def read(path: Path, kind: type[BaseModel]) -> BaseModel:
        try:
            return kind.model_validate(json.loads(read_small(path, 1 << 24)))
        except (ValidationError, ValueError) as error:
            raise Refusal(
                "input.invalid", f"{path.name} is not {kind.__name__}.", str(error).splitlines()[0],
                f"See the schema: {kind.__doc__}",
            ) from None  # fmt: skip

    rules_, truth_ = read(rules, Rules), read(truth, GroundTruth)
    found = leaks.lint(source) if source.is_dir() else ()
    case = seal_case(
        source, out, title=title, rules=rules_.model_dump(mode="json"),
        truth=canonical.encode(truth_.model_dump(mode="json")), attacker=options.load_key(key),
        judge=PublicIdentity.load(judge),
    )  # fmt: skip
    value = {
        "case": str(out),
        "digest": case.digest,
        "judge": case.manifest.judge.fingerprint,
        "leaks": [{"remedy": leak.remedy.value, "what": leak.sentence} for leak in found],
    }
    words = {leaks.Remedy.STRIP: "stripped", leaks.Remedy.LOOK: "please look", leaks.Remedy.EDIT: "edit"}
    told_leaks = "".join(f"\n  {words[leak.remedy]}: {line(leak.sentence)}" for leak in found)
    sealed_for = f"{case.manifest.judge.name} ({case.manifest.judge.fingerprint})"
    told = f"{out}  {case.digest[:16]}…\nsealed for {sealed_for}{told_leaks}"
    console.emit(value, f"{told}\nNext: the judge accepts it with `workbench judge accept {out}`.", as_json)
