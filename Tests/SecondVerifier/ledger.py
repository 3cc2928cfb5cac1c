"""The rules of docs/PROOFS.md: "Genesis and block 0", "Membership and subject"."""

import re
from types import SimpleNamespace

import keys
from keys import Key, check_stamp, sized, stamp_holds
from messages import Malformed, decode, embedded, encode, new
from approvals import Approvals
from policies import administrator, majority
from trees import NOTHING, domain, root_from, state_root, tagged, u32
from versions import Refused, Versions

AUTHORS = {
    "practitioner", "nurse", "registration-clerk", "laboratory-technician", "radiographer",
    "pharmacist",
}  # fmt: skip
YEAR_9999_END = 253_402_300_799_999


class SubmissionStamp(Exception):
    """The stamp of the node that handed a transaction in does not hold."""


def demand(condition, why, error=Refused):
    if not condition:
        raise error(why)


def is_name(text):
    return re.fullmatch(r"[a-z0-9-]{1,64}", text) is not None


def key_of(public_key):
    return Key(public_key.scheme, public_key.bytes)


def parse_genesis(data):
    """The genesis of a file, its founders' stamps checked; Malformed where it does not hold."""
    file = decode("Genesis", data)
    body = decode("GenesisBody", file.body)
    members = {member.id for member in body.members}
    channels = {channel.name for channel in body.channels}
    parameters = embedded(body, "parameters")
    demand(body.version == 1, "version", Malformed)
    demand(members and len(members) == len(body.members), "members", Malformed)
    demand(channels and len(channels) == len(body.channels), "channels", Malformed)
    for channel in body.channels:
        fits = is_name(channel.name) and 1 <= channel.ordering <= 3
        demand(fits and channel.members and members >= set(channel.members), "channel", Malformed)
    for one in body.nodes + body.people:
        demand(one.member in members, "a member that is not described", Malformed)
    demand(all(map(is_name, parameters.roles)), "roles", Malformed)
    demand(len(set(parameters.roles)) == len(parameters.roles), "roles", Malformed)
    demand(len(body.salt) == 32 and parameters.window_max_ms > 0, "parameters", Malformed)
    demand(body.created_ms <= YEAR_9999_END, "time", Malformed)
    founders = [key_of(embedded(node, "stamp_key")) for node in body.nodes]
    founders += [key_of(key) for person in body.people for key in person.keys]
    missing = {key.id: key for key in founders}
    stamped = tagged("genesis-body", file.body)
    for stamp in file.stamps:
        check_stamp(stamp)
        key = missing.pop(stamp.key, None)
        holds = key and stamp.purpose == keys.APPROVE and stamp.batch is None
        demand(holds and stamp_holds(stamp, stamped, key), "a founder's stamp", Malformed)
    demand(not missing, "a founder did not stamp", Malformed)
    return SimpleNamespace(body=body, network=tagged("genesis", data))


def parse_transaction(data):
    """A well-formed transaction; Malformed where it is none."""
    wire = decode("Transaction", data)
    demand(1 <= len(wire.stamps) <= 64, "stamps", Malformed)
    for stamp in wire.stamps:
        check_stamp(stamp)
    intent = parse_intent(wire.intent)
    attachment = decode("Attachment", wire.attachment)
    few = len(attachment.writes) <= 4096 and len(attachment.claims) <= 8193
    demand(few and len(attachment.released) <= 8192, "attachment", Malformed)
    for write in attachment.writes:
        sized(write.locator, 16), sized(write.satisfied_by, 16, optional=True)
    for claim in attachment.claims:
        demand(1 <= claim.kind <= 3, "claim", Malformed)
        sized(claim.id, 32)
    for claim_id in attachment.released:
        sized(claim_id, 32)
    if attachment.on_behalf is not None:
        demand(attachment.on_behalf.tier <= 2, "tier", Malformed)
        sized(attachment.on_behalf.evidence, 32)
    return SimpleNamespace(
        intent=intent, stamps=wire.stamps, attachment=attachment, id=tagged("intent", wire.intent),
        digest=tagged("transaction", data))  # fmt: skip


def parse_intent(data):
    """A well-formed intent; Malformed where it is none."""
    intent = decode("Intent", data)
    fits = is_name(intent.channel) and is_name(intent.contract)
    demand(fits and intent.not_before_ms <= intent.not_after_ms, "intent", Malformed)
    sized(intent.network, 32), sized(intent.author, 16), sized(intent.nonce, 16)
    return intent


