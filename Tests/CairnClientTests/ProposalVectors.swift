import CairnClient
import Contracts
import Crypto
import LedgerCore
import SwiftProtobuf
import TestSupport

import struct LedgerCore.Digest

/// Members and people who came by acts that waited for stamps; drawn at random, and judged
/// beforehand by the ledger's own execution.
enum ProposalVectors {
    static func all() throws -> [ProofVector] {
        var list = ProofVectorList()
        for number in 0..<24 {
            var random = SeededGenerator(seed: UInt64(number) &+ 77)
            try story(number, &random, &list)
        }
        try refused(&list)
        try attributes(&list)
        return list.vectors
    }

    /// Some people propose, approve and refuse; then one more act follows, and a record.
    private static func story(
        _ number: Int, _ random: inout SeededGenerator, _ list: inout ProofVectorList
    ) throws {
        let cast = try Cast()
        for _ in 0..<Int.random(in: 4...10, using: &random) {
            let act = try cast.act(using: &random)
            try cast.ledger.append(act.transaction, of: act.member)
            if cast.ledger.outcomes == [nil] { cast.took(act) }
        }
        try cast.ledger.append(try cast.ledger.entry())
        try list.add("proposals-\(number)", nil, on: cast.ledger)
        // One act that the ledger refuses, forced into a log that a quorum signs all the same.
        for _ in 0..<20 {
            let act = try cast.act(using: &random)
            try cast.ledger.append(act.transaction, of: act.member)
            // A verifier knows no block's time: what came too late is the log's word alone.
            let late: [RefusalReason?] = [nil, .proposalExpired, .outsideWindow]
            guard let last = cast.ledger.outcomes.last, !late.contains(last) else { continue }
            try cast.ledger.force(act.transaction, of: act.member)
            try cast.ledger.force(try cast.ledger.entry())
            try list.add("refused-act-\(number)", .membershipInvalid, on: cast.ledger)
            return
        }
    }

    private static func refused(_ list: inout ProofVectorList) throws {
        func forced(_ name: String, _ alter: (inout WireApprovalsCommand) -> Void) throws {
            let cast = try Cast()
            var command = try cast.propose(.role(.administrator, at: cast.ledger.home.id))
            alter(&command)
            try cast.ledger.force(
                try cast.approvals(Wire.encode(command), by: cast.people[0]))
            try cast.ledger.force(try cast.ledger.entry())
            try list.add(name, .membershipInvalid, on: cast.ledger)
        }
        try forced("proposal-of-nothing") { $0.propose.intent = [UInt8]().field }
        try forced("proposal-without-a-command") { $0.command = nil }
        try forced("policy-of-nobody") { $0.propose.policy = WireSignaturePolicy() }
        try forced("policy-too-deep") { command in
            var policy = command.propose.policy
            for _ in 0..<6 {
                var outer = WireSignaturePolicy()
                outer.and.parts = [policy]
                policy = outer
            }
            command.propose.policy = policy
        }
        try forced("policy-of-an-unknown-role") { $0.propose.policy.role.role = "surgeon" }
        try forced("policy-that-counts-too-far") {
            var some = WirePolicyCount()
            some.count = 2
            some.parts = [$0.propose.policy]
            $0.propose.policy.outOf = some
        }
        try forced("policy-with-two-deadlines") {
            var inner = WireSignaturePolicy()
            inner.within.seconds = 5
            inner.within.part = $0.propose.policy
            $0.propose.policy.within.seconds = 6
            $0.propose.policy.within.part = inner
        }
    }

    /// Version 2 of people, and what version 1 refuses.
    private static func attributes(_ list: inout ProofVectorList) throws {
        for (name, version, reason) in [
            ("attribute-granted", UInt32(2), ProofRefusal.Reason?.none),
            ("attribute-in-version-1", 1, .membershipInvalid),
        ] {
            let ledger = try ProofLedger(memberCount: 2)
            var command = WirePeopleCommand()
            command.grantAttribute.person = ledger.home.person.bytes.field
            command.grantAttribute.name = "unit"
            command.grantAttribute.value = "icu"
            try ledger.force(try ledger.people(Wire.encode(command), version: version))
            try ledger.force(try ledger.entry())
            try list.add(name, reason, on: ledger)
        }
        let passkey = try SoftAuthenticator()
        let ledger = try ProofLedger(memberCount: 2)
        let add = PeopleCommand.addKey(person: ledger.home.person, key: try passkey.publicKey())
        try ledger.force(try ledger.people(add, version: 1))
        try ledger.force(try ledger.entry())
        try list.add("passkey-in-version-1", .membershipInvalid, on: ledger)
    }
}

/// Three members' administrators and two nurses, one with an attribute, who propose and stamp.
private final class Cast {
    struct Person {
        let id: Identifier
        let key: SigningKey
        let member: ProofLedger.Member
    }

    struct Act {
        let transaction: UnverifiedTransaction
        let member: ProofLedger.Member
        var proposed: Digest?
    }

    let ledger: ProofLedger
    let people: [Person]
    private var proposals: [Digest] = []

