import LedgerCore
import Testing

@Suite struct KeyTests {
    /// RFC 8032 section 7.1, tests 1 to 3 and SHA(abc): secret key, public key, message, signature.
    /// Test 1024 is case 83 of Wycheproof's, which are run too.
    static let rfc8032 = [
        [
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
                + "1cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ],
        [
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613"
                + "d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ],
        [
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760"
                + "984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ],
        [
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23"
                + "a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c6"
                + "6431e0303dca179c138ac17ad9bef1177331a704",
        ],
    ]

    @Test(arguments: rfc8032) func publishedEd25519VectorsHoldAndTheirMutationsFail(
        vector: [String]
    ) throws {
        let secret = try TestKeys.ed25519(secret: hex(vector[0]))
        let key = try PublicKey(scheme: .ed25519, bytes: hex(vector[1]))
        let (message, signature) = (try hex(vector[2]), try hex(vector[3]))
        #expect(try secret.publicKey() == key)
        #expect(try secret.sign(message) == signature)
        let parsed = try ParsedKey(key)
        #expect(parsed.verifies(signature, over: message))
        #expect(!parsed.verifies(signature, over: message + [0]))
        for position in signature.indices {
            var altered = signature
            altered[position] ^= 1
            #expect(!parsed.verifies(altered, over: message), "byte \(position)")
        }
        #expect(!parsed.verifies(Array(signature.dropLast()), over: message))
        #expect(!parsed.verifies(addOrder(signature), over: message))
    }

    /// RFC 8032 section 5.1.7: s beyond the group's order L is refused, else a second signature
    /// holds.
    private func addOrder(_ signature: [UInt8]) -> [UInt8] {
        let order: [UInt8] =
            [
                0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9,
                0xde, 0x14,
            ] + [UInt8](repeating: 0, count: 15) + [0x10]
        var result = signature
        var carry = 0
        for position in 0..<32 {
            let sum = Int(result[32 + position]) + Int(order[position]) + carry
            result[32 + position] = UInt8(sum & 255)
            carry = sum >> 8
        }
        return result
    }

    @Test func everySchemeSignsAndRefusesWhatItDidNotSign() throws {
        let keys = try TestKeys.all()
        for (index, signer) in keys.enumerated() {
            let key = try signer.publicKey()
            let parsed = try ParsedKey(key)
            let signature = try signer.sign([1, 2, 3])
            #expect(key.bytes.count == key.scheme.publicKeySize)
            #expect(signature.count == key.scheme.signatureSize)
            #expect(parsed.verifies(signature, over: [1, 2, 3]))
            #expect(!parsed.verifies(signature, over: [1, 2]))
            #expect(!parsed.verifies([], over: [1, 2, 3]))
            let other = try keys[(index + 1) % keys.count].publicKey()
            #expect(try !ParsedKey(other).verifies(signature, over: [1, 2, 3]))
            #expect(try PublicKey(key.wire) == key)
        }
    }

    @Test func onlyTheLowSOfAP256SignatureHolds() throws {
        let signer = TestKeys.p256()
        let parsed = try ParsedKey(try signer.publicKey())
        for round in 0..<40 {
            let message = [UInt8(round)]
            let low = try signer.sign(message)
            #expect(LowS.isLow(low[32...]))
            let high = negated(low)
            #expect(!LowS.isLow(high[32...]))
            #expect(parsed.verifies(low, over: message))
            #expect(!parsed.verifies(high, over: message))
            #expect(LowS.normalize(high) == low)
            #expect(LowS.normalize(low) == low)
        }
    }

    /// (r, n - s) by way of big-endian subtraction from the published order of P-256.
    private func negated(_ signature: [UInt8]) -> [UInt8] {
        let order = Hex.decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        var (result, borrow) = (signature, 0)
        for position in (0..<32).reversed() {
            let difference = Int(order?[position] ?? 0) - Int(signature[32 + position]) - borrow
            borrow = difference < 0 ? 1 : 0
            result[32 + position] = UInt8((difference + 256) & 255)
        }
        return result
    }

    @Test func halfTheOrderIsTheLargestLowS() throws {
        let half = try hex("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8")
        let above = try hex("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a9")
        #expect(LowS.isLow(half[...]))
        #expect(!LowS.isLow(above[...]))
        #expect(!LowS.isLow(half.dropLast()[...]))
    }

    /// The points whose order divides 8, and encodings beyond the field: with the first in a key,
    /// anyone signs; with the second, a key has two ids.
    @Test(arguments: [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ]) func weakEd25519KeysAreRefused(key: String) throws {
        let bytes = try hex(key)
        #expect(throws: MalformedBytes.self) { try PublicKey(scheme: .ed25519, bytes: bytes) }
    }

    @Test func keysOfWrongShapeAreRefused() throws {
        for scheme in StampScheme.allCases {
            for count in [0, 31, 32, 33, 64, 65, 1951] where count != scheme.publicKeySize {
                #expect(throws: MalformedBytes.self) {
                    try PublicKey(scheme: scheme, bytes: [UInt8](repeating: 2, count: count))
                }
            }
        }
        let outside = [4] + [UInt8](repeating: 7, count: 32)
        #expect(throws: MalformedBytes.self) { try PublicKey(scheme: .p256, bytes: outside) }
        var unknown = WirePublicKey()
        unknown.scheme = .UNRECOGNIZED(9)
        #expect(throws: MalformedBytes.self) { try PublicKey(unknown) }
    }

    @Test func schemeIsPartOfTheKeysName() throws {
        let bytes = try TestKeys.p256().publicKey().bytes
        let raw = try PublicKey(scheme: .p256, bytes: bytes)
        #expect(try PublicKey(scheme: .webauthn, bytes: bytes).id != raw.id)
    }
}
