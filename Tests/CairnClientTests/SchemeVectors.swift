import CairnClient
import Crypto
import LedgerCore
import SwiftProtobuf
import TestSupport

import struct LedgerCore.Digest

/// Author's stamps of every scheme, and what of them does not hold.
enum SchemeVectors {
    static func all() throws -> [ProofVector] {
        var list = ProofVectorList()
        try raw(&list)
        try passkeys(&list)
        return list.vectors
    }

    /// A ledger with a nurse of the first member who holds `key`, enrolled by version 2 of people.
    static func ledger(_ key: PublicKey) throws -> (ProofLedger, nurse: Identifier) {
        let ledger = try ProofLedger(memberCount: 2)
        let nurse = Fresh.identifier()
        let enrol = PeopleCommand.enrol(
            person: nurse, member: ledger.home.id, keys: [key], roles: ["nurse"])
        try ledger.append(try ledger.people(enrol, version: 2))
        return (ledger, nurse)
    }

    /// A proof of what the nurse stamped with `stamps`.
    private static func add(
        _ name: String, _ reason: ProofRefusal.Reason?, _ key: PublicKey,
        _ list: inout ProofVectorList, _ stamps: (Digest) throws -> [EStamp]
    ) throws {
        let (ledger, nurse) = try ledger(key)
        try ledger.force(try ledger.entry(by: nurse, stamps: { $0 = try stamps($1) }))
        let subject = ledger.placed[ledger.placed.count - 1]
        let proof = try ledger.proof(of: subject, write: 0)
        list.add(
            name, reason, ProofFile.bytes(proof), trust: ledger.genesis.bytes,
            needsMLDSA: key.scheme == .mldsa65)
    }

    private static func raw(_ list: inout ProofVectorList) throws {
        let signers: [SigningKey] = [.ed25519(.init()), .p256(.init()), .mldsa65(try .init())]
        for signer in signers {
            let key = try signer.publicKey()
            func stamped(
                _ name: String, _ reason: ProofRefusal.Reason?,
                _ alter: (inout EStamp) throws -> Void = { _ in }
            ) throws {
                try add("\(key.scheme)-\(name)", reason, key, &list) { id in
                    var stamp = try EStamp(intent: id, purpose: .author, signingWith: signer)
                    try alter(&stamp)
                    return [stamp]
                }
            }
            try stamped("holds", nil)
            try stamped("signature-altered", .stampInvalid) { $0.signature[20] ^= 1 }
            try stamped("signature-of-zeros", .stampInvalid) {
                $0.signature = [UInt8](repeating: 0, count: $0.signature.count)
            }
            try stamped("over-another-intent", .stampInvalid) {
                $0 = try EStamp(
                    intent: Fresh.digest(), purpose: .author, signingWith: signer)
            }
            try stamped("as-a-passkey", .stampScheme) {
                guard $0.scheme != .mldsa65 else {
                    $0.signature = Array($0.signature.prefix(64))
                    $0.scheme = .ed25519
                    return
                }
                $0.scheme = .webauthn
                $0.webauthn = .init(authenticatorData: [], clientDataJSON: [])
            }
            try add("\(key.scheme)-one-of-many", nil, key, &list) { id in
                let others = (0..<3).map { _ in Fresh.digest() }
                return [
                    try EStamp.batch(
                        intents: others + [id], purpose: .author, signingWith: signer)[3]
                ]
            }
        }
        // S of Ed25519 plus the group's order: RFC 8032 section 5.1.7 refuses it.
        let signer = signers[0]
        try add("ed25519-with-high-s", .stampInvalid, signer.publicKey(), &list) { id in
            var stamp = try EStamp(intent: id, purpose: .author, signingWith: signer)
            stamp.signature = OrderAdded.to(stamp.signature)
            return [stamp]
        }
    }

