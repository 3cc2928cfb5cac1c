/// Page names: the depth in nibbles, then that many nibbles of the path, padded with zero bits,
/// then the version as eight bytes counted down from 2^64-1, so that the newest comes first.
package enum PageName {
    /// Bytes of the version at the end of a name.
    package static let versionSize = 8
    /// The row that holds the newest root slot; with a version behind it, the root of that version.
    package static let root: [UInt8] = [0xfd]
    /// Where the root's row lay before leaves were kept with their keys: who finds it there has
    /// pages of an earlier form.
    package static let rootOfEarlierForms: [UInt8] = [0xfe]

    /// A name without its version.
    package static func versioned(_ place: [UInt8], _ version: UInt64) -> [UInt8] {
        place + withUnsafeBytes(of: (UInt64.max - version).bigEndian) { [UInt8]($0) }
    }

    /// The version at the end of a name; `nil` for the newest root's row and for rows that stand
    /// beside the tree.
    package static func version(of name: UnsafeRawBufferPointer) -> UInt64? {
        guard name.count > versionSize, name[0] <= root[0] else { return nil }
        return UInt64.max
            - UInt64(
                bigEndian: name.loadUnaligned(
                    fromByteOffset: name.count - versionSize, as: UInt64.self))
    }

    /// A name taken apart: what stands before the version, and the version.
    package static func split(_ name: [UInt8]) -> (place: ArraySlice<UInt8>, version: UInt64)? {
        name.withUnsafeBytes(version(of:)).map { (name.dropLast(versionSize), $0) }
    }

    static func nibble(_ path: Digest, _ depth: Int) -> Int {
        path.withUnsafeBytes { bytes in
            let byte = bytes[depth >> 1]
            return Int(depth & 1 == 0 ? byte >> 4 : byte & 15)
        }
    }

    static func bytes(depth: Int, prefix: Digest, version: UInt64) -> [UInt8] {
        var name = [UInt8]()
        name.reserveCapacity(1 + (depth + 1) / 2 + versionSize)
        name.append(UInt8(depth))
        prefix.withUnsafeBytes { name.append(contentsOf: $0.prefix((depth + 1) / 2)) }
        if depth & 1 == 1 { name[name.count - 1] &= 0xf0 }
        withUnsafeBytes(of: (UInt64.max - version).bigEndian) { name.append(contentsOf: $0) }
        return name
    }
}

/// One slot as bytes: 0; or 3, key's length (two bytes, big-endian), key, hash; or 2, hash, version
/// (eight bytes, big-endian).
package enum SlotCoding {
    static func encode(_ slot: StateTree.Slot) -> [UInt8] {
        var bytes = [UInt8]()
        append(slot, to: &bytes)
        return bytes
    }

    static func append(_ slot: StateTree.Slot, to bytes: inout [UInt8]) {
        switch slot {
        case .empty: bytes.append(0)
        case .leaf(let key, let hash):
            bytes.append(3)
            StateKeyCoding.append(key, to: &bytes)
            hash.withUnsafeBytes { bytes.append(contentsOf: $0) }
        case .branch(let hash, let version):
            bytes.append(2)
            hash.withUnsafeBytes { bytes.append(contentsOf: $0) }
            withUnsafeBytes(of: version.bigEndian) { bytes.append(contentsOf: $0) }
        }
    }

    /// Bytes of an encoded slot.
    static func size(_ slot: StateTree.Slot) -> Int {
        switch slot {
        case .empty: 1
        case .leaf(let key, _): 1 + StateKeyCoding.size(key) + Digest.size
        case .branch: 1 + Digest.size + MemoryLayout<UInt64>.size
        }
    }

    /// Reads exact bytes.
    package static func decode(_ bytes: [UInt8]) throws(MalformedBytes) -> StateTree.Slot {
        var position = 0
        let slot = try decode(bytes, &position)
        guard position == bytes.count else { throw MalformedBytes("state page", .notCanonical) }
        return slot
    }

    static func decode(
        _ bytes: [UInt8], _ position: inout Int
    ) throws(MalformedBytes) -> StateTree.Slot {
        func take() throws(MalformedBytes) -> Digest {
            guard position + Digest.size <= bytes.count else {
                throw MalformedBytes("state page", .badField)
            }
            defer { position += Digest.size }
            return bytes.withUnsafeBytes {
                Digest(copying: UnsafeRawBufferPointer(rebasing: $0[position...]))
            }
        }
        func number() throws(MalformedBytes) -> UInt64 {
            let end = position + MemoryLayout<UInt64>.size
            guard end <= bytes.count else { throw MalformedBytes("state page", .badField) }
            defer { position = end }
            return bytes[position..<end].reduce(0) { $0 << 8 | UInt64($1) }
        }
        guard position < bytes.count else { throw MalformedBytes("state page", .badField) }
        let kind = bytes[position]
        position += 1
        switch kind {
        case 0: return .empty
        case 2: return .branch(try take(), version: try number())
        case 3:
            let key = try StateKeyCoding.take(from: bytes, &position)
            return .leaf(key: key, hash: try take())
        default: throw MalformedBytes("state page", .badField)
        }
    }
}

/// A state entry's key among other bytes: its length in two bytes, big-endian, then the key.
package enum StateKeyCoding {
    private static let lengthSize = MemoryLayout<UInt16>.size

    /// Bytes of a key with its length.
    package static func size(_ key: ArraySlice<UInt8>) -> Int { lengthSize + key.count }

    /// - Parameter key: no longer than 65,535 bytes; the longest of a contract has 49.
    package static func append(_ key: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        let count = UInt16(key.count)
        bytes.append(UInt8(count >> 8))
        bytes.append(UInt8(count & 0xff))
        bytes.append(contentsOf: key)
    }

    /// Reads a key at `position`, and moves that behind it.
    package static func take(
        from bytes: [UInt8], _ position: inout Int
    ) throws(MalformedBytes) -> ArraySlice<UInt8> {
        let start = position + lengthSize
        guard start <= bytes.count else { throw MalformedBytes("state key", .badField) }
        let end = start + (Int(bytes[position]) << 8 | Int(bytes[position + 1]))
        guard end <= bytes.count else { throw MalformedBytes("state key", .badField) }
        position = end
        return bytes[start..<end]
    }
}

/// Sixteen slots, one after the other.
enum PageCoding {
    static func encode(_ slots: [StateTree.Slot]) -> [UInt8] {
        var bytes = [UInt8]()
        bytes.reserveCapacity(slots.reduce(0) { $0 + SlotCoding.size($1) })
        for slot in slots { SlotCoding.append(slot, to: &bytes) }
        return bytes
    }

    static func decode(_ bytes: [UInt8]) throws(MalformedBytes) -> [StateTree.Slot] {
        var position = 0
        var slots = [StateTree.Slot]()
        for _ in 0..<StateTree.fanOut { slots.append(try SlotCoding.decode(bytes, &position)) }
        guard position == bytes.count else { throw MalformedBytes("state page", .notCanonical) }
        return slots
    }
}
