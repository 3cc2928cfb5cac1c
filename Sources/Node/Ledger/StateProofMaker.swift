import KeyValue
package import LedgerCore
import Storage

/// Shows what the state held, from the pages of its tree, at any height that is kept.
///
/// Pages have versions, so that the tree of an older height is read as it was. Of values the newest
/// alone is kept: an entry that has changed since is shown as it is now, once a header carries that
/// state's root, and as it was then no longer.
package struct StateProofMaker: Sendable {
    private let reader: LedgerReader

    package init(reader: LedgerReader) { self.reader = reader }

    /// Which state is shown.
    package enum Wanted: Sendable {
        /// The newest that a header carries the root of, after that block or a later one.
        case newest(atLeast: UInt64)
        /// That of the newest root at or below that height.
        case at(UInt64)
    }

    /// How long a changing entry, or a state that is not yet sealed, is waited for.
    static let waitMs = 5_000
    private static let pollMs = 20
    /// Blocks without a state root, one after the other: under full load a second of them.
    private static let unsealedBlocksMax: UInt64 = 100_000
    /// Entries looked through in one go when another entry's value is sought.
    private static let scanned = 4_096

    /// A proof of one entry under the root of `headerBytes`.
    package struct Made: Sendable {
        package let headerBytes: [UInt8]
        package let header: Header
        package let proof: StateProof
        /// After which block it was so.
        package var stateHeight: UInt64 { header.height - header.stateLag }
    }

    /// A header with a state root, and the height of the state that it is of.
    private struct Sealed {
        let headerBytes: [UInt8]
        let header: Header
        let root: Digest
        var stateHeight: UInt64 { header.height - header.stateLag }

        /// `nil` where the header carries no state root.
        init?(_ bytes: [UInt8]) throws {
            header = try Header(bytes: bytes)
            guard let root = header.stateRoot else { return nil }
            headerBytes = bytes
            self.root = root
        }
    }

    /// Proves what the entry with this key was.
    ///
    /// - Throws: ``NodeError/Code-swift.enum/unavailable`` where no state root came in time that
    ///   covers that block and the entry as it is now; ``NodeError/Code-swift.enum/gone`` where
    ///   that height's pages, or the entry's value then, are not kept any more;
    ///   ``NodeError/Code-swift.enum/notFound`` for a height that is yet to come.
    package func proof(key: [UInt8], _ wanted: Wanted) async throws -> Made {
        if case .at(let height) = wanted { try requireReached(height) }
        let end = ContinuousClock.now + .milliseconds(StateProofMaker.waitMs)
        while true {
            if let made = try await attempt(key: key, wanted) { return made }
            guard ContinuousClock.now < end else {
                throw NodeError(
                    .unavailable, "no state root covers this entry as it is now",
                    hint: "try again once fewer writes change it")
            }
            try await Task.sleep(for: .milliseconds(StateProofMaker.pollMs))
        }
    }

    private func requireReached(_ height: UInt64) throws {
        let head = try reader.state.store.head()?.height ?? 0
        guard height <= head else {
            throw NodeError(
                .notFound, "there is no block \(height) yet",
                hint: "the newest block is \(head)")
        }
    }

    /// `nil` where it may be there a little later.
    private func attempt(key: [UInt8], _ wanted: Wanted) async throws -> Made? {
        let sealed: Sealed
        switch wanted {
        case .newest(let height):
            guard let newest = try newestSealed(), newest.stateHeight >= height else { return nil }
            sealed = newest
        case .at(let height):
            guard let version = try rootVersion(atMost: height) else { throw gone(height) }
            guard let found = try self.sealed(ofState: version) else { return nil }
            sealed = found
        }
        guard let place = try await place(of: key, sealed) else {
            guard case .at(let height) = wanted else { return nil }
            throw NodeError(
                .gone, "the entry, or the one beside it, has changed since block \(height)",
                hint: "values are kept as they are now; ask without a height")
        }
        return Made(headerBytes: sealed.headerBytes, header: sealed.header, proof: place)
    }

    /// The proof under a header's root; `nil` where a value that it needs has changed since.
    private func place(of key: [UInt8], _ sealed: Sealed) async throws -> StateProof? {
        let store = reader.state.store
        let path = StateTree.path(of: key)
        let walk: StateProof.Walk
        do {
            let root = try StateTree.root(version: sealed.stateHeight, read: store.stateNode)
            guard root.hash == sealed.root else { throw gone(sealed.stateHeight) }
            walk = try StateProof.walk(to: path, root: root, read: store.stateNode)
        } catch is StatePageGone {
            throw gone(sealed.stateHeight)
        }
        let place: StateProof.Place
        switch walk.end {
        case .empty, .branch: place = .empty
        case .leaf(path, let leaf):
            guard let value = try store.value(for: key),
                StateTree.leaf(path: path, value: value) == leaf
            else { return nil }
            place = .present(value: value)
        case .leaf(let other, let leaf):
            guard let value = try await value(at: other),
                StateTree.leaf(path: other, value: value) == leaf
            else { return nil }
            place = .other(path: other, value: value)
        }
        let proof = StateProof(place: place, siblings: walk.siblings)
        guard proof.holds(key: key, root: sealed.root) else {
            throw NodeError(
                .damaged,
                "the state's pages do not lead to the root of block \(sealed.stateHeight)",
                hint: "move the state folder away; it is rebuilt from the chain")
        }
        return proof
    }

    private func gone(_ height: UInt64) -> NodeError {
        NodeError(
            .gone, "the state after block \(height) is not kept any more",
            hint: "ask for a newer height")
    }

    /// The newest version at or below a height whose root is kept.
    private func rootVersion(atMost height: UInt64) throws -> UInt64? {
        var found: UInt64?
        let start = PageName.versioned(PageName.root, height)
        try reader.state.store.forEach(.node, from: start) { name, _ in
            if let (place, version) = PageName.split(name), place.elementsEqual(PageName.root) {
                found = version
            }
            return .stop
        }
        return found
    }

    /// The newest header that carries a state root.
    private func newestSealed() throws -> Sealed? {
        guard let head = try reader.state.store.head()?.height else { return nil }
        var height = head
        while head - height < StateProofMaker.unsealedBlocksMax {
            guard let bytes = try reader.headerBytes(height) else { return nil }
            if let sealed = try Sealed(bytes) { return sealed }
            guard height > 0 else { return nil }
            height -= 1
        }
        return nil
    }

    /// The header that carries the root of the state after block `version`: of that block, or,
    /// where the root is worked out beside the blocks, of a later one.
    private func sealed(ofState version: UInt64) throws -> Sealed? {
        guard let head = try reader.state.store.head()?.height else { return nil }
        var height = version
        while height <= head, height - version < StateProofMaker.unsealedBlocksMax {
            guard let bytes = try reader.headerBytes(height) else { return nil }
            if let sealed = try Sealed(bytes), sealed.stateHeight == version { return sealed }
            height += 1
        }
        return nil
    }

    /// The value of the entry whose path this is. Entries are kept by key, so they are looked
    /// through, a part at a time.
    private func value(at path: Digest) async throws -> [UInt8]? {
        var start: [UInt8] = []
        while true {
            var found: [UInt8]?
            var last: [UInt8]?
            var count = 0
            try reader.state.store.forEach(.state, from: start) { key, value in
                if StateTree.path(of: key) == path {
                    found = value
                    return .stop
                }
                last = key
                count += 1
                return count < StateProofMaker.scanned ? .continue : .stop
            }
            if let found { return found }
            guard count == StateProofMaker.scanned, let last else { return nil }
            start = last + [0]
            await Task.yield()
        }
    }
}
