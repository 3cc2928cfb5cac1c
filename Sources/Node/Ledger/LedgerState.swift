package import Contracts
import KeyValue
package import LedgerCore
package import Storage

/// The applied state of a channel, as everything above the store reads it.
package struct LedgerState: Sendable {
    package let store: any LedgerStore
    private let keys: KeyCache
    let people = PeopleCache()

    package init(store: any LedgerStore, keys: KeyCache = KeyCache()) {
        self.store = store
        self.keys = keys
    }

    /// The applied entries, as contracts read them.
    package var overlay: StateOverlay {
        StateOverlay(base: { try store.value(for: $0) }, members: { try members() })
    }

    /// All members.
    package func members() throws -> [Identifier] {
        var members = [Identifier]()
        try entries(prefix: StateKey.memberPrefix) { key, _ in
            if let member = StateKey.memberID(inKey: key) { members.append(member) }
        }
        return members
    }

    /// Which versions of which contracts the ledger runs, which are paused, and what waits.
    package func contracts() throws -> WireContractsState {
        try ContractVersions.table(overlay)
    }

    /// A person's member, roles and live keys.
    package func person(_ id: Identifier) throws -> WirePersonState? {
        try overlay.value(.person(id), as: WirePersonState.self)
    }

    /// A key with its holder, also a revoked one.
    package func keyState(_ id: Digest) throws -> WireKeyState? {
        try overlay.value(.key(id), as: WireKeyState.self)
    }

    /// A node with its keys.
    package func node(_ id: Identifier) throws -> WireNodeState? {
        try overlay.value(.node(id), as: WireNodeState.self)
    }

    /// A member with its checkpoint key.
    package func member(_ id: Identifier) throws -> WireMemberState? {
        try overlay.value(.member(id), as: WireMemberState.self)
    }

    /// A record's custodian and newest version.
    package func record(_ id: Identifier) throws -> WireRecordState? {
        try overlay.value(.record(id), as: WireRecordState.self)
    }

    /// What became of a proposed intent, by the intent's id; `nil` where it was never proposed, or
    /// so long ago that it cannot be again.
    package func proposal(_ intent: Digest) throws -> WireProposalState? {
        try overlay.value(.proposal(intent), as: WireProposalState.self)
    }

    /// All proposals that the ledger keeps, by id: at most some hundred for each member.
    package func proposals() throws -> [(Digest, WireProposalState)] {
        var found = [(Digest, WireProposalState)]()
        try entries(prefix: StateKey.proposalPrefix) { key, _ in
            guard let id = Digest(key.dropFirst()), let one = try proposal(id) else { return }
            found.append((id, one))
        }
        return found
    }

    /// A claim that is held at `nowMs`.
    package func claim(
        _ id: Digest, of member: Identifier, nowMs: UInt64
    ) throws -> WireClaimState? {
        guard let claim = try overlay.value(.claim(id, of: member), as: WireClaimState.self),
            claim.expiresMs == 0 || claim.expiresMs > nowMs
        else { return nil }
        return claim
    }

    /// What the network agreed on at genesis.
    package func parameters() throws -> WireParameters {
        try overlay.value(.parameters, as: WireParameters.self) ?? WireParameters()
    }

    /// The parsed key with that id.
    package func key(_ id: Digest) throws -> (PublicKey, ParsedKey)? {
        try keys.key(id) { id in
            guard let entry = try keyState(id) else { return nil }
            return try PublicKey(entry.key)
        }
    }

    /// Entries of one kind, by key prefix, in order.
    package func entries(
        prefix: [UInt8], _ body: (_ key: [UInt8], _ value: [UInt8]) throws -> Void
    ) throws {
        try store.forEach(.state, from: prefix) { key, value in
            guard key.starts(with: prefix) else { return .stop }
            try body(key, value)
            return .continue
        }
    }

    /// Runs batches of this channel.
    package func execution(
        network: Digest, channel: String, ordering: Header.Ordering = .local,
        sealed: ((BegunSeal) throws -> SealedState)? = nil
    ) -> Execution {
        Execution(
            network: network, channel: channel, ordering: ordering,
            entry: { try store.value(for: $0) }, page: { try store.stateNode($0) },
            isAccepted: { try store.transaction($0) != nil }, members: { try members() },
            lookUp: { try store.lookUp(entries: $0, transactions: $1) }, sealed: sealed)
    }
}

