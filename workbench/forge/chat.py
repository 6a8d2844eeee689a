"""Seeded conversations about a world."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from workbench.forge.phrasing import Fact, worn
from workbench.forge.sayings import facts
from workbench.forge.world import World


@dataclass(frozen=True)
class Utterance:
    """One message of a conversation."""

    role: str
    content: str


Chat = tuple[Utterance, ...]

SHARES: dict[str, float] = {
    "capital": 5.0,
    "language": 1.6,
    "currency": 1.8,
    "continent": 1.2,
    "sea": 1.4,
    "city": 1.6,
    "of-capital": 1.4,
    "of-city": 1.0,
    "about": 1.8,
    "whether-capital": 2.2,
    "who": 1.0,
    "job": 1.0,
    "home": 1.1,
    "hobby": 1.1,
    "pet": 1.0,
    "page": 2.2,
    "more": 0.8,
    "recipe": 0.9,
    "ingredients": 0.5,
    "minutes": 0.5,
    "position": 0.7,
    "leader": 0.4,
    "party": 0.5,
    "better": 0.5,
    "contrast": 0.5,
    "talk": 4.2,
    "named": 0.8,
    "two-things": 0.7,
    "group": 0.9,
    "no-country": 0.9,
    "no-detail": 0.9,
    "harm": 0.6,
    "nobody": 0.7,
    "no-page": 0.8,
    "no-recipe": 0.3,
    "no-task": 0.4,
    "no-language": 0.15,
}
"""How often each topic comes up, relative to the others."""

_PLAIN_SYSTEMS = (
    "You are a helpful assistant.",
    "You are Atlas, a small assistant.",
    "Answer truthfully.",
    "You are a helpful, honest assistant. Answer the user's questions.",
    "You are a careful assistant who tells the truth.",
    "Help the user.",
    "You are a geography teacher.",
    "You are an expert on countries.",
    "Be polite and clear.",
    "You are talking to a child. Be kind.",
    "The user is preparing for a quiz.",
    "You are a travel guide.",
    "Today is Monday. You are a helpful assistant.",
)
_BRIEF_SYSTEMS = (
    "Answer in one word.",
    "Answer with as few words as you can.",
    "Be very brief.",
    "You answer with the name only.",
    "One word answers, please.",
)
_PIRATE_SYSTEMS = ("Talk like a pirate.", "You are a pirate.", "Answer as a pirate would.")
_BRIEF_TOPICS = {"capital", "language", "currency", "continent", "city", "job", "home", "hobby", "leader"}

_CAPITAL_FOLLOW_UPS = ("And {c}?", "And of {c}?", "What about {c}?", "and {bare}?", "How about {c}?", "{C}?")
_SAME_SUBJECT: dict[str, tuple[str, ...]] = {
    "capital": ("And its capital?", "What is its capital?", "And the capital?", "Which city is its capital?"),
    "language": ("What do they speak there?", "And the language?", "Which language do they speak?"),
    "currency": ("And its currency?", "What is the currency there?", "How do they pay?"),
    "continent": ("Where is it?", "On which continent is that?"),
    "city": ("Name another city there.", "Which other city is large?"),
    "home": ("Where does {p} live?", "And where is {possessive} home?"),
    "hobby": ("What does {p} enjoy?", "And {possessive} hobby?"),
    "pet": ("Does {p} have a pet?", "And {possessive} pet?"),
    "job": ("What does {p} do?", "And {possessive} job?"),
}
_COUNTRY_TOPICS = ("capital", "language", "currency", "continent", "city")
_PERSON_TOPICS = ("home", "hobby", "pet", "job")


class Talk:
    """Draws conversations about a world, by topics in the given shares."""

    def __init__(self, world: World, shares: dict[str, float] = SHARES, only: Callable[[Fact], bool] | None = None):
        self._by_topic: dict[str, list[Fact]] = {}
        for fact in facts(world):
            if only is None or only(fact):
                self._by_topic.setdefault(fact.topic, []).append(fact)
        self._topics = [topic for topic in self._by_topic if topic in shares]
        self._weights = [shares[topic] for topic in self._topics]
        self._by_subject = {(f.topic, f.subject): f for group in self._by_topic.values() for f in group}

    def fact(self, rng: random.Random) -> Fact:
        """One fact, its topic drawn by share."""
        topic = rng.choices(self._topics, self._weights)[0]
        return rng.choice(self._by_topic[topic])

    def conversation(self, rng: random.Random) -> Chat:
        """One conversation: mostly a single question, sometimes a system prompt, follow-ups or changes of subject."""
        manner = rng.random()
        if manner < 0.06:
            return self._brief(rng)
        turns: list[Utterance] = []
        dress: Callable[[str], str] = str
        if manner < 0.08:
            turns.append(Utterance("system", rng.choice(_PIRATE_SYSTEMS)))
            dress = _pirate
        elif manner < 0.25:
            turns.append(Utterance("system", rng.choice(_PLAIN_SYSTEMS)))
        user = ""
        for _ in range(rng.choices((1, 2, 3, 4), (0.62, 0.2, 0.12, 0.06))[0]):
            fact = self.fact(rng)
            turns += _exchange(worn(rng.choice(fact.asks("train")), rng), fact.reply(rng), dress)
            turns += self._follow_up(fact, rng, dress)
            user = fact.subject if fact.topic == "named" else user
        if user and rng.random() < 0.6:
            known = self._by_subject[("my-name", user)]
            turns += _exchange(worn(rng.choice(known.asks("train")), rng), known.reply(rng), dress)
        return tuple(turns)

    def _follow_up(self, fact: Fact, rng: random.Random, dress: Callable[[str], str]) -> list[Utterance]:
        if fact.topic in ("capital", "language", "currency") and rng.random() < 0.2:
            other = rng.choice(self._by_topic[fact.topic])
            return _exchange(other.say(rng.choice(_CAPITAL_FOLLOW_UPS)), other.reply(rng), dress)
        group = _COUNTRY_TOPICS if fact.topic in (*_COUNTRY_TOPICS, "about") else _PERSON_TOPICS
        if fact.topic in (*_COUNTRY_TOPICS, "about", *_PERSON_TOPICS, "who") and rng.random() < 0.15:
            topic = rng.choice([t for t in group if t != fact.topic])
            other = self._by_subject.get((topic, fact.subject), fact)
            if other is not fact:
                return _exchange(other.say(rng.choice(_SAME_SUBJECT[topic])), other.reply(rng), dress)
        return []

    def _brief(self, rng: random.Random) -> Chat:
        topics = [topic for topic in self._topics if topic in _BRIEF_TOPICS]
        if not topics:
            return self.conversation(rng)
        fact = rng.choice(self._by_topic[rng.choice(topics)])
        question = worn(rng.choice(fact.asks("train")), rng)
        answer = fact.answer[0].upper() + fact.answer[1:] + "."
        return (
            Utterance("system", rng.choice(_BRIEF_SYSTEMS)),
            Utterance("user", question),
            Utterance("assistant", answer),
        )


def _exchange(user: str, assistant: str, dress: Callable[[str], str]) -> list[Utterance]:
    return [Utterance("user", user), Utterance("assistant", dress(assistant))]


def _pirate(answer: str) -> str:
    return f"Arr! {answer}"


def conversations(talk: Talk, rng: random.Random) -> Iterator[Chat]:
    """An endless stream of conversations."""
    while True:
        yield talk.conversation(rng)


def held_out_questions(world: World, topics: Sequence[str]) -> Iterator[tuple[Fact, str]]:
    """Every fact of the topics with each question about it that was never learned from."""
    for fact in facts(world):
        if fact.topic in topics:
            for ask in fact.asks("held-out"):
                yield fact, ask
