import Contracts
import Identity
import KeyValue
import LedgerCore
import Node
import Storage
import TestSupport
import Testing

@Suite("Proofs of the state at older heights", .timeLimit(.minutes(2)))
struct StateHeightTests {
    /// A node with some records, each written after a state root that shows the one before.
    private struct Ward {
        let folder: TestFolder
        let node: TestNode
        var records: [Node.VersionRow] = []
        /// Of the states whose roots show the first, the first two … records.
        var heights: [UInt64] = []

        init(records count: Int) async throws {
            folder = try TestFolder()
            node = try TestNode(folder.path)
            for number in 0..<count {
                let written = try await node.node.records.create(
                    type: "Patient", body: NodeLifeTests.patient("Number \(number)"),
                    node.request())
                records.append(try required(written.row))
                heights.append(try await maker.proof(key: key(number), newest()).stateHeight)
            }
        }

        var maker: StateProofMaker { StateProofMaker(reader: node.node.reader) }

        func key(_ number: Int) -> [UInt8] { StateKey.record(records[number].record).bytes }

        /// With what is applied now.
        func newest() -> StateProofMaker.Wanted {
            .newest(atLeast: node.node.engine.head.tip.height)
        }

        /// The ledger's rows in memory, where pruning lets go at once.
        func copied(
            without lost: [UInt8]? = nil
        ) throws -> (store: MemoryLedgerStore, maker: StateProofMaker) {
            let store = node.node.reader.state.store
            var rows: [LedgerRow] = []
            for kind in LedgerKind.allCases where kind != .head {
                try store.forEach(kind, from: []) { key, value in
                    if key != lost { rows.append(LedgerRow(kind, key, value)) }
                    return .continue
                }
            }
            let memory = MemoryLedgerStore()
            try memory.load(rows, head: try store.head())
            let reader = LedgerReader(
                state: LedgerState(store: memory), chain: node.node.reader.chain)
            return (memory, StateProofMaker(reader: reader))
        }
    }

    /// What a maker says of an entry at a height: whether it was there; checked against the header.
    private func found(
        _ ward: Ward, _ key: [UInt8], at height: UInt64, by maker: StateProofMaker? = nil
    ) async throws -> Bool {
        let made = try await (maker ?? ward.maker).proof(key: key, .at(height))
        #expect(made.stateHeight <= height)
        let sealed = try ward.node.node.reader.headerBytes(made.header.height)
        #expect(made.headerBytes == sealed)
        let root = try #require(made.header.stateRoot)
        #expect(made.proof.holds(key: key, root: root))
        return made.proof.isPresent
    }

    private func reason(
        _ maker: StateProofMaker, _ key: [UInt8], at height: UInt64
    ) async throws -> String {
        do {
            _ = try await maker.proof(key: key, .at(height))
            return "it was proved"
        } catch let error as NodeError {
            return "\(error.code.rawValue): \(error.message)"
        }
    }

    @Test func presenceAndAbsenceAreProvedAtEveryHeight() async throws {
        let ward = try await Ward(records: 6)
        #expect(Set(ward.heights).count == 6)
        for (written, height) in ward.heights.enumerated() {
            for number in 0..<6 {
                #expect(
                    try await found(ward, ward.key(number), at: height) == (number <= written),
                    "record \(number) at \(height)")
            }
        }
        // Between two roots the older one counts, and block 0 has the first.
        for height in 0...ward.node.node.engine.head.tip.height {
            let made = try await ward.maker.proof(key: ward.key(0), .at(height))
            #expect(made.stateHeight <= height)
            #expect(made.proof.isPresent == (made.stateHeight >= ward.heights[0]))
        }
        let member = StateKey.member(ward.node.node.identity.member).bytes
        #expect(try await found(ward, member, at: 0))
        let ahead = ward.node.node.engine.head.tip.height + 1
        #expect(
            try await reason(ward.maker, member, at: ahead)
                == "not-found: there is no block \(ahead) yet")
        try await ward.node.stop()
    }

    /// At every height that is kept, after changes, removals and entries that come back, and after
    /// restarts; at a height before those the answer is as it was, or that it is gone.
    @Test func whatHasChangedSinceIsShownAsItWas() async throws {
        let story = try await StateStory(SeededGenerator(announcing: #function))
        var random = SeededGenerator(seed: 3)
        for round in 1...3 {
            for _ in 0..<45 { try await story.write() }
            if round > 1 { try await story.restart() }
            let absent = (0..<30).map { _ in
                StateKey.record(Identifier(random.bytes(16)) ?? Identifier(using: &random)).bytes
            }
            var seen = StateStory.Seen()
            for height in (story.head - StateStory.historyBlocks)...story.head {
                for key in story.keys.union(absent) {
                    try await story.prove(key, at: height, into: &seen)
                }
            }
            #expect(seen.gone == 0)
            #expect(seen.present > 100 && seen.former > 20 && seen.removed > 20, "\(seen)")
            #expect(seen.empty > 100 && seen.other > 100, "\(seen)")
            for height in 0..<(story.head - StateStory.historyBlocks) {
                for key in story.keys { try await story.prove(key, at: height, into: &seen) }
            }
        }
        try await story.node.stop()
        #expect(try await DataVerifier(story.node.directory).run().findings == [])
    }

    @Test func aHeightWhosePagesArePrunedIsNamed() async throws {
        let ward = try await Ward(records: 5)
        let (memory, maker) = try ward.copied()
        #expect(try await found(ward, ward.key(0), at: ward.heights[0], by: maker))
        try memory.prune(below: ward.heights[2])
        for (written, height) in ward.heights.enumerated() {
            guard height >= ward.heights[2] else {
                #expect(
                    try await reason(maker, ward.key(0), at: height)
                        == "gone: the state after block \(height) is not kept any more")
                continue
            }
            for number in 0..<5 {
                let isThere = try await found(ward, ward.key(number), at: height, by: maker)
                #expect(isThere == (number <= written))
            }
        }
        // A root that is gone while an older one is still there is not answered by that one.
        let newer = PageName.versioned(PageName.root, ward.heights[3])
        let roots = try ward.copied(without: newer)
        #expect(try roots.store.stateVersion(atMost: ward.heights[3]) ?? 0 < ward.heights[3])
        #expect(
            try await reason(roots.maker, ward.key(0), at: ward.heights[3])
                == "gone: the state after block \(ward.heights[3]) is not kept any more")
        // A page that is gone while its root is still there is named alike.
        let root = PageName.versioned(PageName.root, ward.heights[4])
        let pages = try ward.copied()
        var names: [[UInt8]] = []
        try pages.store.forEach(.node, from: []) { name, _ in
            if PageName.split(name) != nil, name != root { names.append(name) }
            return .continue
        }
        try pages.store.store(nodes: names.map { ($0, []) })
        #expect(
            try await reason(pages.maker, ward.key(0), at: ward.heights[4])
                == "gone: the state after block \(ward.heights[4]) is not kept any more")
        try await ward.node.stop()
    }
}
