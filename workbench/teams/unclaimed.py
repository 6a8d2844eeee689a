"""Evidence that was seen and never cited: what a tool showed and its auditor did not take up.

What is looked for is what somebody found: the claims of every finding, in this log or a teammate's on the same
organism, held against every unquoted answer of each log, but for what says the same of it there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from casefiles.counted import counted
from workbench.claims.predicate import Match, Predicates, leads, plain_term, standing, words_of
from workbench.claims.rates import Rate, wilson
from workbench.contract.rules import Elicitation
from workbench.document import Document
from workbench.teams.database import TeamDatabase
from workbench.teams.reading import TeamClaim

_BY_WORDS: Final = (
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


@dataclass(frozen=True)
class Unclaimed:
    """What was seen and never cited, and what counts as cited by its words."""

    seen: tuple[SeenEvidence, ...]
    alike: Counter[int]
    """Of each log the prompts on which a teammate's claim shows that only its own words, claimed or called a control,
    count as having reported: these are like the teammate's, and may mean something else."""


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


def by_words(alike: int, which: str = "") -> str:
    """What nobody knows of what counts as reported. `alike`: prompts of which only like words were claimed."""
    like = f" Of {counted(alike, 'prompt')}{which} like words were claimed, or called a control, and not these."
    return f"{_BY_WORDS}{like * bool(alike)}"


def unclaimed(database: TeamDatabase, claims: Sequence[TeamClaim]) -> Unclaimed:
    """What was never reported first, then what shows on a finding's own prompts, then what shows most."""
    classes, alike = list(Elicitation), set[tuple[int, str]]()
    seen = sorted(
        _found(database, claims, alike),
        key=lambda one: (one.own, not one.same_prompt, classes.index(one.elicitation), -one.rate.hits, one.log,
                         one.records),
    )  # fmt: skip
    return Unclaimed(tuple(seen), Counter(log for log, _ in alike))


def _found(database: TeamDatabase, claims: Sequence[TeamClaim], alike: set[tuple[int, str]]) -> Iterator[SeenEvidence]:
    """`alike`: is told logs, and prompts of theirs, that like words excuse."""
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
        excused = _excused(held, words, claimed, against)
        for match in held:
            if match in excused and ((log, prompt) in alike or not excused[match]):
                continue
            # What one member calls a control hides nothing from another's finding in anybody else's log.
            sought = [
                claim for claim in by_words[organism, match] if _may_be_missed(claim, log, prompt, cited=bool(rests))
            ]
            if not sought or leads(match, heard, asked, whole=whole):
                continue
            if match in excused:
                alike.add((log, prompt))
            else:
                says = says or match.words
                shown.update(((claim.log, claim.finding), claim) for claim in sought)
        trials[log, prompt] += bool(shown or not rests)
        if shown:
            # Who claims it in other words than a teammate has claimed it.
            own, theirs = ([one for one in held if any((claim.log == log) is here for claim in by_words[organism, one])]
                           for here in (True, False))  # fmt: skip
            too = _excused(theirs, words, own)
            tally = tallies[log, prompt][bool(rests) or any(claim.log == log for claim in shown.values())]
            tally.reworded |= bool((own or rests) and theirs) and not too
            alike |= {(log, prompt)} if too and all(too.values()) else set()
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


def _excused(
    held: Sequence[Match],
    words: Mapping[Match, Sequence[str]],
    claimed: Sequence[Match],
    against: Sequence[Match] = (),
) -> dict[Match, bool]:
    """The predicates that an answer satisfies by `words` among those by which it satisfies what is claimed of it, or
    what it is a control of, or like these → whether like these alone."""
    within, like = set[str](), set[str]()
    for ours, part in ((claimed, _SAME), (against, _CONTROLLED)):
        if ours:
            among, hardly_more = _alike((words[match] for match in held), (words[match] for match in ours), part)
            within, like = within | among, like | among | hardly_more
    told = [match for match in held if (claimed or against) and like.issuperset(words[match])]
    return {match: not within.issuperset(words[match]) for match in told}


def _controls(log: int, prompt: str, claims: Sequence[TeamClaim]) -> bool:
    """Whether a log's own finding has a prompt for a control: what shows on it counts against that one already."""
    return any(claim.log == log and prompt in claim.control for claim in claims)


def _alike(some: Iterable[Sequence[str]], others: Iterable[Sequence[str]], part: Fraction) -> tuple[set[str], set[str]]:
    """Of the words by which an answer satisfies some predicates those that are among the words by which it satisfies
    others, and those that are mostly one of these: whatever else a teammate looks for beside. All of an answer at once,
    for a log may hold thousands of predicates, and thousands of answers."""
    said, known = (tuple(dict.fromkeys(word for each in words for word in each)) for words in (some, others))
    within = set(standing(said, " | ".join(known)))
    plain = {word: plain_term(word) for word in known}

    def hardly_more(term: str) -> bool:
        own = plain_term(term)
        return any(
            _mostly(one, term, part) for one in standing(tuple(word for word in known if plain[word] in own), term)
        )

    return within, {term for term in said if term not in within and hardly_more(term)}


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
