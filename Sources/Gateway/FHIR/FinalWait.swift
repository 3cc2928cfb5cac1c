import Contracts
import HTTPTypes
import Hummingbird
import LedgerCore
import Node

/// `?wait=final` on writes: the answer waits until more than half of the members have cosigned a
/// checkpoint that covers what was written.
enum FinalWait {
    /// How long it waits; what was written is durable either way.
    static let waitMs = 10_000

    private static let operations: Set<Operation> = [
        .bundle, .create, .update, .delete, .createBinary, .updateBinary, .submit,
    ]

    /// The call without the parameter, and whether it was there.
    static func split(_ call: Call) throws -> (call: Call, isAsked: Bool) {
        guard operations.contains(call.operation), let query = call.query else {
            return (call, false)
        }
        let parts = query.split(separator: "&", omittingEmptySubsequences: false)
        let others = parts.filter { !$0.hasPrefix("wait=") }
        guard others.count < parts.count else { return (call, false) }
        guard parts.contains("wait=final"), others.count + 1 == parts.count else {
            throw NodeError(
                .badRequest, "wait can only be final",
                hint: "write wait=final once, or leave it out")
        }
        var rest = call
        rest.query = others.isEmpty ? nil : others.joined(separator: "&")
        return (rest, true)
    }

    /// Waits, and says in the answer's head how it went. Not final in time is 202: the write is
    /// durable and accepted, and the answer is otherwise what it would have been.
    static func finish(_ response: Response, _ node: CairnNode) async throws -> Response {
        guard (200..<300).contains(response.status.code) else { return response }
        // All that was written lies below the log's size of this moment.
        let size = node.engine.head.tip.log.size
        let final = try await node.finality.wait(covering: size - 1, atMostMs: waitMs)
        var response = response
        response.headers[.cairnFinal] = final == nil ? "false" : "true"
        if final == nil { response.status = .accepted }
        return response
    }
}

extension HTTPField.Name {
    /// Whether what was written is final.
    static let cairnFinal = own("Cairn-Final")
}
