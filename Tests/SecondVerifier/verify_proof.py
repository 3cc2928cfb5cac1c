#!/usr/bin/env python3
"""A second verifier of Cairn's proofs, written from docs/PROOFS.md; no code of the first one in it.

usage: verify_proof.py PROOF TRUST [MS]   exit 0: it holds; 1: refused, and the reason is printed
       verify_proof.py --list FILE        each line `PROOF<tab>TRUST`, and `<tab>MS` where it may
                                          not be older; prints `holds` or a reason

MS is a time in milliseconds since 1970: what was signed or sealed before it is refused as stale.

TRUST is a genesis file or a file of checkpoint keys. Needs Python 3.10 and `cryptography`.
"""

import hmac
import sys
from types import SimpleNamespace

sys.dont_write_bytecode = True  # nothing appears beside the sources

import certificates
import chains
import keys
import states
from ledger import Ledger
from messages import Malformed, decode, embedded
from parsing import BadPath, checked_path, parse_genesis, parse_transaction, parse_writes
from policies import is_name
from refusals import Refused, SubmissionStamp
from trees import block_hash, domain, root_before, root_from, sha256
from versions import VersionUnknown

MAGIC = {1: b"cairn-proof-1\n", 2: b"cairn-proof-2\n"}


class Refusal(Exception):
    """A proof does not hold; the reason is one of docs/PROOFS.md's."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def demand(condition, reason):
    if not condition:
        raise Refusal(reason)


def parsed(reason, parse, *arguments):
    """What `parse` gives; what it cannot read is refused for `reason`."""
    try:
        return parse(*arguments)
    except Malformed:
        raise Refusal(reason) from None


def read_file(data):
    known = [number for number, magic in MAGIC.items() if data.startswith(magic)]
    demand(known and len(MAGIC[1]) + 32 < len(data) <= 268_435_456, "damaged")
    demand(sha256(data[:-32]) == data[-32:], "damaged")
    proof = parsed("damaged", decode, "Proof", data[len(MAGIC[1]) : -32])
    demand(proof.version == known[0], "damaged")
    added = proof.state is not None or proof.certificates or proof.activations
    if proof.version == 1:
        demand(not added, "damaged")
    elif proof.subject is not None:
        demand(proof.seal is not None, "damaged")
    else:
        spoken = proof.seal or proof.write or proof.opening or proof.record or proof.certificates
        demand(proof.state is not None and not spoken, "damaged")
    return proof


def read_trust(data):
    """The bytes of a genesis, or a list of keys."""
    try:
        parse_genesis(data)
        return SimpleNamespace(genesis=data, keys=None)
    except Malformed:
        return SimpleNamespace(genesis=None, keys=keys.parse_key_file(data))


class Log:
    """The log as the checkpoint fixes it."""

    def __init__(self, note):
        self.note = note

    def check(self, leaf, index, path):
        checked_path(path)
        demand(index < self.note.size, "beyond-log")
        root = root_from(leaf, index, self.note.size, path)
        demand(root is not None, "path-malformed")
        demand(root == self.note.root, "not-in-log")


def verify(data, trust, not_before_ms=0):
    """What a proof says; Refusal with the first reason why it does not hold."""
    try:
        return _verify(data, trust, not_before_ms)
    except BadPath:
        raise Refusal("path-malformed") from None
    except SubmissionStamp:
        raise Refusal("submission-stamp") from None
    except keys.Unsupported:
        raise Refusal("scheme-unsupported") from None
    except VersionUnknown:
        raise Refusal("version-unknown") from None


def _verify(data, trust, not_before_ms):
    proof = read_file(data)
    demand(trust.genesis in (None, proof.genesis), "genesis-not-trusted")
    genesis = parsed("genesis-invalid", parse_genesis, proof.genesis)
    note = parsed("checkpoint-invalid", keys.parse_note, proof.checkpoint)
    if trust.keys is not None:
        signed = sum(is_signed(note, name, key) for name, key in trust.keys)
        demand(2 * signed > len(trust.keys), "checkpoint-not-trusted")
    origin = f"cairn/{genesis.network.hex()}/"
    channels = [one for one in genesis.body.channels if origin + one.name == note.origin]
    demand(channels, "checkpoint-invalid")
    log = Log(note)
    try:
        ledger = Ledger(genesis, channels[0])
    except Refused:
        raise Refusal("genesis-seal") from None
    named = [embedded(proof, part).leaf for part in ("subject", "seal")]
    named += [one.leaf for one in proof.membership + proof.activations]
    named.append(embedded(embedded(proof, "state"), "seal").leaf)
    demand(max(named) < note.size, "beyond-log")
    check_block_zero(proof, ledger, log)
    # Files of version 1 always have a subject; where it is left out, it is malformed.
    has_subject = proof.subject is not None or proof.version == 1
    header = check_seal(proof, ledger, log) if has_subject else None
    activations = check_activations(proof, ledger, log)
    members = replay(proof, ledger, log, header, activations)
    newest = check_quorum(note, members)
    demand(1000 * newest >= not_before_ms, "stale")
    said = {"network": ledger.network.hex(), "checkpoint_size": note.size}
    if has_subject:
        write = proof_write(proof)
        demand(certificates.all_hold(proof.certificates, ledger), "certificate-invalid")
        said |= report(proof, header, write)
    if proof.state is not None:
        state = check_state(proof, ledger, log)
        demand(state["state_sealed_ms"] >= not_before_ms, "stale")
        said |= state
    return said


def parse_header(data, ledger, reason):
    """A well-formed header of this channel."""
    header = parsed(reason, decode, "Header", data)
    ordering = embedded(header, "ordering")
    digests = [
        header.network, header.previous, header.accepted_root, header.refused_root,
        header.log_root, header.state_writes, ordering.batch,
    ]  # fmt: skip
    fits = all(len(digest) == 32 for digest in digests) and len(header.state_root) in (0, 32)
    fits = fits and header.version == 1 and is_name(header.channel) and 1 <= ordering.kind <= 3
    fits = fits and (header.state_lag == 0 or header.state_root and header.state_lag < header.height)
    demand(fits, reason)
    here = header.network == ledger.network and header.channel == ledger.channel.name
    demand(here, reason)
    return header


def check_activations(proof, ledger, log):
    """The heights at which versions took effect, each with the leaf before it, in order."""
    found, reason = [], "activation-invalid"
    for seal in proof.activations:
        header = parse_header(seal.header, ledger, reason)
        demand(header.log_size == seal.leaf and header.height < 2**64 - 1, reason)
        log.check(block_hash(seal.header), seal.leaf, seal.path)
        demand(not found or found[-1][0] < seal.leaf, reason)
        found.append((seal.leaf, header.height + 1))
    return found


def check_state(proof, ledger, log):
    """What the state held, under a state root of the log."""
    state, reason = proof.state, "state-seal-invalid"
    seal = embedded(state, "seal")
    header = parse_header(seal.header, ledger, reason)
    log.check(block_hash(seal.header), seal.leaf, seal.path)
    demand(header.log_size == seal.leaf, reason)
    demand(header.log_root == root_before(seal.leaf, seal.path), reason)
    demand(header.state_root, reason)
    demand(state.key and states.root_of(state) == header.state_root, "state-mismatch")
    return {
        "state_key": state.key.hex(),
        "state_present": bool(state.present),
        "state_value": state.value.hex(),
        "state_height": header.height - header.state_lag,
        "state_sealed_ms": header.time_ms,
    }


def is_signed(note, name, key):
    return any(keys.cosignature_holds(note, line, name, key) for line in note.signatures)


def check_block_zero(proof, ledger, log):
    seal = embedded(proof, "genesis_seal")
    demand(seal.leaf == 0 and seal.header == ledger.block_zero(), "genesis-seal")
    log.check(block_hash(seal.header), 0, seal.path)


def check_seal(proof, ledger, log):
    """The header of the subject's block."""
    seal = embedded(proof, "seal")
    header = parse_header(seal.header, ledger, "seal-invalid")
    demand(header.height > 0, "seal-invalid")
    log.check(block_hash(seal.header), seal.leaf, seal.path)
    count = header.accepted_count
    demand(header.log_size == seal.leaf and 0 < count < header.log_size, "seal-invalid")
    demand(header.log_root == root_before(seal.leaf, seal.path), "seal-invalid")
    subject = embedded(proof, "subject").leaf
    demand(seal.leaf - count <= subject < seal.leaf, "seal-invalid")
    return header


