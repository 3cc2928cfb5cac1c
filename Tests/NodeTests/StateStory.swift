import Contracts
import KeyValue
import LedgerCore
import Node
import Storage
import TestSupport
import Testing

/// A node on which some patients are made, changed, deleted and made again, and what its state was
/// after each.
final class StateStory {
    /// For how many blocks back the state is kept.
    static let historyBlocks: UInt64 = 40
    private let folder: TestFolder
    private(set) var node: TestNode
    /// Entries by height.
    private(set) var states: [UInt64: [[UInt8]: [UInt8]]] = [:]
    private var ids: [Int: String] = [:]
    private var random: SeededGenerator
    private var step = 0

    init(_ random: SeededGenerator) async throws {
        self.random = random
        folder = try TestFolder()
        node = try StateStory.open(folder)
        try await note()
    }

    private static func open(_ folder: TestFolder) throws -> TestNode {
        try TestNode(folder.path, configure: { $0.stateHistoryBlocks = historyBlocks })
    }

    var head: UInt64 { node.node.engine.head.tip.height }
    var maker: StateProofMaker { StateProofMaker(reader: node.node.reader) }

    /// Every key that ever had an entry.
    var keys: Set<[UInt8]> { Set(states.values.flatMap(\.keys)) }

    func restart() async throws {
        try await node.stop()
        node = try StateStory.open(folder)
        try await note()
    }

    /// One write. A patient is made under a condition, which claims it; deleting releases the
    /// claim, and so its entry goes.
    func write() async throws {
        let number = Int.random(in: 0..<4, using: &random)
        step += 1
        let (records, request) = (node.node.records, node.request())
        switch (ids[number], Int.random(in: 0..<3, using: &random)) {
        case (let id?, 0):
            _ = try await records.delete(type: "Patient", id: id, request)
            ids[number] = nil
        case (let id?, _):
            _ = try await records.update(
                type: "Patient", id: id, body: patient(number, id: id), request)
        case (nil, _):
            let written = try await records.create(
                type: "Patient", body: patient(number), ifNoneExist: "identifier=s|\(number)",
                request)
            ids[number] = try required(written.row).fhirID
        }
        try await note()
    }

    private func patient(_ number: Int, id: String? = nil) -> [UInt8] {
        let id = id.map { #""id":"\#($0)","# } ?? ""
        return Array(
            (#"{"resourceType":"Patient",\#(id)"name":[{"family":"Step \#(step)"}],"#
                + #""identifier":[{"system":"s","value":"\#(number)"}]}"#).utf8)
    }

    /// Keeps what the state is, once a header carries its root.
    private func note() async throws {
        let store = node.node.reader.state.store
        try await TwoNodes.eventually("the state is sealed") {
            let tip = node.node.engine.head.tip
            return try tip.isSealed && store.head()?.height == tip.height
        }
        var entries: [[UInt8]: [UInt8]] = [:]
        try store.forEachStateEntry { key, value in
            entries[key] = value
            return .continue
        }
        states[head] = entries
    }

    /// What was proved.
    struct Seen {
        var present = 0
        /// Present with a value that it no longer has.
        var former = 0
        var empty = 0
        var other = 0
        /// Absent, and there before or after.
        var removed = 0
        var gone = 0
    }

    /// Proves an entry at a height and compares it with what it was; `nil` where it is gone.
    func prove(_ key: [UInt8], at height: UInt64, into seen: inout Seen) async throws {
        let made: StateProofMaker.Made
        do {
            made = try await maker.proof(key: key, .at(height))
        } catch let error as NodeError where error.code == .gone {
            seen.gone += 1
            return
        }
        #expect(made.stateHeight == states.keys.filter { $0 <= height }.max())
        let state = try #require(states[made.stateHeight])
        #expect(made.headerBytes == (try node.node.reader.headerBytes(made.header.height)))
        #expect(made.proof.holds(key: key, root: try #require(made.header.stateRoot)))
        switch made.proof.place {
        case .present(let value):
            #expect(value == state[key])
            seen.present += 1
            seen.former += value == states[head]?[key] ? 0 : 1
        case .empty: seen.empty += 1
        case .other: seen.other += 1
        }
        if !made.proof.isPresent {
            #expect(state[key] == nil)
            seen.removed += keys.contains(key) ? 1 : 0
        }
    }
}
