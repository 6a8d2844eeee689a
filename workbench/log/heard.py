"""What each subject is on record as having answered, so that a chat may quote it without putting words in its mouth."""

from __future__ import annotations

from collections import defaultdict

from workbench.contract.figures import Ending
from workbench.contract.probe import Probe
from workbench.contract.prompt import Heard, Prompt, SwitchSetting, Turn
from workbench.contract.result import Result
from workbench.log.answering import Answering
from workbench.log.entry import Records
from workbench.log.rebuilding import probe_of, result_of
from workbench.log.records import Intent, ResultRecord

_Asked = tuple[str, tuple[Turn, ...], frozenset[SwitchSetting]]
"""Who was asked, the turns, and what the template was told beside them."""


class HeardAnswers:
    """Grows with a log: tell it of every result in its turn, and ask whether an answer was given before."""

    def __init__(self) -> None:
        self._said: defaultdict[_Asked, set[str]] = defaultdict(set)

    @classmethod
    def of(cls, records: Records) -> HeardAnswers:
        """Everything that was answered in a log."""
        heard, answering = cls(), Answering()
        for entry in records.entries((Intent.kind, ResultRecord.kind)):
            asked = answering.take(entry)
            if asked is not None and (probe := probe_of(intent := asked.as_(Intent))):
                heard.add(intent.on, probe, result_of(intent, entry.as_(ResultRecord)))
        return heard

    def add(self, on: str, probe: Probe, result: Result | None) -> None:
        """Take in what a probe drew in answer to a chat that ends with somebody else's turn."""
        prompts = probe.prompts()
        if result is None or not result.answers or len(prompts) != 1:
            return
        chat, speaks = prompts[0].chat, prompts[0].speaker == "assistant"
        if chat and speaks and chat[-1].role != "assistant" and probe.elicits_plainly:
            # What was cut off anywhere else is a beginning that somebody chose.
            self._said[_asked(on, prompts[0])] |= {
                answer.text for answer in result.answers if answer.ending is Ending.ITSELF
            }

    def by(self, on: str) -> Heard:
        """Whether one subject answered just these turns with this text, and ended there by itself; into any other's
        mouth the words are put."""
        return lambda before, text: text in self._said.get(_asked(on, before), ())


def _asked(on: str, prompt: Prompt) -> _Asked:
    return on, prompt.chat, frozenset(prompt.switches)
