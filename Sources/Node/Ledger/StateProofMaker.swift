import KeyValue
package import LedgerCore
import Storage

/// Shows what the state held, from the pages of its tree, at any height that is kept.
///
/// Pages have versions, so that the tree of an older height is read as it was; and what replaces an
/// entry leaves its value of before. A proof costs one way down the tree and at most two reads of
/// values, at whatever height and of however large a state.
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

    /// How long a state that is not yet sealed is waited for.
    static let waitMs = 5_000
    private static let pollMs = 20
    /// Blocks without a state root, one after the other: under full load a second of them.
    private static let unsealedBlocksMax: UInt64 = 100_000

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
    /// - Throws: ``NodeError/Code-swift.enum/unavailable`` where no state root that covers that
    ///   block came in time; ``NodeError/Code-swift.enum/gone`` where that height's state is not
    ///   kept any more; ``NodeError/Code-swift.enum/notFound`` for a height that is yet to come.
    package func proof(key: [UInt8], _ wanted: Wanted) async throws -> Made {
        if case .at(let height) = wanted { try requireReached(height) }
        let end = ContinuousClock.now + .milliseconds(StateProofMaker.waitMs)
        while true {
            if let made = try attempt(key: key, wanted) { return made }
            guard ContinuousClock.now < end else {
                throw NodeError(
                    .unavailable, "no state root that covers this block came in time",
                    hint: "try again in a moment; under load a root comes every second")
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
    private func attempt(key: [UInt8], _ wanted: Wanted) throws -> Made? {
        let sealed: Sealed
        switch wanted {
        case .newest(let height):
            guard let newest = try newestSealed(), newest.stateHeight >= height else { return nil }
            sealed = newest
        case .at(let height):
            let store = reader.state.store
            guard let version = try store.stateVersion(atMost: height) else { throw gone(height) }
            guard let found = try self.sealed(ofState: version) else { return nil }
            try requireNewest(found, atMost: height)
            sealed = found
        }
        let proof = try proof(of: key, sealed)
        return Made(headerBytes: sealed.headerBytes, header: sealed.header, proof: proof)
    }

    /// The proof under a header's root.
    private func proof(of key: [UInt8], _ sealed: Sealed) throws -> StateProof {
        let store = reader.state.store
        guard let proof = try store.stateProof(of: key, version: sealed.stateHeight) else {
            throw gone(sealed.stateHeight)
        }
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

    /// Throws unless that root is the newest at or below the height also by the chain: old roots
    /// are let go by and by, and an older one may stay a little longer than a newer one.
    private func requireNewest(_ sealed: Sealed, atMost height: UInt64) throws {
        let head = try reader.state.store.head()?.height ?? 0
        var next = sealed.header.height + 1
        while next <= head, next - sealed.header.height < StateProofMaker.unsealedBlocksMax {
            guard let header = try reader.header(next) else { return }
            if header.stateRoot != nil {
                if header.height - header.stateLag <= height { throw gone(height) }
                return
            }
            next += 1
        }
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
}
