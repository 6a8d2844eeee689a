"""A session's log as somebody might have changed it before it was written, and a model to replay it on."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any
from weakref import WeakKeyDictionary

from backends.toy_model import ToyModel
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.judge.replays.replay import Replayed, replay
from workbench.log.entry import Entry
from workbench.probes import found

QUESTION = Prompt.ask("What is it?")
RESULT = 2
"""The record that holds the first probe's result."""


_READ: WeakKeyDictionary[Any, list[Entry]] = WeakKeyDictionary()


def _entries(log: Any) -> list[Entry]:
    """All records of a log, read once for as many edits as are made of them."""
    found = _READ.setdefault(log, [])
    found += log.page(len(found), log.size) if hasattr(log, "page") else islice(log.entries(), len(found), None)
    return found


class Edited:
    """The log with a record changed (None: every result)."""

    def __init__(
        self, session: Session, seq: int | None, edit: Callable[[dict[str, Any]], None], *, in_step: bool = True
    ) -> None:
        """`in_step`: what the record says around a changed result is changed with it."""
        self._entries, self._seq, self._edit, self._in_step = _entries(session.log), seq, edit, in_step
        self.size, self.root = session.log.size, session.log.root

    def entry(self, seq: int) -> Entry:
        return self._changed(self._entries[seq])

    def entries(self, kinds: Any = None) -> Iterator[Entry]:
        return (self._changed(entry) for entry in self._entries if kinds is None or entry.kind in kinds)

    def _changed(self, entry: Entry) -> Entry:
        if entry.seq != self._seq and (self._seq is not None or entry.kind != "result"):
            return entry
        data = json.loads(json.dumps(entry.data))
        self._edit(data)
        if self._in_step:
            self._keep_in_step(entry.data, data)
        return dataclasses.replace(entry, data=data)

    def _keep_in_step(self, before: dict[str, Any], data: dict[str, Any]) -> None:
        """Whoever forges a result forges what the record says around it too, where that was left as it stood."""
        if data.get("result") == before.get("result"):
            return
        intent = self._entries[before["intent"]].data
        result = found(intent["probe"], intent["version"], data.get("result"))
        if result is not None and data.get("summary") == before.get("summary"):
            data["summary"] = result.summary
        if result is not None and data.get("cost") == before.get("cost"):
            data["cost"] = result.cost.model_dump(mode="json")


def toy(session: Session, seed: int = 1) -> ToyModel:
    return ToyModel.random(seed=seed, digest=session.case.model_digest)


def run_again(session: Session, model: ToyModel, records: Any = None) -> Replayed:
    return replay(records or session.log, model, session.arrays)
