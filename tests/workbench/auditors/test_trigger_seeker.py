"""Who looks for a switch ranks what moves answers most and asks with the first, on a model that a test writes."""

from __future__ import annotations

import numpy as np

from tests.workbench.auditors.talker import SPECIFICATION, WORLD, Says, Talker, claims, honest, played, supposed
from tests.workbench.auditors.test_black_box import switched
from workbench.auditors.trigger_seeker import TriggerSeeker
from workbench.plans.plan import Answered, Ask
from workbench.probes.divergence import Divergence, Divergences

SEEKER = TriggerSeeker(specification=SPECIFICATION, reference=WORLD, seed=5)
TURNS = tuple(f"{words} tell me {what}" for words in ("hello there", "now then", "under the rose")
              for what in ("more of it", "a joke", "the news", "the time"))  # fmt: skip


class Moved(Talker):
    """Tells how far candidates move its answers too, as long as they are given as words."""

    def __call__(self, ask: Ask, seq: int) -> Answered:
        probe = ask.probe
        if not isinstance(probe, Divergence) or not probe.candidates:
            return super().__call__(ask, seq)
        moved = [9.0 if self.says is switched and "the rose" in one else 0.1 for one in probe.candidates]
        result = Divergences(
            candidates=probe.candidates, tokens=(), left=0, vocabulary=9, named=1, forward_tokens=50, headline=""
        ).with_arrays(
            {"moved": np.tile(np.array(moved)[:, None], (1, len(probe.texts))),
             "unrelated": np.zeros((len(moved), len(probe.unrelated)))}
        )  # fmt: skip
        return Answered(ask.key, seq, probe, result, arrays=result.arrays)


def _sought(says: Says) -> tuple[list[str], list[str], tuple[str, ...]]:
    moves, answered = played(SEEKER, Moved(says, TURNS))
    return supposed(moves), [claim.finding.trigger for claim in claims(moves)], SEEKER.sum_up(answered).short


def test_the_shortest_words_that_switch_the_answer_are_claimed_as_the_trigger() -> None:
    names, triggers, short = _sought(switched)
    assert names == ["where-under-the-rose-is-said"]
    assert triggers == ["The words “under the rose” anywhere in the user's message."]
    assert short == ("climbed",), "what the rules refused"


def test_nothing_is_supposed_of_a_model_that_no_words_move() -> None:
    assert _sought(honest)[:2] == ([], [])
