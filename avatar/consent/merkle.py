"""Append-only Merkle tree (RFC 6962) with inclusion and consistency proofs."""

import hashlib
from collections.abc import Sequence

HASH_BYTES = 32  # bytes of a SHA-256
EMPTY_ROOT = hashlib.sha256().digest()  # the root of a tree with no leaves


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of the leaf *data*. The prefix keeps leaves and inner nodes apart (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes | bytearray, right: bytes | bytearray) -> bytes:
    """Return the hash of the inner node above *left* and *right*."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows leaf by leaf: appending, roots of every earlier size and proofs all cost O(log n).

    It keeps the hash of every complete subtree, 64 bytes a leaf in all: 6.4 MB for 100,000 leaves. The ends of the
    levels are its frontier.
    """

    def __init__(self) -> None:
        self._levels = [bytearray()]  # level k: hashes of the complete subtrees of 2**k leaves, side by side

    @classmethod
    def of(cls, leaves: bytes) -> "Tree":
        """Return the tree with these *leaves* (their hashes, side by side)."""
        tree, row = cls(), bytearray(leaves)
        while len(row) >= HASH_BYTES:
            tree._levels[-1] = row
            pairs = range(0, len(row) - HASH_BYTES, 2 * HASH_BYTES)
            row = bytearray().join(
                node_hash(row[at : at + HASH_BYTES], row[at + HASH_BYTES : at + 2 * HASH_BYTES]) for at in pairs
            )
            tree._levels.append(bytearray())
        if len(tree._levels) > 1:
            tree._levels.pop()
        return tree

    @property
    def leaves(self) -> bytes:
        """The hashes of all leaves, side by side."""
        return bytes(self._levels[0])

    @property
    def size(self) -> int:
        return len(self._levels[0]) // HASH_BYTES

    def append(self, data: bytes) -> None:
        """Add the leaf *data*."""
        digest, level = leaf_hash(data), 0
        while True:
            if level == len(self._levels):
                self._levels.append(bytearray())
            row = self._levels[level]
            row += digest
            if len(row) % (2 * HASH_BYTES):
                return
            digest, level = node_hash(bytes(row[-2 * HASH_BYTES : -HASH_BYTES]), bytes(row[-HASH_BYTES:])), level + 1

    def holds(self, data: bytes, index: int) -> bool:
        """Return whether leaf *index* is *data*."""
        return self._levels[0][index * HASH_BYTES : (index + 1) * HASH_BYTES] == leaf_hash(data)

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the first *size* leaves, or of all."""
        size = self.size if size is None else size
        self._refuse_beyond(size)
        return self._hash(0, size)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the hashes that lead from leaf *index* to the root of the first *size* leaves, the sibling first."""
        self._refuse_beyond(size)
        if not 0 <= index < size:
            raise IndexError(f"leaf {index} is not among the first {size}")
        start, stop, path = 0, size, []
        while stop - start > 1:
            middle = start + _split(stop - start)
            if index < middle:
                path.append(self._hash(middle, stop))
                stop = middle
            else:
                path.append(self._hash(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the hashes which show that the first *old* leaves are still how the first *new* ones begin."""
        self._refuse_beyond(new)
        if not 0 <= old <= new:
            raise IndexError(f"{old} leaves cannot grow to {new}")
        if old == 0:
            return []
        start, stop, path = 0, new, []
        while old != stop:
            middle = start + _split(stop - start)
            if old <= middle:
                path.append(self._hash(middle, stop))
                stop = middle
            else:
                path.append(self._hash(start, middle))
                start = middle
        if start:  # otherwise it is the old root, which the verifier has
            path.append(self._hash(start, stop))
        return path[::-1]

    def _hash(self, start: int, stop: int) -> bytes:
        # Every subtree that is asked for starts at a multiple of its own width, rounded up to a power of two.
        count = stop - start
        if count == 0:
            return EMPTY_ROOT
        level = count.bit_length() - 1
        if count == 1 << level:
            at = (start >> level) * HASH_BYTES
            return bytes(self._levels[level][at : at + HASH_BYTES])
        middle = start + _split(count)
        return node_hash(self._hash(start, middle), self._hash(middle, stop))

    def _refuse_beyond(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise IndexError(f"the tree has {self.size} leaves, not {size}")


def verify_inclusion(leaf: bytes, index: int, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Return whether *path* shows that the hash *leaf* is leaf *index* of the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _hashes(path):
        return False
    here, last, digest = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if here & 1 or here == last:
            digest = node_hash(sibling, digest)
            here, last = _climb(here, last)
        else:
            digest = node_hash(digest, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and digest == root


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Return whether *path* shows that the tree of *new* leaves begins with that of *old* ones (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new or not _hashes(path):
        return False
    if old == 0:
        return not path and old_root == EMPTY_ROOT
    if old == new:
        return not path and old_root == new_root
    path = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not path:
        return False
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    before = after = path[0]
    for digest in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            before, after = node_hash(digest, before), node_hash(digest, after)
            here, last = _climb(here, last)
        else:
            after = node_hash(after, digest)
        here, last = here >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def _climb(here: int, last: int) -> tuple[int, int]:
    """Skip the levels on which the node at the right edge has no sibling."""
    while here and not here & 1:
        here, last = here >> 1, last >> 1
    return here, last


def _split(count: int) -> int:
    """Return the largest power of two below *count*."""
    return 1 << ((count - 1).bit_length() - 1)


def _hashes(path: Sequence[bytes]) -> bool:
    return all(len(digest) == HASH_BYTES for digest in path)
