"""Text to token ids and back, from the tokenizer files of a case."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from backends.model import Message, ModelRefusal, TemplateSwitch
from backends.rendering import ChatRenderer, Control

_SPECIAL_ROLES = ("bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token")
_ANY = "x"
"""A text that shows what is put before one."""
_STEPS = 16
"""What a normalizer, a pre-tokenizer or a decoder may consist of: families have up to eight, and each may take its time
with a text."""
_LISTS = ("normalizers", "pretokenizers", "decoders")
_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")


class Vocabulary:
    """The tokenizer of a model as the contract needs it: nothing added, nothing dropped, every byte accounted for.

    `decode` joins the bytes of the ids, so decode(a + b) is decode(a) + decode(b) but for split characters; unlike
    the tokenizer's own decoder it keeps a leading space.
    """

    def __init__(self, serialized: str, settings: dict[str, Any], template: str | None) -> None:
        import tokenizers

        try:
            description = json.loads(serialized)
            _check_merges(description["model"])
            for part in ("normalizer", "pre_tokenizer", "decoder"):
                _check_steps(part, description.get(part))
            self._plain = tokenizers.Tokenizer.from_str(serialized)
            self._special = tokenizers.Tokenizer.from_str(serialized)
        except BaseException as error:  # the library raises bare Exception, and panics
            if not _of_the_library(error):
                raise
            raise _unreadable("tokenizer.json", f"it is no usable tokenizer: {error}") from error
        for tokenizer in (self._plain, self._special):
            tokenizer.no_padding()
            tokenizer.no_truncation()
            if getattr(tokenizer.model, "dropout", None) is not None:
                tokenizer.model.dropout = None  # meant for training; a text would have other ids each time
        self._plain.encode_special_tokens = True  # in its words: encode them as text
        self._description = description
        self._decoder = json.dumps(description.get("decoder"), ensure_ascii=False)
        added = self._plain.get_added_tokens_decoder()
        self._added: dict[int, str] = {index: token.content for index, token in added.items()}
        self._bytes = dict[int, bytes]()  # of ids that were decoded: a text is again with each token that follows it
        self.size: int = max(self._plain.get_vocab(with_added_tokens=True).values(), default=-1) + 1
        """One more than the highest id."""
        self.special_tokens: dict[str, str] = {}
        for role in _SPECIAL_ROLES:
            value = settings.get(role)
            content = value.get("content") if isinstance(value, dict) else value
            if isinstance(content, str):
                self.special_tokens[role] = content
        self._chat = ChatRenderer.of(
            template, self.special_tokens, "Neither chat_template.jinja nor tokenizer_config.json"
        )
        self.template = self._chat.template

    @classmethod
    def open(cls, folder: Path) -> Vocabulary:
        """Read `tokenizer.json` and its companions; other formats are converted by transformers where it can."""
        settings = _object(folder / "tokenizer_config.json")
        template_file = folder / "chat_template.jinja"
        template = _as_it_is(template_file) if template_file.is_file() else _default_template(settings)
        path = folder / "tokenizer.json"
        return cls(_text(path) if path.is_file() else _converted(folder), settings, template)

    @property
    def end_token(self) -> int | None:
        """Id of the tokenizer's end-of-sequence token."""
        content = self.special_tokens.get("eos_token")
        found: int | None = None if content is None else self._plain.token_to_id(content)
        return found

    @cached_property
    def begin_tokens(self) -> tuple[int, ...]:
        """What the tokenizer's own last step puts before a text."""
        bare, ids = _ids(self._special, _ANY), _ids(self._special, _ANY, add_special_tokens=True)
        places = range(len(ids) - len(bare) + 1)
        return tuple(ids[: next((at for at in places if ids[at : at + len(bare)] == bare), 0)])

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        """Ids of `text`; `special`: text that spells a special token becomes that token."""
        return _ids(self._special if special else self._plain, text)

    def render(self, messages: Sequence[Message], switches: Sequence[TemplateSwitch] = ()) -> list[int]:
        """Ids of a chat by the model's own template."""
        return self._chat.ids(messages, switches, self)

    @cached_property
    def controls(self) -> Mapping[int, Control]:
        """What the tokenizer calls special, but for the token of unknown characters, and what else the template writes
        that no text should become."""
        unknown = _unknown(self._description["model"])
        return {
            index: Control(token.content, token.lstrip, token.rstrip, token.special)
            for index, token in self._plain.get_added_tokens_decoder().items()
            if token.content.strip() and token.content != unknown
            if token.special or token.content in self._chat.source
        }

    def encode_as_text(self, text: str, *, begins: bool) -> list[int]:
        """Ids of a part of a text, none of them a control token; `begins`: the whole text begins with it."""
        return _ids(self._beginning if begins else self._inside, text)

    @cached_property
    def _beginning(self) -> Any:
        return self._as_text(self._description)

    @cached_property
    def _inside(self) -> Any:
        """For a part that stands after a control token: some tokenizers put a space before the first word alone."""
        return self._as_text(_without_first_space(self._description))

    def _as_text(self, description: dict[str, Any]) -> Any:
        """A tokenizer to which every control token is text."""
        import tokenizers

        added = [
            {**entry, "special": entry["special"] or entry["id"] in self.controls}
            for entry in description.get("added_tokens") or ()
        ]
        tokenizer = tokenizers.Tokenizer.from_str(json.dumps({**description, "added_tokens": added}))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        if getattr(tokenizer.model, "dropout", None) is not None:
            tokenizer.model.dropout = None
        tokenizer.encode_special_tokens = True
        return tokenizer

    def decode(self, ids: Sequence[int]) -> str:
        """Text of `ids`; undecodable bytes as U+FFFD."""
        for index in ids:
            if index not in self._bytes:
                self._bytes[index] = self.bytes_of(index)
        return b"".join(map(self._bytes.__getitem__, ids)).decode("utf-8", "replace")

    def pieces(self, ids: Sequence[int]) -> list[str]:
        r"""The text of each id on its own; undecodable bytes as `\xNN`, ids without a token as `[id]`."""
        return [self.bytes_of(i).decode("utf-8", "backslashreplace") if self._known(i) else f"[{i}]" for i in ids]

    def bytes_of(self, index: int) -> bytes:
        """The bytes one id stands for; U+FFFD for an id between the tokenizer's last and the model's last."""
        if index in self._added:
            return self._added[index].encode()
        token = self._plain.id_to_token(index) if 0 <= index < 2**32 else None
        if token is None:
            return "\ufffd".encode()
        if "ByteLevel" in self._decoder:
            mapped = [_BYTE_OF.get(character) for character in token]
            return str(token).encode() if None in mapped else bytes(value for value in mapped if value is not None)
        if "ByteFallback" in self._decoder and (byte := _BYTE_TOKEN.fullmatch(token)):
            return bytes([int(byte[1], 16)])
        if "\u2581" in self._decoder:
            return str(token).replace("\u2581", " ").encode()
        return str(self._plain.decode([index], skip_special_tokens=False)).encode()

    def _known(self, index: int) -> bool:
        return index in self._added or (0 <= index < 2**32 and self._plain.id_to_token(index) is not None)


