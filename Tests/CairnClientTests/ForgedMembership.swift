import CairnClient
import Crypto
import Foundation
import LedgerCore
import SwiftProtobuf

import struct LedgerCore.Digest

/// Membership that breaks the rules, in a log that a quorum signed all the same.
enum ForgedMembership {
    static func all() throws -> [ProofVector] {
        var list = ProofVectorList()
        try people(&list)
        try members(&list)
        return list.vectors
    }

    /// What `make` gives, then a subject that would be accepted.
    private static func add(
        _ name: String, _ list: inout ProofVectorList,
        _ make: (ProofLedger) throws -> UnverifiedTransaction
    ) throws {
        let ledger = try ProofLedger(memberCount: 2)
        try ledger.force(try make(ledger))
        try ledger.force(try ledger.entry())
        try list.add(name, .membershipInvalid, on: ledger)
    }

    private static func people(_ list: inout ProofVectorList) throws {
        func person(
            _ name: String, _ alter: @escaping (inout WirePersonDescription) throws -> Void
        ) throws {
            try add(name, &list) { ledger in
                var command = WirePeopleCommand()
                command.enrol.person.id = Fresh.identifier().bytes.field
                command.enrol.person.member = ledger.home.id.bytes.field
                command.enrol.person.keys = [try SigningKey.ed25519(.init()).publicKey().wire]
                command.enrol.person.roles = ["nurse"]
                try alter(&command.enrol.person)
                return try ledger.transaction(
                    by: ledger.home.person, key: ledger.home.personKey, contract: "people",
                    command: Wire.encode(command))
            }
        }
        try person("key-of-small-order") {
            $0.keys[0].bytes = [UInt8](repeating: 0, count: 32).field
        }
        try person("key-beyond-the-field") {
            $0.keys[0].bytes = ([0xee] + [UInt8](repeating: 0xff, count: 30) + [0x7f]).field
        }
        try person("key-off-the-curve") {
            $0.keys[0].scheme = .p256
            $0.keys[0].bytes = ([2] + [UInt8](repeating: 0xff, count: 32)).field
        }
        try person("key-twice") { $0.keys.append($0.keys[0]) }
        try person("role-unknown") { $0.roles = ["surgeon-general"] }
        try person("role-twice") { $0.roles = ["nurse", "nurse"] }
        try person("member-unknown") { $0.member = Fresh.identifier().bytes.field }
        try person("id-cut") { $0.id.removeLast() }
        try add("last-administrator-revoked", &list) {
            try $0.people(.revokeRole(person: $0.home.person, role: "administrator"))
        }
        try add("last-key-revoked", &list) {
            let key = try $0.home.personKey.publicKey().id
            return try $0.people(.revokeKey(person: $0.home.person, key: key))
        }
        try add("role-held-already", &list) {
            try $0.people(.grantRole(person: $0.home.person, role: "practitioner"))
        }
        try add("person-unknown", &list) {
            try $0.people(.grantRole(person: Fresh.identifier(), role: "nurse"))
        }
        try add("person-of-another-member", &list) {
            try $0.people(.grantRole(person: $0.members[1].person, role: "nurse"))
        }
        let ledger = try ProofLedger(memberCount: 2)
        let grant = try ledger.people(.grantRole(person: ledger.home.person, role: "nurse"))
        try ledger.append(grant)
        try ledger.append(
            try ledger.people(.revokeRole(person: ledger.home.person, role: "nurse")))
        try ledger.force(grant)
        try ledger.force(try ledger.entry())
        try list.add("transaction-twice", .membershipInvalid, on: ledger)
        try stampsOnly(&list)
    }

    private static func stampsOnly(_ list: inout ProofVectorList) throws {
        let ledger = try ProofLedger(memberCount: 2)
        let plain = try ledger.people(.grantRole(person: ledger.home.person, role: "nurse"))
        var stamp = plain.stamps[0]
        stamp.signature = HighS.of(stamp.signature)
        try ledger.force(
            try UnverifiedTransaction(
                intentBytes: plain.intentBytes, stamps: [stamp], attachment: plain.attachment))
        try ledger.force(try ledger.entry())
        try list.add("membership-with-high-s", .membershipInvalid, on: ledger)
    }

    private static func members(_ list: inout ProofVectorList) throws {
        func member(
            _ name: String, _ alter: (inout WireMembersCommand, ProofLedger) throws -> Void
        ) throws {
            try add(name, &list) { ledger in
                var command = WireMembersCommand()
                try alter(&command, ledger)
                return try ledger.members(command)
            }
        }
        func admit(
            _ name: String, _ alter: (inout WireAdmitMember, ProofLedger) -> Void
        ) throws {
            try member(name) { command, ledger in
                command.admit = try ProofLedger.Member().admission()
                alter(&command.admit, ledger)
            }
        }
        try member("no-command") { _, _ in }
        try admit("admitted-without-a-node") { admit, _ in admit.nodes = [] }
        try admit("admitted-without-an-administrator") { admit, _ in admit.people = [] }
        try admit("admitted-twice") { admit, ledger in
            admit.member.id = ledger.home.id.bytes.field
            admit.nodes[0].member = admit.member.id
            admit.people[0].member = admit.member.id
        }
        try admit("admitted-with-a-weak-checkpoint-key") { admit, _ in
            admit.member.checkpointKey = [UInt8](repeating: 0, count: 32).field
        }
        try admit("admitted-from-nowhere") { admit, _ in admit.member.jurisdiction = "xx" }
        try admit("admitted-with-a-short-sealing-key") { admit, _ in
            admit.nodes[0].sealingKey.removeLast()
        }
        try member("node-retires-itself") { command, ledger in
            command.retireNode.node = ledger.home.node.bytes.field
        }
        try member("node-of-another-member-retired") { command, ledger in
            command.retireNode.node = ledger.members[1].node.bytes.field
        }
        try member("node-added-to-another-member") { command, ledger in
            command.addNode.node = try ProofLedger.Member().admission().nodes[0]
            command.addNode.node.member = ledger.members[1].id.bytes.field
        }
    }
}
