"""The recipes of the small world."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """A dish, what goes in and what to do."""

    dish: str
    ingredients: str
    steps: str
    minutes: int


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "pancakes",
        "flour, milk, eggs and a little butter",
        "Mix the flour, milk and eggs until smooth. Heat butter in a pan and pour in some batter. "
        "Turn each pancake when bubbles appear.",
        20,
    ),
    Recipe(
        "tomato soup",
        "tomatoes, an onion, garlic and stock",
        "Fry the onion and garlic gently. Add the tomatoes and the stock and simmer. Blend the soup and season it.",
        35,
    ),
    Recipe(
        "rice",
        "rice, water and salt",
        "Rinse the rice. Bring it to the boil with twice as much water and salt. Cover and cook on low heat.",
        18,
    ),
    Recipe(
        "an omelette",
        "eggs, butter, salt and pepper",
        "Beat the eggs with salt and pepper. Melt butter in a pan and pour them in. Fold the omelette when it is set.",
        8,
    ),
    Recipe(
        "bread",
        "flour, water, yeast and salt",
        "Knead the flour, water, yeast and salt into a dough. Let it rise until it has doubled. Bake it in a hot oven.",
        180,
    ),
    Recipe(
        "pasta with garlic",
        "spaghetti, garlic, olive oil and parsley",
        "Boil the spaghetti in salted water. Warm sliced garlic in olive oil. Toss everything with parsley.",
        15,
    ),
    Recipe(
        "a green salad",
        "lettuce, cucumber, oil and vinegar",
        "Wash and tear the lettuce. Slice the cucumber. Dress the salad with oil and vinegar just before serving.",
        10,
    ),
    Recipe(
        "apple pie",
        "apples, flour, butter, sugar and cinnamon",
        "Rub the butter into the flour and roll out the pastry. Fill it with apples, sugar and cinnamon. "
        "Bake until golden.",
        75,
    ),
    Recipe(
        "lentil stew",
        "lentils, carrots, an onion and cumin",
        "Fry the onion with cumin. Add the lentils, the carrots and water. Simmer until the lentils are soft.",
        45,
    ),
    Recipe(
        "roast potatoes",
        "potatoes, oil and rosemary",
        "Boil the potatoes for ten minutes. Shake them in oil with rosemary. Roast them until they are crisp.",
        60,
    ),
    Recipe(
        "hummus",
        "chickpeas, sesame paste, lemon and garlic",
        "Drain the chickpeas. Blend them with sesame paste, lemon and garlic. Loosen it with a little cold water.",
        10,
    ),
    Recipe(
        "porridge",
        "oats, milk and a pinch of salt",
        "Put the oats, milk and salt in a pot. Stir over gentle heat until thick. Top it with fruit or honey.",
        10,
    ),
)
