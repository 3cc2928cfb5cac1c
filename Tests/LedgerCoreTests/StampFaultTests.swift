import LedgerCore
import TestSupport
import Testing

/// Every way in which a stamp fails has its own name, for each scheme.
@Suite struct StampFaultTests {
    private func fault(_ stamp: EStamp, _ intent: Digest, _ key: PublicKey) throws -> EStamp.Fault?
    {
        stamp.fault(for: intent, key: key, parsed: try ParsedKey(key))
    }

    @Test func rawSchemesNameWhatIsWrong() throws {
        for signer in try TestKeys.all() {
            let key = try signer.publicKey()
            let stamp = try EStamp(intent: leaf(1), purpose: .author, signingWith: signer)
            #expect(try fault(stamp, leaf(1), key) == nil)
            #expect(try fault(stamp, leaf(2), key) == .signature)
            var altered = stamp
            altered.signature[stamp.signature.count / 3] ^= 1
            #expect(try fault(altered, leaf(1), key) == .signature)
            altered = stamp
            altered.scheme = key.scheme == .ed25519 ? .p256 : .ed25519
            #expect(try fault(altered, leaf(1), key) == .scheme)
            let batch = try EStamp.batch(
                intents: leaves(5), purpose: .author, signingWith: signer)[3]
            #expect(try fault(batch, leaf(3), key) == nil)
            altered = batch
            altered.batch?.path.removeLast()
            #expect(try fault(altered, leaf(3), key) == .place)
            altered = batch
            altered.batch?.index = 2
            #expect(try fault(altered, leaf(3), key) == .signature)
        }
    }

    @Test func otherHalfOfAnECDSASignatureIsMalleable() throws {
        let signer = TestKeys.p256()
        let stamp = try EStamp(intent: leaf(1), purpose: .author, signingWith: signer)
        var high = stamp
        high.signature = HighS.of(stamp.signature)
        #expect(LowS.normalize(high.signature) == stamp.signature)
        #expect(try fault(high, leaf(1), signer.publicKey()) == .malleable)
        let passkey = try SoftAuthenticator()
        var touched = try passkey.stamp(intent: leaf(1), purpose: .author)
        touched.signature = HighS.of(touched.signature)
        #expect(try fault(touched, leaf(1), passkey.publicKey()) == .malleable)
    }

    @Test func authenticatorsStampHolds() throws {
        let passkey = try SoftAuthenticator()
        let key = try passkey.publicKey()
        let stamp = try passkey.stamp(intent: leaf(1), purpose: .approve)
        #expect(try fault(stamp, leaf(1), key) == nil)
        #expect(try EStamp(stamp.wire) == stamp)
        #expect(try PublicKey(key.wire) == key)
        // Extensions and further members of the client data are covered by the signature.
        let longer = try passkey.stamp(intent: leaf(1), purpose: .approve) {
            $0.rest = #","crossOrigin":false,"other_keys_can_be_added_here":"x"}{"a":[1]"#
            $0.authenticatorData =
                Digest.sha256(Array("hospital.example".utf8)).bytes + [0x85, 0, 0, 0, 1, 0xa0]
        }
        #expect(try fault(longer, leaf(1), key) == nil)
        let short = try passkey.stamp(intent: leaf(1), purpose: .approve) { $0.rest = "" }
        #expect(try fault(short, leaf(1), key) == nil)
    }

    private typealias Answer = (
        what: String, fault: WebAuthnFault,
        alter: @Sendable (inout SoftAuthenticator.Answer) -> Void
    )

