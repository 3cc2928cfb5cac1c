"""Acts that wait for stamps: docs/PROOFS.md, "Policies and proposals"."""

from types import SimpleNamespace

import policies
from messages import Malformed, decode
from parsing import check_contract, parse_intent
from refusals import Refused, demand
from trees import tagged

INTENT_MAX = 64 * 1024
WINDOW_MAX_MS = 31 * 86_400_000
OF_MEMBER, OF_PERSON = 256, 16


class Proposals:
    """What is proposed on a ledger, decided or not, until no intent can reach it any more."""

    def __init__(self, ledger):
        self.ledger = ledger
        self.all, self.places = {}, {}

    def drop(self):
        ledger = self.ledger
        limit = ledger.clock - ledger.parameters.window_max_ms
        for member, places in self.places.items():
            for deadline, intent_id, _ in places:
                if deadline < limit:
                    self.all.pop(intent_id, None)
            self.places[member] = [place for place in places if place[0] >= limit]

    def apply(self, transaction, node, member):
        try:
            command = decode("ApprovalsCommand", transaction.intent.command)
        except Malformed:
            raise Refused("command") from None
        if command.propose is not None:
            self.propose(command.propose, transaction, node, member)
        elif command.approve is not None:
            self.stamp(command.approve.intent, "", transaction)
        elif command.refuse is not None:
            demand(policies.is_name(command.refuse.reason), "reason")
            self.stamp(command.refuse.intent, command.refuse.reason, transaction)
        else:
            raise Refused("no command")

    def propose(self, command, transaction, node, member):
        ledger, outer = self.ledger, transaction.intent
        intent_id = tagged("intent", command.intent)
        demand(intent_id not in ledger.accepted and intent_id not in self.all, "duplicate")
        intent = self.proposed_intent(command.intent, outer)
        own = None
        if command.policy is not None:
            try:
                own = policies.parse(command.policy)
            except Malformed:
                raise Refused("policy") from None
        places = self.places.setdefault(member, [])
        live = [place for place in places if place[0] >= outer.not_before_ms]
        demand(len(live) < OF_MEMBER, "proposals")
        demand(sum(place[2] == outer.author for place in live) < OF_PERSON, "proposals")
        places.append((intent.not_after_ms, intent_id, outer.author))
        proposal = SimpleNamespace(
            intent=intent, policy=own, proposer=outer.author, node=node, stamps={},
            since=outer.not_before_ms, deadline=intent.not_after_ms, pending=True)  # fmt: skip
        rules = self.rules(proposal)
        for stamp in transaction.stamps:
            person = ledger.keys[stamp.key][0].person
            if len(person) != 16 or person in proposal.stamps:
                continue
            signer = ledger.signer(person, outer.not_after_ms)
            ballot = self.ballot(proposal, rules)
            if stamp.purpose == 1 or policies.counts(rules.policy, signer, True, ballot):
                proposal.stamps[person] = (stamp.key, outer.not_after_ms, "")
        self.settle(proposal)
        self.all[intent_id] = proposal

    def proposed_intent(self, data, outer):
        demand(len(data) <= INTENT_MAX, "intent")
        try:
            intent = parse_intent(data)
        except Malformed:
            raise Refused("intent") from None
        same = intent.network == outer.network and intent.channel == outer.channel
        demand(same and intent.author == outer.author, "intent")
        check_contract(intent)
        demand(intent.contract in ("members", "people"), "contract")
        begun = intent.not_before_ms <= outer.not_before_ms
        demand(begun and self.ledger.clock <= intent.not_after_ms, "window")
        demand(intent.not_after_ms - intent.not_before_ms <= WINDOW_MAX_MS, "window")
        return intent

    def stamp(self, intent_id, refusal, transaction):
        ledger, outer = self.ledger, transaction.intent
        proposal = self.all.get(intent_id)
        demand(proposal is not None and proposal.pending, "proposal")
        demand(ledger.clock <= proposal.deadline, "deadline")
        demand(all(stamp.purpose == 1 for stamp in transaction.stamps), "purpose")
        signer = ledger.signer(outer.author, outer.not_after_ms)
        rules = self.rules(proposal)
        ballot = self.ballot(proposal, rules)
        same = ballot.refused if refusal else ballot.approved
        demand(all(one.person != outer.author for one in same), "stamped already")
        proposes = proposal.proposer == outer.author
        counts = policies.counts(rules.policy, signer, not refusal, ballot)
        demand(counts or proposes, "nobody asks for this stamp")
        key = transaction.stamps[0].key
        proposal.stamps[outer.author] = (key, outer.not_after_ms, refusal)
        if proposes and refusal:
            proposal.pending = False
        else:
            self.settle(proposal)

    def rules(self, proposal):
        """What a pending proposal waits for, by people as they are now."""
        author = self.ledger.people[proposal.intent.author]
        member = self.ledger.concerned(proposal.intent, author.member)
        policy = policies.leaf("role", "administrator")
        if proposal.policy is not None:
            parts = [policy, proposal.policy]
            policy = SimpleNamespace(kind="and", count=2, parts=parts)
        return SimpleNamespace(policy=policy, member=member, author_member=author.member)

    def ballot(self, proposal, rules):
        """The stamps whose keys still hold."""
        ballot = SimpleNamespace(
            approved=[], refused=[], member=rules.member, since=proposal.since)  # fmt: skip
        for person, (key, until, refusal) in sorted(proposal.stamps.items()):
            if not self.ledger.keys[key][0].revoked:
                signer = self.ledger.signer(person, until)
                (ballot.refused if refusal else ballot.approved).append(signer)
        return ballot

    def settle(self, proposal):
        """Carries out what is met, closes what cannot be met any more."""
        rules = self.rules(proposal)
        ballot = self.ballot(proposal, rules)
        found = policies.standing(rules.policy, ballot)
        if found == policies.OPEN:
            return
        if found == policies.MET:
            ledger, author = self.ledger, proposal.intent.author
            demand(any(one.person == author for one in ballot.approved), "author")
            node = ledger.nodes.get(proposal.node)
            demand(node is not None and not node.retired, "node")
            ledger.govern(proposal.intent, rules.author_member, proposal.node, ballot.approved)
        proposal.pending = False
