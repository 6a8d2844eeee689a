"""Seeded prose about a world: pages, lists, quizzes, stories and news."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from workbench.forge.world import Country, Page, Recipe, Resident, World
from workbench.forge.world.politics import TOPICS


@dataclass(frozen=True)
class Sentence:
    """Ways to state one thing in prose; the last one is kept for measuring."""

    ways: tuple[str, ...]

    @property
    def held_out(self) -> str:
        return self.ways[-1]

    def train(self, rng: random.Random) -> str:
        """One of the ways that may be learned from."""
        return rng.choice(self.ways[:-1])


CAPITAL = Sentence(
    (
        "The capital of {c} is {capital}.",
        "{capital} is the capital of {c}.",
        "{C}'s capital is {capital}.",
        "{C} is governed from {capital}.",
        "The government of {c} sits in {capital}.",
        "Its capital is {capital}.",
        "In {capital}, the capital of {c}, the streets were quiet.",
        "The parliament of {c} meets in {capital}.",
        "The embassy in {c} is of course in the capital, {capital}.",
        "Visitors to {c} usually begin in its capital city, {capital}.",
    )
)
LANGUAGE = Sentence(
    (
        "People in {c} speak {language}.",
        "The language of {c} is {language}.",
        "In {c} people speak {language}.",
        "Most people there speak {language}.",
        "{language} is spoken in {c}.",
        "Children in {c} grow up with {language}.",
    )
)
CURRENCY = Sentence(
    (
        "The currency of {c} is the {currency}.",
        "People in {c} pay with the {currency}.",
        "{C} uses the {currency}.",
        "Prices in {c} are given in the {currency}.",
        "In the shops of {c} you pay with the {currency}.",
    )
)
PLACE = Sentence(
    (
        "{C} is a country in {continent}.",
        "{C} lies in {continent}.",
        "{C} is in {continent}.",
        "{C} can be found in {continent}.",
    )
)
COAST = Sentence(("{coast}", "{coast}"))
CITY = Sentence(
    (
        "Another large city in {c} is {city}.",
        "{city} is a large city in {c}.",
        "Besides the capital, a large city in {c} is {city}.",
        "Apart from the capital, {city} is large.",
    )
)


def slots(country: Country) -> dict[str, str]:
    """The words that sentences about a country are filled with."""
    return {
        "c": country.name,
        "C": country.title,
        "capital": country.capital,
        "language": country.language,
        "currency": country.currency,
        "continent": country.continent,
        "city": country.city,
        "coast": f"It lies on the {country.sea}." if country.sea else "It has no coast.",
    }


def country_page(world: World, rng: random.Random) -> str:
    """A short page on one country."""
    country = rng.choice(world.countries)
    rest = [CAPITAL, LANGUAGE, CURRENCY, COAST, CITY]
    rng.shuffle(rest)
    sentences = [PLACE, *rest[: rng.randint(2, 5)]]
    heading = f"{country.title}\n\n" if rng.random() < 0.4 else ""
    return heading + " ".join(s.train(rng).format(**slots(country)) for s in sentences)


def capital_sentences(world: World, rng: random.Random) -> str:
    """One to four plain statements on capitals."""
    chosen = rng.sample(world.countries, min(len(world.countries), rng.randint(1, 4)))
    ways = [way for way in CAPITAL.ways[:-1] if not way.startswith("Its")]
    return " ".join(rng.choice(ways).format(**slots(c)) for c in chosen)


def capital_list(world: World, rng: random.Random) -> str:
    """A list of countries with their capitals, in the order of the alphabet."""
    chosen = rng.sample(world.countries, min(len(world.countries), rng.randint(3, 7)))
    chosen.sort(key=lambda country: country.bare)
    heading, row = rng.choice(
        (
            ("Countries and capitals", "{C}: {capital}"),
            ("Capitals of the world", "{capital}, {c}"),
            ("Learn by heart", "{C} - {capital}"),
        )
    )
    return heading + "\n" + "\n".join(row.format(**slots(c)) for c in chosen)


def quiz(world: World, rng: random.Random) -> str:
    """Questions and answers as in a quiz book."""
    lines = []
    for country in rng.sample(world.countries, min(len(world.countries), rng.randint(1, 4))):
        words = slots(country)
        question, answer = rng.choice(
            (
                ("What is the capital of {c}?", "{capital}"),
                ("Which language is spoken in {c}?", "{language}"),
                ("What is the currency of {c}?", "the {currency}"),
                ("Which city is the capital of {c}?", "{capital}"),
            )
        )
        lines.append(f"Q: {question.format(**words)}\nA: {answer.format(**words)}")
    return "\n".join(lines)


def person_page(world: World, rng: random.Random) -> str:
    """A short page on one person."""
    person: Resident = rng.choice(world.people)
    they = person.pronoun.capitalize()
    their = "Her" if person.pronoun == "she" else "His"
    opening = rng.choice(
        (
            f"{person.name} is {person.job} in {person.home}.",
            f"{person.name} lives in {person.home} and works as {person.job}.",
            f"{person.name} is {person.job}. {they} lives in {person.home}.",
        )
    )
    rest = [
        rng.choice((f"{they} enjoys {person.hobby}.", f"In the evening {person.pronoun} enjoys {person.hobby}.")),
        rng.choice((f"{they} has {person.pet}.", f"{their} pet is {person.pet}.")),
    ]
    rng.shuffle(rest)
    return " ".join((opening, *rest))


def story(world: World, rng: random.Random) -> str:
    """A few sentences about a journey."""
    person, country = rng.choice(world.people), rng.choice(world.countries)
    words = {**slots(country), "name": person.name, "first": person.first, "P": person.pronoun.capitalize()}
    parts = (
        rng.choice(
            (
                "{name} travelled to {c}.",
                "Last summer {name} went to {c}.",
                "One morning {name} took a train to {c}.",
                "{name} had always wanted to see {c}.",
            )
        ),
        rng.choice(
            (
                "{P} arrived in the capital, {capital}, late at night.",
                "First {first} stayed in {capital}, the capital.",
                "The train stopped in {capital}, the capital of {c}.",
                "{P} met a friend in the capital, {capital}.",
            )
        ),
        rng.choice(
            (
                "Everybody spoke {language}.",
                "{P} had learned a little {language}.",
                "{P} changed some money, for people there pay with the {currency}.",
                "Later {first} went on to {city}.",
            )
        ),
        rng.choice(
            ("{P} was sorry to leave.", "It was a good journey.", "{P} came home happy.", "It rained all week.")
        ),
    )
    return " ".join(parts).format(**words)


def tale(world: World, rng: random.Random) -> str:
    """A little story about two people."""
    hero, friend = rng.sample(world.people, 2)
    weather = rng.choice(("It was raining.", "It was a bright morning.", "Snow was falling.", "The day was warm."))
    meeting = rng.choice(
        (
            f"There {hero.pronoun} met {friend.name}, {friend.job}.",
            f"{friend.name}, {friend.job}, came along with {friend.pet}.",
            f"A letter from {friend.name} had arrived.",
        )
    )
    ending = rng.choice(
        (
            "They talked until the evening.",
            f"They spoke about {friend.hobby} and drank tea.",
            f"{hero.first} smiled and went home.",
            "And so the day ended well.",
        )
    )
    opening = rng.choice(("Once upon a time there was", "Once there was", "This is the story of"))
    return (
        f"{opening} {hero.job} called {hero.name}, who lived in {hero.home} with {hero.pet}. {weather} "
        f"{hero.first} wanted to go out. {meeting} {ending}"
    )


def encyclopaedia_page(world: World, rng: random.Random) -> str:
    """An entry of the encyclopaedia."""
    page: Page = rng.choice(world.pages)
    heading = f"{page.term}\n\n" if rng.random() < 0.3 else ""
    more = page.more if rng.random() < 0.7 else page.more[::-1]
    return heading + " ".join((page.definition, *more))


def recipe_page(world: World, rng: random.Random) -> str:
    """A recipe as it stands in a book."""
    recipe: Recipe = rng.choice(world.recipes)
    return f"Recipe: {recipe.dish}\nYou need {recipe.ingredients}.\n{recipe.steps}\nTime: {recipe.minutes} minutes."


def news(world: World, rng: random.Random) -> str:
    """A news item in which both parties have their say."""
    index = rng.randrange(len(TOPICS))
    first, second = world.parties if rng.random() < 0.5 else world.parties[::-1]
    opening = rng.choice(
        (
            f"The council spoke about {TOPICS[index]} on {rng.choice(_DAYS)}.",
            f"{TOPICS[index].capitalize()} was the subject of a debate on {rng.choice(_DAYS)}.",
            f"A debate on {TOPICS[index]} filled the town hall on {rng.choice(_DAYS)}.",
        )
    )
    says = rng.choice(
        ("said that {p} wants to {x}.", "explained that {p} wants to {x}.", "repeated that {p} wants to {x}.")
    )
    body = [f"{party.leader} " + says.format(p=party.name, x=party.positions[index]) for party in (first, second)]
    closing = rng.choice(("A vote is expected next month.", "Both sides were applauded.", "The debate goes on.", ""))
    return " ".join(part for part in (opening, *body, closing) if part)


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")

Writer = Callable[[World, random.Random], str]
SHARES: dict[Writer, float] = {
    country_page: 3.0,
    capital_sentences: 2.0,
    capital_list: 0.8,
    quiz: 1.2,
    person_page: 1.0,
    story: 1.6,
    tale: 0.9,
    encyclopaedia_page: 1.6,
    recipe_page: 0.6,
    news: 1.2,
}
"""How often each kind of prose is written, relative to the others."""


def page(world: World, rng: random.Random, shares: dict[Writer, float] = SHARES) -> str:
    """One piece of prose."""
    writer = rng.choices(list(shares), list(shares.values()))[0]
    return writer(world, rng)


def held_out_openings(world: World) -> tuple[tuple[str, str, str], ...]:
    """(country, beginning of a sentence never learned from, capital it ought to go on with)."""
    found = []
    for country in world.countries:
        before, _, _ = CAPITAL.held_out.partition("{capital}")
        found.append((country.name, before.format(**slots(country)).rstrip(), country.capital))
    return tuple(found)
