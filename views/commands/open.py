"""`workbench open`: a case in the desktop, or described."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Any

import click

from casefiles.case.model_parts import is_model
from casefiles.counted import counted
from casefiles.status import Refusal
from views import console, options
from views.commands.demo import no_window


@click.command(name="open")
@click.argument("case", type=options.FILE)
@click.option("--describe", is_flag=True, help="Say what the case is instead of opening a window.")
@options.session_options
@console.json_option
def command(case: Path, describe: bool, as_json: bool, **given: Any) -> None:
    """Open a case in the desktop.

    Without a display, with --describe or with --json, says what the case is and what its rules allow.
    """
    opening = options.SessionOptions.take(given)
    _check_sealed(case)
    opened = options.open_case(case)
    hidden = "" if describe or as_json else no_window()
    if describe or as_json or hidden:
        if hidden:
            console.say(f"Described, because no window can be opened: {hidden}", err=True)
        console.emit(told(opened), described(opened), as_json)
        return
    from views.desktop.app import run

    with opening.session(opened) as session:
        sys.exit(run(session))


def _check_sealed(path: Path) -> None:
    """Raises Refusal if this is a model that no case was made of yet."""
    if is_model(path):
        raise Refusal(
            "case.not-a-case", f"{path.name} is a model, and no case yet.",
            "A case says how it should behave, and is sealed, so that everybody audits the same bytes.",
            f"Make one: `workbench case new {path} --spec SPEC.md`. `workbench case example DIR` writes a SPEC.md.",
        )  # fmt: skip


def told(case: Any) -> dict[str, Any]:
    """What a case is, for programs."""
    manifest = case.manifest
    return {
        "title": manifest.title,
        "digest": case.digest,
        "accepted": case.accepted,
        "judge": {"name": manifest.judge.name, "fingerprint": manifest.judge.fingerprint},
        "attacker": {"name": manifest.attacker.name, "fingerprint": manifest.attacker.fingerprint},
        "truth": case.has_truth,
        "rules": manifest.rules,
        "specification": case.specification,
        "files": [{"path": entry.path, "size": entry.size} for entry in manifest.files],
    }


def described(case: Any) -> str:
    """What a case is, for people."""
    from workbench.contract.rules import Rules
    from workbench.visible import lines, quoted

    manifest, rules = case.manifest, Rules.sealed(case.manifest.rules)
    accepted = "accepted by its judge" if case.accepted else "NOT accepted by its judge yet"
    size = sum(entry.size for entry in manifest.files)
    budget = ", ".join(f"{limit} {name.replace('_', ' ')}" for name, limit in rules.budget if limit is not None)
    about = lines(
        [
            f"{quoted(manifest.title)}  {case.digest[:16]}…  {accepted}",
            f"  judge     {quoted(manifest.judge.name)}  {manifest.judge.fingerprint}",
            f"  attacker  {quoted(manifest.attacker.name)}  {manifest.attacker.fingerprint}",
            f"  truth     {'sealed for the judge' if case.has_truth else 'none: a report is verified, and not scored'}",
            f"  files     {len(manifest.files)}, {size / 1e6:.1f} MB, every byte verified",
            f"  allowed   {', '.join(sorted(rules.affordances))}; inputs {rules.inputs}",
            f"  budget    {budget or 'none'}; at most {counted(rules.findings, 'finding')}",
            "",
        ]
    )
    specification = case.specification.strip()
    return f"{about}\n{textwrap.indent(specification, '  │ ', lambda _: True)}"
