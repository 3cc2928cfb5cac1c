package import LedgerCore

/// What one block wrote that the state tree does not hold yet.
package struct Unsealed: Hashable, Sendable {
    package let height: UInt64
    /// One for each entry that the block wrote.
    package let changes: [StateTree.Change]

    package init(height: UInt64, changes: [StateTree.Change]) {
        self.height = height
        self.changes = changes
    }
}

/// A state root with what the store keeps of the tree that leads to it.
package struct SealedState: Sendable {
    package let root: Digest
    /// Pages of this version alone. They MAY be stored at any time before the rows: nothing names
    /// them yet, and whoever works the seal out again comes to the same bytes.
    package var pages: [StateTree.PageWrite]
    /// What names the root; it goes with the block whose header carries it.
    package let rows: [StateTree.PageWrite]
}

/// A seal whose root no header carries yet: a later block's will.
///
/// The tree is brought up to date beside the blocks that follow, so that none of them waits for a
/// pass over everything that a second of full load has written.
package struct BegunSeal: Sendable {
    /// The block whose state it is.
    package let height: UInt64
    /// What that block and those before it wrote since the last seal, oldest first.
    package let blocks: [Unsealed]

    /// The root, and the pages that lead to it.
    ///
    /// - Parameters:
    ///   - page: reads stored pages.
    ///   - finished: where it is given, takes pages as soon as they are final; the result has the
    ///     others.
    package func sealed(
        page: @escaping ([UInt8]) throws -> [UInt8]?,
        finished: (([StateTree.PageWrite]) throws -> Void)? = nil
    ) throws -> SealedState {
        var update = StateTreeUpdate(version: height, read: page, finished: finished)
        let root = try update.apply(newest)
        return SealedState(root: root, pages: update.pages, rows: update.rootRows)
    }

    /// The newest change of each entry, by path.
    private var newest: [StateTree.Change] {
        if blocks.count <= 1 { return blocks.first?.changes ?? [] }
        let all = blocks.flatMap(\.changes)
        let order = all.indices.sorted {
            all[$0].path == all[$1].path ? $0 < $1 : all[$0].path < all[$1].path
        }
        return order.indices.compactMap { place in
            let change = all[order[place]]
            let isLast = place + 1 == order.count || all[order[place + 1]].path != change.path
            return isLast ? change : nil
        }
    }
}

/// What a header says of the state, and what the store keeps for it.
struct HeaderState {
    var root: Digest?
    /// How many blocks before this one the state was as the root says.
    var lag: UInt64 = 0
    var pages: [StateTree.PageWrite]
}

extension LedgerTip {
    /// Takes over what a block wrote and seals as its batch demands. Until a root is in a header,
    /// rows keep what it covers, so that a restart knows it without replay.
    mutating func seal(
        _ seal: Batch.Seal, height: UInt64, changes: [StateTree.Change], by execution: Execution
    ) throws -> HeaderState {
        if !changes.isEmpty { unsealed.append(Unsealed(height: height, changes: changes)) }
        let row = changes.isEmpty ? [] : [UnsealedRow.write(height: height, changes)]
        switch seal {
        case .none: return HeaderState(pages: row)
        case .now: return try sealNow(height, execution)
        case .begin:
            let before = begun
            begun = BegunSeal(height: height, blocks: unsealed)
            unsealed = []
            guard let before else { return HeaderState(pages: row) }
            let done = try execution.sealed(before)
            let rows = before.blocks.map { UnsealedRow.clear(height: $0.height) }
            return HeaderState(
                root: done.root, lag: height - before.height,
                pages: done.pages + done.rows + rows + row)
        }
    }

    /// The root of this very block's state.
    private mutating func sealNow(
        _ height: UInt64, _ execution: Execution
    ) throws -> HeaderState {
        // This block's row was never written.
        var rows = unsealed.map(\.height).filter { $0 != height }
        var pages = [StateTree.PageWrite]()
        var read = execution.page
        if let begun {
            let before = try execution.sealed(begun)
            rows += begun.blocks.map(\.height)
            let all = before.pages + before.rows
            let written = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.bytes) })
            // The newest root's row comes with this very block's root.
            pages = all.filter { $0.name != PageName.root }
            read = { name in
                if let bytes = written[name] { return bytes }
                return try execution.page(name)
            }
        }
        let done = try BegunSeal(height: height, blocks: unsealed).sealed(page: read)
        unsealed = []
        begun = nil
        return HeaderState(
            root: done.root,
            pages: pages + done.pages + done.rows
                + rows.sorted().map { UnsealedRow.clear(height: $0) })
    }

    /// Splits what was read back: the rows up to `height` are those of a seal that was begun there.
    package mutating func begunSeal(at height: UInt64) {
        let blocks = unsealed.filter { $0.height <= height }
        unsealed.removeAll { $0.height <= height }
        begun = BegunSeal(height: height, blocks: blocks)
    }
}

/// Rows beside the state-tree pages: what was written at a height after the last seal.
package enum UnsealedRow {
    /// First byte of a row's name; no page's name starts with it.
    package static let prefix: UInt8 = 0xff

    static func name(_ height: UInt64) -> [UInt8] {
        [prefix] + withUnsafeBytes(of: height.bigEndian) { [UInt8]($0) }
    }

    static func clear(height: UInt64) -> StateTree.PageWrite {
        StateTree.PageWrite(name: name(height), bytes: nil)
    }

    static func write(height: UInt64, _ changes: [StateTree.Change]) -> StateTree.PageWrite {
        var bytes = [UInt8]()
        bytes.reserveCapacity(
            changes.reduce(0) { $0 + StateKeyCoding.size($1.key[...]) + Digest.size })
        for change in changes {
            StateKeyCoding.append(change.key[...], to: &bytes)
            (change.leaf ?? .zero).withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
        return StateTree.PageWrite(name: name(height), bytes: bytes)
    }

    /// Adds a stored row to a tip that is being read back; rows come in order of height.
    package static func read(
        name: [UInt8], bytes: [UInt8], into tip: inout LedgerTip
    ) throws(MalformedBytes) {
        guard name.count == 9, name[0] == prefix else {
            throw MalformedBytes("unsealed row", .badField)
        }
        var changes = [StateTree.Change]()
        var position = 0
        while position < bytes.count {
            let key = Array(try StateKeyCoding.take(from: bytes, &position))
            guard let leaf = Digest(bytes[position...].prefix(Digest.size)) else {
                throw MalformedBytes("unsealed row", .badField)
            }
            position += Digest.size
            changes.append(
                StateTree.Change(
                    key: key, path: StateTree.path(of: key), leaf: leaf == .zero ? nil : leaf))
        }
        tip.unsealed.append(
            Unsealed(
                height: name.dropFirst().reduce(0) { $0 << 8 | UInt64($1) }, changes: changes))
    }
}
