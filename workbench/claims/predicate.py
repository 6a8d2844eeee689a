"""What an answer has to say to count."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from string import ascii_uppercase
from typing import Final

from workbench.document import Document
from workbench.lookalikes import MARK, MARKS, bare, skeleton
from workbench.visible import ignoring, quoted


class Match(Document):
    """A predicate on an answer: says any of some words and none of others, whatever the case and the spacing.

    Words are whole words: `Oslo` does not stand in `Oslofjord`, nor at the end of what was cut off, which might have
    gone on to that. That something is not said can be told of an answer alone that ended by itself.
    """

    any_of: tuple[str, ...] = ()
    """Empty: no word is required."""
    none_of: tuple[str, ...] = ()

    def holds(self, text: str, *, whole: bool = True) -> bool:
        """Whether an answer satisfies it; `whole`: it ended by itself."""
        if self.none_of and not whole:
            return False
        wanted = not self.any_of or bool(self.said(text, whole=whole))
        return wanted and not standing(self.none_of, text)

    def tells(self, text: str, *, whole: bool = True) -> bool:
        """Whether an answer settles it: one that was cut off might have gone on to say what it must not, and its last
        word to be another one."""
        return whole or self.holds(text, whole=False) or not self.holds(text)

    def said(self, text: str, *, whole: bool = True) -> tuple[str, ...]:
        """Those of the wanted words that stand in a text."""
        return standing(self.any_of, text if whole else known(text))

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing, and so holds on every answer."""
        return not any(map(str.strip, (*self.any_of, *self.none_of)))

    @property
    def negative(self) -> bool:
        """Whether it only says what is not said, which nearly every answer satisfies."""
        return not self.any_of and bool(self.none_of)

    def agreed(self, text: str, *, whole: bool = True) -> bool:
        """Whether an answer agrees with what is claimed in a question."""
        return False

    @property
    def completions(self) -> tuple[str, ...]:
        """What an answer that was cut off may go on with to satisfy it, whatever its question gives of that."""
        return _completions(self.any_of, self.none_of)

    @property
    def words(self) -> str:
        """The predicate as a sentence's end: what an answer has to do to count."""
        wanted = " or ".join(quoted(item) for item in self.any_of)
        unwanted = " nor ".join(quoted(item) for item in self.none_of)
        if wanted and unwanted:
            return f"says {wanted}, and not {unwanted}"
        if wanted:
            return f"says {wanted}"
        return f"does not say {unwanted}" if unwanted else ""


class Predicates:
    """Several predicates that are put to many answers: their words are looked up together."""

    def __init__(self, matches: Sequence[Match]) -> None:
        self._matches = matches
        self._wanted = tuple(dict.fromkeys(word for match in matches for word in match.any_of))
        self._wanting = defaultdict[str, list[int]](list)
        self._denying = [at for at, match in enumerate(matches) if not match.any_of]
        for at, match in enumerate(matches):
            for word in match.any_of:
                self._wanting[word].append(at)

    def holding(self, text: str, *, whole: bool = True) -> list[Match]:
        """Those that an answer satisfies."""
        said = standing(self._wanted, text if whole else known(text))
        likely = {at for word in said for at in self._wanting[word]}.union(self._denying)
        return [self._matches[at] for at in sorted(likely) if self._matches[at].holds(text, whole=whole)]


def ends_at(match: Match, stop: str) -> bool:
    """Whether an answer that ends at a text ends before it could say a word that is wanted, or in the middle of it."""
    cut = folded(stop).strip()
    return any(stands(term, stop) or (bool(cut) and cut in folded(term)) for term in match.any_of)


def known(text: str) -> str:
    """A text that was cut off, without the word at its end: nobody knows what it was going to be."""
    end = len(text)
    while end and _goes_on(text[end - 1]):
        end -= 1
    return text[:end]


@lru_cache(maxsize=1024)
def _goes_on(letter: str) -> bool:
    """Whether a text that ends with it may end inside a word: with a letter, a mark upon one, part of one, or nothing
    that is drawn."""
    plain = unicodedata.normalize("NFKC", ignoring(letter))
    return not plain or bounded(plain[-1]) or unicodedata.category(plain[-1])[0] == "M" or plain == "\ufffd"


