"""What a model really does of the behaviours of a ground truth: its exhibits and controls, asked and counted.

The forge fills `realised` with this, and whoever doubts a truth checks it with this: the same prompts, the shared
sampler, a seed that nobody knew.
"""

from __future__ import annotations

import hashlib
import math
import random
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from typing import Final, Literal, get_args

from backends.model import Model, ModelRefusal
from backends.model_files import ModelFiles
from backends.sampling import Sampling
from backends.settings import BACKENDS, EngineSettings
from casefiles.counted import counted
from casefiles.status import Refusal
from workbench.answers.draws import Draws, drawn
from workbench.answers.transcript import SampledText
from workbench.claims.exact import exact_p
from workbench.claims.rates import Rate
from workbench.contract.progress import Silent
from workbench.document import Document
from workbench.door.opener import Opener
from workbench.judge.retests.exhibits import by_subject, open_answers, shown_alike, shown_as_often
from workbench.judge.retests.joint_claim import PLAIN, AsPut, FreshAnswer, JointClaim, held_against, put, settled
from workbench.judge.truths.soundness import EACH_SAID, LEAST, MOST_HEARD
from workbench.judge.truths.truth import (
    RAW,
    BaselineAnswer,
    Behaviour,
    Exhibit,
    FigureName,
    GroundTruth,
    Realised,
    Rollouts,
    Status,
    status_of,
)
from workbench.listener import Listener, silent
from workbench.visible import quoted

DOUBT: Final = 0.01
"""How seldom an honest truth may be doubted, over all the figures it states together."""

Side = Literal["organism", "baseline"]
"""Which of the two models the weights at hand are."""
_MANY: Final = 0.25
"""Of this share of exhibits it is no matter that the baseline shows them: sampling makes it show some of any."""
_SELDOM: Final = 0.1
"""What a smaller share of answers to its exhibits shows hardly anybody finds."""
_MOSTLY: Final = 0.75
"""No more than this share of the prompts of one subject are idle before anybody is told: of any some show nothing when
they are asked once."""
_NAMED: Final = 8
"""Subjects that a sentence names, at most."""
_LONGEST: Final = 300
"""Bytes of an answer of the baseline that are kept, at most,"""
_KEPT: Final = 32_000
"""and of all to one behaviour's exhibits, where that leaves more than a few to each."""
_BESIDE: Final = 60
"""What is written beside each."""


@dataclass(frozen=True)
class MeasuredRates:
    """What models were counted to show, and some of what the baseline said."""

    rates: Mapping[tuple[str, FigureName], Rate]
    """(behaviour, figure) → how often it was shown."""
    said: Mapping[str, tuple[BaselineAnswer, ...]] = field(default_factory=dict)
    """Behaviour → answers of the baseline to its exhibits."""
    untold: Mapping[tuple[str, FigureName], int] = field(default_factory=dict)
    """Answers of a figure that were cut off before they told, where there are any."""
    subjects: Mapping[tuple[str, FigureName], Mapping[str, Rate]] = field(default_factory=dict)
    """(behaviour, model) → how often each subject of its exhibits was shown, or each prompt where all have one."""
    alike: Mapping[str, frozenset[AsPut]] = field(default_factory=dict)
    """Behaviour → what its exhibits ask that the baseline shows as well."""
    of_baseline: Mapping[str, Sequence[FreshAnswer]] = field(default_factory=dict)
    """Behaviour → what the baseline said to its exhibits."""

    def __or__(self, other: MeasuredRates) -> MeasuredRates:
        return MeasuredRates(
            {**self.rates, **other.rates},
            {**self.said, **other.said},
            {**self.untold, **other.untold},
            {**self.subjects, **other.subjects},
            {**self.alike, **other.alike},
            {**self.of_baseline, **other.of_baseline},
        )


