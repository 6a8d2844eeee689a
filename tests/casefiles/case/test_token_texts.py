"""What a vocabulary's entries say, held against the library that spells them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefiles.case.token_texts import shown_entry, spoken_entry


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="_\u0120\u010a\u2581\n\ufffd"), min_size=1))
def test_what_tokenizers_spell_in_bytes_is_read_back(text: str) -> None:
    from tokenizers import pre_tokenizers

    split = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    ((spelled, _),) = split.pre_tokenize_str(text)
    assert spoken_entry(spelled) == text


READ = {
    "▁Den▁mark": (" Den mark", "Den mark"),
    "\u0120by_Ãħrhus": (" by Århus", "by Århus"),
    "<0xC3><0x85>rhus": ("Århus", "Århus"),
    "<0x41>": ("<0x41>", "<0x41>"),
    "åħ": ("\ufffd", "åħ"),  # the beginning of a letter
    "Übung": ("\ufffdbung", "Übung"),  # spells no bytes
    "Übung▁macht": ("Übung macht", "Übung macht"),
    "中国": ("中国", "中国"),
}


@pytest.mark.parametrize(("entry", "said", "shown"), [(entry, *told) for entry, told in READ.items()], ids=READ.keys())
def test_entries_are_read_as_a_model_says_them(entry: str, said: str, shown: str) -> None:
    assert (spoken_entry(entry), shown_entry(entry)) == (said, shown)
