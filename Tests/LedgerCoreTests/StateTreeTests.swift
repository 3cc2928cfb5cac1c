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
    var version: UInt64 = 0

    mutating func apply(_ changes: [StateTree.Change]) throws -> Digest {
        let stored = pages
        var update = StateTreeUpdate(version: version, read: { stored[$0] })
        let root = try update.apply(changes)
        for page in update.pages + update.rootRows { pages[page.name] = page.bytes }
        version += 1
        for change in changes { entries[change.path] = change.leaf }
        return root
    }

    /// Every page that a version's root leads to, by place.
    func reachable(version: UInt64) throws -> [[StateTree.Slot]] {
        func pages(_ slot: StateTree.Slot, _ depth: Int, _ path: Digest) throws
            -> [[StateTree.Slot]]
        {
            guard case .branch(_, let version) = slot else { return [] }
            let slots = try StateTree.page(
                depth: depth, path, version: version, read: { self.pages[$0] })
            var found = [slots]
            for (nibble, slot) in slots.enumerated() {
                var bytes = path.bytes
                bytes[depth / 2] |= UInt8(depth % 2 == 0 ? nibble << 4 : nibble)
                found += try pages(slot, depth + 1, Digest(bytes) ?? .zero)
            }
            return found
        }
        return try pages(
            try StateTree.root(version: version, read: { self.pages[$0] }), 0, .zero)
    }

    var naive: Digest { naiveRoot(entries.map { ($0.key, $0.value) }) }
}