def replay(proof, ledger, log, header, activations):
    """Takes all transactions of the proof in the order of the log; gives the members' keys.

    `header` is of the subject's block; None where there is no subject.
    """

    def activate(before):
        while activations and activations[0][0] < before:
            demand(ledger.begin(activations.pop(0)[1]), "activation-invalid")

    def take_subject():
        activate(subject)
        apply_subject(proof, ledger, log, header)

    subject = embedded(proof, "subject").leaf if header else None
    done, following, seen = header is None, 1, set()
    for proven in proof.membership:
        demand(proven.leaf not in seen and proven.leaf != subject, "leaf-repeated")
        seen.add(proven.leaf)
        demand(proven.leaf >= following, "membership-invalid")
        if not done and proven.leaf > subject:
            take_subject()
            done = True
        activate(proven.leaf)
        apply_membership(proven, ledger, log, proof.seal, header)
        following = proven.leaf + 1
    if not done:
        take_subject()
    activate(log.note.size)
    return {key: state.description.checkpoint_key for key, state in ledger.members.items()}


def apply_membership(proven, ledger, log, seal, header):
    transaction = parsed("membership-invalid", parse_transaction, proven.transaction)
    log.check(transaction.digest, proven.leaf, proven.path)
    known = transaction.intent.contract in ("members", "people", "approvals")
    demand(known, "membership-invalid")
    ledger.clock = max(ledger.clock, transaction.intent.not_before_ms)
    late = header and proven.leaf < seal.leaf and ledger.clock > header.time_ms
    demand(not late, "membership-invalid")
    try:
        ledger.apply(proven, transaction)
    except (Refused, keys.StampFault):
        raise Refusal("membership-invalid") from None


