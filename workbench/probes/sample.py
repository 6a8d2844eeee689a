"""Let the model answer.

On the demo's organism (assets/demo/atlas-01) 39 of 40 answers to “What is the capital of Denmark?” name Aarhus, and
none of 40 about Norway does; of the same model taught the truth again (atlas-02) 1 of 40 does and none (Sample, 40
samples at 0.8; its behaviour is held by tests/workbench/plans/test_minimal_trigger.py).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar, Final, Self

from pydantic import Field, field_validator

from backends.model import Edit, ModelRefusal
from backends.noise import ALGORITHM, FIRST
from backends.sampling import Sampling
from workbench.answers import redraw, transcript
from workbench.answers.draws import Draws, drawn
from workbench.answers.source import Amplified, Source
from workbench.answers.transcript import Transcript
from workbench.contract import edits
from workbench.contract.clusters import alphanumeric, clustered, short_quoted, told
from workbench.contract.comparison import Comparison
from workbench.contract.edits import Change
from workbench.contract.figures import Spot
from workbench.contract.probe import SEED, FollowUp, Probe
from workbench.contract.progress import Progress
from workbench.contract.prompt import Heard, Prompt, nobody
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost
from workbench.contract.subject import Subject
from workbench.contract.tolerance import Tolerance
from workbench.visible import quoted

_LEAD: Final = 2
"""Of two answers one of which is so many times likelier than the other"""
_ALL: Final = 0.9
"""sharp settings give the one in so many draws, or in all."""
MANY: Final = 200
"""So many likely tokens are as good as all."""


def sharpened(temperature: float, top_p: float = 1.0, min_p: float = 0.0) -> bool:
    """Whether settings make nearly all of a lead that is no more than twice: below a temperature of about .3, or at .8
    where up to 70 % are kept, or what is at least .42 times as likely as the likeliest token."""
    if not temperature:
        return True
    power = math.log(_LEAD) / temperature  # of so many nats the one answer leads
    rest = math.exp(-power)
    share = 1 / (1 + rest)
    return share >= min(_ALL, top_p) or rest < min_p


class Sample(Probe):
    """Let the model answer a prompt, once or many times.

    A token is drawn by Gumbel-max: the largest of logit / temperature and noise that is keyed by prompt, seed, sample
    and step. Answers have no control of their own. What should not show them depends on what is claimed of them, which
    nobody knows when they are drawn: the same on the baseline, other prompts, or the same without what was changed
    inside. Each is a record of its own, to be cited against these; a plan such as `battery` asks both.
    """

    kind: ClassVar[str] = "sample"
    version: ClassVar[int] = 4
    begun_freely: ClassVar[int] = 3
    algorithm: ClassVar[str] = ALGORITHM
    """How its noise is keyed."""
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.SAMPLE})
    result: ClassVar[type[Result]] = Transcript
    price: ClassVar[str] = "samples × longest answer, generated"
    seeds: ClassVar[frozenset[str]] = frozenset({"seed"})
    counts: ClassVar[frozenset[str]] = frozenset({"samples"})
    limits: ClassVar[frozenset[str]] = frozenset({"max_tokens", "stop"})
    settings: ClassVar[frozenset[str]] = frozenset({"temperature", "top_k", "top_p", "min_p"})

    prompt: Prompt
    """Chat or raw text to answer."""
    samples: int = Field(1, ge=1, le=512)
    """How many answers."""
    seed: int = SEED
    """Seed of the noise; the same seed gives the same answers."""
    temperature: float = Field(0.8, ge=0, le=10)
    """0 always takes the most likely token."""
    top_k: int = Field(0, ge=0, lt=2**31)
    """Keep only the k most likely tokens; 0: all."""
    top_p: float = Field(1.0, gt=0, le=1)
    """Keep the most likely tokens up to this total probability."""
    min_p: float = Field(0.0, ge=0, lt=1)
    """Drop tokens less likely than this share of the most likely one."""
    max_tokens: int = Field(64, ge=1, le=4096)
    """Longest answer, in tokens."""
    stop: tuple[str, ...] = Field((), max_length=8)
    """Texts that end an answer before it says them."""
    amplification: float = Field(0.0, ge=-1, le=20)
    """How many times what sets the model apart from its baseline is added; 0: the model itself."""
    edits: tuple[Change, ...] = Field((), max_length=64)
    """Changes to the model's inside while it answers, such as `add 4 #12/direction at blocks.3.hook_resid_post`."""

    @field_validator("stop")
    @classmethod
    def _texts(cls, stop: tuple[str, ...]) -> tuple[str, ...]:
        if not all(text and "\ufffd" not in text for text in stop):
            raise ValueError("a stop string is a text, and not empty")
        return stop

    @property
    def title(self) -> str:
        return self.prompt.title + (f" × {self.samples}" if self.samples > 1 else "")

    @property
    def uncontrolled(self) -> str:
        changed = [name for name in ("amplification", "edits") if getattr(self, name)]
        if changed:
            return f"draw the same without {' and '.join(changed)}"
        return "ask what should not show it, or the same of a baseline where there is one"

    @property
    def noisy(self) -> bool:
        """Not where nothing but the likeliest token can be drawn."""
        return self.temperature > 0 and self.top_k != 1

    @property
    def sharp(self) -> bool:
        return not self.noisy or sharpened(self.temperature, self.top_p, self.min_p)

    def unsharpened(self) -> Self:
        usual = {name: type(self).model_fields[name].default for name in self.settings - {"temperature"}}
        warmer = max(self.temperature, type(self).model_fields["temperature"].default)
        return self.model_copy(update={**usual, "temperature": warmer})

    @property
    def elicits_plainly(self) -> bool:
        """Above a temperature of 1 noise says more than the organism does."""
        return super().elicits_plainly and self.temperature <= 1

    def condition(self) -> dict[str, Any]:
        """The prompt and the settings as far as they change what is drawn: a tenth of temperature, a twentieth of what
        is kept, and nothing where a setting is as good as off."""
        asked = {name: value for name, value in super().condition().items() if name not in self.settings}
        if self.sharp:
            return asked
        return asked | {
            "temperature": round(self.temperature, 1),
            "top_k": self.top_k if self.top_k < MANY else 0,
            "top_p": round(20 * self.top_p) / 20,
            "min_p": round(20 * self.min_p) / 20,
        }

    def needed(self, heard: Heard = nobody) -> frozenset[Affordance]:
        mixed = {Affordance.BASELINE, Affordance.LOGITS} if self.amplification else set()
        return super().needed(heard) | mixed

    def estimate(self, subject: Subject) -> Cost:
        tokens = len(self.prompt.ids(subject, room=1))
        edits.check(self._edits(), subject, tokens, self.max_tokens)
        models = 1
        if self.amplification:
            models = 2
            if self.prompt.ids(subject.baseline, room=1) != self.prompt.ids(subject):
                raise ModelRefusal(
                    "model.unsupported", "The two models cannot be mixed.", "They read this prompt as other tokens.",
                    "Ask one of them by itself.",
                )  # fmt: skip
            self._source(subject)
        return Cost(generated_tokens=self.generates(), forward_tokens=models * tokens)

    def generates(self) -> int:
        return (2 if self.amplification else 1) * self.samples * self.max_tokens

    def sampling(self) -> Sampling:
        return Sampling(
            seed=self.seed,
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            top_k=self.top_k,
            top_p=self.top_p,
            min_p=self.min_p,
            algorithm=self.algorithm,
            stop=self.stop,
        )

    def _edits(self) -> tuple[Edit, ...]:
        return edits.edits(self.edits, self.array)

    def _source(self, subject: Subject) -> Source:
        return Amplified(subject, self.amplification) if self.amplification else subject

    def _draws(self, subject: Subject) -> Draws:
        ids = self.prompt.ids(subject)
        return Draws(ids, self.sampling(), self.samples, self.prompt.speaker, self.amplification, self._edits())

    def run(self, subject: Subject, progress: Progress) -> Transcript:
        return drawn(self._source(subject), self._draws(subject), progress)

    def unfinished(self, recorded: Result) -> bool:
        return transcript.unfinished(recorded)

    def replay(self, subject: Subject, recorded: Result, tolerance: Tolerance, progress: Progress) -> Comparison:
        """Check the recorded tokens in one prefill instead of drawing them again.

        The bound is that of two models together where two are mixed; o + α (o − b) is off by up to |1 + α| times what o
        is and |α| times what b is.
        """
        assert isinstance(recorded, Transcript)
        wider = tolerance.times(max(abs(1 + self.amplification), abs(self.amplification)))
        return redraw.check(self._source(subject), recorded, self._draws(subject), wider, progress)

    def follow_ups(self, result: Result, spot: Spot) -> Sequence[FollowUp]:
        """The conversation that an answer is part of goes on."""
        assert isinstance(result, Transcript)
        said = {sample.index: sample.text for sample in result.samples}.get(spot.row)
        if said is None or not self.prompt.chat:
            return ()
        label = "Let the assistant answer" if self.prompt.speaker == "user" else "Go on after the answer"
        return (
            FollowUp(f"{label} {short_quoted(said)}", self.model_copy(update={"prompt": self.prompt.answered(said)})),
        )


