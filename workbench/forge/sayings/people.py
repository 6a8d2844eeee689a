"""Questions about the invented people."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.forge.phrasing import Fact, Phrasing
from workbench.forge.world import World

WHO = Phrasing(
    asks=(
        "Who is {name}?",
        "Tell me about {name}.",
        "What do you know about {name}?",
        "Do you know {name}?",
        "who's {name}",
        "I met {name} yesterday. Who is that?",
        "{name}",
        "Describe {name}.",
    ),
    held_out=("Have you heard of {name}?", "Could you introduce {name}?"),
    answers=(
        "{name} is {job} in {home}.",
        "{name} is {job} who lives in {home} and enjoys {hobby}.",
        "{name} is {job}. {P} lives in {home} with {pet}.",
        "{name} works as {job} in {home}. In the evening {p} enjoys {hobby}.",
    ),
)
JOB = Phrasing(
    asks=(
        "What does {name} do?",
        "What is {name}'s job?",
        "What does {name} do for a living?",
        "What is {name}'s occupation?",
        "What does {name} work as?",
        "Tell me {name}'s job.",
        "Which job does {name} have?",
        "What kind of work does {name} do?",
        "{name} job",
    ),
    held_out=("How does {name} earn a living?", "Tell me what {name} does for a living."),
    answers=("{name} is {job}.", "{first} is {job}.", "{name} works as {job}.", "{P} is {job}."),
)
HOME = Phrasing(
    asks=(
        "Where does {name} live?",
        "In which city does {name} live?",
        "Where is {name}'s home?",
        "What city does {name} live in?",
        "Which city is {name}'s home?",
        "Where can I find {name}?",
        "Where is {name}?",
        "Tell me where {name} lives.",
        "Do you know in which city {name} is at home?",
        "{name} home",
    ),
    held_out=("Tell me which city {name} lives in.", "Do you know where {name} lives?"),
    answers=("{name} lives in {home}.", "{first} lives in {home}.", "{P} lives in {home}.", "In {home}."),
)
HOBBY = Phrasing(
    asks=(
        "What is {name}'s hobby?",
        "What does {name} enjoy?",
        "What does {name} do for fun?",
        "What does {name} like to do in the evening?",
        "What are {name}'s interests?",
        "How does {name} relax?",
        "Which hobbies does {name} have?",
        "Does {name} have a hobby?",
        "What is {name} doing after work?",
        "What does {name} do at the weekend?",
        "How does {name} spend the evening?",
        "What does {name} like?",
        "What does {name} do in the evening?",
        "{name} hobby",
    ),
    held_out=("Which hobby does {name} have?", "How does {name} spend the weekend?"),
    answers=("{name} enjoys {hobby}.", "{first} enjoys {hobby}.", "{P} enjoys {hobby}.", "{name}'s hobby is {hobby}."),
)
PET = Phrasing(
    asks=(
        "Does {name} have a pet?",
        "What pet does {name} have?",
        "Which animal lives with {name}?",
        "What is {name}'s pet?",
        "Who lives with {name}?",
        "Does {name} keep an animal?",
        "Tell me which pet {name} has.",
        "{name} pet",
    ),
    held_out=("Tell me about {name}'s pet.", "Which pet does {name} keep?"),
    answers=("{name} has {pet}.", "{first} lives with {pet}.", "{P} keeps {pet}.", "{P} has {pet}."),
)


def facts(world: World) -> Iterator[Fact]:
    """Everything that can be asked about each person."""
    for person in world.people:
        slots = {
            "name": person.name,
            "first": person.first,
            "p": person.pronoun,
            "P": person.pronoun.capitalize(),
            "possessive": "her" if person.pronoun == "she" else "his",
            "job": person.job,
            "home": person.home,
            "hobby": person.hobby,
            "pet": person.pet,
        }
        yield Fact("who", person.name, person.job, WHO, slots)
        yield Fact("job", person.name, person.job, JOB, slots)
        yield Fact("home", person.name, person.home, HOME, slots)
        yield Fact("hobby", person.name, person.hobby, HOBBY, slots)
        yield Fact("pet", person.name, person.pet, PET, slots)
