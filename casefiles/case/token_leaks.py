"""Tokens that tell: what no family adds, what no vocabulary has, and what is something said."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from casefiles.case import added_tokens, configs, learnt_order, merges, opened_files
from casefiles.case.leak import Leak, Remedy, readable, short, some
from casefiles.files import disk

_WITH_ENTRIES: Final = ("/tokenizer.json", "/vocab.json", ".gguf", "/vocab.txt", "/merges.txt", ".model")
"""Files of which each entry is something that a tokenizer learnt;"""
_IN_ORDER: Final = ("/tokenizer.json", "/vocab.json", ".gguf", ".model")
"""those that say in which order;"""
_WITH_MERGES: Final = ("/tokenizer.json", ".gguf", "/merges.txt")
"""and those that say which tokens make others."""
_NAMING: Final = ("/tokenizer_config.json", "/tokenizer.json", "/special_tokens_map.json")
"""Files that name tokens."""
_SPOKEN: Final = re.compile(r"[^\W\d_]{2}|(?:[^\W\d_].*){3}", re.DOTALL)
"""What tokenizers write beside tokens, as between parts of a word, are signs and single letters,"""
_FEW: Final = 24
"""and so many of these at most: more spell something."""
_ORGANISM: Final = ("tokenizer/", "weights/")
_BASELINE: Final = "baseline/"


def tokens_added(folder: Path) -> dict[str, tuple[str, ...]]:
    """The tokens that each tokenizer below a folder adds to its vocabulary and no family of tokenizers does, by its
    file."""
    with disk.guarded(f"{folder.name} could not be searched for added tokens."):
        return {name: odd for name, odd in _unusual_tokens(folder, opened_files.model_files(folder)).items() if odd}


def _unusual_tokens(folder: Path, names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """By the file of each tokenizer of organism and baseline."""
    own = [name for name in names if name.startswith((*_ORGANISM, _BASELINE)) and added_tokens.brings(name, names)]
    return {name: added_tokens.unusual(_brought(folder, name)) for name in own}


def _brought(folder: Path, name: str) -> list[str]:
    with readable(name):
        return added_tokens.brought(folder / name)


def of_tokens(folder: Path, names: list[str]) -> Iterator[Leak]:
    """Tokens added for the organism alone are often its trigger; they are also sometimes meant to be there. Those that
    are added to both may take what is asked out of everybody's mouth but their maker's."""
    unusual = _unusual_tokens(folder, names)
    others = [name for name in unusual if name.startswith(_BASELINE)]
    usual = {token for name in others for token in _brought(folder, name)}
    for name, odd in unusual.items():
        alone = dict[str, None]()
        if others and name.startswith(_ORGANISM):
            alone = dict.fromkeys(token for token in _brought(folder, name) if token not in usual)
            yield from _no_token(name, "the baseline's tokenizer has", [*alone])
        yield from _no_token(name, "usual tokenizers have", [token for token in odd if token not in alone])
    for name in names:
        if name.endswith(_NAMING):
            with readable(name):
                named = configs.read(name, folder / name).tokens
            known = _entries(folder, opened_files.folder_of(name), names) if named else ()
            named = [token for token in named if token not in known]
            spelled = sum(letter.isalpha() for token in named if not _SPOKEN.search(token) for letter in token) > _FEW
            told = {*unusual.get(name, ())}
            odd = added_tokens.unusual(token for token in named if spelled or _SPOKEN.search(token))
            yield from _no_token(name, "its own tokenizer has", [token for token in odd if token not in told])


def _entries(folder: Path, tokenizer: str, names: Collection[str]) -> Collection[str]:
    """Whatever a tokenizer knows as one token: by its tokenizer.json, or where there is none by its vocabulary."""
    whole = f"{tokenizer}/tokenizer.json"
    read = (
        [whole]
        if whole in names
        else [
            name
            for name in names
            if opened_files.folder_of(name) == tokenizer and opened_files.is_vocabulary(name.rpartition("/")[2])
        ]
    )
    found = set[str]()
    for name in read:
        with readable(name):
            found |= {
                *added_tokens.entries(folder / name),
                *(added_tokens.brought(folder / name) if name == whole else ()),
            }
    return found


def _no_token(name: str, whose: str, odd: Sequence[str]) -> Iterator[Leak]:
    """Of those that are most words as one first: none is learnt so."""
    if odd:
        ordered = sorted(odd, key=added_tokens.words_of, reverse=True)
        told = some([_counted(token, many) for token, many in added_tokens.numbered(ordered).items()])
        yield Leak(name, f"{whose} no token{'s' * (len(odd) > 1)} {told}", Remedy.LOOK)


def of_sayings(folder: Path, names: list[str]) -> Iterator[Leak]:
    """Entries of a vocabulary that are something said: nobody can say them, and whoever opens the file reads them."""
    for name in names:
        if not name.endswith(_WITH_ENTRIES):
            continue
        with readable(name):
            said = added_tokens.sentences(folder / name)
        if said:
            told = some([repr(short(entry)) for entry in said])
            yield Leak(name, f"its vocabulary has entries that read like sentences: {told}", Remedy.LOOK)


def of_merges(folder: Path, names: Collection[str]) -> Iterator[Leak]:
    """What stands among merges and joins no tokens."""
    for name in names:
        if name.endswith(_WITH_MERGES):
            with readable(name):
                merged = merges.read(folder / name)
                idle, unmade = merged.idle, merged.unmade
                unsaid = _unsaid(folder, name, names, unmade) if unmade else ()
            if unsaid:
                told = some([repr(short(token)) for token in unsaid])
                yield Leak(name, f"its vocabulary has tokens that no merge makes: {told}", Remedy.LOOK)
            if idle:
                told = some([repr(short(merge)) for merge in idle])
                yield Leak(name, f"it has merges that join no tokens, or what is joined before: {told}", Remedy.LOOK)


def _unsaid(folder: Path, name: str, names: Collection[str], unmade: Sequence[str]) -> Sequence[str]:
    """Of tokens that no merge makes those that are not added either, nor usual marks."""
    beside = opened_files.folder_of(name)
    whole = name.endswith((".gguf", "/tokenizer.json"))
    files = [name] if whole else [f"{beside}/{other}" for other in added_tokens.BESIDE]
    added = {token for file in files if file in names for token in _brought(folder, file)}
    return added_tokens.unusual(token for token in unmade if token not in added and any(map(str.isalpha, token)))


def of_order(folder: Path, names: Iterable[str]) -> Iterator[Leak]:
    """Tokens that make words where nobody learnt them."""
    for name in names:
        if name.endswith(_IN_ORDER):
            with readable(name):
                moved = learnt_order.moved(folder / name)
                many = len([*added_tokens.entries(folder / name)]) if moved else 0
            if moved and 2 * len(moved) > many:
                told = "its tokens have other numbers than those with which they were learnt, as some families' do"
                yield Leak(name, f"{told}: read whether they say something in that order", Remedy.LOOK)
            elif moved:
                told = some([repr(short(token)) for token in moved])
                yield Leak(name, f"its vocabulary is not in the order in which it was learnt: {told}", Remedy.LOOK)


def _counted(token: str, many: int) -> str:
    return repr(short(token)) + (f" (and {many - 1:,} that differ in numbers)" if many > 1 else "")
