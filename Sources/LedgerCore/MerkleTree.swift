import Crypto

/// RFC 6962 section 2.1 hashing, over leaves that are 32-byte digests.
package enum TreeHash {
    /// SHA-256 of nothing: the root of an empty tree.
    package static let empty = Digest.sha256([])

    /// SHA-256(0x00 ‖ leaf).
    package static func leaf(_ digest: Digest) -> Digest {
        var hasher = SHA256()
        withUnsafeBytes(of: UInt8(0)) { hasher.update(bufferPointer: $0) }
        digest.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        return Digest(hasher.finalize())
    }

    /// SHA-256(0x01 ‖ left ‖ right).
    package static func node(_ left: Digest, _ right: Digest) -> Digest {
        var hasher = SHA256()
        withUnsafeBytes(of: UInt8(1)) { hasher.update(bufferPointer: $0) }
        left.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        right.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        return Digest(hasher.finalize())
    }
}

/// A small RFC 6962 tree held in memory: the transactions of a block or a submission.
package struct MerkleTree: Sendable {
    /// `levels[0]` are leaf hashes; each further level pairs the one below, an odd last one moves
    /// up.
    private var levels: [[Digest]]

    package init(leaves: [Digest]) {
        levels = [leaves.map(TreeHash.leaf)]
        while let last = levels.last, last.count > 1 {
            var next = [Digest]()
            next.reserveCapacity((last.count + 1) / 2)
            for index in stride(from: 0, to: last.count, by: 2) {
                next.append(
                    index + 1 < last.count
                        ? TreeHash.node(last[index], last[index + 1]) : last[index])
            }
            levels.append(next)
        }
    }

    /// The root; that of an empty tree is SHA-256 of nothing.
    package var root: Digest { levels[levels.count - 1].first ?? TreeHash.empty }

    /// The inclusion path of a leaf, lowest sibling first (RFC 6962 section 2.1.1).
    package func path(to index: Int) -> [Digest] {
        var path = [Digest]()
        var position = index
        for level in levels.dropLast() {
            let sibling = position ^ 1
            if sibling < level.count { path.append(level[sibling]) }
            position >>= 1
        }
        return path
    }

    /// The root that a leaf and its path lead to (RFC 9162 section 2.1.3.2); `nil` where the path
    /// does not fit index and size.
    package static func root(leaf: Digest, index: UInt64, size: UInt64, path: [Digest]) -> Digest? {
        root(leafHash: TreeHash.leaf(leaf), index: index, size: size, path: path)
    }

    /// The same from the leaf's hash, for leaves that are no digests.
    static func root(leafHash: Digest, index: UInt64, size: UInt64, path: [Digest]) -> Digest? {
        guard index < size else { return nil }
        var position = index
        var last = size - 1
        var hash = leafHash
        for sibling in path {
            if last == 0 { return nil }
            if position & 1 == 1 || position == last {
                hash = TreeHash.node(sibling, hash)
                while position & 1 == 0, position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                hash = TreeHash.node(hash, sibling)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 ? hash : nil
    }
}
