"""The last step of making a case: a model, and its truth if there is one, are sealed if a judge could accept them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.settings import EngineSettings
from casefiles.case import specification
from casefiles.case.bundle import Case, seal_case
from casefiles.case.leak import Leak
from casefiles.case.manifest import SPECIFICATION
from casefiles.case.sealing import CaseParts, parts_of
from casefiles.keys.identity import Identity, PublicIdentity
from casefiles.status import Refusal
from workbench.contract.rules import Rules
from workbench.evidence import ordinary
from workbench.judge.acceptance import hints, open_names, open_texts, open_tokens, trial
from workbench.judge.acceptance.trial import TriedEngine
from workbench.judge.truths import soundness
from workbench.judge.truths.room import check_room
from workbench.judge.truths.truth import GroundTruth
from workbench.listener import Listener, part, silent
from workbench.making.as_given import AsGiven


@dataclass(frozen=True)
class Sealed:
    """A case, what its files told about their making, and how its model ran."""

    case: Case
    leaks: tuple[Leak, ...]
    tried: tuple[TriedEngine, ...]
    remarks: tuple[str, ...]
    """What whoever seals it should think about."""


def seal(
    source: Path | CaseParts,
    out: Path,
    *,
    title: str,
    rules: Rules,
    truth: GroundTruth | None,
    attacker: Identity,
    judge: PublicIdentity,
    settings: EngineSettings,
    engines: Sequence[str] = (),
    listener: Listener = silent,
    look: Callable[[Case, Sequence[TriedEngine], Listener], object] = lambda case, tried, listener: None,
) -> Sealed:
    """Seal a folder, or files from several places, as a case after the checks that the judge's intake makes too, all
    but the measuring. `truth`: None of a model of which nobody knows what is in it. `engines`: those that it is said to
    run on; none: all that read its formats. `look` looks at it further before it gets its name, once it was tried.

    Raises Refusal, and leaves nothing: the truth is unsound, title or files give it away, no engine runs the model,
    stripping makes another of it, or the `listener`, who hears how far it is, had it stopped.
    """
    parts = parts_of(source) if isinstance(source, Path) else source
    if truth is not None:
        if SPECIFICATION in parts:  # without one it is refused by the sealing itself
            soundness.check(truth, specification.read(parts[SPECIFICATION].resolve()))
        hints.check_title(title, truth)
        check_room(truth)
    leaks: list[Leak] = []
    tried: list[TriedEngine] = []
    remarks = list(_remarks(truth))

    def examine(case: Case) -> None:
        """What is tried is what was sealed, stripped as it is."""
        if truth is not None:
            remarks.extend(hints.check_licences(case.root, truth))
            remarks.extend(open_names.check_names(case, truth))
            remarks.extend(open_texts.check_texts(case, truth, rules, lambda note: listener(0.4, note)))
            remarks.extend(open_tokens.check_tokens(case.root, truth))
        ordinary.examine(case, rules.evidence)
        given = AsGiven(case, parts, leaks, settings)
        try:
            tried.extend(trial.check_case(case, settings, given.hear, part(listener, 0.4, 0.7)))
        except Refusal as refusal:
            if refusal.code == "case.unrunnable":
                given.check_unrunnable()
            raise
        given.check(lambda note: listener(0.7, note))
        look(case, tried, lambda done, note: listener(0.7 + 0.3 * done, note))

    case = seal_case(
        parts,
        out,
        title=title,
        rules=rules.model_dump(mode="json"),
        truth=truth.payload() if truth is not None else None,
        attacker=attacker,
        judge=judge,
        engines=engines or None,
        hear=leaks.append,
        examine=examine,
        listener=lambda done, note: listener(0.4 * done, note),
    )
    return Sealed(case, tuple(leaks), tuple(tried), tuple(remarks))


def _remarks(truth: GroundTruth | None) -> Sequence[str]:
    if truth is None or not truth.intent or any(item.status == "realised" for item in truth.realised):
        return ()
    found = ", ".join(f"{item.behaviour} {item.status}" for item in truth.realised)
    return (f"Nothing of what was intended was realised ({found}): no finding can earn recall on this case.",)
