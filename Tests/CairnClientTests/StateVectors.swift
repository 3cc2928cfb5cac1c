import CairnClient
import Contracts
import Crypto
import Foundation
import LedgerCore
import SwiftProtobuf

import struct LedgerCore.Digest

/// What the state held, and what a server may say of it instead.
enum StateVectors {
    static func all() throws -> [ProofVector] {
        var list = ProofVectorList()
        try valid(&list)
        try altered(&list)
        try seals(&list)
        try stale(&list)
        return list.vectors
    }

    /// A ledger with some records; gives the newest one.
    private static func ledger() throws -> (ProofLedger, record: Identifier) {
        let ledger = try ProofLedger(memberCount: 2)
        var record = Fresh.identifier()
        for _ in 0..<6 {
            record = Fresh.identifier()
            try ledger.append(try ledger.entry(command: ProofLedger.write(record)))
        }
        return (ledger, record)
    }

    private static func valid(_ list: inout ProofVectorList) throws {
        let (ledger, record) = try ledger()
        func add(_ name: String, _ proof: WireProof) {
            list.add(name, nil, ProofFile.bytes(proof), trust: ledger.genesis.bytes)
        }
        let home = ledger.home
        add("state-of-a-record", try ledger.stateProof(StateKey.record(record).bytes))
        add("state-of-a-person", try ledger.stateProof(StateKey.person(home.person).bytes))
        add(
            "state-of-a-key",
            try ledger.stateProof(StateKey.key(home.personKey.publicKey().id).bytes))
        add("state-of-the-parameters", try ledger.stateProof(StateKey.parameters.bytes))
        add(
            "none-existed-in-an-empty-place",
            try ledger.stateProof(ledger.absentRecord(besideAnother: false)))
        add(
            "none-existed-beside-another",
            try ledger.stateProof(ledger.absentRecord(besideAnother: true)))
        let newest = ledger.placed[ledger.placed.count - 1]
        var both = try ledger.proof(of: newest, write: 0)
        both.state = try ledger.proven(StateKey.record(record).bytes)
        add("record-that-is-the-newest", both)
        let founded = try ProofLedger(memberCount: 1)
        let proof = try founded.stateProof(StateKey.member(founded.home.id).bytes)
        list.add(
            "state-at-the-founding", nil, ProofFile.bytes(proof), trust: founded.genesis.bytes)
        // Under load a root comes one seal later.
        try ledger.append([], seal: .begin)
        try ledger.append([try ledger.submission(home, [try ledger.entry()])], seal: .begin)
        add("state-of-a-block-before", try ledger.stateProof(StateKey.record(record).bytes))
    }

    private static func altered(_ list: inout ProofVectorList) throws {
        let (ledger, record) = try ledger()
        let present = try ledger.stateProof(StateKey.record(record).bytes)
        let empty = try ledger.stateProof(ledger.absentRecord(besideAnother: false))
        let other = try ledger.stateProof(ledger.absentRecord(besideAnother: true))
        func add(
            _ name: String, _ proof: WireProof, _ alter: (inout WireProof) -> Void
        ) {
            var proof = proof
            alter(&proof)
            list.add(name, .stateMismatch, ProofFile.bytes(proof), trust: ledger.genesis.bytes)
        }
        add("state-value-altered", present) { $0.state.value[3] ^= 1 }
        add("state-key-altered", present) { $0.state.key[3] ^= 1 }
        add("state-key-empty", present) { $0.state.key = Data() }
        add("state-kind-swapped", present) { $0.state.key[0] = UInt8(ascii: "p") }
        add("present-shown-as-absent", present) {
            $0.state.present = false
            $0.state.value = Data()
        }
        add("present-shown-beside-itself", present) {
            $0.state.present = false
            $0.state.otherValue = $0.state.value
            $0.state.otherPath = StateTree.path(of: [UInt8]($0.state.key)).bytes.field
            $0.state.value = Data()
        }
        add("absent-shown-as-present", empty) {
            $0.state.present = true
            $0.state.value = present.state.value
        }
        add("absence-of-something-else", empty) { $0.state.key = other.state.key }
        add("absence-with-a-value", empty) { $0.state.value = Data([1]) }
        add("present-with-another-entry", present) {
            $0.state.otherPath = other.state.otherPath
            $0.state.otherValue = other.state.otherValue
        }
        add("other-entry-altered", other) { $0.state.otherValue[0] ^= 1 }
        add("other-entry-left-out", other) {
            $0.state.otherPath = Data()
            $0.state.otherValue = Data()
        }
        add("other-entry-s-path-cut", other) { $0.state.otherPath.removeLast() }
        add("other-entry-from-elsewhere", other) {
            $0.state.otherPath = Data($0.state.otherPath.map { ~$0 })
        }
        add("other-value-without-a-path", empty) { $0.state.otherValue = Data([1]) }
        add("sibling-altered", present) { $0.state.path[0][5] ^= 1 }
        add("sibling-left-out", present) { $0.state.path.removeFirst() }
        add("sibling-more", present) { $0.state.path.append(Digest.zero.bytes.field) }
        add("siblings-swapped", present) { $0.state.path.swapAt(0, 1) }
        add("sibling-cut", present) { $0.state.path[0].removeLast() }
        add("too-many-siblings", present) {
            $0.state.path = [Data](repeating: Digest.zero.bytes.field, count: 257)
        }
        // An inner node of the tree shown as an empty place higher up.
        add("inner-node-as-an-empty-place", empty) { $0.state.path.removeFirst() }
    }

