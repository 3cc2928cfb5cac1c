"""Acts that wait for stamps: docs/PROOFS.md, "Approvals"."""

from types import SimpleNamespace

import keys
import policies
from messages import Malformed, decode
from parsing import parse_intent
from refusals import Refused, demand
from trees import tagged

INTENT_BYTES, WINDOW_MS = 64 * 1024, 31 * 86_400_000
PER_MEMBER, PER_PERSON = 256, 16


class Approvals:
    """The proposals of a ledger, by the id of what they propose."""

    def __init__(self, ledger):
        self.ledger, self.kept = ledger, {}

    def drop(self):
        """What no window reaches any more goes."""
        limit = self.ledger.clock - self.ledger.parameters.window_max_ms
        for key in [key for key, one in self.kept.items() if one.deadline < limit]:
            del self.kept[key]

    def apply(self, transaction, node):
        try:
            command = decode("ApprovalsCommand", transaction.intent.command)
        except Malformed:
            raise Refused("command") from None
        if command.propose is not None:
            self._propose(command.propose, transaction, node)
        elif command.approve is not None:
            self._stamp(command.approve.intent, "", transaction)
        else:
            demand(command.refuse is not None, "command")
            demand(policies.is_name(command.refuse.reason), "reason")
            self._stamp(command.refuse.intent, command.refuse.reason, transaction)

    def _propose(self, propose, transaction, node):
        ledger, outer = self.ledger, transaction.intent
        key = tagged("intent", propose.intent)
        demand(key not in ledger.accepted and key not in self.kept, "duplicate")
        demand(len(propose.intent) <= INTENT_BYTES, "size")
        try:
            intent = parse_intent(propose.intent)
        except Malformed:
            raise Refused("intent") from None
        demand((intent.network, intent.channel) == (outer.network, outer.channel), "ledger")
        demand(intent.author == outer.author, "author")
        ledger.versions.demand_active(intent)
        demand(intent.contract in ("members", "people"), "contract")
        demand(intent.not_before_ms <= outer.not_before_ms, "window")
        demand(ledger.clock <= intent.not_after_ms, "window")
        demand(intent.not_after_ms - intent.not_before_ms <= WINDOW_MS, "window")
        try:
            policy = None if propose.policy is None else policies.read(propose.policy)
        except policies.BadPolicy:
            raise Refused("policy") from None
        member = ledger.people[outer.author].member
        live = [one for one in self.kept.values()
                if one.member == member and one.deadline >= outer.not_before_ms]
        own = [one for one in live if one.proposer == outer.author]
        demand(len(live) < PER_MEMBER and len(own) < PER_PERSON, "room")
        proposal = SimpleNamespace(
            intent=intent, proposer=outer.author, member=member, node=node, policy=policy,
            since=outer.not_before_ms, deadline=intent.not_after_ms, stamps={}, open=True)
        self.kept[key] = proposal
        for stamp in transaction.stamps:
            state, _ = ledger.keys[stamp.key]
            if state.revoked or not state.person or state.person in proposal.stamps:
                continue
            signer = ledger.signer(state.person, outer.not_after_ms)
            tree, ballot = self._ballot(proposal)
            asked = policies.use(tree, signer, True, ballot) == "counts"
            if stamp.purpose == keys.AUTHOR or asked:
                proposal.stamps[state.person] = (stamp.key, outer.not_after_ms, "")
        self._settle(proposal)

    def _stamp(self, key, reason, transaction):
        ledger, intent = self.ledger, transaction.intent
        proposal = self.kept.get(key)
        demand(proposal is not None and proposal.open, "proposal")
        demand(ledger.clock <= proposal.deadline, "deadline")
        demand(all(stamp.purpose == keys.AUTHOR for stamp in transaction.stamps), "stamps")
        signer = ledger.signer(intent.author, intent.not_after_ms)
        tree, ballot = self._ballot(proposal)
        same = ballot.refused if reason else ballot.approved
        demand(all(one.person != signer.person for one in same), "stamped")
        proposer = proposal.proposer == signer.person
        counts = policies.use(tree, signer, not reason, ballot) == "counts"
        demand(counts or proposer, "not asked")
        proposal.stamps[signer.person] = (
            transaction.stamps[0].key, intent.not_after_ms, reason)
        if proposer and reason:
            proposal.open = False
        else:
            self._settle(proposal)

    def _settle(self, proposal):
        tree, ballot = self._ballot(proposal)
        standing = policies.standing(tree, ballot)
        if standing == policies.MET:
            self._run(proposal, ballot)
        proposal.open = standing == policies.OPEN

    def _run(self, proposal, ballot):
        ledger, intent = self.ledger, proposal.intent
        demand(any(one.person == intent.author for one in ballot.approved), "author")
        demand(not ledger.nodes[proposal.node].retired, "node")
        ledger.versions.demand_active(intent)
        ledger.govern(intent, proposal.node, ballot.approved)

    def _ballot(self, proposal):
        """The policy, and the stamps whose keys still hold, by people as they are now."""
        ledger = self.ledger
        own, member = ledger.declared(proposal.intent)
        tree = own if proposal.policy is None else ("and", [own, proposal.policy])
        ballot = SimpleNamespace(approved=[], refused=[], member=member, since=proposal.since)
        for person, (key, until, reason) in sorted(proposal.stamps.items()):
            if not ledger.keys[key][0].revoked:
                side = ballot.refused if reason else ballot.approved
                side.append(ledger.signer(person, until))
        return tree, ballot
