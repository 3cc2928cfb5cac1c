package import LedgerCore

/// A request before it is signed and sent.
package struct ClientRequest: Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    /// What is sent, with the SHA-256 that `Content-Digest` needs where it is known already.
    package enum Body: Sendable {
        case none
        case bytes([UInt8], digest: Digest?)
        /// Streamed from the disk; the digest comes from a first pass.
        case file(path: String, sizeBytes: Int, digest: Digest)
    }

    package var method: Method
    /// Path and query below the server's address, percent-encoded.
    package var target: String
    package var headers: [(name: String, value: String)]
    package var body: Body

    package init(
        _ method: Method, _ target: String, headers: [(name: String, value: String)] = [],
        body: Body = .none
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }

    /// Whether sending it twice does no more than sending it once.
    var isRepeatable: Bool {
        method != .post || headers.contains { $0.name.lowercased() == "idempotency-key" }
    }
}

/// What came back, its body in memory.
package struct ClientResponse: Sendable {
    package let status: Int
    /// Names in lower case.
    let headers: [(name: String, value: String)]
    package let body: [UInt8]

    /// The first line of a header.
    package func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name == name }?.value
    }
}
