"""The shared sampler: exact distributions, exact repetition, and margins a replay can trust."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backends.noise import ALGORITHMS, FIRST
from backends.sampling import Logits, Sampler, Sampling

GOLDEN = Path(__file__).parents[1] / "golden" / "sampling.json"
WORD = 2**64 - 1
PROMPT = (1, 50, 7, 99_999)
every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)


def choose(logits: Logits, sampling: Sampling, sample: int, step: int) -> int:
    return Sampler(sampling, PROMPT).choose(logits, sample, step)


def margin(logits: Logits, sampling: Sampling, sample: int, step: int, token: int) -> float:
    return Sampler(sampling, PROMPT).margin(logits, sample, step, token)


def key_of(s: Sampling, prompt: tuple[int, ...] = PROMPT) -> list[int]:
    """The two words that `noise.py` says key the noise, byte by byte."""
    if s.algorithm == "gumbel-philox-1":
        return [s.seed, 0x6175646974207631]
    told = b"gumbel-philox-2" + b"".join(number.to_bytes(8, "little") for number in (s.seed, *prompt))
    first, second = hashlib.sha256(told).digest()[:8], hashlib.sha256(told).digest()[8:16]
    return [int.from_bytes(first, "little"), int.from_bytes(second, "little")]


def philox4x64(counter: list[int], key: list[int]) -> list[int]:
    """Philox4x64-10 as in Salmon et al. (2011), section 3.3, in plain integers."""
    (c0, c1, c2, c3), (k0, k1) = counter, key
    for _ in range(10):
        p0, p1 = 0xD2E7470EE14C6C93 * c0, 0xCA5A826395121157 * c2
        c0, c1, c2, c3 = (p1 >> 64) ^ c1 ^ k0, p1 & WORD, (p0 >> 64) ^ c3 ^ k1, p0 & WORD
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) & WORD, (k1 + 0xBB67AE8584CAA73B) & WORD
    return [c0, c1, c2, c3]


def reference(logits: list[float], s: Sampling, sample: int, step: int) -> int:
    """The numbered algorithm, one line a step, without numpy."""
    if s.temperature == 0:
        return max(range(len(logits)), key=lambda i: (logits[i], -i))
    x = [(v - max(logits)) / s.temperature for v in logits]
    order = sorted(range(len(x)), key=lambda i: (-x[i], i))
    if s.top_k:
        order = order[: s.top_k]
    if s.top_p < 1:
        w = [math.floor(math.exp(x[i]) * 2**40) for i in order]
        order = order[: next(m for m in range(1, len(w) + 1) if sum(w[:m]) >= s.top_p * sum(w))]
    if s.min_p > 0:
        order = [i for i in order if x[i] >= math.log(s.min_p)]

    def score(i: int) -> float:
        word = philox4x64([1 + i // 4, step, sample, 0], key_of(s))[i % 4]
        return x[i] - math.log(-math.log(((word >> 11) | 1) * 2**-53))

    return max(order, key=lambda i: (score(i), -i))


def test_the_reference_philox_gives_the_known_answers_of_random123() -> None:
    assert philox4x64([0] * 4, [0] * 2) == [
        0x16554D9ECA36314C,
        0xDB20FE9D672D0FDC,
        0xD7E772CEE186176B,
        0x7E68B68AEC7BA23B,
    ]
    assert philox4x64([WORD] * 4, [WORD] * 2) == [
        0x87B092C3013FE90B,
        0x438C3C67BE8D0224,
        0x9CC7D7C69CD777B6,
        0xA09CAEBF594F0BA0,
    ]


SETTINGS = [
    Sampling(),
    Sampling(seed=2**63 - 1, temperature=0.7),
    Sampling(seed=5, temperature=0),
    Sampling(seed=6, top_k=1),
    Sampling(seed=7, top_k=5),
    Sampling(seed=8, top_p=0.8),
    Sampling(seed=9, top_p=0.0),
    Sampling(seed=10, min_p=0.1),
    Sampling(seed=11, min_p=1.0),
    Sampling(seed=12, temperature=1.5, top_k=20, top_p=0.9, min_p=0.02),
    Sampling(seed=13, temperature=1e-4),
    Sampling(seed=14, temperature=1e9),
]


@every_algorithm
@pytest.mark.parametrize("sampling", SETTINGS)
def test_every_setting_chooses_as_the_algorithm_says(sampling: Sampling, algorithm: str) -> None:
    sampling = replace(sampling, algorithm=algorithm)
    rng = np.random.default_rng(sampling.seed)
    for step in range(25):
        logits = (rng.standard_normal(61) * 2).astype(np.float32)
        logits[rng.integers(61, size=8)] = logits[0]  # ties
        logits[3] = -np.inf
        assert choose(logits, sampling, 4, step) == reference(logits.tolist(), sampling, 4, step)


@pytest.mark.parametrize("sampling", [Sampling(seed=3), Sampling(seed=3, top_p=0.7), Sampling(seed=3, top_k=3)])
def test_a_large_vocabulary_takes_the_same_choice_by_its_short_cuts(sampling: Sampling) -> None:
    rng = np.random.default_rng(0)
    for step in range(4):
        logits = (rng.standard_normal(20_011) * 4).astype(np.float32)
        if step % 2:
            logits[rng.integers(20_011, size=5_000)] = np.float32(4.0)
        assert choose(logits, sampling, 1, step) == _quick_reference(logits, sampling, 1, step)


def _quick_reference(logits: np.ndarray, s: Sampling, sample: int, step: int) -> int:
    """`reference` for many ids: whole-array numpy, nothing skipped."""
    x = (logits.astype(np.float64) - float(logits.max())) / s.temperature
    order = np.lexsort((np.arange(len(x)), -x))
    if s.top_k:
        order = order[: s.top_k]
    if s.top_p < 1:
        w = [math.floor(v) for v in np.exp(x[order]) * 2**40]
        total, reached, count = sum(w), 0, 0
        while reached < s.top_p * total:
            reached, count = reached + w[count], count + 1
        order = order[:count]
    generator = np.random.Philox(
        key=np.array(key_of(s), dtype=np.uint64),
        counter=np.array([0, step, sample, 0], dtype=np.uint64),
    )
    u = ((generator.random_raw(len(x)) >> np.uint64(11)) | np.uint64(1)) * 2.0**-53
    score = x - np.log(-np.log(u))
    return int(max(order.tolist(), key=lambda i: (score[i], -i)))


def chi_square_holds(counts: np.ndarray, probabilities: np.ndarray) -> bool:
    """Pearson's statistic under its 99.99 % quantile (Wilson-Hilferty); draws where nothing may fall must be none."""
    possible = probabilities > 0
    if counts[~possible].any():
        return False
    expected = probabilities[possible] * counts.sum()
    assert expected.min() > 5
    statistic = float(((counts[possible] - expected) ** 2 / expected).sum())
    freedom = int(possible.sum()) - 1
    return statistic < freedom * (1 - 2 / (9 * freedom) + 3.719 * math.sqrt(2 / (9 * freedom))) ** 3


