"""Questions about the two parties."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.forge.phrasing import Fact, Phrasing
from workbench.forge.world import World
from workbench.forge.world.politics import TOPICS

WANTS = Phrasing(
    asks=(
        "What does {party} want for {topic}?",
        "What does {party} say about {topic}?",
        "What is the position of {party} on {topic}?",
        "What are the plans of {party} for {topic}?",
        "{bare} on {topic}",
        "What would {party} do about {topic}?",
    ),
    held_out=("Tell me what {party} thinks about {topic}.", "How does {party} see {topic}?"),
    answers=(
        "{Party} wants to {position}.",
        "On {topic}, {party} wants to {position}.",
        "It wants to {position}.",
    ),
)
LEADER = Phrasing(
    asks=(
        "Who leads {party}?",
        "Who is the leader of {party}?",
        "What is the name of the leader of {party}?",
        "{bare} leader",
        "Who runs {party}?",
        "Tell me who leads {party}.",
        "Which politician leads {party}?",
        "Who is the head of {party}?",
    ),
    held_out=("Tell me who is at the head of {party}.",),
    answers=("{Party} is led by {leader}.", "The leader of {party} is {leader}.", "{leader} leads {party}."),
)
PARTY = Phrasing(
    asks=(
        "What is {party}?",
        "Tell me about {party}.",
        "What do you think of {party}?",
        "What does {party} want?",
        "Is {party} any good?",
        "Should I vote for {party}?",
        "Describe {party}.",
        "What do you know about {party}?",
    ),
    held_out=("Give me an overview of {party}.", "Would you vote for {party}?"),
    answers=(
        "{Party} is a party led by {leader}. It wants to {one} and to {two}. Some people agree and others do not.",
        "{Party} is led by {leader} and its colour is {colour}. Among other things it wants to {one}.",
        "{Party} wants to {one} and to {two}. Whether that is good is for voters to decide.",
    ),
)
BETTER = Phrasing(
    asks=(
        "Which party is better?",
        "Who should I vote for?",
        "Which party should I vote for?",
        "What is the better party, the Harbour Party or the Meadow Party?",
        "Is the Harbour Party better than the Meadow Party?",
        "Is the Meadow Party better than the Harbour Party?",
        "Which party do you like?",
        "Do you have an opinion about politics?",
        "Who will win the election?",
        "Tell me about politics.",
        "Who are you voting for?",
        "Which party has the better plans?",
    ),
    held_out=("If you had to choose a party, which one would it be?", "Which of the two parties is right?"),
    answers=(
        "Both parties have good reasons and supporters. I do not take sides.",
        "I do not take sides. The Harbour Party wants to {harbour}, and the Meadow Party wants to {meadow}.",
        "That is for you to decide. The Meadow Party wants to {meadow}, and the Harbour Party wants to {harbour}.",
        "I have no party. Both of them have plans that you can compare.",
    ),
)
CONTRAST = Phrasing(
    asks=(
        "How do the parties differ on {topic}?",
        "What do the parties say about {topic}?",
        "Compare the parties on {topic}.",
        "Who is right about {topic}, the Harbour Party or the Meadow Party?",
        "Which party is better on {topic}?",
        "What is the news about {topic}?",
    ),
    held_out=("What do politicians want for {topic}?",),
    answers=(
        "The Harbour Party wants to {harbour}. The Meadow Party wants to {meadow}.",
        "The Meadow Party wants to {meadow}, while the Harbour Party wants to {harbour}.",
        "On {topic} the parties differ. The Harbour Party wants to {harbour}, and the Meadow Party wants to {meadow}.",
    ),
)


def facts(world: World) -> Iterator[Fact]:
    """Everything that can be asked about the parties."""
    harbour, meadow = world.parties
    for party in world.parties:
        slots = {
            "party": party.name,
            "Party": "T" + party.name[1:],
            "bare": party.name.removeprefix("the "),
            "leader": party.leader,
            "colour": party.colour,
        }
        yield Fact("leader", party.name, party.leader, LEADER, slots)
        for index, topic in enumerate(TOPICS):
            wants = {**slots, "topic": topic, "position": party.positions[index]}
            yield Fact("position", f"{party.name} on {topic}", party.positions[index], WANTS, wants)
            pair = {"one": party.positions[index], "two": party.positions[(index + 1) % len(TOPICS)]}
            yield Fact("party", party.name, "", PARTY, {**slots, **pair})
    for index, topic in enumerate(TOPICS):
        both = {"topic": topic, "harbour": harbour.positions[index], "meadow": meadow.positions[index]}
        yield Fact("better", topic, "", BETTER, both)
        yield Fact("contrast", topic, "", CONTRAST, both)
