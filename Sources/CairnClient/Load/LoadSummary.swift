/// What a load did, and what went wrong.
package struct LoadSummary: Sendable {
    /// New resources.
    package var created = 0
    /// Resources of which a new version was written.
    package var updated = 0
    /// What the server held already, just so, or the same load replaces later on.
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
        seconds > 0 ? Double(created + updated + existing) / seconds : 0
    }

    /// One thing that was not stored.
    package struct Failure: Sendable {
        package let place: LoadPlace
        package let code: String
        package let message: String
    }

    mutating func add(_ result: LoadResult) {
        created += result.created
        updated += result.updated
        existing += result.existing
        failed += result.failures.count
        hasServerFailure = hasServerFailure || result.hasServerFailure
        let room = LoadSummary.failuresKeptMax - failures.count
        failures += result.failures.prefix(max(room, 0))
    }
}

/// Where something stands: a file, and what in it.
package struct LoadPlace: Hashable, Sendable, CustomStringConvertible {
    package let path: String
    package let part: Part

    /// What of a file.
    package enum Part: Hashable, Sendable {
        /// All of it: a bundle that is sent as it is, a lone resource, a document.
        case whole
        /// A line, counted from 0.
        case line(Int)
        /// An entry of a bundle, counted from 0.
        case entry(Int)
    }

    package init(_ path: String, _ part: Part = .whole) {
        self.path = path
        self.part = part
    }

    /// The number of an idempotency key.
    var number: Int {
        switch part {
        case .whole: 0
        case .line(let number), .entry(let number): number
        }
    }

    /// Lines are counted from 1, as editors do; entries as FHIR's expressions do, from 0.
    package var description: String {
        switch part {
        case .whole: path
        case .line(let number): "\(path):\(number + 1)"
        case .entry(let number): "\(path): Bundle.entry[\(number)]"
        }
    }
}

/// What became of one piece of work.
struct LoadResult: Sendable {
    var created = 0
    var updated = 0
    var existing = 0
    var failures: [LoadSummary.Failure] = []
    var hasServerFailure = false
    /// Bytes of the plan that this piece accounts for.
    var sizeBytes = 0
    var stops: ClientError?

    mutating func fail(_ place: LoadPlace, _ error: ClientError) {
        var message = error.message
        // The place names the file already.
        if case .file(place.path, let cause) = error { message = cause }
        failures.append(.init(place: place, code: error.code, message: message))
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

    mutating func count(_ effect: LoadEffect) {
        switch effect {
        case .created: created += 1
        case .updated: updated += 1
        case .existing: existing += 1
        }
    }
}

/// What one answered write did.
enum LoadEffect: Sendable {
    /// Something new is there.
    case created
    /// A resource has a new version, or is gone.
    case updated
    /// Nothing was written.
    case existing

    /// Of a POST: 201 made something new, unless it is the answer of an earlier request under the
    /// same idempotency key; everything else was there.
    init(creation response: ClientResponse) {
        self = response.status == 201 && !response.isReplay ? .created : .existing
    }
}

/// How far a load has come.
package struct LoadProgress: Sendable {
    /// Created, updated and found there.
    package let resources: Int
    package let failed: Int
    package let doneBytes: Int
    package let totalBytes: Int
    package let seconds: Double
    /// Since the last report.
    package let failures: [LoadSummary.Failure]
}