LOGITS = np.log(np.array([0.30, 0.25, 0.15, 0.10, 0.08, 0.06, 0.04, 0.02], dtype=np.float32))
P = np.array([0.30, 0.25, 0.15, 0.10, 0.08, 0.06, 0.04, 0.02])


def only(*ids: int) -> np.ndarray:
    kept = np.zeros(8)
    kept[list(ids)] = P[list(ids)]
    return kept / kept.sum()


@pytest.mark.parametrize(
    ("sampling", "probabilities"),
    [
        (Sampling(), P),
        (Sampling(temperature=0.5), P**2 / (P**2).sum()),
        (Sampling(temperature=2), P**0.5 / (P**0.5).sum()),
        (Sampling(top_k=3), only(0, 1, 2)),
        (Sampling(top_p=0.75), only(0, 1, 2, 3)),
        (Sampling(min_p=0.21), only(0, 1, 2, 3, 4)),
        (Sampling(top_k=4, top_p=0.5), only(0, 1)),  # 0.30 / 0.80 is short of one half
    ],
)
@pytest.mark.parametrize("along", ["samples", "steps", "seeds"])
def test_samples_follow_the_probabilities(sampling: Sampling, probabilities: np.ndarray, along: str) -> None:
    counts = np.zeros(8, dtype=np.int64)
    for i in range(3000):
        seeded = Sampling(i, 1, sampling.temperature, sampling.top_k, sampling.top_p, sampling.min_p)
        match along:
            case "samples":
                counts[choose(LOGITS, sampling, i, 0)] += 1
            case "steps":
                counts[choose(LOGITS, sampling, 0, i)] += 1
            case _:
                counts[choose(LOGITS, seeded, 0, 0)] += 1
    assert chi_square_holds(counts, probabilities)
    assert not chi_square_holds(counts, only(*range(7)) * 0.9 + only(7) * 0.1)


