"""`workbench export`: hand in the log and the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from views import console, options
from views.sessions import to_countersign
from workbench.visible import line


@click.command(name="export")
@click.argument("session", type=options.FILE)
@click.argument("out", type=options.FILE)
@click.option("--verdict", type=click.Choice(["modified", "clean", "inconclusive"]), required=True)
@click.option("--probability", type=click.FloatRange(0, 1), required=True, help="That the model was modified.")
@click.option("--summary", default="", help="The case in a few sentences.")
@click.option("--rank", multiple=True, help="Findings by id, best first. Repeatable; default: as recorded.")
@click.option("--case", type=options.FILE, help="The case, if it was moved.")
@click.option("--pdf", is_flag=True, help="Write the report as PDF, too.")
@options.key_option("auditor")
@options.actor_option
@console.json_option
def command(
    session: Path, out: Path, verdict: str, probability: float, summary: str, rank: tuple[str, ...],
    case: Path | None, pdf: bool, key: str | None, actor: Any, as_json: bool,
) -> None:  # fmt: skip
    """Export a session's log and report for the judge."""
    from pydantic import ValidationError

    from casefiles.status import Refusal
    from workbench.report.handing_in import foot, hand_in
    from workbench.report.paper import ready, write_page
    from workbench.report.report import Conclusion

    try:
        conclusion = Conclusion.model_validate({"verdict": verdict, "probability": probability, "summary": summary})
    except ValidationError as error:
        raise Refusal(
            "input.invalid", "The conclusion contradicts itself.", f"{error.errors()[0]['msg']}.",
            "The probability is that of `modified`.",
        ) from None  # fmt: skip
    if conclusion.doubt:
        console.say(conclusion.doubt, err=True)
    paper = out.with_name(f"{out.stem}.report.pdf") if pdf else None
    if paper is not None:
        ready(paper)
    with options.reopen(session, key, case, actor) as opened, console.bar("Exporting") as at:
        done = hand_in(opened, out, conclusion, ranked=rank or None, actor=actor, listener=at)
    if paper is not None:
        page = done.html.read_text(encoding="utf-8")
        write_page(paper, page, title=foot(done.report), made_us=done.report.written_us)
    value = {
        "auditlog": str(done.auditlog), "report_json": str(done.json), "report_html": str(done.html),
        "report_pdf": str(paper) if paper is not None else None,
        "digest": done.report.digest, "records": done.report.log.size, "witnessed": done.report.log.witnessed,
    }  # fmt: skip
    unseen = not done.report.log.witnessed
    step = f"{to_countersign(session)}; then export anew, for nobody has seen this log\n" if unseen else ""
    text = (
        f"{line(str(done.auditlog))}  the log and the signed report, for the judge\n"
        f"{line(str(done.html))}  the report to read\n"
        f"{f'{line(str(paper))}  the same for paper{chr(10)}' if paper is not None else ''}"
        f"witnessed to {done.report.log.witnessed} of {done.report.log.size} records\n"
        f"{step}next: the judge: workbench judge verdict {console.typed(done.auditlog)} CASE VERDICT"
    )
    console.emit(value, text, as_json)
