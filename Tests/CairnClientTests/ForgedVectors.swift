import CairnClient
import Crypto
import Foundation
import LedgerCore
import SwiftProtobuf

import struct LedgerCore.Digest

/// What even a quorum that conspires cannot prove: transactions that the log holds and the members
/// signed, and that break the ledger's rules.
enum ForgedVectors {
    static func all() throws -> [ProofVector] {
        var list = ProofVectorList()
        try stamps(&list)
        try intents(&list)
        try authors(&list)
        try commands(&list)
        try headers(&list)
        try refused(&list)
        return list.vectors
    }

    /// The subject that `make` gives, in a log that asked nobody.
    static func subject(
        _ name: String, _ reason: ProofRefusal.Reason?, _ list: inout ProofVectorList,
        _ make: (ProofLedger) throws -> UnverifiedTransaction
    ) throws {
        let ledger = try ProofLedger(memberCount: 2)
        try ledger.force(try make(ledger))
        try list.add(name, reason, on: ledger)
    }

    private static func stamps(_ list: inout ProofVectorList) throws {
        func stamped(
            _ name: String, _ reason: ProofRefusal.Reason?,
            _ alter: (inout [EStamp], Digest, ProofLedger) throws -> Void
        ) throws {
            try subject(name, reason, &list) { ledger in
                try ledger.entry(stamps: { try alter(&$0, $1, ledger) })
            }
        }
        try stamped("untouched", nil) { _, _, _ in }
        try stamped("signature-with-high-s", .stampMalleable) { stamps, _, _ in
            stamps[0].signature = HighS.of(stamps[0].signature)
        }
        try stamped("stamp-of-another-intent", .stampInvalid) { stamps, _, ledger in
            stamps[0] = try EStamp(
                intent: Fresh.digest(), purpose: .author, signingWith: ledger.home.personKey)
        }
        try stamped("key-of-another-scheme", .stampScheme) { stamps, _, _ in
            stamps[0].scheme = .ed25519
        }
        try stamped("signed-by-a-stranger", .stampUnknownKey) { stamps, id, _ in
            stamps[0] = try EStamp(intent: id, purpose: .author, signingWith: .p256(.init()))
        }
        try stamped("stranger-under-the-author-s-key", .stampInvalid) { stamps, id, _ in
            let forged = try EStamp(intent: id, purpose: .author, signingWith: .p256(.init()))
            stamps[0].signature = forged.signature
        }
        try stamped("purpose-relabelled", .stampInvalid) { stamps, _, _ in
            stamps[0].purpose = .approve
        }
        for purpose in [StampPurpose.handOver, .accept, .refuse, .approve] {
            try stamped("purpose-\(purpose)", .subjectRefused) { stamps, id, ledger in
                stamps[0] = try EStamp(
                    intent: id, purpose: purpose, signingWith: ledger.home.personKey)
            }
        }
        try stamped("previous-that-was-not-signed", .stampInvalid) { stamps, _, _ in
            stamps[0].previous = Fresh.digest()
        }
        try stamped("place-that-was-not-signed", .stampInvalid) { stamps, _, _ in
            stamps[0].batch = .init(index: 0, size: 2, path: [Fresh.digest()])
        }
        try stamped("second-stamp-does-not-hold", .stampInvalid) { stamps, _, _ in
            var second = stamps[0]
            second.signature[40] ^= 1
            stamps.append(second)
        }
    }

    private static func intents(_ list: inout ProofVectorList) throws {
        func intent(_ name: String, _ alter: (inout Intent) -> Void) throws {
            try subject(name, .subjectRefused, &list) { try $0.entry(intent: alter) }
        }
        try intent("another-network") { $0.network = Fresh.digest() }
        try intent("another-channel") { $0.channel = "other" }
        try intent("another-contract-version") { $0.contractVersion = 3 }
        try intent("window-is-over") { $0.notAfterMs = ProofLedger.startMs }
        try intent("window-has-not-begun") { $0.notBeforeMs = $0.notAfterMs }
        try intent("window-too-long") { $0.notBeforeMs -= 600_000 }
    }

    private static func authors(_ list: inout ProofVectorList) throws {
        try subject("author-is-somebody-else", .subjectRefused, &list) {
            try $0.entry(by: $0.members[1].person)
        }
        try subject("author-is-unknown", .subjectRefused, &list) {
            try $0.entry(by: Fresh.identifier())
        }
        try subject("on-behalf-without-evidence", .subjectRefused, &list) {
            try $0.entry(
                key: $0.home.nodeKey, purpose: .onBehalf, attachment: { $0.onBehalf = nil })
        }
        try subject("on-behalf-by-another-node", .subjectRefused, &list) {
            try $0.entry(
                key: $0.members[1].nodeKey, purpose: .onBehalf,
                attachment: { $0.onBehalf = .init(evidence: Fresh.digest(), tier: 0) })
        }
        let ledger = try ProofLedger(memberCount: 2)
        try ledger.force(try ledger.entry(), of: ledger.members[1])
        try list.add("node-of-another-member", .subjectRefused, on: ledger)

        for (name, role, revoked) in [
            ("role-missing", "auditor", false), ("key-was-revoked", "nurse", true),
        ] {
            try subject(name, .subjectRefused, &list) { ledger in
                let person = Fresh.identifier()
                let key = SigningKey.ed25519(.init())
                let enrol = PeopleCommand.enrol(
                    person: person, member: ledger.home.id, keys: [try key.publicKey()],
                    roles: [role])
                try ledger.append(try ledger.people(enrol))
                if revoked {
                    let id = try key.publicKey().id
                    try ledger.append(try ledger.people(.revokeKey(person: person, key: id)))
                }
                return try ledger.entry(by: person, key: key)
            }
        }
    }

