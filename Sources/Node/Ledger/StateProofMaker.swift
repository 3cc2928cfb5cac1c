import Contracts
import KeyValue
import LedgerCore
import Storage

/// Shows what the state held, from the pages of its tree.
///
/// The pages are those of the newest state root that a header carries. Values are read from the
/// applied state; where an entry has changed since, the next root is waited for.
struct StateProofMaker: Sendable {
    let reader: LedgerReader

    /// How long a changing entry, or a state that is not yet sealed, is waited for.
    static let waitMs = 5_000
    private static let pollMs = 20
    /// Blocks without a state root, one after the other: under full load a second of them.
    private static let unsealedBlocksMax: UInt64 = 100_000
    /// Entries looked through in one go when another entry's value is sought.
    private static let scanned = 4_096

    /// A proof of one entry under the root of `headerBytes`.
    struct Made: Sendable {
        let headerBytes: [UInt8]
        let header: Header
        let proof: StateProof
    }

    /// Proves what the entry with this key is after block `height` or later.
    ///
    /// - Throws: ``NodeError/Code-swift.enum/unavailable`` where no state root came in time that
    ///   covers that block and the entry as it is now.
    func proof(key: [UInt8], atLeast height: UInt64) async throws -> Made {
        let end = ContinuousClock.now + .milliseconds(StateProofMaker.waitMs)
        while true {
            if let made = try await attempt(key: key, atLeast: height) { return made }
            guard ContinuousClock.now < end else {
                throw NodeError(
                    .unavailable, "no state root covers this entry as it is now",
                    hint: "try again once fewer writes change it")
            }
            try await Task.sleep(for: .milliseconds(StateProofMaker.pollMs))
        }
    }

    /// `nil` where the pages, the header and the entries that were read are not of one state.
    private func attempt(key: [UInt8], atLeast height: UInt64) async throws -> Made? {
        guard let sealed = try sealed(), let root = sealed.header.stateRoot,
            sealed.header.height - sealed.header.stateLag >= height
        else { return nil }
        let store = reader.state.store
        let tree = StoredStateTree(read: { try store.stateNode($0) })
        let path = StateTree.path(of: key)
        // Blocks may be applied while pages are read; the root tells.
        guard let slot = try? tree.root(), slot.hash == root,
            let walk = try? StateProof.walk(to: path, root: slot, page: { try tree.page($0, $1) })
        else { return nil }
        let place: StateProof.Place
        switch walk.end {
        case .empty, .branch: place = .empty
        case .leaf(path, _):
            guard let value = try store.value(for: key) else { return nil }
            place = .present(value: value)
        case .leaf(let other, _):
            guard let value = try await value(at: other) else { return nil }
            place = .other(path: other, value: value)
        }
        let proof = StateProof(place: place, siblings: walk.siblings)
        guard proof.holds(key: key, root: root) else { return nil }
        return Made(headerBytes: sealed.bytes, header: sealed.header, proof: proof)
    }

    /// The newest header that carries a state root.
    private func sealed() throws -> (header: Header, bytes: [UInt8])? {
        guard let head = try reader.state.store.head()?.height else { return nil }
        var height = head
        while head - height < StateProofMaker.unsealedBlocksMax {
            guard let block = try reader.block(height) else { return nil }
            let header = try Header(bytes: block.headerBytes)
            if header.stateRoot != nil { return (header, block.headerBytes) }
            guard height > 0 else { return nil }
            height -= 1
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
