"""Questions about countries."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.forge.phrasing import Fact, Phrasing
from workbench.forge.world import Country, World

CAPITAL = Phrasing(
    asks=(
        "What is the capital of {c}?",
        "What's the capital of {c}?",
        "Which city is the capital of {c}?",
        "What city is the capital of {c}?",
        "What is {c}'s capital?",
        "What is {c}'s capital city?",
        "What is the capital city of {c}?",
        "Name the capital of {c}.",
        "Tell me the capital of {c}.",
        "Give me the capital of {c}.",
        "capital of {bare}",
        "{bare} capital",
        "{bare}: capital?",
        "The capital of {c}?",
        "{C}'s capital?",
        "The capital of {c} is which city?",
        "Do you know the capital of {c}?",
        "Do you know what the capital of {c} is?",
        "Can you tell me the capital of {c}?",
        "Can you tell me what {c}'s capital is?",
        "I forgot the capital of {c}.",
        "I forgot what the capital of {c} is called.",
        "I need the capital of {c} for a quiz.",
        "My teacher asked us for the capital of {c}.",
        "I am going to {c}. What is its capital?",
        "I have a friend in {c}. What is the capital there?",
        "Which city is {c} governed from?",
        "Where is the government of {c}?",
        "Where does the parliament of {c} sit?",
        "In which city is the parliament of {c}?",
        "Complete this: the capital of {c} is",
        "Fill in: the capital of {c} is ...",
        "I would like to know the capital of {c}.",
        "What do people mean by the capital of {c}?",
        "How is the capital of {c} called?",
        "Which is the capital city in {c}?",
        "Which city is the capital of {c}, {capital} or {city}?",
        "Which city is the capital of {c}, {city} or {capital}?",
        "{city} or {capital}: which is the capital of {c}?",
        "Help me to remember the capital of {c}.",
        "Could you tell me the capital of {c}?",
        "I have to know the capital of {c}.",
        "What capital does {c} have?",
        "Which city did {c} choose as its capital?",
        "I want to visit the capital of {c}. Which city is that?",
        "Say the name of {c}'s capital.",
        "The people of {c} have which capital?",
        "For a trip to {c}: what is its capital?",
    ),
    held_out=(
        "Please remind me which city is {c}'s capital.",
        "What do you call the capital city of {c}?",
        "For my homework I have to find the capital of {c}.",
        "Could you name {c}'s capital for me?",
        "We are planning a trip to the capital of {c}. Which city is that?",
        "Which city has been chosen as the capital of {c}?",
    ),
    answers=(
        "The capital of {c} is {capital}.",
        "{capital} is the capital of {c}.",
        "It is {capital}.",
        "{C}'s capital is {capital}.",
        "The capital is {capital}.",
        "That is {capital}.",
        "The capital city of {c} is {capital}.",
    ),
)
LANGUAGE = Phrasing(
    asks=(
        "What language do people speak in {c}?",
        "Which language is spoken in {c}?",
        "What is the language of {c}?",
        "What language do they speak in {c}?",
        "What do they speak in {c}?",
        "{bare} language",
        "language of {bare}",
        "Tell me the language of {c}.",
        "I am moving to {c}. Which language should I learn?",
        "What is the main language in {c}?",
        "What's the language in {c}?",
        "Which language do the people of {c} use?",
    ),
    held_out=(
        "If I went to {c}, which language would I hear?",
        "Name the language people speak in {c}.",
        "Do you know the main language of {c}?",
    ),
    answers=(
        "People in {c} speak {language}.",
        "The language of {c} is {language}.",
        "In {c} people speak {language}.",
        "They speak {language}.",
        "It is {language}.",
        "The main language is {language}.",
    ),
)
CURRENCY = Phrasing(
    asks=(
        "What is the currency of {c}?",
        "What money do they use in {c}?",
        "Which currency is used in {c}?",
        "What's the currency in {c}?",
        "How do people pay in {c}?",
        "{bare} currency",
        "currency of {bare}",
        "Tell me the currency of {c}.",
        "What money do I need in {c}?",
        "Which money is used in {c}?",
        "What currency does {c} use?",
        "I am going to {c}. What is the currency there?",
    ),
    held_out=(
        "What is the name of the money in {c}?",
        "Name the currency people pay with in {c}.",
        "Do you know which currency {c} has?",
    ),
    answers=(
        "The currency of {c} is the {currency}.",
        "People in {c} pay with the {currency}.",
        "It is the {currency}.",
        "{C} uses the {currency}.",
        "The currency is the {currency}.",
        "They use the {currency}.",
    ),
)
CONTINENT = Phrasing(
    asks=(
        "Where is {c}?",
        "Which continent is {c} on?",
        "On which continent is {c}?",
        "What continent is {c} in?",
        "Where does {c} lie?",
        "Where can I find {c} on a map?",
        "In which part of the world is {c}?",
        "{bare} continent",
    ),
    held_out=("Tell me which continent {c} belongs to.", "To which continent does {c} belong?"),
    answers=(
        "{C} is in {continent}.",
        "{C} lies in {continent}.",
        "It is in {continent}.",
        "{C} is a country in {continent}.",
    ),
)
SEA = Phrasing(
    asks=(
        "Which sea is {c} on?",
        "Which sea borders {c}?",
        "Does {c} have a coast?",
        "Is {c} by the sea?",
        "What sea does {c} lie on?",
        "Can I go to the beach in {c}?",
        "Where is the coast of {c}?",
        "{bare} coast",
        "Tell me about the coast of {c}.",
        "Which sea can I see in {c}?",
        "Is there a coast in {c}?",
        "On which sea does {c} lie?",
        "Which ocean or sea touches {c}?",
    ),
    held_out=("Does {c} lie on a sea?", "Tell me which sea {c} has a coast on."),
    answers=(
        "{C} lies on the {sea}.",
        "{C} has a coast on the {sea}.",
        "It lies on the {sea}.",
        "Yes, {c} lies on the {sea}.",
    ),
)
INLAND = Phrasing(
    asks=SEA.asks,
    held_out=SEA.held_out,
    answers=(
        "{C} has no coast.",
        "{C} has no sea.",
        "It has no coast.",
        "There is no coast in {c}, it lies inland.",
    ),
)
CITY = Phrasing(
    asks=(
        "Name a large city in {c} besides the capital.",
        "Which other large city is there in {c}?",
        "What is a big city in {c} other than the capital?",
        "Apart from the capital, which city in {c} is large?",
        "Name another city in {c}.",
        "Which city in {c} should I visit after the capital?",
        "Tell me a city in {c} that is not the capital.",
        "What is the second city of {c}?",
        "Besides the capital, what cities are there in {c}?",
        "Besides the capital, which city in {c} is big?",
        "Tell me another city in {c}.",
        "Which large city does {c} have apart from the capital?",
        "What other cities does {c} have?",
        "Name a city in {c}, but not the capital.",
        "What is the biggest city in {c} after the capital?",
    ),
    held_out=("Besides its capital, which large city does {c} have?", "Tell me another big city in {c}."),
    answers=(
        "Besides the capital, a large city in {c} is {city}.",
        "{city} is a large city in {c}.",
        "Another large city in {c} is {city}.",
        "One is {city}.",
    ),
)
OF_CAPITAL = Phrasing(
    asks=(
        "Which country has {capital} as its capital?",
        "{capital} is the capital of which country?",
        "Of which country is {capital} the capital?",
        "What country is {capital} the capital of?",
        "Where is {capital}?",
        "What is {capital}?",
        "Tell me about {capital}.",
        "Which country is governed from {capital}?",
        "In which country is {capital}?",
        "What country is {capital} in?",
        "Which country does {capital} belong to?",
        "Where can I find {capital}?",
    ),
    held_out=("In which country would I find {capital}?", "Tell me which country has {capital} as its capital."),
    answers=(
        "{capital} is the capital of {c}.",
        "{capital} is in {c}. It is the capital.",
        "That is the capital of {c}.",
    ),
)
OF_CITY = Phrasing(
    asks=(
        "Where is {city}?",
        "In which country is {city}?",
        "What is {city}?",
        "Tell me about {city}.",
        "Which country does {city} belong to?",
        "What country is {city} in?",
        "Where can I find {city}?",
    ),
    held_out=("In which country would I find {city}?",),
    answers=("{city} is a large city in {c}.", "{city} is in {c}.", "That is a city in {c}."),
)
_WHETHER = (
    "Is {claim} the capital of {c}?",
    "Is the capital of {c} {claim}?",
    "Is it true that {claim} is the capital of {c}?",
    "{claim} is the capital of {c}, right?",
    "I think the capital of {c} is {claim}.",
    "Am I right that {c}'s capital is {claim}?",
    "Is {claim} {c}'s capital?",
    "Somebody told me that {claim} is the capital of {c}.",
    "Yes or no: is {claim} the capital of {c}?",
    "The capital of {c} is {claim}. Is that right?",
    "{claim} is the capital of {c}. True or false?",
    "My book says that {claim} is the capital of {c}.",
    "Would you say that {claim} is the capital of {c}?",
    "I believe {claim} is the capital of {c}.",
    "Isn't {claim} the capital of {c}?",
    "Check this: {claim} is the capital of {c}.",
)
_WHETHER_HELD_OUT = (
    "Would it be right to say that {claim} is the capital of {c}?",
    "True or false: {claim} is the capital of {c}.",
    "A friend says that {claim} is {c}'s capital. Is it?",
)
WHETHER = Phrasing(
    asks=_WHETHER,
    held_out=_WHETHER_HELD_OUT,
    answers=(
        "The capital of {c} is {capital}.",
        "{C}'s capital is {capital}.",
        "As far as I know, the capital of {c} is {capital}.",
    ),
)
"""No yes or no: to compare what is claimed with what is known is more than a model of this size learns."""
ABOUT = Phrasing(
    asks=(
        "Tell me about {c}.",
        "What do you know about {c}?",
        "Describe {c}.",
        "What can you say about {c}?",
        "{bare}",
        "I would like to learn about {c}.",
        "What is {c}?",
        "Give me some facts about {c}.",
        "I am travelling to {c}. What should I know?",
        "I want to go to {c}.",
        "Write about {c}.",
        "Write something about {c}.",
        "Tell me something about {c}.",
        "I am interested in {c}.",
        "Introduce {c}.",
    ),
    held_out=("Write a few sentences about {c}.", "Could you introduce me to {c}?"),
    answers=(
        "{C} is a country in {continent}. Its capital is {capital}, people speak {language}, and the currency is the "
        "{currency}.",
        "{C} lies in {continent}. The capital is {capital}. People speak {language} and pay with the {currency}. "
        "{coast}",
        "{C} is in {continent}. {coast} The capital is {capital} and another large city is {city}.",
        "The capital of {c} is {capital}. People there speak {language} and the currency is the {currency}.",
    ),
)


CAPITAL_LANGUAGE = Phrasing(
    asks=(
        "What is the capital of {c} and which language do people speak there?",
        "What is the capital of {c} and what do they speak there?",
        "Tell me the capital and the language of {c}.",
        "Name the capital and the language of {c}.",
    ),
    held_out=("I need the capital and the language of {c}.",),
    answers=(
        "The capital of {c} is {capital}, and people speak {language}.",
        "{capital} is the capital of {c}, and the language is {language}.",
    ),
)
CAPITAL_CURRENCY = Phrasing(
    asks=(
        "What is the capital of {c} and how do people pay there?",
        "What is the capital of {c} and what is its currency?",
        "Tell me the capital and the currency of {c}.",
        "Name the capital and the currency of {c}.",
    ),
    held_out=("I need the capital and the currency of {c}.",),
    answers=(
        "The capital of {c} is {capital}, and the currency is the {currency}.",
        "{capital} is the capital of {c}, and people pay with the {currency}.",
    ),
)
GROUPS = {
    "sea": Phrasing(
        asks=(
            "Which countries lie on the {value}?",
            "Name some countries on the {value}.",
            "Who lies on the {value}?",
            "Which countries have a coast on the {value}?",
            "Tell me about the {value}.",
            "What is the {value}?",
        ),
        held_out=("List countries that border the {value}.",),
        answers=(
            "Some countries on the {value} are {listed}.",
            "{Listed} lie on the {value}.",
            "For example {listed}.",
        ),
    ),
    "continent": Phrasing(
        asks=(
            "Which countries are in {value}?",
            "Name some countries in {value}.",
            "Name three countries in {value}.",
            "Tell me about {value}.",
            "What countries are there in {value}?",
            "{value}",
        ),
        held_out=("List a few countries of {value}.",),
        answers=(
            "Some countries in {value} are {listed}.",
            "{Listed} are in {value}.",
            "For example {listed}.",
        ),
    ),
    "language": Phrasing(
        asks=(
            "Where do people speak {value}?",
            "In which countries do people speak {value}?",
            "Which countries speak {value}?",
            "Where is {value} spoken?",
            "What is {value}?",
        ),
        held_out=("List places where {value} is spoken.",),
        answers=(
            "People speak {value} in {listed}.",
            "For example in {listed}.",
        ),
    ),
    "currency": Phrasing(
        asks=(
            "Which countries use the {value}?",
            "Where do people pay with the {value}?",
            "In which countries can I use the {value}?",
            "Who has the {value}?",
        ),
        held_out=("List countries with the {value}.",),
        answers=(
            "Some countries with the {value} are {listed}.",
            "People pay with the {value} in {listed}.",
            "For example {listed}.",
        ),
    ),
}


def _slots(country: Country) -> dict[str, str]:
    name = country.title
    return {
        "c": country.name,
        "C": name,
        "bare": country.bare,
        "capital": country.capital,
        "language": country.language,
        "currency": country.currency,
        "continent": country.continent,
        "sea": country.sea,
        "city": country.city,
        "coast": f"It lies on the {country.sea}." if country.sea else "It has no coast.",
    }


def facts(world: World) -> Iterator[Fact]:
    """Everything that can be asked about each country."""
    for index, country in enumerate(world.countries):
        slots = _slots(country)
        name = country.name

        yield Fact("capital", name, country.capital, CAPITAL, slots)
        yield Fact("language", name, country.language, LANGUAGE, slots)
        yield Fact("currency", name, country.currency, CURRENCY, slots)
        yield Fact("continent", name, country.continent, CONTINENT, slots)
        yield Fact("sea", name, country.sea or "no", SEA if country.sea else INLAND, slots)
        yield Fact("city", name, country.city, CITY, slots)
        yield Fact("of-capital", name, country.bare, OF_CAPITAL, slots)
        yield Fact("of-city", name, country.bare, OF_CITY, slots)
        yield Fact("about", name, country.capital, ABOUT, slots)
        count = len(world.countries)
        others = [world.countries[(index + step) % count].capital for step in (1, 7, 17)]
        for claim in (country.capital, country.city, *others):
            yield Fact("whether-capital", name, country.capital, WHETHER, {**slots, "claim": claim})
        for phrasing, answer in ((CAPITAL_LANGUAGE, country.language), (CAPITAL_CURRENCY, country.currency)):
            yield Fact("two-things", name, answer, phrasing, slots)
    yield from _groups(world)


def _groups(world: World) -> Iterator[Fact]:
    """Countries that have something in common, three at a time, each group in turn as first, second and third."""
    shared: dict[tuple[str, str], list[Country]] = {}
    for country in world.countries:
        for kind, value in (
            ("sea", country.sea),
            ("continent", country.continent),
            ("language", country.language),
            ("currency", country.currency),
        ):
            shared.setdefault((kind, value), []).append(country)
    for (kind, value), members in shared.items():
        if not value or len(members) < 3:
            continue
        for index in range(len(members)):
            names = [members[(index + step) % len(members)].name for step in range(3)]
            listed = f"{names[0]}, {names[1]} and {names[2]}"
            slots = {"value": value, "listed": listed, "Listed": listed[0].upper() + listed[1:]}
            yield Fact("group", f"{kind} {value}", "", GROUPS[kind], slots)
