#!/usr/bin/env python3
"""A second verifier of Cairn's proofs, written from docs/PROOFS.md; no code of the first one in it.

usage: verify_proof.py PROOF TRUST        exit 0: it holds; 1: refused, and the reason is printed
       verify_proof.py --list FILE        each line `PROOF<tab>TRUST`; prints `holds` or a reason

TRUST is a genesis file or a file of checkpoint keys. Needs Python 3.10 and `cryptography`.
"""

import hmac
import sys
from types import SimpleNamespace

sys.dont_write_bytecode = True  # nothing appears beside the sources

import keys
from ledger import BadPath, Ledger, Refused, SubmissionStamp, checked_path, is_name
from ledger import parse_genesis, parse_transaction, parse_writes
from messages import Malformed, decode, embedded
from versions import VersionUnknown
from trees import block_hash, domain, root_before, root_from, sha256

MAGIC = b"cairn-proof-1\n"


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
    demand(len(MAGIC) + 32 < len(data) <= 268_435_456 and data.startswith(MAGIC), "damaged")
    demand(sha256(data[:-32]) == data[-32:], "damaged")
    proof = parsed("damaged", decode, "Proof", data[len(MAGIC) : -32])
    demand(proof.version == 1, "damaged")
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
        root = root_from(leaf, index, self.note.size, checked_path(path))
        demand(root == self.note.root, "not-in-log")


def verify(data, trust):
    """What a proof says; Refusal with the first reason why it does not hold."""
    try:
        return _verify(data, trust)
    except BadPath:
        raise Refusal("not-in-log") from None
    except SubmissionStamp:
        raise Refusal("submission-stamp") from None
    except keys.Unsupported:
        raise Refusal("scheme-unsupported") from None
    except VersionUnknown:
        raise Refusal("version-unknown") from None


def _verify(data, trust):
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
    check_block_zero(proof, ledger, log)
    header = check_seal(proof, ledger, log)
    activations = check_activations(proof, ledger, log)
    members = replay(proof, ledger, log, header, activations)
    check_quorum(note, members)
    return report(proof, header)


def is_signed(note, name, key):
    return any(keys.cosignature_holds(note, line, name, key) for line in note.signatures)


def check_block_zero(proof, ledger, log):
    seal = embedded(proof, "genesis_seal")
    demand(seal.leaf == 0 and seal.header == ledger.block_zero(), "genesis-seal")
    log.check(block_hash(seal.header), 0, seal.path)


def parse_header(data):
    """A well-formed header; Malformed where it is none."""
    header = decode("Header", data)
    ordering = embedded(header, "ordering")
    digests = [
        header.network, header.previous, header.accepted_root, header.refused_root,
        header.log_root, header.state_writes, ordering.batch,
    ]  # fmt: skip
    fits = all(len(digest) == 32 for digest in digests) and len(header.state_root) in (0, 32)
    fits = fits and header.version == 1 and is_name(header.channel) and 1 <= ordering.kind <= 3
    fits = fits and (header.state_lag == 0 or header.state_root and header.state_lag < header.height)
    if not fits:
        raise Malformed("header")
    return header


def check_activations(proof, ledger, log):
    """The heights at which versions took effect, each with the leaf before it, in order."""
    found = []
    for seal in proof.activations:
        header = parsed("activation-invalid", parse_header, seal.header)
        here = header.network == ledger.network and header.channel == ledger.channel.name
        fits = header.log_size == seal.leaf and header.height < 2**64 - 1
        demand(here and fits, "activation-invalid")
        log.check(block_hash(seal.header), seal.leaf, seal.path)
        demand(not found or found[-1][0] < seal.leaf, "activation-invalid")
        found.append((seal.leaf, header.height + 1))
    return found


