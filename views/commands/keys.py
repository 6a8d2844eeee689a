"""`workbench keys`: make and show keys."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from casefiles.status import Refusal
from views import console, options
from workbench import places
from workbench.visible import line, quoted

_UNSIGNED = "it is there to verify with; its owner writes one to seal to with `workbench keys public KEY`"


@click.group(name="keys")
def command() -> None:
    """Make and show keys."""


@command.command()
@click.argument("name")
@click.option("--folder", type=options.FILE, help="Where to put NAME.key and NAME.pub. Default: your own keys.")
@click.option("--no-passphrase", is_flag=True, help="Leave the private key unencrypted on disk.")
@console.json_option
def new(name: str, folder: Path | None, no_passphrase: bool, as_json: bool) -> None:
    """Make a key pair: Ed25519 for signing, age for sealing."""
    from casefiles.files.disk import check_new, make_folder
    from casefiles.keys.identity import Identity

    if "/" in name or "\\" in name or name.startswith("."):
        raise _unfit(name, "It names files.")
    _check(name)
    folder = folder or places.keys()
    passphrase = None if no_passphrase else _passphrase()
    make_folder(folder)
    private, public = folder / f"{name}.key", folder / f"{name}.pub"
    if not public.exists() and private.exists():  # whoever made it was killed before its public part was written
        identity = Identity.load(private, passphrase)
    else:
        check_new(public)
        identity = Identity.generate(name)
        identity.save(private, passphrase)
    identity.public.save(public)
    value = _told(identity.public) | {"private": str(private), "public": str(public)}
    written = f"  private  {line(str(private))}\n  public   {line(str(public))}"
    step = (
        "next: give the public one away: an auditor's to the judge, for `workbench judge ticket --auditor`; a judge's"
        " to whoever seals, for `workbench seal --judge`"
    )
    console.emit(value, f"{name}  {identity.public.fingerprint}\n{written}\n{step}", as_json)


def _check(name: str) -> None:
    """Raises Refusal where a name could deceive whoever reads it."""
    from casefiles.keys.identity import check_new_name

    try:
        check_new_name(name)
    except ValueError as error:
        raise _unfit(name, f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


def _unfit(name: str, why: str) -> Refusal:
    return Refusal("input.invalid", f"{quoted(name[:80])} cannot name a key.", why, "Use letters and digits.")


@command.command()
@click.argument("key")
@click.option("--out", type=options.FILE, help="Where to write it. Default: beside the private key.")
@console.json_option
def public(key: str, out: Path | None, as_json: bool) -> None:
    """Write the public key of a private one anew, signed: the file to give to others.

    KEY is a private key file, or the name of one of your own keys. What stands there is written over if it is a public
    file of the same key, and else left as it is.
    """
    identity = options.load_key(key)
    place = out or options.key_path(key).with_suffix(".pub")
    identity.public.renew(place)
    value = _told(identity.public) | {"public": str(place)}
    console.emit(value, f"{identity.public.fingerprint}  {quoted(identity.name)}  {line(str(place))}", as_json)


@command.command("list")
@console.json_option
def list_keys(as_json: bool) -> None:
    """List your own keys: fingerprint, name, and the file to give to others."""
    from casefiles.keys.identity import PublicIdentity

    found = {path: PublicIdentity.load(path) for path in sorted(places.keys().glob("*.pub"))}
    text = "\n".join(
        f"{public.fingerprint}  {quoted(public.name)}  {line(str(path))}{'' if public.vouched else '  not signed'}"
        for path, public in found.items()
    )
    empty = "No keys yet. Make one with `workbench keys new NAME`."
    value = [_told(public) | {"public": str(path)} for path, public in found.items()]
    console.emit(value, text or empty, as_json)


@command.command()
@click.argument("path", type=options.FILE)
@console.json_option
def show(path: Path, as_json: bool) -> None:
    """Show whose public key a file holds."""
    from casefiles.keys.identity import PublicIdentity

    public = PublicIdentity.load(path)
    unsigned = "" if public.vouched else f"\n  not signed: {_UNSIGNED}"
    console.emit(_told(public), f"{public.fingerprint}  {quoted(public.name)}{unsigned}", as_json)


def _told(public: Any) -> dict[str, Any]:
    told = {"name": public.name, "fingerprint": public.fingerprint, "key": public.verify.text}
    return told | {"signed": public.vouched}


def _passphrase() -> str:
    if options.PASSPHRASE in os.environ:
        return os.environ[options.PASSPHRASE]
    if not os.isatty(0):
        raise Refusal(
            "key.passphrase", "A passphrase is needed.", "Private keys are encrypted on disk unless you say otherwise.",
            f"Set {options.PASSPHRASE}, run this on a terminal, or say --no-passphrase.",
        )  # fmt: skip
    return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True))
