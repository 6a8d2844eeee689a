"""What clicks may start next is one list, each once, what the summary speaks of first."""

from __future__ import annotations

from backends.toy_model import ToyModel
from workbench.contract.figures import Heat, Spot
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.spots import offers, spots
from workbench.probes import LogitLens, Sample


def lens(control: Prompt | None = None) -> tuple[LogitLens, object]:
    probe = LogitLens(prompt=Prompt.ask("What is it?"), positions=4, track=("a",), control=control)
    return probe, probe.run(ToyModel.random(seed=1), Silent())


def test_every_offer_is_one_of_a_click_and_stands_once() -> None:
    probe, result = lens(Prompt.ask("Who?"))
    found = offers(probe, result)  # type: ignore[arg-type]
    (heat, _) = result.figures()  # type: ignore[attr-defined]
    assert isinstance(heat, Heat)
    clicked = {
        (offered.label, offered.probe)
        for control in (False, True)
        for row in heat.rows.keys
        for column in (heat.control if control and heat.control else heat).columns.keys
        for offered in probe.follow_ups(result, Spot(0, row, column, control))  # type: ignore[arg-type]
    }
    assert {(one.label, one.probe) for one in found} == clicked
    assert len({one.probe for one in found}) == len(found)
    assert [one.number for one in found] == list(range(1, len(found) + 1))


def test_what_is_outlined_comes_first_and_the_last_token_before_the_others() -> None:
    _, result = lens()
    (heat, _) = result.figures()  # type: ignore[attr-defined]
    first = [spot for spot, _ in spots((heat,))][: max(1, len(heat.outlined))]
    if heat.outlined:
        assert {(spot.row, spot.column) for spot in first} == {
            (heat.rows.keys[row], heat.columns.keys[column]) for row, column in heat.outlined
        }
    else:
        assert (first[0].row, first[0].column) == (heat.rows.keys[-1], heat.columns.keys[-1])
    assert heat.control is not None  # its own frame without its subject
    assert len(list(spots((heat,)))) == heat.values.size + heat.control.values.size


def test_each_answer_of_a_conversation_offers_to_go_on_and_raw_text_nothing() -> None:
    model = ToyModel.random(seed=1)
    probe = Sample(prompt=Prompt.ask("Hi"), samples=2, max_tokens=4)
    assert [one.place for one in offers(probe, probe.run(model, Silent()))] == ["sample 0", "sample 1"]
    raw = Sample(prompt=Prompt.raw("Hi"), samples=2, max_tokens=2)
    assert offers(raw, raw.run(model, Silent())) == ()