def check_seal(proof, ledger, log):
    """The header of the subject's block."""
    seal = embedded(proof, "seal")
    header = parsed("seal-invalid", parse_header, seal.header)
    here = header.network == ledger.network and header.channel == ledger.channel.name
    demand(here and header.height > 0, "seal-invalid")
    log.check(block_hash(seal.header), seal.leaf, seal.path)
    count = header.accepted_count
    demand(header.log_size == seal.leaf and 0 < count < header.log_size, "seal-invalid")
    demand(header.log_root == root_before(seal.leaf, seal.path), "seal-invalid")
    subject = embedded(proof, "subject").leaf
    demand(seal.leaf - count <= subject < seal.leaf, "seal-invalid")
    return header


def replay(proof, ledger, log, header, activations):
    """Takes all transactions of the proof in the order of the log; gives the members' keys."""

    def activate(before):
        while activations and activations[0][0] < before:
            demand(ledger.begin(activations.pop(0)[1]), "activation-invalid")

    subject, done, following = embedded(proof, "subject"), False, 1
    for proven in proof.membership:
        in_order = proven.leaf >= following and proven.leaf != subject.leaf
        demand(in_order, "membership-invalid")
        if not done and proven.leaf > subject.leaf:
            activate(subject.leaf)
            apply_subject(proof, ledger, log, header)
            done = True
        activate(proven.leaf)
        apply_membership(proven, ledger, log, proof.seal.leaf, header)
        following = proven.leaf + 1
    if not done:
        activate(subject.leaf)
        apply_subject(proof, ledger, log, header)
    activate(log.note.size)
    return {key: state.description.checkpoint_key for key, state in ledger.members.items()}


def apply_membership(proven, ledger, log, seal_leaf, header):
    transaction = parsed("membership-invalid", parse_transaction, proven.transaction)
    log.check(transaction.digest, proven.leaf, proven.path)
    kinds = ("members", "people", "approvals")
    demand(transaction.intent.contract in kinds, "membership-invalid")
    ledger.clock = max(ledger.clock, transaction.intent.not_before_ms)
    late = proven.leaf < seal_leaf and ledger.clock > header.time_ms
    demand(not late, "membership-invalid")
    try:
        ledger.apply(proven, transaction)
    except Refused:
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
    except Refused:
        raise Refusal("subject-refused") from None


def check_quorum(note, members):
    """Every line is a member's, none stands twice, and more than half are there."""
    names = {f"{note.origin}/{member.hex()}": key for member, key in members.items()}
    signed = set()
    for line in note.signatures:
        name = line[0]
        fresh = name in names and name not in signed
        holds = fresh and keys.cosignature_holds(note, line, name, names[name])
        demand(holds, "cosignature-invalid")
        signed.add(name)
    demand(2 * len(signed) > len(members), "quorum-missing")


def report(proof, header):
    """Checks the opening, and tells what is proved."""
    transaction = parse_transaction(proof.subject.transaction)
    write = parse_writes(transaction)[proof.write]
    satisfied = transaction.attachment.writes[proof.write].satisfied_by
    if proof.opening is not None:
        opening = proof.opening
        content = domain("commitment") + opening.content
        value = hmac.digest(opening.secret, content, "sha256")
        fits = len(opening.secret) == 32 and value == write.commitment.value
        demand(fits, "opening-mismatch")
    return {
        "network": header.network.hex(),
        "transaction": transaction.id.hex(),
        "record": (satisfied or write.record).hex(),
        "version": 0 if satisfied else write.previous + 1,
        "author": transaction.intent.author.hex(),
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
            proof, trust = line.split("\t")
            try:
                verify(read(proof), read_trust(read(trust)))
                print("holds")
            except Refusal as refusal:
                print(refusal.reason)
        return 0
    if len(arguments) != 2 or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        trust = read_trust(read(arguments[1]))
    except (OSError, ValueError, Malformed) as problem:
        print(f"error: no trust file: {problem}", file=sys.stderr)
        return 2
    try:
        said = verify(read(arguments[0]), trust)
    except Refusal as refusal:
        print(refusal.reason)
        return 1
    for name, value in said.items():
        print(f"{name}: {value}")
    print("holds")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