    init() throws {
        ledger = try ProofLedger(memberCount: 3)
        var people = ledger.members.map { Person(id: $0.person, key: $0.personKey, member: $0) }
        for _ in 0..<2 {
            let nurse = Person(id: Fresh.identifier(), key: .ed25519(.init()), member: ledger.home)
            let enrol = PeopleCommand.enrol(
                person: nurse.id, member: ledger.home.id, keys: [try nurse.key.publicKey()],
                roles: ["nurse"])
            try ledger.append(try ledger.people(enrol))
            people.append(nurse)
        }
        var grant = WirePeopleCommand()
        grant.grantAttribute.person = people[4].id.bytes.field
        grant.grantAttribute.name = "unit"
        grant.grantAttribute.value = "icu"
        try ledger.append(try ledger.people(Wire.encode(grant), version: 2))
        self.people = people
    }

    func approvals(_ command: [UInt8], by person: Person) throws -> UnverifiedTransaction {
        try ledger.transaction(
            by: person.id, key: person.key, contract: "approvals", command: command)
    }

    /// A proposal of the first administrator's that somebody new is enrolled.
    func propose(_ policy: SignaturePolicy?) throws -> WireApprovalsCommand {
        let enrol = PeopleCommand.enrol(
            person: Fresh.identifier(), member: ledger.home.id,
            keys: [try SigningKey.ed25519(.init()).publicKey()], roles: ["auditor"])
        return try propose(enrol.bytes, policy, by: people[0])
    }

    private func propose(
        _ command: [UInt8], _ policy: SignaturePolicy?, by person: Person, version: UInt32 = 1,
        lastsMs: UInt64 = 3_600_000
    ) throws -> WireApprovalsCommand {
        var intent = try ledger.transaction(
            by: person.id, key: person.key, contract: "people", command: command
        ).intent
        intent.notAfterMs = intent.notBeforeMs + lastsMs
        intent.contractVersion = version
        var wire = WireApprovalsCommand()
        wire.propose.intent = intent.bytes.field
        if let policy { wire.propose.policy = policy.wire }
        return wire
    }

    func took(_ act: Act) { if let proposed = act.proposed { proposals.append(proposed) } }

    /// Something that somebody does; the ledger may refuse it.
    func act(using random: inout SeededGenerator) throws -> Act {
        let person = people[Int.random(in: 0..<people.count, using: &random)]
        let kind = Int.random(in: 0..<9, using: &random)
        guard kind > 1, let target = proposals.randomElement(using: &random) else {
            let command = try propose(
                try change(using: &random), policy(depth: 0, using: &random),
                by: Int.random(in: 0..<4, using: &random) == 0 ? person : people[0],
                version: UInt32.random(in: 1...2, using: &random),
                lastsMs: [64_000, 3_600_000].randomElement(using: &random) ?? 0)
            let author = try Intent(bytes: [UInt8](command.propose.intent)).author
            let proposer = people.first { $0.id == author } ?? people[0]
            return Act(
                transaction: try approvals(Wire.encode(command), by: proposer),
                member: proposer.member,
                proposed: Intent.id(of: [UInt8](command.propose.intent)))
        }
        var command = WireApprovalsCommand()
        if kind < 8 {
            command.approve.intent = target.bytes.field
        } else {
            command.refuse.intent = target.bytes.field
            command.refuse.reason = "not-needed"
        }
        return Act(
            transaction: try approvals(Wire.encode(command), by: person), member: person.member)
    }

    /// A command about people.
    private func change(using random: inout SeededGenerator) throws -> [UInt8] {
        let person = people[Int.random(in: 0..<people.count, using: &random)]
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            return PeopleCommand.enrol(
                person: Fresh.identifier(), member: ledger.home.id,
                keys: [try SigningKey.ed25519(.init()).publicKey()], roles: ["auditor"]
            ).bytes
        case 1: return PeopleCommand.grantRole(person: person.id, role: "auditor").bytes
        case 2: return PeopleCommand.revokeRole(person: person.id, role: "auditor").bytes
        default:
            var grant = WirePeopleCommand()
            grant.grantAttribute.person = person.id.bytes.field
            grant.grantAttribute.name = "unit"
            grant.grantAttribute.value = "theatre"
            return Wire.encode(grant)
        }
    }

    private func policy(depth: Int, using random: inout SeededGenerator) -> SignaturePolicy? {
        func parts() -> [SignaturePolicy] {
            (0..<Int.random(in: 1...3, using: &random)).compactMap { _ in
                policy(depth: depth + 1, using: &random)
            }
        }
        switch Int.random(in: (depth > 1 ? 3 : 0)..<9, using: &random) {
        case 0: return .and(parts())
        case 1: return .or(parts())
        case 2:
            let some = parts()
            return .outOf(Int.random(in: 1...some.count, using: &random), some)
        case 3: return .role(.administrator, at: ledger.members.randomElement(using: &random)?.id)
        case 4: return .role(.nurse)
        case 5: return Attribute(name: "unit", value: "icu").map { .attribute($0) }
        case 6: return .member(ledger.members[Int.random(in: 0..<3, using: &random)].id)
        case 7: return .person(people[Int.random(in: 0..<people.count, using: &random)].id)
        default: return .within(UInt32.random(in: 60...400, using: &random), .role(.nurse))
        }
    }
}
