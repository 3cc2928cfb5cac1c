"""Contract versions of docs/PROOFS.md, "Versions"."""

import re
from types import SimpleNamespace

from policies import is_name
from refusals import demand

KNOWN = {"approvals": 1, "members": 2, "people": 2, "records": 2}
BEFORE = ("members", "people", "records")
CONTRACTS_MAX, ACTIVATIONS_MAX = 64, 1_000


class VersionUnknown(Exception):
    """The ledger runs a version that this verifier does not have."""


class Versions:
    """Which versions of which contracts are accepted, and what waits."""

    def __init__(self, founded):
        """`founded`: the versions that the genesis names."""
        if founded:
            check(founded)
        self.rows = [_row(version) for version in founded] or [
            SimpleNamespace(name=name, oldest=1, newest=1, paused=False) for name in BEFORE]
        self.pending, self.begun = None, 0
        require_known(self.rows)

    def find(self, contract):
        return next((row for row in self.rows if row.name == contract), None)

    def demand_active(self, intent):
        row = self.find(intent.contract)
        active = row is not None and row.oldest <= intent.contract_version <= row.newest
        demand(active and not row.paused, "version")

    def is_first(self, intent, command):
        """Whether it begins versions, or takes that back, where members does not know them yet."""
        row = self.find("members")
        if intent.contract != "members" or intent.contract_version != 2 or row and row.newest >= 2:
            return False
        return command.activate is not None or command.cancel_activation is not None

    def activate(self, command, height):
        check(command.versions)
        demand(re.fullmatch(r"[a-z0-9.-]{1,32}", command.release) is not None, "release")
        demand(self.pending is None and command.height > height, "activation")
        for version in command.versions:
            row = self.find(version.contract)
            if row is None:
                continue
            demand(version.oldest == 0 or version.oldest >= row.oldest, "oldest")
            retires = version.version == row.newest and version.oldest > row.oldest
            demand(version.version > row.newest or retires, "version")
        after = self.after(command.versions)
        members = [row for row in after if row.name == "members"]
        demand(members and members[0].newest >= 2 and len(after) <= CONTRACTS_MAX, "members")
        demand(self.begun < ACTIVATIONS_MAX, "activations")
        self.pending = command

    def cancel(self, height):
        demand(self.pending is not None and self.pending.height == height, "activation")
        self.pending = None

    def pause(self, contract, paused):
        row = self.find(contract)
        demand(contract != "members" and row is not None and row.paused != paused, "pause")
        row.paused = paused

    def after(self, versions):
        rows = [SimpleNamespace(**vars(row)) for row in self.rows]
        for version in versions:
            row = next((row for row in rows if row.name == version.contract), None)
            if row is None:
                rows.append(_row(version))
            else:
                row.newest = version.version
                row.oldest = version.oldest or row.oldest
        return sorted(rows, key=lambda row: row.name)

    def begin(self, height):
        """The block of that height begins; False where nothing waits for it."""
        if self.pending is None or self.pending.height != height:
            return False
        self.rows = self.after(self.pending.versions)
        require_known(self.rows)
        self.pending, self.begun = None, self.begun + 1
        return True


def _row(version):
    oldest = version.oldest or version.version
    return SimpleNamespace(
        name=version.contract, oldest=oldest, newest=version.version, paused=False)


def check(versions):
    names = [version.contract for version in versions]
    demand(1 <= len(names) <= CONTRACTS_MAX and all(map(is_name, names)), "names")
    demand(names == sorted(set(names)), "order")
    demand(all(version.oldest <= version.version > 0 for version in versions), "numbers")


def require_known(rows):
    for row in rows:
        if not 1 <= row.newest <= KNOWN.get(row.name, 0):
            raise VersionUnknown(row.name)
