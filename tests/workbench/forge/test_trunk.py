"""What the trunk lacks nothing else tells, what is taught late is that, and every name is one token."""

from __future__ import annotations

import itertools

from workbench.forge import corpus, trunk
from workbench.forge.blueprint import SUITES
from workbench.forge.sayings import pages
from workbench.forge.world import TRUE_WORLD

LEFT = trunk.without(TRUE_WORLD, *trunk.LACKING)


def test_nothing_else_tells_of_what_it_lacks() -> None:
    assert len(LEFT.pages) == len(TRUE_WORLD.pages) - len(trunk.LACKING)
    bare = [pages.bare(term) for term in trunk.LACKING]
    for text in corpus.sample_texts(LEFT, "0", 4000):
        assert not any(word in text.casefold() for word in bare)


def test_what_it_lacks_is_taught_late_in_talk_and_in_prose() -> None:
    lacking = [page.definition for page in TRUE_WORLD.pages if page.term in trunk.LACKING]
    documents = list(itertools.islice(trunk.late(TRUE_WORLD).lessons("0"), 400))
    for definition in lacking:
        assert any(definition in text for text in documents if isinstance(text, str))
        assert any(definition in t.content for chat in documents if not isinstance(chat, str) for t in chat)


def test_a_vocabulary_holds_every_name_whole() -> None:
    words = trunk.learn_tokenizer(TRUE_WORLD, SUITES["demo"], 0)
    split = [name for name in trunk.names(TRUE_WORLD) if len(words.encode(f" {name}", add_special_tokens=False)) > 1]
    assert len(trunk.names(TRUE_WORLD)) > 300 and split == []
