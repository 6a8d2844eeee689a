"""`workbench probe`: one command for each kind of probe, made from its declaration."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

from views import console, options
from views.arguments import FRESH, GivenOptions, build
from views.commands.declared import Family, group_of
from views.tables import tables
from workbench.contract.actor import Actor
from workbench.contract.probe import Probe
from workbench.probes import BY_KIND
from workbench.visible import line


def _run(
    kind: type[Probe],
    case: Path,
    opening: options.SessionOptions,
    given: GivenOptions,
    actor: Actor | None,
    as_json: bool,
) -> None:
    fresh = frozenset(name for name in kind.seeds if given.get(name) == FRESH)
    probe = build(kind, {name: None if name in fresh else value for name, value in given.items()}, kind.kind)
    run_probe(probe, case, opening, actor, as_json, fresh)


def run_probe(
    probe: Probe,
    path: Path,
    opening: options.SessionOptions,
    actor: Actor | None,
    as_json: bool,
    fresh: Collection[str] = (),
) -> None:
    """Open the case and the session, run the probe through the door, and print what came of it.

    Arguments named in `fresh` get a seed from the session. Ctrl-C stops the probe; what it had is recorded and printed,
    and the command ends as interrupted ones do.
    """
    with opening.session(options.open_case(path)) as session:
        # No engine hears a cancellation while it loads a model.
        with console.stoppable(probe.kind, lambda: session.abort() if session.loading else None) as progress:
            seeded = probe.model_copy(update={name: session.fresh_seed(probe) for name in fresh})
            outcome = session.run(seeded, actor=actor, progress=progress)
        spent = session.spent.model_dump()
    entry, result = outcome.entry, outcome.result
    stopped = outcome.status == "cancelled" or (progress.cancel.is_set() and outcome.status != "ok")
    if outcome.refusal is not None:
        console.refuse(outcome.refusal, as_json, f"#{entry.seq}  {outcome.status}", record=entry.seq)
        sys.exit(console.INTERRUPTED if stopped else console.REFUSED)
    assert result is not None  # an outcome holds a result or a refusal
    value = {"seq": entry.seq, "status": outcome.status, "summary": result.summary, "spent": spent, **entry.data}
    console.emit(
        value, f"#{entry.seq}  {outcome.status}  {line(result.summary)}\n\n{tables(result.figures())}", as_json
    )
    if stopped:
        sys.exit(console.INTERRUPTED)


command = group_of(
    Family("probe", BY_KIND, _run, lambda kind, rules: rules.refusal(kind.affordances) is None),
    "Put one question to a case's model and record it.",
)
