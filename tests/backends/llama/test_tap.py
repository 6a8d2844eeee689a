"""Errors inside the callback surface, and a graph that was cut short is never taken for a result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("llama_cpp")

from backends.llama.context import Context, PassAbortedError
from backends.llama.tap import Node
from tests.backends.llama_cases import opened

TOKENS = [1, 2, 3, 4]


@pytest.fixture
def context() -> Iterator[Context]:
    model = opened()
    made = Context(model._lib, model._opened.handle, model._plan, sequences=1, length=64, batch=64, tapped=True)
    yield made
    made.close()


def decode(context: Context) -> npt.NDArray[np.float32]:
    context.clear()
    return context.decode(TOKENS, range(4), [0] * 4, range(4)).copy()


def site(context: Context, kind: str = "hook_resid_post", layer: int = 1) -> Node:
    assert context.anatomy is not None
    return context.anatomy.sites[kind, layer]


def total(context: Context) -> int:
    assert context.anatomy is not None
    return context.anatomy.total


def test_an_error_in_a_callback_is_raised_after_the_pass(context: Context) -> None:
    assert context.tap is not None
    before = decode(context)

    def fails(_: npt.NDArray[Any]) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"), context.tap.watch({site(context): fails}, total(context)):
        decode(context)
    assert (decode(context) == before).all()


def test_an_interrupt_in_a_callback_is_not_lost(context: Context) -> None:
    assert context.tap is not None

    def interrupted(_: npt.NDArray[Any]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), context.tap.watch({site(context): interrupted}, total(context)):
        decode(context)


def test_another_graph_than_the_surveyed_one_is_no_result(context: Context) -> None:
    assert context.tap is not None
    node = site(context)
    renamed = Node(node.place, "l_out-7", node.op, node.shape, node.sources)
    with (
        pytest.raises(RuntimeError, match="not b'l_out-7' as surveyed"),
        context.tap.watch({renamed: lambda _: None}, total(context)),
    ):
        decode(context)


@pytest.mark.parametrize("missing", [-1, 1, 5])
def test_a_graph_of_another_length_is_no_result(context: Context, missing: int) -> None:
    assert context.tap is not None
    with (
        pytest.raises(RuntimeError),
        context.tap.watch({site(context): lambda _: None}, total(context) + missing),
    ):
        decode(context)


def test_a_graph_that_ends_early_is_no_result(context: Context) -> None:
    """What an exception would do if it escaped: False from the callback, the rest left out, status 0, logits zero."""
    assert context.tap is not None
    tap, node = context.tap, site(context)
    called = tap._called
    tap_class = type(tap)

    def cut(address: int, asking: bool, data: object) -> bool:
        answer = called(address, asking, data)
        return answer and (asking or tap._place != node.place)

    cutting = tap_class(opened()._lib)
    cutting._called = cut  # type: ignore[method-assign]
    kind = opened()._lib.llama.ggml_backend_sched_eval_callback
    cut_callback = kind(cut)
    tap.callback, kept = cut_callback, tap.callback
    other = Context.__new__(Context)
    other.__dict__.update(context.__dict__)
    other._handle = opened()._lib.llama.llama_init_from_model(opened()._opened.handle, context._parameters())
    other._memory = opened()._lib.llama.llama_get_memory(other._handle)
    try:
        with (
            pytest.raises(RuntimeError, match="the graph ended at node"),
            tap.watch({node: lambda _: None}, total(context)),
        ):
            decode(other)
    finally:
        other.close()
        tap.callback = kept


def test_views_are_read_in_their_own_order(context: Context) -> None:
    """A permuted view holds the numbers of what it views, head and position exchanged."""
    assert context.tap is not None
    with context.tap.survey() as survey:
        decode(context)
    view = next(node for node in survey.nodes if node.op == "PERMUTE" and node.shape[-1] * node.shape[-3] == 32)
    source = survey.nodes[int(view.sources[0])]
    seen: dict[Node, npt.NDArray[Any]] = {}
    watched = {node: lambda values, node=node: seen.update({node: values.copy()}) for node in (view, source)}
    with context.tap.watch(watched, len(survey.nodes)):
        decode(context)
    assert seen[view].shape == view.shape
    assert (seen[view] == seen[source].swapaxes(1, 2)).all()
    assert len(np.unique(seen[view])) > 100


def test_an_aborted_pass_says_so_and_leaves_nothing_behind(context: Context) -> None:
    before = decode(context)
    asked = 0

    def abort() -> bool:
        nonlocal asked
        asked += 1
        return asked > 20

    context.on_abort(abort)
    with pytest.raises(PassAbortedError):
        decode(context)
    context.on_abort(None)
    assert (decode(context) == before).all()


def test_edits_of_another_size_are_a_defect_not_a_write(context: Context) -> None:
    assert context.tap is not None
    with (
        pytest.raises(RuntimeError, match="cannot overwrite"),
        context.tap.watch({site(context): lambda values: values[..., :-1].astype(np.float32)}, total(context)),
    ):
        decode(context)


def test_a_batch_that_llama_would_abort_on_is_stopped_here(context: Context) -> None:
    with pytest.raises(ValueError, match="65 tokens"):
        context.decode([1] * 65, range(65), [0] * 65, range(65))
