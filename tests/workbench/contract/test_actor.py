"""Who did something, as it is typed and as it is told."""

from __future__ import annotations

import pytest

from workbench.contract.actor import Actor


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("Ada", "person", "Ada"),
        ("person:Ada", "person", "Ada"),
        ("agent:norn 2", "agent", "norn 2"),
        ("agent-checked:norn", "agent-checked", "norn"),
        ("robot:norn", "person", "robot:norn"),
        ("agent:a:b", "agent", "a:b"),
    ],
)
def test_one_text_for_one_actor(text: str, kind: str, name: str) -> None:
    actor = Actor.parse(text)
    assert (actor.kind, actor.name) == (kind, name)
    assert Actor.parse(str(actor)) == actor


@pytest.mark.parametrize("text", ["", "agent:", "agent: ", "x" * 201])
def test_nobody_is_no_actor(text: str) -> None:
    with pytest.raises(ValueError, match="name"):
        Actor.parse(text)