def together(algorithm: str, one: tuple[int, ...], other: tuple[int, ...]) -> np.ndarray:
    """How often each pair of choices fell, 6,000 samples of two prompts under one seed drawn from the same logits."""
    how = Sampling(seed=7, algorithm=algorithm)
    first, second = Sampler(how, one), Sampler(how, other)
    counts = np.zeros((8, 8), dtype=np.int64)
    for sample in range(6000):
        counts[first.choose(LOGITS, sample, 0), second.choose(LOGITS, sample, 0)] += 1
    return counts


@pytest.mark.parametrize(
    ("one", "other"),
    [((1, 2, 3), (1, 2, 4)), ((1, 2, 3), (3, 2, 1)), ((1, 2, 3), (1, 2)), ((), (0,)), ((0,), (0, 0)), ((5,), (261,))],
    ids=str,
)
def test_the_draws_of_two_prompts_are_independent(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    """A contingency table of 8 × 8 with 49 degrees of freedom: expected are the products of known margins."""
    pairs = together(Sampling().algorithm, one, other)[:6, :6]
    expected = np.outer(P, P)[:6, :6]
    assert chi_square_holds(
        np.append(pairs.ravel(), 6000 - pairs.sum()), np.append(expected.ravel(), 1 - expected.sum())
    )


def test_the_draws_of_two_prompts_were_one_and_the_same(
    one: tuple[int, ...] = (1, 2), other: tuple[int, ...] = (9,)
) -> None:
    """With the first algorithm, which is why there is a second one; and one prompt under one seed is drawn once."""
    shared = together(FIRST, one, other)
    assert shared.trace() == shared.sum()
    again = together(Sampling().algorithm, one, one)
    assert again.trace() == again.sum()


def unlucky(algorithm: str) -> tuple[np.ndarray, float]:
    """59 prompts whose answer is right nine times in ten, six samples each at seed 0: how many of each number are
    wrong, and how much that varies, in units of what independent draws would (a variance of 59 · 0.09)."""
    logits = np.log(np.array([0.9, 0.04, 0.03, 0.02, 0.01], dtype=np.float32))
    wrong = np.zeros(6, dtype=np.int64)
    for country in range(59):
        sampler = Sampler(Sampling(seed=0, algorithm=algorithm), (256, 40 + country, 258))
        wrong += [sampler.choose(logits, sample, 0) != 0 for sample in range(6)]
    return wrong, float(wrong.var(ddof=1)) / (59 * 0.09)


def test_no_number_of_a_sample_is_unlucky_for_every_prompt() -> None:
    """With the first algorithm a sample is wrong for all 59 or for none; with this one, about six times of 59."""
    shared, spread = unlucky(FIRST)
    assert set(shared.tolist()) <= {0, 59}
    wrong, spread = unlucky(Sampling().algorithm)
    assert spread < 3.35  # the variance of five degrees of freedom stays under it 99.5 times of 100
    assert wrong.min() >= 1 and wrong.max() <= 14  # binomial: beyond it once in a thousand


def test_a_row_does_not_depend_on_its_batch() -> None:
    rng = np.random.default_rng(1)
    logits = rng.standard_normal((16, 300)).astype(np.float32)
    s = Sampling(seed=4, top_p=0.95)
    sampler = Sampler(s, PROMPT)
    together = sampler.choose_many(logits, range(16), [7] * 16)
    assert together == [choose(logits[i], s, i, 7) for i in range(16)]
    assert together[5:9] == sampler.choose_many(logits[5:9], range(5, 9), [7] * 4)


@every_algorithm
def test_golden_choices_never_change(algorithm: str) -> None:
    """Recorded cases replay for ever: these ids were fixed when the algorithm was named."""
    golden = json.loads(GOLDEN.read_text())
    for case in golden[algorithm]:
        sampler = Sampler(Sampling(**case["sampling"], algorithm=algorithm), case["prompt"])
        chosen = [sampler.choose(golden_logits(case["vocab"], t), case["sample"], t) for t in range(12)]
        assert chosen == case["tokens"]


def golden_logits(vocab: int, step: int) -> np.ndarray:
    """Logits from integers alone, the same on every machine."""
    return ((np.arange(vocab, dtype=np.int64) * 7919 + step * 104729) % 1009).astype(np.float32) / np.float32(128)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_broken_logits_are_refused(bad: float, temperature: float) -> None:
    with pytest.raises(ValueError, match="NaN"):
        choose(np.array([0.0, bad, 1.0], dtype=np.float32), Sampling(temperature=temperature), 0, 0)
    with pytest.raises(ValueError, match="-inf"):
        choose(np.full(3, -np.inf, dtype=np.float32), Sampling(temperature=temperature), 0, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": -1},
        {"seed": 2**63},
        {"max_tokens": 0},
        {"temperature": -0.1},
        {"temperature": math.inf},
        {"temperature": math.nan},
        {"top_k": -1},
        {"top_p": 1.1},
        {"top_p": -0.1},
        {"min_p": 1.5},
        {"algorithm": "gumbel-philox-3"},
    ],
)
def test_meaningless_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Sampling(**wrong)  # type: ignore[arg-type]


