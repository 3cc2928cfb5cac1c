import FHIR
import Hummingbird
import LedgerCore
import Node

/// The versions of one resource, newest first.
extension Handlers {
    func history(_ call: Call) throws -> Response {
        try call.body.requireNone()
        let parameters = try call.fhirParameters()
        let query = try HistoryQuery(parameters.rest)
        let type = try call.resourceType()
        let id = try call.resourceID()
        let page = try records.history(
            type: type, id: id, count: query.count, before: query.before)
        let links = SearchLinks(
            base: "\(call.fhirBase)/\(type)/\(id)/_history", query: call.query ?? "")
        return Answer.json(
            try HistoryBundle.json(page, base: call.fhirBase, links: links), isFHIR: true)
    }
}

/// A page of a history as a Bundle.
enum HistoryBundle {
    static func json(_ page: HistoryPage, base: String, links: SearchLinks?) throws -> [UInt8] {
        var writer = BundleWriter(
            .history, total: page.total, selfLink: links?.own,
            nextLink: page.nextBefore.flatMap { links?.next(String($0)) }, capacityBytes: 64 << 10)
        for version in page.versions { writer.append(try entry(version, base: base)) }
        return writer.finish()
    }

    private static func entry(
        _ version: HistoryEntry, base: String
    ) throws -> BundleWriter.Entry {
        let row = version.row
        let isFirst = row.version == 1
        let method = Self.method(row)
        return BundleWriter.Entry(
            fullUrl: "\(base)/\(row.reference)",
            resource: try version.stored.map { try ResourceAnswer.json($0) },
            request: .init(method: method, url: method == .post ? row.type : row.reference),
            response: .init(
                status: row.deleted ? "204 No Content" : isFirst ? "201 Created" : "200 OK",
                etag: row.etag, lastModifiedMs: row.lastUpdatedMs))
    }

    /// What wrote the version. An id that the server gave is the record's own; under any other one,
    /// the client put the first version there.
    private static func method(_ row: VersionRow) -> BundleRequest.Method {
        if row.deleted { return .delete }
        return row.version == 1 && row.fhirID == row.record.description ? .post : .put
    }
}
