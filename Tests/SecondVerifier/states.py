"""What the state held: docs/PROOFS.md, "State"."""

from trees import tagged


def _bit(path, position):
    return path[position // 8] >> (7 - position % 8) & 1


def root_of(state):
    """The state root that a proof leads to; None where it proves nothing."""
    path = tagged("state-key", state.key)
    depth = len(state.path)
    if depth > 256 or any(len(sibling) != 32 for sibling in state.path):
        return None
    if state.present:
        if state.other_path or state.other_value:
            return None
        found = tagged("state-leaf", path, state.value)
    elif state.value:
        return None
    elif state.other_path:
        other = state.other_path
        if len(other) != 32 or other == path:
            return None
        if any(_bit(path, at) != _bit(other, at) for at in range(depth)):
            return None
        found = tagged("state-leaf", other, state.other_value)
    elif state.other_value:
        return None
    else:
        found = bytes(32)
    for level, sibling in enumerate(state.path):
        right = _bit(path, depth - 1 - level)
        pair = (sibling, found) if right else (found, sibling)
        found = tagged("state-node", *pair)
    return found