def _ids(tokenizer: Any, text: str, *, add_special_tokens: bool = False) -> list[int]:
    """Ids of a text. Raises ModelRefusal where the library has none to give."""
    try:
        text.encode()
        ids: list[int] = tokenizer.encode(text, add_special_tokens=add_special_tokens).ids
    except UnicodeEncodeError as error:
        raise ModelRefusal(
            "model.input", "The text cannot be tokenised.", f"{error}.", "Remove unpaired surrogates."
        ) from error
    except BaseException as error:  # the library raises bare Exception, and panics
        if not _of_the_library(error):
            raise
        raise ModelRefusal(
            "model.input",
            "The text cannot be tokenised.",
            f"The model's tokenizer fails on it: {error}.",
            "Use another text; a tokenizer that fails on some was made to, or is broken: the judge should hear of it.",
        ) from error
    return ids


def _without_first_space(part: Any) -> Any:
    """A tokenizer's description with no space put before the first word of a text."""
    if isinstance(part, dict):
        return {
            name: "never" if name == "prepend_scheme" and held == "first" else _without_first_space(held)
            for name, held in part.items()
            if name not in ("vocab", "merges")
        } | {name: part[name] for name in ("vocab", "merges") if name in part}
    return [_without_first_space(item) for item in part] if isinstance(part, list) else part


