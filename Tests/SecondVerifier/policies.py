"""Signature policies of docs/PROOFS.md, "Policies": whose stamps an act needs."""

import re
from types import SimpleNamespace

FOREVER = 2**64 - 1
ROLES = {
    "administrator", "practitioner", "nurse", "registration-clerk", "laboratory-technician",
    "radiographer", "pharmacist", "insurer-officer", "researcher", "auditor", "privacy-officer",
    "patient", "guardian",
}  # fmt: skip
DEPTH, LEAVES, NODES, PARTS, SECONDS = 6, 32, 64, 16, 366 * 86_400
MET, OPEN, REFUSED = "met", "open", "refused"


class BadPolicy(Exception):
    """It is none, or beyond a limit."""


def demand(condition):
    if not condition:
        raise BadPolicy()


def is_name(text):
    return re.fullmatch(r"[a-z0-9-]{1,64}", text) is not None


# --- the tree: ("role", role, member), ("attribute", text, member), ("member", id), ("person", id),
# ("and", parts), ("or", parts), ("out_of", count, parts), ("within", seconds, part) ---


def administrator(member=None):
    return ("role", "administrator", member)


def majority(members):
    """More than half of them, each by an administrator of theirs."""
    return ("out_of", len(members) // 2 + 1, [administrator(member) for member in sorted(members)])


def read(wire):
    """The tree of a SignaturePolicy message, within the limits."""
    counts = SimpleNamespace(nodes=0, leaves=0)
    tree = _read(wire, 1, counts)
    demand(counts.nodes <= NODES and counts.leaves <= LEAVES)
    return tree


def _read(wire, depth, counts):
    demand(wire is not None and depth <= DEPTH)
    counts.nodes += 1
    if wire.role is not None or wire.attribute is not None or wire.member or wire.person:
        counts.leaves += 1
    if wire.role is not None:
        demand(wire.role.role in ROLES)
        return ("role", wire.role.role, _member(wire.role.member))
    if wire.attribute is not None:
        demand(is_name(wire.attribute.name) and is_name(wire.attribute.value))
        text = f"{wire.attribute.name}={wire.attribute.value}"
        return ("attribute", text, _member(wire.attribute.member))
    for kind in ("member", "person"):
        found = getattr(wire, kind)
        if found:
            demand(len(found) == 16)
            return (kind, found)
    for kind in ("and", "or"):
        found = getattr(wire, kind)
        if found is not None:
            return (kind, _parts(found.parts, depth, counts))
    if wire.out_of is not None:
        parts = _parts(wire.out_of.parts, depth, counts)
        demand(1 <= wire.out_of.count <= len(parts))
        return ("out_of", wire.out_of.count, parts)
    demand(wire.within is not None and 1 <= wire.within.seconds <= SECONDS)
    part = _read(wire.within.part, depth + 1, counts)
    demand(part[0] != "within")
    return ("within", wire.within.seconds, part)


def _parts(wires, depth, counts):
    demand(1 <= len(wires) <= PARTS)
    return [_read(wire, depth + 1, counts) for wire in wires]


def _member(field):
    demand(len(field) in (0, 16))
    return field or None


# --- how far one has come ---


def end(since, seconds):
    return min(since + seconds * 1000, FOREVER)


def admits(leaf, signer, ballot, until):
    """Whether a leaf speaks of that signer, whose stamp was made in time."""
    if signer.until > until:
        return False
    kind, value = leaf[0], leaf[1]
    if kind == "member":
        return signer.member == value
    if kind == "person":
        return signer.person == value
    held = signer.roles if kind == "role" else signer.attributes
    return signer.member == (leaf[2] or ballot.member) and value in held


def is_leaf(tree):
    return tree[0] in ("role", "attribute", "member", "person")


def standing(tree, ballot, until=FOREVER):
    """MET, OPEN or REFUSED by `ballot`: approved, refused, member, since."""
    kind = tree[0]
    if is_leaf(tree):
        if any(admits(tree, signer, ballot, until) for signer in ballot.approved):
            return MET
        refused = any(admits(tree, signer, ballot, FOREVER) for signer in ballot.refused)
        return REFUSED if refused else OPEN
    if kind == "within":
        return standing(tree[2], ballot, min(until, end(ballot.since, tree[1])))
    if kind == "out_of":
        return _out_of(tree[1], tree[2], ballot, until)
    parts = [standing(part, ballot, until) for part in tree[1]]
    stops, wanted = (REFUSED, MET) if kind == "and" else (MET, REFUSED)
    if stops in parts:
        return stops
    return wanted if all(part == wanted for part in parts) else OPEN


def _out_of(count, parts, ballot, until):
    met, candidates = 0, []
    for part in parts:
        leaf, ends = _single(part, ballot.since)
        if leaf is None:
            met += standing(part, ballot, until) == MET
            continue
        ends = min(until, ends)
        candidates.append(
            [i for i, signer in enumerate(ballot.approved) if admits(leaf, signer, ballot, ends)])
    if met + matching(candidates) >= count:
        return MET
    refused, candidates = 0, []
    for part in parts:
        if standing(part, ballot, until) != REFUSED:
            continue
        leaf, _ = _single(part, ballot.since)
        if leaf is None:
            refused += 1
            continue
        candidates.append(
            [i for i, one in enumerate(ballot.refused) if admits(leaf, one, ballot, FOREVER)])
    alive = len(parts) - refused - matching(candidates)
    return REFUSED if alive < count else OPEN


def _single(tree, since):
    """The leaf of a part that one signer satisfies, and when it ends; (None, _) for others."""
    if is_leaf(tree):
        return tree, FOREVER
    if tree[0] != "within":
        return None, 0
    leaf, ends = _single(tree[2], since)
    return leaf, min(ends, end(since, tree[1]))


def matching(candidates):
    """The most parts that can each have a signer of their own."""
    part_of = {}

    def place(part, tried):
        for candidate in candidates[part]:
            if candidate in tried:
                continue
            tried.add(candidate)
            if candidate not in part_of or place(part_of[candidate], tried):
                part_of[candidate] = part
                return True
        return False

    return sum(place(part, set()) for part in range(len(candidates)))


def use(tree, signer, approves, ballot):
    """What one more stamp would do: "counts", "needless" or "stranger"."""
    leaves = list(_leaves(tree, None))

    def speaks(leaf, one):
        timed = approves and leaf[1] is not None
        return admits(leaf[0], one, ballot, end(ballot.since, leaf[1]) if timed else FOREVER)

    own = [leaf for leaf in leaves if speaks(leaf, signer)]
    if not own:
        return "stranger"
    others = ballot.approved if approves else ballot.refused
    bounded = (sum(speaks(leaf, one) for one in others) < len(leaves) for leaf in own)
    return "counts" if any(bounded) else "needless"


def _leaves(tree, seconds):
    if is_leaf(tree):
        yield tree, seconds
    elif tree[0] == "within":
        inner = tree[1] if seconds is None else min(seconds, tree[1])
        yield from _leaves(tree[2], inner)
    else:
        for part in tree[-1]:
            yield from _leaves(part, seconds)
