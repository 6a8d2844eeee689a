"""A dictionary reads a stream and puts it together again, as its form says."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.readings.dictionary import Dictionary, folded

RNG = np.random.default_rng(3)
WIDTH, SIZE = 6, 10


def some(**more: object) -> Dictionary:
    arrays = {
        "encoder": RNG.standard_normal((WIDTH, SIZE)), "encoder_bias": RNG.standard_normal(SIZE),
        "decoder": RNG.standard_normal((SIZE, WIDTH)), "decoder_bias": RNG.standard_normal(WIDTH),
        "threshold": np.zeros(SIZE),
    }  # fmt: skip
    return Dictionary(**({name: one.astype(np.float32) for name, one in arrays.items()} | more))  # type: ignore[arg-type]


STREAM = RNG.standard_normal((5, WIDTH)).astype(np.float32)


def test_a_plain_one_is_a_relu() -> None:
    held = some()
    by_hand = np.maximum(STREAM @ held.encoder + held.encoder_bias, 0)
    assert held.encode(STREAM) == pytest.approx(by_hand)
    assert held.rebuilt(STREAM) == pytest.approx(by_hand @ held.decoder + held.decoder_bias, abs=1e-5)


def test_of_the_positive_ones_the_largest_are_kept() -> None:
    held = some(keep=2)
    everything, kept = np.maximum(STREAM @ held.encoder + held.encoder_bias, 0), held.encode(STREAM)
    for row, all_of in zip(kept, everything, strict=True):
        assert set(np.flatnonzero(row)) == set(np.argsort(-all_of)[:2]) & set(np.flatnonzero(all_of))
        assert row[row > 0] == pytest.approx(all_of[row > 0])


def test_what_is_below_a_threshold_is_nothing_and_what_is_above_is_whole() -> None:
    held = some(threshold=np.full(SIZE, 1.5, np.float32))
    before = STREAM @ held.encoder + held.encoder_bias
    assert held.encode(STREAM) == pytest.approx(np.where(before > 1.5, before, 0))


def test_a_token_s_length_is_no_matter_where_it_is_rescaled() -> None:
    held = some(norm="constant_norm_rescale")
    assert held.encode(3 * STREAM) == pytest.approx(held.encode(STREAM), abs=1e-5)
    assert held.rebuilt(3 * STREAM) == pytest.approx(3 * held.rebuilt(STREAM), abs=1e-4)
    one = STREAM[:1] * np.sqrt(WIDTH) / np.linalg.norm(STREAM[0])
    assert held.encode(STREAM[:1]) == pytest.approx(some_like(held).encode(one), abs=1e-5)


def test_a_token_s_mean_and_spread_are_taken_off_and_given_back() -> None:
    held = some(norm="layer_norm")
    assert held.encode(2 * STREAM + 7) == pytest.approx(held.encode(STREAM), abs=1e-3)
    assert held.rebuilt(2 * STREAM + 7) == pytest.approx(2 * held.rebuilt(STREAM) + 7, abs=1e-2)


def some_like(held: Dictionary) -> Dictionary:
    return Dictionary.of(held.arrays | {"form": np.array([held.keep, 0], np.int32)})


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("by_length", [True, False])
def test_folded_it_reads_the_same(*, centred: bool, by_length: bool) -> None:
    """As SAELens computes it: the decoder's bias taken off first, activations compared times the decoder's length."""
    e, b, d, o = (RNG.standard_normal(shape) for shape in ((WIDTH, SIZE), (SIZE,), (SIZE, WIDTH), (WIDTH,)))
    lengths = np.linalg.norm(d, axis=1) if by_length else np.ones(SIZE)
    before = ((STREAM - centred * o) @ e + b) * lengths
    activations = np.maximum(before, 0)
    least = np.sort(activations, axis=1)[:, -3][:, None]
    activations = np.where(activations >= least, activations, 0)
    held = Dictionary(
        **folded(e, b, d, o, centred=centred, by_length=by_length), threshold=np.zeros(SIZE, np.float32), keep=3
    )
    assert held.encode(STREAM) == pytest.approx(activations, abs=1e-4)
    assert held.rebuilt(STREAM) == pytest.approx(activations / lengths @ d + o, abs=1e-4)


def test_what_it_explains_is_the_share_of_the_variance() -> None:
    eye = np.eye(WIDTH, dtype=np.float32)
    both = np.hstack([eye, -eye])
    nothing = np.zeros(2 * WIDTH, np.float32)
    whole = Dictionary(both, nothing, both.T.copy(), np.zeros(WIDTH, np.float32), nothing)
    explained, active = whole.explained(STREAM)
    assert explained == pytest.approx(1.0)
    assert active == WIDTH
    assert Dictionary.of(whole.arrays).explained(STREAM) == (explained, active)


def test_arrays_that_do_not_fit_are_no_dictionary() -> None:
    arrays = some().arrays
    for wrong in (
        {"encoder": np.zeros((2, 2), np.float32)}, {"threshold": np.zeros(3, np.float32)},
        {"form": np.array([0, 9], np.int32)}, {"decoder": np.full((SIZE, WIDTH), np.nan, np.float32)},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"\w"):
            Dictionary.of(arrays | wrong)
