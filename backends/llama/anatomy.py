"""Where each site lies in a model's graph, found from the graph itself rather than from a list of architectures.

What a block adds to the residual stream is what `hook_attn_out` and `hook_mlp_out` mean, so they are read off the
additions that make up `l_out`; neurons are what the block's down-projection reads. A graph that isn't built like that
offers less, and says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from backends.intake import NEEDS
from backends.llama.tap import Node
from backends.model import Capability

_LAST = "result_output"


@dataclass(frozen=True)
class Anatomy:
    """The nodes at which a model's activations are read and changed."""

    total: int
    """Nodes in the graph."""
    sites: dict[tuple[str, int], Node] = field(default_factory=dict)
    """(kind, layer) → node, with kinds as in `intake.Site`; `hook_embed` is at layer 0."""
    missing: dict[Capability, str] = field(default_factory=dict)
    """Why a capability isn't there, in a sentence."""
    tabled: bool = False
    """Whether its activation function is looked up in a table of float16, as ggml does GELU whatever the weights."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What can be captured."""
        return frozenset(NEEDS.values()) - self.missing.keys()

    def without(self, capability: Capability, why: str) -> Anatomy:
        """The same, with one capability less."""
        sites = {key: node for key, node in self.sites.items() if NEEDS[key[0]] != capability}
        return replace(self, sites=sites, missing={**self.missing, capability: why})


class _OddGraphError(Exception):
    """The graph is built in a way that doesn't offer a site."""


def anatomy(nodes: Sequence[Node], layers: int) -> Anatomy:
    """Find the sites in a surveyed graph."""
    if not nodes or nodes[-1].name != _LAST:
        why = "Its graph does not end in logits."
        return Anatomy(len(nodes), {}, dict.fromkeys(NEEDS.values(), why), _tabled(nodes))
    graph = _Graph(nodes)
    finders: dict[str, Callable[[int], Node]] = {
        "hook_resid_post": graph.residual,
        "hook_attn_out": lambda layer: graph.branches(layer)[0],
        "hook_mlp_out": lambda layer: graph.branches(layer)[1],
        "attn.hook_pattern": lambda layer: graph.only(f"kq_soft_max-{layer}"),
        "attn.hook_z": graph.heads,
        "mlp.hook_post": graph.neurons,
    }
    sites: dict[tuple[str, int], Node] = {}
    missing: dict[Capability, str] = {}
    try:
        sites["hook_embed", 0] = graph.embedding()
    except _OddGraphError as odd:
        missing[Capability.RESIDUAL] = str(odd)
    for kind, find in finders.items():
        try:
            for layer in range(layers):
                sites[kind, layer] = find(layer)
        except _OddGraphError as odd:
            missing.setdefault(NEEDS[kind], str(odd))
    found = {key: node for key, node in sites.items() if NEEDS[key[0]] not in missing}
    return Anatomy(len(nodes), found, missing, _tabled(nodes))


def _tabled(nodes: Sequence[Node]) -> bool:
    """By the names of its nodes: ffn_gelu and ffn_geglu, and those of a mixture's experts."""
    return any(re.match(r"ffn_(moe_)?geg?lu", node.name) for node in nodes)