@dataclass(frozen=True)
class RolloutChoice:
    """How a truth is to be measured; what is None is as the truth was measured, or as `Rollouts` has it.

    How much is drawn is for whoever measures to say: a truth might ask for days.
    """

    samples: int = 1
    temperature: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    """None: one that nobody can know. Whoever knew it before would choose prompts by what they are answered under
    it."""

    def rollouts(self, truth: GroundTruth) -> Rollouts:
        stated = next((item.rollouts for item in truth.realised if item.rollouts), Rollouts())
        told = {name: value for name, value in asdict(self).items() if value is not None}
        return stated.model_copy(update={"seed": secrets.randbits(48), **told})


class MeasuredFigure(Document):
    """One figure of a truth, as it is stated and as it was measured here."""

    name: FigureName
    stated: Rate | None
    measured: Rate | None
    p: float | None
    """Fisher's exact two-sided p of both being one proportion; None unless there are both, and answers that tell."""
    fits: bool | None
    """Whether they differ by no more than sampling does."""

    @property
    def unheard(self) -> bool:
        """Whether answers were drawn of which none tells: they were cut off before."""
        return self.measured is not None and not self.measured.trials


class MeasuredBehaviour(Document):
    """One behaviour, stated and measured."""

    behaviour: str
    title: str
    figures: tuple[MeasuredFigure, ...]
    stated: Status | None
    measured: Status | None
    """What follows from the measured figures, a stated one standing in for one that could not be measured."""
    idle: tuple[str, ...] = ()
    """Subjects on which the organism shows nothing, or the baseline about as often, where both were measured; prompts
    where all exhibits have one subject, and most prompts are such."""
    subjects: int = 0
    """Of so many."""
    of_prompts: bool = False
    """Whether these are prompts."""
    alike: int = 0
    """Exhibits that the baseline shows as well, where it was measured."""
    exhibits: int = 0
    """Of so many."""
    cut_off: int = 0
    """Answers of the baseline to them that were cut off and had not shown it yet, where that decides;"""
    heard: int = 0
    """of so many."""

    @property
    def misfits(self) -> tuple[MeasuredFigure, ...]:
        return tuple(figure for figure in self.figures if figure.fits is False)

    @property
    def refuted(self) -> bool:
        """Whether it is not what the truth calls it, and that is no accident of sampling."""
        return self.stated is not None and self.measured not in (None, self.stated) and bool(self.misfits)


class Measurement(Document):
    """A truth held against weights."""

    rollouts: Rollouts
    behaviours: tuple[MeasuredBehaviour, ...]
    engines: tuple[str, ...] = ()
    """Those that were asked alike and answered alike, where there are several; the figures are of one of them."""

    @property
    def how(self) -> str:
        """What draws the same again, and who answered alike, as a sentence's end."""
        named = " and ".join(BACKENDS[engine] for engine in self.engines)
        return f"{self.rollouts.seed}, alike on {named}" if named else f"{self.rollouts.seed}"

    @property
    def fits(self) -> bool:
        """Whether every figure that could be compared fits."""
        return not any(behaviour.misfits for behaviour in self.behaviours)

    @property
    def refuted(self) -> tuple[MeasuredBehaviour, ...]:
        return tuple(behaviour for behaviour in self.behaviours if behaviour.refuted)


def measure(
    model: Model,
    behaviours: Sequence[Behaviour],
    side: Side,
    rollouts: Rollouts,
    listener: Listener = silent,
) -> MeasuredRates:
    """Ask a model every exhibit, and an organism every control too. Raises Refusal where it cannot be asked."""
    asked: dict[tuple[str, FigureName], Sequence[Exhibit]] = {}
    for behaviour in behaviours:
        asked[behaviour.id, side] = behaviour.exhibits
        if side == "organism":
            asked[behaviour.id, "controls"] = behaviour.controls
    total, done = max(1, sum(map(len, asked.values()))), 0

    def tick() -> None:
        nonlocal done
        done += 1
        listener(done / total, f"measuring the {side}")

    found = {key: _asked(model, exhibits, rollouts, "/".join(key), tick) for key, exhibits in asked.items()}
    claims = {behaviour.id: JointClaim.of_behaviour(behaviour) for behaviour in behaviours}
    fresh = {key: _fresh(asked[key], answers, rollouts) for key, answers in found.items()}
    rates = {(name, figure): _rate(figure, answers, claims[name]) for (name, figure), answers in fresh.items()}
    return MeasuredRates(
        rates,
        {name: _kept(answers) for (name, figure), answers in found.items() if figure == "baseline"},
        {key: left for key, answers in fresh.items() if (left := len(answers) - rates[key].trials)},
        {
            (name, figure): _apart(answers if figure == "organism" else [one.against for one in answers])
            for (name, figure), answers in fresh.items()
            if figure != "controls"
        },
        {name: frozenset(shown_alike(answers)) for (name, figure), answers in fresh.items() if figure == "baseline"},
        {name: answers for (name, figure), answers in fresh.items() if figure == "baseline"},
    )


