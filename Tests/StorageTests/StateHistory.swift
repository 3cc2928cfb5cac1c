import LedgerCore
import Storage
import TestSupport
import Testing

/// A few entries that are made, changed, removed and made again block by block, with roots that
/// come at once, later, or not at all; and what each state was.
struct StateHistory {
    /// Entries after each block, by height.
    private(set) var states: [[[UInt8]: [UInt8]]] = []
    /// Roots that came, by the height of their state.
    private(set) var roots: [UInt64: Digest] = [:]
    private var random: SeededGenerator
    private var unsealed: [[UInt8]: [UInt8]?] = [:]
    private var begun: (version: UInt64, changes: [[UInt8]: [UInt8]?])?

    private static let keys = (0..<24).map { [UInt8(ascii: "k"), $0] }
    /// Those, and some that never are.
    static let asked = keys + (0..<24).map { [UInt8(ascii: "n"), $0] }

    init(_ random: SeededGenerator) { self.random = random }

    var height: UInt64 { UInt64(states.count) }

    /// The newest state at or below a height that has a root.
    func version(atMost height: UInt64) -> UInt64? { roots.keys.filter { $0 <= height }.max() }

    /// Commits one more block.
    mutating func commit(to store: any LedgerStore) throws {
        let height = height
        var commit = LedgerCommit(
            height: height, head: [],
            block: BlockPlace(
                position: ChainPosition(segment: 0, offset: height, length: 1), firstLeaf: height))
        var state = states.last ?? [:]
        let touched = height == 0 ? StateHistory.keys[...] : touchedKeys()
        for key in touched {
            let isGone = Int.random(in: 0..<3, using: &random) == 0
            let value = isGone ? nil : [UInt8.random(in: 0..<4, using: &random)]
            guard value != nil || state[key] != nil else { continue }
            if let before = state[key], before != value {
                let path = StateTree.path(of: key)
                commit.former.append((LedgerEntry.formerKey(path, replacedAt: height), before))
            }
            state[key] = value
            unsealed[key] = .some(value)
            commit.stateWrites.append((key, value))
        }
        states.append(state)
        // Half of the time a root comes, of this state or of an earlier one.
        switch height == 0 ? 0 : Int.random(in: 0..<4, using: &random) {
        case 0:
            try finish(into: &commit, store)
            begun = (height, unsealed)
            unsealed = [:]
            try finish(into: &commit, store)
        case 1:
            try finish(into: &commit, store)
            begun = (height, unsealed)
            unsealed = [:]
        default: break
        }
        try store.commit(commit)
    }

    private mutating func touchedKeys() -> ArraySlice<[UInt8]> {
        StateHistory.keys.shuffled(using: &random).prefix(Int.random(in: 0...4, using: &random))
    }

    /// The root of the seal that was begun comes with this block.
    private mutating func finish(into commit: inout LedgerCommit, _ store: any LedgerStore) throws {
        guard let begun else { return }
        var here: [[UInt8]: [UInt8]] = [:]
        for (name, bytes) in commit.nodes { here[name] = bytes }
        var update = StateTreeUpdate(
            version: begun.version, read: { [here] in try here[$0] ?? store.stateNode($0) })
        roots[begun.version] = try update.apply(
            begun.changes.map { StateTree.Change(key: $0.key, value: $0.value) })
        commit.nodes += (update.pages + update.rootRows).map { ($0.name, $0.bytes) }
        self.begun = nil
    }

    /// What the store's proofs were like.
    struct Seen {
        var states = 0
        /// Proofs whose value, or whose neighbour's, had changed since.
        var formerPresent = 0
        var formerOther = 0
        var empty = 0
    }

    /// Asks the store for every entry in every state from that of `floor` on.
    func check(_ store: any LedgerStore, floor: UInt64 = 0) throws -> Seen {
        var seen = Seen()
        let newest = states.last ?? [:]
        for height in floor..<height {
            let version = try #require(self.version(atMost: height))
            #expect(try store.stateVersion(atMost: height) == version, "height \(height)")
            let root = try #require(roots[version])
            let state = states[Int(version)]
            seen.states += 1
            for key in StateHistory.asked {
                let found = try store.stateProof(of: key, version: version)
                let proof = try #require(found, "\(key) at \(version)")
                #expect(proof.holds(key: key, root: root), "\(key) at \(version)")
                switch proof.place {
                case .present(let value):
                    #expect(value == state[key], "\(key) at \(version)")
                    seen.formerPresent += newest[key] == value ? 0 : 1
                case .other(let path, let value):
                    #expect(state[key] == nil, "\(key) at \(version)")
                    let other = StateHistory.keys.first { StateTree.path(of: $0) == path }
                    seen.formerOther += newest[try #require(other)] == value ? 0 : 1
                case .empty:
                    #expect(state[key] == nil, "\(key) at \(version)")
                    seen.empty += 1
                }
            }
        }
        return seen
    }

    /// Asks for states that need not be kept: a store MAY still have them, and never another one.
    func checkPruned(_ store: any LedgerStore, below floor: UInt64) throws -> Int {
        var gone = 0
        for (version, root) in roots where version < floor {
            for key in StateHistory.asked {
                guard let proof = try store.stateProof(of: key, version: version) else {
                    gone += 1
                    continue
                }
                #expect(proof.holds(key: key, root: root), "\(key) at \(version)")
            }
        }
        return gone
    }
}
