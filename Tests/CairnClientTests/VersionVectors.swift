import CairnClient
import Contracts
import Crypto
import Foundation
import LedgerCore
import SwiftProtobuf

import struct LedgerCore.Digest

/// Proofs of ledgers on which contract versions began, were paused or went on.
enum VersionVectors {
    static func all() throws -> [ProofVector] {
        var list = ProofVectorList()
        try begun(&list)
        try forged(&list)
        try unknown(&list)
        return list.vectors
    }

    private static func version(
        _ contract: String, _ version: UInt32, oldest: UInt32 = 0
    ) -> WireContractVersion {
        var wire = WireContractVersion()
        wire.contract = contract
        wire.version = version
        wire.oldest = oldest
        return wire
    }

    /// An activation by the administrators of so many members.
    private static func activate(
        _ versions: [WireContractVersion], at height: UInt64, on ledger: ProofLedger, by count: Int
    ) throws -> UnverifiedTransaction {
        var command = WireMembersCommand()
        command.activate.versions = versions
        command.activate.height = height
        command.activate.release = "0.4.0"
        return try members(command, on: ledger, by: count)
    }

    private static func members(
        _ command: WireMembersCommand, on ledger: ProofLedger, by count: Int
    ) throws -> UnverifiedTransaction {
        try ledger.transaction(
            by: ledger.home.person, key: ledger.home.personKey, contract: "members",
            command: Wire.encode(command), version: 2,
            approvers: ledger.members[1..<count].map(\.personKey))
    }

    private static func attribute(_ ledger: ProofLedger) throws -> UnverifiedTransaction {
        var command = WirePeopleCommand()
        command.grantAttribute.person = ledger.home.person.bytes.field
        command.grantAttribute.name = "unit"
        command.grantAttribute.value = "icu"
        return try ledger.transaction(
            by: ledger.home.person, key: ledger.home.personKey, contract: "people",
            command: Wire.encode(command), version: 2)
    }

    private static let later = [
        version("approvals", 1), version("members", 2), version("people", 2, oldest: 2),
    ]

    /// A ledger from before; two of its three members begin all versions at height 3.
    private static func older() throws -> ProofLedger {
        let ledger = try ProofLedger(memberCount: 3, contracts: [])
        try ledger.append(try activate(later, at: 3, on: ledger, by: 2))
        try ledger.append(try ledger.people(.grantRole(person: ledger.home.person, role: "nurse")))
        try ledger.append(try attribute(ledger))
        return ledger
    }

    private static func begun(_ list: inout ProofVectorList) throws {
        var ledger = try ProofLedger(memberCount: 2, contracts: [])
        try ledger.append(try ledger.entry())
        try list.add("ledger-without-versions", nil, on: ledger)

        ledger = try older()
        try ledger.append(try ledger.entry())
        try list.add("versions-begun-before", nil, on: ledger)
        try list.add("activation-left-out", .membershipInvalid, on: ledger) {
            $0.activations = []
        }
        try list.add("activation-a-block-late", .membershipInvalid, on: ledger) { proof in
            proof.activations[0] = ledger.seal(3)
        }
        try list.add("activation-twice", .activationInvalid, on: ledger) { proof in
            proof.activations.append(proof.activations[0])
        }
        try list.add("activation-nobody-voted", .activationInvalid, on: ledger) { proof in
            proof.activations.append(ledger.seal(3))
        }
        try list.add("activation-of-another-place", .activationInvalid, on: ledger) { proof in
            proof.activations[0].leaf += 1
        }
        try list.add("activation-header-altered", .notInLog, on: ledger) { proof in
            var header = try Header(bytes: [UInt8](proof.activations[0].header))
            header.timeMs += 1
            proof.activations[0].header = header.bytes.field
        }
        try list.add("activation-path-cut", .pathMalformed, on: ledger) { proof in
            proof.activations[0].path.removeLast()
        }

        // The subject before, and the versions after it: they are replayed to the end.
        ledger = try ProofLedger(memberCount: 2, contracts: [])
        try ledger.append(try ledger.entry())
        let subject = ledger.placed[0]
        try ledger.append(try activate(later, at: 3, on: ledger, by: 2))
        try ledger.append(try attribute(ledger))
        list.add(
            "versions-begun-afterwards", nil,
            ProofFile.bytes(try ledger.proof(of: subject, write: 0)),
            trust: ledger.genesis.bytes)

        ledger = try ProofLedger(memberCount: 2)
        var pause = WireMembersCommand()
        pause.pause.contract = "records"
        try ledger.append(try members(pause, on: ledger, by: 2))
        var resume = WireMembersCommand()
        resume.resume.contract = "records"
        try ledger.append(try members(resume, on: ledger, by: 2))
        try ledger.append(try ledger.entry())
        try list.add("paused-and-resumed", nil, on: ledger)

        ledger = try ProofLedger(memberCount: 2)
        try ledger.append(try activate([version("votes", 3)], at: 3, on: ledger, by: 2))
        var cancel = WireMembersCommand()
        cancel.cancelActivation.height = 3
        try ledger.append(try members(cancel, on: ledger, by: 2))
        try ledger.append(try ledger.entry())
        try list.add("activation-taken-back", nil, on: ledger)
    }

