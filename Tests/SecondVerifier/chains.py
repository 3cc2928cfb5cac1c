"""Chains of hand-overs: docs/PROOFS.md, "Hand-overs"."""

import keys
from messages import encode
from refusals import Refused
from trees import tagged


def link(stamp):
    """What the next stamp of a chain names this one by."""
    return tagged("stamp-link", encode(stamp))


def hops(stamps):
    """Each step that was offered and taken, as (key that gave, key that accepted)."""
    found, offered, taken = [], set(), set()
    held, pending = {}, None
    for stamp in stamps:
        if stamp.purpose not in (keys.HAND_OVER, keys.ACCEPT):
            if stamp.previous or stamp.receiver:
                raise Refused("a link", "hand-over-broken")
            if stamp.purpose in (keys.AUTHOR, keys.ON_BEHALF) and not found and pending is None:
                held[link(stamp)] = None
        elif stamp.purpose == keys.HAND_OVER:
            if not stamp.previous or not stamp.receiver or stamp.receiver == stamp.key:
                raise Refused("a hand-over", "hand-over-broken")
            if stamp.previous in offered:
                raise Refused("a second hand-over", "hand-over-forked")
            if stamp.previous not in held:
                raise Refused("of nothing held", "hand-over-broken")
            if held[stamp.previous] not in (None, stamp.key):
                raise Refused("by another", "hand-over-not-holder")
            offered |= held.keys()
            held, pending = {}, stamp
        else:
            if not stamp.previous or stamp.receiver:
                raise Refused("an acceptance", "hand-over-broken")
            if stamp.previous in taken:
                raise Refused("a second acceptance", "hand-over-forked")
            if pending is None or link(pending) != stamp.previous:
                raise Refused("of nothing offered", "hand-over-broken")
            if stamp.key != pending.receiver:
                raise Refused("by another", "hand-over-redirected")
            found.append((pending.key, stamp.key))
            taken.add(stamp.previous)
            held, pending = {link(stamp): stamp.key}, None
    if pending is not None:
        raise Refused("no acceptance", "hand-over-not-accepted")
    return found


def first_giver(stamps):
    """The key that handed over first; None where nothing was handed over."""
    found = hops(stamps)
    return found[0][0] if found else None
