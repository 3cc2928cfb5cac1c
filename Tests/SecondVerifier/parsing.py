"""Well-formed transactions, commands and genesis files of docs/PROOFS.md."""

from types import SimpleNamespace

import keys
from keys import Key, check_stamp, sized, stamp_holds
from messages import Malformed, decode, embedded
from policies import is_name
from refusals import Refused, demand
from trees import tagged

YEAR_9999_END = 253_402_300_799_999


def key_of(public_key):
    return Key(public_key.scheme, public_key.bytes, public_key.relying_party)


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


def parse_intent(data):
    """A well-formed intent; Malformed where it is none."""
    intent = decode("Intent", data)
    fits = is_name(intent.channel) and is_name(intent.contract)
    demand(fits and intent.not_before_ms <= intent.not_after_ms, "intent", Malformed)
    sized(intent.network, 32), sized(intent.author, 16), sized(intent.nonce, 16)
    return intent


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


def read_command(intent):
    """A command about members or people."""
    kind = "MembersCommand" if intent.contract == "members" else "PeopleCommand"
    try:
        return decode(kind, intent.command)
    except Malformed:
        raise Refused("command") from None


def is_for_all(command):
    """Commands about contract versions: they take the majority."""
    wide = ("activate", "cancel_activation", "pause", "resume")
    return any(getattr(command, name, None) is not None for name in wide)


def is_of_version_2(command):
    """Commands that version 1 of members and people does not know."""
    attribute = ("grant_attribute", "revoke_attribute")
    newer = any(getattr(command, name, None) is not None for name in attribute)
    newer = newer or any(key.relying_party is not None for key in named_keys(command))
    return newer or is_for_all(command)


def named_keys(command):
    """Every public key in a command."""
    if command.message == "MembersCommand":
        nodes = command.admit.nodes if command.admit else []
        if command.add_node:
            nodes = nodes + [embedded(command.add_node, "node")]
        people = command.admit.people if command.admit else []
        found = [embedded(one, name) for one in nodes for name in ("stamp_key", "transport_key")]
    else:
        people = [embedded(command.enrol, "person")] if command.enrol else []
        found = [embedded(command.add_key, "key")] if command.add_key else []
    return found + [key for person in people for key in person.keys]


def person_change(command):
    """The part of a people command that is about somebody who is known."""
    return (
        command.add_key or command.revoke_key or command.grant_role or command.revoke_role
        or command.grant_attribute or command.revoke_attribute
    )  # fmt: skip


class BadPath(Exception):
    """A path that is too long, or of other things than digests."""


def checked_path(path):
    if len(path) > 64 or any(len(step) != 32 for step in path):
        raise BadPath("path")
    return path
