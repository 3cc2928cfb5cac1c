/// What a load did, and what went wrong.
package struct LoadSummary: Sendable {
    package var created = 0
    package var existing = 0
    package var failed = 0
    package var seconds = 0.0
    /// The first failures; `failed` counts them all.
    package var failures: [Failure] = []
    /// Nothing more was sent, for it would have failed too.
    package var stopped: ClientError?
    /// Whether a failure was the server's, or nobody answered.
    package var hasServerFailure = false

    /// Failures that are kept to be listed at the end.
    package static let failuresKeptMax = 1_000

    package var perSecond: Double {
        seconds > 0 ? Double(created + existing) / seconds : 0
    }

    /// One thing that was not stored.
    package struct Failure: Sendable {
        package let place: LoadPlace
        package let code: String
        package let message: String
    }

    mutating func add(_ result: LoadResult) {
        created += result.created
        existing += result.existing
        failed += result.failures.count
        hasServerFailure = hasServerFailure || result.hasServerFailure
        let room = LoadSummary.failuresKeptMax - failures.count
        failures += result.failures.prefix(max(room, 0))
    }
}

/// Where something stands: a file, and in it the entry, line or bundle entry from 0.
package struct LoadPlace: Hashable, Sendable, CustomStringConvertible {
    package let path: String
    package let entry: Int?

    package var description: String { entry.map { "\(path):\($0)" } ?? path }
}

/// What became of one piece of work.
struct LoadResult: Sendable {
    var created = 0
    var existing = 0
    var failures: [LoadSummary.Failure] = []
    var hasServerFailure = false
    /// Bytes of the plan that this piece accounts for.
    var sizeBytes = 0
    var stops: ClientError?

    mutating func fail(_ place: LoadPlace, _ error: ClientError) {
        failures.append(.init(place: place, code: error.code, message: error.message))
        switch error {
        case .unreachable:
            hasServerFailure = true
            stops = error
        case .server(let status, _):
            hasServerFailure = true
            // Not ready or full, after all retries: the next request would hear the same.
            if status == 503 || status == 507 { stops = error }
        case .refused(let status, _):
            if status == 401 { stops = error }
        case .notFound, .follows, .unexpected, .file: break
        }
    }

    mutating func fail(_ place: LoadPlace, code: String, _ message: String) {
        failures.append(.init(place: place, code: code, message: message))
    }

    /// Counts an answered write by its status: 201 made something new.
    mutating func count(status: Int, isReplay: Bool) {
        if status == 201, !isReplay { created += 1 } else { existing += 1 }
    }
}

/// How far a load has come.
package struct LoadProgress: Sendable {
    package let created: Int
    package let existing: Int
    package let failed: Int
    package let doneBytes: Int
    package let totalBytes: Int
    package let seconds: Double
    /// Since the last report.
    package let failures: [LoadSummary.Failure]

    package var resources: Int { created + existing }
}