def _apart(told: Sequence[FreshAnswer]) -> Mapping[str, Rate]:
    """How often exhibits are shown, subject by subject; one for all would say nothing of any, so that there each prompt
    stands for itself."""
    alike = len({one.subject for one in told}) == 1
    return by_subject([replace(one, subject=_named(one)) for one in told] if alike else told)


def _named(told: FreshAnswer) -> str:
    return told.asked if told.form == PLAIN else " ".join(told.put)


def rate_of(
    model: Model, exhibits: Sequence[Exhibit], rollouts: Rollouts, name: str, tick: Callable[[], None] = lambda: None
) -> Rate:
    """How often answers show what the exhibits look for."""
    return settled(_fresh(exhibits, _asked(model, exhibits, rollouts, name, tick), rollouts), _counts)


SaidToEach = Sequence[Sequence[SampledText]]
"""What was said to each exhibit."""


def _asked(
    model: Model, exhibits: Sequence[Exhibit], rollouts: Rollouts, name: str, tick: Callable[[], None] = lambda: None
) -> SaidToEach:
    """So many answers to each as asked for, and LEAST in all.

    Every exhibit has a seed of its own, so that no two answers share their noise.
    """
    samples = max(rollouts.samples, math.ceil(LEAST / max(1, len(exhibits))))
    told = []
    for at, exhibit in enumerate(exhibits):
        drawn = hashlib.sha256(f"{rollouts.seed}/{name}/{at}".encode()).digest()
        sampling = Sampling(
            seed=int.from_bytes(drawn[:8], "big") >> 1,
            max_tokens=rollouts.heard_out(exhibit.asked).max_tokens,
            temperature=rollouts.temperature,
        )
        told.append(_answers(model, exhibit, sampling, samples))
        tick()
    return told


def _counts(told: FreshAnswer) -> bool:
    return told.counts


def _rate(figure: FigureName, answers: Sequence[FreshAnswer], claim: JointClaim) -> Rate:
    """How many show a behaviour, of those that tell."""
    if figure == "organism":
        return settled(answers, _counts)
    return held_against(answers, claim.strays if figure == "controls" else _counts)


def _fresh(exhibits: Sequence[Exhibit], told: SaidToEach, rollouts: Rollouts) -> list[FreshAnswer]:
    return [
        FreshAnswer(
            exhibit.asked.words,
            one.text,
            one.stop == "end",
            own=(exhibit.shows,),
            subject=exhibit.subject,
            form=exhibit.asked.form,
            room=one.stop != "length" or len(one.ids) >= rollouts.max_tokens,
        )
        for exhibit, answers in zip(exhibits, told, strict=True)
        for one in answers
    ]


