/// Writes Bundles around resources that are JSON already.
package struct BundleWriter {
    /// `Bundle.type` of what a server answers.
    package enum Kind: String, Sendable {
        case searchset, history, collection
        case transactionResponse = "transaction-response"
        case batchResponse = "batch-response"
    }

    /// `entry.search.mode`.
    package enum SearchMode: String, Sendable {
        case match, include, outcome
    }

    /// `entry.request`, for history.
    package struct Request: Sendable {
        /// What was done to the version.
        package var method: BundleRequest.Method
        /// The record, such as `Patient/1`.
        package var url: String

        /// Both are required by FHIR.
        package init(method: BundleRequest.Method, url: String) {
            self.method = method
            self.url = url
        }
    }

    /// `entry.response`.
    package struct Response: Sendable {
        /// Such as `201 Created`.
        package var status: String
        /// Such as `Patient/1/_history/1`.
        package var location: String?
        /// Such as `W/"1"`.
        package var etag: String?
        /// Milliseconds since 1970.
        package var lastModifiedMs: Int64?
        /// A whole OperationOutcome.
        package var outcome: [UInt8]?

        /// FHIR requires the status alone.
        package init(
            status: String, location: String? = nil, etag: String? = nil,
            lastModifiedMs: Int64? = nil, outcome: [UInt8]? = nil
        ) {
            self.status = status
            self.location = location
            self.etag = etag
            self.lastModifiedMs = lastModifiedMs
            self.outcome = outcome
        }
    }

    /// One entry; what is nil is left out.
    package struct Entry: Sendable {
        /// The absolute URL of the record.
        package var fullUrl: String?
        /// The JSON of the resource.
        package var resource: [UInt8]?
        /// Why the entry is in a searchset.
        package var searchMode: SearchMode?
        /// For history.
        package var request: Request?
        /// For history and for the answer to a batch or transaction.
        package var response: Response?

        /// All parts are optional.
        package init(
            fullUrl: String? = nil, resource: [UInt8]? = nil, searchMode: SearchMode? = nil,
            request: Request? = nil, response: Response? = nil
        ) {
            self.fullUrl = fullUrl
            self.resource = resource
            self.searchMode = searchMode
            self.request = request
            self.response = response
        }
    }

    private var writer: JSONWriter
    private var hasEntries = false

    /// Begin a bundle. `total` and the links belong to searchset and history.
    package init(
        _ kind: Kind, id: String? = nil, lastUpdatedMs: Int64? = nil, total: Int? = nil,
        selfLink: String? = nil, nextLink: String? = nil, capacityBytes: Int = 4096
    ) {
        writer = JSONWriter(capacityBytes: capacityBytes)
        writer.beginObject()
        writer.member("resourceType", "Bundle")
        if let id { writer.member("id", id) }
        if let lastUpdatedMs {
            writer.key("meta")
            writer.beginObject()
            writer.member("lastUpdated", Instant.format(lastUpdatedMs))
            writer.endObject()
        }
        writer.member("type", kind.rawValue)
        if let total {
            writer.key("total")
            writer.integer(total)
        }
        writeLinks([("self", selfLink), ("next", nextLink)])
    }

    /// Add an entry; entries keep their order.
    package mutating func append(_ entry: Entry) {
        if !hasEntries {
            writer.key("entry")
            writer.beginArray()
            hasEntries = true
        }
        writer.beginObject()
        if let fullUrl = entry.fullUrl { writer.member("fullUrl", fullUrl) }
        if let resource = entry.resource {
            writer.key("resource")
            writer.raw(resource)
        }
        if let mode = entry.searchMode {
            writer.key("search")
            writer.beginObject()
            writer.member("mode", mode.rawValue)
            writer.endObject()
        }
        if let request = entry.request {
            writer.key("request")
            writer.beginObject()
            writer.member("method", request.method.rawValue)
            writer.member("url", request.url)
            writer.endObject()
        }
        if let response = entry.response { write(response) }
        writer.endObject()
    }

    /// The whole bundle. An empty list of entries is left out, as FHIR demands.
    package consuming func finish() -> [UInt8] {
        if hasEntries { writer.endArray() }
        writer.endObject()
        return writer.bytes
    }

    private mutating func writeLinks(_ links: [(relation: String, url: String?)]) {
        guard links.contains(where: { $0.url != nil }) else { return }
        writer.key("link")
        writer.beginArray()
        for (relation, url) in links {
            guard let url else { continue }
            writer.beginObject()
            writer.member("relation", relation)
            writer.member("url", url)
            writer.endObject()
        }
        writer.endArray()
    }

    private mutating func write(_ response: Response) {
        writer.key("response")
        writer.beginObject()
        writer.member("status", response.status)
        if let location = response.location { writer.member("location", location) }
        if let etag = response.etag { writer.member("etag", etag) }
        if let time = response.lastModifiedMs {
            writer.member("lastModified", Instant.format(time))
        }
        if let outcome = response.outcome {
            writer.key("outcome")
            writer.raw(outcome)
        }
        writer.endObject()
    }
}