@Suite struct StateTreeTests {
    private func change(_ number: Int, _ value: Int?) -> StateTree.Change {
        StateTree.Change(
            key: Array("key \(number)".utf8), value: value.map { Array("value \($0)".utf8) })
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
        let plain = try straight.reachable(version: straight.version - 1)
        #expect(plain.count > 30)
        #expect(
            try winding.reachable(version: winding.version - 1).map { $0.map(\.hash) }
                == plain.map { $0.map(\.hash) })
    }

    @Test func everyVersionStaysReadable() async throws {
        for await item in Soak.cases(usual: 2, long: 60, pinned: 1) {
            var random = item.random
            var kept = Kept()
            var roots: [Digest] = []
            for _ in 0..<30 {
                let batch = (0..<12).map { _ in Int.random(in: 0..<200, using: &random) }
                roots.append(
                    try kept.apply(
                        Set(batch).map { number in
                            let removes = Int.random(in: 0..<3, using: &random) == 0
                            return change(number, removes ? nil : number + roots.count)
                        }))
            }
            for (version, root) in roots.enumerated() {
                let version = UInt64(version)
                let slot = try StateTree.root(version: version, read: { kept.pages[$0] })
                #expect(slot.hash == root, "\(item): \(version)")
                #expect(try kept.reachable(version: version).count > 0, "\(item): \(version)")
            }
        }
    }

    @Test func emptiedTreeIsZeroAndKeepsNoPageButTheRoot() throws {
        var kept = Kept()
        #expect(try kept.apply([]) == .zero)
        _ = try kept.apply((0..<200).map { change($0, $0) })
        #expect(kept.pages.count > 10)
        #expect(try kept.apply((0..<200).map { change($0, nil) }) == .zero)
        let left = try kept.reachable(version: kept.version - 1)
        #expect(left.isEmpty)
        #expect(kept.pages[PageName.root] == [0])
        // What was a page is marked as gone.
        for (name, bytes) in kept.pages {
            guard let (_, version) = PageName.split(name), name[0] != PageName.root[0] else {
                continue
            }
            #expect(bytes.isEmpty == (version == kept.version - 1))
        }
    }

    @Test func removalCollapsesToTheLastLeaf() throws {
        var kept = Kept()
        _ = try kept.apply((0..<50).map { change($0, $0) })
        let root = try kept.apply((1..<50).map { change($0, nil) })
        #expect(root == change(0, 0).leaf)
        #expect(try kept.reachable(version: 1).isEmpty)
    }

    @Test func removingWhatIsNotThereChangesNothing() throws {
        var kept = Kept()
        let root = try kept.apply((0..<50).map { change($0, $0) })
        let pages = kept.pages
        #expect(try kept.apply((900..<990).map { change($0, nil) }) == root)
        let added = kept.pages.filter { pages[$0.key] != $0.value }
        #expect(Array(added.keys) == [PageName.versioned(PageName.root, 1)])
    }

    @Test func keysThatPartLateStayApart() throws {
        var kept = Kept()
        // Of so many keys some have paths that are alike in 30 bits: pages down to depth 7.
        let changes = (0..<100_000).map { change($0, 1) }.sorted { $0.path < $1.path }
        func alike(_ place: Int) -> Int {
            let (one, other) = (changes[place].path, changes[place + 1].path)
            return (0..<256).first { one.bit($0) != other.bit($0) } ?? 256
        }
        let close = (0..<changes.count - 1).sorted { alike($0) > alike($1) }.prefix(12)
        #expect(alike(try #require(close.first)) >= 30)
        for place in close {
            for change in changes[place...(place + 1)] {
                #expect(try kept.apply([change]) == kept.naive)
            }
        }
        let depths = kept.pages.keys.filter { PageName.split($0) != nil }.compactMap(\.first)
        #expect(depths.contains(7))
        for change in changes where kept.entries[change.path] != nil {
            let removal = StateTree.Change(key: change.key, value: nil)
            #expect(try kept.apply([removal]) == kept.naive)
        }
        #expect(try kept.reachable(version: kept.version - 1).isEmpty)
    }

    /// Leaves are kept with their keys, by which their values are found.
    @Test func everyLeafHasItsKey() throws {
        var kept = Kept()
        let keys =
            [[], [7]] + [1, 17, 49, 255, 256, 300].map { [UInt8](repeating: 9, count: $0) }
        for count in 1...keys.count {
            _ = try kept.apply([StateTree.Change(key: keys[count - 1], value: [1])])
            let root = try StateTree.root(read: { kept.pages[$0] })
            let pages = try kept.reachable(version: UInt64(count - 1))
            let slots = count == 1 ? [root] : pages.flatMap { $0 }
            let found = slots.compactMap { slot in
                if case .leaf(let key, let hash) = slot { return (Array(key), hash) }
                return nil as ([UInt8], Digest)?
            }
            #expect(Set(found.map(\.0)) == Set(keys.prefix(count)))
            for (key, hash) in found {
                #expect(hash == StateTree.leaf(path: StateTree.path(of: key), value: [1]))
            }
        }
    }

    @Test func emptyValueIsNotAbsence() {
        let path = StateTree.path(of: [1])
        #expect(StateTree.leaf(path: path, value: []) != .zero)
        #expect(StateTree.leaf(path: path, value: []) != StateTree.leaf(path: path, value: [0]))
    }

    @Test func damagedOrMissingPageIsAnErrorNotARoot() throws {
        var kept = Kept()
        _ = try kept.apply((0..<100).map { change($0, $0) })
        let names = kept.pages.keys.filter { $0.count != 1 + PageName.versionSize || $0[0] == 0 }
        for name in names.sorted(by: { $0.count < $1.count }).prefix(8) {
            let bytes = try #require(kept.pages[name])
            for damaged in [Array(bytes.dropLast()), bytes + [0], [9] + bytes.dropFirst()] {
                var copy = kept
                copy.pages[name] = damaged
                #expect(throws: MalformedBytes.self) {
                    _ = try copy.apply((0..<100).map { change($0, 1) })
                }
            }
            guard name != PageName.root else { continue }
            var copy = kept
            copy.pages[name] = nil
            #expect(throws: MalformedBytes.self) {
                _ = try copy.apply((0..<100).map { change($0, 1) })
            }
        }
    }
}
