/// The log of a channel: an RFC 6962 tree over the digests of accepted transactions and of seals,
/// grown leaf by leaf and kept as tiles of 256 hashes (C2SP tlog-tiles).
///
/// The value holds only what appending needs, the right edge; complete subtree hashes go out as
/// tiles, and proofs read them back.
package struct LogTree: Hashable, Sendable {
    /// Number of leaves.
    package private(set) var size: UInt64
    /// Hashes of the complete subtrees that make up `size`, largest first.
    package private(set) var edge: [Digest]
    /// For each tile level, the hashes of its unfinished last tile.
    private var partial: [[Digest]]

    /// Hashes in one tile, and the levels of the tree that one tile level spans.
    package static let tileWidth = 256
    package static let tileHeight = 8

    package init() {
        size = 0
        edge = []
        partial = []
    }

    /// A tree that is known by its edge alone: good for its root and for roots after more leaves;
    /// its tiles are not. `nil` where the edge has not as many hashes as the size has bits set.
    package init?(size: UInt64, edge: [Digest]) {
        guard edge.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.edge = edge
        partial = []
    }

    /// A tile that `append` touched: whole, or the growing last one of its level.
    package struct Tile: Hashable, Sendable {
        /// 0: leaf hashes; n: roots of complete subtrees of 256^n leaves.
        package let level: UInt8
        package let index: UInt64
        package let hashes: [Digest]
    }

    /// Adds leaves in order and gives the tiles that changed.
    package mutating func append(_ leaves: [Digest]) -> [Tile] {
        var complete = [Tile]()
        var touched = Set<Int>()
        for leaf in leaves {
            appendOne(TreeHash.leaf(leaf), complete: &complete, touched: &touched)
        }
        for level in touched.sorted() where !partial[level].isEmpty {
            complete.append(
                Tile(
                    level: UInt8(level), index: tileCount(level), hashes: partial[level]))
        }
        return complete
    }

    private mutating func appendOne(
        _ hash: Digest, complete: inout [Tile], touched: inout Set<Int>
    ) {
        push(hash, level: 0, complete: &complete, touched: &touched)
        var carry = hash
        var bit = size
        var height = 0
        while bit & 1 == 1 {
            carry = TreeHash.node(edge.removeLast(), carry)
            bit >>= 1
            height += 1
            if height % LogTree.tileHeight == 0 {
                push(
                    carry, level: height / LogTree.tileHeight, complete: &complete,
                    touched: &touched)
            }
        }
        edge.append(carry)
        size += 1
    }

    private mutating func push(
        _ hash: Digest, level: Int, complete: inout [Tile], touched: inout Set<Int>
    ) {
        while partial.count <= level { partial.append([]) }
        partial[level].append(hash)
        touched.insert(level)
        if partial[level].count == LogTree.tileWidth {
            // Counted before `size` moves: the tile that is just full is the next one of its level.
            let index = size >> UInt64(LogTree.tileHeight * (level + 1))
            complete.append(Tile(level: UInt8(level), index: index, hashes: partial[level]))
            partial[level] = []
        }
    }

    /// How many whole tiles a level has.
    private func tileCount(_ level: Int) -> UInt64 {
        size >> UInt64(LogTree.tileHeight * (level + 1))
    }

    /// The root over all leaves.
    package var root: Digest {
        guard var hash = edge.last else { return TreeHash.empty }
        for left in edge.dropLast().reversed() { hash = TreeHash.node(left, hash) }
        return hash
    }
}

extension LogTree {
    /// Reads a tree back from its tiles; `nil` where a tile is missing or too short.
    package init?(
        size: UInt64, tile: @escaping (_ level: UInt8, _ index: UInt64) throws -> [Digest]?
    ) throws {
        self.init()
        self.size = size
        var level = 0
        while size >> UInt64(LogTree.tileHeight * level) > 0 {
            let hashes = size >> UInt64(LogTree.tileHeight * level)
            let width = Int(hashes % UInt64(LogTree.tileWidth))
            var rest = [Digest]()
            if width > 0 {
                guard let read = try tile(UInt8(level), hashes / UInt64(LogTree.tileWidth)),
                    read.count >= width
                else { return nil }
                rest = Array(read.prefix(width))
            }
            partial.append(rest)
            level += 1
        }
        let reader = TileReader(size: size, tile: tile)
        var start: UInt64 = 0
        for height in stride(from: 63, through: 0, by: -1) where size & (1 << UInt64(height)) != 0 {
            guard let hash = try reader.subtree(start: start, height: height) else { return nil }
            edge.append(hash)
            start += 1 << UInt64(height)
        }
    }
}

/// Hashes of the log tree computed from tiles.
package struct TileReader {
    /// Leaves of the tree that is read.
    package let size: UInt64
    private let tile: (UInt8, UInt64) throws -> [Digest]?

    /// Reads a tree of `size` leaves; tiles may already hold more.
    package init(size: UInt64, tile: @escaping (UInt8, UInt64) throws -> [Digest]?) {
        self.size = size
        self.tile = tile
    }

    /// The hash of the complete subtree of 2^height leaves from `start`; `nil` where a tile lacks.
    func subtree(start: UInt64, height: Int) throws -> Digest? {
        let level = height / LogTree.tileHeight
        let within = height % LogTree.tileHeight
        let first = start >> UInt64(LogTree.tileHeight * level)
        let count = 1 << within
        let width = UInt64(LogTree.tileWidth)
        guard let hashes = try tile(UInt8(level), first / width) else { return nil }
        let offset = Int(first % width)
        guard offset + count <= hashes.count else { return nil }
        var row = Array(hashes[offset..<offset + count])
        while row.count > 1 {
            row = stride(from: 0, to: row.count, by: 2).map { TreeHash.node(row[$0], row[$0 + 1]) }
        }
        return row.first
    }

    /// The root over leaves `start` to `end`, RFC 6962's MTH(D[start:end]).
    func range(_ start: UInt64, _ end: UInt64) throws -> Digest? {
        let count = end - start
        if count & (count - 1) == 0 {
            return try subtree(start: start, height: count.trailingZeroBitCount)
        }
        let split = TileReader.split(count)
        guard let left = try range(start, start + split), let right = try range(start + split, end)
        else { return nil }
        return TreeHash.node(left, right)
    }

    /// The largest power of two below `count`.
    static func split(_ count: UInt64) -> UInt64 {
        1 << UInt64(63 - (count - 1).leadingZeroBitCount)
    }

    /// The inclusion path of a leaf (RFC 6962 section 2.1.1).
    package func inclusion(of index: UInt64) throws -> [Digest]? {
        guard index < size else { return nil }
        return try inclusion(of: index, from: 0, to: size)
    }

    private func inclusion(of index: UInt64, from start: UInt64, to end: UInt64) throws -> [Digest]?
    {
        guard end - start > 1 else { return [] }
        let middle = start + TileReader.split(end - start)
        if index < middle {
            guard let path = try inclusion(of: index, from: start, to: middle),
                let sibling = try range(middle, end)
            else { return nil }
            return path + [sibling]
        }
        guard let path = try inclusion(of: index, from: middle, to: end),
            let sibling = try range(start, middle)
        else { return nil }
        return path + [sibling]
    }
}