    private static func passkeys(_ list: inout ProofVectorList) throws {
        let passkey = try SoftAuthenticator()
        func touched(
            _ name: String, _ reason: ProofRefusal.Reason?,
            key: PublicKey? = nil, _ alter: (inout SoftAuthenticator.Answer) -> Void = { _ in }
        ) throws {
            try add("passkey-\(name)", reason, key ?? passkey.publicKey(), &list) { id in
                [try passkey.stamp(intent: id, purpose: .author, alter: alter)]
            }
        }
        func altered(
            _ name: String, _ reason: ProofRefusal.Reason, _ alter: (inout EStamp) -> Void
        ) throws {
            try add("passkey-\(name)", reason, passkey.publicKey(), &list) { id in
                var stamp = try passkey.stamp(intent: id, purpose: .author)
                alter(&stamp)
                return [stamp]
            }
        }
        try touched("holds", nil)
        try touched("without-cross-origin", nil) { $0.rest = "" }
        try touched("with-more-members", nil) { $0.rest = #","crossOrigin":false,"a":{"b":"}"}"# }
        try touched("with-extensions", nil) {
            $0.authenticatorData =
                Digest.sha256(Array("hospital.example".utf8)).bytes + [0x85, 0, 0, 0, 1, 0xa0]
        }
        try touched(
            "of-no-page", .stampInvalid,
            key: PublicKey(scheme: .webauthn, bytes: passkey.publicKey().bytes))
        try altered("signature-altered", .stampInvalid) { $0.signature[9] ^= 1 }
        try altered("with-high-s", .stampMalleable) { $0.signature = HighS.of($0.signature) }
        try altered("counter-altered", .stampInvalid) {
            $0.webauthn?.authenticatorData[36] ^= 1
        }
        try altered("purpose-relabelled", .webauthnChallenge) { $0.purpose = .approve }
        try touched("registration", .webauthnType) { $0.type = "webauthn.create" }
        try touched("another-challenge", .webauthnChallenge) {
            $0.challenge = Fresh.digest().bytes
        }
        try touched("another-origin", .webauthnOrigin) { $0.origin = "https://evil.example" }
        try touched("in-a-frame", .webauthnOrigin) { $0.rest = #","crossOrigin":true"# }
        try touched("another-relying-party", .webauthnRelyingParty) { $0.party = "evil.example" }
        try touched("user-not-verified", .webauthnUserNotVerified) { $0.flags = 1 }
        try touched("user-not-present", .webauthnUserNotVerified) { $0.flags = 4 }
        try touched("authenticator-data-cut", .webauthnMalformed) {
            $0.authenticatorData = [UInt8](repeating: 5, count: 36)
        }
        try touched("no-json", .webauthnMalformed) { $0.clientDataJSON = [] }
        try touched("with-a-space", .webauthnMalformed) {
            $0.clientDataJSON = Array(#"{"type": "webauthn.get"}"#.utf8)
        }
        try touched("glued", .webauthnMalformed) { $0.rest = "x" }
        try touched("not-closed", .webauthnMalformed) {
            let challenge = Base64.encodeURL($0.challenge)
            $0.clientDataJSON = Array(
                #"{"type":"webauthn.get","challenge":"\#(challenge)","origin":"https://hospital.example""#
                    .utf8)
        }
        try add("passkey-one-of-many", .webauthnChallenge, passkey.publicKey(), &list) { id in
            var stamp = try passkey.stamp(intent: id, purpose: .author)
            stamp.batch = .init(index: 0, size: 2, path: [Fresh.digest()])
            return [stamp]
        }
    }
}

/// The same signature with S plus the group's order: verification that does not look at the range
/// takes it.
enum OrderAdded {
    /// L of RFC 8032 section 5.1, little-endian.
    private static let order: [UInt8] =
        Array(
            (Hex.decode("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed") ?? [])
                .reversed())

    static func to(_ signature: [UInt8]) -> [UInt8] {
        var result = signature
        var carry = 0
        for place in 0..<32 {
            let sum = Int(signature[32 + place]) + Int(order[place]) + carry
            result[32 + place] = UInt8(truncatingIfNeeded: sum)
            carry = sum >> 8
        }
        return result
    }
}

extension ProofLedger {
    /// A transaction of the first member's administrator about people, in a version.
    func people(_ command: PeopleCommand, version: UInt32) throws -> UnverifiedTransaction {
        try people(command.bytes, version: version)
    }

    /// The same for a command in bytes.
    func people(_ command: [UInt8], version: UInt32) throws -> UnverifiedTransaction {
        let plain = try transaction(
            by: home.person, key: home.personKey, contract: "people", command: command)
        var intent = plain.intent
        intent.contractVersion = version
        let stamp = try EStamp(
            intent: Intent.id(of: intent.bytes), purpose: .author, signingWith: home.personKey)
        return try UnverifiedTransaction(
            intentBytes: intent.bytes, stamps: [stamp], attachment: plain.attachment)
    }
}
