"""`workbench judge agreement`: how far several judges of the same reports agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from views import console, options
from views.tables import table
from workbench.visible import enumerated, lines


@click.command(name="agreement")
@click.argument("verdicts", type=options.FILE, nargs=-1, required=True)
@console.json_option
def command(verdicts: tuple[Path, ...], as_json: bool) -> None:
    """Say how far several judges agree, beyond chance: Krippendorff's alpha, with its 95 %.

    VERDICTS are signed verdicts on one report or on several, of each judge the last; earlier ones of a chain are passed
    over. What judges decided themselves stands apart from what their verdicts come to.
    """
    from casefiles.documents.verdict_chain import LARGEST, VerdictChains
    from casefiles.files.disk import read_small
    from workbench.judge.verdicts import issuing
    from workbench.judge.verdicts.panel import panel

    given = [issuing.read(read_small(path, LARGEST)) for path in verdicts]
    chains, at_hand = VerdictChains(), {path.resolve() for path in verdicts}
    for path, verdict in zip(verdicts, given, strict=True):
        chains.check_whole(path, verdict.digest, verdict.judge.key, at_hand)
    found = panel(given)
    reports = f"{found.reports} {'report' if found.reports == 1 else 'reports'}"
    told = [f"{found.verdicts} verdicts on {reports}, of {enumerated(found.judges)}"]
    if found.remarks:
        told.append(f"they remark on {', '.join(found.remarks)}")
    console.emit(found.model_dump(mode="json"), f"{lines(told)}\n\n{table(_rows(found))}", as_json)


def _rows(found: Any) -> Any:
    from workbench.contract.figures import Column, Rows

    columns = (Column("judged"), Column("by"), Column("scale"), Column("units", "count"), Column("values", "count"),
               Column("alpha", "number"), Column("95 %"), Column("so"))  # fmt: skip
    rows = tuple(
        (one.about, "judges" if one.decided else "verdicts", one.metric, one.units, one.values,
         None if one.alpha is None else round(one.alpha, 3),
         "—" if one.between is None else "{:.2f} to {:.2f}".format(*one.between), one.words)
        for one in found.agreements
    )  # fmt: skip
    return Rows("", columns, rows)
