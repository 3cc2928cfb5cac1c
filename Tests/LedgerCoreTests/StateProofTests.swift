import LedgerCore
import TestSupport
import Testing

/// A state tree in a dictionary, with its entries.
private struct Tree {
    var pages: [[UInt8]: [UInt8]] = [:]
    var values: [[UInt8]: [UInt8]] = [:]
    var root = Digest.zero
    /// How often it was changed: the version of the next change.
    var version: UInt64 = 0

    mutating func set(_ entries: [[UInt8]: [UInt8]?]) throws {
        let stored = pages
        var update = StateTreeUpdate(version: version, read: { stored[$0] })
        root = try update.apply(
            entries.map { StateTree.Change(key: $0.key, value: $0.value) })
        for page in update.pages + update.rootRows { pages[page.name] = page.bytes }
        version += 1
        for (key, value) in entries { values[key] = value }
    }

    /// The proof that this tree gives of an entry, or of its absence.
    func proof(_ key: [UInt8]) throws -> StateProof {
        let path = StateTree.path(of: key)
        let root = try StateTree.root(read: { pages[$0] })
        let walk = try StateProof.walk(to: path, root: root, read: { pages[$0] })
        switch walk.end {
        case .empty, .branch: return StateProof(place: .empty, siblings: walk.siblings)
        case .leaf(key[...], _):
            let value = try #require(values[key])
            return StateProof(place: .present(value: value), siblings: walk.siblings)
        case .leaf(let other, _):
            let value = try #require(values[Array(other)])
            return StateProof(
                place: .other(path: StateTree.path(of: Array(other)), value: value),
                siblings: walk.siblings)
        }
    }
}

private func key(_ number: Int) -> [UInt8] { Array("key \(number)".utf8) }

@Suite struct StateProofTests {
    private func tree(_ count: Int) throws -> Tree {
        var tree = Tree()
        var entries: [[UInt8]: [UInt8]?] = [:]
        for number in 0..<count { entries[key(number)] = Array("value \(number)".utf8) }
        try tree.set(entries)
        return tree
    }

    @Test(arguments: [0, 1, 2, 3, 17, 300, 3_000]) func everyEntryIsProvedPresentOrAbsent(
        _ count: Int
    ) throws {
        let tree = try tree(count)
        var kinds = Set<Int>()
        for number in 0..<(count + 300) {
            let proof = try tree.proof(key(number))
            #expect(proof.holds(key: key(number), root: tree.root), "\(number)")
            #expect(proof.isPresent == (number < count))
            switch proof.place {
            case .present: kinds.insert(0)
            case .empty: kinds.insert(1)
            case .other: kinds.insert(2)
            }
            // It says nothing about another entry, and nothing under another root.
            if proof.isPresent { #expect(!proof.holds(key: key(number + 1), root: tree.root)) }
            #expect(!proof.holds(key: key(number), root: leaf(number)))
        }
        if count >= 17 { #expect(kinds == [0, 1, 2]) }
    }

    @Test func removedEntriesAreAbsent() throws {
        var tree = try tree(400)
        try tree.set([key(7): nil, key(300): nil])
        for number in [7, 300] {
            let proof = try tree.proof(key(number))
            #expect(!proof.isPresent)
            #expect(proof.holds(key: key(number), root: tree.root))
        }
    }

    @Test func proofsAreSmall() throws {
        let tree = try tree(3_000)
        let longest = try (0..<3_000).map { try tree.proof(key($0)).siblings.count }.max() ?? 0
        // Twice the logarithm: the two nearest of 3,000 random paths.
        #expect((11...24).contains(longest), "\(longest)")
    }

    @Test func everyAlteredPartIsRefused() throws {
        let tree = try tree(300)
        for number in [3, 299, 300, 301, 302, 303, 304] {
            let proof = try tree.proof(key(number))
            func refuses(_ altered: StateProof, _ what: String) {
                #expect(!altered.holds(key: key(number), root: tree.root), "\(number): \(what)")
            }
            for place in proof.siblings.indices {
                var siblings = proof.siblings
                siblings[place] = leaf(1)
                refuses(StateProof(place: proof.place, siblings: siblings), "sibling \(place)")
                siblings = proof.siblings
                siblings.remove(at: place)
                refuses(StateProof(place: proof.place, siblings: siblings), "without \(place)")
                siblings = proof.siblings
                siblings.insert(.zero, at: place)
                refuses(StateProof(place: proof.place, siblings: siblings), "more at \(place)")
            }
            refuses(StateProof(place: proof.place, siblings: []), "no siblings")
            if proof.isPresent {
                refuses(StateProof(place: .empty, siblings: proof.siblings), "shown as absent")
                refuses(
                    StateProof(place: .present(value: [1]), siblings: proof.siblings), "value")
                refuses(
                    StateProof(
                        place: .other(path: StateTree.path(of: key(number)), value: [1]),
                        siblings: proof.siblings), "itself as the other one")
            } else {
                refuses(
                    StateProof(place: .present(value: [1]), siblings: proof.siblings),
                    "shown as present")
            }
        }
    }

    /// An inner node shown as an entry, or a stretch of the way left out at the bottom: a second
    /// preimage would be needed.
    @Test func innerNodesAreNoEntries() throws {
        let tree = try tree(300)
        let proof = try tree.proof(key(5))
        for cut in 1..<proof.siblings.count {
            for place in [StateProof.Place.empty, proof.place] {
                let short = StateProof(place: place, siblings: Array(proof.siblings.dropFirst(cut)))
                #expect(!short.holds(key: key(5), root: tree.root), "\(cut)")
            }
        }
    }

    /// An entry from elsewhere in the tree proves no absence here.
    @Test func otherEntryMustLieOnTheWay() throws {
        let tree = try tree(300)
        let absent = (300...).lazy.map(key).first {
            (try? tree.proof($0).siblings.count) ?? 0 > 3
        }
        let sought = try #require(absent)
        let present = try tree.proof(key(8))
        let other = StateTree.path(of: key(8))
        let lifted = StateProof(
            place: .other(path: other, value: Array("value 8".utf8)), siblings: present.siblings)
        #expect(lifted.root(of: other) == nil, "an entry is no proof of its own absence")
        #expect(!lifted.holds(key: sought, root: tree.root))
    }

    @Test func tooManySiblingsAreRefused() {
        let proof = StateProof(
            place: .empty, siblings: [Digest](repeating: .zero, count: StateProof.siblingsMax + 1))
        #expect(proof.root(of: leaf(1)) == nil)
    }

    @Test func missingAndMalformedPagesAreErrors() throws {
        let tree = try tree(50)
        let path = StateTree.path(of: key(1))
        let root = try StateTree.root(read: { tree.pages[$0] })
        #expect(throws: StatePageGone(version: 0)) {
            try StateProof.walk(to: path, root: root, read: { _ in nil })
        }
        #expect(throws: StatePageGone(version: 0), "a place that is empty from there on") {
            try StateProof.walk(to: path, root: root, read: { _ in [] })
        }
        #expect(throws: MalformedBytes.self) {
            try StateProof.walk(to: path, root: root, read: { _ in [2, 0] })
        }
        let walk = try StateProof.walk(to: path, root: .empty, read: { _ in nil })
        #expect(walk.siblings.isEmpty)
    }
}