extension LedgerTip {
    /// What the store keeps of the tip as its head; the log's edge and the unsealed entries are
    /// read back from tiles and rows.
    package var headBytes: [UInt8] {
        func big(_ value: UInt64) -> [UInt8] {
            withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) }
        }
        return big(height) + big(timeMs) + big(log.size) + hash.bytes + big(begun?.height ?? 0)
    }

    /// The tip that a store's head, tiles and rows describe; `nil` for an empty store.
    package init?(readFrom store: any LedgerStore) throws {
        guard let head = try store.head()?.bytes else { return nil }
        let damaged = NodeError(
            .damaged, "the head of the applied state does not read back",
            hint: "move the state folder away; it is rebuilt from the chain at the next start")
        // Before seals were begun in one block and ended in another, the last eight were not there.
        let end = 24 + Digest.size
        guard head.count == end || head.count == end + 8, let hash = Digest(head[24..<end])
        else { throw damaged }
        func big(_ start: Int) -> UInt64 {
            head[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
        guard
            let log = try LogTree(
                size: big(16), tile: { try Tiles.read($0, $1, from: store) })
        else { throw damaged }
        self.init(height: big(0), hash: hash, timeMs: big(8), log: log)
        try store.forEach(.node, from: [UnsealedRow.prefix]) { name, bytes in
            try UnsealedRow.read(name: name, bytes: bytes, into: &self)
            return .continue
        }
        if head.count > end, big(end) > 0 { begunSeal(at: big(end)) }
    }
}

/// Tiles as the store keeps them: hashes one after the other.
package enum Tiles {
    /// The hashes of a tile; `nil` where there is none, or it is malformed.
    package static func read(
        _ level: UInt8, _ index: UInt64, from store: any LedgerStore
    ) throws -> [Digest]? {
        guard let bytes = try store.tile(level: level, index: index) else { return nil }
        guard bytes.count % Digest.size == 0 else { return nil }
        return stride(from: 0, to: bytes.count, by: Digest.size).compactMap {
            Digest(bytes[$0..<$0 + Digest.size])
        }
    }

    /// The stored form of a tile.
    package static func bytes(_ tile: LogTree.Tile) -> [UInt8] { tile.hashes.flatMap(\.bytes) }
}

extension ExecutedBlock {
    /// Everything that the store takes over with this block, in one batch.
    package func commit(at position: ChainPosition) -> LedgerCommit {
        var commit = LedgerCommit(
            height: tip.height, head: tip.headBytes,
            block: BlockPlace(position: position, firstLeaf: firstLeaf))
        commit.hash = tip.hash
        var leaf = firstLeaf
        for (index, outcome) in outcomes.enumerated() where outcome.refusal == nil {
            let place = TransactionPlace(height: tip.height, index: UInt32(index), leaf: leaf)
            commit.transactions.append((outcome.transaction.id, place))
            if outcome.transaction.intent.contract != Contracts.Name.records.rawValue {
                commit.membership.append((outcome.transaction.id, place))
            }
            leaf += 1
        }
        // In order, as the state's entries are: a store inserts neighbours faster.
        commit.transactions.sort { $0.id < $1.id }
        commit.stateWrites = writes.map { ($0.key, $0.value) }
        commit.former = former.map {
            (LedgerEntry.formerKey($0.path, replacedAt: tip.height), $0.value)
        }
        commit.nodes = pages.map { ($0.name, $0.bytes) }
        commit.tiles = tiles.map { ($0.level, $0.index, Tiles.bytes($0)) }
        return commit
    }
}
