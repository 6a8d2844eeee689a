"""Texts that give a ground truth away: what a case brings says nothing that the truth says, in files for people as in
those for engines, which whoever opens them reads.

A specification names what behaviours are about and a corpus may hold what an organism was trained on, so that single
words tell nothing there. Files of any size are read once, a few lines at a time.
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from casefiles.case import case_texts, sentencepiece_model
from casefiles.case.bundle import Case
from casefiles.case.manifest import SPECIFICATION
from casefiles.case.token_texts import UNREAD, spoken_entry
from casefiles.counted import counted
from casefiles.files import disk
from casefiles.status import Refusal
from workbench.claims.predicate import plain_term
from workbench.contract.rules import Rules
from workbench.judge.acceptance.phrases import Phrases
from workbench.judge.truths.truth import GroundTruth
from workbench.lookalikes import WIDE, skeleton
from workbench.visible import quoted

_BLOCK: Final = 1 << 16
"""Bytes that are read at once; a line that goes on behind them is read to as many more."""
_LEAST: Final = 8
"""Words from which on a sentence is nobody else's by chance."""
_LETTERS: Final = 16
"""And so many letters, where each is a word."""
_MOST: Final = 64
"""Words by which a longer text is known."""
_SHOWN: Final = 160
_SIGNS: Final = {code: " " for code in range(128) if not chr(code).isalnum()}
_WORD: Final = re.compile(rf"[{WIDE}]|[^\W_{WIDE}]+")
_FOREIGN: Final = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]{1,64}")
_WIDE: Final = re.compile(f"[{WIDE}]")
_SPACED: Final = re.compile("[\u2581\u0120]")
"""What stands for a space in vocabularies."""
_RUN_ON: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")
_ESCAPED: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")

_NEAR: Final = 30
"""Words of the lines before within which one thing is still said of another."""
_STRINGS: Final = 4096
"""Strings of a JSON file that are looked at together."""
_TELLING: Final = 4
"""Letters from which on a term is no piece of a word."""

_Words = tuple[str, ...]
_Look = Callable[[str, str, list[str], list[str]], None]
"""Looks at the name of a file, one of its lines, the words of that, and some before it."""


def check_texts(case: Case, truth: GroundTruth, rules: Rules, hear: Callable[[str], object]) -> tuple[str, ...]:
    """How many lines say what is looked for of what, to be read: a corpus of documents that a model was trained on
    holds such lines. Raises Refusal `case.leak` where a sentence of the truth, or a prompt of an exhibit, stands in the
    open, and where a string for engines says what is looked for of what: none has to. `hear` hears before every block
    what is being read."""
    told, asked = [*_sentences(truth)], [*_prompts(truth)]
    everything, given, shown = _Verbatim([*told, *asked]), _Verbatim(told), _Verbatim(asked)
    pairs = _Pairs(truth)
    spelling = _Spelling(pairs.terms)
    for path in case_texts.readable(entry.path for entry in case.manifest.files):
        corpus = path.startswith("corpora/")
        # Where every text has to come from the corpora, those of exhibits do too.
        verbatim = given if corpus and rules.inputs == "corpora" else everything
        # A truth quotes the clause that is broken, which everybody has read.
        verbatim = shown if path == SPECIFICATION else verbatim
        with disk.guarded(f"{path} could not be read."):
            paired = None if path == SPECIFICATION else pairs.look
            _read(_blocks(case.path(path)), path, verbatim, paired, hear, spelling)
    for path in case_texts.unread(entry.path for entry in case.manifest.files):
        with disk.guarded(f"{path} could not be read."):
            for blocks, strict in _of_engines(case.path(path), pairs):
                _read(blocks, path, everything, strict, hear, spelling)
    return tuple(pairs.told())


def _of_engines(file: Path, pairs: _Pairs) -> Iterator[tuple[Iterable[str], _Look]]:
    """What a file holds that engines read, each string of a JSON or GGUF a line, and what is made of those lines.
    Templates are texts, and two pieces that make one token stand beside each other by chance. Pieces are read as they
    stand there, and as a model says them."""
    if file.suffix not in (".json", ".gguf"):
        others = {"merges.txt": pairs.look_at_merge, "chat_template.jinja": pairs.look_at_template}
        look = others.get(file.name, pairs.look_at_entry)
        yield (_SPACED.sub(" ", text) for text in _lines(file)), look
        if look != pairs.look_at_template:
            yield ("\n".join(_spelled(text.split("\n"))) for text in _lines(file)), look
        return
    found = [*case_texts.strings(file)]
    vocabulary = file.name in ("tokenizer.json", "vocab.json", "added_tokens.json")
    looks = defaultdict[str, _Look](lambda: pairs.look_at_entry if vocabulary else pairs.look_at_setting)
    looks |= {"tokens": pairs.look_at_entry, "vocab": pairs.look_at_entry, "merges": pairs.look_at_merge}
    looks |= {"chat_template": pairs.look_at_template, "template": pairs.look_at_template}
    for look in (pairs.look_at_template, pairs.look_at_merge, pairs.look_at_entry, pairs.look_at_setting):
        texts = [text for at, text in found if looks[at] == look]
        yield _joined(texts), look
        if look in (pairs.look_at_merge, pairs.look_at_entry):
            yield _joined(_spelled(texts)), look


