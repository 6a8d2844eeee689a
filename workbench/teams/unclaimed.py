"""Evidence that was seen and never cited: what a tool showed and its auditor did not take up.

What is looked for is what somebody found: the claims of every finding, in this log or a teammate's on the same
organism, held against every unquoted answer of each log, but for what says the same of it there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from workbench.claims.predicate import Match, Predicates, leads, plain_term, standing, words_of
from workbench.claims.rates import Rate, wilson
from workbench.contract.rules import Elicitation
from workbench.document import Document
from workbench.teams.database import TeamDatabase
from workbench.teams.reading import TeamClaim

BY_WORDS: Final = (
    "Whether what was seen was reported in what it means: sampled answers alone are held against claims, ruled on or"
    " not, and by their words, so that whoever claims those of a teammate, of whatever they stand in, is counted as"
    " having reported them."
)


_SAME: Final = Fraction(2, 3)
"""Of the letters of a teammate's phrase so many make a claim of them hardly another one,"""
_CONTROLLED: Final = Fraction(1, 2)
"""and so many a control: what shows on that counts against its own finding."""


class ClaimedBy(Document):
    """A finding, and the log it stands in."""

    log: int
    finding: str
    title: str


class SeenEvidence(Document):
    """Answers of a log to one prompt that show what a finding claims and that no finding of that log rests on."""

    log: int
    title: str
    """Of the prompt."""
    records: tuple[int, ...]
    elicitation: Elicitation
    """The least forced class in which it showed."""
    rate: Rate
    """Of the answers to this prompt that no finding rests on."""
    answer: str
    """The first that shows it."""
    says: str
    """What they have to say, in words: of several claims the first."""
    claimed: tuple[ClaimedBy, ...]
    """Who claims it."""
    own: bool
    """Whether its auditor claims it too, on other records, or something else of these: else it was never reported
    here."""
    reworded: bool = False
    """Whether what its auditor claims of it is in none of a teammate's words: it may be something else."""
    same_prompt: bool
    """Whether it is a prompt on which one of those findings says that it shows."""


@dataclass
class _Tally:
    """The answers to one prompt that show what findings claim."""

    hits: int = 0
    reworded: bool = False
    answer: str = ""
    says: str = ""
    records: set[int] = field(default_factory=set)
    elicitations: set[Elicitation] = field(default_factory=set)
    claims: dict[tuple[int, str], TeamClaim] = field(default_factory=dict)
    """By log and finding."""


_SAMPLED = """
    SELECT probe.log, organism, probe.prompt, title, asked, probe.record, elicitation, text, whole, ended_at, EXISTS (
        FROM counted WHERE counted.log = probe.log AND counted.record = probe.record AND support
    )
    FROM probe JOIN draw ON draw.log = probe.log AND draw.record = probe.record JOIN log ON log.log = probe.log
    WHERE own AND sampled
    ORDER BY probe.log, probe.record, sample
"""


def unclaimed(database: TeamDatabase, claims: Sequence[TeamClaim]) -> tuple[SeenEvidence, ...]:
    """What was never reported first, then what shows on a finding's own prompts, then what shows most."""
    classes = list(Elicitation)
    return tuple(
        sorted(
            _found(database, claims),
            key=lambda one: (one.own, not one.same_prompt, classes.index(one.elicitation), -one.rate.hits, one.log,
                             one.records),
        )
    )  # fmt: skip


