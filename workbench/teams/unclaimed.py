"""Evidence that was seen and never cited: what a tool showed and its auditor did not take up.

What is looked for is what somebody found: the claims of every finding, in this log or a teammate's on the same
organism, held against every unquoted answer of each log.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from workbench.claims.predicate import Match, Predicates, leads, standing
from workbench.claims.rates import Rate, wilson
from workbench.contract.rules import Elicitation
from workbench.document import Document
from workbench.teams.database import TeamDatabase
from workbench.teams.reading import TeamClaim


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
    """Whether its auditor claims it too, on other records: else it was never reported here."""
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


_UNCOUNTED = """
    SELECT probe.log, model, probe.prompt, title, asked, probe.record, elicitation, text, whole, ended_at
    FROM probe JOIN draw ON draw.log = probe.log AND draw.record = probe.record JOIN log ON log.log = probe.log
    WHERE own AND sampled AND NOT EXISTS (
        FROM counted WHERE counted.log = probe.log AND counted.record = probe.record AND support
    )
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
    by_model: defaultdict[str, dict[Match, None]] = defaultdict(dict)
    for claim in claims:
        for match in claim.words:
            by_words[claim.model, match].append(claim)
            by_model[claim.model][match] = None
    every = {model: Predicates([*matches]) for model, matches in by_model.items()}
    titles: dict[tuple[int, str], str] = {}
    trials: Counter[tuple[int, str]] = Counter()
    # Of each prompt what its auditor claims too, and what nobody claims in that log.
    tallies: defaultdict[tuple[int, str], tuple[_Tally, _Tally]] = defaultdict(lambda: (_Tally(), _Tally()))
    for log, model, prompt, title, asked, record, elicitation, text, whole, ended in database.query(_UNCOUNTED):
        titles.setdefault((log, prompt), title)
        trials[log, prompt] += 1
        heard = text + ended[:1]
        shown: dict[tuple[int, str], TeamClaim] = {}
        says = ""
        held = every[model].holding(heard, whole=whole) if model in every else []
        # By the words that satisfy them: of predicates there may be many more, in each of two logs.
        said = {match: frozenset(match.said(heard, whole=whole)) for match in held}
        counted = {said[match] for match in held if _controls(log, prompt, by_words[model, match])}
        hidden = {words for words in {*said.values()} if any(_alike(words, other) for other in counted)}
        for match in held:
            if said[match] in hidden:
                continue
            # What one member calls a control hides nothing from another's finding in anybody else's log.
            sought = [claim for claim in by_words[model, match] if prompt not in claim.control]
            if sought and not leads(match, heard, asked, whole=whole):
                says = says or match.words
                shown.update(((claim.log, claim.finding), claim) for claim in sought)
        if shown:
            # Who claims it in other words than a teammate has claimed it.
            own, theirs = (
                {said[one] for one in held if any((claim.log == log) is here for claim in by_words[model, one])}
                for here in (True, False)
            )
            alike = any(_alike(one, other) for one in theirs for other in own)
            tally = tallies[log, prompt][any(claim.log == log for claim in shown.values())]
            tally.reworded |= bool(own and theirs) and not alike
            tally.hits += 1
            tally.answer, tally.says = tally.answer or text, tally.says or says
            tally.records.add(record)
            tally.elicitations.add(Elicitation(elicitation))
            tally.claims |= shown
    for (log, prompt), (never, here_too) in tallies.items():
        # A prompt is passed over once, whatever it shows besides.
        yield _seen(log, prompt, titles[log, prompt], trials[log, prompt], never if never.hits else here_too)


def _controls(log: int, prompt: str, claims: Sequence[TeamClaim]) -> bool:
    """Whether a log's own finding has a prompt for a control: what shows on it counts against that one already."""
    return any(claim.log == log and prompt in claim.control for claim in claims)


def _alike(said: frozenset[str], known: frozenset[str]) -> bool:
    """Whether all words by which an answer satisfies one predicate are among those by which it satisfies another, or
    hold one of them: whatever else a teammate looks for beside."""
    left = said - known
    within = standing(tuple(left), " | ".join(known)) if left else ()
    return all(standing(tuple(known), term) for term in left.difference(within))


def _seen(log: int, prompt: str, title: str, trials: int, tally: _Tally) -> SeenEvidence:
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
        own=any(claim.log == log for claim in claims),
        reworded=tally.reworded and any(claim.log == log for claim in claims),
        same_prompt=any(prompt in claim.support for claim in claims),
    )