    /// What the rules refuse, in a log that a quorum signed all the same.
    private static func forged(_ list: inout ProofVectorList) throws {
        func add(
            _ name: String, _ reason: ProofRefusal.Reason = .membershipInvalid,
            contracts: [WireContractVersion] = ContractVersions.present,
            _ make: (ProofLedger) throws -> [UnverifiedTransaction]
        ) throws {
            let ledger = try ProofLedger(memberCount: 2, contracts: contracts)
            for transaction in try make(ledger) { try ledger.force(transaction) }
            try ledger.force(try ledger.entry())
            try list.add(name, reason, on: ledger)
        }
        try add("activation-by-half-the-members") {
            [try activate([version("votes", 1)], at: 9, on: $0, by: 1)]
        }
        try add("activation-of-a-version-passed") {
            [try activate([version("people", 1)], at: 9, on: $0, by: 2)]
        }
        try add("activation-beside-another") {
            [
                try activate([version("votes", 1)], at: 9, on: $0, by: 2),
                try activate([version("votes", 1)], at: 8, on: $0, by: 2),
            ]
        }
        try add("activation-at-height-1") {
            [try activate([version("votes", 1)], at: 1, on: $0, by: 2)]
        }
        try add("activation-out-of-order") {
            [try activate([version("votes", 1), version("old", 1)], at: 9, on: $0, by: 2)]
        }
        try add("versions-without-members", contracts: []) {
            [try activate([version("people", 2)], at: 9, on: $0, by: 2)]
        }
        try add("attribute-before-its-version", contracts: []) { [try attribute($0)] }
        try add("pause-of-members") {
            var pause = WireMembersCommand()
            pause.pause.contract = "members"
            return [try members(pause, on: $0, by: 2)]
        }
        try add("pause-before-its-version", contracts: []) {
            var pause = WireMembersCommand()
            pause.pause.contract = "records"
            return [try members(pause, on: $0, by: 2)]
        }
        try add("write-while-paused", .subjectRefused) {
            var pause = WireMembersCommand()
            pause.pause.contract = "records"
            return [try members(pause, on: $0, by: 2)]
        }
    }

    /// Versions that this verifier has not.
    private static func unknown(_ list: inout ProofVectorList) throws {
        var ledger = try ProofLedger(memberCount: 2)
        try ledger.append(try activate([version("votes", 3)], at: 2, on: ledger, by: 2))
        try ledger.force(try ledger.entry())
        try list.add("version-unknown", .versionUnknown, on: ledger) { proof in
            proof.activations = [ledger.seal(1)]
        }

        ledger = try ProofLedger(memberCount: 2)
        try ledger.append(try ledger.entry())
        var body = try ProofLedger.body(ledger.members)
        body.contracts = [version("votes", 1)]
        let genesis = try Genesis(
            body: body, founders: ledger.members.flatMap { [$0.nodeKey, $0.personKey] })
        var proof = try ledger.proof(of: ledger.placed[0], write: 0)
        proof.genesis = genesis.bytes.field
        let origin = Checkpoint.origin(network: genesis.digest, channel: ProofLedger.channel)
        var checkpoint = try ledger.checkpoint(cosigners: 0)
        checkpoint = Checkpoint(origin: origin, size: checkpoint.size, root: checkpoint.root)
        proof.checkpoint = Array(checkpoint.note.utf8).field
        list.add(
            "genesis-names-an-unknown-version", .versionUnknown, ProofFile.bytes(proof),
            trust: genesis.bytes)
    }
}
