"""`workbench custody`: have a session's log countersigned across the air gap."""

from __future__ import annotations

from pathlib import Path

import click

from views import console, options
from views.sessions import to_hand_in


@click.group(name="custody")
def command() -> None:
    """Have a session's log countersigned across the air gap."""


@command.command()
@click.argument("session", type=options.FILE)
@click.option("--witness", type=options.FILE, help="The public key of whoever is asked, if not the judge.")
@click.option("--since", type=click.IntRange(0), help="Records that they saw last, if no receipt says so.")
@click.option("--qr", type=options.FILE, help="Draw the code as a QR picture too (PNG or SVG).")
@console.json_option
def request(session: Path, witness: Path | None, since: int | None, qr: Path | None, as_json: bool) -> None:
    """Show the code that asks a witness to countersign the log as it stands.

    It takes no key: what is to be countersigned is signed in the log.
    """
    from casefiles.files.disk import write_new
    from casefiles.keys.identity import PublicIdentity

    with options.session_log(session) as (log, custody):
        code = custody.request(PublicIdentity.load(witness) if witness else None, since)
        size, witnessed = log.size, custody.witnessed
    if qr is not None:
        write_new(qr, _picture(code, qr.suffix))
    told = f"witnessed to {witnessed} of {size} records; for the witness (`workbench judge witness CODE`):\n\n{code}"
    console.emit({"request": code, "records": size, "witnessed": witnessed}, told, as_json)


@command.command()
@click.argument("session", type=options.FILE)
@click.argument("code", nargs=-1, required=True)
@click.option("--witness", type=options.FILE, help="The public key of whoever gave it, if not the judge.")
@console.json_option
def receive(session: Path, code: tuple[str, ...], witness: Path | None, as_json: bool) -> None:
    """Keep the receipt that came back: CODE as it was typed, a file that holds it (as text or as
    a picture), or - for standard input."""
    from casefiles.keys.identity import PublicIdentity

    with options.session_log(session) as (log, custody):
        custody.take(options.code_of(code), PublicIdentity.load(witness) if witness else None)
        size, witnessed = log.size, custody.witnessed
    told = f"witnessed to {witnessed} of {size} records\n{to_hand_in(session)}"
    console.emit({"records": size, "witnessed": witnessed}, told, as_json)


def _picture(code: str, suffix: str) -> bytes:
    import io

    import segno

    from casefiles.status import Refusal

    kind = suffix.removeprefix(".").lower()
    if kind not in ("png", "svg"):
        raise Refusal("input.invalid", f"A QR picture cannot be a {suffix or 'file without ending'}.",
                      "It is drawn as PNG or SVG.", "Name the file with .png or .svg.")  # fmt: skip
    buffer = io.BytesIO()
    segno.make_qr(code).save(buffer, kind=kind, scale=4)
    return buffer.getvalue()
