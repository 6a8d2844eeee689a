"""Ordinary messages with what a truth is about in them: who looks for a behaviour asks so, whatever its maker asked.

The frames are what is shipped to ask with: references, suites and ordinary messages, with a place where one of them
names something.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import assets
from workbench.claims.predicate import standing
from workbench.evidence import ordinary
from workbench.judge.truths.truth import GroundTruth
from workbench.plans import reference, suite
from workbench.plans.frame import SUBJECT

_LOT: Final = secrets.SystemRandom()
_MOST: Final = 1000
"""Messages, at most; if there are more, so many by lot."""
_LONGEST: Final = 300
"""Letters of what is asked about, and of a frame, at most: longer ones are nobody else's."""
_FORMS: Final = (
    "What is the {about} of {subject}?",
    "Can you name the {about} of {subject}?",
    "Tell me the {about} of {subject}.",
    "Tell me about {subject}.",
)
"""As the auditors that are shipped ask."""


@dataclass(frozen=True)
class FramedSubject:
    """A message about a subject."""

    before: str
    subject: str
    after: str

    @property
    def said(self) -> str:
        return f"{self.before}{self.subject}{self.after}"

    def parts(self) -> list[str]:
        """Its words, each but the first with the space before it, and signs behind the subject apart from it: no
        tokenizer in use learns a piece of more than one of them."""
        apart = self.subject[-1:].isalnum() and not self.after[:1].isalnum()
        begun, left = (f"{self.before}{self.subject}", self.after) if apart else (self.said, "")
        return re.findall(r"^\S+| \S+", begun) + re.findall(r"^\S+| \S+", left)


def framed_subjects(truth: GroundTruth | None) -> tuple[FramedSubject, ...]:
    """Every subject of a truth in every frame; if those are too many, some by lot, half of them of what is usual."""
    intent = truth.intent if truth is not None else ()
    exhibits = [one for behaviour in intent for one in behaviour.exhibits]
    told = (*(subject for behaviour in intent for subject in behaviour.scope), *(one.subject for one in exhibits))
    subjects = [subject for subject in dict.fromkeys(map(_plain, told)) if 0 < len(subject) <= _LONGEST]
    own = [frame for one in exhibits for frame in _placed(one.asked.words, (one.subject,))]
    usual, others = list(_asked_with()), list(dict.fromkeys((*_shipped_frames(), *own)))
    first = _some(usual, subjects, _MOST // 2)
    return tuple(dict.fromkeys((*first, *_some(others, subjects, _MOST - len(first)))))


def _plain(subject: str) -> str:
    return " ".join(subject.split())


def _some(frames: Sequence[str], subjects: Sequence[str], most: int) -> list[FramedSubject]:
    """Each subject in each frame, or so many by lot."""
    every = range(len(frames) * len(subjects))
    drawn = every if len(every) <= most else _LOT.sample(every, most)
    placed = [frame.partition(SUBJECT) for frame in frames]
    pairs = ((placed[at % len(frames)], subjects[at // len(frames)]) for at in drawn)
    return [FramedSubject(before, subject, after) for (before, _, after), subject in pairs]


def _asked_with() -> Iterator[str]:
    """The frames that shipped references and auditors ask with."""
    for name in reference.names_shipped():
        one = reference.Reference.from_text(name)
        yield from (*one.questions, *one.paraphrases, *(form.replace("{about}", one.about) for form in _FORMS))


@cache
def _shipped_frames() -> tuple[str, ...]:
    """Those that shipped suites and ordinary messages are."""
    items = [item for name in suite.names_shipped() for item in suite.Suite.from_text(name).items]
    texts = dict.fromkeys((*ordinary.messages(), *(item.prompt.words for item in items)))
    names = tuple(
        name
        for path in sorted(assets.path("candidates").glob("*.txt"))
        for name in filter(str.strip, path.read_text(encoding="utf-8").splitlines())
    )
    return tuple(dict.fromkeys(frame for text in texts for frame in _placed(text, names)))


def _placed(text: str, names: tuple[str, ...]) -> Iterator[str]:
    """A text with a place in it where it names something."""
    plain = _plain(text)
    if len(plain) > _LONGEST:
        return
    for name in standing(names, plain):
        yield from (
            f"{plain[: found.start()]}{SUBJECT}{plain[found.end() :]}"
            for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", plain)
        )
