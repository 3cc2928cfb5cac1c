import struct Crypto.SHA256
import LedgerCore

/// The bytes of a segment file. All integers are little-endian.
///
///     segment header   magic 8 · version 4 · channel length 4 · channel 64 (zero-filled)
///      (160 bytes)     · network 32 · first height 8 · salt 8 · SHA-256 of the 128 bytes before
///     record header    start mark 1 · flags 1 · reserved 2 · payload length 4 · height 8
///      (32 bytes)      · durable end 8 · first 8 bytes of SHA-256(salt ‖ the 24 bytes before)
///     payload
///     record trailer   SHA-256 of record header and payload 32 · end mark 1
///
/// Every bit lies under a digest or is compared with a fixed value. The marks are not zero, so that
/// the part of a record in its first and last sector never reads as zeros unless it was not
/// written. The *durable end* is the offset in this file up to which a sync had returned when the
/// record was written: a good record proves that what lies before its durable end was once whole.
/// The random *salt* keeps whoever fills payloads from planting bytes there that look like such a
/// record.
enum ChainFormat {
    static let magic = Array("CAIRNLOG".utf8)
    static let version: UInt32 = 1
    static let channelBytesMax = 64
    static let segmentHeaderBytes = 160
    static let saltOffset = 120
    static let recordHeaderBytes = 32
    static let recordTrailerBytes = 33
    static let recordOverheadBytes = recordHeaderBytes + recordTrailerBytes
    static let startMark: UInt8 = 0xC5
    static let endMark: UInt8 = 0x5C
    /// Sectors that a disk writes whole or not at all.
    static let sectorBytes: UInt64 = 512

    static let nameSuffix = ".chain"
    static let nameDigits = 20

    /// `00000000000000000042.chain`.
    static func fileName(firstHeight: UInt64) -> String {
        let digits = String(firstHeight)
        return String(repeating: "0", count: nameDigits - digits.count) + digits + nameSuffix
    }

    /// The first height in a file name of exactly that form, else `nil`.
    static func firstHeight(fileName: String) -> UInt64? {
        guard fileName.hasSuffix(nameSuffix),
            let height = UInt64(fileName.dropLast(nameSuffix.count)),
            ChainFormat.fileName(firstHeight: height) == fileName
        else { return nil }
        return height
    }
}

/// What the first bytes of a segment say.
struct SegmentHeader: Equatable {
    var network: Digest
    var channel: String
    var firstHeight: UInt64
    var salt: UInt64

    func encoded() -> [UInt8] {
        let name = Array(channel.utf8.prefix(ChainFormat.channelBytesMax))
        var bytes = ChainFormat.magic
        bytes.append(littleEndian: ChainFormat.version)
        bytes.append(littleEndian: UInt32(name.count))
        bytes += name
        bytes += [UInt8](repeating: 0, count: ChainFormat.channelBytesMax - name.count)
        bytes += network.bytes
        bytes.append(littleEndian: firstHeight)
        bytes.append(littleEndian: salt)
        return bytes + SHA256.hash(data: bytes)
    }

    /// `nil` unless every byte is as `encoded()` writes it.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == ChainFormat.segmentHeaderBytes else { return nil }
        let length = Int(bytes.littleEndian(UInt32.self, at: 12))
        guard length <= ChainFormat.channelBytesMax, let network = Digest(bytes[80..<112]) else {
            return nil
        }
        self.network = network
        channel = String(decoding: bytes[16..<16 + length], as: UTF8.self)
        firstHeight = bytes.littleEndian(UInt64.self, at: 112)
        salt = bytes.littleEndian(UInt64.self, at: ChainFormat.saltOffset)
        guard encoded() == bytes else { return nil }
    }

    init(network: Digest, channel: String, firstHeight: UInt64, salt: UInt64) {
        self.network = network
        self.channel = channel
        self.firstHeight = firstHeight
        self.salt = salt
    }
}

/// What stands before a payload.
struct RecordHeader: Equatable {
    var payloadBytes: UInt32
    var height: UInt64
    var durableEnd: UInt64
    /// The segment's.
    var salt: UInt64

    /// Bytes of the whole record.
    var recordBytes: Int { Int(payloadBytes) + ChainFormat.recordOverheadBytes }

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = [ChainFormat.startMark, 0, 0, 0]
        bytes.reserveCapacity(ChainFormat.recordHeaderBytes)
        bytes.append(littleEndian: payloadBytes)
        bytes.append(littleEndian: height)
        bytes.append(littleEndian: durableEnd)
        var hasher = SHA256()
        withUnsafeBytes(of: salt.littleEndian) { hasher.update(bufferPointer: $0) }
        hasher.update(data: bytes)
        return bytes + hasher.finalize().prefix(8)
    }

    init(payloadBytes: UInt32, height: UInt64, durableEnd: UInt64, salt: UInt64) {
        self.salt = salt
        self.payloadBytes = payloadBytes
        self.height = height
        self.durableEnd = durableEnd
    }

    /// `nil` unless every byte is as `encoded()` writes it.
    init?(_ bytes: some RandomAccessCollection<UInt8>, salt: UInt64) {
        guard bytes.count == ChainFormat.recordHeaderBytes, bytes.first == ChainFormat.startMark
        else { return nil }
        let bytes = Array(bytes)
        self.salt = salt
        payloadBytes = bytes.littleEndian(UInt32.self, at: 4)
        height = bytes.littleEndian(UInt64.self, at: 8)
        durableEnd = bytes.littleEndian(UInt64.self, at: 16)
        guard encoded() == bytes else { return nil }
    }

    /// Header, payload, trailer.
    func record(payload: [UInt8]) -> [UInt8] {
        var bytes = encoded()
        bytes.reserveCapacity(recordBytes)
        bytes += payload
        bytes += SHA256.hash(data: bytes)
        bytes.append(ChainFormat.endMark)
        return bytes
    }

    /// Whether `record` (of `recordBytes`) holds what its trailer says.
    static func trailerHolds(_ record: [UInt8]) -> Bool {
        guard record.count >= ChainFormat.recordOverheadBytes, record.last == ChainFormat.endMark
        else { return false }
        let end = record.count - ChainFormat.recordTrailerBytes
        let digest = record.withUnsafeBytes {
            SHA256.hash(data: UnsafeRawBufferPointer(rebasing: $0[..<end]))
        }
        return record[end..<record.count - 1].elementsEqual(digest)
    }

    static func payload(of record: [UInt8]) -> [UInt8] {
        Array(record[ChainFormat.recordHeaderBytes..<record.count - ChainFormat.recordTrailerBytes])
    }
}

extension [UInt8] {
    mutating func append<Integer: FixedWidthInteger>(littleEndian value: Integer) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    mutating func append<Integer: FixedWidthInteger>(bigEndian value: Integer) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    /// The integer at `position`, which the caller knows to be inside.
    func littleEndian<Integer: FixedWidthInteger>(_ type: Integer.Type, at position: Int) -> Integer
    {
        withUnsafeBytes {
            Integer(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: type))
        }
    }

    func bigEndian<Integer: FixedWidthInteger>(_ type: Integer.Type, at position: Int) -> Integer {
        withUnsafeBytes { Integer(bigEndian: $0.loadUnaligned(fromByteOffset: position, as: type)) }
    }
}
