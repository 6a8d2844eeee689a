"""Whether two proportions can be one: Fisher's exact test."""

from __future__ import annotations

import math

from workbench.claims.rates import Rate


def exact_p(a: Rate, b: Rate) -> float:
    """Two-sided p of two independent proportions being equal.  (Fisher 1934; as in R's `fisher.test`)

    The sum of the probabilities, given both margins, of all tables that are no likelier than the one seen. Weights are
    whole numbers, so that no rounding decides whether a table counts, and each follows from the one before: of many
    trials a binomial coefficient takes long.
    """
    hits, most = a.hits + b.hits, min(a.trials, a.hits + b.hits)
    least = max(0, hits - b.trials)
    seen = math.comb(a.trials, a.hits) * math.comb(b.trials, b.hits)
    weight, rarer = math.comb(a.trials, least) * math.comb(b.trials, hits - least), 0
    for of_a in range(least, most + 1):
        rarer += weight if weight <= seen else 0
        weight = weight * (a.trials - of_a) * (hits - of_a) // ((of_a + 1) * (b.trials - hits + of_a + 1))
    return rarer / math.comb(a.trials + b.trials, hits)


def paired_p(gained: int, lost: int) -> float:
    """Two-sided p of pairs that change being as likely to gain as to lose.  (McNemar 1947, exact; the sign test)

    Pairs that do not change say nothing. Without one that does, p is 1.
    """
    changed, fewer = gained + lost, min(gained, lost)
    tail = sum(math.comb(changed, of_them) for of_them in range(fewer + 1))
    return min(1.0, float(2 * tail / 2**changed))


def binomial_p(seen: Rate, share: float) -> float:
    """One-sided p of so many hits or more where each trial hits with a probability of `share`."""
    if not 0 < share < 1:
        raise ValueError(f"{share} is no chance")
    return min(
        1.0,
        math.fsum(
            math.exp(_log_comb(seen.trials, hits) + hits * math.log(share) + (seen.trials - hits) * math.log1p(-share))
            for hits in range(seen.hits, seen.trials + 1)
        ),
    )


def _log_comb(of: int, taken: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(taken + 1) - math.lgamma(of - taken + 1)