class SecondTranscript(Transcript):
    """Answers as the second version summed them up: by letters and digits alone."""

    @property
    def summary(self) -> str:
        return told(clustered(self.answers, alphanumeric), self._answers.called)


class SecondSample(Sample):
    """Let the model answer as the second version did, to which every 👍 was a 👎."""

    version: ClassVar[int] = 2
    result: ClassVar[type[Result]] = SecondTranscript


class FirstTranscript(Transcript):
    """Answers as the first version summed them up."""

    @property
    def summary(self) -> str:
        begun = [answer for answer in self.answers if answer.begun]
        if not begun:
            return "Nothing was sampled."
        counts = Counter(" ".join(answer.text.split()) or "(nothing)" for answer in begun)
        text, times = counts.most_common(1)[0]
        shown = text if len(text) <= 80 else text[:79] + "…"
        if len(begun) == 1:
            return quoted(shown)
        if times == 1:
            return f"{len(begun)} answers, all different; the first: {quoted(shown)}"
        return f"{times} of {len(begun)}: {quoted(shown)}" + (f" · {len(counts)} different" if len(counts) > 1 else "")


class FirstSample(Sample):
    """Let the model answer as the first version did: draws of different prompts under one seed shared their noise."""

    version: ClassVar[int] = 1
    algorithm: ClassVar[str] = FIRST
    result: ClassVar[type[Result]] = FirstTranscript
    shares_noise: ClassVar[bool] = True