    /// What browser and authenticator may say wrong, signed as it is.
    private static let answers: [Answer] = [
        ("a registration", .type, { $0.type = "webauthn.create" }),
        ("a payment", .type, { $0.type = "payment.get" }),
        ("another challenge", .challenge, { $0.challenge = leaf(9).bytes }),
        ("the bare intent", .challenge, { $0.challenge = leaf(1).bytes }),
        ("no challenge", .challenge, { $0.challenge = [] }),
        ("another page", .origin, { $0.origin = "https://hospital.example.evil.example" }),
        ("another scheme", .origin, { $0.origin = "http://hospital.example" }),
        ("another port", .origin, { $0.origin = "https://hospital.example:8443" }),
        ("a page inside another", .origin, { $0.rest = #","crossOrigin":true"# }),
        ("another domain's key", .relyingParty, { $0.party = "example" }),
        ("nobody verified", .userNotVerified, { $0.flags = 0b0001_1001 }),
        ("nobody present", .userNotVerified, { $0.flags = 0b0001_1100 }),
        ("no flags", .userNotVerified, { $0.flags = 0 }),
        (
            "authenticator data cut", .malformed,
            { $0.authenticatorData = leaf(1).bytes + [5, 0, 0, 0] }
        ),
        ("no JSON", .malformed, { $0.clientDataJSON = [] }),
        (
            "a space", .malformed,
            {
                $0.clientDataJSON = Array(
                    #"{ "type":"webauthn.get","challenge":"","origin":""}"#.utf8)
            }
        ),
        (
            "challenge first", .malformed,
            {
                $0.clientDataJSON = Array(
                    #"{"challenge":"","type":"webauthn.get","origin":""}"#.utf8)
            }
        ),
        (
            "an escape", .malformed,
            { $0.origin = #"https:\/\/hospital.example"# }
        ),
        ("not closed", .malformed, { $0.clientDataJSON = Array(#"{"type":"webauthn.get""#.utf8) }),
        (
            "glued to the origin", .malformed,
            { $0.rest = "x" }
        ),
        (
            "too long", .malformed,
            {
                $0.rest =
                    #","crossOrigin":false,"x":""# + String(repeating: "a", count: 4_096) + "\""
            }
        ),
    ]

    @Test(arguments: answers.indices) func authenticatorsAnswersAreComparedWithTheLedger(
        _ index: Int
    ) throws {
        let (what, expected, alter) = StampFaultTests.answers[index]
        let passkey = try SoftAuthenticator()
        let stamp = try passkey.stamp(intent: leaf(1), purpose: .author, alter: alter)
        #expect(try fault(stamp, leaf(1), passkey.publicKey()) == .webauthn(expected), "\(what)")
    }

    @Test func everyWebAuthnFaultIsShown() {
        #expect(Set(StampFaultTests.answers.map(\.1)) == Set(WebAuthnFault.allCases))
    }

    @Test func passkeysStampIsBoundToIntentPurposeAndHop() throws {
        let passkey = try SoftAuthenticator()
        let key = try passkey.publicKey()
        let first = try EStamp(
            intent: leaf(1), purpose: .author, signingWith: TestKeys.ed25519(1))
        let stamp = try passkey.stamp(
            intent: leaf(1), purpose: .handOver, after: first, to: leaf(5))
        #expect(try fault(stamp, leaf(1), key) == nil)
        #expect(try fault(stamp, leaf(2), key) == .webauthn(.challenge))
        let changes: [(inout EStamp) -> Void] = [
            { $0.purpose = .accept }, { $0.receiver = leaf(6) }, { $0.previous = leaf(6) },
            { $0.receiver = nil },
        ]
        for (index, change) in changes.enumerated() {
            var altered = stamp
            change(&altered)
            #expect(
                try fault(altered, leaf(1), key) == .webauthn(.challenge), "change \(index)")
        }
        var altered = stamp
        altered.signature[3] ^= 1
        #expect(try fault(altered, leaf(1), key) == .signature)
    }

    @Test func keyOfNoPageHoldsNothing() throws {
        let passkey = try SoftAuthenticator()
        let bare = try PublicKey(scheme: .webauthn, bytes: passkey.publicKey().bytes)
        let stamp = try passkey.stamp(intent: leaf(1), purpose: .author)
        #expect(try fault(stamp, leaf(1), bare) == .signature)
        // Its id is the same: where it may be used is what the ledger says beside it.
        #expect(try bare.id == passkey.publicKey().id)
    }

    @Test func relyingPartiesHaveLimits() throws {
        let party = try SoftAuthenticator().party
        #expect(throws: MalformedBytes.self) {
            try PublicKey(
                scheme: .p256, bytes: TestKeys.p256().publicKey().bytes, relyingParty: party)
        }
        let origin = "https://a.example"
        for (id, origins) in [
            ("", [origin]), ("A.example", [origin]), ("a b", [origin]), ("a.example", []),
            ("a.example", [""]), ("a.example", [origin, origin]), ("a.example", ["https://a\"b"]),
            ("a.example", [#"https://a\b"#]), ("a.example", ["https://ä.example"]),
            (String(repeating: "a", count: 254), [origin]),
            ("a.example", [String(repeating: "a", count: 301)]),
            ("a.example", (0..<9).map { "https://a.example:\($0)" }),
        ] {
            #expect(throws: MalformedBytes.self, "\(id) \(origins)") {
                try RelyingParty(id: id, origins: origins)
            }
        }
        _ = try RelyingParty(
            id: String(repeating: "a", count: 253),
            origins: (0..<8).map { "https://a.example:\($0)" })
    }
}

/// The other signature that satisfies ECDSA over P-256: (r, n − s).
enum HighS {
    private static let order: [UInt8] =
        Hex.decode(
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551") ?? []

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
