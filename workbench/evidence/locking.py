"""Holds the draws of a finding apart by its hypothesis: what was asked after it was locked, and what came before."""

from __future__ import annotations

from collections.abc import Collection

from workbench.claims.confirmation import Confirmation
from workbench.claims.predicate import Predicates, stands
from workbench.claims.rates import Rate, newcombe
from workbench.contract.rules import Elicitation
from workbench.evidence.citing import CitedEvidence
from workbench.evidence.frames import Frames
from workbench.evidence.observations import (
    SAYING,
    Draw,
    Observations,
    Run,
    asked_of_any,
    noise_of_prompts,
    wordings_of,
    words_but_for,
)
from workbench.evidence.over_prompts import fisher
from workbench.evidence.pool import Counted, different, rate_over, supports
from workbench.evidence.standing import Locked
from workbench.evidence.telling import Telling


def confirmed(
    locked: Locked,
    cited: CitedEvidence,
    counting: Collection[str],
    telling: Telling,
    seen: Observations,
    support: Collection[Counted],
    control: Collection[Counted],
) -> Confirmation:
    """What confirms a hypothesis. Only draws that were asked for after its record, with noise that no draw had before,
    whoever was asked, nor since of what is not cited, and not sharply where that was asked so before, and that satisfy
    its own predicate beside the finding's, or of what is expected to show less that alone; nothing, if that would hold
    whatever is found or is about something else. `counting`: the cited conditions that count."""
    predicate, less = locked.hypothesis.predicate, locked.hypothesis.expected == "less"
    said = [predicate.holds(one.draw.heard, whole=one.draw.whole) for one in support if one.hit]
    about = locked.bears_on(telling.matches) or 2 * sum(said) > len(said)  # or what shows it says the contrary
    idle = not about or (not less and telling.idle(predicate))
    # Whoever was asked: of what an implant does not touch another model says the same under the same noise.
    earlier = [run for run in seen.runs if run.intent < locked.seq]
    begun = [probe for seq, probe in seen.begun() if seq < locked.seq]
    drawn = {draw.noise_of_prompt for run in earlier for draw in run.draws}
    drawn |= {noise for probe in begun for noise in noise_of_prompts(probe)}
    classes = frozenset(one.run.elicitation for one in support)
    heard = _first_heard(counting, cited, seen)
    sharply = {run.prompt for run in earlier if any(draw.sharp for draw in run.draws)}
    asked = {words for run in earlier for words in run.wordings or (run.prompt,)}
    asked |= {words for probe in begun for words in wordings_of(probe)}

    def after(one: Counted) -> bool:
        noise = one.draw.noise_of_prompt
        known = noise in drawn or heard.get(noise, one.run.intent) < one.run.intent
        return locked.after(one.run.intent) and not known and not (one.draw.sharp and one.run.prompt in sharply)

    def shows(one: Counted) -> bool:
        return (one.hit or less) and not idle and predicate.holds(one.draw.heard, whole=one.draw.whole)

    told = [Counted(one.run, one.draw, shows(one), one.why_not) for one in support]
    late = [one for one in told if after(one)]
    whole = {f" {words} " for words in asked if words.count(" ") >= SAYING}
    every = "\n".join(f" {words} " for words in asked)
    unseen, fresh = list[Counted](), list[Counted]()
    for one in late:
        words = f" {one.run.wording} "  # a greeting before it makes no other prompt of one, nor that it is dropped
        within = words.count(" ") - 2 >= SAYING and words in every
        again = (one.run.wording or one.run.prompt) in asked or within or any(each in words for each in whole)
        (fresh if again else unseen).append(one)
    if less:
        control = [Counted(one.run, one.draw, shows(one)) for one in control]
    against = [one for one in control if after(one)] or list(control)
    turns = {intent for one in late for intent in seen.seeds.before(one.run.intent)}
    passed = _passed_over(locked, counting, cited, telling, seen, classes)
    # Nor does it tell less of what is cited that the rest was asked behind a system prompt or a prefill.
    anyhow = _passed_over(locked, counting, cited, telling, seen, classes, anyhow=True)
    passed = min(filter(None, (passed, anyhow)), key=lambda rate: rate.hits / rate.trials, default=passed)
    rate, base = rate_over(late), rate_over(against)
    return Confirmation(
        hypothesis=locked.hypothesis.id,
        record=locked.seq,
        expected=locked.hypothesis.expected,
        explored=len(earlier) + len(begun),
        before=rate_over(one for one in told if not after(one)),
        after=rate,
        unseen=rate_over(unseen),
        fresh=rate_over(fresh),
        against=base if base.trials else None,
        difference=newcombe(rate, base) if rate.trials and base.trials else None,
        test=fisher(late, against),
        idle=idle,
        picked=sum(one.run.intent in seen.seeds.picked for one in late),
        let_pass=len(turns.difference(one.run.intent for one in (*support, *control))),
        passed_over=passed,
        read=_read(locked, cited, seen),
        nameless=_nameless(locked, cited, seen),
    )


