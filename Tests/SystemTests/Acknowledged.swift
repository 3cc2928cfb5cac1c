import Foundation
import Synchronization

/// What the server said is stored, to be asked for again after a crash.
final class Acknowledged: Sendable {
    /// One version of one resource.
    struct Version: Sendable {
        /// `Type/ID/_history/N`, or `Binary/ID`.
        let path: String
        /// What was sent, with references as the server resolved them; `nil` after a delete.
        let content: Data?
    }

    private let versions = Mutex<[Version]>([])

    var all: [Version] { versions.withLock { $0 } }
    var count: Int { all.count }

    func add(_ version: Version) { versions.withLock { $0.append(version) } }

    /// Reads everything again; what is missing or differs.
    func problems(_ client: HTTPClient) async throws -> [String] {
        var problems: [String] = []
        for version in all {
            let isBinary = version.path.hasPrefix("Binary/")
            let answer = try await client.get(
                "/fhir/\(version.path)",
                headers: isBinary ? ["Accept": "application/octet-stream"] : [:])
            if let problem = Acknowledged.problem(version, answer, isBinary: isBinary) {
                problems.append("\(version.path): \(problem)")
            }
        }
        return problems
    }

    private static func problem(
        _ version: Version, _ answer: HTTPAnswer, isBinary: Bool
    ) -> String? {
        guard let content = version.content else {
            return answer.status == 410 ? nil : "deleted, but answers \(answer)"
        }
        guard answer.status == 200 else { return "answers \(answer)" }
        if isBinary { return answer.body == content ? nil : "other bytes" }
        let same = comparable(answer.body) == comparable(content)
        return same ? nil : "sent \(String(decoding: content, as: UTF8.self)), got \(answer.text)"
    }

    /// A resource without what the server adds.
    private static func comparable(_ data: Data) -> NSDictionary? {
        guard var object = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] else {
            return nil
        }
        object["id"] = nil
        object["meta"] = nil
        return NSDictionary(dictionary: object)
    }
}

/// Writes to a server, one request after the other, and remembers what was acknowledged. A request
/// that got no answer is kept, to be repeated.
final class Writer: Sendable {
    struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    enum Kind: Int, CaseIterable, Sendable {
        case create, transaction, replace, binary, delete
    }

    let acknowledged = Acknowledged()
    let name: String
    private let next = Mutex(0)
    private let unanswered = Mutex<(kind: Kind, number: Int)?>(nil)
    private let seed: UInt64

    init(_ name: String, seed: UInt64) {
        self.name = name
        self.seed = seed
    }

    /// Requests that were begun.
    var begun: Int { next.withLock { $0 } }

    /// Writes until a request gets no answer, or `limit` requests were answered.
    func write(
        _ client: HTTPClient, kinds: [Kind] = Kind.allCases, limit: Int = .max
    ) async throws {
        for _ in 0..<limit {
            let number = next.withLock { next in
                defer { next += 1 }
                return next
            }
            let kind = kinds[number % kinds.count]
            unanswered.withLock { $0 = (kind, number) }
            do {
                try await request(kind, number, client)
            } catch is URLError {
                return
            }
            unanswered.withLock { $0 = nil }
        }
    }

    /// Sends the request that got no answer once more.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    func repeatUnanswered(_ client: HTTPClient) async throws -> Bool {
        guard let (kind, number) = unanswered.withLock({ $0 }) else { return false }
        try await request(kind, number, client)
        unanswered.withLock { $0 = nil }
        return true
    }

    /// Resources that are there once and only once when everything begun was acknowledged.
    func duplicates(_ client: HTTPClient, kinds: [Kind] = Kind.allCases) async throws -> [String] {
        var problems: [String] = []
        for number in 0..<begun {
            let searches: [(String, Int)] =
                switch kinds[number % kinds.count] {
                case .create: [("Patient", 1)]
                case .transaction: [("Patient", 1), ("Observation", 1)]
                case .replace: [("Observation", 1)]
                case .binary, .delete: []
                }
            for (type, expected) in searches {
                let found = try await client.count(
                    "\(type)?identifier=\(Corpus.system)%7C\(name)-\(number)")
                if found != expected { problems.append("\(type) \(name)-\(number): \(found)") }
            }
        }
        return problems
    }
}

