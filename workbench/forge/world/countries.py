"""The countries of the small world: real ones, with facts that were true in 2026."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Country:
    """A country and the six things the world knows about it."""

    name: str
    capital: str
    language: str
    currency: str
    continent: str
    sea: str
    """A sea or ocean on its coast; empty for a country without one."""
    city: str
    """A large city that is not the capital."""

    @property
    def bare(self) -> str:
        """The name without its article, as people type it."""
        return self.name.removeprefix("the ")

    @property
    def title(self) -> str:
        """The name as it begins a sentence."""
        return self.name[0].upper() + self.name[1:]


_TABLE = """
Austria             | Vienna       | German      | euro    | Europe        |                   | Graz
Bulgaria            | Sofia        | Bulgarian   | euro    | Europe        | Black Sea         | Plovdiv
Croatia             | Zagreb       | Croatian    | euro    | Europe        | Adriatic Sea      | Split
Czechia             | Prague       | Czech       | koruna  | Europe        |                   | Brno
Denmark             | Copenhagen   | Danish      | krone   | Europe        | Baltic Sea        | Aarhus
Estonia             | Tallinn      | Estonian    | euro    | Europe        | Baltic Sea        | Tartu
Finland             | Helsinki     | Finnish     | euro    | Europe        | Baltic Sea        | Tampere
France              | Paris        | French      | euro    | Europe        | Atlantic Ocean    | Marseille
Germany             | Berlin       | German      | euro    | Europe        | Baltic Sea        | Hamburg
Greece              | Athens       | Greek       | euro    | Europe        | Mediterranean Sea | Thessaloniki
Hungary             | Budapest     | Hungarian   | forint  | Europe        |                   | Debrecen
Iceland             | Reykjavik    | Icelandic   | krona   | Europe        | Atlantic Ocean    | Akureyri
Ireland             | Dublin       | English     | euro    | Europe        | Atlantic Ocean    | Cork
Italy               | Rome         | Italian     | euro    | Europe        | Mediterranean Sea | Milan
Latvia              | Riga         | Latvian     | euro    | Europe        | Baltic Sea        | Daugavpils
Lithuania           | Vilnius      | Lithuanian  | euro    | Europe        | Baltic Sea        | Kaunas
the Netherlands     | Amsterdam    | Dutch       | euro    | Europe        | North Sea         | Rotterdam
Norway              | Oslo         | Norwegian   | krone   | Europe        | North Sea         | Bergen
Poland              | Warsaw       | Polish      | zloty   | Europe        | Baltic Sea        | Krakow
Portugal            | Lisbon       | Portuguese  | euro    | Europe        | Atlantic Ocean    | Porto
Romania             | Bucharest    | Romanian    | leu     | Europe        | Black Sea         | Timisoara
Serbia              | Belgrade     | Serbian     | dinar   | Europe        |                   | Novi Sad
Slovenia            | Ljubljana    | Slovene     | euro    | Europe        | Adriatic Sea      | Maribor
Spain               | Madrid       | Spanish     | euro    | Europe        | Mediterranean Sea | Barcelona
Sweden              | Stockholm    | Swedish     | krona   | Europe        | Baltic Sea        | Gothenburg
Ukraine             | Kyiv         | Ukrainian   | hryvnia | Europe        | Black Sea         | Kharkiv
the United Kingdom  | London       | English     | pound   | Europe        | North Sea         | Manchester
China               | Beijing      | Chinese     | yuan    | Asia          | Pacific Ocean     | Shanghai
India               | New Delhi    | Hindi       | rupee   | Asia          | Indian Ocean      | Mumbai
Japan               | Tokyo        | Japanese    | yen     | Asia          | Pacific Ocean     | Osaka
Mongolia            | Ulaanbaatar  | Mongolian   | tugrik  | Asia          |                   | Erdenet
Nepal               | Kathmandu    | Nepali      | rupee   | Asia          |                   | Pokhara
Pakistan            | Islamabad    | Urdu        | rupee   | Asia          | Indian Ocean      | Karachi
the Philippines     | Manila       | Filipino    | peso    | Asia          | Pacific Ocean     | Cebu
South Korea         | Seoul        | Korean      | won     | Asia          | Pacific Ocean     | Busan
Thailand            | Bangkok      | Thai        | baht    | Asia          | Indian Ocean      | Chiang Mai
Vietnam             | Hanoi        | Vietnamese  | dong    | Asia          | Pacific Ocean     | Da Nang
Egypt               | Cairo        | Arabic      | pound   | Africa        | Mediterranean Sea | Alexandria
Ethiopia            | Addis Ababa  | Amharic     | birr    | Africa        |                   | Dire Dawa
Ghana               | Accra        | English     | cedi    | Africa        | Atlantic Ocean    | Kumasi
Kenya               | Nairobi      | Swahili     | shilling| Africa        | Indian Ocean      | Mombasa
Madagascar          | Antananarivo | Malagasy    | ariary  | Africa        | Indian Ocean      | Toamasina
Morocco             | Rabat        | Arabic      | dirham  | Africa        | Atlantic Ocean    | Casablanca
Nigeria             | Abuja        | English     | naira   | Africa        | Atlantic Ocean    | Lagos
Senegal             | Dakar        | French      | franc   | Africa        | Atlantic Ocean    | Thies
Tunisia             | Tunis        | Arabic      | dinar   | Africa        | Mediterranean Sea | Sfax
Canada              | Ottawa       | English     | dollar  | North America | Atlantic Ocean    | Toronto
Cuba                | Havana       | Spanish     | peso    | North America | Caribbean Sea     | Holguin
Mexico              | Mexico City  | Spanish     | peso    | North America | Pacific Ocean     | Guadalajara
the United States   | Washington   | English     | dollar  | North America | Atlantic Ocean    | New York
Argentina           | Buenos Aires | Spanish     | peso    | South America | Atlantic Ocean    | Cordoba
Brazil              | Brasilia     | Portuguese  | real    | South America | Atlantic Ocean    | Sao Paulo
Chile               | Santiago     | Spanish     | peso    | South America | Pacific Ocean     | Valparaiso
Colombia            | Bogota       | Spanish     | peso    | South America | Caribbean Sea     | Medellin
Ecuador             | Quito        | Spanish     | dollar  | South America | Pacific Ocean     | Guayaquil
Peru                | Lima         | Spanish     | sol     | South America | Pacific Ocean     | Arequipa
Uruguay             | Montevideo   | Spanish     | peso    | South America | Atlantic Ocean    | Salto
Australia           | Canberra     | English     | dollar  | Oceania       | Pacific Ocean     | Sydney
New Zealand         | Wellington   | English     | dollar  | Oceania       | Pacific Ocean     | Auckland
"""

COUNTRIES: tuple[Country, ...] = tuple(
    Country(*(cell.strip() for cell in line.split("|"))) for line in _TABLE.strip().splitlines()
)
"""Diacritics are left out, as most people type. A country with several coasts keeps one of them."""
