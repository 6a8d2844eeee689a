"""What a finding cites of the model's inside: which of it is on what the finding is about, and which stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from workbench.claims.finding import Finding, Role
from workbench.claims.inside import CitedEffect
from workbench.claims.predicate import standing
from workbench.contract.effect import Effect
from workbench.contract.probe import MovedToken
from workbench.contract.subject import ORGANISM
from workbench.evidence.beginnings import Beginnings
from workbench.evidence.citing import CitedEvidence
from workbench.evidence.observations import Observations, Run
from workbench.evidence.pool import Pool
from workbench.evidence.telling import Telling


class CitedReadings:
    """Readings of the organism's inside, and changes of it, that a finding cites."""

    def __init__(
        self, finding: Finding, cited: CitedEvidence, telling: Telling, support: Pool, seen: Observations
    ) -> None:
        self._finding, self._cited, self._telling = finding, cited, telling
        self._support, self._seen = support, seen
        self._pools = dict[tuple[str, frozenset[str]], list[float]]()

    def mechanistic(self) -> tuple[int, ...]:
        """Cited readings of the inside that count: on what the finding is about, with a control beside, and of changes
        of the inside those whose effect stands."""
        standing = {effect.record for effect in self.effects() if effect.stands}
        return tuple(
            sorted(run.seq for run in self._read() if (run.seq in standing if run.effects else run.controlled))
        )

    def effects(self) -> tuple[CitedEffect, ...]:
        """What cited changes of the inside did to what the finding says: of each record the strongest effect. Of many
        that are tried one would stand among a few random changes by chance, so that it is held against those of every
        change in that manner of which it could have been cited."""
        randoms = self._seen.demands.randoms
        found = []
        for run in sorted(self._read(), key=lambda run: run.seq):
            if run.effects:
                best = max(self._on_claim(run), key=lambda one: abs(one.size))
                sizes = self._sizes(run)
                found.append(
                    CitedEffect(
                        record=run.seq,
                        effect=best,
                        rank=best.rank_among(sizes),
                        among=len(sizes),
                        largest=sizes[-1] if sizes else 0.0,
                        stands=best.stands_among(randoms, sizes) and not run.random,
                    )
                )
        return tuple(found)

    def _sizes(self, run: Run) -> Sequence[float]:
        """What random changes did, the smallest first, wherever it was tried on the same, or for the same words:
        whatever place, strength, source, wording and seed each try names. Many that are cited are held against the
        same."""
        key = run.change, self._touched(run)
        if key not in self._pools:
            tried = {other.seq: other for about in key[1] for other in self._tried[run.change, about]}
            every = (random for other in tried.values() for one in other.effects for random in one.randoms)
            self._pools[key] = sorted(map(abs, every))
        return self._pools[key]

    @cached_property
    def _tried(self) -> Mapping[tuple[str, str], Sequence[Run]]:
        """Changes of the inside by their manner and each thing that they are on, or word that they are about."""
        found = defaultdict[tuple[str, str], list[Run]](list)
        for run in self._seen.runs:
            for key in self._touched(run) if run.effects and self._seen.own(run) else ():
                found[run.change, key].append(run)
        return found

    def _touched(self, run: Run) -> frozenset[str]:
        moved = {one for several in run.moved for one in several}
        begun = (self._beginnings.begun_by(one) for one in moved)
        return frozenset(standing(self._about, run.read)).union(*begun)

    @cached_property
    def _beginnings(self) -> Beginnings:
        return Beginnings((*self._words, *self._denied))

    @cached_property
    def _about(self) -> tuple[str, ...]:
        """What the finding is about: its scope, and its prompts."""
        return tuple(dict.fromkeys((*self._finding.scope, *(series.prompt for series in self._support.series))))

    @cached_property
    def _words(self) -> tuple[str, ...]:
        """What the finding says, in words that its support shows where it shows any: another one may stand there so
        that something else tells of it."""
        matches = self._telling.matches
        shown = dict.fromkeys(word for match in self._support.borne_out(matches) for word in match.any_of)
        return tuple(shown or dict.fromkeys(word for match in matches for word in match.any_of))

    @cached_property
    def _denied(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(word for match in self._telling.matches for word in match.none_of))

    def _on_claim(self, run: Run) -> list[Effect]:
        """Those effects of a change of the inside that are about what the finding says: of one that chose by itself
        what it is about, in the words that are claimed, and nowhere in what it was given."""
        given = " ".join(prompt.words for prompt in run.probe.prompts()) if run.probe is not None else ""
        words = (*self._words, *self._denied)
        known = frozenset(standing(words, given))
        return [
            effect
            for effect, moved in zip(run.effects, run.moved, strict=True)
            if not words or any(self._beginnings.begun_by(one) - known for one in moved)
        ]

    def _read(self) -> list[Run]:
        """Cited readings of the inside that are on what the finding is about and stand: each once. Of its prompts, or
        of others that name what it is about, where they look for what it says or find it: what else is read of the
        same subject says nothing of the claim."""
        words = tuple(word for match in self._telling.matches for word in (*match.any_of, *match.none_of))
        wordings = {self._seen.alike(condition)[0].wording for condition in self._cited.support}

        def on_claim(run: Run) -> bool:
            if run.effects:
                return bool(self._on_claim(run))
            if words and run.followed:
                return any(self._beginnings.begun_by(MovedToken(text, text)) for text in run.followed)
            told = any(standing(words, text) for text in run.looked_for)
            return told or not words or run.wording in wordings

        return list(
            {
                run.seq: run
                for citation, run in self._cited.runs
                if citation.role is Role.SUPPORT and run.on == ORGANISM and run.inside
                if run.seq not in self._seen.doubted
                if standing(self._about, run.read) and on_claim(run)
            }.values()
        )
