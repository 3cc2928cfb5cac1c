import LedgerCore

/// One shard of a pack as a provider keeps it: a header of 40 bytes, then the shard.
///
/// Header, integers big-endian: magic `CAIRNFR`, format 1 (8 bytes together), pack id (16), index,
/// k, m, 0 (4), shard size (4), pack size (8). The name is the hexadecimal SHA-256, with
/// `Domain.fragment`, of all bytes: any change shows, and rebuilding gives the same name.
struct Fragment: Sendable {
    static let headerBytes = 40

    let header: FragmentHeader
    /// Header and shard.
    let bytes: ArraySlice<UInt8>
    let digest: Digest

    /// Where and under which name a fragment lies.
    static func name(_ digest: Digest) -> String { digest.description }

    static func digest(of bytes: ArraySlice<UInt8>) -> Digest {
        Domain.fragment.digest(slice: bytes)
    }

    /// Splits a pack into k + m fragments, in order of their indices.
    static func encode(_ pack: [UInt8], id: Identifier, code: ErasureCode) -> [Fragment] {
        let shardSize = code.shardSize(of: pack.count)
        let stride = headerBytes + shardSize
        var shards: [UInt8] = []
        shards.reserveCapacity(stride * code.count)
        let headers = (0..<code.count).map {
            FragmentHeader(
                pack: id, index: $0, code: code, shardSize: shardSize, packSize: pack.count)
        }
        for header in headers {
            shards.append(contentsOf: header.encoded)
            let start = min(pack.count, header.index * shardSize)
            let end = header.index < code.dataShards ? min(pack.count, start + shardSize) : start
            shards.append(contentsOf: pack[start..<end])
            shards.append(contentsOf: repeatElement(0, count: shardSize - (end - start)))
        }
        code.encode(&shards, stride: stride, header: headerBytes)
        return headers.map { header in
            let bytes = shards[header.index * stride..<(header.index + 1) * stride]
            return Fragment(header: header, bytes: bytes, digest: digest(of: bytes))
        }
    }

    /// The pack from at least k fragments of it that were verified by digest.
    static func decode(_ fragments: [Int: ArraySlice<UInt8>], _ header: FragmentHeader) -> [UInt8]?
    {
        header.code.decode(
            fragments.mapValues { $0.dropFirst(headerBytes) }, size: header.packSize)
    }
}

/// What a fragment says about itself.
struct FragmentHeader: Hashable {
    let pack: Identifier
    let index: Int
    let code: ErasureCode
    let shardSize: Int
    let packSize: Int

    private static let magic = Array("CAIRNFR".utf8) + [1]

    init(pack: Identifier, index: Int, code: ErasureCode, shardSize: Int, packSize: Int) {
        self.pack = pack
        self.index = index
        self.code = code
        self.shardSize = shardSize
        self.packSize = packSize
    }

    var encoded: [UInt8] {
        var bytes = Self.magic + pack.bytes
        bytes += [
            UInt8(truncatingIfNeeded: index), UInt8(truncatingIfNeeded: code.dataShards),
            UInt8(truncatingIfNeeded: code.parityShards), 0,
        ]
        bytes.append(bigEndian: UInt32(truncatingIfNeeded: shardSize))
        bytes.append(bigEndian: UInt64(packSize))
        return bytes
    }

    /// Reads the first 40 bytes of a fragment; `nil` where they are not a header of format 1.
    init?(_ bytes: ArraySlice<UInt8>) {
        let bytes = Array(bytes.prefix(Fragment.headerBytes))
        guard bytes.count == Fragment.headerBytes, Array(bytes[..<8]) == Self.magic,
            let pack = Identifier(bytes[8..<24]), bytes[27] == 0,
            let code = try? ErasureCode(
                dataShards: Int(bytes[25]), parityShards: Int(bytes[26]))
        else { return nil }
        let packSize = UInt64(bigEndian: bytes[32..<40])
        guard packSize <= UInt64(Limits.packBytes), Int(bytes[24]) < code.count else { return nil }
        self.init(
            pack: pack, index: Int(bytes[24]), code: code,
            shardSize: Int(UInt32(bigEndian: bytes[28..<32])), packSize: Int(packSize))
        guard shardSize == code.shardSize(of: self.packSize) else { return nil }
    }
}
