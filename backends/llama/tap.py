"""Reading and changing activations while llama.cpp computes them, through its evaluation callback.

llama.cpp asks before each node of the graph whether it is wanted, and calls again once a wanted one is computed; what
is written into its tensor then is what the nodes after it read. The graph of one model in one kind of context always
has the same nodes in the same order, so a node is known by its place, found once by a survey.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from backends.llama.library import Library, Tensor

_NAME = Tensor.name.offset
_LONGEST_NAME = Tensor.name.size

Seen = Callable[[npt.NDArray[Any]], npt.NDArray[np.float32] | None]
"""Given a node's values, shaped slowest dimension first; what it returns, if anything, replaces them."""


@dataclass(frozen=True)
class Node:
    """One node of the graph, as a survey found it."""

    place: int
    name: str
    op: str
    shape: tuple[int, ...]
    """(ne3, ne2, ne1, ne0)"""
    sources: tuple[int | str, ...]
    """Places of the nodes it reads, names of the weights and inputs it reads."""


@dataclass
class GraphSurvey:
    """What one pass showed of the graph."""

    keeping: str
    """Name of nodes whose values are kept."""
    nodes: list[Node] = field(default_factory=list)
    kept: list[npt.NDArray[Any]] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    """Address of a tensor → its node's place."""


class Tap:
    """The callback of one context. It must live as long as the context."""

    def __init__(self, lib: Library) -> None:
        self._lib = lib
        self.callback = lib.llama.ggml_backend_sched_eval_callback(self._called)
        self._survey: GraphSurvey | None = None
        self._watched: Mapping[int, tuple[bytes, Seen]] = {}
        self._total = 0
        self._place = -1
        self._owed = 0
        self._error: BaseException | None = None

    @contextmanager
    def survey(self, keeping: str = "") -> Iterator[GraphSurvey]:
        """Within it, the nodes of the next graph are noted, with the values of those named `keeping`; all are there
        when it ends."""
        self._survey = GraphSurvey(keeping)
        try:
            yield self._survey
        finally:
            self._survey = None
        self._raise()

    @contextmanager
    def watch(self, nodes: Mapping[Node, Seen], total: int) -> Iterator[None]:
        """Within it, each computed graph of `total` nodes shows the `nodes` asked for.

        Raises what a `Seen` raised, and RuntimeError if the graph was not the surveyed one or was not run to its end:
        an error inside the callback doesn't reach llama.cpp, which would go on with zeros.
        """
        self._watched = {node.place: (node.name.encode(), seen) for node, seen in nodes.items()}
        self._total, self._place, self._owed, self._error = total, -1, 0, None
        try:
            yield
        finally:
            self._watched, self._total = {}, 0
        self._raise()

    def check(self, *, aborted: bool) -> None:
        """After each decode: raise what went wrong inside it."""
        self._raise()
        if aborted or self._total == 0:
            self._place, self._owed = -1, 0
        elif self._owed or (self._place + 1) % self._total:
            raise RuntimeError(f"the graph ended at node {self._place + 1} of {self._total}")

    def _raise(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _called(self, address: int, asking: bool, _data: object) -> bool:
        # Nothing may escape from here: ctypes would turn it into False, and the rest of the graph would be left out.
        try:
            if self._survey is not None:
                return self._surveyed(address, asking, self._survey)
            if asking:
                self._place = self._place + 1 if self._place + 1 < self._total else 0
                wanted = self._watched.get(self._place)
                if wanted is None:
                    return False
                self._owed += 1
                self._check_name(address, wanted[0])
                return True
            self._owed -= 1
            self._show(address, self._watched[self._place][1])
        except BaseException as error:
            self._error = self._error or error
        return True

    def _surveyed(self, address: int, asking: bool, survey: GraphSurvey) -> bool:
        if not asking:
            survey.kept.append(self._lib.read(address))
            return True
        self._note(address, survey)
        return survey.nodes[-1].name == survey.keeping

    def _note(self, address: int, survey: GraphSurvey) -> None:
        tensor = Tensor.from_address(address)
        place = len(survey.nodes)
        survey.places[address] = place
        sources = tuple(
            survey.places[source] if source in survey.places else Tensor.from_address(source).name.decode()
            for source in tensor.src
            if source
        )
        op = self._lib.ggml.ggml_op_name(tensor.op).decode()
        survey.nodes.append(Node(place, tensor.name.decode(), op, tuple(tensor.ne)[::-1], sources))

    def _check_name(self, address: int, name: bytes) -> None:
        # Nodes without a name of their own are numbered by ggml (`node_17`), by their place in the graph.
        here = ctypes.string_at(address + _NAME, _LONGEST_NAME).split(b"\0", 1)[0]
        if here != name:
            raise RuntimeError(f"node {self._place} of the graph is {here!r}, not {name!r} as surveyed")

    def _show(self, address: int, seen: Seen) -> None:
        values = self._lib.read(address)
        changed = seen(values)
        if changed is not None:
            self._lib.write(address, changed)
