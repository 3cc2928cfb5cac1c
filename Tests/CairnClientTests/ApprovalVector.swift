import CairnClient
import Contracts
import Crypto
import LedgerCore
import SwiftProtobuf
import TestSupport

import struct LedgerCore.Digest

/// Somebody is enrolled by a proposal under a random policy, which random people approve and
/// refuse; then they write a record, and somebody's last stamp stands in the log whether or not the
/// rules allow it.
struct ApprovalVector {
    private struct Actor {
        let person: Identifier
        let key: SigningKey
        let member: ProofLedger.Member
    }

    private var random: SeededGenerator
    private let ledger: ProofLedger
    private var actors: [Actor]
    private let newcomer = Fresh.identifier()
    private let newKey = SigningKey.ed25519(.init())

    init(random: SeededGenerator) throws {
        self.random = random
        ledger = try ProofLedger(memberCount: 2)
        actors = ledger.members.map { Actor(person: $0.person, key: $0.personKey, member: $0) }
        for (index, role) in [Role.nurse, .nurse, .pharmacist, .auditor].enumerated() {
            let member = ledger.members[index % 2]
            let actor = Actor(
                person: Fresh.identifier(), key: .ed25519(.init()), member: member)
            let enrol = PeopleCommand.enrol(
                person: actor.person, member: member.id, keys: [try actor.key.publicKey()],
                roles: [role.rawValue])
            try ledger.append(
                try ledger.transaction(
                    by: member.person, key: member.personKey, contract: "people",
                    command: enrol.bytes), of: member)
            if role == .nurse { try grantUnit(actor) }
            actors.append(actor)
        }
    }

    private func grantUnit(_ actor: Actor) throws {
        var command = WirePeopleCommand()
        command.grantAttribute.person = actor.person.bytes.field
        command.grantAttribute.name = "unit"
        command.grantAttribute.value = "icu"
        try ledger.append(
            try ledger.transaction(
                by: actor.member.person, key: actor.member.personKey, contract: "people",
                command: Wire.encode(command), version: 2), of: actor.member)
    }

    private mutating func policy(depth: Int) -> SignaturePolicy {
        let member = [nil, ledger.members[0].id, ledger.members[1].id].randomElement(
            using: &random)
        switch Int.random(in: 0..<(depth > 0 ? 9 : 5), using: &random) {
        case 0: return .role(.nurse, at: member ?? nil)
        case 1: return .role(.administrator, at: member ?? nil)
        case 2:
            return Attribute(name: "unit", value: "icu").map { .attribute($0, at: member ?? nil) }
                ?? .member(ledger.home.id)
        case 3: return .member(ledger.members[1].id)
        case 4:
            return .person(actors[Int.random(in: 0..<actors.count, using: &random)].person)
        case 5: return .and(parts(depth))
        case 6: return .or(parts(depth))
        case 7:
            let parts = parts(depth)
            return .outOf(Int.random(in: 1...parts.count, using: &random), parts)
        default:
            let part = policy(depth: depth - 1)
            if case .within = part { return part }
            // Stamps are good for five minutes each: some deadlines lie before, some after.
            return .within(UInt32.random(in: 200...500, using: &random), part)
        }
    }

    private mutating func parts(_ depth: Int) -> [SignaturePolicy] {
        (0..<Int.random(in: 1...4, using: &random)).map { _ in policy(depth: depth - 1) }
    }

    private mutating func actor() -> Actor {
        actors[Int.random(in: 0..<actors.count, using: &random)]
    }

    private mutating func stamp(on id: Digest) throws -> (UnverifiedTransaction, Actor) {
        let actor = actor()
        var command = WireApprovalsCommand()
        if Int.random(in: 0..<4, using: &random) == 0 {
            command.refuse.intent = id.bytes.field
            command.refuse.reason = "not-needed"
        } else {
            command.approve.intent = id.bytes.field
        }
        return (
            try ledger.transaction(
                by: actor.person, key: actor.key, contract: "approvals",
                command: Wire.encode(command)), actor
        )
    }

    mutating func vector() throws -> ProofVector {
        let home = ledger.home
        let enrol = PeopleCommand.enrol(
            person: newcomer, member: home.id, keys: [try newKey.publicKey()], roles: ["nurse"])
        var intent = try ledger.transaction(
            by: home.person, key: home.personKey, contract: "people", command: enrol.bytes
        ).intent
        intent.notAfterMs += 3_600_000
        var propose = WireApprovalsCommand()
        propose.propose.intent = intent.bytes.field
        propose.propose.policy = policy(depth: 3).wire
        let approvers = (0..<Int.random(in: 0...2, using: &random)).map { _ in actor().key }
        try ledger.append(
            try ledger.transaction(
                by: home.person, key: home.personKey, contract: "approvals",
                command: Wire.encode(propose), approvers: approvers))
        let id = Intent.id(of: intent.bytes)
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            let (transaction, actor) = try stamp(on: id)
            try ledger.append(transaction, of: actor.member)
        }
        let subject = try ledger.transaction(
            by: newcomer, key: newKey, contract: "records", command: ProofLedger.write(),
            writes: 1)
        try ledger.force(subject)
        let place = ledger.placed[ledger.placed.count - 1]
        if Bool.random(using: &random) {
            let (transaction, actor) = try stamp(on: id)
            try ledger.force(transaction, of: actor.member)
        }
        let proof = try ledger.proof(of: place, write: 0)
        return ProofVector(
            name: "", reason: nil, proof: ProofFile.bytes(proof), trust: ledger.genesis.bytes)
    }
}
