import CairnClient
import Crypto
import Foundation
import LedgerCore
import SwiftProtobuf

import struct LedgerCore.Digest

/// A proof, what is trusted, and the verdict that every verifier must come to.
struct ProofVector {
    let name: String
    /// `nil`: it holds.
    let reason: ProofRefusal.Reason?
    let proof: [UInt8]
    let trust: [UInt8]
    /// What was signed or sealed before it is stale, in ms since 1970.
    var notBeforeMs: UInt64?
    /// A stamp in it is of scheme ML-DSA-65, which Python's library learned late.
    var needsMLDSA = false

    /// What a verifier says about it, in one word.
    var verdict: String { reason?.rawValue ?? "holds" }

    /// What the verifier in Swift says, in one word.
    var found: String {
        do {
            _ = try ProofVerifier(trust: try ProofTrust(file: trust)).verify(
                proof, notBeforeMs: notBeforeMs)
            return "holds"
        } catch let refusal as ProofRefusal {
            return refusal.reason.rawValue
        } catch {
            return "no trust file"
        }
    }
}

/// Makes vectors of one kind, each from a ledger of its own.
struct ProofVectorList {
    private(set) var vectors: [ProofVector] = []

    mutating func add(
        _ name: String, _ reason: ProofRefusal.Reason?, _ proof: [UInt8], trust: [UInt8],
        notBeforeMs: UInt64? = nil, needsMLDSA: Bool = false
    ) {
        vectors.append(
            ProofVector(
                name: name, reason: reason, proof: proof, trust: trust, notBeforeMs: notBeforeMs,
                needsMLDSA: needsMLDSA))
    }

    /// Puts another vector in the place of the last.
    mutating func replaceLast(_ vector: ProofVector) {
        vectors.removeLast()
        vectors.append(vector)
    }

    /// A proof of the newest transaction of a ledger, trusting its genesis.
    mutating func add(
        _ name: String, _ reason: ProofRefusal.Reason?, on ledger: ProofLedger,
        cosigners: Int? = nil, alter: (inout WireProof) throws -> Void = { _ in }
    ) throws {
        guard let newest = ledger.placed.last else {
            throw SecondVerifier.Problem(description: "\(name): the ledger took nothing")
        }
        var proof = try ledger.proof(of: newest, write: 0, cosigners: cosigners)
        proof.membership.removeAll { $0.leaf == newest.leaf }
        try alter(&proof)
        add(name, reason, ProofFile.bytes(proof), trust: ledger.genesis.bytes)
    }
}

extension ProofLedger {
    var home: Member { members[0] }

    /// A records transaction of the first member's practitioner, with every part open to change:
    /// the intent before it is stamped, stamps and attachment afterwards.
    func entry(
        by author: Identifier? = nil, key: SigningKey? = nil, purpose: StampPurpose = .author,
        command: [UInt8]? = nil, intent alterIntent: (inout Intent) -> Void = { _ in },
        stamps alterStamps: (inout [EStamp], Digest) throws -> Void = { _, _ in },
        attachment alterAttachment: (inout Attachment) -> Void = { _ in }
    ) throws -> UnverifiedTransaction {
        let key = key ?? home.personKey
        let plain = try transaction(
            by: author ?? home.person, key: key, contract: "records",
            command: command ?? ProofLedger.write(), purpose: purpose, writes: 1)
        var intent = plain.intent
        alterIntent(&intent)
        let id = Intent.id(of: intent.bytes)
        var stamps = [try EStamp(intent: id, purpose: purpose, signingWith: key)]
        try alterStamps(&stamps, id)
        var attachment = plain.attachment
        alterAttachment(&attachment)
        return try UnverifiedTransaction(
            intentBytes: intent.bytes, stamps: stamps, attachment: attachment)
    }

    /// A command that creates one record.
    static func write(_ record: Identifier = Fresh.identifier()) -> [UInt8] {
        let commitment = Commitment(value: Fresh.digest())
        return RecordsCommand.bytes([.init(record: record, previous: 0, commitment: commitment)])
    }

    /// A transaction of the first member's administrator about people.
    func people(_ command: PeopleCommand) throws -> UnverifiedTransaction {
        try transaction(
            by: home.person, key: home.personKey, contract: "people", command: command.bytes)
    }

    /// A transaction of the first member's administrator about members.
    func members(_ command: WireMembersCommand) throws -> UnverifiedTransaction {
        try transaction(
            by: home.person, key: home.personKey, contract: "members",
            command: Wire.encode(command))
    }

    /// Appends one transaction, as the ledger's own rules have it.
    func append(_ transaction: UnverifiedTransaction, of member: Member? = nil) throws {
        try append([try submission(member ?? home, [transaction])])
    }

    /// Appends one transaction that no rule was asked about.
    func force(
        _ transaction: UnverifiedTransaction, of member: Member? = nil,
        header alter: (inout Header) -> Void = { _ in }
    ) throws {
        force(try submission(member ?? home, [transaction]), header: alter)
    }
}