def leads(match: Match, text: str, asked: str, *, whole: bool = True) -> bool:
    """Whether all that makes an answer match stood in the question already, in whatever order and spelling: then it
    only says what it was given. Who agrees with what was put to them has said more."""
    said = () if match.agreed(text, whole=whole) else match.said(text, whole=whole)
    return bool(said) and all(stands(term, asked) or _given(term, asked) for term in said)


def _given(term: str, asked: str) -> bool:
    """Whether a question gives every word of a term: in letters that look like it, without its accents, letter by
    letter, in pieces, or backwards."""
    words = _written(bare(term))
    given = words_given(asked)
    return bool(words) and all(word in given or (len(word) >= LONG and word[::-1] in given) for word in words)


@lru_cache(maxsize=1024)
def _completions(any_of: tuple[str, ...], none_of: tuple[str, ...]) -> tuple[str, ...]:
    """All words that are wanted at once: one by one a list of thousands would be looked for thousands of times."""
    may = [term for term in any_of if not standing(none_of, term)]
    return (f" {'. '.join(may)}.",) if may else ()


_ARTICLE: Final = "the"
LONG: Final = 5
"""Letters from which on no word is another one backwards by chance."""
_BEGINS: Final = rf"(?<!\w)(?<![{MARK}])"
_ENDS: Final = rf"(?!\w)(?![{MARK}])"
_WORD: Final = re.compile(rf"(?:\w|[{MARK}])\w*(?:[{MARK}]+\w*)*")
"""A word, with the signs of vowels that belong to it."""
_PLAIN: Final = re.compile(r"\w+")
"""The same of a text without such signs, in half the time."""
_SPELLED: Final = re.compile(rf"{_BEGINS}\w(?:[^\w{MARK}]{{1,3}}\w{_ENDS})+")
_PIECE: Final = re.compile(r"[^\W_\d]+|\d+")


_TAGS: Final = {0xE0000 + code: chr(code) for code in range(0x20, 0x7F)}
"""Letters that nobody sees, by what a model reads in them."""
_HIDDEN: Final = re.compile("[\U000e0020-\U000e007e]+")
_FLAGS: Final = {0x1F1E6 + at: letter for at, letter in enumerate(ascii_uppercase)}
"""Letters of which two side by side are a flag."""
_FLAG: Final = re.compile("(?<![\U0001f1e6-\U0001f1ff])[\U0001f1e6-\U0001f1ff]{2}(?![\U0001f1e6-\U0001f1ff])")
_PIECES: Final = 12
_LETTERS: Final = 24
"""Pieces that make one word, and letters of it, at most; of three pieces any number."""


@lru_cache(maxsize=1024)
def words_given(asked: str) -> frozenset[str]:
    """The words that a question gives, however it spells them."""
    told = asked if asked.isascii() else _uncovered(asked)
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", ignoring(told)))
    plain = bare(parted).replace("_", " ")
    pieces = _PIECE.findall(plain)
    spelled = {re.sub(r"\W", "", run) for run in _SPELLED.findall(plain)}
    return frozenset({*_written(bare(told)), *pieces, *_joined(pieces), *spelled})


def _uncovered(asked: str) -> str:
    """A question with what nobody sees in it, where it stands and by itself, and with letters that are no flag."""
    hidden = " ".join(_HIDDEN.findall(asked))
    text = f"{asked} {hidden}".translate(_TAGS) if hidden else asked
    return _FLAG.sub(" ", text).translate(_FLAGS)


def _joined(pieces: Sequence[str]) -> Iterator[str]:
    """What some pieces that follow each other make together."""
    for at in range(len(pieces)):
        for more, word in enumerate(accumulate(pieces[at : at + _PIECES]), 1):
            if more > 3 and len(word) > _LETTERS:
                break
            yield word


def words_of(text: str) -> frozenset[str]:
    """The words of a text, whatever their case."""
    return frozenset(_written(folded(text)))


def _written(text: str) -> list[str]:
    """The words of a text as they stand there."""
    return (_PLAIN if text.isascii() else _WORD).findall(text)


def stands(term: str, text: str) -> bool:
    """Whether a term stands in a text as whole words, or one that looks like it: a letter of another script that is
    drawn the same makes no other word of it. A term of white space alone stands nowhere."""
    if _found(_words(term), folded(text)):
        return True
    return not (term.isascii() and text.isascii()) and _found(tuple(skeleton(term).split()), skeleton(text))


def named(term: str, text: str) -> bool:
    """Whether a text names something, with its article or without."""
    return stands(plain_term(term), text)


