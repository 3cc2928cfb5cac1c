"""Hashes and trees of docs/PROOFS.md, "Hashes and trees" and "Genesis and block 0"."""

import hashlib


def sha256(data):
    return hashlib.sha256(data).digest()


def domain(name):
    return b"cairn/v1/" + name.encode() + b"\0"


def tagged(name, *parts):
    """H(name, parts joined)."""
    return sha256(domain(name) + b"".join(parts))


def u32(number):
    return number.to_bytes(4, "big")


def block_hash(header):
    return sha256(tagged("header", header))


NOTHING = sha256(b"")


def leaf_hash(leaf):
    return sha256(b"\0" + leaf)


def node_hash(left, right):
    return sha256(b"\1" + left + right)


def root_from(leaf, index, size, path):
    """RFC 9162 section 2.1.3.2; None where index, size and path do not fit."""
    if index >= size:
        return None
    fn, sn, root = index, size - 1, leaf_hash(leaf)
    for sibling in path:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            root = node_hash(sibling, root)
            while fn and not fn & 1:
                fn >>= 1
                sn >>= 1
        else:
            root = node_hash(root, sibling)
        fn >>= 1
        sn >>= 1
    return root if sn == 0 else None


def root_before(index, path):
    """The root over the leaves before `index`, from that leaf's valid path.

    Each bit that is set in `index` is a complete subtree to the left. A clear bit stands for a
    sibling to the right where the tree has one, and it lacks them at the highest levels only.
    """
    rights = len(path) - index.bit_count()
    root = None
    level = 0
    for sibling in path:
        while not index >> level & 1 and rights == 0:
            level += 1
        if index >> level & 1:
            root = sibling if root is None else node_hash(sibling, root)
        else:
            rights -= 1
        level += 1
    return NOTHING if root is None else root


def state_root(entries):
    """The root of the state tree over (key, value)."""
    leaves = []
    for key, value in entries:
        path = tagged("state-key", key)
        leaves.append((int.from_bytes(path, "big"), tagged("state-leaf", path, value)))
    return _subtree(sorted(leaves), 255)


def _subtree(leaves, bit):
    if not leaves:
        return bytes(32)
    if len(leaves) == 1:
        return leaves[0][1]
    left = [leaf for leaf in leaves if not leaf[0] >> bit & 1]
    right = leaves[len(left) :]
    return tagged("state-node", _subtree(left, bit - 1), _subtree(right, bit - 1))
