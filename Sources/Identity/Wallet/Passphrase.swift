import Crypto
import CryptoExtras
import LedgerCore

/// scrypt (RFC 7914) settings, kept beside what they protect.
package struct PassphraseCost: Hashable, Sendable {
    /// The CPU and memory cost N, as its base-2 logarithm.
    package let costLog2: Int
    /// Block size r.
    package let blockSize: Int
    /// Parallelism p.
    package let parallelism: Int

    /// N = 2^17, r = 8, p = 1: 128 MiB, 0.2 to 0.4 s on a laptop of 2024 (OWASP's choice).
    package static let standard = PassphraseCost(uncheckedCostLog2: 17)
    /// N = 2^10: for tests, where the strength is nobody's protection.
    package static let minimum = PassphraseCost(uncheckedCostLog2: costLog2Range.lowerBound)

    /// Below, guessing is cheap. Above, a file from elsewhere could take 1 GiB and seconds.
    static let costLog2Range = 10...20

    private init(uncheckedCostLog2: Int) {
        costLog2 = uncheckedCostLog2
        blockSize = 8
        parallelism = 1
    }

    /// Takes what a file says; `nil` outside the bounds. Only r = 8 and p = 1 are in use.
    init?(costLog2: Int, blockSize: Int, parallelism: Int) {
        guard PassphraseCost.costLog2Range.contains(costLog2), blockSize == 8, parallelism == 1
        else { return nil }
        self.init(uncheckedCostLog2: costLog2)
    }
}

/// Bytes sealed under a passphrase: scrypt, then AES-256-GCM bound to the text before them.
struct PassphraseBox: Equatable {
    let cost: PassphraseCost
    /// 16 random bytes (RFC 7914 leaves the size open; 128 bits never repeat).
    let salt: [UInt8]
    /// Nonce (12), ciphertext, tag (16).
    let sealed: [UInt8]

    static let saltSize = 16
    /// Nonce and tag.
    static let overheadSize = 28
    /// A passphrase longer than this is a file pasted by mistake.
    static let passphraseBytesMax = 1_024

    /// Draws salt and nonce; a key is derived for this one sealing and never used again.
    ///
    /// - Parameter context: the text that the box is bound to, given cost and salt.
    static func seal(
        _ secret: [UInt8], passphrase: String, cost: PassphraseCost,
        context: (PassphraseCost, [UInt8]) -> [UInt8]
    ) throws -> PassphraseBox {
        var generator = SystemRandomNumberGenerator()
        let salt = Identifier(using: &generator).bytes
        let key = try derive(passphrase, salt: salt, cost: cost)
        let box = try AES.GCM.seal(secret, using: key, authenticating: context(cost, salt))
        guard let combined = box.combined else { throw CryptoKitError.incorrectParameterSize }
        return PassphraseBox(cost: cost, salt: salt, sealed: [UInt8](combined))
    }

    /// Opens the box; throws when the passphrase, the box or the context is another one.
    func open(passphrase: String, context: [UInt8]) throws -> [UInt8] {
        let key = try PassphraseBox.derive(passphrase, salt: salt, cost: cost)
        let box = try AES.GCM.SealedBox(combined: sealed)
        return [UInt8](try AES.GCM.open(box, using: key, authenticating: context))
    }

    /// A key of 32 bytes by scrypt (RFC 7914).
    static func derive(
        _ passphrase: String, salt: [UInt8], cost: PassphraseCost
    ) throws -> SymmetricKey {
        try KDF.Scrypt.deriveKey(
            from: Array(passphrase.utf8), salt: salt, outputByteCount: 32,
            rounds: 1 << cost.costLog2, blockSize: cost.blockSize,
            parallelism: cost.parallelism)
    }
}
