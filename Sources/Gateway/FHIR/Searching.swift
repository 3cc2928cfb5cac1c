import FHIR
import HTTPTypes
import Hummingbird
import Node

/// Searches by GET, and by POST for what should stand in no URL.
extension Handlers {
    func search(_ call: Call) throws -> Response {
        try call.body.requireNone()
        return try search(call, query: call.query ?? "")
    }

    func searchForm(_ call: Call) async throws -> Response {
        let type = call.header(.contentType).flatMap { MediaRange.list($0).first }?.type
        guard !call.body.isAnnounced || type == "application/x-www-form-urlencoded" else {
            throw NodeError(
                .unsupportedMediaType, "a POST search takes a form",
                hint: "send Content-Type: application/x-www-form-urlencoded")
        }
        return try await call.body.collect(limitBytes: GatewayLimits.formBodyBytesMax) { form in
            guard let form = String(validating: form, as: UTF8.self) else {
                throw NodeError(.badRequest, "the form is not valid UTF-8")
            }
            let parts = [call.query ?? "", form].filter { !$0.isEmpty }
            return try search(call, query: parts.joined(separator: "&"))
        }
    }

    private func search(_ call: Call, query: String) throws -> Response {
        let type = try call.resourceType()
        let search: SearchQuery
        do {
            let parameters = FHIRParameters(try QueryString.pairs(query))
            try ContentNegotiation.requireJSON(call, format: parameters.format)
            search = try SearchQuery(
                type: type, parameters: parameters.rest, base: call.serverBase)
        } catch let error as SearchError {
            throw NodeError(.badRequest, error.diagnostics, issues: [error.issue])
        } catch let failure as QueryString.Failure {
            throw NodeError(.badRequest, failure.description)
        }
        let page = try records.search(search)
        let links = SearchLinks(base: "\(call.fhirBase)/\(type)", query: query)
        return Answer.json(
            try SearchBundle.json(page, base: call.fhirBase, links: links), isFHIR: true)
    }
}

/// The links of a page. They repeat the query, and so go to the client alone.
struct SearchLinks {
    let base: String
    /// As sent.
    let query: String

    var own: String { query.isEmpty ? base : "\(base)?\(query)" }

    func next(_ cursor: String) -> String {
        let kept = query.utf8.split(separator: UInt8(ascii: "&")).filter {
            !$0.starts(with: "_cursor=".utf8)
        }.map { String(Substring($0)) }
        return "\(base)?"
            + (kept + ["_cursor=\(SearchLinks.encoded(cursor))"]).joined(separator: "&")
    }

    /// Percent-encodes all but unreserved characters (RFC 3986 section 2.3).
    private static func encoded(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var result = [UInt8]()
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: result.append(byte)
            default: result += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// A page of matches as a Bundle.
enum SearchBundle {
    static func json(_ page: SearchPage, base: String, links: SearchLinks?) throws -> [UInt8] {
        var writer = BundleWriter(
            .searchset, total: page.total, selfLink: links?.own,
            nextLink: page.nextCursor.flatMap { links?.next($0) }, capacityBytes: 64 << 10)
        for version in page.versions {
            writer.append(
                BundleWriter.Entry(
                    fullUrl: "\(base)/\(version.row.reference)",
                    resource: try ResourceAnswer.json(version), searchMode: .match))
        }
        return writer.finish()
    }
}
