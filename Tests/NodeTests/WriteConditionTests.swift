import FHIR
import Foundation
import Node
import Testing

/// Writes that meet: of the same resource at once, and under the same condition.
@Suite("Writes that meet")
struct WriteConditionTests {
    private static func with(_ body: (TestNode) async throws -> Void) async throws {
        let folder = try TestFolder()
        let node = try TestNode(folder.path)
        try await body(node)
        try await node.stop()
    }

    private static func patient(_ id: String? = nil, more: String = "") -> [UInt8] {
        let id = id.map { #","id":"\#($0)""# } ?? ""
        return Array(#"{"resourceType":"Patient"\#(id)\#(more)}"#.utf8)
    }

    private static func put(_ ids: [String]) -> [UInt8] {
        let entries = ids.map {
            #"{"resource":\#(String(decoding: patient($0), as: UTF8.self)),"#
                + #""request":{"method":"PUT","url":"Patient/\#($0)"}}"#
        }
        let list = entries.joined(separator: ",")
        return Array(
            #"{"resourceType":"Bundle","type":"transaction","entry":[\#(list)]}"#.utf8)
    }

    /// Without `If-Match` nobody minds what came before.
    @Test func unconditionalUpdatesAllSucceed() async throws {
        try await WriteConditionTests.with { node in
            let effects = try await withThrowingTaskGroup(of: WriteOutcome.Effect.self) { group in
                for _ in 0..<64 {
                    group.addTask {
                        try await node.node.records.update(
                            type: "Patient", id: "p", body: WriteConditionTests.patient("p"),
                            node.request()
                        ).effect
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(effects.filter { $0 == .created }.count == 1)
            #expect(effects.filter { $0 == .updated }.count == 63)
            let history = try node.node.records.history(type: "Patient", id: "p", count: 100)
            #expect(history.total == 64)
        }
    }

    /// Transactions that change the same resources in another order wait for each other, not both.
    /// The limit ends a deadlock; long tests beside it may keep both threads for minutes.
    @Test(.timeLimit(.minutes(10))) func crossingTransactionsAllSucceed() async throws {
        try await WriteConditionTests.with { node in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<24 {
                    let ids = number.isMultiple(of: 2) ? ["a", "b", "c"] : ["c", "b", "a"]
                    group.addTask {
                        _ = try await node.node.records.bundle(
                            WriteConditionTests.put(ids), node.request())
                    }
                    group.addTask {
                        _ = try await node.node.records.update(
                            type: "Patient", id: "b", body: WriteConditionTests.patient("b"),
                            node.request())
                    }
                }
                try await group.waitForAll()
            }
            #expect(
                try node.node.records.history(type: "Patient", id: "a", count: 1).total == 24)
            #expect(
                try node.node.records.history(type: "Patient", id: "b", count: 1).total == 48)
        }
    }

    private static func create(
        _ node: TestNode, _ body: [UInt8], if criteria: String
    ) async throws -> WriteOutcome {
        try await node.node.records.create(
            type: "Patient", body: body, ifNoneExist: criteria, node.request())
    }

    /// What does not match its own condition answers for nobody.
    @Test func createsThatMissTheirOwnConditionCreateEachTime() async throws {
        try await WriteConditionTests.with { node in
            let criteria = "identifier=s|zz99"
            for _ in 0..<2 {
                let made = try await WriteConditionTests.create(
                    node, WriteConditionTests.patient(), if: criteria)
                #expect(made.effect == .created)
            }
            let match = WriteConditionTests.patient(
                more: #","identifier":[{"system":"s","value":"zz99"}]"#)
            let effects = try await withThrowingTaskGroup(of: WriteOutcome.Effect.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        try await WriteConditionTests.create(node, match, if: criteria).effect
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(effects.filter { $0 == .created }.count == 1)
        }
    }

    @Test(arguments: ["identifier=s|a+b", "identifier=s%7Ca%2Bb", "_lastUpdated=ge2020"])
    func createsThatMeetTheirConditionCreateOnce(_ criteria: String) async throws {
        try await WriteConditionTests.with { node in
            let body = WriteConditionTests.patient(
                more: #","identifier":[{"system":"s","value":"a b"},{"system":"s","value":"a+b"}]"#)
            let effects = try await withThrowingTaskGroup(of: WriteOutcome.Effect.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        try await WriteConditionTests.create(node, body, if: criteria).effect
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(effects.filter { $0 == .created }.count == 1)
        }
    }

    /// Within one transaction the first entry answers for the second one only if it matches.
    @Test func equalConditionsOfATransactionAreOne() async throws {
        try await WriteConditionTests.with { node in
            func entry(_ more: String) -> String {
                let body = String(decoding: WriteConditionTests.patient(more: more), as: UTF8.self)
                return #"{"resource":\#(body),"request":{"method":"POST","url":"Patient","#
                    + #""ifNoneExist":"identifier=s|1"}}"#
            }
            let match = entry(#","identifier":[{"system":"s","value":"1"}]"#)
            let entries = [entry(""), match, match].joined(separator: ",")
            let bundle = #"{"resourceType":"Bundle","type":"transaction","entry":[\#(entries)]}"#
            let outcome = try await node.node.records.bundle(Array(bundle.utf8), node.request())
            let effects = outcome.entries.map { entry in
                if case .written(let write) = entry {
                    write.effect
                } else {
                    nil as WriteOutcome.Effect?
                }
            }
            #expect(effects == [.created, .created, .unchanged])
        }
    }
}
