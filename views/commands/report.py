"""`workbench report`: draw the page of a report anew from the log it was handed in with."""

from __future__ import annotations

from pathlib import Path

import click

from casefiles.status import Refusal
from views import console, options
from workbench.visible import line, quoted


@click.command(name="report")
@click.argument("log", type=options.FILE)
@click.argument("case", type=options.FILE)
@click.option("--out", type=options.FILE, help="The page to write. Default: beside the log, as `export` names it.")
@click.option("--pdf", is_flag=True, help="As PDF, for paper. So it is too where --out ends in .pdf.")
@click.option("--witness", type=options.FILE, multiple=True, help="A public key whose receipts count. Repeatable.")
@console.json_option
def command(log: Path, case: Path, out: Path | None, pdf: bool, witness: tuple[Path, ...], as_json: bool) -> None:
    """Draw the page of a handed-in report anew from its log.

    For a judge, who takes no page from the auditor, and after an export that was interrupted. Who countersigned the log
    is told from its receipts: the case's judge, and whose key is named.
    """
    from casefiles.files.disk import check_new
    from casefiles.keys.identity import PublicIdentity
    from casefiles.verify import verify
    from workbench.log.imported_log import imported
    from workbench.report.handing_in import foot, redraw
    from workbench.report.paper import is_paper, write_page

    page = out or log.with_name(f"{log.stem}.report.{'pdf' if pdf else 'html'}")
    if pdf and not is_paper(page):
        raise Refusal(
            "input.invalid", f"{page.name} is not the name of a PDF.", "It does not end in .pdf.", "Name it so."
        )
    check_new(page)
    opened = options.open_case(case)
    judge, others = opened.manifest.judge, [PublicIdentity.load(path) for path in witness]
    found = verify(log, case=opened.digest, judge=judge.verify, witnesses=[one.verify for one in others])
    with imported(log, found) as records:
        drawn = redraw(records, opened, witnessed=found.witnessed, witnesses=others)
    write_page(page, drawn.page, title=foot(drawn.report), made_us=drawn.report.written_us)
    report, state = drawn.report, drawn.report.log
    value = {
        "report_pdf" if is_paper(page) else "report_html": str(page),
        "witnessed": state.witnessed,
        "witnesses": list(state.witnesses),
    }
    by = f" by {line(', '.join(state.witnesses))}" if state.witnesses else ""
    told = f"the report of {quoted(report.auditor.name)} to read; witnessed to {state.witnessed} of {state.size}{by}"
    console.emit(value, f"{line(str(page))}  {told}", as_json)
