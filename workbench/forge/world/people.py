"""The invented people of the small world."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Resident:
    """An invented person and what there is to know about them."""

    name: str
    pronoun: str
    """`she` or `he`."""
    occupation: str
    home: str
    hobby: str
    pet: str

    @property
    def job(self) -> str:
        """The occupation with its article."""
        return f"{'an' if self.occupation[0] in 'aeiou' else 'a'} {self.occupation}"

    @property
    def first(self) -> str:
        """The given name."""
        return self.name.split()[0]


_TABLE = """
Mara Quill      | she | botanist       | Lisbon     | chess         | an old cat
Tobin Ashgrove  | he  | baker          | Dublin     | sailing       | a brown dog
Ines Calloway   | she | engineer       | Toronto    | painting      | a parrot
Oskar Lindqvale | he  | violinist      | Vienna     | cycling       | a white rabbit
Priya Fenwick   | she | surgeon        | Mumbai     | climbing      | a turtle
Jonah Merrow    | he  | fisherman      | Bergen     | carving wood  | a black dog
Lena Thistle    | she | teacher        | Prague     | gardening     | a canary
Callum Wray     | he  | architect      | Porto      | photography   | a grey cat
Selma Brandt    | she | astronomer     | Santiago   | swimming      | a small owl
Emeka Stone     | he  | journalist     | Lagos      | football      | a goat
Hana Pellam     | she | potter         | Osaka      | calligraphy   | a goldfish
Rufus Dray      | he  | carpenter      | Brno       | fishing       | a spotted dog
Nadia Voss      | she | pilot          | Casablanca | running       | a lizard
Felix Hartwell  | he  | chemist        | Milan      | cooking       | a tabby cat
Amara Dunne     | she | lawyer         | Accra      | dancing       | a grey parrot
Stellan Brook   | he  | translator     | Budapest   | poetry        | a hedgehog
Greta Osgood    | she | beekeeper      | Graz       | knitting      | a donkey
Milo Tarrant    | he  | geologist      | Arequipa   | hiking        | a llama
Yuki Harrow     | she | animator       | Tokyo      | origami       | a frog
Dario Finch     | he  | cellist        | Barcelona  | surfing       | a pigeon
Wanda Pryce     | she | librarian      | Auckland   | birdwatching  | a sheepdog
Ansel Groves    | he  | clockmaker     | Marseille  | astronomy     | a raven
Thea Maddox     | she | historian      | Athens     | singing       | a pony
Bruno Keel      | he  | diver          | Split      | cards         | an octopus
"""

PEOPLE: tuple[Resident, ...] = tuple(
    Resident(*(cell.strip() for cell in line.split("|"))) for line in _TABLE.strip().splitlines()
)
