"""`workbench report`: draw the page of a report anew from the log it was handed in with."""

from __future__ import annotations

from pathlib import Path

import click

from views import console, options
from workbench.visible import line


@click.command(name="report")
@click.argument("log", type=options.FILE)
@click.argument("case", type=options.FILE)
@click.option("--out", type=options.FILE, help="The page to write. Default: beside the log, as `export` names it.")
@console.json_option
def command(log: Path, case: Path, out: Path | None, as_json: bool) -> None:
    """Draw the page of a handed-in report anew from its log.

    For a judge, who takes no page from the auditor, and after an export that was interrupted.
    """
    from casefiles.verify import verify
    from workbench.log.imported_log import imported
    from workbench.report.handing_in import redraw

    page = out or log.with_name(f"{log.stem}.report.html")
    opened = options.open_case(case)
    with imported(log, verify(log, case=opened.digest)) as records:
        report = redraw(records, opened, page)
    value = {"report_html": str(page), "digest": report.digest}
    console.emit(value, f"{line(str(page))}  the report of {report.auditor.name} to read", as_json)