class _Graph:
    """Questions to the surveyed graph."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self.named: dict[str, list[Node]] = {}
        for node in nodes:
            self.named.setdefault(node.name, []).append(node)

    def only(self, name: str) -> Node:
        found = self.named.get(name, [])
        if len(found) != 1:
            raise _OddGraphError(f"Its graph has {len(found)} nodes named {name}.")
        return found[0]

    def inputs(self, node: Node) -> list[Node]:
        return [self.nodes[source] for source in node.sources if isinstance(source, int)]

    def embedding(self) -> Node:
        """The stream as it enters the first block: token embeddings, scaled, normed or with positions added."""
        for terms in self.sums(0):
            for at, stream in enumerate(terms):
                parts = [term for number, term in enumerate(terms) if number != at]
                both = all(self.reaches(part, stream, set()) for part in parts)
                if both and self.told_apart(parts, 0, {stream}) is not None:
                    return stream
        return self.normed_first()

    def normed_first(self) -> Node:
        """What the first norm reads, where a block is more than a sum (Gemma 4 scales what comes out of it)."""
        scaled = self.inputs(self.only("attn_norm-0"))
        read = self.inputs(scaled[0]) if len(scaled) == 1 and scaled[0].op == "RMS_NORM" else []
        if len(read) != 1 or read[0].op == "ADD":
            raise _OddGraphError("Its first block is not a sum of the stream, one attention and one MLP.")
        return read[0]

    def residual(self, layer: int) -> Node:
        node = self.only(f"l_out-{layer}")
        if node.op not in ("ADD", "MUL") or node.shape[:2] != (1, 1):
            raise _OddGraphError(f"Its block {layer} does not end in one stream.")
        return node

    def branches(self, layer: int) -> tuple[Node, Node]:
        """What attention and MLP add to the stream: l_out = before + attention + MLP, in whatever order."""
        before = self.residual(layer - 1) if layer else self.embedding()
        for terms in self.sums(layer):
            parts = [term for term in terms if term != before]
            if len(parts) == 2 and (found := self.told_apart(parts, layer, {before})) is not None:
                return found
        raise _OddGraphError(f"Its block {layer} is not a sum of the stream, one attention and one MLP.")

    def sums(self, layer: int) -> Iterator[tuple[Node, Node, Node]]:
        """The ways to read a block's output as a sum of three."""
        for middle, outer in _orders(self.inputs(self.residual(layer))):
            inner = self.inputs(middle)
            if middle.op == "ADD" and len(inner) == 2:
                yield self.whole(inner[0]), self.whole(inner[1]), self.whole(outer)

    def whole(self, node: Node) -> Node:
        """In the last block llama.cpp keeps only the rows whose logits are wanted; this is the node with all rows."""
        return self.inputs(node)[0] if node.op == "GET_ROWS" and "out_ids" in node.sources else node

    def told_apart(self, parts: Sequence[Node], layer: int, stops: set[Node]) -> tuple[Node, Node] | None:
        """Two parts of a block as (attention, MLP): the block's heads are behind one of them and not behind the other
        but through the first."""
        heads = self.only(f"kqv_out-{layer}")
        for attention, mlp in _orders(parts):
            if self.reaches(attention, heads, stops | {mlp}) and not self.reaches(mlp, heads, stops | {attention}):
                return attention, mlp
        return None

    def reaches(self, node: Node, origin: Node, stops: set[Node]) -> bool:
        """Whether `node` is computed from `origin`, on a way around `stops`."""
        todo, seen = [node], set(stops)
        while todo:
            node = todo.pop()
            if node == origin:
                return True
            if node not in seen:
                seen.add(node)
                todo.extend(self.inputs(node))
        return False

    def heads(self, layer: int) -> Node:
        node = self.only(f"kqv_out-{layer}")
        if not any(node.place in user.sources and _reads(user, layer, "attn_output") for user in self.nodes):
            raise _OddGraphError(f"The heads of its block {layer} do not go straight into the output projection.")
        return node

    def neurons(self, layer: int) -> Node:
        if f"ffn_moe_topk-{layer}" in self.named:
            raise _OddGraphError(f"Its block {layer} is a mixture of experts.")
        downs = [node for node in self.nodes if node.op == "MUL_MAT" and _reads(node, layer, "ffn_down")]
        if len(downs) != 1:
            raise _OddGraphError(f"Its block {layer} has {len(downs)} down-projections.")
        return self.inputs(downs[0])[0]


def _reads(node: Node, layer: int, weight: str) -> bool:
    return f"blk.{layer}.{weight}.weight" in node.sources


def _orders(pair: Sequence[Node]) -> list[tuple[Node, Node]]:
    return [(pair[0], pair[1]), (pair[1], pair[0])] if len(pair) == 2 else []