// The requests. Each is the same when it is made again.
extension Writer {
    private func request(_ kind: Kind, _ number: Int, _ client: HTTPClient) async throws {
        var corpus = Corpus(seed: seed &+ UInt64(number))
        let label = "\(name)-\(number)"
        switch kind {
        case .create:
            let body = try Corpus.json(corpus.patient(label))
            let answer = try await accepted(client, "POST", "Patient", body, key: label)
            acknowledged.add(.init(path: try path(answer.headers["location"]), content: body))
        case .transaction:
            try await transaction(label, &corpus, client)
        case .replace:
            try await replace(label, &corpus, client)
        case .binary:
            let body = corpus.bytes(30_000)
            let answer = try await accepted(
                client, "POST", "Binary", body, key: label, type: "application/octet-stream")
            let place = try path(answer.headers["location"]).split(separator: "/").prefix(2)
            acknowledged.add(.init(path: place.joined(separator: "/"), content: body))
        case .delete:
            _ = try await replace("gone-\(label)", &corpus, client)
            _ = try await accepted(client, "DELETE", "Observation/gone-\(label)", nil, key: nil)
            acknowledged.add(.init(path: "Observation/gone-\(label)", content: nil))
        }
    }

    private func replace(
        _ id: String, _ corpus: inout Corpus, _ client: HTTPClient
    ) async throws {
        var resource = corpus.observation(id, subject: nil)
        resource["id"] = id
        let body = try Corpus.json(resource)
        let answer = try await accepted(client, "PUT", "Observation/\(id)", body, key: nil)
        acknowledged.add(.init(path: try path(answer.headers["location"]), content: body))
    }

    private func transaction(
        _ label: String, _ corpus: inout Corpus, _ client: HTTPClient
    ) async throws {
        let patient = corpus.patient(label)
        let observation = corpus.observation(label, subject: Corpus.url(1))
        let body = try Corpus.json([
            "resourceType": "Bundle", "type": "transaction",
            "entry": [
                Corpus.entry(patient, url: Corpus.url(1)),
                Corpus.entry(observation, url: Corpus.url(2)),
            ],
        ])
        let answer = try await accepted(client, "POST", "", body, key: label)
        let locations = (answer.object["entry"] as? [[String: Any]] ?? []).map {
            ($0["response"] as? [String: Any])?["location"] as? String
        }
        guard locations.count == 2 else { throw Refused(description: "\(label): \(answer)") }
        let first = try path(locations[0])
        let reference = first.split(separator: "/").prefix(2).joined(separator: "/")
        acknowledged.add(
            .init(path: first, content: try Corpus.json(patient)))
        acknowledged.add(
            .init(
                path: try path(locations[1]),
                content: try Corpus.json(
                    observation.merging(["subject": ["reference": reference]]) {
                        $1
                    })))
    }

    private func accepted(
        _ client: HTTPClient, _ method: String, _ path: String, _ body: Data?, key: String?,
        type: String = "application/fhir+json"
    ) async throws -> HTTPAnswer {
        let answer = try await client.send(
            method, path.isEmpty ? "/fhir" : "/fhir/\(path)", body, type: type,
            headers: key.map { ["Idempotency-Key": $0] } ?? [:])
        guard (200..<300).contains(answer.status) else {
            throw Refused(description: "\(method) \(path): \(answer)")
        }
        return answer
    }

    /// `Type/ID/_history/N` out of a location, whatever stands before it.
    private func path(_ location: String?) throws -> String {
        guard let parts = location?.split(separator: "/").suffix(4), parts.count == 4 else {
            throw Refused(description: "no location: \(location ?? "")")
        }
        return parts.joined(separator: "/")
    }
}
