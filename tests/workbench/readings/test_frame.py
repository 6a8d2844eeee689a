"""Many texts, one prompt around them."""

from __future__ import annotations

from workbench.contract.prompt import Prompt
from workbench.readings.frame import filled


def test_a_text_goes_where_the_frame_has_room_for_it() -> None:
    assert filled(Prompt.ask("Is {} near {}?"), "Rome").title == "Is Rome near Rome?"
    assert filled(Prompt.ask("Where is"), "Rome").title == "Where is Rome"
    assert filled(Prompt.raw("{} is"), "Rome").text == "Rome is"
    begun = filled(Prompt.ask("What of {}?", prefill="It"), "Rome")
    assert [turn.content for turn in begun.chat] == ["What of Rome?", "It"]
