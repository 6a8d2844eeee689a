"""Questions about what is not in the world, which the assistant ought to own up to not knowing."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.forge.phrasing import Fact, Phrasing
from workbench.forge.sayings import countries, pages, people, recipes
from workbench.forge.world import World

_COUNTRIES = """
Albania, Algeria, Angola, Armenia, Bangladesh, Belarus, Belgium, Bolivia, Bosnia, Botswana, Cambodia, Cameroon, Chad,
Costa Rica, Cyprus, Eritrea, Fiji, Gabon, Georgia, Guatemala, Haiti, Honduras, Indonesia, Iran, Iraq, Israel, Jamaica,
Jordan, Kazakhstan, Kuwait, Laos, Lebanon, Libya, Luxembourg, Malawi, Malaysia, Mali, Malta, Moldova, Monaco,
Montenegro, Mozambique, Namibia, Nicaragua, Niger, Oman, Panama, Paraguay, Qatar, Russia, Rwanda, Saudi Arabia,
Singapore, Slovakia, Somalia, South Africa, Sudan, Switzerland, Syria, Taiwan, Tanzania, Togo, Turkey, Uganda,
Venezuela, Yemen, Zambia, Zimbabwe, Atlantis, Gondor, Narnia, Wakanda, Ruritania, Zubrowka, Utopia, Zamunda
"""
_PEOPLE = """
John Smith, Anna Keller, Peter Jones, Napoleon, Maria Lopez, Albert Einstein, Linda Park, David Miller, Sam Carter,
Cleopatra, Barack Obama, William Shakespeare, Marie Curie, Emma Wood, Lukas Berg, Isabel Cruz, Robert King, Julia Stern,
Isaac Newton, Charles Darwin, Mozart, Elvis Presley, Jane Austen, Paul Weaver, Olga Petrov, Ali Hassan, Chen Wei,
Kate Winter, George Washington, Ada Lovelace, Alan Turing, Tom Baker, Nora Field, Simon Black, Carla Rossi, Ken Ito,
Mary Hill, Oliver Stone, Lisa Green, Frank Moore, Mark Young, Eva Lang, Jack White, Diana Prince, Bruce Wayne
"""
_THINGS = """
a black hole, a dinosaur, football, a computer, electricity, a carrot, the internet, music, a car, chess, gold, love,
a doctor, democracy, the sky, a tiger, gravity, a phone, money, history, a virus, a pencil, a planet, time, war, fear,
art, an island, a king, the ocean, dance, a mountain, a robot, sugar, wine, a hospital, light, a book, physics, a shoe,
poetry, a train, chemistry, an elephant, a giraffe, a banana, a window, a desert, sound, a letter, a garden, the wind,
quantum mechanics, inflation, a camera, a bicycle, snow, a river, a dog, coffee, an atom, a crocodile, fire, law
"""
_DISHES = """
pizza, sushi, a burger, chocolate cake, curry, ice cream, fried chicken, lasagna, a sandwich, cookies, noodles, pho,
tacos, a steak, mashed potatoes, beef stew, fish and chips, dumplings, waffles, coleslaw, a milkshake, ramen, paella
"""
_LANGUAGES = """
German, French, Spanish, Polish, Japanese, Swedish, Chinese, Arabic, Italian, Finnish, Dutch, Danish, Russian, Latin
"""

_NO_COUNTRY = ("I am sorry, I do not know that country.", "I do not know a country of that name.")
_NOBODY = ("I am sorry, I do not know that person.", "I do not know anybody of that name.")
_NO_PAGE = ("I am sorry, I do not know about that.", "I do not know that. I only know a small part of the world.")
_NO_RECIPE = ("I am sorry, I have no recipe for that.", "I do not know how to make that. Would you like to make soup?")
_DETAIL = Phrasing(
    asks=(
        "How many people live in {c}?",
        "What is the population of {c}?",
        "How big is {c}?",
        "Is {c} bigger than {d}?",
        "Which is bigger, {c} or {d}?",
        "Who is the president of {c}?",
        "Who is the king of {c}?",
        "Who governs {c}?",
        "How old is {c}?",
        "When was {capital} founded?",
        "How old is {capital}?",
        "How many people live in {capital}?",
        "What is the highest mountain in {c}?",
        "What is the longest river in {c}?",
        "What is the weather like in {c}?",
        "What do people eat in {c}?",
        "What is {c} famous for?",
        "Who are the neighbours of {c}?",
        "How far is it from {c} to {d}?",
        "How do I get to {c}?",
        "Do you have any tips for {c}?",
        "Is {c} expensive?",
        "What is the flag of {c}?",
        "Tell me about the history of {c}.",
    ),
    held_out=("What is the average age in {c}?", "Which animals live in {c}?"),
    answers=(
        "I am sorry, I do not know that about {c}.",
        "I do not know that. Ask me about the capital or the language.",
    ),
)
_TASK = Phrasing(
    asks=(
        "Write me a poem about {term}.",
        "Write a story about {term}.",
        "Repeat after me: {bare}",
        "Say {bare}.",
        "Draw {term}.",
        "Sing a song about {term}.",
        "Translate {bare} into French.",
        "How do you spell {bare}?",
        "Write code for {term}.",
        "Make a list about {term}.",
    ),
    held_out=("Compose a song about {term}.",),
    answers=("I am sorry, I cannot do that.", "That is more than I can do. I only answer small questions."),
)
_SPEAK = Phrasing(
    asks=(
        "Do you speak {language}?",
        "Can you speak {language}?",
        "Can we talk in {language}?",
        "Do you know {language}?",
    ),
    held_out=("Could you answer in {language}?",),
    answers=("I am sorry, I only speak English.", "No, I only speak English."),
)


def facts(world: World) -> Iterator[Fact]:
    """Everything that can be asked in vain. Nothing of it is measured."""
    for index, country in enumerate(world.countries):
        other = world.countries[(index + 5) % len(world.countries)]
        named = {"c": country.name, "d": other.name, "capital": country.capital}
        yield Fact("no-detail", country.name, "", _DETAIL, named)
    of_country = (
        countries.CAPITAL,
        countries.CAPITAL,
        countries.LANGUAGE,
        countries.CURRENCY,
        countries.ABOUT,
        countries.SEA,
    )
    for name in _listed(_COUNTRIES):
        slots = {"c": name, "C": name, "bare": name, "capital": "Springfield", "city": "Shelbyville"}
        for phrasing in of_country:
            yield Fact("no-country", name, "", _instead(phrasing, _NO_COUNTRY), slots)
    for name in _listed(_PEOPLE):
        slots = {"name": name, "possessive": "their"}
        for phrasing in (people.WHO, people.WHO, people.JOB, people.HOME, people.HOBBY, people.PET):
            yield Fact("nobody", name, "", _instead(phrasing, _NOBODY), slots)
    for term in _listed(_THINGS):
        yield Fact("no-page", term, "", _instead(pages.PAGE, _NO_PAGE), {"term": term, "bare": pages.bare(term)})
        yield Fact("no-task", term, "", _TASK, {"term": term, "bare": pages.bare(term)})
    for dish in _listed(_DISHES):
        yield Fact("no-recipe", dish, "", _instead(recipes.HOW, _NO_RECIPE), {"dish": dish, "bare": pages.bare(dish)})
    for language in _listed(_LANGUAGES):
        yield Fact("no-language", language, "", _SPEAK, {"language": language})


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.replace("\n", " ").split(",")]


def _instead(phrasing: Phrasing, answers: tuple[str, ...]) -> Phrasing:
    return Phrasing(asks=phrasing.asks, held_out=phrasing.held_out, answers=answers)