def parse_writes(transaction):
    """The writes of a records command; Malformed where it is none."""
    demand(transaction.intent.contract == "records", "contract", Malformed)
    writes = decode("RecordsCommand", transaction.intent.command).writes
    demand(1 <= len(writes) <= 4096, "writes", Malformed)
    demand(len(writes) == len(transaction.attachment.writes), "writes", Malformed)
    for write in writes:
        sized(write.record, 16)
        commitment = embedded(write, "commitment")
        demand(commitment.scheme == 1, "commitment", Malformed)
        sized(commitment.value, 32)
    return writes


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
            demand(key is not None and stamp_holds(stamp, transaction.id, key), "stamp")
        self.approvals.drop()
        if not self.is_first(intent):
            self.versions.demand_active(intent)
        demand(intent.network == self.network and intent.channel == self.channel.name, "ledger")
        demand(intent.not_before_ms <= self.clock <= intent.not_after_ms, "window")
        length = intent.not_after_ms - intent.not_before_ms
        demand(length <= self.parameters.window_max_ms, "window")
        demand(transaction.id not in self.accepted, "duplicate")
        proposed = transaction.id in self.approvals.kept
        demand(not proposed or intent.contract not in ("members", "people"), "duplicate")
        signers = self.signers(proven.node, transaction)
        author = self.people[intent.author]
        if intent.contract == "records":
            self.records(transaction, author.member, signers)
        else:
            attachment = transaction.attachment
            empty = not (attachment.writes or attachment.claims or attachment.released)
            demand(empty, "attachment")
            if intent.contract == "approvals":
                self.approvals.apply(transaction, proven.node, parse_intent)
            else:
                self.govern(intent, proven.node, signers)
        self.accepted.add(transaction.id)

    def begin(self, height):
        """The block of an activation begins; False where none waits for that height."""
        self.height = max(self.height, height)
        return self.versions.begin(height)

    def is_first(self, intent):
        if intent.contract != "members":
            return False
        try:
            return self.versions.is_first(intent, decode("MembersCommand", intent.command))
        except Malformed:
            return False

    def command(self, intent):
        kind = {"members": "MembersCommand", "people": "PeopleCommand"}[intent.contract]
        try:
            return decode(kind, intent.command)
        except Malformed:
            raise Refused("command") from None

    def govern(self, intent, node, signers):
        """Carries out a command about members or people."""
        command = self.command(intent)
        demand(intent.contract_version > 1 or not of_version_2(command), "version")
        if intent.contract == "members":
            self.members_command(command, self.people[intent.author].member, node, signers)
        else:
            self.people_command(command, signers)

    def declared(self, intent):
        """The policy of a command about members or people, and the member that it concerns."""
        command = self.command(intent)
        if intent.contract == "members":
            wide = of_version_2(command)
            policy = majority(list(self.members)) if wide else administrator()
            return policy, self.people[intent.author].member
        if command.enrol is not None:
            member = embedded(command.enrol, "person").member
            demand(len(member) == 16, "member")
            return administrator(), member
        change = changed(command)
        demand(change is not None and change.person in self.people, "person")
        return administrator(), self.people[change.person].member

    def signer(self, person, until=0):
        state = self.people[person]
        return SimpleNamespace(
            person=person, member=state.member, roles=state.roles, attributes=state.attributes,
            until=until)

    def signers(self, node, transaction):
        """Who signed."""
        author = transaction.intent.author
        person = self.people.get(author)
        demand(person is not None, "author")
        demand(person.member == self.nodes[node].description.member, "member")
        found, authored = [], False
        for stamp in transaction.stamps:
            key, _ = self.keys[stamp.key]
            demand(not key.revoked, "revoked")
            if stamp.purpose == keys.AUTHOR:
                demand(key.person == author, "not the author's key")
                signer, authored = author, True
            elif stamp.purpose == keys.ON_BEHALF:
                stated = transaction.attachment.on_behalf is not None
                records = transaction.intent.contract == "records"
                demand(stated and records and key.node == node, "on behalf")
                signer, authored = author, True
            else:
                demand(stamp.purpose == keys.APPROVE and len(key.person) == 16, "purpose")
                signer = key.person
            found.append(self.signer(signer))
        demand(authored, "no author's stamp")
        return found

    def members_command(self, command, member, by_node, signers):
        if of_version_2(command):
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
        change = changed(command)
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
        elif command.grant_attribute is not None:
            text = attribute(change)
            demand(text not in person.attributes and len(person.attributes) < 16, "attribute")
            person.attributes = sorted(person.attributes + [text])
        elif command.revoke_attribute is not None:
            text = attribute(change)
            demand(text in person.attributes, "attribute")
            person.attributes.remove(text)
        else:
            demand(change.role in person.roles, "role")
            person.roles = [role for role in person.roles if role != change.role]
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


def of_version_2(command):
    """Commands that version 1 of members and people does not know."""
    later = (
        "activate", "cancel_activation", "pause", "resume", "grant_attribute", "revoke_attribute",
    )  # fmt: skip
    return any(getattr(command, name, None) is not None for name in later)


def changed(command):
    """The change that a people command makes to a person; None where it makes none."""
    return (
        command.add_key or command.revoke_key or command.grant_role or command.revoke_role
        or command.grant_attribute or command.revoke_attribute
    )  # fmt: skip


def attribute(change):
    demand(is_name(change.name) and is_name(change.value), "attribute")
    return f"{change.name}={change.value}"


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


class BadPath(Exception):
    """A path that is too long, or of other things than digests."""


def checked_path(path):
    if len(path) > 64 or any(len(step) != 32 for step in path):
        raise BadPath("path")
    return path
