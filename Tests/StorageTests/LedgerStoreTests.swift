import Foundation
import KeyValue
import LedgerCore
import Storage
import TestSupport
import Testing

/// What every implementation does; each test runs on all.
enum StoreKind: CaseIterable, Sendable {
    case memory
    case rocks

    func make(_ folder: TestFolder) throws -> any LedgerStore {
        switch self {
        case .memory: MemoryLedgerStore()
        case .rocks: try RocksLedgerStore(directory: folder.path)
        }
    }
}

/// Commits at random over few keys, so that writes meet deletions and each other.
struct CommitStream {
    var generator: SeededGenerator
    var height: UInt64 = 0

    init(_ generator: SeededGenerator) { self.generator = generator }

    init(seed: UInt64) { self.init(SeededGenerator(seed: seed)) }

    mutating func next() -> LedgerCommit {
        let place = BlockPlace(
            position: ChainPosition(segment: 0, offset: height * 100, length: 7), firstLeaf: height)
        var commit = LedgerCommit(height: height, head: generator.payload(upTo: 40), block: place)
        for _ in 0..<10 {
            commit.stateWrites.append((key(), value()))
            commit.nodes.append((key(), value()))
            commit.former.append((key(), generator.payload(upTo: 50)))
            let level = UInt8.random(in: 0...2, using: &generator)
            let index = UInt64.random(in: 0...300, using: &generator)
            commit.tiles.append((level, index, generator.payload(upTo: 64)))
            let id = Digest.sha256(generator.payload(upTo: 32))
            let place = TransactionPlace(height: height, index: 3, leaf: height * 9)
            commit.transactions.append((id, place))
            if Bool.random(using: &generator) { commit.membership.append((id, place)) }
        }
        commit.hash = Digest.sha256(generator.payload(upTo: 32))
        height += 1
        return commit
    }

    private mutating func key() -> [UInt8] { [UInt8.random(in: 0...255, using: &generator), 0xFF] }

    private mutating func value() -> [UInt8]? {
        Int.random(in: 0..<3, using: &generator) == 0 ? nil : generator.payload(upTo: 50)
    }
}

@Suite struct LedgerStoreTests {
    @Test(arguments: StoreKind.allCases)
    func lookupsGiveWhatWasCommitted(kind: StoreKind) throws {
        let folder = TestFolder()
        let store = try kind.make(folder)
        #expect(try store.head() == nil)
        let id = Digest.sha256([1])
        let position = ChainPosition(segment: 3, offset: 160, length: 9)
        let block = BlockPlace(position: position, firstLeaf: 1 << 40)
        var commit = LedgerCommit(height: 5, head: [9, 9], block: block)
        commit.stateWrites = [([1], [10]), ([2], [20]), ([2], nil), ([3], [30])]
        commit.nodes = [([1], [11]), ([], [12])]
        commit.tiles = [(2, 300, [13])]
        let place = TransactionPlace(height: 5, index: 7, leaf: .max)
        commit.transactions = [(id, place)]
        commit.hash = Digest.sha256([2])
        try store.commit(commit)
        #expect(try store.value(for: [1]) == [10])
        #expect(try store.value(for: [2]) == nil)
        #expect(try store.values(for: [[3], [4], [1]]) == [[30], nil, [10]])
        #expect(try store.stateNode([1]) == [11])
        #expect(try store.stateNode([]) == [12])
        #expect(try store.tile(level: 2, index: 300) == [13])
        #expect(try store.tile(level: 3, index: 300) == nil)
        #expect(try store.transaction(id) == place)
        #expect(try store.transaction(.zero) == nil)
        #expect(try store.block(5) == block)
        #expect(try store.block(6) == nil)
        #expect(try store.head() == AppliedHead(height: 5, bytes: [9, 9]))
        #expect(try store.height(ofBlock: Digest.sha256([2])) == 5)
        #expect(try store.height(ofBlock: id) == nil)
        try store.flush()
    }

