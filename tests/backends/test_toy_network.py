"""Texts side by side get what each gets alone, edits and all. (That the arithmetic is right, torch says elsewhere.)"""

from __future__ import annotations

import numpy as np
import pytest

from backends.intake import Intake
from backends.model import Edit
from backends.toy_model import ToyModel
from backends.toy_network import Network, ToyTaps

TEXTS = [list(b"seven words"), list(b"fewer bytes"), list(b"seven worms")]
TOY = ToyModel.random(seed=3)
NETWORK = Network(TOY.tensors, heads=4, kv_heads=2, norm_epsilon=1e-6, rope_theta=10_000.0)
INTAKE = Intake(TOY.card, TOY.capabilities, NETWORK.head_width)
EDITS = {
    "nothing": [],
    "the stream at a place": [Edit("blocks.0.hook_resid_post", "add", np.ones(16, np.float32), positions=(2,))],
    "a head's pattern": [Edit("blocks.0.attn.hook_pattern", "scale", head=1, factor=0.5)],
    "a head's own place": [Edit("blocks.1.attn.hook_z", "zero", head=2, positions=(3, 5))],
    "all heads": [Edit("blocks.0.attn.hook_z", "scale", factor=2.0, positions=(4,))],
    "neurons": [Edit("blocks.1.mlp.hook_post", "zero")],
}


@pytest.mark.parametrize("edits", EDITS.values(), ids=list(EDITS))
def test_several_texts_of_one_length_are_computed_as_each_alone(edits: list[Edit]) -> None:
    placed, kept = INTAKE.edits(edits, len(TEXTS[0])), ("blocks.0.attn.hook_pattern", "blocks.1.mlp.hook_post")
    together = ToyTaps(placed, kept=kept)
    streams = NETWORK.stream(TEXTS, together)
    assert ToyTaps(placed).change is bool(edits)
    for text, stream, at in zip(TEXTS, streams, range(len(TEXTS)), strict=True):
        alone = ToyTaps(placed, kept=kept)
        assert np.array_equal(NETWORK.stream(text, alone), stream)
        assert np.array_equal(NETWORK.unembedded(streams)[at], NETWORK.unembedded(stream))
        assert all(np.array_equal(seen, together.seen[name][at]) for name, seen in alone.seen.items())
        assert set(alone.seen) == set(kept)


def test_an_edit_is_seen_in_what_follows_and_not_before() -> None:
    plain, edited = ToyTaps([]), ToyTaps(INTAKE.edits(EDITS["the stream at a place"], len(TEXTS[0])))
    apart = NETWORK.stream(TEXTS[0], plain) != NETWORK.stream(TEXTS[0], edited)
    assert not apart[:2].any() and apart[2:].any(axis=-1).all()
