import Crypto
import LedgerCore
import struct LedgerCore.Digest

/// Parts of a file sealed under a passphrase, one after the other: scrypt (RFC 7914) gives one key
/// for each file, AES-256-GCM seals each part under its number.
///
/// A part is bound to the file's head, to its place and to whether it is the last one: none can be
/// moved, left out or taken from another file.
package struct SealedParts: Sendable {
    private let key: SymmetricKey
    private let context: Digest

    /// The bytes that sealing adds to a part.
    package static let overheadBytes = 16
    /// Bytes of a salt.
    package static let saltBytes = PassphraseBox.saltSize

    /// - Parameters:
    ///   - salt: fresh for each file that is sealed: the key that comes of it is used once.
    ///   - head: the exact bytes of the file's head.
    package init(
        passphrase: String, salt: [UInt8], cost: PassphraseCost, head: [UInt8]
    ) throws {
        key = try PassphraseBox.derive(passphrase, salt: salt, cost: cost)
        context = Digest.sha256(head)
    }

    /// Seals the part of that number, from 0 on.
    package func seal(_ part: [UInt8], number: UInt64, isLast: Bool) throws -> [UInt8] {
        let box = try AES.GCM.seal(
            part, using: key, nonce: try SealedParts.nonce(number),
            authenticating: binding(number, isLast))
        return [UInt8](box.ciphertext) + [UInt8](box.tag)
    }

    /// Opens it; `nil` where passphrase, part, head, number or `isLast` is another.
    package func open(_ sealed: [UInt8], number: UInt64, isLast: Bool) -> [UInt8]? {
        guard sealed.count >= SealedParts.overheadBytes,
            let nonce = try? SealedParts.nonce(number),
            let box = try? AES.GCM.SealedBox(
                nonce: nonce, ciphertext: sealed.dropLast(SealedParts.overheadBytes),
                tag: sealed.suffix(SealedParts.overheadBytes)),
            let opened = try? AES.GCM.open(box, using: key, authenticating: binding(number, isLast))
        else { return nil }
        return [UInt8](opened)
    }

    private static func nonce(_ number: UInt64) throws -> AES.GCM.Nonce {
        let number = withUnsafeBytes(of: number.bigEndian) { [UInt8]($0) }
        return try AES.GCM.Nonce(data: [0, 0, 0, 0] + number)
    }

    private func binding(_ number: UInt64, _ isLast: Bool) -> [UInt8] {
        context.bytes + withUnsafeBytes(of: number.bigEndian) { [UInt8]($0) } + [isLast ? 1 : 0]
    }
}

extension PassphraseCost {
    /// Takes what a file says; `nil` outside the bounds.
    package init?(costLog2: Int) { self.init(costLog2: costLog2, blockSize: 8, parallelism: 1) }
}
