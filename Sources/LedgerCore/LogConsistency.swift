/// Consistency of a log with what it was: the first leaves of the larger tree are the smaller one
/// (RFC 6962 section 2.1.2; checked as RFC 9162 section 2.1.4.2 says).
package enum LogConsistency {
    /// Hashes of the longest proof there is: C2SP tlog-witness allows no more lines.
    package static let pathMax = 63

    /// Whether a tree of `newSize` leaves with that root begins with the one of `oldSize` leaves.
    ///
    /// Every tree begins with the empty one; its proof has no hashes (C2SP tlog-witness).
    package static func holds(
        oldSize: UInt64, oldRoot: Digest, newSize: UInt64, newRoot: Digest, path: [Digest]
    ) -> Bool {
        guard oldSize <= newSize, path.count <= pathMax else { return false }
        if oldSize == newSize { return path.isEmpty && oldRoot == newRoot }
        if oldSize == 0 { return path.isEmpty && oldRoot == TreeHash.empty }
        var path = path[...]
        // A whole subtree is a node of the larger tree itself, and is not in the path.
        if oldSize & (oldSize - 1) == 0 { path = [oldRoot] + path }
        guard let first = path.popFirst() else { return false }
        let level = UInt64((~(oldSize - 1)).trailingZeroBitCount)
        var position = (oldSize - 1) >> level
        var last = (newSize - 1) >> level
        var old = first
        var new = first
        for hash in path {
            guard last > 0 else { return false }
            if position & 1 == 1 || position == last {
                old = TreeHash.node(hash, old)
                new = TreeHash.node(hash, new)
                while position & 1 == 0, position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                new = TreeHash.node(new, hash)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 && old == oldRoot && new == newRoot
    }
}

extension TileReader {
    /// The proof that this tree begins with its first `oldSize` leaves; `nil` where it has fewer,
    /// or a tile lacks. Empty for the empty tree and for the whole.
    package func consistency(from oldSize: UInt64) throws -> [Digest]? {
        guard oldSize <= size else { return nil }
        guard oldSize > 0, oldSize < size else { return [] }
        return try consistency(of: oldSize, from: 0, to: size, isWhole: true)
    }

    /// RFC 6962's SUBPROOF(m, D[start:end], b).
    private func consistency(
        of count: UInt64, from start: UInt64, to end: UInt64, isWhole: Bool
    ) throws -> [Digest]? {
        if count == end - start {
            if isWhole { return [] }
            return try range(start, end).map { [$0] }
        }
        let middle = start + TileReader.split(end - start)
        if count <= middle - start {
            guard
                let path = try consistency(of: count, from: start, to: middle, isWhole: isWhole),
                let sibling = try range(middle, end)
            else { return nil }
            return path + [sibling]
        }
        guard
            let path = try consistency(
                of: count - (middle - start), from: middle, to: end, isWhole: false),
            let sibling = try range(start, middle)
        else { return nil }
        return path + [sibling]
    }
}