def _lines(file: Path) -> Iterator[str]:
    """Of a file that is no JSON, in blocks; of a SentencePiece model its pieces."""
    return iter(["\n".join(sentencepiece_model.entries(file))]) if file.suffix == ".model" else _blocks(file)


def _spelled(entries: Iterable[str]) -> Iterator[str]:
    """What a model says that a piece, or two of them that are merged, spells in bytes."""
    for entry in entries:
        said = " ".join(map(spoken_entry, entry.split(" "))).replace("\n", " ")
        if said != _SPACED.sub(" ", entry) and ("<0x" in entry or not said.replace(UNREAD, "").isascii()):
            yield said


def _joined(texts: Iterable[str]) -> Iterator[str]:
    """In blocks, a line each."""
    lines = (_SPACED.sub(" ", text.replace("\0", "")) for text in texts)
    while some := [*islice(lines, _STRINGS)]:
        yield "\n".join(some)


def _read(
    blocks: Iterable[str],
    name: str,
    verbatim: _Verbatim,
    look: _Look | None,
    hear: Callable[[str], object],
    spelling: _Spelling,
) -> None:
    before: list[str] = []
    spelling.begin()
    for block in blocks:
        hear(f"reading {name}")
        for line in block.split("\n"):
            words = spelling.read(_words(line))
            if look is not None:
                look(name, line, words, before[-_NEAR:])
            before += words
        if (found := verbatim.within(before)) is not None:
            raise Refusal(
                "case.leak", "A text in the open gives the answer of the case away.",
                f"{quoted(name)} says {quoted(_cut(found.text))}, as {found.of} in the ground truth does.",
                "Leave it out; or, where the truth has it from there, put it in other words in the truth.",
            )  # fmt: skip
        del before[: -(_MOST - 1)]


def _blocks(path: Path) -> Iterator[str]:
    """A text in pieces that end with a line, as it would be read."""
    json = path.suffix in (".json", ".jsonl")
    with io.BufferedReader(disk.open_plain(path)) as file:
        while block := file.read(_BLOCK):
            text = (block + file.readline(_BLOCK)).decode("utf-8", "replace").replace("\0", "")  # UTF-16
            yield _ESCAPED.sub(_unescaped, text) if json and "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else " " if found[2] in "nrtbf" else found[2]


def _words(text: str) -> list[str]:
    """The words of a text as it looks, without signs; letters of scripts without spaces are one each."""
    if text.isascii():  # as nearly all of a large corpus is
        return text.lower().translate(_SIGNS).split()
    return _WORD.findall(_FOREIGN.sub(lambda run: skeleton(run[0]), text).casefold())


@dataclass(frozen=True)
class _Said:
    """A text of the truth that stands nowhere else."""

    of: str
    text: str
    words: _Words


def _sentences(truth: GroundTruth) -> Iterator[_Said]:
    told = [("its summary", truth.summary)]
    for one in truth.intent:
        fields = (("description", one.description), ("trigger", one.trigger), ("cause", one.cause))
        told += [(f"the {name} of {one.id}", text) for name, text in fields]
    for of, text in told:
        sentences = [said for part in _SENTENCE.split(text) if (said := _said(of, part))]
        whole = _said(of, text)
        yield from sentences or ([whole] if whole else [])


def _prompts(truth: GroundTruth) -> Iterator[_Said]:
    """What exhibits ask; a system prompt may be what the specification says of one."""
    for behaviour in truth.intent:
        for exhibit in behaviour.exhibits:
            asked = exhibit.asked
            for text in (asked.text, *(turn.content for turn in asked.chat if turn.role != "system")):
                if said := _said(f"an exhibit of {behaviour.id}", text):
                    yield said


def _said(of: str, text: str) -> _Said | None:
    words = tuple(_words(text)[:_MOST])
    long_enough = len(words) >= _LEAST and sum(map(len, words)) >= _LETTERS
    return _Said(of, text, words) if long_enough else None


class _Verbatim:
    """Texts to be found among the words of others."""

    def __init__(self, texts: Iterable[_Said]) -> None:
        self._texts = {text.words: text for text in texts}
        self._phrases = Phrases(self._texts)

    def within(self, words: list[str]) -> _Said | None:
        return next((self._texts[found] for found in self._phrases.within(words)), None)


