"""Where a judge's own register lies: the memory of tickets and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench import places

if TYPE_CHECKING:
    from casefiles.custody.register import Register
    from casefiles.keys.identity import Identity


def own_register(judge: Identity) -> Register:
    """The register that goes with a judge's key; it is begun when it is first needed. Raises Refusal if its folder
    cannot be made."""
    from casefiles.custody.register import Register
    from casefiles.files.disk import make_folder

    path = places.keys().parent / "registers" / f"{judge.public.fingerprint.replace(':', '')}.register"
    make_folder(path.parent)
    return Register(path, judge.signing)
