import LedgerCore
import TestSupport
import Testing

/// The tree's definition, straight from its documentation, over the whole set at once.
private func naiveRoot(_ entries: [(path: Digest, leaf: Digest)], depth: Int = 0) -> Digest {
    if entries.count < 2 { return entries.first?.leaf ?? .zero }
    let left = naiveRoot(entries.filter { !$0.path.bit(depth) }, depth: depth + 1)
    let right = naiveRoot(entries.filter { $0.path.bit(depth) }, depth: depth + 1)
    return Domain.stateNode.digest(left.bytes, right.bytes)
}

/// State entries and their tree, kept as a store would keep them.
private struct Kept {
    var pages: [[UInt8]: [UInt8]] = [:]
    var entries: [Digest: Digest] = [:]

    mutating func apply(_ changes: [StateTree.Change]) throws -> Digest {
        let stored = pages
        var update = StateTreeUpdate(read: { stored[$0] })
        let root = try update.apply(changes)
        for page in update.pages { pages[page.name] = page.bytes }
        for change in changes { entries[change.path] = change.leaf }
        return root
    }

    var naive: Digest { naiveRoot(entries.map { ($0.key, $0.value) }) }
}

@Suite struct StateTreeTests {
    private func change(_ number: Int, _ value: Int?) -> StateTree.Change {
        let path = StateTree.path(of: Array("key \(number)".utf8))
        return StateTree.Change(
            path: path,
            leaf: value.map { StateTree.leaf(path: path, value: Array("value \($0)".utf8)) })
    }

    @Test func anyHistoryGivesTheRootOfItsSet() async throws {
        for await item in Soak.cases(usual: 6, long: 1_000, pinned: 1) { try checkHistory(item) }
    }

    private func checkHistory(_ item: SeededCase) throws {
        var random = item.random
        var kept = Kept()
        for round in 0..<60 {
            var batch: [Int: Int?] = [:]
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                let removes = Int.random(in: 0..<5, using: &random) < (round < 40 ? 1 : 4)
                let key = Int.random(in: 0..<300, using: &random)
                batch[key] = .some(removes ? nil : Int.random(in: 0..<9, using: &random))
            }
            let root = try kept.apply(batch.map { change($0.key, $0.value) })
            #expect(root == kept.naive, "\(item): round \(round)")
        }
    }

    @Test func sameSetHasTheSamePagesWhateverItsHistory() throws {
        var straight = Kept()
        let root = try straight.apply((0..<500).map { change($0, $0) })
        var random = SeededGenerator(seed: 77)
        var winding = Kept()
        for number in (0..<800).shuffled(using: &random) {
            _ = try winding.apply([change(number, number + 1)])
        }
        _ = try winding.apply((500..<800).map { change($0, nil) }.shuffled(using: &random))
        let again = try winding.apply((0..<500).map { change($0, $0) }.shuffled(using: &random))
        #expect(again == root)
        #expect(winding.pages == straight.pages)
    }

    @Test func emptiedTreeIsZeroAndKeepsNoPageButTheRoot() throws {
        var kept = Kept()
        #expect(try kept.apply([]) == .zero)
        _ = try kept.apply((0..<200).map { change($0, $0) })
        #expect(kept.pages.count > 10)
        #expect(try kept.apply((0..<200).map { change($0, nil) }) == .zero)
        #expect(kept.pages.keys.sorted { $0.count < $1.count } == [StateTreeUpdate.rootName])
    }

    @Test func removalCollapsesToTheLastLeaf() throws {
        var kept = Kept()
        _ = try kept.apply((0..<50).map { change($0, $0) })
        let root = try kept.apply((1..<50).map { change($0, nil) })
        #expect(root == change(0, 0).leaf)
        #expect(kept.pages.count == 1)
    }

    @Test func removingWhatIsNotThereChangesNothing() throws {
        var kept = Kept()
        let root = try kept.apply((0..<50).map { change($0, $0) })
        let pages = kept.pages
        #expect(try kept.apply((900..<990).map { change($0, nil) }) == root)
        #expect(kept.pages == pages)
    }

    @Test func keysThatPartLateStayApart() throws {
        var kept = Kept()
        let value = leaf(1)
        for last in [UInt8(0), 1, 0x10, 0xff] {
            for place in [31, 30, 16, 1] {
                var path = [UInt8](repeating: 0xab, count: 32)
                path[place] = last
                let change = StateTree.Change(path: try #require(Digest(path)), leaf: value)
                #expect(try kept.apply([change]) == kept.naive)
            }
        }
        for path in kept.entries.keys.sorted() {
            #expect(try kept.apply([StateTree.Change(path: path, leaf: nil)]) == kept.naive)
        }
        #expect(kept.pages.count == 1)
    }

    @Test func emptyValueIsNotAbsence() {
        let path = StateTree.path(of: [1])
        #expect(StateTree.leaf(path: path, value: []) != .zero)
        #expect(StateTree.leaf(path: path, value: []) != StateTree.leaf(path: path, value: [0]))
    }

    @Test func damagedOrMissingPageIsAnErrorNotARoot() throws {
        var kept = Kept()
        _ = try kept.apply((0..<100).map { change($0, $0) })
        for name in kept.pages.keys.sorted(by: { $0.count < $1.count }).prefix(8) {
            let bytes = try #require(kept.pages[name])
            for damaged in [Array(bytes.dropLast()), bytes + [0], [9] + bytes.dropFirst()] {
                var copy = kept
                copy.pages[name] = damaged
                #expect(throws: MalformedBytes.self) {
                    _ = try copy.apply((0..<100).map { change($0, 1) })
                }
            }
            guard name != StateTreeUpdate.rootName else { continue }
            var copy = kept
            copy.pages[name] = nil
            #expect(throws: MalformedBytes.self) {
                _ = try copy.apply((0..<100).map { change($0, 1) })
            }
        }
    }
}
