import CairnClient
import Logging
import Node

/// Says in the log when witnesses and timestamps come and stay away.
struct OutsideTelling {
    let logger: Logger
    /// What was wrong the last time, by whose.
    private var problems: [String: String] = [:]
    private var isLate = false

    init(logger: Logger) { self.logger = logger }

    /// Looks at the node and says what is new.
    mutating func tell(_ node: CairnNode) {
        for state in node.publication.states {
            tell("witness \(state.name)", state.problem, "has cosigned \(state.size) leaves")
        }
        guard let status = try? node.timestamps.status() else { return }
        tell("timestamp authority", status.problem, "has stamped \(status.size) leaves")
        guard status.isLate != isLate else { return }
        isLate = status.isLate
        if isLate {
            logger.warning(
                "no timestamp from outside has come in time",
                metadata: [
                    "pendingSeconds": "\(status.pendingMs / 1_000)",
                    "writes": status.isClosed ? "refused" : "go on",
                ])
        } else {
            logger.notice("timestamps are in time again")
        }
    }

    private mutating func tell(_ who: String, _ problem: String?, _ done: String) {
        guard problems[who] != problem else { return }
        problems[who] = problem
        if let problem {
            logger.warning("no answer from the \(who)", metadata: ["why": "\(problem)"])
        } else {
            logger.notice("the \(who) \(done)")
        }
    }
}

extension OutsideTransport {
    /// Over a client.
    init(_ client: OutsideClient) {
        self.init { url, mediaType, body, limitBytes in
            let answer = try await client.post(
                url, mediaType: mediaType, body, limitBytes: limitBytes)
            return OutsideAnswer(status: answer.status, body: answer.body)
        }
    }
}
