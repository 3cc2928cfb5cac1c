import FHIR
import Hummingbird
import Node

/// The versions of one resource, newest first.
extension Handlers {
    func history(_ call: Call) throws -> Response {
        try call.body.requireNone()
        let parameters = try call.fhirParameters()
        try parameters.requireOnly(["_count", "_cursor"])
        let count = try number(parameters, "_count", 1...SearchQuery.countMax)
        let before = try number(parameters, "_cursor", 1...Int(UInt32.max))
        let type = try call.resourceType()
        let id = try call.resourceID()
        let page = try records.history(
            type: type, id: id, count: count ?? SearchQuery.countDefault,
            before: before.map { UInt32(clamping: $0) })
        let links = SearchLinks(
            base: "\(call.fhirBase)/\(type)/\(id)/_history", query: call.query ?? "")
        return Answer.json(
            try HistoryBundle.json(page, base: call.fhirBase, links: links), isFHIR: true)
    }

    private func number(
        _ parameters: FHIRParameters, _ name: String, _ range: ClosedRange<Int>
    ) throws -> Int? {
        guard let text = parameters.value(name) else { return nil }
        guard let number = Int(text), range.contains(number), String(number) == text else {
            throw NodeError(
                .badRequest, "\(name) is a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
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
        let method: BundleRequest.Method = row.deleted ? .delete : isFirst ? .post : .put
        return BundleWriter.Entry(
            fullUrl: "\(base)/\(row.reference)",
            resource: try version.stored.map { try ResourceAnswer.json($0) },
            request: .init(method: method, url: isFirst ? row.type : row.reference),
            response: .init(
                status: row.deleted ? "204 No Content" : isFirst ? "201 Created" : "200 OK",
                etag: row.etag, lastModifiedMs: row.lastUpdatedMs))
    }
}
