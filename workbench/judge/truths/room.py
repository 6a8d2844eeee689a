"""What of a ground truth fits its seal, which has one size for all: answers that measuring kept make room."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate

from casefiles.case.sealed_truth import CAPACITY
from casefiles.files import canonical
from casefiles.status import Refusal
from workbench.document import Document
from workbench.judge.truths.truth import BaselineAnswer, GroundTruth


def fitting(truth: GroundTruth) -> GroundTruth:
    """The same truth with as many of the baseline's answers as there is room for beside all else that it says: of no
    behaviour so many that another one has less than it might."""
    bare = _with_said(truth, [()] * len(truth.realised))
    left = CAPACITY - len(bare.payload())
    said: list[Sequence[BaselineAnswer]] = [()] * len(truth.realised)
    shortest_first = sorted(range(len(said)), key=lambda at: _size(truth.realised[at].said))
    for done, at in enumerate(shortest_first):
        said[at] = _within(truth.realised[at].said, left // (len(said) - done))
        left -= _size(said[at])
    return _with_said(truth, said)


def check_room(truth: GroundTruth) -> None:
    """Raises Refusal for a truth that is longer than its seal, which says what of it takes the room."""
    size = len(truth.payload())
    if size <= CAPACITY:
        return
    asked = sum(_size((*one.exhibits, *one.controls)) for one in truth.intent)
    said = sum(_size(one.said) for one in truth.realised)
    parts = (
        (said, "what its baseline said (`said`)", "`workbench measure --fill` writes as much of `said` as there is room"
         " for beside all else."),
        (asked, "exhibits and controls", "Keep fewer exhibits and controls."),
        (size - asked - said, "all else", "Shorten its texts: descriptions, side effects and distractors."),
    )  # fmt: skip
    told = ", ".join(f"{bytes_:,} of {what}" for bytes_, what, _ in parts if bytes_)
    raise Refusal(
        "input.invalid", "The ground truth is too long to be sealed.",
        f"It has {size:,} bytes, of which {CAPACITY:,} fit: {told}.", max(parts)[2],
    )  # fmt: skip


def _size(documents: Sequence[Document]) -> int:
    """Bytes that some take in a list that is sealed, with what parts them."""
    return sum(len(canonical.encode(one.model_dump(mode="json"))) + 1 for one in documents)


def _with_said(truth: GroundTruth, said: Sequence[Sequence[BaselineAnswer]]) -> GroundTruth:
    realised = (one.model_copy(update={"said": tuple(kept)}) for one, kept in zip(truth.realised, said, strict=True))
    return truth.model_copy(update={"realised": tuple(realised)})


def _within(said: Sequence[BaselineAnswer], room: int) -> Sequence[BaselineAnswer]:
    """As many answers to every exhibit as there is room for, or one to as many exhibits as that, by lot, for forms of
    asking go by turns: whatever they say."""
    heard = defaultdict[int, list[BaselineAnswer]](list)
    for one in said:
        heard[one.exhibit].append(one)
    most = max(map(len, heard.values()), default=0)
    for many in range(most, 0, -1):
        kept = [one for each in heard.values() for one in each[:many]]
        if _size(kept) <= room:
            return kept
    firsts = [each[0] for each in heard.values()]
    by_lot = random.Random(len(firsts)).sample(range(len(firsts)), len(firsts))
    sizes = accumulate(_size([firsts[at]]) for at in by_lot)
    return [firsts[at] for at in sorted(by_lot[: sum(size <= room for size in sizes)])]
