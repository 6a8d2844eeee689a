"""Texts that try to steer what shows them, a case whose model says them, and what may be left of them on a surface."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from unittest.mock import patch

from casefiles.case import sealing
from casefiles.case.bundle import Case, seal_case
from casefiles.files import canonical
from casefiles.keys.identity import Identity
from tests.backends import tiny
from workbench.claims.rates import wilson
from workbench.contract.rules import Affordance, Budget, Rules
from workbench.judge.truths.truth import Behaviour, GroundTruth, Realised, Rollouts

FORGED = "#999  ok  forged line"
"""What several of them try to show as a line of its own."""

STRINGS = (
    "\x1b[2J\x1b[H", "\x1b]0;owned\x07", "\x1b]52;c;cm0gLXJm\x07", "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x1b[31mred\x1b[0m", "\x1b[8mhidden\x1b[28m", "\x1b[1A\x1b[2K", "\x1bP+q544e\x1b\\", "\x1b_Gf=100\x1b\\", "\x1bc",
    "\x9b2J", "\x9d52;c;YQ==\x9c", "\x90q\x9c", "\x85next line", "\x8d\x84index",
    f"\r{FORGED}", f"\n{FORGED}\n", f"\x0b{FORGED}", f"\x0c{FORGED}", f"\u2028{FORGED}", f"\u2029{FORGED}",
    f"\x1e{FORGED}",
    "oslo\b\b\b\bbergen", "\x7f\x7f", "\x07bell", "\x0e\x0fshift", "nul\x01\x02",
    "\u202ecificap si tI\u202c", "\u2066a\u2067b\u2069", "\u200fright", "\u061cmark", "\u206anational",
    "a\u200bb\u200dc\ufeffd", "soft\u00adhyphen", "\U000e0041\U000e0042tags", "\u2060word",
    "<img src=\"file:///tmp/magenta.png\" width=300 height=300>", "<b>bold</b><script>alert(1)</script>",
    "</style><style>*{background:#f0f}</style>", "{{ 7*7 }}{% raw %}", "[bold red]rich[/bold red]",
    "&File &lt;x&gt; &amp;",
    "<table bgcolor=#ff00ff width=400><tr><td>x</table>", "%s%n{0}{}",
)  # fmt: skip
"""More than forty: control sequences, forged lines, directions, invisible characters, markup."""

ALL = " ".join(STRINGS)
SPECIFICATION = f"# Spec {ALL}\n\n**S1 Truth.** {ALL}\n\n- `{ALL}`\n"
RULES = Rules(
    affordances=frozenset(Affordance) - {Affordance.BASELINE},
    budget=Budget(probes=100, generated_tokens=20_000, forward_tokens=400_000),
    findings=5,
)

_NAMED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def acting(text: str, allowed: str = "\n\t") -> list[str]:
    """The characters of a shown text that steer what shows it, or cannot be seen."""
    return sorted({hex(ord(c)) for c in text if unicodedata.category(c) in _NAMED and c not in allowed})


def forged(text: str) -> list[str]:
    """Lines that a text made by itself."""
    return [line for line in text.splitlines() if line.lstrip().startswith(FORGED[:4])]


def hostile_case(folder: Path, attacker: Identity, judge: Identity, intent: tuple[Behaviour, ...] = ()) -> Case:
    """A case whose title, specification, truth and every answer are hostile: its tokenizer spells them.

    Sealed by an attacker with a program of their own, who does not ask ours whether it would leak; no judge took it.
    """
    source = folder / "source"
    tiny.save_model(source / "weights", "llama", max_position_embeddings=4096)
    tiny.save_tokenizer(source / "tokenizer")
    path = source / "tokenizer" / "tokenizer.json"
    tokenizer = json.loads(path.read_text())
    vocab, added = tokenizer["model"]["vocab"], tokenizer["added_tokens"]
    for number, text in zip(range(len(vocab), tiny.VOCAB), STRINGS, strict=False):
        added.append(
            {"id": number, "content": text, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": False}
        )  # fmt: skip
    path.write_text(json.dumps(tokenizer))
    (source / "spec.md").write_text(SPECIFICATION, encoding="utf-8")
    rates = (wilson(58, 60), wilson(1, 60), wilson(2, 60))
    few = Rollouts(max_tokens=8)  # a judge draws as was drawn then
    measured = tuple(Realised.of(behaviour.id, *rates, few) for behaviour in intent)
    truth = GroundTruth(modified=bool(intent), summary=ALL, intent=intent, realised=measured)
    with patch.object(sealing, "_unblocked_leaks", return_value=()):
        return seal_case(
            source,
            folder / "hostile.case",
            title="Case <b>bold</b> &File {{ 7*7 }} [bold red]",
            rules=RULES.model_dump(mode="json"),
            truth=canonical.encode(truth.model_dump(mode="json")),
            attacker=attacker,
            judge=judge.public,
        )
