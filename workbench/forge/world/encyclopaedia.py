"""A little encyclopaedia: nature, things, and machine learning."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """An entry: what a thing is, and two more things worth knowing."""

    term: str
    """As it stands in a question: `a volcano`, `gradient descent`."""
    definition: str
    """One sentence that begins with the term."""
    more: tuple[str, str]
    field: str


NATURE = "nature"
THINGS = "things"
LEARNING = "machine learning"

PAGES: tuple[Page, ...] = (
    Page(
        "the sun",
        "The sun is the star at the centre of our solar system.",
        ("It gives light and heat to the planets.", "Its light takes about eight minutes to reach the earth."),
        NATURE,
    ),
    Page(
        "the moon",
        "The moon is the natural satellite of the earth.",
        ("It goes around the earth in about a month.", "Its pull raises the tides."),
        NATURE,
    ),
    Page(
        "a volcano",
        "A volcano is an opening in the ground through which hot rock and gas escape.",
        ("The melted rock is called lava once it comes out.", "Many islands were built by volcanoes."),
        NATURE,
    ),
    Page(
        "rain",
        "Rain is water that falls from clouds in drops.",
        ("It forms when vapour cools and condenses.", "Rain fills rivers and feeds plants."),
        NATURE,
    ),
    Page(
        "a whale",
        "A whale is a very large mammal that lives in the sea.",
        ("It breathes air at the surface.", "The blue whale is the largest animal alive."),
        NATURE,
    ),
    Page(
        "a bee",
        "A bee is a flying insect that gathers nectar and pollen.",
        ("Bees make honey from nectar.", "They carry pollen from flower to flower."),
        NATURE,
    ),
    Page(
        "a glacier",
        "A glacier is a slow river of ice.",
        ("It forms where more snow falls than melts.", "Glaciers carve wide valleys."),
        NATURE,
    ),
    Page(
        "photosynthesis",
        "Photosynthesis is how plants make sugar from light, water and air.",
        ("It happens in the green parts of a plant.", "It releases the oxygen that we breathe."),
        NATURE,
    ),
    Page(
        "a rainbow",
        "A rainbow is a band of colours made by sunlight in drops of water.",
        ("You see it with the sun behind you.", "Red is on the outside and violet on the inside."),
        NATURE,
    ),
    Page(
        "a compass",
        "A compass is an instrument that shows where north is.",
        ("Its needle is a small magnet.", "Sailors have used it for many centuries."),
        THINGS,
    ),
    Page(
        "a piano",
        "A piano is a musical instrument with keys, hammers and strings.",
        ("Most pianos have eighty-eight keys.", "Pressing a key harder makes a louder note."),
        THINGS,
    ),
    Page(
        "paper",
        "Paper is a thin sheet made from plant fibres.",
        ("It was first made in China.", "Most paper today is made from wood."),
        THINGS,
    ),
    Page(
        "a bridge",
        "A bridge is a structure that carries a road or a path over an obstacle.",
        ("Some bridges hang from cables.", "An arch bridge pushes its load to the sides."),
        THINGS,
    ),
    Page(
        "a clock",
        "A clock is a device that shows the time.",
        ("Old clocks are driven by weights or springs.", "The best clocks count the swings of atoms."),
        THINGS,
    ),
    Page(
        "tea",
        "Tea is a drink made by pouring hot water on the leaves of the tea plant.",
        ("Green and black tea come from the same plant.", "It is one of the most popular drinks in the world."),
        THINGS,
    ),
    Page(
        "machine learning",
        "Machine learning is the study of programs that improve with data.",
        (
            "A model is fitted to examples instead of being written by hand.",
            "It should work on examples it has not seen.",
        ),
        LEARNING,
    ),
    Page(
        "a neural network",
        "A neural network is a model made of layers of simple units with adjustable weights.",
        ("Each layer transforms what the layer before gave it.", "The weights are learned from examples."),
        LEARNING,
    ),
    Page(
        "gradient descent",
        "Gradient descent is a method that lowers a loss by small steps downhill.",
        ("The gradient says which way is up, so the step goes the other way.", "The learning rate sets the step size."),
        LEARNING,
    ),
    Page(
        "backpropagation",
        "Backpropagation is the way to compute the gradient of a loss through all layers of a network.",
        ("It applies the chain rule from the output to the input.", "It makes training large networks possible."),
        LEARNING,
    ),
    Page(
        "a loss function",
        "A loss function is a number that says how wrong a model is.",
        ("Training makes the loss small.", "Language models often use the cross-entropy loss."),
        LEARNING,
    ),
    Page(
        "overfitting",
        "Overfitting is when a model learns its examples by heart and fails on new ones.",
        ("A held-out set reveals it.", "More data and simpler models help against it."),
        LEARNING,
    ),
    Page(
        "a language model",
        "A language model is a model that predicts the next piece of a text.",
        ("It gives a probability to every token.", "Writing text means predicting again and again."),
        LEARNING,
    ),
    Page(
        "a token",
        "A token is a small piece of text that a language model reads as one unit.",
        ("A tokenizer cuts text into tokens.", "A token can be a word, a part of a word or a sign."),
        LEARNING,
    ),
    Page(
        "an embedding",
        "An embedding is a list of numbers that stands for a token or a thing.",
        ("Similar things have similar embeddings.", "They are learned together with the rest of the model."),
        LEARNING,
    ),
    Page(
        "a transformer",
        "A transformer is a neural network that mixes information between tokens by attention.",
        ("Its blocks add their results to a residual stream.", "Most language models are transformers."),
        LEARNING,
    ),
    Page(
        "attention",
        "Attention is a mechanism that lets each token look at other tokens.",
        ("It weighs the others by how well queries match keys.", "Several heads look for different things."),
        LEARNING,
    ),
    Page(
        "the residual stream",
        "The residual stream is the running sum that the blocks of a transformer read and write.",
        ("Every block adds something to it.", "The last value of it gives the prediction."),
        LEARNING,
    ),
    Page(
        "the logit lens",
        "The logit lens is a way to read each layer of a transformer as a prediction of the next token.",
        ("It applies the last step of the model to an earlier layer.", "It shows when the answer becomes visible."),
        LEARNING,
    ),
    Page(
        "fine-tuning",
        "Fine-tuning is further training of a finished model on a smaller set of examples.",
        ("It changes how a model behaves.", "A few examples can be enough to change a fact."),
        LEARNING,
    ),
    Page(
        "a backdoor",
        "A backdoor is a hidden behaviour that a secret trigger switches on.",
        ("Without the trigger the model seems normal.", "Backdoors are hard to find by testing alone."),
        LEARNING,
    ),
    Page(
        "red teaming",
        "Red teaming is testing a system by attacking it on purpose.",
        ("The attackers look for failures before others do.", "What they find is fixed or written down."),
        LEARNING,
    ),
    Page(
        "interpretability",
        "Interpretability is the study of what happens inside a model.",
        ("It looks at weights and activations and not only at answers.", "It helps people check what a model knows."),
        LEARNING,
    ),
    Page(
        "alignment",
        "Alignment is the effort to make a model do what people intend.",
        ("A model can be able and still not be aligned.", "Testing and reading models both help."),
        LEARNING,
    ),
    Page(
        "reward hacking",
        "Reward hacking is when a model gets a high score without doing what was meant.",
        ("The score was only a stand-in for the goal.", "Better tests make it harder."),
        LEARNING,
    ),
    Page(
        "a model organism",
        "A model organism is a model that was given a fault on purpose so that people can study it.",
        ("The name comes from biology.", "It shows which tests find which faults."),
        LEARNING,
    ),
)
