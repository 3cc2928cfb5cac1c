package import LedgerCore

/// Why a request gave nothing: a closed list, so that callers decide by kind.
package enum ClientError: Error, Sendable {
    /// No answer: nobody listens, the name does not resolve, the connection broke, time ran out.
    case unreachable(server: String, cause: String)
    /// The server answered that it cannot, with 5xx; retries included.
    case server(status: Int, Answer)
    /// The server will not: 4xx.
    case refused(status: Int, Answer)
    /// There is no such thing: 404, or 410 for what was deleted.
    case notFound(status: Int, Answer)
    /// A stamped write did not name what it follows: 409 with the record and its version.
    case follows(record: Identifier, version: UInt32, Answer)
    /// The answer is not of the form that the contract says.
    case unexpected(what: String)
    /// A file of this machine could not be read.
    case file(path: String, cause: String)

    /// What an error answer says.
    package struct Answer: Sendable, Hashable {
        /// A stable code, for example `not-found`.
        package var code: String
        package var message: String
        package var hint: String

        package init(code: String, message: String, hint: String) {
            self.code = code
            self.message = message
            self.hint = hint
        }
    }

    /// One line for a person.
    package var message: String {
        switch self {
        case .unreachable(let server, let cause): "\(server) does not answer: \(cause)"
        case .server(let status, let answer): "the server failed (\(status)): \(answer.message)"
        case .refused(let status, let answer), .notFound(let status, let answer):
            "\(answer.message) (\(status))"
        case .follows(_, let version, _): "the record exists already, in version \(version)"
        case .unexpected(let what): "the server's answer cannot be understood: \(what)"
        case .file(let path, let cause): "\(path): \(cause)"
        }
    }

    /// What to do next.
    package var hint: String {
        switch self {
        case .unreachable: "check the address, and that the server runs"
        case .server(let status, let answer):
            answer.hint.isEmpty
                ? (status == 507 ? "the server's disk is full" : "try again; see the server's log")
                : answer.hint
        case .refused(let status, let answer), .notFound(let status, let answer):
            answer.hint.isEmpty ? ClientError.hint(status) : answer.hint
        case .follows: "read the newest version and write after it"
        case .unexpected: "check that the address is a Cairn server's, of a version like this one's"
        case .file: "check the name and who may read it"
        }
    }

    /// A stable code.
    package var code: String {
        switch self {
        case .unreachable: "unreachable"
        case .server(_, let answer), .refused(_, let answer), .notFound(_, let answer):
            answer.code
        case .follows: "conflict"
        case .unexpected: "unexpected-answer"
        case .file: "file"
        }
    }

    private static func hint(_ status: Int) -> String {
        switch status {
        case 401: "is this wallet's key registered? `cairn person list` shows it to administrators"
        case 403: "an administrator grants roles with `cairn person grant`"
        case 404, 410: "check the id"
        case 409, 412: "read the newest version and repeat the change on it"
        case 413: "split it into smaller parts"
        case 429: "try again in a moment"
        default: "correct what is named, then send it again"
        }
    }
}