@lru_cache(maxsize=4096)
def plain_term(term: str) -> str:
    """A term as it looks, without case, spacing or a leading article: what several writings of it have in common."""
    words = skeleton(term).split()
    return " ".join(words[1:] if words[:1] == [_ARTICLE] and len(words) > 1 else words)


def standing(terms: tuple[str, ...], text: str) -> tuple[str, ...]:
    """Those of some terms that stand in a text. They are looked up among the text's own words, plain ones as they are
    and others by the word that they begin with, whatever their number: a judge has thousands of them, and thousands of
    answers."""
    plain, begun, others = _sorted_out(terms)
    words = _words_in(text)
    # What most terms are told of most texts, in a fifth of the time.
    if not others and plain.keys().isdisjoint(words) and begun.keys().isdisjoint(words):
        return ()
    found = {place for word in plain.keys() & words for place in plain[word]}
    tried = {place for word in begun.keys() & words for place in begun[word]}
    found |= {place for place in (*tried, *others) if stands(terms[place], text)}
    return tuple(terms[place] for place in sorted(found))


def any_stands(terms: Iterable[str], texts: Iterable[str]) -> bool:
    """Whether `stands` holds of any of some terms in any of some texts, asked of those pairs alone that may: thousands
    of words against thousands take seconds."""
    spelled = defaultdict[str, list[str]](list)
    for term in terms:
        for form in _forms(term):
            spelled[form].append(term)
    lengths = sorted(set(map(len, spelled)))
    for text in texts:
        for form in _forms(text):
            for length in lengths[: bisect_right(lengths, len(form))]:
                pieces = {form[at : at + length] for at in range(len(form) - length + 1)}
                if any(stands(term, text) for piece in pieces & spelled.keys() for term in spelled[piece]):
                    return True
    return False


def _forms(text: str) -> set[str]:
    """A text as it is compared and as it looks, with single spaces: where a term stands in a text, so does one of its
    forms in one of the text's."""
    return {" ".join(form.split()) for form in (folded(text), skeleton(text))} - {""}


_Places = dict[str, list[int]]


@lru_cache(maxsize=1024)
def _sorted_out(terms: tuple[str, ...]) -> tuple[_Places, _Places, tuple[int, ...]]:
    """Single plain words with their places among some terms, the first words of others with theirs, and the places of
    those that begin with none: with a sign, or in a script that puts no spaces between words."""
    plain, begun = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
    others = []
    for place, term in enumerate(terms):
        word = term.strip(" \t\n")
        first = [one.split()[0] for one in (folded(term), skeleton(term)) if one.split()]
        if word.isascii() and word.isalnum():
            plain[word.casefold()].append(place)
        elif first and all(_WORD.fullmatch(one) and all(map(bounded, one)) for one in first):
            for one in dict.fromkeys(first):
                begun[one].append(place)
        else:
            others.append(place)
    return dict(plain), dict(begun), tuple(others)


@lru_cache(maxsize=1024)
def _words_in(text: str) -> frozenset[str]:
    """Its words, and what they look like."""
    if text.isascii():
        return words_of(text)
    return words_of(text) | frozenset(_written(skeleton(text)))


def _found(words: tuple[str, ...], text: str) -> bool:
    if not words or not all(word in text for word in words):  # a pattern for each of ten thousand words takes hours
        return False
    return _pattern(words, text.isascii()).search(text) is not None


@lru_cache(maxsize=4096)
def _words(term: str) -> tuple[str, ...]:
    return tuple(folded(term).split())


@lru_cache(maxsize=4096)
def _pattern(words: tuple[str, ...], plain: bool) -> re.Pattern[str]:
    """`plain`: for texts without signs of vowels."""
    inside = r"\s+".join(map(re.escape, words))
    begins, ends = (r"(?<!\w)", r"(?!\w)") if plain else (_BEGINS, _ENDS)
    before, after = begins if bounded(words[0][0]) else "", ends if bounded(words[-1][-1]) else ""
    return re.compile(before + inside + after)


@lru_cache(maxsize=1024)
def folded(text: str) -> str:
    """A text as it is compared: without case, kinds of letters, and characters that nobody sees."""
    return unicodedata.normalize("NFKC", ignoring(text)).casefold()


def bounded(letter: str) -> bool:
    """Whether a word that begins or ends with this letter is set apart by spaces: not in Chinese, say."""
    return letter in MARKS or (letter.isalnum() and unicodedata.east_asian_width(letter) not in ("W", "F"))