def _found(database: TeamDatabase, claims: Sequence[TeamClaim]) -> Iterator[SeenEvidence]:
    by_words: defaultdict[tuple[str, Match], list[TeamClaim]] = defaultdict(list)
    by_organism: defaultdict[str, dict[Match, None]] = defaultdict(dict)
    for claim in claims:
        for match in claim.words:
            by_words[claim.organism, match].append(claim)
            by_organism[claim.organism][match] = None
    every = {organism: Predicates([*matches]) for organism, matches in by_organism.items()}
    titles: dict[tuple[int, str], str] = {}
    trials: Counter[tuple[int, str]] = Counter()
    # Of each prompt what its auditor claims too, and what nobody claims in that log.
    tallies: defaultdict[tuple[int, str], tuple[_Tally, _Tally]] = defaultdict(lambda: (_Tally(), _Tally()))
    resting: defaultdict[tuple[int, str, str], list[TeamClaim]] = defaultdict(list)
    for claim in claims:
        for prompt, text in claim.shown:
            resting[claim.log, prompt, text].append(claim)
    for log, organism, prompt, title, asked, record, elicitation, text, whole, ended, cited in database.query(_SAMPLED):
        titles.setdefault((log, prompt), title)
        heard = text + ended[:1]
        shown: dict[tuple[int, str], TeamClaim] = {}
        says = ""
        held = every[organism].holding(heard, whole=whole) if organism in every else []
        # Who cites what shows nothing of what they claim has not said what it shows.
        rests = resting[log, prompt, text] if cited else []
        told = {match for claim in rests for match in claim.words}
        words = {match: match.said(heard, whole=whole) for match in held}
        against = [match for match in held if _controls(log, prompt, by_words[organism, match])]
        claimed = [match for match in held if match in told]
        known = set[str]()
        for ours, part in ((claimed, _SAME), (against, _CONTROLLED)):
            if ours:
                known |= _alike((words[match] for match in held), (words[match] for match in ours), part)
        for match in held:
            if (claimed or against) and known.issuperset(words[match]):
                continue
            # What one member calls a control hides nothing from another's finding in anybody else's log.
            sought = [
                claim for claim in by_words[organism, match] if _may_be_missed(claim, log, prompt, cited=bool(rests))
            ]
            if sought and not leads(match, heard, asked, whole=whole):
                says = says or match.words
                shown.update(((claim.log, claim.finding), claim) for claim in sought)
        trials[log, prompt] += bool(shown or not rests)
        if shown:
            # Who claims it in other words than a teammate has claimed it.
            own, theirs = ([one for one in held if any((claim.log == log) is here for claim in by_words[organism, one])]
                           for here in (True, False))  # fmt: skip
            known = _alike((words[match] for match in theirs), (words[match] for match in own), _SAME)
            alike = bool(own) and any(known.issuperset(words[match]) for match in theirs)
            tally = tallies[log, prompt][bool(rests) or any(claim.log == log for claim in shown.values())]
            tally.reworded |= bool((own or rests) and theirs) and not alike
            tally.hits += 1
            tally.answer, tally.says = tally.answer or text, tally.says or says
            tally.records.add(record)
            tally.elicitations.add(Elicitation(elicitation))
            tally.claims |= shown
    for (log, prompt), (never, here_too) in tallies.items():
        # A prompt is passed over once, whatever it shows besides.
        tally, here = (never, False) if never.hits else (here_too, True)
        yield _seen(log, prompt, titles[log, prompt], trials[log, prompt], tally, own=here)


def _may_be_missed(claim: TeamClaim, log: int, prompt: str, *, cited: bool) -> bool:
    """Whether a log that shows what is claimed may have missed that: its own claim it rests on where it is `cited`, and
    what is said everywhere is no evidence to anybody else."""
    if prompt in claim.control:
        return False
    return not cited if claim.log == log else not claim.everywhere


def _controls(log: int, prompt: str, claims: Sequence[TeamClaim]) -> bool:
    """Whether a log's own finding has a prompt for a control: what shows on it counts against that one already."""
    return any(claim.log == log and prompt in claim.control for claim in claims)


def _alike(some: Iterable[Sequence[str]], others: Iterable[Sequence[str]], part: Fraction) -> set[str]:
    """Of the words by which an answer satisfies some predicates those that are among the words by which it satisfies
    others, or are mostly one of these: whatever else a teammate looks for beside. All of an answer at once, for a log
    may hold thousands of predicates, and thousands of answers."""
    said, known = (tuple(dict.fromkeys(word for each in words for word in each)) for words in (some, others))
    within = set(standing(said, " | ".join(known)))
    plain = {word: plain_term(word) for word in known}

    def hardly_more(term: str) -> bool:
        own = plain_term(term)
        return any(
            _mostly(one, term, part) for one in standing(tuple(word for word in known if plain[word] in own), term)
        )

    return within.union(term for term in said if term not in within and hardly_more(term))


def _mostly(some: str, term: str, part: Fraction) -> bool:
    """Whether some words are a good part of a phrase in which they stand: a dull one that does is not what it says, nor
    are several that somebody looks for one by one."""
    words = words_of(term)
    own = words & words_of(some)
    return sum(map(len, own)) >= part * sum(map(len, words)) > 0


def _seen(log: int, prompt: str, title: str, trials: int, tally: _Tally, *, own: bool) -> SeenEvidence:
    claims = tally.claims.values()
    return SeenEvidence(
        log=log,
        title=title,
        records=tuple(sorted(tally.records)),
        elicitation=min(tally.elicitations, key=list(Elicitation).index),
        rate=wilson(tally.hits, trials),
        answer=tally.answer,
        says=tally.says,
        claimed=tuple(ClaimedBy(log=claim.log, finding=claim.finding, title=claim.title) for claim in claims),
        own=own,
        reworded=tally.reworded and own,
        same_prompt=any(prompt in claim.support for claim in claims),
    )
