import Crypto
import Foundation
import LedgerCore
import Testing

@testable import Identity

@Suite struct KeyTests {
    /// RFC 8032 section 7.1, TEST 1 and TEST 2.
    @Test(arguments: [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
                + "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
                + "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ])
    func ed25519MatchesRFC8032(
        secret: String, publicKey: String, message: String, signature: String
    ) throws {
        let secret = try #require(Hex.decode(secret))
        let key = try #require(WalletKey(scheme: .ed25519, secret: secret))
        let message = try #require(Hex.decode(message))
        let expected = try #require(Hex.decode(signature))
        #expect(Hex.encode(key.publicKey.bytes) == publicKey)
        #expect(try key.sign(message) == expected)
        #expect(key.publicKey.isValid(expected, for: message, lowSRequired: true))
        for position in 0..<expected.count {
            var altered = expected
            altered[position] ^= 0x10
            #expect(!key.publicKey.isValid(altered, for: message, lowSRequired: false))
        }
    }

    /// RFC 6979 appendix A.2.5, key and message "sample": s of the published signature is high, so
    /// both forms are known.
    @Test func lowSNormalisesThePublishedP256Signature() throws {
        let point = try #require(
            Hex.decode(
                "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                    + "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"))
        let key = WalletPublicKey(try P256.Signing.PublicKey(x963Representation: point))
        let published = try #require(
            Hex.decode(
                "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                    + "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"))
        let low = LowSForm.normalise(published)
        #expect(!LowSForm.isLow(published))
        #expect(LowSForm.isLow(low))
        #expect(LowSForm.normalise(low) == low)
        let message = Array("sample".utf8)
        #expect(key.isValid(low, for: message, lowSRequired: true))
        #expect(key.isValid(published, for: message, lowSRequired: false))
        #expect(!key.isValid(published, for: message, lowSRequired: true))
        #expect(!key.isValid(low, for: Array("sampla".utf8), lowSRequired: true))
    }

    @Test func lowSKnowsItsEdges() {
        let r = [UInt8](repeating: 1, count: 32)
        #expect(LowSForm.isLow(r + LowSForm.halfOrder))
        var above = LowSForm.halfOrder
        above[31] += 1
        #expect(!LowSForm.isLow(r + above))
        // n − (n/2 + 1) = n/2, as n is odd.
        #expect(LowSForm.normalise(r + above) == r + LowSForm.halfOrder)
        #expect(!LowSForm.isLow(r))
    }

    @Test(arguments: KeyScheme.allCases)
    func signaturesVerifyAndAreLow(scheme: KeyScheme) throws {
        for round in 0..<32 {
            let key = WalletKey.generate(scheme)
            let message = [UInt8](repeating: UInt8(round), count: round)
            let signature = try key.sign(message)
            #expect(signature.count == KeyScheme.signatureSize)
            #expect(key.publicKey.isValid(signature, for: message, lowSRequired: true))
            #expect(!key.publicKey.isValid(signature, for: message + [0], lowSRequired: true))
            let copy = try #require(
                WalletPublicKey(scheme: scheme, bytes: key.publicKey.bytes))
            #expect(copy == key.publicKey)
            #expect(copy.id == Domain.publicKey.digest([scheme.rawValue], copy.bytes))
        }
    }

    @Test func badKeysAreRefused() {
        #expect(WalletPublicKey(scheme: .p256, bytes: [UInt8](repeating: 0xff, count: 33)) == nil)
        #expect(WalletPublicKey(scheme: .p256, bytes: [UInt8](repeating: 2, count: 32)) == nil)
        #expect(WalletPublicKey(scheme: .ed25519, bytes: []) == nil)
        #expect(WalletKey(scheme: .p256, secret: [UInt8](repeating: 0, count: 32)) == nil)
        #expect(WalletKey(scheme: .p256, secret: LowSForm.order) == nil)
        #expect(WalletKey(scheme: .ed25519, secret: [1, 2, 3]) == nil)
    }

    @Test func aKeyNeverPrintsItsSecret() {
        let key = WalletKey.generate()
        var dumped = ""
        dump(key, to: &dumped)
        let secret = Hex.encode(key.secret)
        let shown = "\(key) \(String(reflecting: key)) \(dumped)"
        #expect(!shown.contains(secret))
        #expect(!shown.contains("key:"))
    }

    @Test func rolesAreSortedInACaller() {
        let caller = Caller(
            person: .test(1), member: .test(2), roles: [.patient, .auditor, .insurerOfficer],
            tier: .ownKey, key: nil, evidence: .zero)
        #expect(caller.roles.map(\.rawValue) == ["auditor", "insurer-officer", "patient"])
        #expect(caller.holds(.auditor) && !caller.holds(.nurse))
        #expect(Tier.bearer < Tier.ownKey)
        #expect(Role.allCases.count == 13 && Role(rawValue: "doctor") == nil)
    }
}
