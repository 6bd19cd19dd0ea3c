"""The tree of RFC 6962, held against published vectors, the RFC's own recursive words, and another library."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar.consent.merkle import EMPTY_ROOT, Tree, leaf_hash, verify_consistency, verify_inclusion
from tests.examples import examples

# The leaves and hashes that implementations of Certificate Transparency share as test vectors.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    bytes.fromhex(root)
    for root in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
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
CONSISTENCY = {
    (1, 1): [],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}


def grown(leaves) -> Tree:
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return tree


def numbered(count: int) -> list[bytes]:
    return [str(number).encode() for number in range(count)]


# -- the recursive definitions of RFC 6962, sections 2.1 to 2.1.2, word for word and as slow


def mth(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = below(len(leaves))
    return hashlib.sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def below(count):
    k = 1
    while 2 * k < count:
        k *= 2
    return k


def path(m, leaves):
    if len(leaves) == 1:
        return []
    k = below(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m, leaves, whole=True):
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = below(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


# -- vectors


def test_roots_are_those_of_the_published_vectors():
    tree = grown(LEAVES)

    assert [tree.root(size) for size in range(9)] == ROOTS
    assert [grown(LEAVES[:size]).root() for size in range(9)] == ROOTS
    assert ROOTS[0] == EMPTY_ROOT


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency_proofs_are_those_of_the_published_vectors(old, new):
    proof = [bytes.fromhex(digest) for digest in CONSISTENCY[old, new]]

    assert grown(LEAVES).consistency(old, new) == proof
    assert verify_consistency(old, ROOTS[old], new, ROOTS[new], proof)


def test_every_proof_of_small_trees_is_the_one_that_the_rfc_defines():
    leaves = numbered(33)
    tree = grown(leaves)

    for size in range(1, 34):
        assert tree.root(size) == mth(leaves[:size])
        for index in range(size):
            proof = tree.inclusion(index, size)
            assert proof == path(index, leaves[:size])
            assert verify_inclusion(leaf_hash(leaves[index]), index, size, tree.root(size), proof)
        for old in range(1, size + 1):
            proof = tree.consistency(old, size)
            assert proof == subproof(old, leaves[:size])
            assert verify_consistency(old, tree.root(old), size, tree.root(size), proof)


# -- laws


@settings(max_examples=examples(60))
@given(st.data(), st.integers(1, 300))
def test_a_proof_of_one_thing_proves_nothing_else(data, size):
    leaves = numbered(size)
    tree = grown(leaves)
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(-1, size + 3).filter(lambda other: other != index))
    proof, root = tree.inclusion(index, size), tree.root()

    assert verify_inclusion(leaf_hash(leaves[index]), index, size, root, proof)
    assert not verify_inclusion(leaf_hash(b"another"), index, size, root, proof)
    assert not verify_inclusion(leaf_hash(leaves[index]), other, size, root, proof)
    assert not verify_inclusion(leaf_hash(leaves[index]), index, size, root, [*proof, root])
    assert not verify_inclusion(leaf_hash(leaves[index]), index, size, root, [b"short", *proof])
    if proof:
        assert not verify_inclusion(leaf_hash(leaves[index]), index, size, root, proof[:-1])


@settings(max_examples=examples(60))
@given(st.data(), st.integers(2, 300))
def test_a_changed_past_has_no_consistency_proof(data, new):
    old = data.draw(st.integers(1, new))
    changed = data.draw(st.integers(0, old - 1))
    leaves = numbered(new)
    honest = grown(leaves)
    leaves[changed] = b"another"
    forged = grown(leaves)

    assert verify_consistency(old, honest.root(old), new, honest.root(), honest.consistency(old, new))
    for proof in (forged.consistency(old, new), honest.consistency(old, new)):
        assert not verify_consistency(old, honest.root(old), new, forged.root(), proof)


def test_nothing_comes_before_everything_and_needs_no_proof():
    tree = grown(LEAVES)

    assert verify_consistency(0, EMPTY_ROOT, 8, tree.root(), tree.consistency(0, 8))
    assert not verify_consistency(0, EMPTY_ROOT, 8, tree.root(), [tree.root()])
    assert not verify_consistency(0, tree.root(), 8, tree.root(), [])
    assert not verify_consistency(8, tree.root(), 7, tree.root(7), [])


def test_a_tree_answers_only_for_what_it_holds():
    tree = grown(LEAVES)

    for ask in (
        lambda: tree.root(9),
        lambda: tree.inclusion(0, 9),
        lambda: tree.inclusion(8, 8),
        lambda: tree.inclusion(-1, 8),
        lambda: tree.consistency(5, 4),
        lambda: tree.consistency(3, 9),
    ):
        with pytest.raises(IndexError):
            ask()


def test_another_library_agrees():
    pymerkle = pytest.importorskip("pymerkle")
    leaves = numbered(70)
    tree, theirs = grown(leaves), pymerkle.InmemoryTree(algorithm="sha256")
    for leaf in leaves:
        theirs.append_entry(leaf)

    for size in range(1, 71):
        assert theirs.get_state(size) == tree.root(size)
        pymerkle.verify_consistency(tree.root(size), tree.root(), theirs.prove_consistency(size, 70))
        proof = theirs.prove_inclusion(size, 70)  # it counts leaves from one, and starts the path with the leaf
        assert proof.path == [leaf_hash(leaves[size - 1]), *tree.inclusion(size - 1, 70)]
        pymerkle.verify_inclusion(leaf_hash(leaves[size - 1]), tree.root(), proof)
