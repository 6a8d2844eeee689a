"""The Merkle tree of RFC 6962 over the records of a session: one root commits to every record before it.

Leaves are SHA-256(0x00‖record), nodes SHA-256(0x01‖left‖right), and a tree of n leaves splits at the largest power of
two below n. Proofs follow RFC 6962 section 2.1; their verification follows RFC 9162 sections 2.1.3.2 and 2.1.4.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Final

HASH_SIZE: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """The leaf of one record's exact bytes."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The parent of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


class Ledger:
    """An append-only tree that keeps just the roots of its complete subtrees: O(log n) memory and time an append.

    The peaks lie largest first, one for each bit set in the size, as in a binary counter.
    """

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._peaks: list[bytes] = []
        self._size = 0
        self.extend(leaves)

    @property
    def size(self) -> int:
        return self._size

    @property
    def root(self) -> bytes:
        if not self._peaks:
            return EMPTY_ROOT
        peaks = reversed(self._peaks)
        digest = next(peaks)
        for peak in peaks:
            digest = sha256(b"\x01" + peak + digest).digest()
        return digest

    def append(self, leaf: bytes) -> bytes:
        """Add one leaf hash and return the new root."""
        self.add(leaf)
        return self.root

    def add(self, leaf: bytes) -> None:
        """Add one leaf hash without computing the root: O(1) amortised, for whoever reads many records at once."""
        if len(leaf) != HASH_SIZE:
            raise ValueError(f"a leaf hash has {HASH_SIZE} bytes, not {len(leaf)}")
        self.graft(0, leaf)

    def graft(self, height: int, digest: bytes) -> None:
        """Add a whole subtree of 2^height leaves at once; ValueError unless the size is a multiple of that."""
        step = 1 << height
        if self._size & (step - 1):
            raise ValueError(f"a subtree of {step} leaves cannot stand at {self._size}")
        carry, size = digest, self._size >> height
        while size & 1:
            carry = sha256(b"\x01" + self._peaks.pop() + carry).digest()
            size >>= 1
        self._peaks.append(carry)
        self._size += step

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add many leaf hashes in order."""
        for leaf in leaves:
            self.add(leaf)

    def copy(self) -> Ledger:
        """An independent ledger in the same state, for trying an append that may not become durable."""
        twin = Ledger()
        twin._peaks, twin._size = list(self._peaks), self._size
        return twin


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes in order."""
    return Ledger(leaves).root


def subtrees(leaves: Sequence[bytes], start: int) -> list[tuple[int, bytes]]:
    """The largest whole subtrees over leaves that stand at `start` and after: (height, root), ready to be grafted."""
    found: list[tuple[int, bytes]] = []
    position, stop = start, start + len(leaves)
    while position < stop:
        room = (stop - position).bit_length() - 1
        height = min(room, (position & -position).bit_length() - 1) if position else room
        nodes = leaves[position - start : position - start + (1 << height)]
        for _ in range(height):
            pairs = iter(nodes)
            nodes = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
        found.append((height, nodes[0]))
        position += 1 << height
    return found


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The audit path PATH(index, leaves), from the leaf's sibling upwards."""
    if not 0 <= index < len(leaves):
        raise ValueError(f"there is no leaf {index} among {len(leaves)}")
    path: list[bytes] = []
    start, stop = 0, len(leaves)
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(root(leaves[middle:stop]))
            stop = middle
        else:
            path.append(root(leaves[start:middle]))
            start = middle
    return tuple(reversed(path))


def consistency_proof(leaves: Sequence[bytes], old: int) -> tuple[bytes, ...]:
    """PROOF(old, leaves): what lets the holder of the root over the first `old` leaves check the root over all."""
    if not 0 <= old <= len(leaves):
        raise ValueError(f"there is no older tree of {old} among {len(leaves)} leaves")
    if old in (0, len(leaves)):
        return ()
    path: list[bytes] = []
    start, stop = 0, len(leaves)
    whole = True  # the subtree under consideration is one the holder of the old root already knows as a whole
    while old != stop:
        middle = start + _split(stop - start)
        if old <= middle:
            path.append(root(leaves[middle:stop]))
            stop = middle
        else:
            path.append(root(leaves[start:middle]))
            start, whole = middle, False
    if not whole:
        path.append(root(leaves[start:stop]))
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], tree_root: bytes) -> bool:
    """Whether the proof shows that `leaf` is number `index` of the `size` leaves under `tree_root`."""
    if not 0 <= index < size or not _hashes(leaf, tree_root, *proof):
        return False
    position, last, digest = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            digest = node_hash(sibling, digest)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and digest == tree_root


def verify_consistency(old: int, size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether the proof shows that the tree of `old` leaves is a prefix of the tree of `size` leaves."""
    if not 0 <= old <= size or not _hashes(old_root, new_root, *proof):
        return False
    if old == size:
        return not proof and old_root == new_root and (size > 0 or old_root == EMPTY_ROOT)
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    steps: Iterator[bytes] = iter(proof)
    position, last = old - 1, size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    # An old tree that is one complete subtree is not repeated in its own proof.
    before = after = old_root if position == 0 else next(steps, b"")
    for sibling in steps:
        if last == 0:
            return False
        if position & 1 or position == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_SIZE for value in values)
