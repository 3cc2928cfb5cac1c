import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The few things of HTTP that tests need.
struct HTTPClient: Sendable {
    struct Unanswered: Error, CustomStringConvertible {
        let description: String
    }

    let url: String
    var token: String?

    private static let session: URLSession = {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpMaximumConnectionsPerHost = 16
        configuration.urlCache = nil
        return URLSession(configuration: configuration)
    }()

    /// Sends a request and waits for the whole answer.
    ///
    /// - Parameters:
    ///   - path: with its query, percent-encoded.
    ///   - type: of the body.
    func send(
        _ method: String, _ path: String, _ body: Data? = nil,
        type: String = "application/fhir+json", headers: [String: String] = [:],
        timeoutSeconds: Double = 60
    ) async throws -> HTTPAnswer {
        guard let place = URL(string: url + path) else {
            throw Unanswered(description: "\(path) is no path")
        }
        var request = URLRequest(url: place, timeoutInterval: timeoutSeconds)
        request.httpMethod = method
        request.httpBody = body
        if body != nil { request.setValue(type, forHTTPHeaderField: "Content-Type") }
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await HTTPClient.session.data(for: request)
        guard let response = response as? HTTPURLResponse else {
            throw Unanswered(description: "\(method) \(path): no answer")
        }
        var found: [String: String] = [:]
        for (name, value) in response.allHeaderFields {
            found["\(name)".lowercased()] = "\(value)"
        }
        return HTTPAnswer(status: response.statusCode, headers: found, body: data)
    }

    func get(_ path: String, headers: [String: String] = [:]) async throws -> HTTPAnswer {
        try await send("GET", path, headers: headers)
    }

    /// How many resources a search finds, as the server counts them.
    func count(_ search: String) async throws -> Int {
        let mark = search.contains("?") ? "&" : "?"
        let answer = try await get("/fhir/\(search)\(mark)_summary=count")
        guard answer.status == 200, let total = answer.object["total"] as? Int else {
            throw Unanswered(description: "count of \(search): \(answer)")
        }
        return total
    }
}

/// An answer, read whole.
struct HTTPAnswer: Sendable, CustomStringConvertible {
    let status: Int
    /// Names in lower case.
    let headers: [String: String]
    let body: Data

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as a JSON object; empty if it is none.
    var object: [String: Any] {
        ((try? JSONSerialization.jsonObject(with: body)) as? [String: Any]) ?? [:]
    }

    /// The first issue of an OperationOutcome: its code and all its words.
    var issue: (code: String, text: String)? {
        guard object["resourceType"] as? String == "OperationOutcome",
            let issues = object["issue"] as? [[String: Any]], let first = issues.first
        else { return nil }
        let details = (first["details"] as? [String: Any])?["text"] as? String ?? ""
        let diagnostics = first["diagnostics"] as? String ?? ""
        return (first["code"] as? String ?? "", details + " " + diagnostics)
    }

    var description: String { "\(status) \(text.prefix(2_000))" }
}