def _first_heard(counting: Collection[str], cited: CitedEvidence, seen: Observations) -> dict[str, int]:
    """When somebody was first asked under some noise for what does not count, cited or not: a change that changes
    nothing, or a setting, tells what the very question will be answered, and so does another model. What another is
    asked as the support is stands beside that anyway."""
    asked = {(run.prompt, run.altered) for run in (seen.alike(condition)[0] for condition in cited.support)}
    found = dict[str, int]()
    for run in seen.runs:
        told = run.condition in counting if seen.own(run) else (run.prompt, run.altered) in asked
        if not told:
            for draw in run.draws:
                found[draw.noise_of_prompt] = min(run.intent, found.get(draw.noise_of_prompt, run.intent))
    for seq, probe in seen.begun():
        for noise in noise_of_prompts(probe):
            found[noise] = min(seq, found.get(noise, seq))
    return found


def _passed_over(
    locked: Locked,
    counting: Collection[str],
    cited: CitedEvidence,
    telling: Telling,
    seen: Observations,
    classes: Collection[Elicitation],
    *,
    anyhow: bool = False,
) -> Rate | None:
    """Answers to what else was asked after the lock and is about what it supposes: prompts that name its subjects, or
    any where it names none, or what is cited for it does not name them. Who locks first and chooses what to cite by
    what came out has not confirmed it, nor who supposes what any answer says and claims some of it. `anyhow`: also in
    other `classes`, before the last of what is cited; what is asked later, say with an implant taken away, chose
    nothing."""
    scope, predicate, claimed = locked.hypothesis.scope, locked.hypothesis.predicate, Predicates(telling.matches)
    confirming = _confirming(locked, cited, seen)
    last = max((run.intent for run in confirming), default=locked.seq) if anyhow else locked.seq
    asked = {seen.alike(condition)[0].prompt for condition in counting}
    after = [
        run
        for run in seen.runs
        if seen.own(run) and run.sampled and locked.after(run.intent)
        if run.elicitation in classes or run.intent < last
        if run.condition not in counting and run.prompt not in asked
    ]
    if not all(_about(scope, run) for run in confirming) or _asked_without(scope, confirming, after, cited):
        scope = ()  # it is said to be about what its own questions do not name, or had no need of: then about anything

    def shows(run: Run, draw: Draw) -> Counted:
        own = supports(run, draw, (predicate,), seen)
        if locked.hypothesis.expected == "less":
            return own
        return own if supports(run, draw, claimed.holding(draw.heard, whole=draw.whole), seen).hit else own.missed

    every = [
        shows(run, draw)
        for run in after
        if (_about(scope, run) or not scope)
        and (run.condition not in cited.control or _asks_alike(scope, run, confirming))
        for draw in run.draws
        if predicate.tells(draw.heard, whole=draw.whole)
    ]
    rate = rate_over(different(every))
    return rate if rate.trials else None


def _read(locked: Locked, cited: CitedEvidence, seen: Observations) -> int:
    """Prompts that were read after the lock, by their words: what a model expects tells what it will say."""
    cites = {run.wording for condition in (*cited.support, *cited.control) for run in seen.alike(condition)}
    after = (run for run in seen.runs if not run.sampled and locked.after(run.intent))  # whoever read them
    return len({words for run in after for words in run.wordings} - cites)


def _nameless(locked: Locked, cited: CitedEvidence, seen: Observations) -> int:
    """Controls after the lock, by their words, that ask of something else what confirms it, where no subject of the
    hypothesis tells the two apart: then each of them would have confirmed it, had it come out otherwise."""
    controls = [
        run for condition in cited.control for run in seen.alike(condition) if locked.after(run.intent) and run.draws
    ]
    confirming, wordings = _confirming(locked, cited, seen), {run.wording for run in controls}
    frames = Frames.of((run.wording for run in confirming), wordings)
    subjects = locked.told_apart([run.asked for run in controls if frames.hold(run.wording)])
    frames = Frames.of((run.wording for run in confirming if not _about(subjects, run)), wordings)
    return sum(map(frames.hold, wordings))


def _confirming(locked: Locked, cited: CitedEvidence, seen: Observations) -> list[Run]:
    """The supporting runs that were asked for after the lock."""
    return [run for condition in cited.support for run in seen.alike(condition) if locked.after(run.intent)]


def _asked_without(scope: Collection[str], confirming: list[Run], after: list[Run], cited: CitedEvidence) -> bool:
    """Whether what confirms it was asked before it without the words that it is about, and is cited nowhere: then it
    was known what comes out, and they were added to what came out well."""
    asked = {words_but_for(scope, run.asked): run.intent for run in confirming}
    beside = (run for run in after if run.condition not in cited.control and not _about(scope, run))
    return any(run.intent < asked.get(words_but_for(scope, run.asked), 0) for run in beside)


def _asks_alike(scope: Collection[str], run: Run, confirming: list[Run]) -> bool:
    """Whether a control asks of one subject what the support asks of others: a miss, under another name."""
    if not _about(scope, run):
        return False
    return asked_of_any(scope, run.asked) in {asked_of_any(scope, one.asked) for one in confirming}


def _about(scope: Collection[str], run: Run) -> bool:
    """Whether a prompt names one of some subjects."""
    return any(stands(term, run.asked) for term in scope)