    private static func commands(_ list: inout ProofVectorList) throws {
        let write = RecordsCommand.Write(
            record: Fresh.identifier(), previous: 0, commitment: Commitment(value: Fresh.digest()))
        func command(
            _ name: String, _ reason: ProofRefusal.Reason, _ bytes: [UInt8],
            _ attachment: (inout Attachment) -> Void = { _ in }
        ) throws {
            try subject(name, reason, &list) {
                try $0.entry(command: bytes, attachment: attachment)
            }
        }
        try command("record-twice", .subjectRefused, RecordsCommand.bytes([write, write])) {
            $0.writes.append($0.writes[0])
        }
        try command("no-writes", .subjectInvalid, []) { $0.writes = [] }
        try command("attachment-too-short", .subjectInvalid, RecordsCommand.bytes([write])) {
            $0.writes = []
        }
        try command("command-is-none", .subjectInvalid, [1, 2, 3])
        var wire = WireRecordsCommand()
        wire.writes = [WireWrite()]
        wire.writes[0].record = write.record.bytes.field
        wire.writes[0].commitment.value = write.commitment.value.bytes.field
        try command("commitment-without-a-scheme", .subjectInvalid, Wire.encode(wire))
        try command("claim-of-no-write", .subjectRefused, RecordsCommand.bytes([write])) {
            $0.claims = [.init(id: Fresh.digest(), kind: .name, write: 1)]
        }
        try command("claim-twice", .subjectRefused, RecordsCommand.bytes([write])) {
            let claim = Attachment.Claim(id: Fresh.digest(), kind: .name, write: 0)
            $0.claims = [claim, claim]
        }
        try command("satisfied-unasked", .subjectRefused, RecordsCommand.bytes([write])) {
            $0.writes[0].satisfiedBy = Fresh.identifier()
        }
        try command(
            "version-beyond-the-last", .subjectRefused,
            RecordsCommand.bytes([
                .init(record: write.record, previous: .max, commitment: write.commitment)
            ]))
        let ledger = try ProofLedger(memberCount: 2)
        try ledger.append(try ledger.people(.grantRole(person: ledger.home.person, role: "nurse")))
        try list.add("no-record", .subjectInvalid, on: ledger)
    }

    private static func headers(_ list: inout ProofVectorList) throws {
        func header(_ name: String, _ alter: (inout Header) -> Void) throws {
            let ledger = try ProofLedger(memberCount: 2)
            try ledger.append(try ledger.entry())
            try ledger.force(try ledger.entry(), header: alter)
            try list.add(name, .sealInvalid, on: ledger)
        }
        try header("header-of-another-network") { $0.network = Fresh.digest() }
        try header("header-of-another-channel") { $0.channel = "other" }
        try header("header-of-height-0") { $0.height = 0 }
        try header("header-counts-too-many") { $0.acceptedCount = 9_999 }
        try header("header-counts-none") { $0.acceptedCount = 0 }
        try header("header-of-another-size") { $0.logSize += 1 }
        try header("header-of-another-root") { $0.logRoot = Fresh.digest() }
        try header("header-before-the-genesis") { $0.timeMs = ProofLedger.startMs - 1 }
    }

    /// A transaction that the block refused, with the path to the root of refusals.
    private static func refused(_ list: inout ProofVectorList) throws {
        let ledger = try ProofLedger(memberCount: 2)
        try ledger.append(try ledger.entry())
        let unwelcome = try ledger.entry(intent: { $0.notAfterMs = $0.notBeforeMs })
        try ledger.append(unwelcome)
        let submission = try ledger.submission(ledger.home, [unwelcome])
        try list.add("refused-shown-as-accepted", .notInLog, on: ledger) { proof in
            proof.subject.transaction = unwelcome.bytes.field
            proof.subject.submissionSignature = submission.signature.field
            if let writes = try? RecordsCommand.writes(unwelcome.intent.command) {
                proof.record = writes[0].record.bytes.field
            }
        }
    }
}

/// The other signature that satisfies ECDSA over P-256: (r, n − s).
enum HighS {
    private static let order: [UInt8] = [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
        0x25, 0x51,
    ]

    static func of(_ signature: [UInt8]) -> [UInt8] {
        var result = signature
        var borrow = 0
        for place in (0..<32).reversed() {
            let difference = Int(order[place]) - Int(signature[32 + place]) - borrow
            borrow = difference < 0 ? 1 : 0
            result[32 + place] = UInt8(truncatingIfNeeded: difference)
        }
        return result
    }
}