    private static func seals(_ list: inout ProofVectorList) throws {
        let (ledger, record) = try ledger()
        let key = StateKey.record(record).bytes
        let early = try ledger.stateProof(key)
        let before = ledger.seal(ledger.blocks.count - 2)
        try ledger.append(try ledger.entry())
        func add(
            _ name: String, _ reason: ProofRefusal.Reason, on ledger: ProofLedger,
            _ alter: (inout WireProof) throws -> Void
        ) throws {
            var proof = try ledger.stateProof(key)
            try alter(&proof)
            list.add(name, reason, ProofFile.bytes(proof), trust: ledger.genesis.bytes)
        }
        try add("state-under-an-older-root", .stateMismatch, on: ledger) {
            $0.state.seal = ledger.seal(ledger.blocks.count - 3)
        }
        try add("state-with-stale-paths", .notInLog, on: ledger) { $0.state.seal = before }
        try add("state-header-altered", .notInLog, on: ledger) { $0.state.seal.header[60] ^= 1 }
        try add("state-header-cut", .stateSealInvalid, on: ledger) {
            $0.state.seal.header.removeLast()
        }
        try add("state-seal-beside", .pathMalformed, on: ledger) { $0.state.seal.leaf -= 1 }
        try add("state-rolled-back", .beyondLog, on: ledger) { $0.checkpoint = early.checkpoint }
        try add("state-by-too-few", .quorumMissing, on: ledger) {
            $0.checkpoint = Array(try ledger.checkpoint(cosigners: 1).note.utf8).field
        }
        try add("state-of-another-network", .genesisNotTrusted, on: ledger) { _ in }
        if let last = list.vectors.last {
            let stranger = try ProofLedger(memberCount: 2)
            list.replaceLast(
                ProofVector(
                    name: last.name, reason: last.reason, proof: last.proof,
                    trust: stranger.genesis.bytes))
        }
        // A header without a root, and headers that lie about their place.
        for (name, reason, alter) in SealLie.all {
            let (ledger, _) = try StateVectors.ledger()
            let root = ledger.blocks[ledger.blocks.count - 1].header.stateRoot
            try ledger.force(
                try ledger.entry(),
                header: {
                    $0.stateRoot = root
                    alter(&$0)
                })
            try add(name, reason, on: ledger) {
                $0.state.seal = ledger.seal(ledger.blocks.count - 1)
            }
        }
    }

    private static func stale(_ list: inout ProofVectorList) throws {
        let (ledger, record) = try ledger()
        let trust = ledger.genesis.bytes
        let proof = ProofFile.bytes(try ledger.stateProof(StateKey.record(record).bytes))
        let sealed = ledger.blocks[ledger.blocks.count - 1].header.timeMs
        let signed: UInt64 = 1_800_000_100_000
        list.add("state-as-new-as-asked-for", nil, proof, trust: trust, notBeforeMs: sealed)
        list.add("state-older-than-asked-for", .stale, proof, trust: trust, notBeforeMs: sealed + 1)
        let newest = ledger.placed[ledger.placed.count - 1]
        let write = ProofFile.bytes(try ledger.proof(of: newest, write: 0))
        list.add("checkpoint-as-new-as-asked-for", nil, write, trust: trust, notBeforeMs: signed)
        list.add(
            "checkpoint-older-than-asked-for", .stale, write, trust: trust, notBeforeMs: signed + 1)
    }
}

/// What a header of the state may say of itself, in a log that a quorum signed all the same.
private enum SealLie {
    typealias Lie = (String, ProofRefusal.Reason, (inout Header) -> Void)

    static var all: [Lie] {
        [
            ("state-header-without-a-root", .stateSealInvalid, { $0.stateRoot = nil }),
            ("state-header-of-another-channel", .stateSealInvalid, { $0.channel = "other" }),
            ("state-header-of-another-network", .stateSealInvalid, { $0.network = Fresh.digest() }),
            ("state-header-of-another-size", .stateSealInvalid, { $0.logSize += 1 }),
            ("state-header-of-another-log", .stateSealInvalid, { $0.logRoot = Fresh.digest() }),
            ("state-header-with-another-root", .stateMismatch, { $0.stateRoot = Fresh.digest() }),
        ]
    }
}
