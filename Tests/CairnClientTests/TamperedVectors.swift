import CairnClient
import Crypto
import Foundation
import LedgerCore
import SwiftProtobuf

import struct LedgerCore.Digest

/// What somebody without a quorum's keys can make of valid proofs: each file's own digest holds.
enum TamperedVectors {
    static func all() throws -> [ProofVector] {
        let scenario = try ProofScenario()
        var list = ProofVectorList()
        files(scenario, &list)
        try trust(scenario, &list)
        try checkpoints(scenario, &list)
        try places(scenario, &list)
        try transactions(scenario, &list)
        try stale(scenario, &list)
        return list.vectors
    }

    /// The log has moved on, and the paths lead to the checkpoint before.
    private static func stale(_ scenario: ProofScenario, _ list: inout ProofVectorList) throws {
        try scenario.ledger.append(try scenario.ledger.entry())
        let newer = try scenario.ledger.checkpoint(cosigners: 3)
        add("stale-paths", .notInLog, scenario, &list) {
            $0.checkpoint = Array(newer.note.utf8).field
        }
    }

    private static func add(
        _ name: String, _ reason: ProofRefusal.Reason, _ scenario: ProofScenario,
        _ list: inout ProofVectorList, _ alter: (inout WireProof) -> Void
    ) {
        var proof = scenario.proof
        alter(&proof)
        list.add(name, reason, ProofFile.bytes(proof), trust: scenario.ledger.genesis.bytes)
    }

    private static func files(_ scenario: ProofScenario, _ list: inout ProofVectorList) {
        let trust = scenario.ledger.genesis.bytes
        let file = ProofFile.bytes(scenario.proof)
        let body = Array(file.dropLast(Digest.size))
        func sealed(_ bytes: [UInt8]) -> [UInt8] { bytes + Digest.sha256(bytes).bytes }
        var altered = file
        altered[file.count / 2] ^= 1
        list.add("empty", .damaged, [], trust: trust)
        list.add("truncated", .damaged, Array(file.dropLast(1)), trust: trust)
        list.add("truncated-and-sealed", .damaged, sealed(Array(body.dropLast(1))), trust: trust)
        list.add("byte-too-many", .damaged, file + [0], trust: trust)
        list.add("byte-altered", .damaged, altered, trust: trust)
        list.add("unknown-field", .damaged, sealed(body + [0xf8, 0x01, 1]), trust: trust)
        list.add("field-out-of-order", .damaged, sealed(body + [0x38, 1]), trust: trust)
        add("version-3", .damaged, scenario, &list) { $0.version = 3 }
        add("version-0", .damaged, scenario, &list) { $0.version = 0 }
        add("version-1-with-certificates", .damaged, scenario, &list) {
            $0.version = 1
            $0.certificates = [WireProvenCertificate()]
        }
        var old = Array("cairn-proof-1\n".utf8) + Array(body.dropFirst(ProofFile.magic(2).count))
        list.add("version-2-as-version-1", .damaged, sealed(old), trust: trust)
        old = Array("cairn-proof-3\n".utf8) + Array(body.dropFirst(ProofFile.magic(2).count))
        list.add("magic-of-version-3", .damaged, sealed(old), trust: trust)
        add("no-seal", .damaged, scenario, &list) { $0.clearSeal() }
        add("nothing-proved", .damaged, scenario, &list) {
            $0.clearSubject()
            $0.clearSeal()
            $0.write = 0
            $0.clearOpening()
            $0.record = .init()
        }
        add("another-write", .writeMissing, scenario, &list) { $0.write = 0 }
        add("write-beyond", .writeMissing, scenario, &list) { $0.write = 2 }
        add("another-record", .writeMissing, scenario, &list) {
            $0.record = Fresh.identifier().bytes.field
        }
        add("content-altered", .openingMismatch, scenario, &list) { $0.opening.content[0] ^= 1 }
        add("secret-altered", .openingMismatch, scenario, &list) { $0.opening.secret[0] ^= 1 }
        add("secret-cut", .openingMismatch, scenario, &list) { $0.opening.secret.removeLast() }
    }

    private static func trust(_ scenario: ProofScenario, _ list: inout ProofVectorList) throws {
        let other = try ProofScenario()
        list.add(
            "brings-its-own-genesis", .genesisNotTrusted, ProofFile.bytes(other.proof),
            trust: scenario.ledger.genesis.bytes)
        let keys = scenario.ledger.members.map { scenario.ledger.noteKey($0).text }
        let keyFile = Array(keys.joined(separator: "\n").utf8)
        list.add(
            "brings-its-own-keys", .checkpointNotTrusted, ProofFile.bytes(other.proof),
            trust: keyFile)
        var proof = scenario.proof
        proof.genesis[proof.genesis.count - 1] ^= 1
        list.add("founder-did-not-stamp", .genesisInvalid, ProofFile.bytes(proof), trust: keyFile)
        proof = scenario.proof
        proof.checkpoint = Array(try scenario.ledger.checkpoint(cosigners: 1).note.utf8).field
        list.add(
            "one-of-three-trusted-keys", .checkpointNotTrusted, ProofFile.bytes(proof),
            trust: keyFile)
        // Same founders, another network: only the genesis' bytes tell.
        proof = scenario.proof
        proof.genesisSeal.header[proof.genesisSeal.header.count - 1] ^= 1
        list.add(
            "another-block-0", .genesisSeal, ProofFile.bytes(proof),
            trust: scenario.ledger.genesis.bytes)
        add("genesis-at-leaf-1", .genesisSeal, scenario, &list) { $0.genesisSeal.leaf = 1 }
    }

