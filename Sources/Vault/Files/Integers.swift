import Crypto
import LedgerCore

extension Array where Element == UInt8 {
    /// Appends an integer, most significant byte first.
    mutating func append<Value: FixedWidthInteger>(bigEndian value: Value) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

extension FixedWidthInteger {
    /// Reads an integer, most significant byte first, from as many bytes as it has.
    init(bigEndian bytes: some Sequence<UInt8>) {
        self = bytes.reduce(into: Self.zero) { $0 = $0 << 8 | Self(truncatingIfNeeded: $1) }
    }
}

extension Domain {
    /// SHA-256 over the domain and `slice`, without copying it.
    func digest(slice: ArraySlice<UInt8>) -> Digest {
        var hasher = SHA256()
        hasher.update(data: prefix)
        slice.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        return Digest(hasher.finalize())
    }
}

extension Identifier {
    /// 16 bytes from the system's generator.
    static func random() -> Identifier {
        var generator = SystemRandomNumberGenerator()
        return Identifier(using: &generator)
    }
}

extension SymmetricKey {
    /// Its bytes, for sealing under another key.
    var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}

/// The ledger's digest; swift-crypto has a protocol of the same name.
typealias Digest = LedgerCore.Digest