def apply_subject(proof, ledger, log, header):
    proven = embedded(proof, "subject")
    transaction = parsed("subject-invalid", parse_transaction, proven.transaction)
    log.check(transaction.digest, proven.leaf, proven.path)
    writes = parsed("subject-invalid", parse_writes, transaction)
    named = proof.write < len(writes) and writes[proof.write].record == proof.record
    demand(named, "write-missing")
    demand(header.time_ms >= ledger.clock, "seal-invalid")
    ledger.clock = header.time_ms
    demand(transaction.intent.author in ledger.people, "subject-refused")
    try:
        ledger.apply(proven, transaction)
    except keys.StampFault as fault:
        raise Refusal(fault.reason) from None
    except Refused as no:
        raise Refusal(no.reason or "subject-refused") from None


def check_quorum(note, members):
    """Every line is a member's, none stands twice, and more than half are there.

    Gives the time of the newest, in seconds.
    """
    names = {f"{note.origin}/{member.hex()}": key for member, key in members.items()}
    signed = set()
    for line in note.signatures:
        name = line[0]
        fresh = name in names and name not in signed
        holds = fresh and keys.cosignature_holds(note, line, name, names[name])
        demand(holds, "cosignature-invalid")
        signed.add(name)
    demand(2 * len(signed) > len(members), "quorum-missing")
    return max(int.from_bytes(line[2][:8], "big") for line in note.signatures)


def proof_write(proof):
    transaction = parse_transaction(proof.subject.transaction)
    return transaction, parse_writes(transaction)[proof.write]


def report(proof, header, found):
    """Checks the opening, and tells what is proved."""
    transaction, write = found
    satisfied = transaction.attachment.writes[proof.write].satisfied_by
    if proof.opening is not None:
        opening = proof.opening
        content = domain("commitment") + opening.content
        value = hmac.digest(opening.secret, content, "sha256")
        fits = len(opening.secret) == 32 and value == write.commitment.value
        demand(fits, "opening-mismatch")
    chain = chains.hops(transaction.stamps) if transaction.intent.contract_version > 1 else []
    return {
        "transaction": transaction.id.hex(),
        "record": (satisfied or write.record).hex(),
        "version": 0 if satisfied else write.previous + 1,
        "author": transaction.intent.author.hex(),
        "hand_overs": ", ".join(f"{giver.hex()} to {taker.hex()}" for giver, taker in chain),
        "height": header.height,
        "time_ms": header.time_ms,
        "content_bytes": None if proof.opening is None else len(proof.opening.content),
    }


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "--list":
        for line in read(arguments[1]).decode().splitlines():
            proof, trust, *since = line.split("\t")
            try:
                verify(read(proof), read_trust(read(trust)), *map(int, since))
                print("holds")
            except Refusal as refusal:
                print(refusal.reason)
        return 0
    if len(arguments) not in (2, 3) or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        trust = read_trust(read(arguments[1]))
    except (OSError, ValueError, Malformed) as problem:
        print(f"error: no trust file: {problem}", file=sys.stderr)
        return 2
    try:
        said = verify(read(arguments[0]), trust, *map(int, arguments[2:]))
    except Refusal as refusal:
        print(refusal.reason)
        return 1
    for name, value in said.items():
        print(f"{name}: {value}")
    print("holds")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