def _unknown(model: dict[str, Any]) -> str | None:
    """The token that stands for what a tokenizer has no token for."""
    place = model.get("unk_id")  # of a Unigram model, which lists its pieces with their scores
    return model["vocab"][place][0] if isinstance(place, int) else model.get("unk_token")


def _check_merges(model: dict[str, Any]) -> None:
    """Refuse merges without the prefix that all but the first pieces of a word have: the library cuts it off unseen,
    and ends the process where it isn't there."""
    if prefix := model.get("continuing_subword_prefix"):
        for merge in model.get("merges") or ():
            later = (merge.split(" ") if isinstance(merge, str) else merge)[-1]
            if not later.startswith(prefix):
                raise ValueError(f"the merge of {merge!r} lacks the prefix {prefix!r}")


def _check_steps(name: str, part: Any) -> None:
    """Refuse a part of so many steps that a text stands in it for minutes."""
    left, steps = [part], 0
    while left:
        inner = left.pop()
        if not isinstance(inner, dict):
            continue
        parts = [held for name in _LISTS if isinstance(held := inner.get(name), list)]
        left += [step for held in parts for step in held]
        steps += not parts
    if steps > _STEPS:
        raise ValueError(f"its {name} has {steps} steps, and no family's has more than {_STEPS}")


def _of_the_library(error: BaseException) -> bool:
    """Whether the tokenizers library is the cause: a panic in it is no Exception to Python."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def _byte_level() -> dict[str, int]:
    """GPT-2's printable stand-ins for bytes (Radford et al. 2019): character → byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [value for value in range(256) if value not in printable]
    return {chr(v): v for v in printable} | {chr(256 + i): v for i, v in enumerate(rest)}


_BYTE_OF = _byte_level()


def _default_template(settings: dict[str, Any]) -> str | None:
    template = settings.get("chat_template")
    if isinstance(template, list):  # named templates
        named = {t.get("name"): t.get("template") for t in template if isinstance(t, dict)}
        template = named.get("default")
    return template if isinstance(template, str) else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path.name, str(error)) from error


def _as_it_is(path: Path) -> str:
    """A text in which what is not UTF-8 stands as unpaired surrogates: a chat template may be beyond reading."""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise _unreadable(path.name, str(error)) from error


def _object(path: Path) -> dict[str, Any]:
    """A JSON object, empty if the file does not exist."""
    if not path.exists():
        return {}
    try:
        value = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise _unreadable(path.name, f"it is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise _unreadable(path.name, "it is not a JSON object")
    return value


def _converted(folder: Path) -> str:
    """A tokenizer in one of the older formats (sentencepiece, vocab + merges), converted in memory."""
    try:
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False, use_fast=True
        )
        serialized: str = tokenizer.backend_tokenizer.to_str()
    except Exception as error:  # whatever a conversion of hostile files ends in
        raise _unreadable(str(folder.name), f"it has no tokenizer.json and could not be converted: {error}") from error
    return serialized


def _unreadable(name: str, why: str) -> ModelRefusal:
    return ModelRefusal(
        "model.unreadable",
        f"The tokenizer cannot be loaded from {name}.",
        f"{why[:1].upper()}{why[1:]}.",
        "Verify the case; if it verifies, ask the judge for a repaired one.",
    )
