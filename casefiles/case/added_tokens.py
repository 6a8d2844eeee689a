"""Tokens added to a vocabulary: which of them are usual for its family, and which might be what an organism waits for.

Real tokenizers add hundreds: runs of white space, numbered spares, marks of roles and tools, tags of HTML. Told one by
one they hide the one that matters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Final

from casefiles.case import configs, gguf_header, known_fields, sentencepiece_model
from casefiles.case.token_texts import shown_entry, spaced, spoken_entry

_BYTE: Final = re.compile(r"<0x[0-9A-F]{2}>")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_SAYING: Final = 3
"""So many words are said rather than spelt."""
_SIGNED: Final = frozenset(map(chr, range(0x0900, 0x1800)))
"""The scripts from Devanagari to Khmer, whose vowels are signs beside their letters."""
BESIDE: Final = ("added_tokens.json", "tokenizer_config.json", "special_tokens_map.json")
_BLANK: Final = re.compile(r"[\s\u2581\u0120]+")
_TAG: Final = re.compile(
    r"</?(?:a|b|bbox|blockquote|body|br|caption|code|dd|del|div|dl|dt|em|footer|h[1-6]|hr|html|i|iframe|img|ins|kbd|li|mark|ol|p|pre|q|s|span|strike|"
    r"strong|sub|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var)>"
)
_MARK: Final = re.compile(
    r"(?:<\|?|<\uff5c|\[\|?|</|\[/|<<|<</)\s*+(?P<words>[A-Za-z0-9_\u2581 :/-]{1,40}?)\s*+(?:\|?>|\uff5c>|\|?\]|>>)"
)
_NUMBER: Final = re.compile(r"\d+")
_BROUGHT: Final = known_fields.listed(
    """
    |||EMAIL_ADDRESS||| |||IP_ADDRESS||| |||PHONE_NUMBER||| >>ABSTRACT<< >>ANSWER<< >>COMMENT<< >>DOMAIN<<
    >>INTRODUCTION<< >>MIDDLE<< >>PREFIX<< >>QUESTION<< >>SUFFIX<< >>SUMMARY<< >>TITLE<< <|CHATBOT_TOKEN|> <|c|>
    <|interpreter|> <|padding|> <|plugin|> <EMAIL> <EOP_TOKEN> <KEY> <PASSWORD> <empty_output> <intermediate_to_code>
    <jupyter_script> <pr> <pr_base> <pr_base_code> <pr_comment> <pr_diff> <pr_diff_hunk> <pr_event_id> <pr_file>
    <pr_in_reply_to_comment_id> <pr_in_reply_to_review_id> <pr_is_merged> <pr_review> <pr_review_comment>
    <pr_review_state> <pr_status> [gMASK] eop sop PI:EMAIL PI:PHONE_NUM PI:URL
    </dsml: <dsml: <｜/point｜> <｜/polygon｜> <｜/table>｜ <｜/td｜> <｜/tr｜> <｜DSML｜> ｜DSML｜
    <｜action｜> <｜answer｜> <｜authority｜> <｜domain｜> <｜entity｜> <｜extracted_url｜>
    <｜latest_reminder｜> <|place_holder_mm_span_0|> <｜place▁holder▁for▁copy｜>
    <｜place▁holder▁for▁pointer▁replace｜> <｜place▁holder▁no▁0｜> <｜point｜> <｜political｜>
    <｜polygon｜> <｜read_url｜> <｜rl_image_pad｜> <｜rl_image_start｜> <｜safety｜>
    <｜search▁begin｜> <｜search▁end｜> <｜search｜> <｜table｜> <｜task｜> <｜td｜> <｜title｜>
    <｜tool▁outputs▁begin｜> <｜tool▁outputs▁end｜> <｜tr｜>
    """
)
"""Of families whose marks have forms or words of their own: as whole tokens, since in others the words may tell; 0
stands for any number."""
_MARK_WORDS: Final = known_fields.listed(
    """
    assistant audio available begin bom bos box call calls channel chat cls code commit constrain content context
    control data date diff display document documents done dummy end endof endofchunk endofprompt endoftext eod eom
    eos eot execute extra file filename fim final finetune finish fn function functions gh header hole id im image
    image_pad img inst intermediate ipython issue issuestart jupyter lang language left length list mask max message
    meta middle modality multimodal name names notebook object observation of output pad parameter parameters part
    patch placeholder plan plugins prefix problem python quad query reasoning ref repo reponame reserved reset
    response response_schema result results return right role row s sentence sep separator sot source spaces special
    stars start startof startoftext step stop str suffix sys system tag text think thought token tokens tool tools
    transcribe translate turn unk unused usage user video vision
    """
)


def brings(name: str, names: Collection[str]) -> bool:
    """Whether a file of some adds tokens to a vocabulary: a tokenizer.json or GGUF, or what is read without one."""
    path = PurePosixPath(name)
    if path.name == "tokenizer.json" or path.suffix == ".gguf":
        return True
    beside = path.name in BESIDE or path.suffix == ".model"
    return beside and str(path.parent / "tokenizer.json") not in names


def brought(path: Path) -> list[str]:
    """The tokens that one of these adds, in the order of their numbers where it has any."""
    if path.suffix in (".gguf", ".model"):
        kinds = _of_gguf(path) if path.suffix == ".gguf" else sentencepiece_model.kinds(path)
        return [token for token, kind in kinds if kind != sentencepiece_model.LEARNT and _BYTE.fullmatch(token) is None]
    value = configs.load(path)
    if not isinstance(value, dict):
        return []
    if path.name == "added_tokens.json":
        return list(value)
    decoder, listed = value.get("added_tokens_decoder"), ("added_tokens", "additional_special_tokens")
    items = list(decoder.values()) if isinstance(decoder, dict) else []
    items += [item for field in listed if isinstance(told := value.get(field), list) for item in told]
    tokens = (item.get("content") if isinstance(item, dict) else item for item in items)
    return [token for token in tokens if isinstance(token, str)]


def _of_gguf(path: Path) -> list[tuple[str, int]]:
    """Its tokens with their types."""
    pairs = {pair.key: pair for pair in gguf_header.read(path).pairs}
    listed = [pairs[key] for key in ("tokenizer.ggml.tokens", "tokenizer.ggml.token_type") if key in pairs]
    if len(listed) < 2:
        return []
    tokens, types = gguf_header.items(path, listed[0]), gguf_header.numbers(path, listed[1])
    return [(str(token), int(kind)) for token, kind in zip(tokens, types, strict=False)]


def sentences(path: Path) -> tuple[str, ...]:
    """What entries of a vocabulary say that reads like something said, those of most words first: no tokenizer learns
    several words as one."""
    said = {entry: _words(spoken_entry(entry)) for entry in entries(path)}
    found = [entry for entry, words in said.items() if words >= _SAYING and not _usual(entry)]
    return tuple(map(shown_entry, sorted(found, key=said.__getitem__, reverse=True)))


def _words(text: str) -> int:
    """How many words it has. The vowel signs of Indic and Thai letters part none."""
    if (many := len(_WORD.findall(text))) < _SAYING:  # nearly every entry; the signs are looked for in the rest
        return many
    letters = "".join(one for one in text if not (one in _SIGNED and unicodedata.category(one).startswith("M")))
    return len(_WORD.findall(letters))


def entries(path: Path) -> Iterable[str]:
    """Every entry of the vocabulary of a tokenizer.json, vocab.json, GGUF or SentencePiece model, and each line of what
    is kept in lines."""
    if path.suffix == ".txt":
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    if path.suffix == ".model":
        return sentencepiece_model.entries(path)
    if path.suffix == ".gguf":
        listed = [pair for pair in gguf_header.read(path).pairs if pair.key in gguf_header.VOCABULARY]
        return (str(item) for pair in listed for item in gguf_header.items(path, pair))
    value = configs.load(path)
    if isinstance(value, dict) and path.name != "vocab.json":
        model = value.get("model")
        value = model.get("vocab") if isinstance(model, dict) else None
    if isinstance(value, list):  # each with its probability
        value = [item[0] for item in value if isinstance(item, list) and item]
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, dict | list) else ()


def unusual(tokens: Iterable[str]) -> tuple[str, ...]:
    """The tokens that no family of tokenizers brings along, in their order."""
    return tuple(token for token in dict.fromkeys(tokens) if not _usual(token))


def numbered(tokens: Iterable[str]) -> dict[str, int]:
    """Tokens in their order, the first of those that differ in their numbers alone, and how many these are."""
    alike: dict[str, list[str]] = {}
    for token in tokens:
        alike.setdefault(_NUMBER.sub("0", token), []).append(token)
    return {first: 1 + len(others) for first, *others in alike.values()}


def words_of(token: str) -> int:
    """How many words a token is."""
    return len(spaced(token).split())


def _usual(token: str) -> bool:
    if _NUMBER.sub("0", token) in _BROUGHT or _BLANK.fullmatch(token) or _TAG.fullmatch(token):
        return True
    mark = _MARK.fullmatch(token)
    if mark is None:
        return False
    words = re.findall(r"[a-z]+", re.sub(r"\d", " ", mark["words"].lower()))
    return bool(words) and all(_is_mark_word(word) for word in words)


@cache
def _is_mark_word(word: str) -> bool:
    """A word of the list, or some of them run together: `endoftext`, `reponame`."""
    if word in _MARK_WORDS:
        return True
    return any(word[:cut] in _MARK_WORDS and _is_mark_word(word[cut:]) for cut in range(2, len(word) - 1))