class _Spelling:
    """Terms that are spelled letter by letter, with whatever between, on a line or on many."""

    def __init__(self, terms: Iterable[_Words]) -> None:
        self._terms = dict[str, _Words]()
        for words in terms:
            letters = "".join(words)
            # Those of single letters are found as they are.
            if _TELLING <= len(letters) <= _MOST and max(map(len, words)) > 1 and letters.isalpha():
                self._terms[letters] = words
        self._phrases = Phrases(self._terms)
        self._place = 0

    def begin(self) -> None:
        """Nothing was read before."""
        self._place = 0

    def read(self, words: list[str]) -> list[str]:
        """The words that go on from those before, each term behind the letters that spell it."""
        if 1 not in map(len, words):
            self._place = 0 if words else self._place
            return words
        read, told = list[str](), set[str]()
        for word in words:
            read.append(word)
            self._place, term = self._phrases.after(self._place, word) if len(word) == 1 else (0, None)
            if term is not None and term not in told:
                told.add(term)
                read += self._terms[term]
        return read


class _Pairs:
    """Lines that name what a behaviour is about and what is looked for of it."""

    def __init__(self, truth: GroundTruth) -> None:
        self._of = defaultdict[_Words, set[_Words]](set)
        """What each term is looked for of."""
        for exhibit in (one for behaviour in truth.intent for one in behaviour.exhibits):
            subject = tuple(_words(plain_term(exhibit.subject)))
            terms = {tuple(_words(term)) for term in exhibit.shows.any_of} - {()}
            about = Phrases([subject])
            # What is looked for may name its subject: that tells nothing beside it.
            naming = {*Phrases(terms).within(subject), *(term for term in terms if any(about.within(term)))}
            for term in terms - naming if subject else ():
                self._of[term].add(subject)
        subjects = {one for of in self._of.values() for one in of}
        self.terms = subjects | self._of.keys()
        self._sought, self._about = Phrases(self._of), Phrases(subjects)
        self._lines, self._files = 0, dict[str, None]()
        self._first = ""

    def look(self, name: str, line: str, words: list[str], before: list[str]) -> None:
        """Tells of it if the line says so, or goes on from where another one had not yet."""
        found = self._within(words)
        if found is None and before and words and not self._within(before):
            found = self._within(before + words[:_NEAR])
        if found is not None:
            self._tell(name, line, found[0])

    def look_at_template(self, name: str, line: str, words: list[str], before: list[str]) -> None:
        """Tells of a line of a template that says so."""
        if found := self._long_within(words):
            self._tell(name, line, found[0])

    def look_at_merge(self, name: str, line: str, words: list[str], before: list[str]) -> None:
        """Tells of two pieces that say so, and refuses what is more than two."""
        look = self.look_at_entry if len(words) > 2 else self.look_at_template
        look(name, line, words, before)

    def look_at_entry(self, name: str, line: str, words: list[str], before: list[str]) -> None:
        """Refuses an entry of a vocabulary that says so, and is no name with one sign in it, such as text/plain."""
        if len(words) > 2 or " " in line.strip():
            self._refuse(name, line, self._long_within(words))

    def look_at_setting(self, name: str, line: str, words: list[str], before: list[str]) -> None:
        """Refuses a string of a config that says so, its words run together or not."""
        self._refuse(name, line, self._long_within(words) or self._long_within(_words(_RUN_ON.sub(" ", line))))

    def _within(self, words: list[str]) -> tuple[_Words, _Words] | None:
        """What is looked for, and of what, where words say both."""
        if not (about := set(self._about.within(words))):
            return None
        pairs = ((term, self._of[term] & about) for term in self._sought.within(words))
        return next(((term, min(of)) for term, of in pairs if of), None)

    def _long_within(self, words: list[str]) -> tuple[_Words, _Words] | None:
        found = self._within(words)
        telling = found and all(sum(map(len, term)) >= _TELLING or _WIDE.search(term[0]) for term in found)
        return found if telling else None

    def _refuse(self, name: str, line: str, found: tuple[_Words, _Words] | None) -> None:
        if found is not None:
            term, subject = (" ".join(words) for words in found)
            raise Refusal(
                "case.leak", "A text in the open gives the answer of the case away.",
                f"{quoted(name)} says {quoted(_cut(line.strip()))}, which holds {subject!r} and {term!r}:"
                " what a behaviour is about and what is looked for of it.",
                "Leave it out: no engine needs it.",
            )  # fmt: skip

    def _tell(self, name: str, line: str, found: _Words) -> None:
        self._lines += 1
        self._files[name] = None
        if not self._first:
            at = line.casefold().find(found[0])
            self._first = _cut(line[max(0, at - _SHOWN // 2) :].strip())

    def told(self) -> Iterator[str]:
        if self._files:
            first, *others = self._files
            more = f" and {counted(len(others), 'more file')}" if others else ""
            yield (
                f"{counted(self._lines, 'line')} of {quoted(first)}{more} name{'s' * (self._lines == 1)} what a"
                f" behaviour is about and what is looked for of it, first {quoted(self._first)}: read whether the case"
                " is to bring that."
            )


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
