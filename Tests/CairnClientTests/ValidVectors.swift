import CairnClient
import Crypto
import Foundation
import LedgerCore
import SwiftProtobuf

import struct LedgerCore.Digest

/// Proofs that hold, between them with every rule of the ledger that a proof may rest on.
enum ValidVectors {
    static func all() throws -> [ProofVector] {
        var list = ProofVectorList()
        try plain(&list)
        try stamps(&list)
        try writes(&list)
        try membership(&list)
        return list.vectors
    }

    private static func plain(_ list: inout ProofVectorList) throws {
        for count in [1, 2, 3, 8] {
            let scenario = try ProofScenario(memberCount: count)
            list.add(
                "members-\(count)", nil, ProofFile.bytes(scenario.proof),
                trust: scenario.ledger.genesis.bytes)
        }
        let scenario = try ProofScenario(onBehalf: true)
        var proof = scenario.proof
        list.add(
            "stamped-by-the-node", nil, ProofFile.bytes(proof),
            trust: scenario.ledger.genesis.bytes)
        proof.clearOpening()
        list.add("not-opened", nil, ProofFile.bytes(proof), trust: scenario.ledger.genesis.bytes)
        let keys = scenario.ledger.members.map { scenario.ledger.noteKey($0).text }
        list.add(
            "trust-in-keys", nil, ProofFile.bytes(proof),
            trust: Array("# by telephone\n\(keys.joined(separator: "\n"))\n".utf8))
    }

    private static func stamps(_ list: inout ProofVectorList) throws {
        var ledger = try ProofLedger(memberCount: 2)
        let intents = try (0..<5).map { _ in try ledger.entry() }
        let batch = try EStamp.batch(
            intents: intents.map(\.id), purpose: .author, signingWith: ledger.home.personKey)
        let batched = try zip(intents, batch).map { transaction, stamp in
            try UnverifiedTransaction(
                intentBytes: transaction.intentBytes, stamps: [stamp],
                attachment: transaction.attachment)
        }
        try ledger.append([try ledger.submission(ledger.home, batched)])
        try list.add("one-signature-over-five-intents", nil, on: ledger)

        ledger = try ProofLedger(memberCount: 2)
        let other = ledger.members[1]
        try ledger.append(
            try ledger.entry(stamps: { stamps, id in
                stamps.append(
                    try EStamp(intent: id, purpose: .approve, signingWith: other.personKey))
            }))
        try list.add("approved-by-another-member", nil, on: ledger)

        ledger = try ProofLedger(memberCount: 2)
        let previous = Fresh.digest()
        try ledger.append(
            try ledger.entry(stamps: { stamps, id in
                stamps[0].previous = previous
                stamps[0].signature = try ledger.home.personKey.sign(stamps[0].message(intent: id))
            }))
        try list.add("stamp-that-names-one-before", nil, on: ledger)
    }

    private static func writes(_ list: inout ProofVectorList) throws {
        var ledger = try ProofLedger(memberCount: 1)
        let record = Fresh.identifier()
        try ledger.append(try ledger.entry(command: ProofLedger.write(record)))
        let existing = RecordsCommand.Write(
            record: record, previous: 1, commitment: Commitment(value: Fresh.digest()))
        try ledger.append(try ledger.entry(command: RecordsCommand.bytes([existing])))
        try list.add("later-version", nil, on: ledger)

        ledger = try ProofLedger(memberCount: 1)
        try ledger.append(try ledger.entry(command: ProofLedger.write(record)))
        let needless = RecordsCommand.Write(
            record: Fresh.identifier(), previous: 0,
            commitment: Commitment(value: Fresh.digest()), conditional: true)
        try ledger.append(
            try ledger.entry(
                command: RecordsCommand.bytes([needless]),
                attachment: {
                    $0.writes[0].satisfiedBy = record
                    $0.claims = [.init(id: Fresh.digest(), kind: .condition, write: 0)]
                    $0.released = [Fresh.digest()]
                }))
        try list.add("satisfied-by-an-existing-record", nil, on: ledger)
    }

    /// Every command of the members and people contracts, before the subject and after it.
    private static func membership(_ list: inout ProofVectorList) throws {
        let ledger = try ProofLedger(memberCount: 3)
        let person = Fresh.identifier()
        let keys = [SigningKey.ed25519(.init()), .p256(.init())]
        try ledger.append(
            try ledger.people(
                .enrol(
                    person: person, member: ledger.home.id, keys: [try keys[0].publicKey()],
                    roles: ["auditor"])))
        try ledger.append(
            try ledger.people(.addKey(person: person, key: try keys[1].publicKey())))
        try ledger.append(
            try ledger.people(.revokeKey(person: person, key: try keys[0].publicKey().id)))
        try ledger.append(try ledger.people(.grantRole(person: person, role: "pharmacist")))
        try ledger.append(try ledger.people(.grantRole(person: person, role: "administrator")))
        try ledger.append(try ledger.people(.revokeRole(person: person, role: "administrator")))
        let guest = ProofLedger.Member()
        var admit = WireMembersCommand()
        admit.admit = try guest.admission()
        try ledger.append(try ledger.members(admit))
        let second = ProofLedger.Member()
        var add = WireMembersCommand()
        add.addNode.node = try second.admission().nodes[0]
        add.addNode.node.member = ledger.home.id.bytes.field
        try ledger.append(try ledger.members(add))
        var retire = WireMembersCommand()
        retire.retireNode.node = second.node.bytes.field
        try ledger.append(try ledger.members(retire))
        try ledger.append(try ledger.entry(by: person, key: keys[1]))
        let subject = ledger.placed[ledger.placed.count - 1]
        try list.add("three-of-four-members", nil, on: ledger)
        try list.add("two-of-four-members", .quorumMissing, on: ledger, cosigners: 2)
        try ledger.append(
            try ledger.people(.revokeKey(person: person, key: try keys[1].publicKey().id)))
        let proof = try ledger.proof(of: subject, write: 0)
        list.add(
            "key-revoked-afterwards", nil, ProofFile.bytes(proof), trust: ledger.genesis.bytes)
        try ledger.append(
            try ledger.transaction(
                by: guest.person, key: guest.personKey, contract: "records",
                command: ProofLedger.write(), writes: 1), of: guest)
        try list.add("author-of-a-member-that-joined", nil, on: ledger)
    }
}
