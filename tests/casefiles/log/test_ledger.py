"""The tree against the RFC's own definitions, the vectors of Certificate Transparency, and pymerkle."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest
from pymerkle import InmemoryTree

from casefiles.log.ledger import (
    EMPTY_ROOT,
    Ledger,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

# The eight inputs and the roots over their prefixes that Certificate Transparency's reference tests are built on.
CT_INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    bytes.fromhex(text)
    for text in (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
LEAVES = [leaf_hash(f"record {i}".encode()) for i in range(300)]


def tree_hash(data: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    if not data:
        return sha256(b"").digest()
    if len(data) == 1:
        return sha256(b"\x00" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return sha256(b"\x01" + tree_hash(data[:k]) + tree_hash(data[k:])).digest()


def path(m: int, data: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1, word for word."""
    n = len(data)
    if n == 1:
        return []
    k = 1
    while k * 2 < n:
        k *= 2
    if m < k:
        return [*path(m, data[:k]), tree_hash(data[k:])]
    return [*path(m - k, data[k:]), tree_hash(data[:k])]


def subproof(m: int, data: list[bytes], b: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 section 2.1.2, word for word."""
    n = len(data)
    if m == n:
        return [] if b else [tree_hash(data)]
    k = 1
    while k * 2 < n:
        k *= 2
    if m <= k:
        return [*subproof(m, data[:k], b), tree_hash(data[k:])]
    return [*subproof(m - k, data[k:], False), tree_hash(data[:k])]


def test_the_roots_of_certificate_transparency() -> None:
    assert Ledger().root == EMPTY_ROOT == sha256(b"").digest()
    ledger = Ledger()
    assert [ledger.append(leaf_hash(data)) for data in CT_INPUTS] == CT_ROOTS


def test_proofs_are_the_ones_the_rfc_defines() -> None:
    for n in range(1, 34):
        data = [bytes([i]) * (i % 5) for i in range(n)]
        leaves = [leaf_hash(item) for item in data]
        assert root(leaves) == tree_hash(data)
        for m in range(n):
            assert inclusion_proof(leaves, m) == tuple(path(m, data))
        for m in range(1, n + 1):
            assert consistency_proof(leaves, m) == tuple(subproof(m, data, True))


def places(n: int, draw: random.Random) -> set[int]:
    """Which leaves of a tree of `n` to prove: all of a small tree; of a large one those beside a split, and others."""
    if n <= 72:
        return set(range(n))
    beside = {at for split in (64, 128, 256, n) for at in (split - 1, split, split + 1)}
    return {0, 1, *beside, *(draw.randrange(n) for _ in range(6))} & set(range(n))


def test_every_size_up_to_300_agrees_with_pymerkle_and_proves_what_it_holds() -> None:
    draw = random.Random(300)
    oracle = InmemoryTree(algorithm="sha256")
    roots = [EMPTY_ROOT]
    for n in range(1, 301):
        oracle.append_entry(f"record {n - 1}".encode())
        expected = oracle.get_root()
        roots.append(expected)
        leaves = LEAVES[:n]
        assert root(leaves) == expected
        for index in places(n, draw):
            proof = inclusion_proof(leaves, index)
            assert verify_inclusion(leaves[index], index, n, proof, expected)
            assert not verify_inclusion(leaves[index], index + 1, n, proof, expected)
            old = index + 1
            proof = consistency_proof(leaves, old)
            assert verify_consistency(old, n, proof, roots[old], expected)
            assert not verify_consistency(old, n, proof, roots[old - 1], expected)


def test_proofs_made_by_pymerkle_verify_here_and_are_the_same() -> None:
    oracle = InmemoryTree(algorithm="sha256")
    for i in range(41):
        oracle.append_entry(f"record {i}".encode())
    for size in range(1, 42):
        for index in range(size):
            base, *siblings = oracle.prove_inclusion(index + 1, size).serialize()["path"]
            assert bytes.fromhex(base) == LEAVES[index]
            proof = tuple(bytes.fromhex(item) for item in siblings)
            assert verify_inclusion(LEAVES[index], index, size, proof, oracle.get_root(size))
            assert proof == inclusion_proof(LEAVES[:size], index)


def test_a_proof_for_one_place_serves_no_other() -> None:
    leaves = LEAVES[:23]
    top = root(leaves)
    proof = inclusion_proof(leaves, 11)
    assert verify_inclusion(leaves[11], 11, 23, proof, top)
    for index in range(23):
        for size in range(1, 60):
            if (index, size) != (11, 23):
                verdict = verify_inclusion(leaves[11], index, size, proof, top)
                # Sizes whose path from this leaf has the same shape cannot be told apart by the proof alone.
                assert not verdict or (index == 11 and tuple(_shape(11, size)) == tuple(_shape(11, 23)))


def _shape(index: int, size: int) -> list[bool]:
    """On which side each sibling of the path lies, from the leaf up."""
    start, stop, sides = 0, size, []
    while stop - start > 1:
        k = 1
        while k * 2 < stop - start:
            k *= 2
        sides.append(index < start + k)
        start, stop = (start, start + k) if index < start + k else (start + k, stop)
    return sides[::-1]


def test_a_changed_proof_does_not_verify() -> None:
    leaves = LEAVES[:37]
    top = root(leaves)
    inclusion, consistency = inclusion_proof(leaves, 20), consistency_proof(leaves, 21)
    old_root = root(leaves[:21])
    for proof in (inclusion, consistency):
        changed = [
            proof[:-1],
            proof[1:],
            (*proof, proof[0]),
            proof[::-1],
            *((*proof[:i], bytes([proof[i][0] ^ 1]) + proof[i][1:], *proof[i + 1 :]) for i in range(len(proof))),
            tuple(item[:31] for item in proof),
        ]
        for bad in changed:
            if proof is inclusion:
                assert not verify_inclusion(leaves[20], 20, 37, bad, top)
            else:
                assert not verify_consistency(21, 37, bad, old_root, top)


def test_consistency_at_the_edges() -> None:
    top = root(LEAVES[:7])
    assert verify_consistency(0, 7, (), EMPTY_ROOT, top)
    assert not verify_consistency(0, 7, (), top, top)
    assert verify_consistency(7, 7, (), top, top)
    assert not verify_consistency(7, 7, (LEAVES[0],), top, top)
    assert not verify_consistency(8, 7, (), top, top)
    assert not verify_consistency(3, 7, (), root(LEAVES[:3]), top)
    with pytest.raises(ValueError):
        consistency_proof(LEAVES[:7], 8)
    with pytest.raises(ValueError):
        inclusion_proof(LEAVES[:7], 7)


def test_an_append_keeps_one_peak_for_each_bit_of_the_size() -> None:
    ledger = Ledger()
    for n in range(1, 1025):
        ledger.append(LEAVES[n % 300])
        assert len(ledger._peaks) == n.bit_count()


def test_a_ledger_is_restored_from_its_leaves_and_a_copy_goes_its_own_way() -> None:
    ledger = Ledger(LEAVES[:100])
    twin = ledger.copy()
    assert twin.append(LEAVES[100]) == root(LEAVES[:101])
    assert ledger.root == root(LEAVES[:100]) and ledger.size == 100
    with pytest.raises(ValueError):
        ledger.append(b"short")
    assert ledger.root == root(LEAVES[:100])


def test_leaves_and_nodes_never_collide() -> None:
    assert node_hash(LEAVES[0], LEAVES[1]) != leaf_hash(LEAVES[0] + LEAVES[1])