    private static func checkpoints(_ scenario: ProofScenario, _ list: inout ProofVectorList) throws
    {
        let ledger = scenario.ledger
        let whole = try ledger.checkpoint(cosigners: 3)
        func add(
            _ name: String, _ reason: ProofRefusal.Reason, note: String
        ) { self.add(name, reason, scenario, &list) { $0.checkpoint = Array(note.utf8).field } }
        func signed(_ alter: (inout [NoteSignature]) throws -> Void) rethrows -> String {
            var checkpoint = whole
            try alter(&checkpoint.signatures)
            return checkpoint.note
        }
        let text = whole.note
        add("no-newline-at-the-end", .checkpointInvalid, note: String(text.dropLast()))
        add(
            "size-with-a-zero", .checkpointInvalid,
            note: text.replacing("\n\(whole.size)\n", with: "\n0\(whole.size)\n"))
        add("another-origin", .checkpointInvalid, note: "x" + text)
        add("no-signature", .quorumMissing, note: signed { $0 = [] })
        add("one-of-three-members", .quorumMissing, note: signed { $0 = [$0[0]] })
        add("line-twice", .cosignatureInvalid, note: signed { $0[1] = $0[0] })
        let stranger = Curve25519.Signing.PrivateKey()
        let foreign = [UInt8](stranger.publicKey.rawRepresentation)
        let name = ledger.noteKey(ledger.home).name
        func line(_ key: NoteKey, _ signer: Curve25519.Signing.PrivateKey) throws -> NoteSignature {
            try key.sign(whole, timeSeconds: 1, with: .ed25519(signer))
        }
        add(
            "key-of-its-own", .cosignatureInvalid,
            note: try signed {
                $0[0] = try line(
                    NoteKey(name: name, algorithm: .cosignature, publicKey: foreign), stranger)
            })
        add(
            "stranger-beside-the-members", .cosignatureInvalid,
            note: try signed {
                $0.append(
                    try line(
                        NoteKey(name: "stranger", algorithm: .cosignature, publicKey: foreign),
                        stranger))
            })
        add(
            "algorithm-1", .cosignatureInvalid,
            note: try signed {
                let raw = [UInt8](ledger.home.checkpointKey.publicKey.rawRepresentation)
                $0[0] = try line(
                    NoteKey(name: name, algorithm: .ed25519, publicKey: raw),
                    ledger.home.checkpointKey)
            })
        add(
            "another-member-s-name", .cosignatureInvalid,
            note: try signed {
                let second = ledger.noteKey(ledger.members[1])
                $0[1] = try line(second, ledger.home.checkpointKey)
            })
    }

