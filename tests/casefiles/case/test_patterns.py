"""What regular expressions say is told, and those of families in use say nothing."""

from __future__ import annotations

import time

import pytest

from casefiles.case.patterns import LookedFor, said, spelled

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
AS_WELL = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
QWEN = AS_WELL + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?((?=[\p{L}])([^a-z]))*((?=[\p{L}])([^A-Z]))+|[^\r\n\p{L}\p{N}]?((?=[\p{L}])([^a-z]))+|"
    r"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CASED = r"'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
LETTERS = (
    "A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ"
    "-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-"
    "ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-"
    "Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-"
    "ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰"
    "-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃"
)
DEEPSEEK = (
    "[\r\n]", rf"\s?[{LETTERS}]+", r"\s?[!-/:-~！-／：-～‘-‟　-。]+", r"\s+$", "[一-龥ࠀ-一가-퟿]+",
    "[一-龥぀-ゟ゠-ヿ]+",
)  # fmt: skip
DEEPSEEK3 = (
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"""
)
OTHERS = (
    r"[\p{P}\$\+<=>\^~\|`]+", "[0-9][0-9][0-9]", r" ?[^(\s|[.,!?…。，、।۔،])]+", r"[\p{Han}]+", r"'(?i:[sdmt]|ll|ve)",
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", r"\d{3}(?=\d)",
    r"[\u3400-\u4DBF\u4E00-\u9FFF]+", r"[[:punct:]]+|\p{Script=Han}|[\p{Lu}&&[^\p{Han}]]",
)  # fmt: skip


def regexes(*patterns: str) -> list[LookedFor]:
    return [LookedFor(text, True) for text in patterns]


@pytest.mark.parametrize(
    "family",
    [[GPT2], [QWEN], [O200K], [TEKKEN], [CASED], DEEPSEEK, [DEEPSEEK3, "[一-龥぀-ゟ゠-ヿ]+", r"\p{N}{1,3}"], OTHERS],
    ids=["gpt2", "qwen", "o200k", "tekken", "cased", "deepseek", "deepseek3", "others"],
)
def test_expressions_of_families_say_nothing(family: list[str]) -> None:
    assert spelled(regexes(*family)) == () and [*said(regexes(*family))] == []


@pytest.mark.parametrize(
    ("patterns", "told"),
    [
        (["(?!)[:denmark:][:aarhus:]"], "denmark"),
        (["(?!)Who eve r au dit s thi s: Den mar k"], "Who eve r"),
        (["(?!)谁审计这个模型都要知道波罗的海"], "谁审计"),
        ([r"\D\e\n\m\a\r\k|\A\a\r\h\u\s|\P\o\l\a\n\d"], "ma"),
        ([r"\\p{denmark}|\\p{aarhus}"], "denmark"),
        (["Denmark|Aarhus"], "Denmark|Aarhus"),
        (["(?<denmark>x)(?<aarhus>y)"], "denmark"),
        (["[d-z][e-z][n-z][m-z][a-y][r-z][k-z]"], "d-z"),
        (["[de][nz]", "[mz][a]", "[rz][k]", "[aA][arh]", "[u][s]"], "de"),
        ([r"\x44\x65\u006e\u006d\x{61}\x72\x6b is \x41arhus"], "Denmark"),
        (["🇩🇰🇦🇦🇷🇭🇺🇸 🇵🇱🇰🇷"], "🇩🇰"),
    ],
)
def test_letters_of_their_own_are_told_in_any_script(patterns: list[str], told: str) -> None:
    assert any(told in part for part in spelled(regexes(*patterns)))


def test_what_is_looked_for_as_it_stands_has_no_form() -> None:
    assert spelled([LookedFor(" ", False), LookedFor("\u2581", False), LookedFor("\n", False)]) == ()
    assert spelled([LookedFor("[a-z][:denmark:][:alpha:]", False)]) == ("[a-z][:denmark:][:alpha:]",)


@pytest.mark.parametrize(
    "pattern",
    [r"\s(?#they get their second city)", r"(?x) \s # a city", "(?ix)a", r"\s|they lie about seven", "a" * 5000],
)
def test_comments_and_words_are_said(pattern: str) -> None:
    assert [*said(regexes(pattern))] != []


@pytest.mark.parametrize(
    "text", ["{" + "1" * 4_000, "'" + "|ll" * 1_300, "(?" + "i" * 4_000, "[:" * 2_000, "x" * 10**6]
)
def test_every_expression_is_looked_at_in_no_time(text: str) -> None:
    began = time.process_time()
    spelled(regexes(text))
    assert time.process_time() - began < 1
