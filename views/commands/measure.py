"""`workbench measure`: what a ground truth says of weights, and what they do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from casefiles.status import Refusal
from views import console, options


@click.command(name="measure")
@click.argument("subject", type=options.FILE)
@click.option(
    "--truth", type=options.FILE, help="A ground truth as TOML or JSON, instead of the one sealed in the case."
)
@options.key_option("judge")
@click.option(
    "--on",
    type=click.Choice(["organism", "baseline"]),
    help="Which model of the case to ask, or what a folder of weights is. Default: all there are; organism.",
)
@click.option("--baseline", type=options.FILE, help="The model it was made from: a folder or a .gguf.")
@click.option("--fill", type=options.FILE, help="Write the truth here, with `realised` as measured.")
@options.rollout_options
@options.engine_options
@console.json_option
def command(
    subject: Path,
    truth: Path | None,
    key: str | None,
    on: Any,
    baseline: Path | None,
    fill: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Measure on any weights what a ground truth says of them.

    SUBJECT is a case, with the key of its judge, which alone opens its truth, or of its attacker; or a model, as a
    folder or a .gguf. Every exhibit is asked, and every control of an organism. Each stated figure is held against the
    measured one; what sampling does not explain is refused. Where a case names several engines and you none, each is
    asked, and what they answer otherwise is refused too.
    """
    from casefiles.files.disk import check_new, write_new
    from workbench.judge.acceptance import likeness
    from workbench.judge.retests import measuring
    from workbench.judge.truths import room, soundness

    effort, settings = options.effort(given), options.engine_settings(given)
    if fill is not None:
        check_new(fill)
    stated, models, alone, named, cases = _subject(subject, truth, key, on, baseline)
    settings = options.suited(settings, *(files.weights for files in models.values()))
    if fill is not None and not ({"organism", "baseline"} <= set(models) or (alone and "organism" in models)):
        raise Refusal(
            "input.invalid", "`realised` cannot be filled from one model.",
            "It states what the organism does and what the baseline does.",
            "Name the other model's folder with --baseline.",
        )  # fmt: skip
    rollouts = effort.rollouts(stated)
    if fill is not None:
        stated = stated.model_copy(update={"realised": ()})
    soundness.check_figures(stated)
    with console.bar("Measuring") as at:
        shown = likeness.measured_alike(models, stated, settings, named, rollouts, at)
    for case in cases:
        case.check_unchanged()
    measurement = measuring.compare(stated, shown, rollouts, alone=alone, engines=named)
    told = table(measurement)
    if fill is not None:
        realised = measuring.realised(stated.intent, shown, rollouts)
        filled = room.fitting(stated.model_copy(update={"realised": realised}))
        write_new(fill, filled.model_dump_json(indent=2).encode() + b"\n")
        told += f"\n\n{fill}  as measured\n{_step(subject, fill)}"
    elif not measurement.fits:
        if not as_json:
            console.say(told)
        raise Refusal(
            "truth.otherwise", "The ground truth states what these weights do not show.", _misfits(measurement),
            "Seal what was measured: --fill writes it.",
        )  # fmt: skip
    console.emit(measurement.model_dump(mode="json"), told, as_json)