    @Test(arguments: StoreKind.allCases)
    func heightsAreConsecutive(kind: StoreKind) throws {
        let folder = TestFolder()
        let store = try kind.make(folder)
        var stream = CommitStream(seed: 1)
        try store.commit(stream.next())
        _ = stream.next()
        var skipped = stream.next()
        skipped.stateWrites = [([77], [1])]
        #expect(throws: LedgerStoreError.heightUnexpected(given: 2, next: 1)) {
            try store.commit(skipped)
        }
        #expect(try store.value(for: [77]) == nil)
        #expect(try store.head()?.height == 0)
    }

    @Test(arguments: StoreKind.allCases)
    func iterationIsOrderedAndStartsWhereAsked(kind: StoreKind) throws {
        let folder = TestFolder()
        let store = try kind.make(folder)
        var stream = CommitStream(seed: 2)
        for _ in 0..<300 { try store.commit(stream.next()) }
        var keys = [[UInt8]]()
        try store.forEachStateEntry { key, value in
            keys.append(key)
            let found = try store.value(for: key)
            #expect(found == value)
            return .continue
        }
        #expect(keys.count > 50)
        #expect(zip(keys, keys.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
        var rest = [[UInt8]]()
        try store.forEachStateEntry(from: keys[20]) { key, _ in
            rest.append(key)
            return rest.count == 10 ? .stop : .continue
        }
        #expect(rest == Array(keys[20..<30]))
        var heights = [UInt64]()
        try store.forEachBlock(from: 250) { height, place in
            heights.append(height)
            #expect(place.position.offset == height * 100)
            return .continue
        }
        #expect(heights == Array(250..<300))
        var last: (UInt8, UInt64)?
        try store.forEachTile { level, index, _ in
            if let last { #expect(last < (level, index)) }
            last = (level, index)
            return .continue
        }
        var transactions = 0
        try store.forEachTransaction { id, place in
            transactions += 1
            let found = try store.transaction(id)
            #expect(found == place)
            return .continue
        }
        #expect(transactions > 1_000)
    }

    @Test func bothImplementationsHoldTheSame() async throws {
        for await item in Soak.cases(usual: 1, long: 150) { try compareImplementations(item) }
    }

    private func compareImplementations(_ item: SeededCase) throws {
        let folder = TestFolder()
        let rocks = try RocksLedgerStore(directory: folder.path)
        let memory = MemoryLedgerStore()
        var stream = CommitStream(item.random)
        var digests = Set<Digest>()
        for round in 0..<200 {
            let commit = stream.next()
            try rocks.commit(commit)
            try memory.commit(commit)
            guard round % 20 == 0 else { continue }
            for kind in LedgerKind.allCases {
                let digest = try memory.contentDigest(kind)
                #expect(try rocks.contentDigest(kind) == digest, "\(item): \(kind)")
                digests.insert(digest)
            }
        }
        // Ten rounds, every kind different in each; commits write nothing of what snapshots bring.
        #expect(digests.count == 10 * (LedgerKind.allCases.count - 2) + 2, "\(item)")
    }

    @Test func whatIsLoadedIsThereAndAMomentStaysAsItWas() throws {
        let folder = TestFolder()
        var stream = CommitStream(seed: 11)
        let rows = LedgerKind.allCases.filter { $0 != .head }.flatMap { kind in
            (0..<40).map { LedgerRow(kind, [UInt8($0), 1, 2, 3, 4, 5, 6, 7], [UInt8($0)]) }
        }
        var digests = [Set<Digest>]()
        for store: any LedgerStore in [
            try RocksLedgerStore(directory: folder.path), MemoryLedgerStore(),
        ] {
            try store.load(Array(rows.prefix(100)), head: nil)
            #expect(try store.head() == nil)
            _ = stream.next()
            let first = stream.next()
            let head = AppliedHead(height: first.height - 1, bytes: [1, 2, 3])
            try store.load(Array(rows.dropFirst(100)), head: head)
            #expect(try store.head() == head)
            #expect(throws: LedgerStoreError.notEmpty) { try store.load([], head: nil) }
            #expect(try store.header(0x0001_0203_0405_0607) == [0])
            digests.append(Set(try LedgerKind.allCases.map { try store.contentDigest($0) }))
            let moment = try store.stateMoment()
            func count() throws -> Int {
                var count = 0
                try moment.forEach { key, value in
                    #expect(value == [key[0]])
                    count += 1
                }
                return count
            }
            #expect(try count() == 40)
            var commit = first
            commit.stateWrites = rows.filter { $0.kind == .state }.map { ($0.key, nil) }
            try store.commit(commit)
            #expect(try store.value(for: rows[0].key) == nil)
            // Again and again the same.
            #expect(try count() == 40)
            moment.release()
            store.close()
            stream = CommitStream(seed: 11)
        }
        #expect(digests[0] == digests[1])
    }

    @Test func theFolderHoldsTheLastCommitAndAReaderChangesNothing() throws {
        let folder = TestFolder()
        let state = folder.path + "/state"
        var stream = CommitStream(seed: 3)
        let store = try RocksLedgerStore(directory: state)
        for _ in 0..<50 { try store.commit(stream.next()) }
        let digests = try LedgerKind.allCases.map { try store.contentDigest($0) }
        let head = try store.head()
        store.close()
        let before = try folder.contents()
        let reader = try RocksLedgerStore(directory: state, readOnly: true)
        #expect(try reader.head() == head)
        #expect(try LedgerKind.allCases.map { try reader.contentDigest($0) } == digests)
        #expect(try reader.verifyChecksums() > 500)
        #expect(throws: KeyValueError.self) { try reader.commit(stream.next()) }
        reader.close()
        let isUntouched = try folder.contents() == before
        #expect(isUntouched)
    }

    @Test func whatAKillLeavesIsAsOfOneCommit() throws {
        // A copy of the folder is what a kill leaves: the memory is lost, the files stay. So few
        // flushes start no compaction, which could change the folder under the copy.
        let folder = TestFolder()
        let state = folder.path + "/state"
        let store = try RocksLedgerStore(directory: state)
        var stream = CommitStream(seed: 4)
        var heights = Set<UInt64>()
        for round in 0..<300 {
            try store.commit(stream.next())
            guard round % 60 == 59 else { continue }
            if round % 120 == 59 { try store.flush() }
            let copy = folder.path + "/copy-\(round)"
            try FileManager.default.copyItem(atPath: state, toPath: copy)
            let again = try RocksLedgerStore(directory: copy)
            guard let height = try again.head()?.height else { continue }
            heights.insert(height)
            var replay = CommitStream(seed: 4)
            let expected = MemoryLedgerStore()
            while replay.height <= height { try expected.commit(replay.next()) }
            for kind in LedgerKind.allCases {
                #expect(try again.contentDigest(kind) == expected.contentDigest(kind))
            }
        }
        #expect(heights == [59, 179, 299])
    }
}
