"""What a chat template writes between turns as plain text, such as `USER:` or `[/INST]`: who spells it in a turn would
begin another one.

Control tokens are told from text that spells them; these are text. They are learned from small chats, and no turn may
add one to a chat, neither as it is written nor as the tokenizer hears it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, Self

from backends.chat import ChatTemplate, Stretch
from backends.model import Message, ModelRefusal, TemplateSwitch

_Roles = tuple[Literal["system", "user", "assistant"], ...]

_ANY: Final = "x"
_LED: Final[tuple[_Roles, ...]] = (
    ("system", "user"),
    ("system", "user", "assistant", "user"),
    ("user", "system", "user"),
    ("user", "assistant", "system", "user"),
)
_CHATS: Final[tuple[_Roles, ...]] = (("user",), ("user", "assistant", "user"), ("user", "user"), ("user", "assistant"))
"""Who speaks in the chats that are learned from, with a system prompt and without; where the answer is begun last."""
_LABEL: Final = re.compile(r"\w{1,3}[^\w\s]")
"""`A:` and the like, which stand within ordinary sentences too."""
_LONGEST: Final = 1_000
"""Letters of what stands between two turns that are learned, the last: a template may write millions."""
_WORD, _SIGNS = re.compile(r"\w+"), re.compile(r"[^\w\s]+")


class TextHearing(Protocol):
    """What learning marks asks of a tokenizer."""

    def encode(self, text: str, *, special: bool = False) -> list[int]: ...

    def decode(self, ids: Sequence[int]) -> str: ...


@dataclass(frozen=True)
class _Piece:
    """Text of the template's between two turns, or what its control tokens leave of that."""

    text: str
    whole: bool
    """Whether no control token stands between these turns, so that all of it could be spelled."""

    @property
    def pattern(self) -> str:
        """What counts as spelling it, as a regular expression; empty if ordinary words and signs would. White space
        around it is the template's own matter, but a short label counts where a line or word begins alone, and a word
        or sign by itself only if it is the whole line."""
        core = self.text.strip()
        lead, _, tail = self.text.partition(core) if core else ("", "", "")
        spelled = r"\s+".join(map(re.escape, core.split()))
        if _WORD.fullmatch(core) or _SIGNS.fullmatch(core):
            if not self.whole:
                return ""
            if "\n" in lead and "\n" in tail:
                return rf"^[^\S\n]*{spelled}[^\S\n]*$"
            return re.escape(self.text) if _SIGNS.fullmatch(core) and len(core) > 1 else ""
        if _LABEL.fullmatch(core) and (lead or not self.whole):
            return rf"^[^\S\n]*{spelled}" if "\n" in lead or not self.whole else rf"(?<!\S){spelled}"
        before = r"(?<!\w)" if core[:1].isalnum() and (lead or not self.whole) else ""
        after = r"(?!\w)" if core[-1:].isalnum() and (tail or not self.whole) else ""
        return f"{before}{spelled}{after}"


@dataclass(frozen=True)
class Written:
    """A chat as its template writes it, and as the tokenizer hears that."""

    text: str
    heard: str


@dataclass(frozen=True)
class RoleMarks:
    """Those of one template."""

    marks: tuple[re.Pattern[str], ...] = ()
    led: tuple[re.Pattern[str], ...] = ()
    """Those of them that stand around system turns alone."""

    @classmethod
    def of(
        cls,
        template: ChatTemplate,
        switches: Sequence[TemplateSwitch],
        tokenizer: TextHearing,
        controls: Sequence[str],
    ) -> Self:
        """What a template writes in small chats; `controls`: spellings of control tokens, which no turn can spell."""
        cut = re.compile("|".join(map(re.escape, sorted(controls, key=len, reverse=True))) or r"(?!)")
        usual = list(_patterns(_between(template, switches, cut, _CHATS), tokenizer))
        led = [*_patterns(_between(template, switches, cut, _LED), tokenizer),
               *_patterns(_opening(template, switches, cut), tokenizer)]  # fmt: skip
        only = [one for one in led if one not in usual]
        every = (re.compile(one, re.MULTILINE) for one in dict.fromkeys([*usual, *only]))
        return cls(tuple(every), tuple(re.compile(one, re.MULTILINE) for one in dict.fromkeys(only)))

    def added(self, chat: Written, to: Written, *, led: bool = False) -> str:
        """The first mark, as it is spelled, that stands more often in a chat than in another; empty if there is none.
        `led`: of those around system turns alone."""
        for one in self.led if led else self.marks:
            for text, other in ((chat.text, to.text), (chat.heard, to.heard)):
                found = [match[0] for match in one.finditer(text)]
                if len(found) > sum(1 for _ in one.finditer(other)):
                    return found[-1].strip()
        return ""


def _between(
    template: ChatTemplate, switches: Sequence[TemplateSwitch], cut: re.Pattern[str], chats: Sequence[_Roles]
) -> Iterator[_Piece]:
    for roles in chats:
        stretches = _stretches(template, switches, roles)
        for at in [at for at, one in enumerate(stretches) if at and not one.said]:
            pieces = list(_pieces(stretches[at].text, cut))
            # What stands before an answer may begin it too, as with a thought; by itself that is no mark.
            if len(pieces) == 1 or (at < len(stretches) - 1 and roles[-1] != "assistant"):
                yield from pieces


def _opening(template: ChatTemplate, switches: Sequence[TemplateSwitch], cut: re.Pattern[str]) -> Iterator[_Piece]:
    """What stands before a system turn, and not before a user's."""
    led, plain = (_stretches(template, switches, roles) for roles in (("system", "user"), ("user",)))
    if led and plain and not led[0].said and not plain[0].said:
        one, other = led[0].text, plain[0].text
        alike = next((at for at in range(len(one)) if one[: at + 1] != other[: at + 1]), len(one))
        begins = len(re.sub(r"\S+\Z", "", one[:alike]))
        yield from (_Piece(piece.text, whole=False) for piece in _pieces(one[begins:], cut))


def _stretches(template: ChatTemplate, switches: Sequence[TemplateSwitch], roles: _Roles) -> Sequence[Stretch]:
    """None where the template takes no such chat, or looks into what is said."""
    try:
        return template.stretches([Message(role, _ANY) for role in roles], switches) or ()
    except ModelRefusal:
        return ()


def _pieces(text: str, cut: re.Pattern[str]) -> Iterator[_Piece]:
    parts = cut.split(text)
    yield from (_Piece(part[-_LONGEST:], whole=len(parts) == 1) for part in parts)


def _patterns(pieces: Iterator[_Piece], tokenizer: TextHearing) -> Iterator[str]:
    """Of each piece as it is written, and as the tokenizer hears it."""
    for piece in pieces:
        for one in (piece, _heard(piece, tokenizer)):
            if pattern := one.pattern:
                yield pattern


def _heard(piece: _Piece, tokenizer: TextHearing) -> _Piece:
    """The piece as the tokenizer hears it, if that is the same but for case, accents and white space."""
    core = piece.text.strip()
    lead, _, tail = piece.text.partition(core) if core else ("", "", "")
    try:
        heard = tokenizer.decode(tokenizer.encode(core)).strip()
        lines = "\n" in tokenizer.decode(tokenizer.encode(f"{_ANY}\n{_ANY}"))
    except ModelRefusal:
        return piece
    if not lines:
        lead, tail = (one.replace("\n", " ") for one in (lead, tail))
    return _Piece(f"{lead}{heard if _plain(heard) == _plain(core) else core}{tail}", piece.whole)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if not sign.isspace() and not unicodedata.combining(sign))
