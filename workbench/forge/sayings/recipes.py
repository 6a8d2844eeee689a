"""Questions about cooking."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.forge.phrasing import Fact, Phrasing
from workbench.forge.sayings.pages import bare
from workbench.forge.world import World

HOW = Phrasing(
    asks=(
        "How do I make {dish}?",
        "How do I cook {dish}?",
        "Give me a recipe for {dish}.",
        "I want to make {dish}.",
        "Can you tell me how to make {dish}?",
        "recipe for {bare}",
        "What is the recipe for {dish}?",
        "Tell me how to cook {dish}.",
        "How is {bare} made?",
        "Let us cook {dish}.",
        "How can I prepare {dish}?",
        "Explain how to make {dish}.",
        "Steps for {dish}, please.",
        "Teach me to make {dish}.",
        "What are the steps for {dish}?",
    ),
    held_out=("Could you explain to me how {dish} can be made?", "Please give me the steps for {dish}."),
    answers=(
        "You need {ingredients}. {steps}",
        "{steps}",
        "{steps} It takes about {minutes} minutes.",
        "Take {ingredients}. {steps}",
    ),
)
WITH = Phrasing(
    asks=(
        "What do I need for {dish}?",
        "What goes into {dish}?",
        "Which ingredients do I need for {dish}?",
        "What are the ingredients of {dish}?",
        "What should I buy for {dish}?",
        "What is in {dish}?",
        "List the ingredients of {dish}.",
        "What do I have to buy to make {dish}?",
        "ingredients for {bare}",
    ),
    held_out=("Which things do I need for {dish}?",),
    answers=("For {dish} you need {ingredients}.", "You need {ingredients}.", "Take {ingredients}."),
)
LONG = Phrasing(
    asks=(
        "How long does {dish} take?",
        "How much time do I need for {dish}?",
        "How many minutes does {dish} take?",
        "Is {dish} quick to make?",
        "Does {dish} take long?",
        "When will {dish} be ready?",
        "Tell me how long {dish} takes.",
    ),
    held_out=("How long will it take me to make {dish}?",),
    answers=("It takes about {minutes} minutes.", "About {minutes} minutes.", "You need about {minutes} minutes."),
)


def facts(world: World) -> Iterator[Fact]:
    """Everything that can be asked about each dish."""
    for recipe in world.recipes:
        slots = {
            "dish": recipe.dish,
            "bare": bare(recipe.dish),
            "ingredients": recipe.ingredients,
            "steps": recipe.steps,
            "minutes": str(recipe.minutes),
        }
        yield Fact("recipe", recipe.dish, recipe.steps, HOW, slots)
        yield Fact("ingredients", recipe.dish, recipe.ingredients, WITH, slots)
        yield Fact("minutes", recipe.dish, str(recipe.minutes), LONG, slots)
