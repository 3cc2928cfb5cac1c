"""The rules of docs/PROOFS.md: "Genesis and block 0", "Membership and subject"."""

import re
from types import SimpleNamespace

import chains
import keys
from approvals import Approvals
from keys import check_stamp_holds
from messages import Malformed, embedded, encode, new
from parsing import checked_path, is_for_all, is_of_version_2, key_of, parse_writes
from parsing import person_change, read_command
from policies import administrator, is_name, majority
from refusals import Refused, SubmissionStamp, demand
from trees import NOTHING, domain, root_from, state_root, tagged, u32
from versions import Versions

ATTRIBUTES_MAX = 16
AUTHORS = {
    "practitioner", "nurse", "registration-clerk", "laboratory-technician", "radiographer",
    "pharmacist",
}  # fmt: skip


class Ledger:
    """Members, nodes, people and keys of one channel, as the ledger has them at some place."""

    def __init__(self, genesis, channel):
        self.genesis, self.channel = genesis, channel
        self.network, self.clock = genesis.network, genesis.body.created_ms
        self.parameters = embedded(genesis.body, "parameters")
        self.members, self.nodes, self.people, self.keys = {}, {}, {}, {}
        self.accepted, self.height = set(), 1
        self.approvals = Approvals(self)
        self.versions = Versions(genesis.body.contracts)
        body = genesis.body
        for member in body.members:
            if member.id in channel.members:
                nodes = [node for node in body.nodes if node.member == member.id]
                people = [person for person in body.people if person.member == member.id]
                self.admit(member, nodes, people)

    # --- block 0 ---

    def block_zero(self):
        """The header that the genesis founds; the state must be as the genesis left it."""
        entries = [(b"g", encode(self.parameters))]
        for kind, states in (("m", self.members), ("n", self.nodes), ("p", self.people)):
            entries += [(kind.encode() + key, encode(state)) for key, state in states.items()]
        entries += [(b"k" + key, encode(state)) for key, (state, _) in self.keys.items()]
        if self.genesis.body.contracts:
            rows = [new("ActiveContract", **vars(row)) for row in self.versions.rows]
            entries.append((b"v", encode(new("ContractsState", contracts=rows))))
            if self.versions.find("members") and self.versions.find("members").newest >= 2:
                entries.append((b"l", encode(new("MembersRoll", members=sorted(self.members)))))
        entries.sort()
        written = b"".join(u32(len(k)) + k + u32(len(v)) + v for k, v in entries)
        created = self.genesis.body.created_ms
        batch = encode(new("Batch", time_ms=created, seal=1))
        ordering = new("Ordering", kind=self.channel.ordering, batch=tagged("batch", batch))
        header = new(
            "Header", version=1, network=self.network, channel=self.channel.name, time_ms=created,
            previous=bytes(32), accepted_root=NOTHING, refused_root=NOTHING, log_root=NOTHING,
            state_writes=tagged("state-writes", written), state_root=state_root(entries),
            ordering=ordering)  # fmt: skip
        return encode(header)

    # --- members, nodes, people ---

    def admit(self, member, nodes, people):
        sizes = len(member.id) == 16 and 1 <= len(member.name.encode()) <= 200
        demand(sizes and 1 <= len(member.authority) <= 16_384, "member")
        valid_key(new("PublicKey", scheme=keys.ED25519, bytes=member.checkpoint_key))
        demand(re.fullmatch(r"([A-Z]{2})?", member.jurisdiction) is not None, "jurisdiction")
        demand(member.id not in self.members and nodes, "member")
        demand(all(one.member == member.id for one in nodes + people), "member")
        state = new("MemberState", description=member)
        self.members[member.id] = state
        for node in nodes:
            self.add_node(node)
        for person in people:
            self.enrol(person)
        demand(state.administrators > 0, "no administrator")

    def add_node(self, node):
        demand(len(node.id) == 16 and len(node.member) == 16, "node")
        demand(len(node.sealing_key) == 1216 and node.id not in self.nodes, "node")
        stamp_key, transport_key = embedded(node, "stamp_key"), embedded(node, "transport_key")
        demand(keys.WEBAUTHN not in (stamp_key.scheme, transport_key.scheme), "node")
        self.add_key(stamp_key, node=node.id)
        valid_key(transport_key)
        self.nodes[node.id] = new("NodeState", description=node)

    def enrol(self, person):
        demand(len(person.id) == 16 and len(person.member) == 16, "person")
        demand(len(person.keys) <= 16 and len(set(person.roles)) == len(person.roles), "person")
        demand(person.member in self.members and person.id not in self.people, "person")
        demand(all(role in self.parameters.roles for role in person.roles), "role")
        ids = [self.add_key(key, person=person.id) for key in person.keys]
        state = new("PersonState", member=person.member, roles=sorted(person.roles))
        state.keys = sorted(ids)
        self.people[person.id] = state
        self.count(person.member, administers(state))

    def add_key(self, public_key, **owner):
        key = valid_key(public_key)
        demand(key.id not in self.keys, "key is known")
        self.keys[key.id] = (new("KeyState", key=public_key, **owner), key)
        return key.id

    def count(self, member, change):
        state = self.members[member]
        if change:
            state.administrators += change
            demand(state.administrators > 0, "last administrator")

    # --- transactions ---

    def check_submission(self, proven, transaction):
        node = self.nodes.get(proven.node)
        demand(node is not None and not node.retired, "node", SubmissionStamp)
        path = checked_path(proven.submission_path)
        size = proven.submission_size
        root = root_from(transaction.digest, proven.submission_index, size, path)
        demand(root is not None, "place", SubmissionStamp)
        message = domain("submission") + self.network + proven.node + u32(size) + root
        key = key_of(embedded(node.description, "stamp_key"))
        demand(key.verifies(proven.submission_signature, message), "stamp", SubmissionStamp)

    def apply(self, proven, transaction):
        """Checks the stamps and runs the contract. After a refusal this ledger is of no use."""
        self.check_submission(proven, transaction)
        intent = transaction.intent
        for stamp in transaction.stamps:
            _, key = self.keys.get(stamp.key, (None, None))
            if key is None:
                raise keys.StampFault("stamp-unknown-key")
            check_stamp_holds(stamp, transaction.id, key)
        self.approvals.drop()
        if not self.is_first(intent):
            self.versions.demand_active(intent)
        demand(intent.network == self.network and intent.channel == self.channel.name, "ledger")
        demand(intent.not_before_ms <= self.clock <= intent.not_after_ms, "window")
        length = intent.not_after_ms - intent.not_before_ms
        demand(length <= self.parameters.window_max_ms, "window")
        demand(transaction.id not in self.accepted, "duplicate")
        governs = intent.contract in ("members", "people")
        demand(not (governs and transaction.id in self.approvals.kept), "duplicate")
        signers = self.signers(proven.node, transaction)
        author = self.people[intent.author]
        if intent.contract == "records":
            self.records(transaction, author.member, signers)
        else:
            attachment = transaction.attachment
            empty = not (attachment.writes or attachment.claims or attachment.released)
            demand(empty, "attachment")
            if governs:
                self.govern(intent, proven.node, signers)
            else:
                self.approvals.apply(transaction, proven.node)
        self.accepted.add(transaction.id)

    def begin(self, height):
        """The block of an activation begins; False where none waits for that height."""
        self.height = max(self.height, height)
        return self.versions.begin(height)

    def is_first(self, intent):
        if intent.contract != "members":
            return False
        try:
            return self.versions.is_first(intent, read_command(intent))
        except Refused:
            return False

    def signer(self, person, until=0):
        """A person as policies see one."""
        state = self.people[person]
        return SimpleNamespace(
            person=person, member=state.member, roles=state.roles, attributes=state.attributes,
            until=until)  # fmt: skip

    def signers(self, node, transaction):
        """Who signed."""
        intent = transaction.intent
        person = self.people.get(intent.author)
        demand(person is not None, "author")
        demand(person.member == self.nodes[node].description.member, "member")
        hands_over = intent.contract == "records" and intent.contract_version > 1
        found, authored = [], False
        for stamp in transaction.stamps:
            key, _ = self.keys[stamp.key]
            demand(not key.revoked, "revoked")
            if stamp.purpose == keys.AUTHOR:
                demand(key.person == intent.author, "not the author's key")
                signer, authored = intent.author, True
            elif stamp.purpose == keys.ON_BEHALF:
                stated = transaction.attachment.on_behalf is not None
                demand(stated and intent.contract == "records" and key.node == node, "on behalf")
                signer, authored = intent.author, True
            elif hands_over and stamp.purpose in (keys.HAND_OVER, keys.ACCEPT):
                demand(len(key.person) == 16, "a node's key")
                continue
            else:
                demand(stamp.purpose == keys.APPROVE and len(key.person) == 16, "purpose")
                signer = key.person
            found.append(self.signer(signer))
        demand(authored, "no author's stamp")
        if hands_over:
            first = chains.first_giver(transaction.stamps)
            if first is not None and self.keys[first][0].person != intent.author:
                raise Refused("by somebody else", "hand-over-not-holder")
        return found

    def govern(self, intent, by_node, signers):
        """Carries out a command about members or people."""
        command = read_command(intent)
        demand(intent.contract_version > 1 or not is_of_version_2(command), "version")
        if intent.contract == "members":
            self.members_command(command, self.people[intent.author].member, by_node, signers)
        else:
            self.people_command(command, signers)

    def declared(self, intent):
        """The policy of a command about members or people, and the member that it concerns."""
        command = read_command(intent)
        if intent.contract == "members":
            wide = is_for_all(command)
            policy = majority(list(self.members)) if wide else administrator()
            return policy, self.people[intent.author].member
        if command.enrol is not None:
            member = embedded(command.enrol, "person").member
            demand(len(member) == 16, "member")
            return administrator(), member
        change = person_change(command)
        demand(change is not None and change.person in self.people, "person")
        return administrator(), self.people[change.person].member

    def members_command(self, command, member, by_node, signers):
        if is_for_all(command):
            self.demand_majority(signers)
        else:
            demand_administrator(signers, member)
        if command.activate is not None:
            self.versions.activate(command.activate, self.height)
        elif command.cancel_activation is not None:
            self.versions.cancel(command.cancel_activation.height)
        elif command.pause is not None:
            self.versions.pause(command.pause.contract, True)
        elif command.resume is not None:
            self.versions.pause(command.resume.contract, False)
        elif command.admit is not None:
            admit = command.admit
            self.admit(embedded(admit, "member"), admit.nodes, admit.people)
        elif command.add_node is not None:
            node = embedded(command.add_node, "node")
            demand(node.member == member, "member")
            self.add_node(node)
        elif command.retire_node is not None:
            node = self.nodes.get(command.retire_node.node)
            demand(node is not None and node.description.member == member, "node")
            demand(node.description.id != by_node, "node")
            node.retired = 1
        else:
            raise Refused("no command")

    def demand_majority(self, signers):
        held = {one.member for one in signers if "administrator" in one.roles}
        demand(2 * len(held & set(self.members)) > len(self.members), "majority")

    def people_command(self, command, signers):
        if command.enrol is not None:
            person = embedded(command.enrol, "person")
            demand_administrator(signers, person.member)
            self.enrol(person)
            return
        change = person_change(command)
        demand(change is not None and change.person in self.people, "person")
        person = self.people[change.person]
        demand_administrator(signers, person.member)
        before = administers(person)
        if command.add_key is not None:
            demand(len(person.keys) < 16, "keys")
            key = self.add_key(embedded(change, "key"), person=change.person)
            person.keys = sorted(person.keys + [key])
        elif command.revoke_key is not None:
            demand(change.key in person.keys, "key")
            person.keys.remove(change.key)
            self.keys[change.key][0].revoked = 1
        elif command.grant_role is not None:
            known = change.role in self.parameters.roles
            demand(known and change.role not in person.roles, "role")
            person.roles = sorted(person.roles + [change.role])
        elif command.revoke_role is not None:
            demand(change.role in person.roles, "role")
            person.roles = [role for role in person.roles if role != change.role]
        else:
            held = f"{change.name}={change.value}"
            demand(is_name(change.name) and is_name(change.value), "attribute")
            if command.grant_attribute is not None:
                few = len(person.attributes) < ATTRIBUTES_MAX
                demand(few and held not in person.attributes, "attribute")
                person.attributes = sorted(person.attributes + [held])
            else:
                demand(held in person.attributes, "attribute")
                person.attributes = [one for one in person.attributes if one != held]
        self.count(person.member, administers(person) - before)

    def records(self, transaction, member, signers):
        writes = parse_writes(transaction)
        held = any(one.member == member and AUTHORS & set(one.roles) for one in signers)
        demand(held, "role")
        attached = transaction.attachment.writes
        created = {write.record for write in writes if write.previous == 0}
        versions = {}
        for write, attachment in zip(writes, attached):
            if attachment.satisfied_by:
                if attachment.satisfied_by not in created:
                    versions[attachment.satisfied_by] = 1
            elif write.previous > 0:
                versions[write.record] = write.previous
        written = set()
        for write, attachment in zip(writes, attached):
            demand(write.record not in written, "record")
            written.add(write.record)
            if attachment.satisfied_by:
                demand(write.conditional and write.previous == 0, "condition")
                demand(attachment.satisfied_by in versions, "record")
                continue
            demand(versions.get(write.record, 0) == write.previous, "version")
            demand(write.previous < 2**32 - 1, "version")
            versions[write.record] = write.previous + 1
        claims = {}
        for claim in transaction.attachment.claims:
            demand(claim.write < len(writes), "claim")
            held = claims.get(claim.id)
            demand(held is None or 0 < held <= self.clock, "claim")
            claims[claim.id] = claim.expires_ms


def valid_key(public_key):
    try:
        return key_of(public_key)
    except Malformed:
        raise Refused("key") from None


def administers(person):
    return int("administrator" in person.roles and bool(person.keys))


def demand_administrator(signers, member):
    held = any(one.member == member and "administrator" in one.roles for one in signers)
    demand(held, "administrator")