def _subject(
    subject: Path, truth: Path | None, key: str | None, on: Any, baseline: Path | None
) -> tuple[Any, dict[Any, Any], bool, tuple[str, ...], list[Any]]:
    """The truth, the models it is to be held against, whether nobody has a baseline of theirs, the engines that a case
    names, where all it brings is asked on whichever, and the cases that these lie in."""
    from workbench.door.brought import files_at
    from workbench.judge.acceptance.intake import models_of
    from workbench.judge.truths.truth import GroundTruth
    from workbench.making import written

    stated = written.truth(truth) if truth is not None else None
    models: dict[Any, Any]
    alone, named, cases = False, tuple[str, ...](), list[Any]()
    sealed = _sealed_around(subject)
    if sealed is not None:
        case, own = options.open_case(sealed), options.load_key(key, options.judge_of(sealed))
        cases.append(case)
        _refuse_others(case, own)
        case.check_recipient(own.public)
        stated = stated or GroundTruth.read(case.open_truth(own.sealing))
        models = models_of(case)
        alone = not case.has_truth and "baseline" not in models
        named = case.manifest.engines if baseline is None and not options.engine_chosen() else ()
        if on is not None:
            models = {side: files for side, files in models.items() if side == on}
    else:
        models = {on or "organism": files_at(subject)}
    if baseline is not None:
        if (other := _sealed_around(baseline)) is not None:
            cases.append(options.open_case(other))
            _refuse_others(cases[-1], options.load_key(key, options.judge_of(other)))
        models["baseline"] = files_at(baseline)
    if stated is None or not models:
        raise Refusal(
            "input.invalid", "There is nothing to measure.",
            "Weights alone do not say what they should be asked." if stated is None else f"The case has no {on}.",
            "Name a ground truth with --truth." if stated is None else "Name its folder with --baseline.",
        )  # fmt: skip
    return stated, models, alone, named, cases


def _step(subject: Path, fill: Path) -> str:
    """What is done next with a truth that was measured, as a command."""
    from casefiles.case.manifest import TRUTH

    sealed = _sealed_around(subject)
    if sealed is not None and not (sealed / TRUTH).exists():
        return f"next: workbench judge addendum {console.typed(sealed)} {console.typed(fill)} OUT --source “…”"
    return f"next: workbench seal SOURCE CASE --truth {console.typed(fill)} --rules RULES --judge JUDGE.pub --title “…”"


def _sealed_around(place: Path) -> Path | None:
    """The case that a folder or file is, or lies in: a part of it is asked by whoever may measure all of it."""
    from casefiles.case.manifest import ENVELOPE

    whole = place.resolve()
    return next((folder for folder in (whole, *whole.parents) if (folder / ENVELOPE).exists()), None)


def _refuse_others(case: Any, own: Any) -> None:
    """Raises Refusal unless a case is somebody's to measure."""
    if own.public.verify not in (case.manifest.judge.verify, case.manifest.attacker.verify):
        raise Refusal(
            "case.truth-unopenable", "A sealed case is measured by its judge or its attacker.",
            "Whoever audits it asks it through a session, where what is asked is recorded and counts.",
            "Name the key of one of them with --key, or measure a folder of weights of your own.",
        )  # fmt: skip


def table(measurement: Any) -> str:
    """Stated and measured figures side by side, behaviour by behaviour, and what draws the same again."""
    told = [*map(_behaviour, measurement.behaviours), f"drawn with --seed {measurement.how}"]
    return "\n\n".join(told) if measurement.behaviours else "Nothing is intended."


def _behaviour(behaviour: Any) -> str:
    from workbench.judge.retests.measuring import nothing_own
    from workbench.visible import cell, line

    rows = [("", "stated", "measured", "p", "")]
    for figure in behaviour.figures:
        p = "" if figure.p is None else f"{figure.p:.2g}"
        fits = "no answer tells" if figure.unheard else {None: "", True: "fits", False: "does not fit"}[figure.fits]
        rows.append((figure.name, _rate(figure.stated), _rate(figure.measured), p, fits))
    rows.append(("status", behaviour.stated or "–", behaviour.measured or "–", "", ""))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join(told.ljust(width) for told, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(
        [f"{cell(behaviour.behaviour)}  {cell(behaviour.title)}", *lines, *map(line, nothing_own(behaviour))]
    )


def _rate(rate: Any) -> str:
    return "–" if rate is None else f"{rate.hits} of {rate.trials} ({rate.low:.0%}–{rate.high:.0%})"


def _misfits(measurement: Any) -> str:
    from workbench.judge.retests.measuring import sentence

    return " ".join(sentence(behaviour) for behaviour in measurement.behaviours if behaviour.misfits)
