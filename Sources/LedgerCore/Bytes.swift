/// Fixed-size values that every layer passes around, and their text forms.
///
/// Bytes are `[UInt8]` at the seams; these types keep 16 and 32 bytes inline, so that millions of
/// them cost no allocation.

/// 32 bytes: a SHA-256 digest or another value of that size (a claim's id, a key's id).
package struct Digest: Hashable, Sendable, Comparable {
    private var words: (UInt64, UInt64, UInt64, UInt64)

    /// The size in bytes.
    package static let size = 32

    /// 32 zero bytes: "none before", for example the previous hash of the genesis block.
    package static let zero = Digest(words: (0, 0, 0, 0))

    private init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// Takes exactly 32 bytes; `nil` for any other number.
    package init?(_ bytes: some Sequence<UInt8>) {
        let together: Digest?? = bytes.withContiguousStorageIfAvailable {
            $0.count == Digest.size ? Digest(copying: UnsafeRawBufferPointer($0)) : nil
        }
        if let together {
            guard let together else { return nil }
            self = together
            return
        }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        let count = withUnsafeMutableBytes(of: &words) { buffer -> Int in
            var position = 0
            for byte in bytes {
                if position == buffer.count { return Digest.size + 1 }
                buffer[position] = byte
                position += 1
            }
            return position
        }
        guard count == Digest.size else { return nil }
        self.words = words
    }

    /// Copies the first 32 bytes of a buffer that the caller knows to be long enough.
    init(copying source: UnsafeRawBufferPointer) {
        precondition(source.count >= Digest.size)
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) {
            $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[0..<Digest.size]))
        }
        self.words = words
    }

    /// The 32 bytes.
    package var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

    /// Lends the 32 bytes without copying them to the heap.
    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        Swift.withUnsafeBytes(of: words, body)
    }

    /// The bit at `position`, counted from the most significant bit of the first byte.
    package func bit(_ position: Int) -> Bool {
        withUnsafeBytes { $0[position >> 3] & (0x80 >> UInt8(position & 7)) != 0 }
    }

    package static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

    package static func < (left: Digest, right: Digest) -> Bool {
        func big(_ digest: Digest) -> (UInt64, UInt64, UInt64, UInt64) {
            (
                digest.words.0.bigEndian, digest.words.1.bigEndian,
                digest.words.2.bigEndian, digest.words.3.bigEndian
            )
        }
        return big(left) < big(right)
    }

    package func hash(into hasher: inout Hasher) {
        // All 32 bytes: some digests are chosen by others, who could make partial hashes collide.
        withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

/// 16 random bytes that name a member, node, person, record, locator or pack.
package struct Identifier: Hashable, Sendable, Comparable {
    private var high: UInt64
    private var low: UInt64

    /// The size in bytes.
    package static let size = 16

    /// Takes exactly 16 bytes; `nil` for any other number.
    package init?(_ bytes: some Sequence<UInt8>) {
        let together: Identifier?? = bytes.withContiguousStorageIfAvailable { bytes in
            guard bytes.count == Identifier.size else { return nil }
            let bytes = UnsafeRawBufferPointer(bytes)
            return Identifier(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
        if let together {
            guard let together else { return nil }
            self = together
            return
        }
        var high: UInt64 = 0
        var low: UInt64 = 0
        var count = 0
        for byte in bytes {
            switch count {
            case 0..<8: high = high << 8 | UInt64(byte)
            case 8..<16: low = low << 8 | UInt64(byte)
            default: return nil
            }
            count += 1
        }
        guard count == Identifier.size else { return nil }
        self.high = high
        self.low = low
    }

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Draws 16 bytes from `generator`; pure code is handed one, it never owns one.
    package init(using generator: inout some RandomNumberGenerator) {
        high = generator.next()
        low = generator.next()
    }

    /// The 16 bytes.
    package var bytes: [UInt8] {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { [UInt8]($0) }
    }

    package static func < (left: Identifier, right: Identifier) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension Digest: CustomStringConvertible {
    /// 64 lowercase hexadecimal digits.
    package var description: String { Hex.encode(bytes) }

    /// Reads 64 hexadecimal digits.
    package init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes)
    }
}

extension Identifier: CustomStringConvertible {
    /// 32 lowercase hexadecimal digits; for a record, its default FHIR id.
    package var description: String { Hex.encode(bytes) }

    /// Reads 32 hexadecimal digits.
    package init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes)
    }
}
