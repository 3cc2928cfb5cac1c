package import LedgerCore

/// The stored form of keys and values. Integers are big-endian, so that keys sort by number.
package enum LedgerEntry {
    /// The key of a tile.
    package static func tileKey(level: UInt8, index: UInt64) -> [UInt8] {
        var key = [level]
        key.append(bigEndian: index)
        return key
    }

    /// The key of a block and of a header.
    package static func blockKey(_ height: UInt64) -> [UInt8] {
        var key = [UInt8]()
        key.append(bigEndian: height)
        return key
    }

    /// The key of a value that an entry had until the block at `height`.
    package static func formerKey(_ path: Digest, replacedAt height: UInt64) -> [UInt8] {
        var key = path.bytes
        key.append(bigEndian: height)
        return key
    }

    /// The height in a key of kind `.former`; `nil` where it is none.
    static func formerHeight(_ key: UnsafeRawBufferPointer) -> UInt64? {
        guard key.count == Digest.size + MemoryLayout<UInt64>.size else { return nil }
        return UInt64(
            bigEndian: key.loadUnaligned(fromByteOffset: Digest.size, as: UInt64.self))
    }

    /// Whether only states below that at `height` need the value under that key.
    package static func isFormer(_ key: [UInt8], neededBelow height: UInt64) -> Bool {
        key.withUnsafeBytes(formerHeight).map { $0 <= height } ?? false
    }

    static func encode(_ head: AppliedHead) -> [UInt8] { blockKey(head.height) + head.bytes }

    /// The value of a transaction.
    package static func encode(_ place: TransactionPlace) -> [UInt8] {
        var value = [UInt8]()
        value.append(bigEndian: place.height)
        value.append(bigEndian: place.index)
        value.append(bigEndian: place.leaf)
        return value
    }

    /// The value of a block.
    package static func encode(_ place: BlockPlace) -> [UInt8] {
        var value = [UInt8]()
        value.append(bigEndian: place.position.segment)
        value.append(bigEndian: place.position.offset)
        value.append(bigEndian: place.position.length)
        value.append(bigEndian: place.firstLeaf)
        return value
    }

    /// The head of an entry of kind `.head`.
    package static func head(_ value: [UInt8]) throws -> AppliedHead {
        guard value.count >= 8 else { throw LedgerStoreError.entryMalformed(kind: .head) }
        return AppliedHead(
            height: value.bigEndian(UInt64.self, at: 0), bytes: Array(value.dropFirst(8)))
    }

    /// The height of an entry of kind `.blockHash`.
    package static func height(_ value: [UInt8]) throws -> UInt64 {
        guard value.count == 8 else { throw LedgerStoreError.entryMalformed(kind: .blockHash) }
        return value.bigEndian(UInt64.self, at: 0)
    }

    /// The place of an entry of kind `.transaction`.
    package static func transactionPlace(_ value: [UInt8]) throws -> TransactionPlace {
        guard value.count == 20 else { throw LedgerStoreError.entryMalformed(kind: .transaction) }
        return TransactionPlace(
            height: value.bigEndian(UInt64.self, at: 0),
            index: value.bigEndian(UInt32.self, at: 8), leaf: value.bigEndian(UInt64.self, at: 12))
    }

    /// The place of an entry of kind `.block`.
    package static func blockPlace(_ value: [UInt8]) throws -> BlockPlace {
        guard value.count == 28 else { throw LedgerStoreError.entryMalformed(kind: .block) }
        return BlockPlace(
            position: ChainPosition(
                segment: value.bigEndian(UInt64.self, at: 0),
                offset: value.bigEndian(UInt64.self, at: 8),
                length: value.bigEndian(UInt32.self, at: 16)),
            firstLeaf: value.bigEndian(UInt64.self, at: 20))
    }

    /// Every key and value that a commit changes, in the order in which they are to be applied.
    static func forEachChange(
        of commit: LedgerCommit, _ body: (LedgerKind, [UInt8], [UInt8]?) -> Void
    ) {
        for (key, value) in commit.stateWrites { body(.state, key, value) }
        for (key, value) in commit.former { body(.former, key, value) }
        for (key, value) in commit.nodes { body(.node, key, value) }
        for tile in commit.tiles {
            body(.tile, tileKey(level: tile.level, index: tile.index), tile.bytes)
        }
        for (id, place) in commit.transactions { body(.transaction, id.bytes, encode(place)) }
        for (id, place) in commit.membership { body(.membership, id.bytes, encode(place)) }
        body(.block, blockKey(commit.height), encode(commit.block))
        if let hash = commit.hash { body(.blockHash, hash.bytes, blockKey(commit.height)) }
        body(.head, [], encode(AppliedHead(height: commit.height, bytes: commit.head)))
    }

    /// Throws unless `commit` follows `head`; the first one may have any height.
    static func checkOrder(_ commit: LedgerCommit, after head: AppliedHead?) throws {
        guard let head, commit.height != head.height + 1 else { return }
        throw LedgerStoreError.heightUnexpected(given: commit.height, next: head.height + 1)
    }
}