def test_the_margin_of_the_choice_is_zero_and_of_others_positive() -> None:
    logits = np.random.default_rng(2).standard_normal(50).astype(np.float32)
    for s in SETTINGS:
        winner = choose(logits, s, 0, 0)
        assert margin(logits, s, 0, 0, winner) == 0
        assert all(margin(logits, s, 0, 0, i) > 0 for i in range(50) if i != winner)


def test_the_margin_without_filters_is_the_gap_between_perturbed_scores() -> None:
    logits, s = np.array([1.0, 0.5, 0.0], dtype=np.float32), Sampling(seed=1, temperature=0.5)

    def score(i: int) -> float:
        word = philox4x64([1, 9, 2, 0], key_of(s))[i]
        return float(logits[i]) - 0.5 * math.log(-math.log(((word >> 11) | 1) * 2**-53))

    best = max(map(score, range(3)))
    for i in range(3):
        assert margin(logits, s, 2, 9, i) == pytest.approx(best - score(i), abs=1e-12)


@pytest.mark.parametrize("error", [1e-5, 1e-2, 0.3])
def test_a_token_chosen_from_nearby_logits_has_a_margin_within_twice_the_difference(error: float) -> None:
    """The promise a tolerant replay rests on, at the edges of every filter, where small differences decide."""
    rng = np.random.default_rng(3)
    disagreements = 0
    for trial in range(600):
        s = Sampling(
            seed=trial,
            temperature=float(rng.choice([0.0, 0.3, 1.0, 2.0])),
            top_k=int(rng.choice([0, 1, 3, 10])),
            top_p=float(rng.choice([1.0, 0.9, 0.5, 0.1])),
            min_p=float(rng.choice([0.0, 0.05, 0.5])),
        )
        logits = (rng.standard_normal(30) * 1.5).astype(np.float32)
        if trial % 3 == 0:
            logits = np.round(logits)  # ties everywhere
        moved = (logits + rng.uniform(-error, error, 30)).astype(np.float32)
        most = float(np.abs(moved.astype(np.float64) - logits).max())
        token = choose(moved, s, 1, 2)
        disagreements += token != choose(logits, s, 1, 2)
        assert margin(logits, s, 1, 2, token) <= 2 * most + 1e-9
    assert disagreements > 5


def test_a_wrong_token_of_a_large_vocabulary_is_held_against_few_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the many that beat it, only those count that none beats in score and rank: the margin is the same."""
    from backends import sampling

    asked = 0
    spare = sampling._Gates.spare

    def counted(gates: sampling._Gates, token: int) -> float:
        nonlocal asked
        asked += 1
        return spare(gates, token)

    rng = np.random.default_rng(6)
    for how in (Sampling(top_p=0.95), Sampling(top_k=2000), Sampling(min_p=0.05), Sampling(top_p=0.9, top_k=900)):
        logits = (rng.standard_normal(3000) * 0.5).astype(np.float32)
        token = int(logits.argmin())
        with monkeypatch.context() as patch:
            patch.setattr(sampling._Gates, "spare", counted)
            asked = 0
            quick = margin(logits, how, 0, 0, token)
            assert asked < 30
            patch.setattr(sampling._Gates, "foremost", lambda gates, ids, score: ids)
            asked = 0
            assert margin(logits, how, 0, 0, token) == quick
            assert asked > 200


def test_the_margin_of_an_unrelated_token_is_not_small() -> None:
    """Replay can tell: of tokens drawn under another seed, few lie within a calibrated tolerance."""
    rng = np.random.default_rng(4)
    inside = 0
    for trial in range(200):
        logits = (rng.standard_normal(1000)).astype(np.float32)
        inside += margin(logits, Sampling(seed=1), 0, trial, choose(logits, Sampling(seed=2), 0, trial)) < 1e-2
    assert inside <= 4
