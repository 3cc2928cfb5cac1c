"""Signature policies: docs/PROOFS.md, "Policies and proposals"."""

import re
from types import SimpleNamespace

from messages import Malformed

ROLES = {
    "administrator", "practitioner", "nurse", "registration-clerk", "laboratory-technician",
    "radiographer", "pharmacist", "insurer-officer", "researcher", "auditor", "privacy-officer",
    "patient", "guardian",
}  # fmt: skip
NEVER = 1 << 64
MET, OPEN, REFUSED = "met", "open", "refused"


def is_name(text):
    return re.fullmatch(r"[a-z0-9-]{1,64}", text) is not None


def leaf(kind, value, member=None):
    return SimpleNamespace(kind=kind, value=value, member=member)


def parse(wire):
    """A policy within its limits; Malformed where it is none."""
    counted = SimpleNamespace(nodes=0, leaves=0)
    policy = _parse(wire, 1, counted)
    if counted.nodes > 64 or counted.leaves > 32:
        raise Malformed("policy size")
    return policy


def _id(data, optional=False):
    if len(data) != 16 and not (optional and not data):
        raise Malformed("policy id")
    return data or None


def _parse(wire, depth, counted):
    if depth > 6:
        raise Malformed("policy depth")
    counted.nodes += 1
    for parts, kind in ((wire.all_of, "and"), (wire.any_of, "or"), (wire.out_of, "out_of")):
        if parts is None:
            continue
        count = parts.count if kind == "out_of" else len(parts.parts)
        if not 1 <= len(parts.parts) <= 16 or not 1 <= count <= len(parts.parts):
            raise Malformed("policy parts")
        inner = [_parse(part, depth + 1, counted) for part in parts.parts]
        return SimpleNamespace(kind=kind, count=count, parts=inner)
    if wire.within is not None:
        deadline = wire.within
        if deadline.part is None or deadline.part.within is not None:
            raise Malformed("policy deadline")
        if not 1 <= deadline.seconds <= 366 * 86_400:
            raise Malformed("policy deadline")
        inner = _parse(deadline.part, depth + 1, counted)
        return SimpleNamespace(kind="within", seconds=deadline.seconds, part=inner)
    counted.leaves += 1
    if wire.role is not None:
        if wire.role.role not in ROLES:
            raise Malformed("policy role")
        return leaf("role", wire.role.role, _id(wire.role.member, optional=True))
    if wire.attribute is not None:
        held = wire.attribute
        if not is_name(held.name) or not is_name(held.value):
            raise Malformed("policy attribute")
        return leaf("attribute", f"{held.name}={held.value}", _id(held.member, optional=True))
    if wire.member:
        return leaf("member", _id(wire.member))
    return leaf("person", _id(wire.person))


def admits(policy, signer, ballot, until):
    """Whether a leaf speaks of a signer whose stamp was made in time."""
    if signer.until > until:
        return False
    if policy.kind in ("role", "attribute"):
        held = signer.roles if policy.kind == "role" else signer.attributes
        return signer.member == (policy.member or ballot.member) and policy.value in held
    return policy.value == (signer.member if policy.kind == "member" else signer.person)


def standing(policy, ballot, until=NEVER):
    """How far a policy has come."""
    if policy.kind == "within":
        ends = ballot.since + 1000 * policy.seconds
        return standing(policy.part, ballot, min(until, ends))
    if policy.kind not in ("and", "or", "out_of"):
        if any(admits(policy, one, ballot, until) for one in ballot.approved):
            return MET
        refused = any(admits(policy, one, ballot, NEVER) for one in ballot.refused)
        return REFUSED if refused else OPEN
    found = [standing(part, ballot, until) for part in policy.parts]
    if policy.kind == "and":
        if REFUSED in found:
            return REFUSED
        return MET if all(one == MET for one in found) else OPEN
    if policy.kind == "or":
        if MET in found:
            return MET
        return REFUSED if all(one == REFUSED for one in found) else OPEN
    if _met_parts(policy.parts, ballot, until) >= policy.count:
        return MET
    alive = len(policy.parts) - _refused_parts(policy.parts, ballot, until)
    return REFUSED if alive < policy.count else OPEN


def single(policy, since):
    """The leaf and its deadline, where one signer satisfies a part."""
    ends = NEVER
    while policy.kind == "within":
        ends = min(ends, since + 1000 * policy.seconds)
        policy = policy.part
    return None if policy.kind in ("and", "or", "out_of") else (policy, ends)


def _met_parts(parts, ballot, until):
    nested, candidates = 0, []
    for part in parts:
        alone = single(part, ballot.since)
        if alone is None:
            nested += standing(part, ballot, until) == MET
            continue
        ends = min(until, alone[1])
        found = [i for i, one in enumerate(ballot.approved) if admits(alone[0], one, ballot, ends)]
        candidates.append(found)
    return nested + matching(candidates)


def _refused_parts(parts, ballot, until):
    refused = [part for part in parts if standing(part, ballot, until) == REFUSED]
    leaves = [single(part, ballot.since) for part in refused]
    leaves = [one[0] for one in leaves if one is not None]
    candidates = [
        [i for i, one in enumerate(ballot.refused) if admits(part, one, ballot, NEVER)]
        for part in leaves
    ]
    return len(refused) - len(leaves) + matching(candidates)


def matching(candidates):
    """How many parts can each have a signer of its own."""
    part_of = {}

    def place(part, tried):
        for one in candidates[part]:
            if one in tried:
                continue
            tried.add(one)
            if one not in part_of or place(part_of[one], tried):
                part_of[one] = part
                return True
        return False

    return sum(place(part, set()) for part in range(len(candidates)))


def leaves(policy, seconds=None):
    """All parts that one signer satisfies, each with its shortest deadline in seconds."""
    if policy.kind == "within":
        shorter = policy.seconds if seconds is None else min(seconds, policy.seconds)
        return leaves(policy.part, shorter)
    if policy.kind in ("and", "or", "out_of"):
        return [one for part in policy.parts for one in leaves(part, seconds)]
    return [(policy, seconds)]


def counts(policy, signer, approves, ballot):
    """Whether a signer's stamp adds something."""
    every = leaves(policy)

    def fits(one, who):
        part, seconds = one
        timed = approves and seconds is not None
        return admits(part, who, ballot, ballot.since + 1000 * seconds if timed else NEVER)

    others = ballot.approved if approves else ballot.refused
    own = [one for one in every if fits(one, signer)]
    return any(sum(fits(one, other) for other in others) < len(every) for one in own)
