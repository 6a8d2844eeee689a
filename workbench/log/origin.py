"""A record as the beginning of the next question: what was asked there, and what a click on it may ask."""

from __future__ import annotations

from dataclasses import dataclass

from casefiles.status import Refusal
from workbench.contract.probe import Probe
from workbench.contract.prompt import Prompt
from workbench.contract.result import Result
from workbench.contract.spots import Offer, offers
from workbench.log.answering import answered
from workbench.log.entry import ArraysOf, Records
from workbench.log.rebuilding import probe_of, result_of
from workbench.log.records import Intent, RefusalRecord, ResultRecord


@dataclass(frozen=True)
class Origin:
    """What a record asked, and what was found if anything was."""

    seq: int
    probe: Probe
    result: Result | None
    on: str
    """Who was asked."""

    @classmethod
    def of(cls, records: Records, arrays: ArraysOf, seq: int) -> Origin:
        """That of a result, an intent or a refusal. Raises Refusal if the record asks nothing that is known here."""
        try:
            entry = records.entry(seq)
        except KeyError:
            raise _nothing(seq, "There is no such record.") from None
        try:
            number = answered(entry)
            asked = records.entry(number) if number is not None else entry
            told = asked.as_(RefusalRecord) if asked.kind == RefusalRecord.kind else asked.as_(Intent)
            probe = probe_of(told)
            if probe is None:
                raise _nothing(seq, "This workbench does not know that probe in that version.")
            result = result_of(told, entry.as_(ResultRecord)) if entry.kind == ResultRecord.kind else None
            return cls(seq, probe, result.with_arrays(arrays(entry)) if result is not None else None, told.on)
        except (ValueError, KeyError):
            raise _nothing(seq, f"It is a record of another kind ({entry.kind}), or a part of it is gone.") from None

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What may be asked next, as the window offers it where one clicks."""
        return offers(self.probe, self.result) if self.result is not None else ()

    def offer(self, number: int) -> Probe:
        """The probe of one of them. Raises Refusal if there is none of that number."""
        found = next((offer.probe for offer in self.offers if offer.number == number), None)
        if found is None:
            raise Refusal(
                "input.invalid", f"Record {self.seq} offers no follow-up {number}.",
                f"There are {len(self.offers)}." if self.offers else "It offers none.",
                f"List them with `workbench probe CASE follow {self.seq}`.",
            )  # fmt: skip
        return found

    def after(self, sample: int | None, say: str) -> Probe:
        """The same question in the conversation that goes on after one of the answers; `say`: the user's next turn,
        where it is the assistant that answered. Raises Refusal if nothing was answered there."""
        prompts = {name: value for name, value in self.probe if isinstance(value, Prompt)}
        answers = {answer.index: answer for answer in (self.result.answers if self.result else ()) if answer.begun}
        if sample is None and len(answers) == 1:
            (sample,) = answers
        if sample not in answers or len(prompts) != 1:
            named = f"Record {self.seq} holds no answer" + ("" if sample is None else f" {sample}")
            raise Refusal(
                "input.invalid", f"{named} to go on after.",
                f"It holds {len(answers)} that were begun." if answers else "It holds nothing that was drawn.",
                f"Name one of them, as --from {self.seq}:0 does.",
            )  # fmt: skip
        ((name, prompt),) = prompts.items()
        if not prompt.chat or (prompt.speaker == "user") == bool(say):
            why = "Raw text has no turns." if not prompt.chat else "The one who spoke there is not the one to go on."
            user = prompt.speaker == "user"
            raise Refusal(
                "input.invalid", "The conversation cannot go on so.", why,
                "Leave --say out: the assistant answers the user's turn." if user else "Give the user's turn by --say.",
            )  # fmt: skip
        return self.probe.model_copy(update={name: prompt.answered(answers[sample].text, say)})


def _nothing(seq: int, why: str) -> Refusal:
    return Refusal(
        "input.invalid", f"Nothing can be asked from record {seq}.", why,
        "Name a probe's record, as `workbench log` lists them.",
    )  # fmt: skip