    private static func places(_ scenario: ProofScenario, _ list: inout ProofVectorList) throws {
        let ledger = scenario.ledger
        let origin = Checkpoint.origin(network: ledger.network, channel: ProofLedger.channel)
        func signed(_ size: UInt64, _ root: Digest) throws -> [UInt8] {
            var checkpoint = Checkpoint(origin: origin, size: size, root: root)
            for member in ledger.members {
                checkpoint.signatures.append(
                    try ledger.noteKey(member).sign(
                        checkpoint, timeSeconds: 5, with: .ed25519(member.checkpointKey)))
            }
            return Array(checkpoint.note.utf8)
        }
        let whole = try ledger.checkpoint(cosigners: 3)
        let seal = BlockHash.of(header: [UInt8](scenario.proof.genesisSeal.header))
        let old = try signed(1, MerkleTree(leaves: [seal]).root)
        add("rolled-back", .beyondLog, scenario, &list) { $0.checkpoint = old.field }
        let fork = try signed(whole.size, Fresh.digest())
        add("forked-log", .notInLog, scenario, &list) { $0.checkpoint = fork.field }
        let text = Checkpoint(origin: origin, size: whole.size + 1, root: whole.root)
        var resized = text
        resized.signatures = whole.signatures
        let note = resized.note
        add("size-altered", .cosignatureInvalid, scenario, &list) {
            $0.checkpoint = Array(note.utf8).field
        }
        add("leaf-beyond-the-end", .beyondLog, scenario, &list) { $0.subject.leaf += 9 }
        add("leaf-of-another-block", .sealInvalid, scenario, &list) { $0.subject.leaf = 1 }
        add("leaf-beside", .notInLog, scenario, &list) { $0.subject.leaf -= 1 }
        add("path-cut", .pathMalformed, scenario, &list) { $0.subject.path.removeLast() }
        add("path-with-a-step-more", .pathMalformed, scenario, &list) {
            $0.subject.path.append(Fresh.digest().bytes.field)
        }
        add("path-of-65-steps", .pathMalformed, scenario, &list) {
            $0.seal.path = [[UInt8]](repeating: Fresh.digest().bytes, count: 65).map(\.field)
        }
        add("path-of-half-digests", .pathMalformed, scenario, &list) {
            $0.subject.path[0].removeLast()
        }
        // An inner node shown as a leaf: the tree one level up has half the leaves.
        let half = try signed((whole.size + 1) / 2, whole.root)
        add("inner-node-as-a-leaf", .notInLog, scenario, &list) {
            $0.checkpoint = half.field
            $0.genesisSeal.path.removeFirst()
            $0.seal.leaf /= 2
            $0.seal.path.removeFirst()
            $0.subject.leaf /= 2
            $0.subject.path.removeFirst()
            for index in $0.membership.indices {
                $0.membership[index].leaf /= 2
                $0.membership[index].path.removeFirst()
            }
        }
        // Every path leads to this root, and ends too low for a tree of that size.
        let taller = try signed(64, whole.root)
        add("paths-that-end-early", .pathMalformed, scenario, &list) {
            $0.checkpoint = taller.field
        }
        add("seal-of-the-genesis", .sealInvalid, scenario, &list) { $0.seal = $0.genesisSeal }
        add("seal-is-no-header", .sealInvalid, scenario, &list) { $0.seal.header.removeLast() }
    }

    private static func transactions(
        _ scenario: ProofScenario, _ list: inout ProofVectorList
    ) throws {
        func alter(_ name: String, _ body: (inout WireTransaction) -> Void) throws {
            var wire = try Wire.decode(
                WireTransaction.self, from: [UInt8](scenario.proof.subject.transaction),
                what: "transaction", limitBytes: WireLimit.transactionBytes)
            body(&wire)
            let bytes = Wire.encode(wire)
            let known = (try? UnverifiedTransaction(bytes: bytes)) != nil
            add(name, known ? .notInLog : .subjectInvalid, scenario, &list) {
                $0.subject.transaction = bytes.field
            }
        }
        let author = scenario.ledger.members[1].person.bytes
        try alter("payload-altered") { $0.intent[$0.intent.count - 1] ^= 1 }
        try alter("author-swapped") { wire in
            guard var intent = try? Intent(bytes: [UInt8](wire.intent)),
                let other = Identifier(author)
            else { return }
            intent.author = other
            wire.intent = intent.bytes.field
        }
        try alter("attachment-altered") { $0.attachment[6] ^= 1 }
        try alter("no-stamps") { $0.stamps = [] }
        try alter("stamp-of-zero") { $0.stamps[0].previous = Digest.zero.bytes.field }
        try alter("signature-cut") { $0.stamps[0].signature.removeLast() }
        try alter("scheme-unknown") { $0.stamps[0].scheme = .UNRECOGNIZED(9) }
        add("subject-left-out", .subjectInvalid, scenario, &list) {
            $0.subject.transaction = Data()
        }
        add("enrolment-left-out", .subjectRefused, scenario, &list) { $0.membership.removeFirst() }
        add("leaf-twice", .leafRepeated, scenario, &list) {
            $0.membership.insert($0.membership[0], at: 1)
        }
        add("leaf-again-at-the-end", .leafRepeated, scenario, &list) {
            $0.membership.append($0.membership[0])
        }
        add("later-ones-first", .subjectRefused, scenario, &list) { $0.membership.reverse() }
        add("last-leaf-there-is", .beyondLog, scenario, &list) { $0.membership[1].leaf = .max }
        add("subject-among-the-members", .leafRepeated, scenario, &list) {
            $0.membership.insert($0.subject, at: 1)
        }
        add("no-transaction", .membershipInvalid, scenario, &list) {
            $0.membership[0].transaction = Data()
        }
        add("node-s-stamp-altered", .submissionStamp, scenario, &list) {
            $0.subject.submissionSignature[3] ^= 1
        }
        add("another-node", .submissionStamp, scenario, &list) {
            $0.subject.node = scenario.ledger.members[1].node.bytes.field
        }
        add("unknown-node", .submissionStamp, scenario, &list) {
            $0.subject.node = Fresh.identifier().bytes.field
        }
        add("another-size-of-submission", .submissionStamp, scenario, &list) {
            $0.subject.submissionSize += 1
        }
        add("index-beyond-the-submission", .submissionStamp, scenario, &list) {
            $0.subject.submissionIndex = 3
        }
    }
}