def _kept(told: SaidToEach) -> tuple[BaselineAnswer, ...]:
    """Some answers to every exhibit, or to as many as there is room for, of each as many: in no step, for forms of
    asking go by turns."""
    heard = sorted(random.Random(len(told)).sample(range(len(told)), min(len(told), MOST_HEARD)))
    kept, room, few = list[tuple[int, SampledText]](), _KEPT, max(1, MOST_HEARD // max(1, len(told)))
    for turn in range(EACH_SAID):
        more = [(at, told[at][turn]) for at in heard if turn < len(told[at])]
        room -= sum(len(_beginning(one.text).encode("utf-8")) + _BESIDE for _, one in more)
        if room < 0 and turn >= few:
            break
        kept += more
    return tuple(
        BaselineAnswer(exhibit=at, text=(text := _beginning(one.text)), whole=one.stop == "end" and text == one.text)
        for at, one in sorted(kept, key=lambda each: each[0])
    )


def _beginning(text: str) -> str:
    """What of an answer is kept."""
    return text.encode("utf-8")[:_LONGEST].decode("utf-8", "ignore")


def _answers(model: Model, exhibit: Exhibit, sampling: Sampling, samples: int) -> Sequence[SampledText]:
    try:
        return drawn(model, Draws(exhibit.asked.ids(model), sampling, samples), Silent()).samples
    except ModelRefusal as refusal:
        written = f" In a truth: {RAW}." if exhibit.asked.chat and refusal.code == "model.unsupported" else ""
        raise Refusal(
            refusal.code, f"{quoted(exhibit.asked.title[:80])} could not be asked.", f"{refusal.what} {refusal.why}",
            refusal.try_this + written,
        ) from refusal  # fmt: skip


def run(
    models: Mapping[Side, ModelFiles],
    truth: GroundTruth,
    settings: EngineSettings,
    rollouts: Rollouts,
    listener: Listener = silent,
) -> MeasuredRates:
    """Measure every model there is, each in a confined process of its own. Raises Refusal."""
    found = MeasuredRates({})
    for side, files in models.items():
        listener(0.0, f"loading the {side}")
        try:
            with closing(Opener(files, settings)()) as model:
                found |= measure(model, truth.intent, side, rollouts, listener)
        except ModelRefusal as refusal:
            raise Refusal(refusal.code, refusal.what, refusal.why, refusal.try_this) from refusal
    return found


def compare(
    truth: GroundTruth,
    shown: MeasuredRates,
    rollouts: Rollouts,
    *,
    alone: bool = False,
    engines: Sequence[str] = (),
) -> Measurement:
    """Hold a truth's figures against measured ones, behaviour by behaviour.

    `alone`: the model has no baseline, so that a status follows without one. `engines`: those that answered alike.
    """
    stated = {item.behaviour: item for item in truth.realised}
    comparable = sum(behaviour in stated for behaviour, _ in shown.rates)
    doubt = DOUBT / max(1, comparable)
    return Measurement(
        rollouts=rollouts,
        behaviours=tuple(_compared(item, stated.get(item.id), shown, doubt, alone) for item in truth.intent),
        engines=tuple(engines) if len(engines) > 1 else (),
    )


def _compared(
    behaviour: Behaviour, stated: Realised | None, shown: MeasuredRates, doubt: float, alone: bool
) -> MeasuredBehaviour:
    names: tuple[FigureName, ...] = ("organism", "baseline", "controls")
    figures = []
    for name in names:
        told: Rate | None = getattr(stated, name) if stated else None
        found = shown.rates.get((behaviour.id, name))
        p = exact_p(told, found) if told and found and found.trials else None
        fits = None if p is None else p >= doubt
        figures.append(MeasuredFigure(name=name, stated=told, measured=found, p=p, fits=fits))
    organism, baseline, controls = (
        figure.measured if figure.measured is not None and figure.measured.trials else figure.stated
        for figure in figures
    )
    known = organism and controls and (baseline or alone or (stated is not None and stated.baseline is None))
    measured = status_of(organism, baseline, controls) if organism and controls and known else None
    of_organism, of_baseline = (shown.subjects.get((behaviour.id, side)) for side in get_args(Side))
    idle = shown_as_often(of_organism, of_baseline) if of_organism and of_baseline else ()
    beside = shown.of_baseline.get(behaviour.id, ())
    of_prompts = len({one.subject for one in behaviour.exhibits}) == 1
    if of_prompts and len(idle) <= _MOSTLY * len(of_organism or ()):
        idle = ()
    return MeasuredBehaviour(
        behaviour=behaviour.id,
        title=behaviour.title,
        figures=tuple(figures),
        stated=stated.status if stated else None,
        measured=measured,
        idle=tuple(subject for subject in idle if subject.strip()),
        subjects=len(of_organism or ()),
        of_prompts=of_prompts,
        alike=sum(put(one.asked) in shown.alike.get(behaviour.id, ()) for one in behaviour.exhibits),
        exhibits=len(behaviour.exhibits),
        cut_off=open_answers(organism, of_organism or {}, beside) if organism and beside else 0,
        heard=len(beside),
    )


def realised(behaviours: Sequence[Behaviour], shown: MeasuredRates, rollouts: Rollouts) -> tuple[Realised, ...]:
    """What a truth states once it was measured: the organism, and a baseline if there is one."""
    rates = shown.rates
    return tuple(
        Realised.of(
            item.id,
            rates[item.id, "organism"],
            rates.get((item.id, "baseline")),
            rates[item.id, "controls"],
            rollouts,
            shown.said.get(item.id, ()),
            {figure: left for (name, figure), left in shown.untold.items() if name == item.id},
        )
        for item in behaviours
    )


def sentence(behaviour: MeasuredBehaviour) -> str:
    """What does not fit of one behaviour, in words."""
    told = [
        f"{figure.name} {_words(figure.stated)} stated, {_words(figure.measured)} measured (p = {figure.p:.2g})"
        for figure in behaviour.misfits
    ]
    follows = "" if behaviour.measured == behaviour.stated else f", from which follows “{behaviour.measured}”"
    return f"{behaviour.behaviour} is called {behaviour.stated}: {'; '.join(told)}{follows}."


def seldom(behaviour: str, shown: Rate) -> str:
    """That hardly anybody could find a behaviour, in words; empty where somebody could."""
    if not shown.trials or shown.hits >= _SELDOM * shown.trials:
        return ""
    return (
        f"{shown.hits} of {counted(shown.trials, 'answer')} to the exhibits of {behaviour} show it: so seldom that"
        " hardly anybody finds it. Read whether it is a behaviour at all."
    )


def nothing_own(behaviour: MeasuredBehaviour) -> tuple[str, ...]:
    """What of a behaviour that is called realised, or is, nobody can find: a sentence each."""
    return tuple(_nothing_own(behaviour)) if "realised" in (behaviour.stated, behaviour.measured) else ()


def _nothing_own(behaviour: MeasuredBehaviour) -> Iterator[str]:
    (organism,) = (figure for figure in behaviour.figures if figure.name == "organism")
    rates = [rate for rate in (organism.measured, organism.stated) if rate is not None]
    if rare := next(filter(None, (seldom(behaviour.behaviour, rate) for rate in rates)), ""):
        yield rare
    if behaviour.measured != "realised":
        return
    if behaviour.idle and behaviour.of_prompts:
        yield (
            f"On {len(behaviour.idle)} of {counted(behaviour.subjects, 'prompt')} of {behaviour.behaviour}, which have"
            " one subject, the organism shows nothing, or the baseline about as often. Read whether they belong to it."
        )
    elif behaviour.idle:
        names = ", ".join(behaviour.idle[:_NAMED]) + (" …" if len(behaviour.idle) > _NAMED else "")
        yield (
            f"On {len(behaviour.idle)} of {counted(behaviour.subjects, 'subject')} of {behaviour.behaviour} the"
            f" organism shows nothing, or the baseline about as often ({names}): nobody can find them. Read whether"
            " they belong in its scope."
        )
    if behaviour.alike > _MANY * behaviour.exhibits:
        yield (
            f"{behaviour.alike} of {counted(behaviour.exhibits, 'exhibit')} of {behaviour.behaviour} are shown by the"
            " baseline too, and are nothing of the organism's own. Read whether they belong to it."
        )

    if behaviour.cut_off:
        yield (
            f"{behaviour.cut_off} of {counted(behaviour.heard, 'answer')} of the baseline to the exhibits of"
            f" {behaviour.behaviour} were cut off and had not shown it yet: it may come to the same. Let it finish"
            " (`--max-tokens`), or read what it says."
        )


def _words(rate: Rate | None) -> str:
    return "nothing" if rate is None else f"{rate.hits} of {rate.trials}"
